import ImportKit

/// Rules that send their traffic by a gateway of their own, so that it may leave by another interface
/// than the rest, where other outgoing rules count. Source: docs.netgate.com, "Policy Routing
/// Configuration".
extension PFRuleTranslator {
  func noteGateway(_ rule: PFRule) {
    guard let gateway = rule.gateway else { return }
    let skips = root.descend("system", "skip_rules_gw_down") != nil
    draft.note(
      .advisory,
      "rule `\(rule.name)` sends its traffic by the gateway `\(gateway)`: outgoing "
        + "floating rules of that interface count"
        + (skips ? ", and the rule is left out while the gateway is down" : ""), at: rule.position)
  }

  /// Two rules for the table of what leaves: what a rule passes to another interface may be stopped
  /// there, and may not be where the usual way out would.
  func doubtAboutWayOut(_ rule: PFRule, _ translated: Rule) -> [Rule] {
    guard let gateway = rule.gateway, translated.enabled, case .allow = translated.action else {
      return []
    }
    let ways = interfacesOfGateway(gateway)
    guard ways.isEmpty || !ways.allSatisfy(interfaces.leadsToInternet) else { return [] }
    let by =
      ways.isEmpty ? "an interface that the export does not show" : ways.joined(separator: ", ")
    let condition = draft.doubt(
      .interfaceBinding,
      "rule `\(rule.name)` sends the flow by the gateway `\(gateway)` (\(by)), where other outgoing "
        + "rules may count; judge it with --to-zone", at: rule.position)
    // Who names the way out of the gateway as the client's leaving zone has settled it.
    let elsewhere: [Clause] = ways.isEmpty ? [] : [.to(ZoneList(ways, negated: true))]
    return [Action.deny(.drop), .allow].map { action in
      Rule(
        name: "policy routing: \(rule.name)",
        match: Match(translated.match.clauses + elsewhere + [.requires(condition)]), action: action,
        origin: .implied, position: rule.position)
    }
  }

  /// The interfaces of a gateway, or of the members of a group of gateways.
  private func interfacesOfGateway(_ name: String) -> [String] {
    var names: Set<String> = [name]
    for group in root.all("gateways", "gateway_group") where group.word("name") == name {
      for item in group.children("item") {
        if let member = item.text.split(separator: "|").first { names.insert(String(member)) }
      }
    }
    let items =
      root.all("gateways", "gateway_item") + root.all("OPNsense", "Gateways", "gateway_item")
    let found = items.filter { names.contains($0.word("name") ?? "") }
      .compactMap { $0.value("interface") }
    return Set(found).sorted()
  }
}
