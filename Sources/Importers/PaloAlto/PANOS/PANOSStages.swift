import ImportKit

/// What stands ahead of the security policy, each as a table that a flow must pass.
///
/// Order of the product: zone protection, policy-based forwarding, translation, DoS protection,
/// authentication, security. Source: knowledgebase.paloaltonetworks.com kA10g000000ClVHCA0, "Packet
/// Flow Sequence in PAN-OS".
extension PANOSRules {
  /// The tables that hold a rule, in the order of the product.
  func stagesAhead(_ layers: [PANOSLayer]) -> [Table] {
    [
      forwarding(layers), translation(layers), denialOfService(layers),
      authentication(layers, kind: "authentication"),
      authentication(layers, kind: "captive-portal"), others(layers),
    ].compactMap { $0 }
  }

  /// Rulebases that are read elsewhere, and those that only mark, steer and look into tunnels: quality
  /// of service, the choice among links of one SD-WAN zone, tunnel inspection. Source:
  /// docs.paloaltonetworks.com, PAN-OS Web Interface Help, "Policies".
  private static let otherRulebases: Set<String> = [
    "security", "default-security-rules", "decryption", "nat", "pbf", "dos", "authentication",
    "captive-portal", "application-override", "qos", "sdwan", "tunnel-inspect",
  ]

  /// Rules of kinds that are not known, and those that send flows through other machines (network
  /// packet broker), which may stop them.
  private func others(_ layers: [PANOSLayer]) -> Table? {
    var rules: [Rule] = []
    for layer in layers {
      for kind in layer.rulebase.children where !Self.otherRulebases.contains(kind.name) {
        for entry in layer.rules(kind.name) {
          let record = ExportRecord(entry)
          let what = "\(kind.name) rule `\(entry.attribute("name") ?? "")`"
          var match = MatchChoices()
          addTarget(record, of: what, to: &match)
          if record.has("from"), record.has("to") { addZones(record, of: what, to: &match) }
          let isEnabled = isEnabled(record, of: what, to: &match)
          let rule = stageRule(record, layer: layer, isEnabled: isEnabled)
          let doubt = draft.doubt(
            .unmodelled, "\(what) may stop or redirect the flow: rules of this kind are not judged",
            at: rule.position)
          rules += match.rules(rule).flatMap { draft.eitherWay($0, because: doubt) }
        }
      }
    }
    return stage("other rulebases", rules, otherwise: "no such rule")
  }

  /// A stage of which no rule is in force does not exist.
  func stage(_ name: String, _ rules: [Rule], otherwise: String) -> Table? {
    rules.contains(where: \.enabled)
      ? Table(name: name, rules: rules, defaultAction: DefaultAction(.allow, name: otherwise)) : nil
  }

  /// A rule of a stage.
  func stageRule(_ record: ExportRecord, layer: PANOSLayer, isEnabled: Bool) -> Rule {
    var comment = ""
    if case .xml(let entry) = record.body { comment = Self.comment(entry, layer) }
    return Rule(
      name: record.attribute("name") ?? "", enabled: isEnabled, match: Match(), action: .allow,
      comment: comment, origin: .implied, position: record.position)
  }

  // MARK: Policy-based forwarding

  /// "Forward: directs matching packets to a specific egress interface. Forward To VSYS. Discard: drops
  /// the packet. No PBF: excludes the packets". Looked up for the first packet, before the security
  /// policy. Source: docs.paloaltonetworks.com, PAN-OS Administrator's Guide, "Policy-Based
  /// Forwarding".
  private func forwarding(_ layers: [PANOSLayer]) -> Table? {
    var rules: [Rule] = []
    for layer in layers {
      for entry in layer.rules("pbf") { rules += forwardingRules(entry, layer) }
    }
    return stage("policy-based forwarding", rules, otherwise: "routed")
  }

  private func forwardingRules(_ entry: XMLElement, _ layer: PANOSLayer) -> [Rule] {
    let record = ExportRecord(entry)
    let what = "forwarding rule `\(entry.attribute("name") ?? "")`"
    var match = MatchChoices()
    addTarget(record, of: what, to: &match)
    addPlace(record, "from", of: what, to: &match) { .from($0) }
    addAddresses(record, of: what, to: &match)
    addServices(record, of: what, isRequired: false, to: &match)
    let applications = objects.applications(record.list("application"), in: what)
    if !applications.isAny {
      // The application of a first packet is known from earlier connections at best.
      match.require(
        .requires(
          draft.doubt(
            .application,
            "\(what) is for \(PANOSApplicationList.shown(applications.names)), as far as the "
              + "firewall knows the application of a first packet")))
    }
    addPersons(record, of: what, to: &match)
    addSchedule(record, of: what, to: &match)
    if let device = record.text("active-active-device-binding"), device != "both" {
      match.require(
        .requires(draft.doubt(.interfaceBinding, "\(what) is for device \(device) of a pair")))
    }
    let isEnabled = isEnabled(record, of: what, to: &match)
    let rule = stageRule(record, layer: layer, isEnabled: isEnabled)
    let action = record.record("action")
    let word = Self.word(action, record)
    var egress: String?
    if word == "forward", let way = action?.record("forward") {
      egress = way.text("egress-interface")
      _ = way.child("nexthop")
      _ = way.child("monitor")
    }
    close(record, of: what, ignoring: PANOSMembers.forwardingRule, to: &match)
    switch word {
    case "discard":
      var deny = rule
      deny.action = .deny(.drop)
      return match.rules(deny)
    case "no-pbf": return match.rules(rule)
    case "forward": return forwarded(rule, match, by: egress ?? "", of: what)
    case "forward-to-vsys":
      return leftOpen(rule, match, "\(what) hands the flow to another virtual system")
    default:
      return leftOpen(rule, match, "\(what) has the action `\(word)`, which is not known")
    }
  }

  /// The word of an action that is written as an element, or as text.
  private static func word(_ action: ExportRecord?, _ record: ExportRecord) -> String {
    guard let action, case .xml(let element) = action.body else { return "" }
    guard let child = element.children.first(where: { _ in true }) else { return element.text }
    if child.name != "forward" { _ = action.child(child.name) }
    return child.name
  }

  /// A flow that is sent out by an interface: nothing changes where that is the way it takes anyhow.
  private func forwarded(
    _ rule: Rule, _ match: MatchChoices, by interface: String, of what: String
  ) -> [Rule] {
    var result: [Rule] = []
    if let zone = wiring.zone(of: interface) {
      var same = match
      same.require(.to(ZoneList([zone])))
      result += same.rules(rule)
    }
    let way = wiring.zone(of: interface).map { " of zone \($0)" } ?? ""
    return result
      + leftOpen(rule, match, "\(what) sends the flow out by \(interface)\(way)")
  }

  private func leftOpen(_ rule: Rule, _ match: MatchChoices, _ text: String) -> [Rule] {
    let doubt = draft.doubt(.interfaceBinding, text, at: rule.position)
    return match.rules(rule).flatMap { draft.eitherWay($0, because: doubt) }
  }

  // MARK: DoS protection

  /// "Deny: drop all traffic that matches the rule. Allow: permit it. Protect: enforce the rates of
  /// the profile". Source: docs.paloaltonetworks.com, PAN-OS Web Interface Help, "Policies > DoS
  /// Protection".
  private func denialOfService(_ layers: [PANOSLayer]) -> Table? {
    var rules: [Rule] = []
    for layer in layers {
      for entry in layer.rules("dos") { rules += denialOfServiceRules(entry, layer) }
    }
    return stage("DoS protection", rules, otherwise: "no DoS protection")
  }

  private func denialOfServiceRules(_ entry: XMLElement, _ layer: PANOSLayer) -> [Rule] {
    let record = ExportRecord(entry)
    let what = "DoS protection rule `\(entry.attribute("name") ?? "")`"
    var match = MatchChoices()
    addTarget(record, of: what, to: &match)
    addPlace(record, "from", of: what, to: &match) { .from($0) }
    addPlace(record, "to", of: what, to: &match) { .to($0) }
    addAddresses(record, of: what, to: &match)
    addServices(record, of: what, isRequired: false, to: &match)
    addPersons(record, of: what, to: &match)
    addSchedule(record, of: what, to: &match)
    let isEnabled = isEnabled(record, of: what, to: &match)
    var rule = stageRule(record, layer: layer, isEnabled: isEnabled)
    let word = Self.word(record.record("action"), record)
    close(record, of: what, ignoring: PANOSMembers.denialOfServiceRule, to: &match)
    switch word {
    case "deny":
      rule.action = .deny(.drop)
      return match.rules(rule)
    case "allow": return match.rules(rule)
    case "protect":
      draft.note(
        .advisory, "\(what) limits the rate of connections; what is above it is dropped",
        at: rule.position)
      return match.rules(rule)
    default:
      let doubt = draft.doubt(
        .unmodelled, "\(what) has the action `\(word)`, which is not known", at: rule.position)
      return match.rules(rule).flatMap { draft.eitherWay($0, because: doubt) }
    }
  }

  // MARK: Authentication

  /// A rule that asks for a login before web traffic passes; "no captive portal" exempts. A service
  /// that runs unattended cannot log in; where a user is known already the flow passes. Source:
  /// docs.paloaltonetworks.com, PAN-OS Administrator's Guide, "Authentication Policy".
  private func authentication(_ layers: [PANOSLayer], kind: String) -> Table? {
    var rules: [Rule] = []
    for layer in layers {
      for entry in layer.rules(kind) { rules += authenticationRules(entry, layer) }
    }
    return stage("\(kind) policy", rules, otherwise: "no login asked for")
  }

  private func authenticationRules(_ entry: XMLElement, _ layer: PANOSLayer) -> [Rule] {
    let record = ExportRecord(entry)
    let what = "authentication rule `\(entry.attribute("name") ?? "")`"
    var match = MatchChoices()
    addTarget(record, of: what, to: &match)
    addZones(record, of: what, to: &match)
    addAddresses(record, of: what, to: &match)
    addServices(record, of: what, isRequired: false, to: &match)
    addCategories(record, of: what, to: &match)
    addPersons(record, of: what, to: &match)
    let isEnabled = isEnabled(record, of: what, to: &match)
    let rule = stageRule(record, layer: layer, isEnabled: isEnabled)
    let method = enforcement(record)
    close(record, of: what, ignoring: PANOSMembers.authenticationRule, to: &match)
    if method == "no-captive-portal" { return match.rules(rule) }
    let doubt = draft.doubt(
      .user, "\(what) asks for a login, which a service that runs unattended cannot give",
      at: rule.position)
    return match.rules(rule).flatMap { draft.eitherWay($0, because: doubt) }
  }

  private func enforcement(_ record: ExportRecord) -> String? {
    // Until 7.1 the action stood in the rule itself.
    guard let name = record.text("authentication-enforcement") else {
      return record.text("action")
    }
    if let own = objects.find("authentication-object", name) {
      return own.childText("authentication-method")
    }
    return name == "default-no-captive-portal" ? "no-captive-portal" : nil
  }
}
