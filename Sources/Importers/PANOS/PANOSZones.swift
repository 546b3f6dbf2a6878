import NetworkSets
import PolicyModel
import XMLTree

/// Finds out which zones there are, which one leads to the Internet, and where clients may sit.
struct PANOSZones {
  private(set) var zones: [Zone] = []
  private(set) var proposals: [ClientProposal] = []
  private(set) var notes: [Note] = []

  init(device: XMLElement?, vsys: XMLElement, rules: [Rule], nat: XMLElement?) {
    let interfaces = Self.interfaceNetworks(device)
    for entry in PANOSElements.entries(vsys.child("zone")) {
      guard let name = entry.attribute("name") else { continue }
      let network = entry.child("network")
      var names: [String] = []
      for kind in ["layer3", "layer2", "virtual-wire", "tap", "tunnel"] {
        names += PANOSElements.members(network?.child(kind)).map(\.text)
      }
      let networks = names.compactMap { interfaces[$0] }
      zones.append(
        Zone(
          name: name,
          networks: networks.isEmpty ? nil : networks.reduce(AddressSet()) { $0.union($1) },
          position: SourcePosition(line: entry.line)))
      if network?.child("tap") != nil {
        notes.append(
          Note(
            .completeness, "zone `\(name)` is a tap: the firewall sees a copy of the traffic and "
              + "cannot stop it", at: SourcePosition(line: entry.line)))
      }
    }
    if zones.isEmpty {
      // A partial configuration names zones in rules only.
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
    propose(device: device, nat: nat, interfaces: interfaces, vsys: vsys, rules: rules)
  }

  private mutating func propose(
    device: XMLElement?, nat: XMLElement?, interfaces: [String: AddressSet], vsys: XMLElement,
    rules: [Rule]
  ) {
    guard !zones.isEmpty else {
      proposals = [
        ClientProposal(
          client: Client(), reason: "the export has no zones; judged between two different zones")
      ]
      return
    }
    let (internet, why) = internetZone(device: device, nat: nat, interfaces: interfaces, vsys: vsys)
    if let internet, let index = zones.firstIndex(where: { $0.name == internet }) {
      zones[index].leadsToInternet = true
    }
    let inside = zones.filter { $0.name != internet }
    let sources = inside.isEmpty ? zones : inside
    for zone in sources {
      let target = internet ?? sources.first { $0.name != zone.name }?.name ?? zone.name
      proposals.append(
        ClientProposal(
          client: Client(fromZone: zone.name, toZone: target, networks: zone.networks),
          reason: internet == nil ? why : "`\(target)` leads to the Internet: \(why)"))
    }
  }

  /// The zone by which the Internet is reached, and what shows it: the one for which most speaks of
  /// a default route, source translation and its name, in this order.
  private func internetZone(
    device: XMLElement?, nat: XMLElement?, interfaces: [String: AddressSet], vsys: XMLElement
  ) -> (String?, String) {
    let routed = Set(
      Self.defaultRouteInterfaces(device, interfaces: interfaces)
        .compactMap { Self.zone(of: $0, in: vsys) })
    var translated: Set<String> = []
    for entry in PANOSElements.entries(nat)
    where entry.descend("source-translation", "dynamic-ip-and-port") != nil
      && !PANOSElements.isYes(entry.child("disabled"))
    {
      translated.formUnion(PANOSElements.members(entry.child("to")).map(\.text))
    }
    var best: (zone: String, score: Int, why: [String])?
    for zone in zones {
      var score = 0
      var why: [String] = []
      if routed.contains(zone.name) {
        score += 4
        why.append("a default route leaves there")
      }
      if translated.contains(zone.name) {
        score += 3
        why.append("source addresses are translated there")
      }
      let words = ["untrust", "internet", "outside", "external", "wan", "public"]
      if words.contains(where: { zone.name.lowercased().contains($0) }) {
        score += 2
        why.append("its name")
      }
      if score > best?.score ?? 0 { best = (zone.name, score, why) }
    }
    guard let best else {
      return (nil, "the export does not show which zone leads to the Internet")
    }
    return (best.zone, best.why.joined(separator: ", "))
  }

  private static func zone(of interface: String, in vsys: XMLElement) -> String? {
    for entry in PANOSElements.entries(vsys.child("zone")) {
      for kind in entry.child("network")?.children.map({ $0 }) ?? [] {
        if PANOSElements.members(kind).contains(where: { $0.text == interface }) {
          return entry.attribute("name")
        }
      }
    }
    return nil
  }

  /// The interfaces of static default routes, and of those that DHCP or PPPoE sets.
  private static func defaultRouteInterfaces(
    _ device: XMLElement?, interfaces: [String: AddressSet]
  ) -> [String] {
    var result: [String] = []
    for router in PANOSElements.entries(device?.descend("network", "virtual-router")) {
      let routes = router.descend("routing-table", "ip", "static-route")
      for route in PANOSElements.entries(routes)
      where route.childText("destination") == "0.0.0.0/0" {
        if let interface = route.childText("interface"), !interface.isEmpty {
          result.append(interface)
        } else if let hop = route.descend("nexthop", "ip-address")?.text,
          let address = IPAddress(hop)
        {
          result += interfaces.filter { $0.value.contains(address) }.keys.sorted()
        }
      }
    }
    for (name, element) in interfaceElements(device) {
      for kind in ["dhcp-client", "pppoe"] {
        guard let client = element.child(kind), client.childText("enable") != "no",
          client.childText("create-default-route") != "no"
        else { continue }
        result.append(name)
      }
    }
    return result
  }

  private static func interfaceNetworks(_ device: XMLElement?) -> [String: AddressSet] {
    var result: [String: AddressSet] = [:]
    for (name, element) in interfaceElements(device) {
      var networks = AddressSet()
      for entry in PANOSElements.entries(element.child("ip")) {
        guard let text = entry.attribute("name"), let set = AddressSet(parsing: text) else { continue }
        networks = networks.union(set)
      }
      if !networks.isEmpty { result[name] = networks }
    }
    return result
  }

  /// Every interface that can have addresses, with the element that holds them.
  private static func interfaceElements(_ device: XMLElement?) -> [(String, XMLElement)] {
    var result: [(String, XMLElement)] = []
    for kind in device?.descend("network", "interface")?.children.map({ $0 }) ?? [] {
      if kind.name == "ethernet" || kind.name == "aggregate-ethernet" {
        for entry in kind.children("entry") {
          guard let layer3 = entry.child("layer3") else { continue }
          if let name = entry.attribute("name") { result.append((name, layer3)) }
          for unit in PANOSElements.entries(layer3.child("units")) {
            if let name = unit.attribute("name") { result.append((name, unit)) }
          }
        }
      } else {
        for unit in PANOSElements.entries(kind.child("units")) {
          if let name = unit.attribute("name") { result.append((name, unit)) }
        }
      }
    }
    return result
  }
}
