import ImportKit

/// One rule as a configuration writes it, whichever store it comes from.
struct PFRule {
  enum Direction: String {
    case `in`
    case out
    case any
  }

  /// Source or destination.
  struct Side {
    enum Item {
      case any
      /// A word for networks of the firewall: `lan`, `wanip`, `(self)`, a VPN or group.
      case network(String)
      /// An address, network or alias.
      case address(String)
      /// A list entry that may be any of these (OPNsense's newer rules).
      case name(String)
    }

    /// Nil where the rule gives nothing that the product can use.
    var items: [Item]?
    var isNegated = false
    var port = ""
    var line: Int
  }

  var name: String
  var id: String?
  var isEnabled: Bool
  /// `pass`, `block`, `reject`, `match`, or whatever stands there.
  var type: String
  var isQuick: Bool
  var direction: Direction
  var interfaces: [String]
  var interfacesAreNegated = false
  var isFloating: Bool
  /// Nil for both families.
  var family: AddressFamily?
  var `protocol`: String
  var source: Side
  var destination: Side
  var schedule: String?
  var gateway: String?
  /// What else must hold.
  var conditions: [Clause] = []
  var line: Int
}

extension PFRule {
  /// Reads an element of `filter/rule`.
  init(legacy element: XMLElement, dialect: PFDialect) {
    name = element.childText("descr") ?? ""
    id = element.value("tracker") ?? element.attribute("uuid")
    line = element.line
    isFloating = element.child("floating") != nil
    interfaces = (element.childText("interface") ?? "").split(separator: ",")
      .map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
    // pfSense writes `any` for a floating rule on all interfaces.
    if isFloating { interfaces.removeAll { $0 == "any" } }
    type = element.childText("type") ?? ""
    schedule = element.value("sched")
    gateway = element.value("gateway").flatMap { $0 == "default" ? nil : $0 }
    self.protocol = (element.childText("protocol") ?? "").lowercased()
    source = Side(legacy: element.child("source"), of: element, dialect: dialect)
    destination = Side(legacy: element.child("destination"), of: element, dialect: dialect)
    let disabled = element.child("disabled")
    let written = element.childText("direction") ?? ""
    switch dialect {
    case .pfSense:
      // Source of what follows: pfsense/pfsense src/etc/inc/filter.inc, filter_generate_user_rule.
      isEnabled = disabled == nil
      isQuick = !isFloating || element.child("quick") != nil
      if element.childText("floating") == "yes" {
        direction = Direction(rawValue: written) ?? .any
      } else {
        direction = .in
      }
      switch element.childText("ipprotocol") ?? "" {
      case "inet6": family = .ipv6
      case "inet46": family = nil
      default: family = .ipv4
      }
      // "proto tcp" is written where only ports are given, and the ports are then left out.
      if self.protocol.isEmpty, !(source.port.isEmpty && destination.port.isEmpty) {
        self.protocol = "tcp"
        source.port = ""
        destination.port = ""
      }
    case .opnSense:
      // Source: opnsense/core library/OPNsense/Firewall/FilterRule.php and Rule.php.
      isEnabled = disabled.map { $0.text.isEmpty || $0.text == "0" } ?? true
      if let disabled, disabled.text.isEmpty {
        conditions.append(
          .requires(
            Condition(
              .unmodelled,
              "`disabled` stands there without a value: the rule generator takes the "
                + "rule, the web interface shows it as disabled")))
      }
      let quick = element.child("quick").map { !$0.text.isEmpty && $0.text != "0" }
      isQuick = quick ?? !isFloating
      direction = written.isEmpty ? .in : Direction(rawValue: written) ?? .any
      switch element.childText("ipprotocol") ?? "" {
      case "inet": family = .ipv4
      case "inet6": family = .ipv6
      default: family = nil
      }
    }
    conditions += Self.special(element, protocol: self.protocol)
  }

  /// Parts of a rule that look at more than addresses and ports.
  private static func special(_ element: XMLElement, protocol name: String) -> [Clause] {
    var clauses: [Clause] = []
    if let tag = element.value("tagged") {
      clauses.append(
        .requires(Condition(.unmodelled, "only packets tagged `\(tag)` by another rule")))
    }
    if name == "tcp", let system = element.value("os") {
      clauses.append(.requires(Condition(.unmodelled, "only clients that look like \(system)")))
    }
    for (element, meaning) in [
      (element.value("dscp"), "DSCP value"), (element.value("vlanprio"), "VLAN priority"),
      (element.value("prio"), "VLAN priority"),
    ] {
      guard let value = element, value != "none" else { continue }
      clauses.append(.requires(Condition(.unmodelled, "only packets with \(meaning) \(value)")))
    }
    if name == "tcp", element.child("tcpflags_any") == nil,
      let clause = flags(set: element.childText("tcpflags1"), of: element.value("tcpflags2"))
    {
      clauses.append(clause)
    }
    return clauses
  }

  /// pf matches where exactly the first flags are set out of the second ones (pf.conf(5), `flags`);
  /// the first packet of a connection has SYN and nothing else.
  static func flags(set: String?, of mask: String?) -> Clause? {
    guard let mask else { return nil }
    func names(_ text: String?) -> Set<String> {
      Set((text ?? "").lowercased().split { $0 == "," || $0 == " " }.map { String($0.prefix(3)) })
    }
    let wanted = names(set)
    guard wanted != names(mask).intersection(["syn"]) else { return nil }
    let shown = wanted.isEmpty ? "none" : wanted.sorted().joined(separator: ", ")
    return .never("wants the TCP flags \(shown), which a first packet does not have")
  }
}

extension PFRule.Side {
  fileprivate init(legacy element: XMLElement?, of rule: XMLElement, dialect: PFDialect) {
    line = element?.line ?? rule.line
    guard let element else {
      // pfSense cannot write a rule without a side; OPNsense takes any.
      items = dialect == .opnSense ? [.any] : nil
      return
    }
    isNegated = element.child("not") != nil
    port = element.childText("port") ?? ""
    if element.child("any") != nil {
      items = [.any]
    } else if let network = element.value("network") {
      items = Self.list(network, dialect).map { .network($0) }
    } else if let address = element.value("address") {
      items = Self.list(address, dialect).map { .address($0) }
    } else if dialect == .opnSense && element.isEmpty {
      items = [.any]
    } else {
      items = nil
    }
  }

  /// OPNsense divides every address field at commas.
  private static func list(_ text: String, _ dialect: PFDialect) -> [String] {
    guard dialect == .opnSense else { return [text] }
    return text.split(separator: ",").map { String($0.filter { $0 != " " }) }.filter { !$0.isEmpty }
  }
}
