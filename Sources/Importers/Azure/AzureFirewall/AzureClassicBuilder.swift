import ImportKit

/// A classic firewall: collections of network and application rules inside the firewall resource.
enum AzureClassicBuilder {
  static func build(_ firewall: AzureResources.Item, resources: AzureResources) -> Policy {
    var builder = AzureRuleBuilder(resources: resources)
    let properties = firewall.properties
    // Classic firewalls keep the DNS proxy setting among the additional properties.
    if let extra = properties.azure("additionalProperties") {
      builder.usesDNSProxy =
        firewall.text("Network.DNS.EnableProxy", in: extra)?.lowercased() == "true"
    }
    for (name, isNetwork) in [
      ("networkRuleCollections", true), ("applicationRuleCollections", false),
    ] {
      builder.addClassic(properties.azure(name), of: firewall, isNetwork: isNetwork)
    }
    if let list = properties.azure("natRuleCollections"), list.count > 0 {
      builder.notes.append(
        Note(
          .advisory, "\(list.count) DNAT collection(s) concern traffic from outside",
          at: SourcePosition(file: firewall.file, line: list.line, pointer: list.pointer)))
    }
    builder.noteSettings(firewall)
    return builder.finish(scope: firewall.label ?? "firewall")
  }
}

extension AzureRuleBuilder {
  mutating func addClassic(
    _ list: JSONValue?, of firewall: AzureResources.Item, isNetwork: Bool
  ) {
    guard let list, let collections = items(list, of: firewall, what: "rule collections") else {
      return
    }
    var placed: [(item: AzureResources.Item, priority: Int)] = []
    for collection in collections {
      let what = "collection `\(collection.label ?? "")`"
      placed.append(
        (collection, priority(of: collection, in: collection.properties, what: what) ?? .max))
    }
    // Swift's sort is stable, so equal priorities keep the order of the export.
    for (collection, _) in placed.sorted(by: { $0.priority < $1.priority }) {
      let properties = collection.properties
      let name = collection.label ?? "collection"
      let word = properties.azure("action").flatMap { collection.text("type", in: $0) } ?? ""
      guard
        let rules = properties.azure("rules").flatMap({
          items($0, of: collection, what: "rules of `\(name)`")
        })
      else { continue }
      let action: Action
      switch word.lowercased() {
      case "allow": action = .allow
      case "deny": action = .deny(.drop)
      default:
        let what = "the action of collection `\(name)` is not known"
        notes.append(Note(.unresolved, what, at: collection.position))
        addPerhaps(Condition(.unresolved, what), at: collection.position)
        continue
      }
      for rule in rules {
        let ruleName = "\(name)/\(rule.label ?? "rule")"
        if isNetwork {
          addNetworkRule(rule, name: ruleName, action: action)
        } else {
          addApplicationRule(rule, name: ruleName, action: action)
        }
      }
    }
  }
}
