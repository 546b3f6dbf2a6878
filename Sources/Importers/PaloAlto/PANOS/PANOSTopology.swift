import ImportKit

/// The zones, interfaces and default routes of a firewall: from its own configuration, or from the
/// templates that a Panorama builds it from.
struct PANOSTopology {
  struct Zone {
    let name: String
    var interfaces: [String]
    /// What the interfaces are used as: `layer3`, `tap`, `external` and so on.
    let kinds: Set<String>
    let line: Int

    /// Whether the zone holds tap interfaces, which see a copy of the traffic, and no others.
    var isTap: Bool { kinds == ["tap"] }

    /// Whether nobody sits there: a tap, or the inner side of tunnels.
    var isRemote: Bool {
      isTap || kinds == ["tunnel"]
        || !interfaces.isEmpty && interfaces.allSatisfy { $0.hasPrefix("tunnel.") }
    }
  }

  /// One configuration that contributes; the first one that defines something counts.
  struct Source {
    /// The element with `network` and `deviceconfig`.
    let device: XMLElement
    /// The virtual systems whose zones count.
    let virtualSystems: [XMLElement]
  }

  private(set) var zones: [Zone] = []
  private(set) var networks: [String: AddressSet] = [:]
  private(set) var defaultRouteInterfaces: [String] = []

  /// - Parameter resolve: gives the value of a template variable such as `$lan`.
  init(_ sources: [Source], resolve: (String) -> String? = { _ in nil }) {
    var known: Set<String> = []
    var interfaces: [(String, XMLElement)] = []
    var seenInterfaces: Set<String> = []
    for source in sources {
      for vsys in source.virtualSystems {
        for entry in PANOSElements.entries(vsys.child("zone")) {
          guard let name = entry.attribute("name"), known.insert(name).inserted else { continue }
          zones.append(Self.zone(entry, name: name))
        }
      }
      for (name, element) in Self.interfaceElements(source.device)
      where seenInterfaces.insert(name).inserted {
        interfaces.append((name, element))
      }
    }
    for (name, element) in interfaces {
      var set = AddressSet()
      for entry in PANOSElements.entries(element.child("ip")) {
        guard let text = entry.attribute("name").flatMap({ Self.value($0, resolve) }),
          let found = AddressSet(parsing: text)
        else { continue }
        set = set.union(found)
      }
      if !set.isEmpty { networks[name] = set }
    }
    for source in sources {
      defaultRouteInterfaces += routeInterfaces(source.device, resolve)
    }
    for (name, element) in interfaces {
      for kind in ["dhcp-client", "pppoe"] {
        guard let client = element.child(kind), client.childText("enable") != "no",
          client.childText("create-default-route") != "no"
        else { continue }
        defaultRouteInterfaces.append(name)
      }
    }
  }

  private static func value(_ text: String, _ resolve: (String) -> String?) -> String? {
    text.hasPrefix("$") ? resolve(text) : text
  }

  private static func zone(_ entry: XMLElement, name: String) -> Zone {
    var interfaces: [String] = []
    var kinds: Set<String> = []
    let known: Set<String> = ["layer3", "layer2", "virtual-wire", "tap", "tunnel", "external"]
    for kind in entry.child("network")?.children.map({ $0 }) ?? [] where known.contains(kind.name) {
      kinds.insert(kind.name)
      // The members of an external zone are virtual systems.
      if kind.name != "external" { interfaces += PANOSElements.members(kind).map(\.text) }
    }
    return Zone(name: name, interfaces: interfaces, kinds: kinds, line: entry.line)
  }

  /// The interfaces of static default routes.
  private func routeInterfaces(
    _ device: XMLElement, _ resolve: (String) -> String?
  ) -> [String] {
    var result: [String] = []
    let network = device.child("network")
    for router in PANOSElements.entries(network?.child("virtual-router")) {
      let routes = router.descend("routing-table", "ip", "static-route")
      result += routeInterfaces(of: routes, resolve)
    }
    // The advanced routing engine (10.2) keeps its routes in logical routers.
    for router in PANOSElements.entries(network?.child("logical-router")) {
      for vrf in PANOSElements.entries(router.child("vrf")) {
        let routes = vrf.descend("routing-table", "ip", "static-route")
        result += routeInterfaces(of: routes, resolve)
      }
    }
    return result
  }

  private func routeInterfaces(
    of routes: XMLElement?, _ resolve: (String) -> String?
  ) -> [String] {
    var result: [String] = []
    for route in PANOSElements.entries(routes) where route.childText("destination") == "0.0.0.0/0" {
      if let interface = route.childText("interface"), !interface.isEmpty {
        result.append(interface)
      } else if let hop = route.descend("nexthop", "ip-address")?.text,
        let text = Self.value(hop, resolve), let address = IPAddress(text)
      {
        result += networks.filter { $0.value.contains(address) }.keys.sorted()
      }
    }
    return result
  }

  /// Every interface that can have addresses, with the element that holds them.
  private static func interfaceElements(_ device: XMLElement) -> [(String, XMLElement)] {
    var result: [(String, XMLElement)] = []
    for kind in device.descend("network", "interface")?.children.map({ $0 }) ?? [] {
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
