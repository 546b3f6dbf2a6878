import ImportKit

/// Interfaces and zones of a scope, which of them leads to the Internet, and where clients sit.
struct FortiZones {
  private(set) var zones: [Zone] = []
  private(set) var proposals: [ClientProposal] = []
  /// Names of interfaces that the export defines; empty where it has no interfaces.
  private(set) var interfaceNames: Set<String> = []
  /// Whether a zone has a member that is no interface of the export.
  private(set) var hasUnknownMembers = false
  /// Zone by member interface.
  private var owners: [String: String] = [:]

  init(tables: FortiTables, scope: String, policies: [FortiEntry], draft: PolicyDraft) {
    var networks: [String: AddressSet] = [:]
    var interfaces: [FortiEntry] = []
    for entry in tables.table("system interface", in: scope)
    where entry.word("vdom").map({ $0 == scope }) ?? true {
      interfaces.append(entry)
      networks[entry.key] = Self.networks(of: entry)
    }
    interfaceNames = Set(tables.table("system interface", in: scope).map(\.key))
    for entry in tables.table("system zone", in: scope) { addZone(entry, networks) }
    addWAN(tables, scope, networks)
    for entry in interfaces where owners[entry.key] == nil {
      zones.append(
        Zone(
          name: entry.key, alias: entry.word("alias"), networks: networks[entry.key],
          position: entry.position))
    }
    var known = Set(zones.map(\.name))
    hasUnknownMembers =
      !interfaceNames.isEmpty && owners.keys.contains { !interfaceNames.contains($0) }
    let named = Self.names(policies)
    for name in named.from + named.to where known.insert(name).inserted {
      zones.append(Zone(name: name))
    }
    if interfaces.isEmpty {
      draft.note(
        .completeness,
        "the export has no interfaces: zones are known by their names in policies, and not their "
          + "networks; give system/interface, system/zone and router/static too")
    }
    propose(
      interfaces: interfaces, routes: tables.table("router static", in: scope), policies: policies,
      named: named)
  }

  /// Names that policies may use; nil where the export does not list interfaces.
  func names(_ tables: FortiTables, _ scope: String) -> Set<String>? {
    guard !interfaceNames.isEmpty else { return nil }
    var names = interfaceNames
    for table in ["system zone", "system sdwan", "system virtual-wan-link", "dynamic interface"] {
      for entry in tables.table(table, in: scope) {
        names.insert(entry.key)
        for zone in entry.list("zone") { names.insert(zone.key) }
        for member in entry.list("members") { names.formUnion(member.names("zone")) }
      }
    }
    return names.union(["virtual-wan-link", "sd-wan"]).union(owners.values)
  }

  /// The zone of an interface, and whether other interfaces are in it too.
  func zone(of interface: String) -> (name: String, isShared: Bool) {
    guard let zone = owners[interface] else { return (interface, false) }
    return (zone, owners.values.count { $0 == zone } > 1)
  }

  private mutating func addZone(_ entry: FortiEntry, _ networks: [String: AddressSet]) {
    let members = entry.names("interface")
    for member in members { owners[member] = entry.key }
    let all = members.compactMap { networks[$0] }.reduce(AddressSet()) { $0.union($1) }
    zones.append(
      Zone(
        name: entry.key, alias: members.isEmpty ? nil : members.joined(separator: ", "),
        networks: all.isEmpty ? nil : all, position: entry.position))
  }

  /// SD-WAN zones with their members; before FortiOS 6.4 there is one, `virtual-wan-link`.
  private mutating func addWAN(
    _ tables: FortiTables, _ scope: String, _ networks: [String: AddressSet]
  ) {
    var members: [String: [String]] = [:]
    var order: [(String, SourcePosition?)] = []
    for name in ["system sdwan", "system virtual-wan-link"] {
      for entry in tables.table(name, in: scope) where entry.isOn("status") {
        for zone in entry.list("zone") where members[zone.key] == nil {
          members[zone.key] = []
          order.append((zone.key, zone.position))
        }
        for member in entry.list("members") where !member.isOff("status") {
          guard let interface = member.word("interface") else { continue }
          let zone = member.word("zone") ?? "virtual-wan-link"
          if members[zone] == nil { order.append((zone, entry.position)) }
          members[zone, default: []].append(interface)
          owners[interface] = zone
        }
      }
    }
    for (zone, position) in order {
      let own = members[zone] ?? []
      let all = own.compactMap { networks[$0] }.reduce(AddressSet()) { $0.union($1) }
      zones.append(
        Zone(
          name: zone, alias: own.isEmpty ? nil : own.joined(separator: ", "),
          networks: all.isEmpty ? nil : all, position: position))
    }
  }

  private static func networks(of entry: FortiEntry) -> AddressSet? {
    var result = AddressSet()
    var texts = [entry.values("ip")]
    texts += entry.list("secondaryip").map { $0.values("ip") }
    if let six = entry.object("ipv6")?.word("ip6-address") { texts.append([six]) }
    for values in texts {
      let text = values.count == 2 ? "\(values[0])/\(values[1])" : values.first ?? ""
      // An interface without an address has 0.0.0.0 0.0.0.0.
      guard !text.hasPrefix("0.0.0.0"), text != "::/0", let set = AddressSet(parsing: text)
      else { continue }
      result = result.union(set)
    }
    return result.isEmpty ? nil : result
  }

  private static func names(_ policies: [FortiEntry]) -> (from: [String], to: [String]) {
    var from: [String] = []
    var to: [String] = []
    var seenFrom: Set<String> = ["any"]
    var seenTo: Set<String> = ["any"]
    for policy in policies {
      for name in policy.names("srcintf") where seenFrom.insert(name).inserted { from.append(name) }
      for name in policy.names("dstintf") where seenTo.insert(name).inserted { to.append(name) }
    }
    return (from, to)
  }

  // MARK: Proposals

  private mutating func propose(
    interfaces: [FortiEntry], routes: [FortiEntry], policies: [FortiEntry],
    named: (from: [String], to: [String])
  ) {
    let (internet, why) = internetZone(interfaces, routes, policies)
    if let internet, let index = zones.firstIndex(where: { $0.name == internet }) {
      zones[index].leadsToInternet = true
    }
    // Clients sit where policies expect them; without any, where networks are.
    let fromAny = policies.contains { $0.names("srcintf").contains("any") }
    let inside = zones.filter { zone in
      guard zone.name != internet, !zone.name.hasPrefix("ssl.") else { return false }
      let isUp =
        interfaces.first { $0.key == zone.name }.map { $0.word("status") != "down" } ?? true
      let isNamed = named.from.contains(zone.name)
      return isNamed || isUp && zone.networks != nil && (fromAny || named.from.isEmpty)
    }
    for zone in inside {
      proposals.append(
        ClientProposal(
          client: Client(fromZone: zone.name, toZone: internet, networks: zone.networks),
          reason: internet.map { "`\($0)` leads to the Internet: \(why)" }
            ?? "the export does not show which interface leads to the Internet"))
    }
    if proposals.isEmpty {
      proposals = [
        ClientProposal(
          client: Client(toZone: internet),
          reason: "no policy names an interface of clients; judged for every one")
      ]
    }
  }

  /// The zone for which most speaks: a default route, an address from a provider, its role, source
  /// translation in policies, its name.
  private func internetZone(
    _ interfaces: [FortiEntry], _ routes: [FortiEntry], _ policies: [FortiEntry]
  ) -> (String?, String) {
    var score: [String: Int] = [:]
    var why: [String: [String]] = [:]
    func credit(_ interface: String, _ points: Int, _ reason: String) {
      let zone = owners[interface] ?? interface
      guard why[zone]?.contains(reason) != true else { return }
      score[zone, default: 0] += points
      why[zone, default: []].append(reason)
    }
    for route in routes where !route.isOff("status") {
      let target = route.values("dst")
      let isDefault =
        target.isEmpty || target.first == "0.0.0.0/0" || target == ["0.0.0.0", "0.0.0.0"]
      guard isDefault, !route.has("dstaddr"), !route.isOn("blackhole") else { continue }
      if let device = route.word("device") { credit(device, 8, "a default route leaves there") }
      for zone in route.names("sdwan-zone") { credit(zone, 8, "a default route leaves there") }
      if route.isOn("virtual-wan-link") || route.isOn("sdwan") {
        credit("virtual-wan-link", 8, "a default route leaves there")
      }
    }
    for interface in interfaces {
      let mode = interface.word("mode") ?? "static"
      if mode == "dhcp" || mode == "pppoe", !interface.isOff("defaultgw"),
        interface.word("status") != "down"
      {
        credit(interface.key, 4, "it gets its address by \(mode)")
      }
      if interface.word("role") == "wan" { credit(interface.key, 3, "its role is wan") }
    }
    for policy in policies where policy.isOn("nat") && !policy.isOff("status") {
      for name in policy.names("dstintf") where name != "any" {
        credit(name, 3, "policies translate source addresses there")
      }
    }
    let words = ["wan", "internet", "outside", "untrust", "external"]
    for zone in zones where words.contains(where: { zone.name.lowercased().contains($0) }) {
      credit(zone.name, 2, "its name")
    }
    let best = zones.filter { (score[$0.name] ?? 0) > 0 }
      .max { (score[$0.name] ?? 0, $1.name) < (score[$1.name] ?? 0, $0.name) }
    return (best?.name, best.flatMap { why[$0.name]?.joined(separator: ", ") } ?? "")
  }
}
