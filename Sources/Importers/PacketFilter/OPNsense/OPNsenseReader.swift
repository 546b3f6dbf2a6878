import ImportKit

/// Builds the one policy of an OPNsense configuration.
struct OPNsenseReader {
  let root: XMLElement

  func read() -> Policy {
    let interfaces = PFInterfaces(root, dialect: .opnSense)
    let aliases = PFAliases(newAliases() + PFAliases.legacy(root), dialect: .opnSense)
    return PFPolicyBuilder(
      root: root, dialect: .opnSense, interfaces: interfaces, aliases: aliases,
      rules: rules(interfaces), addOns: OPNsensePlugins.read(root, interfaces: interfaces)
    ).policy(format: "opnsense")
  }

  /// The alias model: members one a line, a switch for each alias that is on where it is missing.
  private func newAliases() -> [PFAlias] {
    root.all("OPNsense", "Firewall", "Alias", "aliases", "alias").map { element in
      PFAlias(
        name: element.childText("name") ?? "", type: element.childText("type") ?? "host",
        members: (element.childText("content") ?? "").split(whereSeparator: \.isLineFeed)
          .map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty },
        isEnabled: element.childText("enabled") != "0", line: element.line)
    }
  }

  private struct Place: Comparable {
    let priority: Int
    /// 0 for the newer store, 1 for the legacy one.
    let store: Int
    let sequence: Int
    let number: Int

    static func < (left: Place, right: Place) -> Bool {
      (left.priority, left.store, left.sequence, left.number)
        < (right.priority, right.store, right.sequence, right.number)
    }
  }

  /// The rules of both stores in the order in which they are loaded: floating (200000), interface
  /// groups (300000 and the group's own number), interfaces (400000); in each of these the newer
  /// rules by their sequence, then the legacy ones as they stand. Source: opnsense/core,
  /// FieldTypes/FilterRuleField.php, `getPriority` ("prefixed with 0 as these precede legacy rules"),
  /// and inc/filter.inc.
  private func rules(_ interfaces: PFInterfaces) -> [PFRule] {
    var placed: [(Place, PFRule)] = []
    for element in root.all("OPNsense", "Firewall", "Filter", "rules", "rule") {
      let rule = PFRule(opnsense: element)
      let sequence = Int(element.childText("sequence") ?? "") ?? 1
      placed.append(
        (
          Place(
            priority: priority(rule, interfaces), store: 0, sequence: sequence,
            number: placed.count), rule
        ))
    }
    for element in root.all("filter", "rule") {
      let rule = PFRule(legacy: element, dialect: .opnSense)
      placed.append(
        (
          Place(priority: priority(rule, interfaces), store: 1, sequence: 0, number: placed.count),
          rule
        )
      )
    }
    return placed.sorted { $0.0 < $1.0 }.map(\.1)
  }

  private func priority(_ rule: PFRule, _ interfaces: PFInterfaces) -> Int {
    if rule.isFloating { return 200_000 }
    let name = rule.interfaces.first ?? ""
    guard interfaces.isGroup(name) else { return 400_000 }
    return 300_000 + min(max(interfaces.groups[name]?.sequence ?? 0, 0), 99_999)
  }
}

extension PFRule {
  /// Reads an element of `OPNsense/Firewall/Filter/rules`. Missing elements have the defaults of
  /// the model (models/OPNsense/Firewall/Filter.xml).
  init(opnsense element: XMLElement) {
    func isOn(_ name: String, default standard: Bool) -> Bool {
      element.value(name).map { $0 != "0" } ?? standard
    }
    func list(_ name: String) -> [String] {
      (element.childText(name) ?? "").split { $0 == "," || $0.isLineFeed }
        .map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
    }
    func side(_ name: String) -> Side {
      let names = list("\(name)_net")
      return Side(
        items: names.isEmpty ? [.any] : names.map { .name($0) },
        isNegated: isOn("\(name)_not", default: false),
        port: element.childText("\(name)_port") ?? "", line: element.line)
    }
    name = element.childText("description") ?? ""
    id = element.attribute("uuid")
    line = element.line
    isEnabled = isOn("enabled", default: true)
    type = element.value("action") ?? "pass"
    isQuick = isOn("quick", default: true)
    direction = Direction(rawValue: element.value("direction") ?? "in") ?? .any
    interfaces = list("interface")
    interfacesAreNegated = isOn("interfacenot", default: false)
    // A rule with none, several or an inverted interface is floating.
    isFloating = interfaces.count != 1 || interfacesAreNegated
    switch element.value("ipprotocol") ?? "inet" {
    case "inet": family = .ipv4
    case "inet6": family = .ipv6
    default: family = nil
    }
    self.protocol = (element.value("protocol") ?? "any").lowercased()
    source = side("source")
    destination = side("destination")
    schedule = element.value("schedule") ?? element.value("sched")
    gateway = element.value("gateway")
    if let tag = element.value("tagged") {
      conditions.append(
        .requires(Condition(.unmodelled, "only packets tagged `\(tag)` by another rule")))
    }
    if let value = element.value("prio") {
      conditions.append(
        .requires(Condition(.unmodelled, "only packets with VLAN priority \(value)")))
    }
    if self.protocol == "tcp", !isOn("tcpflags_any", default: false),
      let clause = PFRule.flags(
        set: element.childText("tcpflags1"), of: element.value("tcpflags2"))
    {
      conditions.append(clause)
    }
    if let target = element.value("divert-to") {
      conditions.append(
        .requires(Condition(.unmodelled, "hands the packets to `\(target)`, which decides")))
    }
  }
}
