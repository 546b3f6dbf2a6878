import ImportKit

/// The security zones of a system with their interfaces and networks, and the clients to judge.
struct JunosZones {
  private(set) var zones: [Zone] = []
  private(set) var proposals: [ClientProposal] = []
  private(set) var notes: [Note] = []
  /// Zones whose flows a profile may send another way (advanced policy-based routing).
  private(set) var steered: [(zone: String, profile: String, position: SourcePosition)] = []
  /// The zones that the export defines.
  private(set) var names: Set<String> = []
  /// The zone of each interface unit.
  private(set) var byInterface: [String: String] = [:]
  private var networks: [String: AddressSet] = [:]
  /// Interface units that zones name and the export does not define; empty where it defines none.
  private(set) var unresolved: Set<String> = []
  /// The addresses that clients get where their traffic leaves by a zone; see ``translated(towards:)``.
  private var translations: [String: AddressSet] = [:]

  /// Every network that is attached to the device.
  var own: AddressSet {
    var v4: [IntervalSet<UInt32>.Interval] = []
    var v6: [IntervalSet<UInt128>.Interval] = []
    for set in networks.values {
      v4 += set.v4.intervals
      v6 += set.v6.intervals
    }
    return AddressSet(v4: IntervalSet(v4), v6: IntervalSet(v6))
  }

  /// - Parameters:
  ///   - security: `security` sections that count.
  ///   - interfaces: `interfaces` sections.
  ///   - routing: `routing-options` sections.
  ///   - ruleZones: the zones that policies name, for an export that defines none.
  init(
    security: [JunosNode], interfaces: [JunosNode], routing: [JunosNode], ruleZones: [String]
  ) {
    var units: [(name: String, node: JunosNode)] = []
    for section in interfaces { units += Self.units(section) }
    for (name, node) in units {
      let set = Self.networks(node)
      if !set.isEmpty { networks[name] = set }
    }
    for section in security {
      for node in section.child("zones")?.children("security-zone") ?? [] {
        add(node)
      }
    }
    if !units.isEmpty { unresolved = Set(byInterface.keys).subtracting(units.map(\.name)) }
    readTranslations(security)
    if zones.isEmpty { takeNames(ruleZones) }
    propose(units: units, security: security, routing: routing)
  }

  private static func units(_ section: JunosNode) -> [(String, JunosNode)] {
    section.children("interface").flatMap { interface in
      interface.children("unit").map { unit in
        ("\(interface.childText("name") ?? "").\(unit.childText("name") ?? "")", unit)
      }
    }
  }

  private static func networks(_ unit: JunosNode) -> AddressSet {
    var result = AddressSet()
    for family in unit.children("family") {
      for name in ["inet", "inet6"] {
        for address in family.children(name).flatMap({ $0.names("address") }) {
          if let set = AddressSet(parsing: address) { result = result.union(set) }
        }
      }
    }
    return result
  }

  private mutating func add(_ node: JunosNode) {
    guard let name = node.childText("name"), !zones.contains(where: { $0.name == name }) else {
      return
    }
    var set = AddressSet()
    let units = node.names("interfaces")
    for unit in units {
      // An interface without a unit number means its unit 0.
      let key = unit.contains(".") ? unit : unit + ".0"
      byInterface[key] = name
      if let found = networks[key] { set = set.union(found) }
    }
    if units.isEmpty {
      notes.append(
        Note(
          .completeness,
          "zone `\(name)` has no interface: as exported no traffic can enter or leave "
            + "by it", at: node.position))
    }
    names.insert(name)
    for profile in node.children
    where profile.name.hasPrefix("advance-policy-based-routing")
      || profile.name.hasPrefix("advanced-policy-based-routing")
    {
      steered.append((name, profile.text, profile.position))
    }
    zones.append(
      Zone(name: name, networks: set.isEmpty ? nil : set, position: node.position))
  }

  /// An export of policies alone names zones in rules only.
  private mutating func takeNames(_ names: [String]) {
    zones = Set(names).subtracting(["junos-host", "any", ""]).sorted().map { Zone(name: $0) }
    if !zones.isEmpty {
      notes.append(
        Note(
          .completeness,
          "the export defines no zones; their names are taken from the policies, and "
            + "which interfaces they have is open"))
    }
  }

  /// The addresses that clients may get where their traffic leaves by a zone: those of its interfaces
  /// and of the pools; nil where nothing is translated.
  func translated(towards zone: String) -> AddressSet? { translations[zone] }

  private mutating func readTranslations(_ security: [JunosNode]) {
    for source in security.compactMap({ $0.descend("nat", "source") }) {
      var pools = AddressSet()
      for pool in source.children("pool") {
        for address in pool.names("address") + pool.texts("address") {
          if let set = AddressSet(parsing: address) { pools = pools.union(set) }
        }
      }
      for set in source.children("rule-set") {
        for side in set.children("to") {
          let named =
            side.texts("zone") + side.texts("interface").compactMap { byInterface[$0] }
            + (side.has("routing-instance") ? zones.map(\.name) : [])
          for zone in named {
            let own = byInterface.filter { $0.value == zone }.compactMap { networks[$0.key] }
              .reduce(pools) { $0.union($1) }
            translations[zone] = (translations[zone] ?? AddressSet()).union(own)
          }
        }
      }
    }
  }

  func leadsToInternet(_ zone: String) -> Bool {
    zones.contains { $0.name == zone && $0.leadsToInternet }
  }

  // MARK: Clients

  private mutating func propose(
    units: [(name: String, node: JunosNode)], security: [JunosNode], routing: [JunosNode]
  ) {
    let routed = Set(defaultRouteInterfaces(units, routing).compactMap { byInterface[$0] })
    var translated: Set<String> = []
    for section in security {
      for set in section.descend("nat", "source")?.children("rule-set") ?? [] {
        for side in set.children("to") {
          translated.formUnion(side.texts("zone"))
          translated.formUnion(side.texts("interface").compactMap { byInterface[$0] })
        }
      }
    }
    proposals = OutsideZone(routed: routed, translated: translated).proposals(for: &zones)
  }

  private func defaultRouteInterfaces(
    _ units: [(name: String, node: JunosNode)], _ routing: [JunosNode]
  ) -> [String] {
    var result: [String] = []
    for section in routing {
      for route in section.child("static")?.children("route") ?? []
      where route.childText("name") == "0.0.0.0/0" {
        for hop in route.texts("next-hop") + route.names("qualified-next-hop") {
          if let address = IPAddress(hop) {
            result += networks.filter { $0.value.contains(address) }.keys.sorted()
          } else {
            result.append(hop.contains(".") ? hop : hop + ".0")
          }
        }
      }
    }
    for (name, node) in units {
      for family in node.children("family").flatMap({ $0.children("inet") })
      where family.has("dhcp") || family.has("dhcp-client") || family.has("negotiate-address") {
        result.append(name)
      }
    }
    return result
  }
}
