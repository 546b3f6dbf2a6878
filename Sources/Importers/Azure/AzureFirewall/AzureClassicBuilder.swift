import ImportKit

/// A classic firewall: collections of network and application rules inside the firewall resource.
enum AzureClassicBuilder {
  static func build(_ firewall: AzureItem, resources: AzureResources) -> Policy {
    let name = firewall.label ?? "firewall"
    var builder = AzureRuleBuilder(resources: resources, scope: name)
    let properties = firewall.properties
    // Classic firewalls keep the DNS proxy setting among the additional properties.
    builder.usesDNSProxy =
      properties.object("additionalProperties")?.flag("Network.DNS.EnableProxy") == true
    for doubt in firewall.inForceDoubts(of: "firewall `\(name)`", in: builder.draft) {
      builder.addGap(doubt.detail, kind: .notInForce, at: firewall.position)
    }
    if properties.object("firewallPolicy")?.member("id") != nil {
      builder.addGap(
        "firewall `\(name)` has rules of its own and a policy, which the service does not permit",
        kind: .notInForce, at: firewall.position)
    }
    for (key, kind) in [
      ("natRuleCollections", AzureRuleBuilder.Kind.translation),
      ("networkRuleCollections", .network), ("applicationRuleCollections", .application),
    ] {
      var items: [AzureItem] = []
      let what = "rule collections of `\(name)`"
      switch properties.list(key, what: what) {
      case .items(let all): items = all
      case .missing: break
      case .unknown(let text, let some):
        builder.addGap(text, at: firewall.position)
        items = some
      }
      var placed: [AzureRuleBuilder.Placed] = []
      for item in items {
        let label = item.label ?? "collection"
        placed.append(
          AzureRuleBuilder.Placed(
            block: builder.block(of: item, name: label, kind: kind), group: .known(0),
            own: builder.priority(of: item, what: "collection `\(label)`")))
      }
      builder.add(placed)
    }
    builder.readSettings(firewall)
    return builder.finish()
  }
}
