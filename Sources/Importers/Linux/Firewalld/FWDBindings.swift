import ImportKit

/// Which interfaces and sources belong to which zone, and how a client names them.
///
/// A client is in a zone; it may also be named by its interface, where the zone follows from that and
/// from its address: a source binding beats the interface (firewalld.zones(5)).
struct FWDBindings {
  private let zones: [FWDConfiguration.Zone]
  let defaultZone: String?
  /// Interfaces that direct rules name and no file binds: by the files they are in the default zone.
  private let unbound: [String]
  /// What all source bindings hold together, and each zone's own.
  private let bound: [EndpointTerm]
  private let sources: [String: [EndpointTerm]]
  /// Why it is open which of two zones holds a source.
  private let overlap: Condition?
  private let draft: PolicyDraft

  init(
    _ zones: [FWDConfiguration.Zone], defaultZone: String?, named: [String],
    elements: FWDElements, draft: PolicyDraft
  ) {
    self.draft = draft
    self.zones = zones
    self.defaultZone = defaultZone
    let patterns = ZoneList(zones.flatMap { $0.interfaces.map(Self.pattern) })
    unbound = named.filter { !patterns.contains($0) }
    var sources: [String: [EndpointTerm]] = [:]
    var sets: [(zone: String, set: AddressSet)] = []
    var overlaps = false
    for zone in zones {
      for source in zone.sources {
        let term: EndpointTerm
        switch source.kind {
        case .address(let text):
          term = elements.term(text, at: source.position)
          if case .addresses(let set) = term {
            overlaps =
              overlaps
              || sets.contains { other in
                other.zone != zone.name
                  && AddressFamily.allCases.contains { !other.set.isDisjoint(with: set, in: $0) }
              }
            sets.append((zone.name, set))
          }
        case .ipset(let name):
          term = elements.ipset(name, at: source.position)
          overlaps = overlaps || zones.count { !$0.sources.isEmpty } > 1
        case .mac(let text):
          term = .condition(
            draft.doubt(.unmodelled, "only for the network card `\(text)`", at: source.position))
        }
        sources[zone.name, default: []].append(term)
      }
      for place in zone.openBindings {
        sources[zone.name, default: []].append(
          .condition(
            draft.doubt(
              .unresolved, "a binding of the zone `\(zone.name)` is not readable", at: place)))
      }
    }
    self.sources = sources
    bound = zones.flatMap { sources[$0.name] ?? [] }
    overlap =
      overlaps
      ? draft.doubt(
        .interfaceBinding, "sources of several zones overlap; which of them counts is open") : nil
  }

  /// `eth+` means every interface whose name starts so.
  static func pattern(_ interface: String) -> String {
    interface.hasSuffix("+") ? interface.dropLast() + "*" : interface
  }

  private func interfaces(_ names: [String]) -> [String] {
    zones.filter { names.contains($0.name) }.flatMap { zone in
      zone.interfaces.map(Self.pattern) + (zone.name == defaultZone ? unbound : [])
    }
  }

  /// What a client asks for that enters by one of the zones: any of the alternatives.
  ///
  /// - Parameter isPolicy: whether it is a policy that names the zones. The chains of policies look
  ///   at the interface whatever the source (nft ruleset of firewalld 1.3), though by
  ///   firewalld.zones(5) a source binding comes first.
  func entering(_ names: [String], isPolicy: Bool = false) -> [[Clause]] {
    let own = interfaces(names)
    guard !bound.isEmpty else {
      return [[.from(ZoneList(names + own.filter { !names.contains($0) }))]]
    }
    var result: [[Clause]] = [[.from(ZoneList(names))]]
    let doubt = overlap.map { [Clause.requires($0)] } ?? []
    let terms = names.flatMap { sources[$0] ?? [] }
    if !terms.isEmpty {
      // Clients that are named by an interface, whichever.
      result.append(
        [.from(ZoneList(zones.map(\.name), negated: true)), .source(EndpointList(terms))] + doubt)
    }
    if !own.isEmpty {
      result.append([
        .from(ZoneList(own)), .source(EndpointList(bound, negated: true)),
      ])
      if isPolicy {
        let doubt = draft.doubt(
          .patternReading,
          "a policy that names the zone of an interface is seen to meet clients whose address is "
            + "bound to another zone as well (release 1.3); firewalld.zones(5) has sources first")
        result.append([
          .from(ZoneList(own)), .source(EndpointList(bound)), .requires(doubt),
        ])
      }
    }
    return result
  }

  /// The names by which flows may leave by one of the zones. Sources that are bound to zones are no
  /// hosts on the Internet, so the interface decides.
  func leaving(_ names: [String]) -> ZoneList {
    ZoneList(names + interfaces(names).filter { !names.contains($0) })
  }

  /// Zones of which an interface is the only way in, and zones that it may belong to among others.
  private func zones(of interface: String) -> (certain: [String], perhaps: [String]) {
    let prefix = interface.hasSuffix("*") ? interface.dropLast() : nil
    var certain: [String] = []
    var perhaps: [String] = []
    for zone in zones {
      let patterns = zone.interfaces.map(Self.pattern)
      let held = patterns.filter { own in prefix.map { own.hasPrefix($0) } ?? (own == interface) }
      guard !held.isEmpty else { continue }
      if held.count == patterns.count, zone.sources.isEmpty {
        certain.append(zone.name)
      } else {
        perhaps.append(zone.name)
      }
    }
    if certain.isEmpty, perhaps.isEmpty {
      // An interface that no file binds is in the default zone, unless something binds it at run
      // time (NetworkManager does).
      perhaps = defaultZone.map { [$0] } ?? []
    }
    return (certain, perhaps)
  }

  /// Rewrites the interfaces of a direct rule so that clients who are named by their zone meet it
  /// too; where a zone has several interfaces, only perhaps.
  func rewrite(_ rule: Rule) -> [Rule] {
    var results = [rule.match.clauses.filter { !Self.isInterface($0) }]
    for clause in rule.match.clauses {
      let list: ZoneList
      let isEntering: Bool
      switch clause {
      case .from(let zones):
        list = zones
        isEntering = true
      case .to(let zones):
        list = zones
        isEntering = false
      default: continue
      }
      var certain = list.names
      var doubtful: [String] = []
      for name in list.names {
        let zones = zones(of: name)
        certain += zones.certain
        doubtful += zones.perhaps
      }
      func make(_ names: [String], negated: Bool = false) -> Clause {
        let list = ZoneList(names, negated: negated)
        return isEntering ? .from(list) : .to(list)
      }
      var alternatives: [[Clause]] = []
      alternatives.append([
        make(list.negated ? certain + doubtful : certain, negated: list.negated)
      ])
      if !doubtful.isEmpty {
        let names = list.names.map { "`\($0)`" }.joined(separator: ", ")
        alternatives.append([
          make(doubtful),
          .requires(
            draft.doubt(
              .interfaceBinding,
              "only if the traffic \(isEntering ? "enters" : "leaves") by "
                + "\(list.negated ? "another interface than " : "")\(names)")),
        ])
      }
      results = results.flatMap { one in alternatives.map { one + $0 } }
    }
    return results.map { clauses in
      var copy = rule
      copy.match.clauses = clauses
      return copy
    }
  }

  private static func isInterface(_ clause: Clause) -> Bool {
    switch clause {
    case .from, .to: true
    default: false
    }
  }
}
