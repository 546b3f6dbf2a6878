import ImportKit

/// What a permit asks besides: web filtering, application firewall, authentication, and further
/// services.
extension JunosPolicies {
  /// The names of the gate tables of a permit.
  func gateNames(of permit: JunosRecord) -> [String] {
    var names: [String] = []
    if let services = permit.record("application-services") { names += serviceGates(services) }
    if let authentication = permit.child("firewall-authentication") {
      names.append(
        doubtfulGate(
          "firewall authentication", at: authentication.position,
          draft.doubt(.user, "firewall authentication: clients on which nobody has logged in")))
    }
    if let tunnel = permit.child("tunnel") {
      let name = tunnel.childText("ipsec-vpn") ?? tunnel.text
      names.append(
        doubtfulGate(
          "tunnel \(name)", at: tunnel.position,
          draft.doubt(
            .interfaceBinding,
            "the traffic goes into the tunnel `\(name)`: what is behind it decides")))
    }
    if let translation = permit.record("destination-address") {
      // "drop-untranslated: drop the packet if the destination address is not translated";
      // drop-translated concerns what translation has sent elsewhere, which is a doubt already.
      if let untranslated = translation.child("drop-untranslated") {
        names.append(
          denyingGate("destination-address drop-untranslated", at: untranslated.position))
      }
      _ = translation.child("drop-translated")
    }
    return names
  }

  private func serviceGates(_ services: JunosRecord) -> [String] {
    var names: [String] = []
    if let node = services.child("utm-policy"),
      let name = webFilterGate(node.text, at: node.position)
    {
      names.append(name)
    }
    if let firewall = services.child("application-firewall") {
      let set = firewall.childText("rule-set") ?? firewall.text
      names.append(
        doubtfulGate(
          "application-firewall \(set)", at: firewall.position,
          draft.doubt(
            .application,
            "application firewall `\(set)`: decides by the application that the device recognises"))
      )
    }
    if let access = services.child("uac-policy") {
      names.append(
        doubtfulGate(
          "unified access control", at: access.position,
          draft.doubt(.user, "unified access control: roles of the user decide")))
    }
    for name in ["security-intelligence-policy", "security-intelligence"] {
      guard let node = services.child(name) else { continue }
      let policy = node.text
      if let doubt = intelligenceDoubt(policy, at: node.position) {
        names.append(doubtfulGate("security intelligence \(policy)", at: node.position, doubt))
      }
    }
    _ = services.child("ssl-proxy")
    for name in Self.threatServices {
      guard let node = services.child(name) else { continue }
      draft.note(
        .advisory,
        "`\(name)` is on for permitted traffic and may stop what it takes for an attack",
        at: node.position)
    }
    for (_, child) in services.unread(ignoring: Self.shapingServices) {
      _ = services.child(child.name)
      names.append(
        doubtfulGate(
          child.text.isEmpty ? child.name : "\(child.name) \(child.text)", at: child.position,
          draft.doubt(
            .unmodelled, "`\(child.name)`: what it does with permitted traffic is not judged",
            at: child.position)))
    }
    // Everything that is left shapes, steers or counts.
    for child in services.node.children { _ = services.child(child.name) }
    return names
  }

  private func webFilterGate(_ policy: String, at position: SourcePosition) -> String? {
    let name = "utm-policy \(policy)"
    if gateNames.contains(name) { return name }
    guard let table = webFilter.gate(policy, named: name, at: position) else { return nil }
    gateNames.insert(name)
    gates.append(table)
    return name
  }

  /// Feeds of addresses and hosts with their actions. "The default action is permit; block drops the
  /// session" (juniper.net, statement `security-intelligence`): a policy all of whose rules permit
  /// only watches.
  private func intelligenceDoubt(_ name: String, at position: SourcePosition) -> Condition? {
    if intelligence[name] == false { return nil }
    return draft.doubt(
      .externalList,
      "security intelligence `\(name)`: hosts and addresses in its feeds are blocked")
  }

  /// A gate that may deny, for the reason given.
  func doubtfulGate(
    _ name: String, at position: SourcePosition, _ condition: Condition
  ) -> String {
    guard gateNames.insert(name).inserted else { return name }
    let rule = Rule(
      name: name, match: Match([.requires(condition)]), action: .deny(.reject), origin: .implied,
      position: position)
    gates.append(
      Table(name: name, rules: [rule], defaultAction: DefaultAction(.allow, name: "not held up")))
    return name
  }

  private func denyingGate(_ name: String, at position: SourcePosition) -> String {
    guard gateNames.insert(name).inserted else { return name }
    let rule = Rule(
      name: name, match: Match(), action: .deny(.drop), origin: .implied, position: position)
    gates.append(
      Table(name: name, rules: [rule], defaultAction: DefaultAction(.allow, name: name)))
    return name
  }

  /// Services that look for attacks: they stop what they take for an exploit or malware, which the
  /// service's own traffic is not.
  private static let threatServices = [
    "idp", "idp-policy", "advanced-anti-malware-policy", "icap-redirect", "packet-capture",
    "anti-virus-policy", "aamw-policy", "dns-security-policy",
  ]

  /// Services that shape, steer or count permitted traffic.
  private static let shapingServices = JunosMembers.common.union(
    IrrelevantMembers([
      (
        "queues and rates",
        ["application-traffic-control", "application-traffic-control-rule-set"]
      ),
      ("protocols of mobile networks", ["gprs-gtp-profile", "gprs-sctp-profile"]),
      ("speed", ["services-offload"]),
      ("copies of metadata", ["security-metadata-streaming-policy"]),
    ]))
}
