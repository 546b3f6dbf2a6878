import ImportKit

/// Puts policies together from the resources that were found.
enum AzurePolicyBuilder {
  static func build(_ resources: AzureResources) -> [Policy] {
    var policies: [Policy] = []
    for policy in resources.policies {
      let name = lastName(policy.label) ?? "policy"
      let groups = resources.groups.filter { belongs($0, to: name, of: resources) }
      policies.append(
        assemble(
          name: name, chain: chain(policy, resources), groups: groups, collections: [],
          resources: resources))
    }
    if resources.policies.isEmpty, !resources.groups.isEmpty || !resources.collections.isEmpty {
      policies.append(
        assemble(
          name: resources.groups.first.flatMap(policyName) ?? "policy", chain: [],
          groups: resources.groups, collections: resources.collections, resources: resources))
    }
    for classic in resources.classics {
      policies.append(AzureClassicBuilder.build(classic, resources: resources))
    }
    return policies
  }

  /// The last part of a name such as `policy/group`, or of an id.
  static func lastName(_ text: String?) -> String? {
    text?.split(separator: "/").last.map(String.init)
  }

  /// The policy that a group says it belongs to, by its id or its composed name.
  private static func policyName(_ group: AzureResources.Item) -> String? {
    if let id = group.text("id") {
      let parts = id.split(separator: "/").map(String.init)
      if let index = parts.firstIndex(where: { $0.lowercased() == "firewallpolicies" }),
        index + 1 < parts.count
      {
        return parts[index + 1]
      }
    }
    if let name = group.label, let slash = name.firstIndex(of: "/") {
      return String(name[..<slash])
    }
    return nil
  }

  private static func belongs(
    _ group: AzureResources.Item, to policy: String, of resources: AzureResources
  ) -> Bool {
    guard resources.policies.count > 1, let owner = policyName(group) else { return true }
    return owner.lowercased() == policy.lowercased()
  }

  /// A policy and its ancestors, nearest first; ends with nil where a parent is not in the export.
  private static func chain(
    _ policy: AzureResources.Item, _ resources: AzureResources
  ) -> [AzureResources.Item?] {
    var chain: [AzureResources.Item?] = [policy]
    var current = policy
    while chain.count < 16 {
      guard let base = current.properties.azure("basePolicy"), base.isObject,
        let id = current.text("id", in: base), let name = lastName(id)
      else { return chain }
      guard
        let parent = resources.policies.first(where: {
          lastName($0.label)?.lowercased() == name.lowercased()
        })
      else { return chain + [nil] }
      chain.append(parent)
      current = parent
    }
    return chain
  }

  private static func assemble(
    name: String, chain: [AzureResources.Item?], groups: [AzureResources.Item],
    collections: [AzureResources.Item], resources: AzureResources
  ) -> Policy {
    var builder = AzureRuleBuilder(resources: resources)
    builder.usesDNSProxy = chain.contains { item in
      guard let item, let settings = item.properties.azure("dnsSettings") else { return false }
      return item.text("enableProxy", in: settings)?.lowercased() == "true"
    }
    // Rules of the most distant ancestor come first.
    for item in chain.reversed() {
      guard let item else {
        builder.addMissingParent(at: chain.first??.position)
        continue
      }
      let owner = lastName(item.label) ?? name
      let own =
        resources.policies.count > 1
        ? resources.groups.filter { belongs($0, to: owner, of: resources) } : groups
      builder.add(groups: own)
    }
    if chain.isEmpty { builder.add(groups: groups) }
    builder.add(collections: collections)
    for item in chain.compactMap({ $0 }) { builder.noteSettings(item) }
    if chain.isEmpty {
      builder.notes.append(
        Note(
          .completeness,
          "the policy itself is not in the export: its parent policy, DNS proxy and "
            + "TLS settings are not known; give az network firewall policy show as well"))
    } else if groups.isEmpty, resources.groups.isEmpty {
      builder.notes.append(
        Note(
          .completeness,
          "the export has no rule collection group; give az network firewall policy "
            + "rule-collection-group list as well"))
    }
    return builder.finish(scope: name)
  }
}
