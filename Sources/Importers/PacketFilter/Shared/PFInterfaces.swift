import ImportKit

/// The interfaces of a configuration, by their keys (`lan`, `wan`, `opt1`).
struct PFInterfaces {
  struct Interface {
    let key: String
    let name: String
    let enabled: Bool
    let addresses: AddressSet?
    let networks: AddressSet?
    /// Families whose address a provider or another interface assigns at run time.
    let openFamilies: [AddressFamily]
    let element: XMLElement
  }

  /// Several interfaces under one name, made by the administrator or by a VPN server.
  struct Group {
    let members: [String]
    /// Where its rules stand among those of other groups (OPNsense).
    let sequence: Int
  }

  private(set) var all: [Interface] = []
  private(set) var groups: [String: Group] = [:]
  private(set) var notes: [Note] = []
  private var byKey: [String: Int] = [:]
  private let internet: String?
  private let internetReason: String

  init(_ root: XMLElement, dialect: PFDialect) {
    let elements = root.child("interfaces")?.children.map { $0 } ?? []
    // Before the switch existed (pfSense 1.x), `lan` and `wan` were always on.
    let hasSwitch = elements.contains { $0.child("enable") != nil }
    for element in elements where element.childText("type") != "group" && element.name != "lo0" {
      let alwaysOn = !hasSwitch && (element.name == "lan" || element.name == "wan")
      let enabled = alwaysOn || dialect.isOn(element.child("enable"))
      guard byKey[element.name] == nil else { continue }
      byKey[element.name] = all.count
      all.append(Self.interface(element, enabled: enabled))
    }
    for entry in root.child("ifgroups")?.children("ifgroupentry").map({ $0 }) ?? [] {
      let members = (entry.childText("members") ?? "").split { $0 == " " || $0 == "," }
      groups[entry.childText("ifname") ?? ""] = Group(
        members: members.map(String.init), sequence: Int(entry.childText("sequence") ?? "") ?? 0)
    }
    (internet, internetReason) = Self.internetInterface(root, all, dialect)
    if all.isEmpty {
      notes.append(
        Note(
          .completeness,
          "the export has no interfaces: no rule is loaded and no client can be "
            + "placed; make the backup with the area ALL"))
    }
  }

  private static func interface(_ element: XMLElement, enabled: Bool) -> Interface {
    var networks = AddressSet()
    var addresses = AddressSet()
    var open: [AddressFamily] = []
    for (address, length, family) in [
      ("ipaddr", "subnet", AddressFamily.ipv4), ("ipaddrv6", "subnetv6", .ipv6),
    ] {
      guard let text = element.value(address), text != "none" else { continue }
      guard let value = IPAddress(text) else {
        open.append(family)
        continue
      }
      addresses = addresses.union(AddressSet(value))
      if let bits = element.childText(length).flatMap({ UInt8($0) }),
        let set = AddressSet(prefix: value, length: bits)
      {
        networks = networks.union(set)
      }
    }
    return Interface(
      key: element.name, name: element.childText("descr") ?? "", enabled: enabled,
      addresses: addresses.isEmpty ? nil : addresses,
      networks: networks.isEmpty ? nil : networks, openFamilies: open, element: element)
  }

  /// The interface of the default gateway, else the one that looks like a connection to a provider.
  private static func internetInterface(
    _ root: XMLElement, _ all: [Interface], _ dialect: PFDialect
  ) -> (String?, String) {
    let items =
      (root.all("gateways", "gateway_item") + root.all("OPNsense", "Gateways", "gateway_item"))
      .filter { !dialect.isOn($0.child("disabled")) && $0.childText("ipprotocol") != "inet6" }
    if let wanted = root.child("gateways")?.value("defaultgw4"),
      let item = items.first(where: { $0.childText("name") == wanted }),
      let interface = item.childText("interface")
    {
      return (interface, "the default gateway is there")
    }
    // OPNsense takes the upstream gateway with the lowest number; pfSense has no numbers.
    let upstream = items.filter { dialect.isOn($0.child("defaultgw")) }
    let best = upstream.min { priority($0) < priority($1) }
    if let interface = best?.childText("interface") {
      return (interface, "the default gateway is there")
    }
    for interface in all where interface.enabled || interface.key == "wan" {
      let way = interface.element.childText("ipaddr") ?? ""
      if interface.key != "lan", ["dhcp", "pppoe", "ppp", "pptp", "l2tp"].contains(way) {
        return (interface.key, "it gets its address by \(way)")
      }
      if let gateway = interface.element.value("gateway"), gateway != "none" {
        return (interface.key, "it has a gateway")
      }
    }
    return all.contains { $0.key == "wan" } ? ("wan", "its name") : (nil, "")
  }

  private static func priority(_ gateway: XMLElement) -> Int {
    Int(gateway.childText("priority") ?? "") ?? 255
  }

  /// Another connection to a provider: both products treat an interface with a gateway of its own as
  /// one (docs.netgate.com, "Interface Configuration"), and nobody's clients sit there.
  private static func isSecondLine(_ interface: Interface) -> Bool {
    guard interface.key != "lan" else { return false }
    let gateway = interface.element.value("gateway") ?? "none"
    let way = interface.element.childText("ipaddr") ?? ""
    return gateway != "none" || ["pppoe", "ppp", "pptp", "l2tp"].contains(way)
  }

  func interface(_ key: String) -> Interface? { byKey[key].map { all[$0] } }

  func leadsToInternet(_ key: String) -> Bool { key == internet }

  /// The enabled interfaces that a rule for `key` is loaded on: the one itself, or the members of
  /// a group; OpenVPN, IPsec and the other VPN servers are tabs of their own.
  func members(_ key: String) -> [String] {
    if let group = groups[key] {
      return group.members.filter { interface($0)?.enabled ?? false }
    }
    if let prefix = Self.virtualTabs[key] {
      let assigned = all.filter {
        $0.enabled && ($0.element.childText("if") ?? "").hasPrefix(prefix)
      }
      return [key] + assigned.map(\.key)
    }
    return interface(key)?.enabled ?? false ? [key] : []
  }

  func isGroup(_ key: String) -> Bool { groups[key] != nil || Self.virtualTabs[key] != nil }

  /// Tabs of VPN servers, which the products treat like interface groups, with the beginning of the
  /// device names of their interfaces.
  private static let virtualTabs: [String: String] = [
    "openvpn": "ovpn", "enc0": "enc", "ipsec": "ipsec", "l2tp": "l2tps", "pptp": "pptpd",
    "pppoe": "poes", "WireGuard": "tun_wg", "wireguard": "wg",
  ]

  /// Every address of the firewall itself that the export shows.
  var ownAddresses: AddressSet {
    all.compactMap(\.addresses).reduce(AddressSet()) { $0.union($1) }
  }

  /// The networks of a group's members; nil where one of them is not in the export.
  func networks(ofGroup key: String) -> AddressSet? {
    guard let group = groups[key] else { return nil }
    var result = AddressSet()
    for member in group.members {
      guard let networks = interface(member)?.networks else { return nil }
      result = result.union(networks)
    }
    return result
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
    let enabled = all.filter { $0.enabled && $0.key != internet }
    let inside = enabled.filter { !Self.isSecondLine($0) }
    let others = enabled.isEmpty ? all.filter { $0.key != internet } : enabled
    let chosen = inside.isEmpty ? others : inside
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
