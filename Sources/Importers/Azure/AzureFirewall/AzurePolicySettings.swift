import ImportKit

/// Settings of a policy or classic firewall that act beside its rules.
extension AzureRuleBuilder {
  mutating func readSettings(_ item: AzureItem) {
    let properties = item.properties
    if properties.text("threatIntelMode")?.lowercased() == "deny" {
      let exempt = ["threatIntelWhitelist", "threatIntelAllowList"].compactMap {
        properties.object($0)?.member("fqdns")?.elements?.count
      }.reduce(0, +)
      draft.note(
        .advisory,
        "threat intelligence is set to Deny: it acts before all rules on hosts that "
          + "Microsoft lists as malicious"
          + (exempt > 0 ? ", but for \(exempt) listed names" : ""), at: item.position)
    }
    if let detection = properties.object("intrusionDetection") { intrusion(detection) }
    if properties.object("explicitProxy")?.flag("enableExplicitProxy") == true {
      draft.note(
        .advisory,
        "the explicit proxy is on: clients that use it are judged by application rules "
          + "only", at: item.position)
    }
  }

  /// "Alert and deny" drops what a signature matches, also where a rule allows it. Source:
  /// learn.microsoft.com, "Azure Firewall rule processing logic", IDPS: "both engines … may block
  /// matching flows".
  private mutating func intrusion(_ detection: AzureItem) {
    let mode = detection.member("mode")
    let configuration = detection.object("configuration")
    let exempt = configuration?.member("bypassTrafficSettings")?.elements?.count ?? 0
    switch mode?.text?.lowercased() {
    case "off"?, "alert"?:
      let overrides = configuration?.member("signatureOverrides")?.elements ?? []
      let denied = overrides.filter { $0.member("mode")?.text?.lowercased() == "deny" }.count
      guard denied > 0, mode?.text?.lowercased() == "alert" else { return }
      draft.note(
        .advisory, "intrusion prevention drops what \(denied) named signature(s) match",
        at: detection.position)
    default:
      let doubt = draft.doubt(
        .unmodelled,
        "intrusion prevention in the mode \(mode?.text ?? "?") drops what its signatures match"
          + (exempt > 0 ? "; \(exempt) bypass rule(s) exempt traffic" : ""),
        at: detection.position)
      let rule = Rule(
        name: "intrusion prevention", match: Match([.requires(doubt)]), action: .deny(.drop),
        origin: .implied, position: detection.position)
      addGate(
        Table(
          name: "intrusion prevention", rules: [rule],
          defaultAction: DefaultAction(.allow, name: "no signature matches")))
    }
  }
}
