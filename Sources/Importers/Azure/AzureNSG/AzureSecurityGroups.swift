import ImportKit

/// The security groups of an export as policies.
enum AzureSecurityGroups {
  static func build(_ resources: AzureResources) -> [Policy] {
    var policies: [Policy] = []
    var loose = resources.looseSecurityRules
    for group in resources.securityGroups {
      let name = group.lastName ?? "security group"
      var builder = AzureSecurityGroupBuilder(resources: resources, scope: name)
      let own = loose.filter { mayBelong($0, to: name) }
      loose.removeAll { owner(of: $0)?.lowercased() == name.lowercased() }
      builder.addTable(of: group, named: "outbound", looseRules: own)
      policies.append(builder.finish())
    }
    // Rules whose group is not in the export, taken together by the group's name.
    loose.removeAll { rule in
      !resources.securityGroups.isEmpty && !(owner(of: rule).map(AzureName.isKnown) ?? false)
    }
    var names: [String] = []
    for rule in loose {
      let name = owner(of: rule) ?? "security group"
      if !names.contains(name) { names.append(name) }
    }
    for name in names {
      let own = loose.filter { (owner(of: $0) ?? "security group") == name }
      guard let first = own.first else { continue }
      var builder = AzureSecurityGroupBuilder(resources: resources, scope: name)
      builder.addGap(
        "security group `\(name)` itself is not in the export, and may have more rules",
        at: first.position)
      builder.addTable(of: nil, named: "outbound", looseRules: own)
      policies.append(builder.finish())
    }
    for (number, groups) in resources.effectiveGroups.enumerated() {
      policies.append(effective(groups, number, resources))
    }
    return policies
  }

  /// The group in the id, in the name `group/rule`, or around a rule.
  private static func owner(of rule: AzureItem) -> String? {
    if let id = rule.text("id"), let name = AzureName.part(after: "networksecuritygroups", of: id) {
      return name
    }
    if let parent = rule.parent, let name = AzureName.last(parent) { return name }
    guard let label = rule.label, let slash = label.lastIndex(of: "/") else { return nil }
    return AzureName.last(String(label[..<slash]))
  }

  private static func mayBelong(_ rule: AzureItem, to group: String) -> Bool {
    guard let owner = owner(of: rule), AzureName.isKnown(owner), AzureName.isKnown(group) else {
      return true
    }
    return owner.lowercased() == group.lowercased()
  }

  /// What is in effect at one interface: every group on the way must allow.
  private static func effective(
    _ groups: [AzureItem], _ number: Int, _ resources: AzureResources
  ) -> Policy {
    let interface = groups.lazy.compactMap {
      $0.object("association")?.object("networkInterface")?.text("id").flatMap(AzureName.last)
    }.first
    let scope =
      resources.effectiveGroups.count == 1
      ? "effective rules" : "effective rules \(interface ?? "\(number + 1)")"
    var builder = AzureSecurityGroupBuilder(resources: resources, scope: scope)
    for (number, group) in groups.enumerated() {
      let name =
        group.object("networkSecurityGroup")?.text("id").flatMap(AzureName.last)
        ?? "group \(number + 1)"
      builder.addTable(of: group, named: name, looseRules: [])
    }
    return builder.finish()
  }
}
