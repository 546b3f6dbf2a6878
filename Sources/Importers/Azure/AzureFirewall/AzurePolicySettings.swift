import ImportKit

/// Settings of a policy that act beside its rules.
extension AzureRuleBuilder {
  mutating func noteSettings(_ item: AzureResources.Item) {
    let properties = item.properties
    if let mode = item.text("threatIntelMode", in: properties), mode.lowercased() == "deny" {
      let exempt = ["threatIntelWhitelist", "threatIntelAllowList"].compactMap {
        properties.azure($0)?.azure("fqdns")?.count
      }.reduce(0, +)
      notes.append(
        Note(
          .advisory,
          "threat intelligence is set to Deny: it acts before all rules on hosts that "
            + "Microsoft lists as malicious"
            + (exempt > 0 ? ", but for \(exempt) listed names" : ""),
          at: item.position))
    }
    if let detection = properties.azure("intrusionDetection"),
      let mode = item.text("mode", in: detection), mode.lowercased() == "deny"
    {
      let exempt = detection.azure("configuration")?.azure("bypassTrafficSettings")?.count ?? 0
      notes.append(
        Note(
          .advisory,
          "intrusion prevention is set to Deny: it can stop traffic that the rules allow"
            + (exempt > 0 ? "; \(exempt) bypass rule(s) exempt traffic" : ""),
          at: item.position))
    }
    if let proxy = properties.azure("explicitProxy"),
      item.text("enableExplicitProxy", in: proxy)?.lowercased() == "true"
    {
      notes.append(
        Note(
          .advisory,
          "the explicit proxy is on: clients that use it are judged by application rules "
            + "only", at: item.position))
    }
  }
}
