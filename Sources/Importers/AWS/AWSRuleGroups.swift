import ImportKit

/// Finds the rule groups that a firewall policy refers to.
struct AWSRuleGroups {
  let documents: AWSDocuments
  let draft: PolicyDraft

  static func name(_ group: AWSItem) -> String {
    group.object("RuleGroupResponse")?.text("RuleGroupName") ?? group.text("RuleGroupName")
      ?? group.logicalName ?? "group"
  }

  func missing(_ reference: AWSItem) -> String {
    let name: String
    switch reference.member("ResourceArn") {
    case .text(let text): name = text
    case .reference(let logical): name = logical
    default: name = "a group"
    }
    return "rule group `\(name)` is not in the export; give aws network-firewall "
      + "describe-rule-group for it as well"
  }

  /// Whether a stateless rule looks at TCP flags, and so tells packets of one connection apart.
  var usesFlags: Bool {
    documents.ruleGroups.contains { group in
      group.object("RuleGroup")?.object("RulesSource")?.object("StatelessRulesAndCustomActions")?
        .items("StatelessRules").contains { rule in
          rule.object("RuleDefinition")?.object("MatchAttributes")?.has("TCPFlags") ?? false
        } ?? false
    }
  }

  func kind(_ group: AWSItem) -> String {
    let source = group.object("RuleGroup")?.object("RulesSource")
    return source?.has("StatelessRulesAndCustomActions") ?? false ? "STATELESS" : "STATEFUL"
  }

  private func named(_ reference: AWSItem, kind wanted: String) -> AWSItem? {
    let value = reference.member("ResourceArn")
    return documents.ruleGroups.first { group in
      guard kind(group) == wanted else { return false }
      if AWSDocuments.matches(group, value, keys: ["RuleGroupName", "RuleGroupArn"]) {
        return true
      }
      guard let response = group.object("RuleGroupResponse") else { return false }
      return AWSDocuments.matches(response, value, keys: ["RuleGroupArn", "RuleGroupName"])
    }
  }

  /// The group that a reference names. References that no name resolves stand for the groups that
  /// no reference names, where there are as many of the one as of the other; which is which, and
  /// so the order, is open if there are several.
  func groups(
    for reference: AWSItem, kind wanted: String
  ) -> (groups: [AWSItem], doubt: Condition?) {
    if let group = named(reference, kind: wanted) { return ([group], nil) }
    guard case .text(let text) = reference.member("ResourceArn") else { return ([], nil) }
    let key = wanted == "STATELESS" ? "StatelessRuleGroupReferences" : "StatefulRuleGroupReferences"
    let references = documents.firewallPolicies.flatMap {
      $0.object("FirewallPolicy")?.items(key) ?? []
    }
    let open = references.filter { named($0, kind: wanted) == nil }
    let taken = references.compactMap { named($0, kind: wanted)?.position }
    let free = documents.ruleGroups.filter { kind($0) == wanted && !taken.contains($0.position) }
    guard documents.firewallPolicies.count == 1, open.count == free.count,
      let index = open.firstIndex(where: { $0.position == reference.position })
    else { return ([], nil) }
    let group = free[index]
    let what = "group `\(Self.name(group))` is taken for the one that is called `\(text)`"
    draft.note(.reading, what, at: reference.position)
    guard free.count > 1 else { return ([group], nil) }
    return (
      [group],
      draft.doubt(
        .unresolved, what + "; its place in the order is not certain", at: reference.position)
    )
  }

  func statelessRules(
    _ group: AWSItem, _ reader: inout AWSStatelessRules, doubts: [Condition]
  ) -> [Rule] {
    let name = Self.name(group)
    var doubts = doubts
    if let presence = group.presence {
      doubts.append(draft.doubt(.notInForce, presence, at: group.position))
    }
    let source = group.object("RuleGroup")?.object("RulesSource")?
      .object("StatelessRulesAndCustomActions")
    let list = source?.list("StatelessRules") ?? (items: [], isOpen: true)
    var early: [Rule] = []
    var placed: [(priority: Int, rules: [Rule])] = []
    if list.isOpen
      || list.items.isEmpty
        && !(source?.value.members.contains { $0.key == "StatelessRules" } ?? false)
    {
      early += draft.gap("rules of group `\(name)` are not all in the export", at: group.position)
    }
    for item in list.items {
      let rules = reader.rules(item, group: name, doubts: doubts)
      if let priority = item.number("Priority") {
        placed.append((priority, rules))
        continue
      }
      let open = draft.doubt(
        .unresolved,
        "the priority of the stateless rule of `\(name)` in line \(item.position.line) is not known",
        at: item.position)
      early += draft.perhapsInForce(rules, because: open)
      placed.append((.max, rules))
    }
    // Swift's sort is stable, so equal priorities keep the order of the export.
    placed.sort { $0.priority < $1.priority }
    return early + placed.flatMap(\.rules)
  }

  func checkOrder(_ group: AWSItem, isStrict: Bool) {
    let order = group.object("RuleGroup")?.object("StatefulRuleOptions")?.text("RuleOrder")
    guard (order?.uppercased() == "STRICT_ORDER") != isStrict else { return }
    draft.note(
      .reading,
      "group `\(Self.name(group))` has the order \(order ?? "DEFAULT_ACTION_ORDER") and the "
        + "policy another, which the service refuses; read in the order of the policy",
      at: group.position)
  }
}
