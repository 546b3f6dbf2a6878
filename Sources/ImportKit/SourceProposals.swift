import NetworkSets
import PolicyModel

/// Clients for products without zones: the private networks that rules name as sources.
package enum SourceProposals {
  /// The most clients that are proposed; beyond it one proposal stands for all of them.
  package static let limit = 16

  /// Cuts the named sources into parts that no rule tells apart, each a client of its own.
  ///
  /// - Parameter sources: the address sets that rules name, with the name of the object if any.
  package static func make(_ sources: [(AddressSet, String)]) -> [ClientProposal] {
    let inside = sources.map {
      ($0.0.intersection(SpecialPurposeAddresses.privateUse), $0.1)
    }.filter { !$0.0.isEmpty }
    var parts: [(set: AddressSet, name: String)] = []
    for (set, name) in inside {
      var rest = set
      var next: [(set: AddressSet, name: String)] = []
      for part in parts {
        let common = part.set.intersection(set)
        let own = part.set.subtracting(set)
        if !own.isEmpty { next.append((own, part.name)) }
        if !common.isEmpty { next.append((common, part.name)) }
        rest = rest.subtracting(part.set)
      }
      if !rest.isEmpty { next.append((rest, name)) }
      parts = next
      if parts.count > limit { break }
    }
    if parts.isEmpty {
      return [
        ClientProposal(client: Client(), reason: "the rules name no private source; every client")
      ]
    }
    if parts.count > limit {
      let all = inside.reduce(AddressSet()) { $0.union($1.0) }
      return [
        ClientProposal(
          client: Client(networks: all),
          reason: "all private sources that rules name, taken together")
      ]
    }
    return parts.map { part in
      ClientProposal(
        client: Client(networks: part.set),
        reason: part.name.isEmpty
          ? "source in the rules; others are judged with --client"
          : "source `\(part.name)` in the rules; others are judged with --client")
    }
  }

  /// The proposals of a policy, those of zones without known networks limited to the private sources
  /// that rules for the zone name, so that rules for other networks do not seem too narrow. A zone
  /// for which some rule lets every source pass stays as it is.
  package static func narrowed(_ policy: Policy) -> [ClientProposal] {
    policy.proposals.map { proposal in
      guard proposal.client.networks == nil, proposal.client.traffic == .forwarded,
        let zone = proposal.client.fromZone, let named = sources(of: zone, in: policy)
      else { return proposal }
      var result = proposal
      result.client.networks = named
      result.reason += "; sources that the rules name, others are judged with --client"
      return result
    }
  }

  /// Nil where a rule for the zone has no source, or none names a private one.
  private static func sources(of zone: String, in policy: Policy) -> AddressSet? {
    var terms: [EndpointTerm] = []
    for table in policy.tables where table.kind == .filter {
      for rule in table.rules where rule.enabled && rule.origin == .written {
        let isForZone = rule.match.clauses.allSatisfy { clause in
          if case .from(let list) = clause { list.contains(zone) } else { true }
        }
        guard isForZone, case .allow = rule.action else { continue }
        var hasSource = false
        for case .source(let list) in rule.match.clauses {
          guard !list.negated else { return nil }
          hasSource = true
          terms += list.terms
        }
        if !hasSource { return nil }
      }
    }
    let inside = addresses(of: terms, in: policy)
      .intersection(SpecialPurposeAddresses.privateUse)
    return inside.isEmpty ? nil : inside
  }

  /// The addresses of terms, those of objects and their members included.
  private static func addresses(of terms: [EndpointTerm], in policy: Policy) -> AddressSet {
    var v4: [IntervalSet<UInt32>.Interval] = []
    var v6: [IntervalSet<UInt128>.Interval] = []
    var waiting = terms
    var seen: Set<Int> = []
    while let term = waiting.popLast() {
      switch term {
      case .addresses(let set):
        v4 += set.v4.intervals
        v6 += set.v6.intervals
      case .object(let number) where policy.endpointObjects.indices.contains(number):
        if seen.insert(number).inserted { waiting += policy.endpointObjects[number].list.terms }
      default: break
      }
    }
    return AddressSet(v4: IntervalSet(v4), v6: IntervalSet(v6))
  }
}
