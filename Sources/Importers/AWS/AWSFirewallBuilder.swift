import ImportKit

/// A firewall policy with its rule groups as tables.
///
/// Packets meet the stateless rules first, and the stateful ones where those forward. Every packet
/// does so on its own, so that each phase of a connection has stages of its own as far as something
/// can stop it there; see ``AWSStatefulTables``.
struct AWSFirewallBuilder {
  private let documents: AWSDocuments
  private let draft: PolicyDraft
  private let groups: AWSRuleGroups

  init(documents: AWSDocuments, scope: String) {
    self.documents = documents
    let doubts = Doubts()
    doubts.add(documents.doubts.notes)
    draft = PolicyDraft(Policy(scope: scope, format: "aws"), doubts: doubts)
    groups = AWSRuleGroups(documents: documents, draft: draft)
  }

  // MARK: Policies

  static func scope(_ item: AWSItem) -> String {
    item.object("FirewallPolicyResponse")?.text("FirewallPolicyName")
      ?? item.text("FirewallPolicyName") ?? item.logicalName ?? "policy"
  }

  mutating func build(_ item: AWSItem, names: AWSDNSFirewall) -> Policy {
    guard let body = item.object("FirewallPolicy") else {
      addPipeline([], tables: [], inspection: nil)
      return draft.finish()
    }
    let stateful = self.stateful(body, item)
    var tables: [Table] = []
    var stages: [Stage] = []
    var sources: [(AddressSet, String)] = []
    for phase in AWSStatefulTables.phases {
      var reader = AWSStatelessRules(draft: draft, phase: phase)
      let own = stateless(body, item, phase, &reader)
      if phase == .dataToServer { sources = reader.sources }
      let deniesItself =
        own.defaultAction.outcome == .deny
        || own.rules.contains { if case .deny = $0.action { true } else { false } }
      let forwards = own.rules.contains { if case .goto = $0.action { true } else { false } }
      // Where every packet passes there is nothing to say about answers; stateless rules without flags
      // say the same of all that a side sends.
      let isOwn = phase == .answer || groups.usesFlags
      guard
        !phase.isFromServer || deniesItself && isOwn || forwards && stateful.stops(in: phase)
      else { continue }
      tables.append(own)
      // Rules that no packet reaches stay in the policy, where history and reports look for them.
      if forwards || phase == .dataToServer {
        for table in stateful.tables(for: phase)
        where !tables.contains(where: { $0.name == table.name }) {
          tables.append(table)
        }
      }
      stages.append(
        Stage(table: own.name, isAuxiliary: phase != .dataToServer, phase: phase))
    }
    let vpc = documents.network(ofFirewallWith: item)
    if let own = names.tables(forFirewallIn: vpc, in: draft) {
      tables += own
      stages.insert(Stage(table: AWSDNSFirewall.table), at: 0)
    }
    let inspection = AWSInspection(documents: documents, draft: draft).table(for: body)
    if let inspection { tables.append(inspection) }
    addPipeline(stages, tables: tables, inspection: inspection?.name)
    note(body, ofWhat: "policy `\(draft.policy.scope)`")
    draft.policy.proposals = SourceProposals.make(homes() + sources)
    return draft.finish()
  }

  private func addPipeline(_ stages: [Stage], tables: [Table], inspection: String?) {
    draft.policy.tables = tables
    draft.policy.pipelines = [
      Pipeline(traffic: .forwarded, mode: .allOf, stages: stages, inspection: inspection)
    ]
  }

  /// Members of a policy that nobody reads are told, since they may concern all its rules.
  private func note(_ body: AWSItem, ofWhat what: String) {
    let known: Set<String> = [
      "StatelessRuleGroupReferences", "StatelessDefaultActions", "StatelessFragmentDefaultActions",
      "StatelessCustomActions", "StatefulRuleGroupReferences", "StatefulDefaultActions",
      "StatefulEngineOptions", "TLSInspectionConfigurationArn", "PolicyVariables",
      "EnableTLSSessionHolding",
    ]
    for (name, _) in body.value.members where !known.contains(name) {
      draft.note(.unmodelled, "\(what) has `\(name)`, which is not evaluated", at: body.position)
    }
  }

  /// The client networks that HOME_NET variables give.
  private func homes() -> [(AddressSet, String)] {
    var seen: Set<AddressSet> = []
    return draft.objects.endpoints.compactMap { object in
      guard object.name == "HOME_NET" else { return nil }
      let set = object.list.terms.reduce(into: AddressSet()) { union, term in
        if case .addresses(let set) = term { union = union.union(set) }
      }
      return seen.insert(set).inserted ? (set, "HOME_NET") : nil
    }
  }

  // MARK: Stateless rules

  private func stateless(
    _ body: AWSItem, _ item: AWSItem, _ phase: Phase, _ reader: inout AWSStatelessRules
  ) -> Table {
    var rules: [Rule] = []
    if let presence = item.presence {
      rules += draft.gap(presence, kind: .notInForce, at: item.position)
    }
    let list = body.list("StatelessRuleGroupReferences")
    let target = Action.goto(AWSStatefulTables.name(phase))
    // What is missing may forward as well, to rules that deny or allow in their turn.
    func perhaps(_ text: String, _ position: SourcePosition) -> [Rule] {
      draft.gap(text, at: position)
    }
    if list.isOpen {
      rules += perhaps("stateless rule groups of the policy are not known", body.position)
    }
    var early: [Rule] = []
    var placed: [(priority: Int, rules: [Rule])] = []
    for reference in list.items {
      let (found, doubt) = groups.groups(for: reference, kind: "STATELESS")
      var own: [Rule] = []
      if found.isEmpty { own = perhaps(groups.missing(reference), reference.position) }
      for group in found {
        own += groups.statelessRules(group, &reader, doubts: doubt.map { [$0] } ?? [])
      }
      if let priority = reference.number("Priority") {
        placed.append((priority, own))
      } else {
        let open = draft.doubt(
          .unresolved,
          "the priority of the stateless rule group of line \(reference.position.line) is not known",
          at: reference.position)
        early += draft.perhapsInForce(own, because: open)
        placed.append((.max, own))
      }
    }
    placed.sort { $0.priority < $1.priority }
    rules += early + placed.flatMap(\.rules)
    let entries = body.entries("StatelessDefaultActions")
    let defaults = AWSStatelessRules.action(body.texts("StatelessDefaultActions"))
    let place = body.position(of: body.value["StatelessDefaultActions"] ?? body.value)
    var end = DefaultAction(.deny, name: "StatelessDefaultActions \(defaults)", position: place)
    switch defaults {
    case "aws:drop" where entries.count == body.texts("StatelessDefaultActions").count: break
    case "aws:pass": end.outcome = .allow
    case "aws:forward_to_sfe":
      rules.append(
        Rule(
          name: "StatelessDefaultActions", match: Match(), action: target, origin: .implied,
          position: place))
    default:
      rules += perhaps("stateless default `\(defaults)` is not known", place)
      end.outcome = .allow
    }
    return Table(name: AWSStatelessRules.name(phase), rules: rules, defaultAction: end)
  }

  // MARK: Stateful rules

  private func stateful(_ body: AWSItem, _ item: AWSItem) -> AWSStatefulTables {
    let reader = AWSStatefulGroups(documents: documents, policy: item, draft: draft)
    let options = body.object("StatefulEngineOptions")
    let order = options?.text("RuleOrder")?.uppercased()
    let isStrict = order == "STRICT_ORDER"
    var rules: [AWSStatefulRule] = []
    let list = body.list("StatefulRuleGroupReferences")
    if list.isOpen {
      rules.append(
        reader.unknown("stateful rule groups of the policy are not known", body.position))
    }
    // Nobody knows whether rules stand in order of priority or of action.
    let isOrderOpen =
      options?.has("RuleOrder") ?? false && order != "DEFAULT_ACTION_ORDER" && !isStrict
    var placed: [(priority: Int, rules: [AWSStatefulRule])] = []
    for reference in list.items {
      var own = self.rules(of: reference, reader, isStrict: isStrict)
      if isOrderOpen {
        let doubt = draft.doubt(
          .unresolved, "the order of the stateful rules (`RuleOrder`) is not known",
          at: options?.position ?? body.position)
        own = own.map { $0.requiring(doubt) }
      }
      let priority = reference.number("Priority")
      if isStrict, priority == nil {
        let doubt = draft.doubt(
          .unresolved,
          "the priority of the stateful rule group of line \(reference.position.line) is not known",
          at: reference.position)
        placed.append((.min, own.map { $0.requiring(doubt) }))
      }
      placed.append((isStrict ? priority ?? .max : 0, own))
    }
    // Swift's sort is stable, so equal rules keep the order of the export.
    placed.sort { $0.priority < $1.priority }
    rules += placed.flatMap(\.rules)
    if !isStrict {
      rules.sort { ($0.verdict.rawValue, $0.priority) < ($1.verdict.rawValue, $1.priority) }
    }
    return AWSStatefulTables(
      rules: rules + ends(body, reader, isStrict: isStrict), last: last(body, isStrict: isStrict))
  }

  private func rules(
    of reference: AWSItem, _ reader: AWSStatefulGroups, isStrict: Bool
  ) -> [AWSStatefulRule] {
    if case .text(let arn) = reference.member("ResourceArn"), arn.contains(":aws-managed:") {
      return managed(arn, reference)
    }
    let (found, doubt) = groups.groups(for: reference, kind: "STATEFUL")
    guard !found.isEmpty else {
      return [reader.unknown(groups.missing(reference), reference.position)]
    }
    var rules: [AWSStatefulRule] = []
    for group in found {
      groups.checkOrder(group, isStrict: isStrict)
      var own = reader.rules(of: group, named: AWSRuleGroups.name(group))
      if let doubt { own = own.map { $0.requiring(doubt) } }
      if let override = reference.object("Override") {
        if override.text("Action") == "DROP_TO_ALERT" {
          own = own.map { $0.onlyAlerting() }
          draft.note(
            .reading,
            "group `\(AWSRuleGroups.name(group))` only alerts: its drops are overridden",
            at: reference.position)
        } else {
          let open = draft.doubt(
            .unmodelled, "the override of group `\(AWSRuleGroups.name(group))` is not known",
            at: override.position)
          own = own.map { $0.requiring(open) }
        }
      }
      rules += own
    }
    return rules
  }

  /// Groups that AWS maintains. Those against malware and botnets are noted like other threat feeds;
  /// those against abused but legitimate domains may hold any hosting domain.
  private func managed(_ arn: String, _ reference: AWSItem) -> [AWSStatefulRule] {
    let name = arn.split(separator: "/").last.map(String.init) ?? arn
    guard name.hasPrefix("AbusedLegit") else {
      draft.note(
        .advisory,
        "managed rule group `\(name)`: its rules act against threats and are not in the "
          + "export", at: reference.position)
      return []
    }
    let rule = Rule(
      name: name,
      match: Match([
        .requires(
          draft.doubt(
            .externalList, "managed rule group `\(name)`: its domains are not in the export"))
      ]), action: .deny(.drop), origin: .implied, position: reference.position)
    return [
      AWSStatefulRule(
        verdict: .drop, priority: 1, reach: .flow, parts: [(.dataToServer, rule)])
    ]
  }

  // MARK: Default actions

  private static let alerts: Set<String> = [
    "aws:alert_strict", "aws:alert_established", "aws:alert_established_app_layer",
  ]
  private static let drops: Set<String> = [
    "aws:drop_strict", "aws:drop_established", "aws:drop_established_app_layer",
  ]

  /// Default actions that are not known, as what may stand at the end.
  private func ends(
    _ body: AWSItem, _ reader: AWSStatefulGroups, isStrict: Bool
  ) -> [AWSStatefulRule] {
    guard isStrict else { return [] }
    let place = body.position(of: body.value["StatefulDefaultActions"] ?? body.value)
    return body.entries("StatefulDefaultActions").compactMap { entry in
      if case .text(let text) = entry {
        if Self.alerts.contains(text) || Self.drops.contains(text) { return nil }
        return reader.unknown("stateful default `\(text)` is not known", place, .unmodelled)
      }
      return reader.unknown("a stateful default action is not known", place)
    }
  }

  /// "drop_established" and its form for application data let the handshake through.
  private func last(_ body: AWSItem, isStrict: Bool) -> [Phase: DefaultAction] {
    guard isStrict else { return [:] }
    let names = body.texts("StatefulDefaultActions")
    let place = body.position(of: body.value["StatefulDefaultActions"] ?? body.value)
    guard let name = names.first(where: { Self.drops.contains($0) }) else { return [:] }
    let end = DefaultAction(.deny, name: name, position: place)
    var result: [Phase: DefaultAction] = [.dataToServer: end]
    switch name {
    case "aws:drop_strict":
      for phase in AWSStatefulTables.phases { result[phase] = end }
    case "aws:drop_established": result[.dataFromServer] = end
    default: break
    }
    return result
  }

  // MARK: Groups without a policy

  /// A rule group alone: what it says counts only together with a policy.
  mutating func build(loneGroup group: AWSItem) -> Policy {
    let name = AWSRuleGroups.name(group)
    let doubt = draft.doubt(
      .missingPart,
      "the firewall policy that uses the group is not in the export, nor its other groups "
        + "and default actions; give aws network-firewall describe-firewall-policy as well",
      at: group.position)
    var rules: [Rule] = []
    if groups.kind(group) == "STATELESS" {
      var reader = AWSStatelessRules(draft: draft, phase: .dataToServer)
      rules = groups.statelessRules(group, &reader, doubts: [doubt]).map { rule in
        var rule = rule
        // What forwarding leads to is not known.
        if case .goto = rule.action { rule.action = .continue }
        return rule
      }
      draft.policy.proposals = SourceProposals.make(reader.sources)
    } else {
      let reader = AWSStatefulGroups(documents: documents, policy: nil, draft: draft)
      rules = reader.rules(of: group, named: name).flatMap { rule in
        let own = rule.requiring(doubt).parts.filter { !$0.phase.isFromServer }
        // A rule is told once, at its first phase.
        return own.filter { $0.phase == own.first?.phase }.map(\.rule)
      }
      draft.policy.proposals = SourceProposals.make(homes())
    }
    addPipeline(
      [Stage(table: "rule group")],
      tables: [
        Table(
          name: "rule group", rules: rules,
          defaultAction: DefaultAction(.none, name: "the firewall policy is not in the export"))
      ], inspection: nil)
    return draft.finish()
  }
}
