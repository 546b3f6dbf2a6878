import NetworkSets
import PolicyModel
import XMLTree

/// The interfaces of a pfSense configuration, by their keys (`lan`, `wan`, `opt1`).
struct PfSenseInterfaces {
  struct Interface {
    let key: String
    let name: String
    let enabled: Bool
    let addresses: AddressSet?
    let networks: AddressSet?
    let element: XMLElement
  }

  private(set) var all: [Interface] = []
  /// Members by group name.
  private(set) var groups: [String: [String]] = [:]
  private(set) var notes: [Note] = []
  private let internet: String?
  private let internetReason: String

  init(_ root: XMLElement) {
    let elements = root.child("interfaces")?.children.map { $0 } ?? []
    // Before the switch existed (pfSense 1.x), `lan` and `wan` were always on.
    let hasSwitch = elements.contains { $0.child("enable") != nil }
    for element in elements {
      let alwaysOn = !hasSwitch && (element.name == "lan" || element.name == "wan")
      all.append(Self.interface(element, alwaysOn: alwaysOn))
    }
    for entry in root.child("ifgroups")?.children("ifgroupentry").map({ $0 }) ?? [] {
      let members = (entry.childText("members") ?? "").split { $0 == " " || $0 == "," }
      groups[entry.childText("ifname") ?? ""] = members.map(String.init)
    }
    (internet, internetReason) = Self.internetInterface(root, all)
    if all.isEmpty {
      notes.append(
        Note(
          .completeness, "the export has no interfaces: no rule is loaded and no client can be "
            + "placed; make the backup with the area ALL"))
    }
  }

  private static func interface(_ element: XMLElement, alwaysOn: Bool) -> Interface {
    var networks = AddressSet()
    var addresses = AddressSet()
    for (address, length) in [("ipaddr", "subnet"), ("ipaddrv6", "subnetv6")] {
      guard let text = element.childText(address), let value = IPAddress(text) else { continue }
      addresses = addresses.union(AddressSet(value))
      if let bits = element.childText(length).flatMap({ UInt8($0) }),
        let set = AddressSet(prefix: value, length: bits)
      {
        networks = networks.union(set)
      }
    }
    return Interface(
      key: element.name, name: element.childText("descr") ?? "",
      enabled: alwaysOn || element.child("enable") != nil,
      addresses: addresses.isEmpty ? nil : addresses,
      networks: networks.isEmpty ? nil : networks, element: element)
  }

  /// The interface of the default gateway, else the one that looks like a connection to a provider.
  private static func internetInterface(
    _ root: XMLElement, _ all: [Interface]
  ) -> (String?, String) {
    let gateways = root.child("gateways")
    let items = gateways?.children("gateway_item").map { $0 } ?? []
    if let wanted = gateways?.childText("defaultgw4"), !wanted.isEmpty,
      let item = items.first(where: { $0.childText("name") == wanted }),
      let interface = item.childText("interface")
    {
      return (interface, "the default gateway is there")
    }
    if let item = items.first(where: { $0.child("defaultgw") != nil }),
      let interface = item.childText("interface")
    {
      return (interface, "the default gateway is there")
    }
    for interface in all where interface.enabled || interface.key == "wan" {
      let way = interface.element.childText("ipaddr") ?? ""
      if ["dhcp", "pppoe", "ppp", "pptp", "l2tp"].contains(way) {
        return (interface.key, "it gets its address by \(way)")
      }
      if let gateway = interface.element.childText("gateway"), !gateway.isEmpty, gateway != "none" {
        return (interface.key, "it has a gateway")
      }
    }
    return all.contains { $0.key == "wan" } ? ("wan", "its name") : (nil, "")
  }

  func interface(_ key: String) -> Interface? { all.first { $0.key == key } }

  func leadsToInternet(_ key: String) -> Bool { key == internet }

  /// The enabled interfaces that a rule for `key` is loaded on: the one itself, or the members of
  /// a group; OpenVPN, IPsec and the other VPN servers are tabs of their own.
  func members(_ key: String) -> [String] {
    if let members = groups[key] { return members.filter { interface($0)?.enabled ?? false } }
    if Self.virtualTabs.contains(key) {
      let prefix = key == "openvpn" ? "ovpn" : key
      let assigned = all.filter {
        $0.enabled && ($0.element.childText("if") ?? "").hasPrefix(prefix)
      }
      return [key] + assigned.map(\.key)
    }
    return interface(key)?.enabled ?? false ? [key] : []
  }

  func isGroup(_ key: String) -> Bool { groups[key] != nil || Self.virtualTabs.contains(key) }

  /// Tabs of VPN servers, which filter.inc treats like interface groups.
  private static let virtualTabs: Set<String> = ["openvpn", "enc0", "ipsec", "l2tp", "pppoe", "WireGuard"]

  /// Every address of the firewall itself that the export shows.
  var ownAddresses: AddressSet {
    all.compactMap(\.addresses).reduce(AddressSet()) { $0.union($1) }
  }

  var zones: [Zone] {
    all.map { interface in
      Zone(
        name: interface.key, alias: interface.name.isEmpty ? nil : interface.name,
        networks: interface.networks, leadsToInternet: interface.key == internet,
        position: SourcePosition(line: interface.element.line))
    }
  }

  var proposals: [ClientProposal] {
    let inside = all.filter { $0.enabled && $0.key != internet }
    let chosen = inside.isEmpty ? all.filter { $0.key != internet } : inside
    guard !chosen.isEmpty else {
      return [
        ClientProposal(
          client: Client(toZone: internet), reason: "the export has no inside interface")
      ]
    }
    return chosen.map { interface in
      let name = interface.name.isEmpty ? "" : " (\(interface.name))"
      let out = internet.map { "; `\($0)` leads to the Internet: \(internetReason)" } ?? ""
      return ClientProposal(
        client: Client(fromZone: interface.key, toZone: internet, networks: interface.networks),
        reason: "interface `\(interface.key)`\(name)\(out)")
    }
  }
}
