import ImportKit

/// Puts policies together from the resources that were found.
enum AzurePolicyBuilder {
  static func build(_ resources: AzureResources) -> [Policy] {
    var policies: [Policy] = []
    for policy in resources.policies { policies.append(assemble(policy, resources)) }
    // Groups whose policy is not in the export, one scope for each policy that they name.
    var left: [(owner: String?, groups: [AzureItem])] = []
    for group in resources.groups {
      let owner = AzureOwner(of: group)
      if resources.policies.contains(where: { owner.mayBe($0) }) { continue }
      let name = owner.name
      if let index = left.firstIndex(where: { $0.owner?.lowercased() == name?.lowercased() }) {
        left[index].groups.append(group)
      } else {
        left.append((name, [group]))
      }
    }
    if !resources.collections.isEmpty {
      if left.isEmpty { left.append((nil, [])) }
      policies.append(
        fragment(left[0].owner, left[0].groups, resources.collections, resources))
      left.removeFirst()
    }
    for part in left { policies.append(fragment(part.owner, part.groups, [], resources)) }
    for classic in resources.classics {
      policies.append(AzureClassicBuilder.build(classic, resources: resources))
    }
    return policies
  }

  // MARK: A policy of the export

  /// A policy and its ancestors, nearest first; what is missing where the chain breaks off.
  private static func chain(
    _ policy: AzureItem, _ resources: AzureResources
  ) -> (items: [AzureItem], missing: String?) {
    var chain = [policy]
    while let last = chain.last, let base = last.properties.member("basePolicy") {
      let id = base.text ?? base.member("id")?.text
      guard let id, let name = AzureName.last(id) else {
        return (chain, "which policy is the parent is not known, and its rules come first")
      }
      let owner = AzureOwner(id: id, name: name)
      guard let parent = resources.policies.first(where: { owner.mayBe($0) }) else {
        return (
          chain,
          "the parent policy is not in the export, and its rules come first; give it "
            + "and its rule collection groups as well"
        )
      }
      // One parent is all that the service permits; a circle would never end.
      guard chain.count < 8, !chain.contains(where: { $0.position == parent.position }) else {
        return (chain, "the parents of the policy lead in a circle")
      }
      chain.append(parent)
    }
    return (chain, nil)
  }

  private static func assemble(_ policy: AzureItem, _ resources: AzureResources) -> Policy {
    let name = policy.lastName ?? "policy"
    var builder = AzureRuleBuilder(resources: resources, scope: name)
    let (chain, missing) = chain(policy, resources)
    builder.usesDNSProxy = chain.contains {
      $0.properties.object("dnsSettings")?.flag("enableProxy") == true
    }
    if let missing { builder.addGap(missing, at: chain.last?.position ?? policy.position) }
    // Rules of the most distant ancestor come first.
    for item in chain.reversed() { addLevel(item, of: resources, to: &builder) }
    for item in chain { builder.readSettings(item) }
    return builder.finish()
  }

  /// The rules of one policy, and what is missing of them.
  private static func addLevel(
    _ policy: AzureItem, of resources: AzureResources, to builder: inout AzureRuleBuilder
  ) {
    let name = policy.lastName ?? "policy"
    let what = "policy `\(name)`"
    for doubt in policy.inForceDoubts(of: what, in: builder.draft) {
      builder.addGap(doubt.detail, kind: .notInForce, at: policy.position)
    }
    let groups = resources.groups.filter { AzureOwner(of: $0).mayBe(policy) }
    let isListed = missingGroups(of: policy, groups, name, to: &builder)
    if !isListed {
      // A template that declares a group and does not deploy it leaves the policy without rules.
      if groups.isEmpty,
        !resources.absentGroups.contains(where: { AzureOwner(of: $0).mayBe(policy) })
      {
        builder.addGap(
          "the export has no rule collection group of \(what); give az network firewall policy "
            + "rule-collection-group list as well", at: policy.position)
      }
      for gap in resources.gaps where gap.kind == .firewall {
        builder.addGap(gap.what, at: gap.position)
      }
    }
    var placed: [AzureRuleBuilder.Placed] = []
    for group in groups {
      var own = builder.collections(of: group)
      if resources.policies.count > 1, !AzureOwner(of: group).certainly(policy) {
        let doubt = builder.draft.doubt(
          .unresolved,
          "which policy group `\(group.lastName ?? "group")` belongs to is not known",
          at: group.position)
        own = own.map { .init(block: $0.block.requiring([doubt]), group: $0.group, own: $0.own) }
      }
      placed += own
    }
    builder.add(placed)
  }

  /// The answer of the service lists the groups of a policy: those that the export lacks are gaps.
  ///
  /// - Returns: whether there is such a list, by which the groups are known to be all.
  private static func missingGroups(
    of policy: AzureItem, _ groups: [AzureItem], _ name: String, to builder: inout AzureRuleBuilder
  ) -> Bool {
    guard let listed = policy.properties.member("ruleCollectionGroups") else { return false }
    guard let elements = listed.elements else { return false }
    let known = Set(groups.compactMap { $0.lastName?.lowercased() })
    var isWhole = true
    let named = elements.compactMap { element in
      (element.text ?? element.member("id")?.text).flatMap(AzureName.last)?.lowercased()
    }
    // A list that lacks groups which are there is older than they are.
    if !known.isSubset(of: named) { isWhole = false }
    for element in elements {
      let id = element.text ?? element.member("id")?.text
      guard let own = id.flatMap(AzureName.last) else {
        builder.addGap(
          "a rule collection group of policy `\(name)` is not in the export", at: policy.position)
        continue
      }
      if known.contains(own.lowercased()) { continue }
      builder.addGap(
        "rule collection group `\(own)` is not in the export; give az network firewall policy "
          + "rule-collection-group show or list as well", at: policy.position)
    }
    return isWhole
  }

  // MARK: Groups without their policy

  private static func fragment(
    _ name: String?, _ groups: [AzureItem], _ collections: [AzureItem], _ resources: AzureResources
  ) -> Policy {
    var builder = AzureRuleBuilder(resources: resources, scope: name ?? "policy")
    let place = groups.first?.position ?? collections.first?.position ?? SourcePosition(line: 0)
    builder.addGap(
      "the policy itself is not in the export: its parent policy, whose rules come first, its other "
        + "groups, DNS proxy and TLS settings are not known; give az network firewall policy show "
        + "as well", at: place)
    for gap in resources.gaps where gap.kind == .firewall {
      builder.addGap(gap.what, at: gap.position)
    }
    var placed: [AzureRuleBuilder.Placed] = []
    for group in groups { placed += builder.collections(of: group) }
    for item in collections {
      let name = item.label ?? "collection"
      placed.append(
        AzureRuleBuilder.Placed(
          block: builder.block(of: item, name: name), group: .known(0),
          own: builder.priority(of: item, what: "collection `\(name)`")))
    }
    builder.add(placed)
    return builder.finish()
  }
}

/// The policy to which a rule collection group belongs, as far as the group says so.
struct AzureOwner {
  /// The whole id, where it is known.
  private let id: String?
  let name: String?

  init(id: String, name: String) {
    self.id = id
    self.name = name
  }

  private init() {
    id = nil
    name = nil
  }

  /// By the parent around, the id of the group, or its composed name.
  init(of group: AzureItem) {
    if let id = group.text("id"), let name = AzureName.part(after: "firewallpolicies", of: id) {
      self.init(id: id, name: name)
    } else if let parent = group.parent, let name = AzureName.last(parent) {
      self.init(id: parent, name: name)
    } else if let label = group.label, let slash = label.lastIndex(of: "/") {
      let name = String(label[..<slash])
      self.init(id: "", name: AzureName.last(name) ?? name)
    } else {
      self.init()
    }
  }

  /// Whether a policy has the very name that the group says.
  func certainly(_ policy: AzureItem) -> Bool {
    guard let name, let own = policy.lastName, AzureName.isKnown(own) else { return false }
    return own.lowercased() == name.lowercased()
  }

  /// Whether a policy may be the owner: certainly not where a name or subscription differs.
  func mayBe(_ policy: AzureItem) -> Bool {
    guard let name else { return true }
    guard let own = policy.lastName, AzureName.isKnown(own), AzureName.isKnown(name) else {
      return true
    }
    guard own.lowercased() == name.lowercased() else { return false }
    guard let id, let other = policy.text("id"),
      let group = AzureName.part(after: "resourcegroups", of: id),
      let otherGroup = AzureName.part(after: "resourcegroups", of: other)
    else { return true }
    return group.lowercased() == otherGroup.lowercased()
      && AzureName.part(after: "subscriptions", of: id)?.lowercased()
        == AzureName.part(after: "subscriptions", of: other)?.lowercased()
  }
}
