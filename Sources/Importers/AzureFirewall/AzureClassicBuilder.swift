import JSONTree
import NetworkSets
import PolicyModel

/// A classic firewall: collections of network and application rules inside the firewall resource.
enum AzureClassicBuilder {
  static func build(_ firewall: AzureResources.Item, resources: AzureResources) -> Policy {
    var builder = AzureRuleBuilder(resources: resources)
    let properties = firewall.properties
    // Classic firewalls keep the DNS proxy setting among the additional properties.
    if let extra = properties["additionalProperties"] {
      builder.usesDNSProxy =
        firewall.text("Network.DNS.EnableProxy", in: extra)?.lowercased() == "true"
    }
    for (name, isNetwork) in [
      ("networkRuleCollections", true), ("applicationRuleCollections", false),
    ] {
      builder.addClassic(properties.member(name), of: firewall, isNetwork: isNetwork)
    }
    builder.noteSettings(firewall)
    return builder.finish(scope: firewall.label ?? "firewall")
  }
}

extension AzureRuleBuilder {
  mutating func addClassic(
    _ list: JSONValue?, of firewall: AzureResources.Item, isNetwork: Bool
  ) {
    guard let list else { return }
    let collections = (firewall.template.elements(list) ?? []).compactMap {
      value -> AzureResources.Item? in
      guard case .json(let json) = value else { return nil }
      return AzureResources.Item(value: json, template: firewall.template, file: firewall.file)
    }
    let ordered = collections.sorted { priority($0) < priority($1) }
    for collection in ordered {
      let properties = collection.properties
      let name = collection.label ?? "collection"
      let word = properties["action"].flatMap { collection.text("type", in: $0) } ?? ""
      let action: Action = word.lowercased() == "allow" ? .allow : .deny(.drop)
      for element in properties["rules"]?.elements.map({ $0 }) ?? [] {
        let rule = AzureResources.Item(
          value: element, template: firewall.template, file: firewall.file)
        let ruleName = "\(name)/\(rule.label ?? "rule")"
        if isNetwork {
          addNetworkRule(rule, name: ruleName, action: action)
        } else {
          addApplicationRule(rule, name: ruleName, action: action)
        }
      }
    }
  }

  private func priority(_ item: AzureResources.Item) -> Int {
    item.properties["priority"].flatMap { item.template.evaluate($0).number } ?? .max
  }
}
