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
          client: Client(networks: all), reason: "all private sources that rules name, taken together")
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
}
