import ImportKit

/// Finds out which zone leads to the Internet and where clients may sit.
struct PANOSZones {
  private(set) var zones: [Zone] = []
  private(set) var proposals: [ClientProposal] = []
  private(set) var notes: [Note] = []
  /// Zones that lead into another virtual system.
  private var external: Set<String> = []
  /// Zones in which no client of the firewall sits: taps, and what comes out of tunnels.
  private var remote: Set<String> = []
  /// Whether the firewall stands beside the traffic and not in its way.
  private(set) var areTaps = false

  /// - Parameters:
  ///   - topologies: one a firewall; several where firewalls with different templates share a
  ///     policy.
  ///   - rules: the security rules, which name zones where nothing defines them.
  ///   - nat: the translation rules, which show where source addresses are translated.
  init(_ topologies: [PANOSTopology], rules: [Rule], nat: [XMLElement]) {
    var numbers: [String: Int] = [:]
    var noted: Set<String> = []
    for topology in topologies {
      for zone in topology.zones {
        let networks = zone.interfaces.compactMap { topology.networks[$0] }
          .reduce(AddressSet()) { $0.union($1) }
        if let number = numbers[zone.name] {
          let all = (zones[number].networks ?? AddressSet()).union(networks)
          zones[number].networks = all.isEmpty ? nil : all
        } else {
          numbers[zone.name] = zones.count
          zones.append(
            Zone(
              name: zone.name, networks: networks.isEmpty ? nil : networks,
              position: SourcePosition(line: zone.line)))
        }
        if zone.kinds.contains("external") { external.insert(zone.name) }
        if zone.isRemote { remote.insert(zone.name) }
        if noted.insert(zone.name).inserted { note(zone) }
      }
    }
    let all = topologies.flatMap(\.zones)
    areTaps = !all.isEmpty && all.allSatisfy(\.isTap)
    if zones.isEmpty { takeNames(from: rules) }
    propose(topologies, nat: nat)
  }

  private mutating func note(_ zone: PANOSTopology.Zone) {
    let position = SourcePosition(line: zone.line)
    if zone.kinds.contains("tap") {
      notes.append(
        Note(
          .completeness,
          "zone `\(zone.name)` is a tap: the firewall sees a copy of the traffic and "
            + "cannot stop it", at: position))
    }
    if zone.kinds.contains("external") {
      notes.append(
        Note(
          .completeness,
          "zone `\(zone.name)` leads to another virtual system of the firewall, whose "
            + "policy the traffic passes as well: judge both", at: position))
    }
  }

  /// A partial configuration names zones in rules only.
  private mutating func takeNames(from rules: [Rule]) {
    let named = rules.flatMap { rule in
      rule.match.clauses.flatMap { clause -> [String] in
        switch clause {
        case .from(let list), .to(let list): list.names
        default: []
        }
      }
    }
    zones = Set(named).sorted().map { Zone(name: $0) }
    if !zones.isEmpty {
      notes.append(
        Note(.completeness, "the export defines no zones; their names are taken from the rules"))
    }
  }

  private mutating func propose(_ topologies: [PANOSTopology], nat: [XMLElement]) {
    var routed: Set<String> = []
    for topology in topologies {
      let interfaces = Set(topology.defaultRouteInterfaces)
      for zone in topology.zones where zone.interfaces.contains(where: interfaces.contains) {
        routed.insert(zone.name)
      }
    }
    var translated: Set<String> = []
    for entry in nat
    where entry.descend("source-translation", "dynamic-ip-and-port") != nil
      && PANOSElements.says(entry.child("disabled")) != .yes
    {
      translated.formUnion(PANOSElements.members(entry.child("to")).map(\.text))
    }
    proposals = OutsideZone(routed: routed, translated: translated, onwards: external)
      .proposals(for: &zones)
    let near = proposals.filter { proposal in
      proposal.client.fromZone.map { !remote.contains($0) } ?? true
    }
    if !near.isEmpty { proposals = near }
  }
}
