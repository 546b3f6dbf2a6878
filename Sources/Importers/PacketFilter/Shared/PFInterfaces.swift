import ImportKit

/// The interfaces of a configuration, by their keys (`lan`, `wan`, `opt1`).
struct PFInterfaces {
  struct Interface {
    let key: String
    let name: String
    let enabled: Bool
    /// Set where it is not certain that the interface is on.
    let doubt: Condition?
    /// What `ipaddr` and `ipaddrv6` say.
    let primary: AddressSet?
    /// With those of IP aliases and CARP.
    var addresses: AddressSet?
    var networks: AddressSet?
    /// Families whose address a provider or another interface assigns at run time.
    let openFamilies: [AddressFamily]
    let element: XMLElement
  }

  /// Several interfaces under one name, made by the administrator or by a VPN server.
  struct Group {
    let members: [String]
    /// Where its rules stand among those of other groups (OPNsense).
    /// Nil where it cannot be read.
    let sequence: Int?
  }

  private(set) var all: [Interface] = []
  private(set) var groups: [String: Group] = [:]
  private var byKey: [String: Int] = [:]
  private let internet: String?
  private let internetReason: String

  init(_ root: XMLElement, product: PFProduct, draft: PolicyDraft) {
    let elements = root.child("interfaces")?.children.map { $0 } ?? []
    // Before the switch existed (pfSense 1.x), `lan` and `wan` were always on.
    let hasSwitch = elements.contains { $0.child("enable") != nil }
    for element in elements where element.word("type") != "group" && element.name != "lo0" {
      let alwaysOn = !hasSwitch && (element.name == "lan" || element.name == "wan")
      let enabled = alwaysOn ? .on : product.read(element.child("enable"))
      guard byKey[element.name] == nil else { continue }
      byKey[element.name] = all.count
      all.append(Self.interface(element, enabled: enabled, draft))
    }
    Self.addVirtualAddresses(root, to: &all, byKey)
    for entry in root.child("ifgroups")?.children("ifgroupentry").map({ $0 }) ?? [] {
      groups[entry.word("ifname") ?? ""] = Group(
        members: PFText.words(entry.word("members") ?? ""),
        sequence: entry.value("sequence").map { Int($0) } ?? 0)
    }
    (internet, internetReason) = Self.internetInterface(root, all, product)
    if all.isEmpty {
      draft.note(
        .completeness,
        "the export has no interfaces: no rule is loaded and no client can be "
          + "placed; make the backup with the area ALL")
    }
  }

  private static func interface(
    _ element: XMLElement, enabled: PFSwitch, _ draft: PolicyDraft
  ) -> Interface {
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
      if let bits = element.word(length).flatMap({ UInt8($0) }),
        let set = AddressSet(prefix: value, length: bits)
      {
        networks = networks.union(set)
      } else {
        open.append(family)
      }
    }
    var doubt: Condition?
    if case .unknown(let word) = enabled {
      doubt = draft.doubt(
        .notInForce, "whether interface `\(element.name)` is on: `enable` is `\(word)`",
        at: SourcePosition(line: element.line))
    }
    return Interface(
      key: element.name, name: element.word("descr") ?? "", enabled: enabled.mayBeOn,
      doubt: doubt,
      primary: addresses.isEmpty ? nil : addresses,
      addresses: addresses.isEmpty ? nil : addresses,
      networks: networks.isEmpty ? nil : networks, openFamilies: open, element: element)
  }

  /// IP aliases and CARP addresses belong to their interface, with the networks that they stand in:
  /// a word for its network means them too. Source: pfSense filter.inc, `filter_generate_aliases`
  /// ("interface vips"); pf.conf(5), `:network`.
  private static func addVirtualAddresses(
    _ root: XMLElement, to all: inout [Interface], _ byKey: [String: Int]
  ) {
    for vip in root.all("virtualip", "vip") {
      guard ["ipalias", "carp"].contains(vip.word("mode") ?? ""),
        let index = byKey[vip.word("interface") ?? ""],
        let address = IPAddress(vip.word("subnet") ?? ""),
        let bits = vip.word("subnet_bits").flatMap({ UInt8($0) }),
        let network = AddressSet(prefix: address, length: bits)
      else { continue }
      all[index].addresses = (all[index].addresses ?? AddressSet()).union(AddressSet(address))
      // A single address beside the interface's own network is no network that clients sit in.
      guard bits < (address.family == .ipv4 ? 32 : 128), let known = all[index].networks else {
        continue
      }
      all[index].networks = known.union(network)
    }
  }

  /// The interface of the default gateway, else the one that looks like a connection to a provider.
  private static func internetInterface(
    _ root: XMLElement, _ all: [Interface], _ product: PFProduct
  ) -> (String?, String) {
    let items =
      (root.all("gateways", "gateway_item") + root.all("OPNsense", "Gateways", "gateway_item"))
      .filter {
        product.read($0.child("disabled")) != .on && $0.word("ipprotocol") != "inet6"
      }
    if let wanted = root.child("gateways")?.value("defaultgw4"),
      let item = items.first(where: { $0.word("name") == wanted }),
      let interface = item.word("interface")
    {
      return (interface, "the default gateway is there")
    }
    // OPNsense takes the upstream gateway with the lowest number; pfSense has no numbers.
    let upstream = items.filter { product.read($0.child("defaultgw")) == .on }
    let best = upstream.min { priority($0) < priority($1) }
    if let interface = best?.word("interface") {
      return (interface, "the default gateway is there")
    }
    for interface in all where interface.enabled || interface.key == "wan" {
      let way = interface.element.word("ipaddr") ?? ""
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
    Int(gateway.word("priority") ?? "") ?? 255
  }

  /// Another connection to a provider: both products treat an interface with a gateway of its own as
  /// one (docs.netgate.com, "Interface Configuration"), and nobody's clients sit there.
  private static func isSecondLine(_ interface: Interface) -> Bool {
    guard interface.key != "lan" else { return false }
    let gateway = interface.element.value("gateway") ?? "none"
    let way = interface.element.word("ipaddr") ?? ""
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
        $0.enabled && ($0.element.word("if") ?? "").hasPrefix(prefix)
      }
      return [key] + assigned.map(\.key)
    }
    return interface(key)?.enabled ?? false ? [key] : []
  }

  /// Whether it is known what a rule for `key` is for: an interface, a group whose members are known,
  /// or the tab of a VPN. So are the keys of interfaces that are missing: they are themselves.
  func isKnown(_ key: String) -> Bool {
    if let group = groups[key] { return group.members.allSatisfy { isKnownInterface($0) } }
    return Self.virtualTabs[key] != nil || isKnownInterface(key)
  }

  private func isKnownInterface(_ key: String) -> Bool { interface(key) != nil || isMissing(key) }

  /// Whether `key` is the key of an interface that the export does not have: after an interface was
  /// deleted, rules for it may be left over.
  func isMissing(_ key: String) -> Bool {
    guard interface(key) == nil else { return false }
    if key == "lan" || key == "wan" || key == "lo0" { return true }
    let bytes = Array(key.utf8)
    return bytes.starts(with: Array("opt".utf8)) && bytes.count > 3
      && bytes.dropFirst(3).allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
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
