import ImportKit

/// A firewall policy with its rule groups as tables.
///
/// Packets meet the stateless rules first, and the stateful ones where those forward. Stateful rules
/// are three tables, for the first packet, the answer and the data of a connection; see
/// ``AWSStatefulRule/Phase``.
struct AWSFirewallBuilder {
  private let documents: AWSDocuments
  private var notes: [Note] = []

  private static let stateless = "policy"
  private static let answers = "stateless, answers"
  private static let stateful = "stateful"
  private static let first = "stateful, first packet"
  private static let answer = "stateful, answer"

  init(documents: AWSDocuments) { self.documents = documents }

  private static func name(_ group: AWSItem) -> String {
    group.object("RuleGroupResponse")?.text("RuleGroupName") ?? group.text("RuleGroupName")
      ?? group.logicalName ?? "group"
  }

  // MARK: Policies

  mutating func build(_ item: AWSItem, names: AWSDNSFirewall) -> Policy {
    let response = item.object("FirewallPolicyResponse")
    let scope =
      response?.text("FirewallPolicyName") ?? item.text("FirewallPolicyName") ?? item.logicalName
      ?? "policy"
    guard let body = item.object("FirewallPolicy") else {
      return Policy(scope: scope, format: "aws")
    }
    notes += documents.truncations
    var stateless = AWSStatelessRules(position: item.position, stateful: Self.stateful)
    var requests: [Rule] = []
    var replies: [Rule] = []
    for reference in ordered(body.items("StatelessRuleGroupReferences")) {
      let (groups, doubt) = groups(for: reference, kind: "STATELESS")
      guard !groups.isEmpty else {
        let what = missing(reference)
        requests += Self.perhaps(what, reference.position, forwardingTo: Self.stateful)
        replies += Self.perhaps(what, reference.position, forwardingTo: nil)
        continue
      }
      for group in groups {
        for (request, answer) in statelessRules(group, &stateless, doubt: doubt) {
          requests.append(request)
          replies.append(answer)
        }
      }
    }
    let defaults = AWSStatelessRules.action(body.texts("StatelessDefaultActions"))
    let place = body.position(of: body.value["StatelessDefaultActions"] ?? body.value)
    var end = DefaultAction(.deny, name: "StatelessDefaultActions \(defaults)", position: place)
    switch defaults {
    case "aws:drop": break
    case "aws:pass": end.outcome = .allow
    case "aws:forward_to_sfe":
      requests.append(
        Rule(
          name: "StatelessDefaultActions", match: Match(), action: .goto(Self.stateful),
          origin: .implied, position: place))
    default:
      end.outcome = .none
      notes.append(Note(.unmodelled, "stateless default `\(defaults)` is not known", at: place))
    }
    notes += stateless.notes

    var reader = AWSStatefulGroups(documents: documents, policy: item)
    var (tables, last) = stateful(body, item, &reader)
    notes += reader.notes
    let repliesEnd = end
    if defaults == "aws:forward_to_sfe" {
      // What the stateful tables leave comes back to the end of the stateless one.
      end = last
    } else {
      tables[0].rules.append(
        Rule(
          name: last.name, match: Match(),
          action: last.outcome == .deny ? .deny(.drop) : .allow, origin: .implied,
          position: last.position ?? place))
    }
    var policy = Policy(scope: scope, format: "aws")
    policy.tables =
      [
        Table(name: Self.stateless, rules: requests, defaultAction: end),
        Table(
          name: Self.answers, rules: replies,
          defaultAction: DefaultAction(
            defaults == "aws:drop" ? .deny : .allow, name: repliesEnd.name, position: place)),
      ] + tables
    var stages = [Stage(table: Self.stateless)]
    // Where every answer passes there is nothing to say about them.
    if defaults == "aws:drop" || replies.contains(where: { $0.action == .deny(.drop) }) {
      stages.append(Stage(table: Self.answers, isAuxiliary: true, phase: .answer))
    } else {
      policy.tables.remove(at: 1)
    }
    if let tables = names.tables(&reader.objects, &notes) {
      policy.tables += tables
      stages.insert(Stage(table: AWSDNSFirewall.table), at: 0)
    }
    let inspection = AWSInspection(documents).table(for: body, notes: &notes)
    if let inspection { policy.tables.append(inspection) }
    policy.pipelines = [
      Pipeline(
        traffic: .forwarded, mode: .allOf, stages: stages, inspection: inspection?.name)
    ]
    policy.endpointObjects = reader.objects.endpoints
    policy.proposals = SourceProposals.make(Self.homes(policy) + stateless.sources)
    policy.notes = notes
    return policy
  }

  /// The client networks that HOME_NET variables give.
  private static func homes(_ policy: Policy) -> [(AddressSet, String)] {
    var seen: Set<AddressSet> = []
    return policy.endpointObjects.compactMap { object in
      guard object.name == "HOME_NET" else { return nil }
      let set = object.list.terms.reduce(into: AddressSet()) { union, term in
        if case .addresses(let set) = term { union = union.union(set) }
      }
      return seen.insert(set).inserted ? (set, "HOME_NET") : nil
    }
  }

  private func ordered(_ references: [AWSItem]) -> [AWSItem] {
    references.enumerated().sorted {
      ($0.element.number("Priority") ?? .max, $0.offset)
        < ($1.element.number("Priority") ?? .max, $1.offset)
    }.map(\.element)
  }

  private mutating func statelessRules(
    _ group: AWSItem, _ reader: inout AWSStatelessRules, doubt: Condition?
  ) -> [(Rule, Rule)] {
    let name = Self.name(group)
    let source = group.object("RuleGroup")?.object("RulesSource")?
      .object("StatelessRulesAndCustomActions")
    return ordered(source?.items("StatelessRules") ?? []).compactMap {
      reader.rules($0, group: name, doubt: doubt)
    }
  }

  private static func perhaps(
    _ text: String, _ position: SourcePosition, forwardingTo table: String?
  ) -> [Rule] {
    let clause = Clause.requires(Condition(.unresolved, text))
    return ([.allow, .deny(.drop)] + (table.map { [Action.goto($0)] } ?? [])).map { action in
      Rule(
        name: "(not in the export)", match: Match([clause]), action: action, origin: .implied,
        position: position)
    }
  }

  // MARK: References

  private mutating func missing(_ reference: AWSItem) -> String {
    let name: String
    switch reference.member("ResourceArn") {
    case .text(let text): name = text
    case .reference(let logical): name = logical
    default: name = "a group"
    }
    let what = "rule group `\(name)` is not in the export"
    notes.append(
      Note(
        .unresolved, what + "; give aws network-firewall describe-rule-group for it as well",
        at: reference.position))
    return what
  }

  private func kind(_ group: AWSItem) -> String {
    let source = group.object("RuleGroup")?.object("RulesSource")
    return source?.value["StatelessRulesAndCustomActions"] != nil ? "STATELESS" : "STATEFUL"
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
  private mutating func groups(
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
    notes.append(Note(.reading, what, at: reference.position))
    guard free.count > 1 else { return ([group], nil) }
    return ([group], Condition(.unresolved, what + "; its place in the order is not certain"))
  }

  // MARK: Stateful rules

  private mutating func stateful(
    _ body: AWSItem, _ item: AWSItem, _ reader: inout AWSStatefulGroups
  ) -> (tables: [Table], last: DefaultAction) {
    let options = body.object("StatefulEngineOptions")
    let isStrict = options?.text("RuleOrder")?.uppercased() == "STRICT_ORDER"
    var rules: [AWSStatefulRule] = []
    let references = body.items("StatefulRuleGroupReferences")
    for reference in isStrict ? ordered(references) : references {
      if case .text(let arn) = reference.member("ResourceArn"), arn.contains(":aws-managed:") {
        rules += managed(arn, reference)
        continue
      }
      let (groups, doubt) = groups(for: reference, kind: "STATEFUL")
      guard !groups.isEmpty else {
        rules.append(AWSStatefulGroups.unknown(missing(reference), reference.position))
        continue
      }
      for group in groups {
        checkOrder(group, isStrict: isStrict)
        var own = reader.rules(of: group, named: Self.name(group))
        if let doubt { own = own.map { $0.requiring(doubt) } }
        if reference.object("Override")?.text("Action") == "DROP_TO_ALERT" {
          own = own.map { $0.onlyAlerting() }
          notes.append(
            Note(
              .reading, "group `\(Self.name(group))` only alerts: its drops are overridden",
              at: reference.position))
        }
        rules += own
      }
    }
    if !isStrict {
      // Swift's sort is stable, so equal rules keep the order of the export.
      rules.sort { ($0.verdict.rawValue, $0.priority) < ($1.verdict.rawValue, $1.priority) }
    }
    return tables(
      rules, defaults: isStrict ? body.texts("StatefulDefaultActions") : [],
      at: body.position(of: body.value["StatefulDefaultActions"] ?? body.value))
  }

  private mutating func checkOrder(_ group: AWSItem, isStrict: Bool) {
    let order = group.object("RuleGroup")?.object("StatefulRuleOptions")?.text("RuleOrder")
    guard (order?.uppercased() == "STRICT_ORDER") != isStrict else { return }
    notes.append(
      Note(
        .reading,
        "group `\(Self.name(group))` has the order \(order ?? "DEFAULT_ACTION_ORDER") and the "
          + "policy another, which the service refuses; read in the order of the policy",
        at: group.position))
  }

  /// Groups that AWS maintains. Those against malware and botnets are noted like other threat feeds;
  /// those against abused but legitimate domains may hold any hosting domain.
  private mutating func managed(_ arn: String, _ reference: AWSItem) -> [AWSStatefulRule] {
    let name = arn.split(separator: "/").last.map(String.init) ?? arn
    guard name.hasPrefix("AbusedLegit") else {
      notes.append(
        Note(
          .advisory,
          "managed rule group `\(name)`: its rules act against threats and are not in the "
            + "export", at: reference.position))
      return []
    }
    let rule = Rule(
      name: name,
      match: Match([
        .requires(
          Condition(
            .externalList, "managed rule group `\(name)`: its domains are not in the export"))
      ]), action: .deny(.drop), origin: .implied, position: reference.position)
    return [AWSStatefulRule(verdict: .drop, priority: 1, parts: [(.data, rule)])]
  }

  private func tables(
    _ rules: [AWSStatefulRule], defaults: [String], at position: SourcePosition
  ) -> (tables: [Table], last: DefaultAction) {
    func part(_ phase: AWSStatefulRule.Phase) -> [Rule] {
      rules.flatMap { $0.parts.filter { $0.phase == phase }.map(\.rule) }
    }
    func end(_ name: String, _ action: Action) -> Rule {
      Rule(name: name, match: Match(), action: action, origin: .implied, position: position)
    }
    var first = part(.first)
    var answer = part(.answer)
    let data = part(.data)
    let dropsAll = defaults.contains("aws:drop_strict")
    if dropsAll {
      first.append(end("aws:drop_strict", .deny(.drop)))
      answer.append(end("aws:drop_strict", .deny(.drop)))
    }
    // "drop_established" and its forms for application data let the handshake through.
    let drop = defaults.first { $0.hasPrefix("aws:drop") }
    let last = DefaultAction(
      drop == nil ? .allow : .deny, name: drop ?? "no stateful rule matches", position: position)
    let stops = answer.contains { if case .deny = $0.action { true } else { false } }
    var calls = first.isEmpty ? [] : [end(Self.first, .jump(Self.first))]
    if stops { calls.append(end(Self.answer, .jump(Self.answer))) }
    var tables = [
      Table(
        name: Self.stateful, rules: calls + data,
        defaultAction: DefaultAction(.none, name: "end of the stateful rules"))
    ]
    for (name, list) in [(Self.first, first), (Self.answer, stops ? answer : [])]
    where !list.isEmpty {
      tables.append(
        Table(
          name: name, rules: list,
          defaultAction: DefaultAction(.none, name: "the connection may be set up")))
    }
    return (tables, last)
  }

  // MARK: Groups without a policy

  /// A rule group alone: what it says counts only together with a policy.
  mutating func build(loneGroup group: AWSItem) -> Policy {
    let name = Self.name(group)
    var policy = Policy(scope: name, format: "aws")
    let doubt = Condition(
      .unresolved,
      "the firewall policy that uses the group is not in the export, nor its other groups "
        + "and default actions")
    var rules: [Rule] = []
    var sources: [(AddressSet, String)] = []
    if kind(group) == "STATELESS" {
      var reader = AWSStatelessRules(position: group.position, stateful: Self.stateful)
      rules = statelessRules(group, &reader, doubt: doubt).map(\.0).map { rule in
        var rule = rule
        // What forwarding leads to is not known.
        if case .goto = rule.action { rule.action = .continue }
        return rule
      }
      notes += reader.notes
      sources = reader.sources
    } else {
      var reader = AWSStatefulGroups(documents: documents, policy: nil)
      rules = reader.rules(of: group, named: name).flatMap { $0.requiring(doubt).parts }
        .filter { $0.phase != .answer }.map(\.rule).map { rule in
          var rule = rule
          if rule.action == .return { rule.action = .continue }
          return rule
        }
      notes += reader.notes
      policy.endpointObjects = reader.objects.endpoints
      sources = Self.homes(policy)
    }
    policy.tables = [
      Table(
        name: "rule group", rules: rules,
        defaultAction: DefaultAction(.none, name: "the firewall policy is not in the export"))
    ]
    policy.pipelines = [
      Pipeline(traffic: .forwarded, mode: .allOf, stages: [Stage(table: "rule group")])
    ]
    policy.proposals = SourceProposals.make(sources)
    policy.notes =
      documents.truncations + notes + [
        Note(
          .completeness,
          "the firewall policy is not in the export; give aws network-firewall "
            + "describe-firewall-policy as well", at: group.position)
      ]
    return policy
  }
}

extension AWSStatefulRule {
  /// The same rule, which counts only if a condition holds.
  func requiring(_ condition: Condition) -> AWSStatefulRule {
    changed { $0.match.clauses.append(.requires(condition)) }
  }

  /// The same rule with its drops turned into alerts.
  func onlyAlerting() -> AWSStatefulRule {
    changed { if case .deny = $0.action { $0.action = .continue } }
  }

  private func changed(_ change: (inout Rule) -> Void) -> AWSStatefulRule {
    AWSStatefulRule(
      verdict: verdict, priority: priority,
      parts: parts.map { part in
        var rule = part.rule
        change(&rule)
        return (part.phase, rule)
      })
  }
}
