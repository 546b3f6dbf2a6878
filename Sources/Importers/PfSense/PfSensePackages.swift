import NetworkSets
import PolicyModel
import XMLTree

/// Add-on packages that act on the clients' traffic besides the rules. What they do is not
/// modelled: each becomes a condition on the traffic that it can touch.
struct PfSensePackages {
  private let packages: XMLElement?
  private(set) var notes: [Note] = []

  init(_ root: XMLElement) {
    packages = root.child("installedpackages")
    for name in packages?.children("package").map({ $0.childText("name") ?? "" }) ?? []
    where ["squidGuard", "snort", "suricata", "pfBlockerNG", "squid"].contains(name) {
      notes.append(Note(.advisory, "package \(name) is installed"))
    }
  }

  /// The first `config` element of a package section in which an option is on.
  private func active(_ section: String, _ option: String) -> XMLElement? {
    guard let section = packages?.child(section) else { return nil }
    return section.children("config").first { Self.isOn($0.childText(option)) }
  }

  private static func isOn(_ text: String?) -> Bool {
    guard let text = text?.lowercased() else { return false }
    return text == "on" || text == "yes" || text == "1" || text == "true"
  }

  /// Rules that may deny, each under its condition.
  func table() -> Table {
    var rules: [Rule] = []
    func add(_ name: String, _ clauses: [Clause], _ condition: Condition, at element: XMLElement) {
      rules.append(
        Rule(
          name: name, match: Match(clauses + [.requires(condition)]), action: .deny(.reject),
          origin: .implied, position: SourcePosition(line: element.line)))
    }
    if let squid = packages?.child("squid")?.children("config").first(where: { config in
      // Older releases have no switch: a configuration with an interface is active.
      config.child("enable_squid").map { Self.isOn($0.text) } ?? !(config.childText("active_interface") ?? "").isEmpty
    }) {
      let transparent = Self.isOn(squid.childText("transparent_proxy"))
      let tls = Self.isOn(squid.childText("ssl_proxy"))
      if transparent || tls {
        var ports: [IntervalSet<UInt16>.Interval] = []
        if transparent { ports.append(.init(lower: 80, upper: 80)) }
        if tls { ports.append(.init(lower: 443, upper: 443)) }
        let splices = squid.childText("sslproxy_mitm_mode") == "spliceall"
        let how = tls ? (splices ? ", TLS passed on without decryption" : ", TLS may be decrypted") : ""
        add(
          "squid", [.service(ServiceList([.service(.tcp(PortSet(ports)))]))],
          Condition(
            .unmodelled,
            "transparent squid proxy\(how): its access lists, and those of squidGuard, decide"),
          at: squid)
      }
    }
    if let dnsbl = active("pfblockerngdnsblsettings", "pfb_dnsbl") {
      add(
        "pfBlockerNG DNSBL", [],
        Condition(
          .externalList, "pfBlockerNG DNS block lists: a listed name gets a false address"),
        at: dnsbl)
    }
    for (section, name) in [("snortglobal", "snort"), ("suricata", "suricata")] {
      guard let element = packages?.child(section) else { continue }
      let blocking = element.children("rule").first { Self.isOn($0.childText("blockoffenders7") ?? $0.childText("blockoffenders")) }
      if let blocking {
        add(
          name, [],
          Condition(.unmodelled, "\(name) blocks hosts that raise an alert"), at: blocking)
      }
    }
    return Table(
      name: "packages", rules: rules, defaultAction: DefaultAction(.allow, name: "no package objects"))
  }
}
