import ImportKit

/// Puts together the access policies of which the export has rules.
struct FMCPolicyBuilder {
  typealias Item = FMCDocuments.Item
  typealias Page = FMCDocuments.Page

  let documents: FMCDocuments

  func build() -> [Policy] {
    var order: [String] = []
    for page in documents.accessPages where !order.contains(page.policy) {
      order.append(page.policy)
    }
    return order.map { policy($0, count: order.count) }
  }

  private func accessPolicy(_ id: String) -> Item? {
    documents.policies.first { $0.id == id }
      // An answer for a single policy may lack its id where documentation shows it.
      ?? (documents.policies.count == 1 && documents.policies[0].id.isEmpty
        ? documents.policies[0] : nil)
  }

  // MARK: One policy

  private func policy(_ id: String, count: Int) -> Policy {
    let object = accessPolicy(id)
    let items = documents.accessPages.filter { $0.policy == id }.flatMap(\.items)
    let name =
      object?.name
      ?? items.lazy.compactMap { $0.value["metadata"]?["accessPolicy"]?["name"]?.string }.first
    let doubts = Doubts()
    doubts.add(documents.doubts.notes)
    let draft = PolicyDraft(
      Policy(
        scope: name ?? (id.isEmpty ? "access policy" : id), format: "cisco-fmc",
        productVersion: documents.version), doubts: doubts)
    var rules = FMCRules(objects: FMCObjects(documents: documents, draft: draft))
    // The on-box manager has neither parents nor prefilter policies.
    let isOnBox = (object ?? items.first).map(FMCDocuments.isOnBox) ?? false
    let stagesAhead = FMCStagesAhead(documents: documents, draft: draft, isOnBox: isOnBox)
    var stages: [Stage] = []
    for table in stagesAhead.tables(of: object, name: name ?? id, &rules) {
      draft.policy.tables.append(table)
      stages.append(Stage(table: table.name))
    }
    var table = Table(
      name: "access control", rules: [],
      defaultAction: DefaultAction(.none, name: "default action is not in the export"))
    let parents = FMCParents(documents: documents, of: isOnBox ? nil : object)
    table.rules = accessRules(id, parents, &rules)
    addDefaultAction(to: &table, id, object, parents.present, count: count, draft)
    draft.policy.tables.append(table)
    stages.append(Stage(table: table.name))
    let inspection = stagesAhead.inspectionTable(of: object)
    if let inspection { draft.policy.tables.append(inspection) }
    draft.policy.pipelines = [
      Pipeline(
        traffic: .forwarded, mode: .firstDecisive, stages: stages, inspection: inspection?.name)
    ]
    addCompleteness(object, draft)
    rules.objects.finish()
    var policy = draft.finish()
    addClients(&policy, rules.zones)
    return policy
  }

  /// Rules in the order of evaluation: mandatory rules of the farthest ancestor first, those of the
  /// policy itself innermost, default rules of the farthest ancestor last. Source:
  /// docs.defenseorchestrator.com, "Access control policy inheritance".
  private func accessRules(_ id: String, _ parents: FMCParents, _ rules: inout FMCRules) -> [Rule] {
    let draft = rules.draft
    var front: [Rule] = []
    var back: [Rule] = []
    let isAlone = parents.present.isEmpty && parents.missing == nil
    for (policyID, name) in [(id, "")] + parents.present.map({ ($0.id, $0.name) }) {
      var mandatory: [Rule] = []
      var standard: [Rule] = []
      for piece in Self.pieces(documents.accessPages.filter { $0.policy == policyID }) {
        switch piece {
        case .rule(let item):
          let translated = rules.accessRules(item).map { rule in
            var rule = rule
            if !name.isEmpty { rule.name = "\(name)/\(rule.name)" }
            return rule
          }
          let section = item.value["metadata"]?["section"]?.string?.lowercased()
          switch section {
          case "mandatory": mandatory += translated
          case "default": standard += translated
          case _ where isAlone: mandatory += translated
          default:
            // It stands before the rules of other policies, or behind them.
            let perhaps = draft.perhapsInForce(
              translated,
              because: draft.doubt(
                .unresolved, "the section of rule `\(item.name)` is not in the export",
                at: item.position))
            mandatory += perhaps
            standard += perhaps
          }
        case .gap(let first, let last, let position):
          let range = Self.range(first, last)
          let unknown = draft.gap(
            "\(range) of the access policy not in the export; ask again with offset \(first - 1)",
            name: "(\(range))", at: position)
          mandatory += unknown
          // They may as well belong to the default section.
          if !standard.isEmpty || !isAlone { standard += unknown }
        }
      }
      front = mandatory + front
      back += standard
    }
    guard let missing = parents.missing else { return front + back }
    let position = accessPolicy(id)?.position ?? SourcePosition(line: 0)
    func gap() -> [Rule] {
      draft.gap(
        "the rules of the parent policy `\(missing)` are not in the export: its mandatory rules "
          + "come first and its default rules last", name: "(rules of \(missing))", at: position)
    }
    return gap() + front + back + gap()
  }

  /// `rule 3`, `rules 3 to 9`.
  static func range(_ first: Int, _ last: Int) -> String {
    first == last ? "rule \(first)" : "rules \(first) to \(last)"
  }

  enum Piece {
    case rule(Item)
    /// Numbers of rules that are in no page, counted from 1.
    case gap(first: Int, last: Int, position: SourcePosition)
  }

  /// The rules of a policy from all its pages, and where some are missing.
  static func pieces(_ pages: [Page]) -> [Piece] {
    var joined = Pages<Item>()
    for page in pages { joined.add(page.items, start: page.offset, total: page.count) }
    let position = pages.first?.position ?? SourcePosition(line: 0)
    var seen: Set<String> = []
    return joined.pieces.compactMap { piece in
      switch piece {
      case .element(let item):
        return item.id.isEmpty || seen.insert(item.id).inserted ? .rule(item) : nil
      case .gap(let lower, let upper):
        let (first, overflow) = lower.addingReportingOverflow(1)
        return .gap(first: overflow ? lower : first, last: upper ?? lower, position: position)
      }
    }
  }

  // MARK: Default action

  private func addDefaultAction(
    to table: inout Table, _ id: String, _ object: Item?, _ parents: [Item], count: Int,
    _ draft: PolicyDraft
  ) {
    var own = documents.defaultActions.first { $0.policy == id && !id.isEmpty }?.item
    if own == nil, let wanted = object?.value["defaultAction"]?["id"]?.string {
      own = documents.defaultActions.first { $0.item.id == wanted }?.item
    }
    var chain = parents[...]
    while own?.value["action"]?.string?.uppercased() == "INHERIT_FROM_PARENT",
      let parent = chain.first
    {
      own = documents.defaultActions.first { $0.policy == parent.id }?.item
      chain = chain.dropFirst()
    }
    if let own {
      let record = own.record
      let word = record.text("action") ?? ""
      if let outcome = Self.outcome(word) {
        table.defaultAction = DefaultAction(
          outcome, name: "default action \(word)", position: own.position)
        if let policy = record.value("intrusionPolicy")?["name"]?.string {
          draft.note(
            .advisory, "intrusion policy `\(policy)` can stop traffic for what it contains")
        }
        if let left = draft.unread(
          record, of: "the default action", ignoring: Self.irrelevantInDefaults)
        {
          table.rules += draft.eitherWay(
            Rule(
              name: "default action \(word)", match: Match(), action: .allow, origin: .implied,
              position: own.position), because: left)
        }
        return
      }
    }
    // One policy and one default action of another policy: perhaps they belong together.
    if count == 1, documents.defaultActions.count == 1, let other = documents.defaultActions.first,
      let outcome = Self.outcome(other.item.value["action"]?.string ?? ""), own == nil
    {
      let condition = draft.doubt(
        .unresolved,
        "the default action in the export is that of "
          + (other.policy.isEmpty ? "an unnamed policy" : "policy `\(other.policy)`"))
      table.rules.append(
        Rule(
          name: "default action \(other.item.value["action"]?.string ?? "")",
          match: Match([.requires(condition)]),
          action: outcome == .allow ? .allow : .deny(.drop), origin: .implied,
          position: other.item.position))
    }
    draft.note(
      .completeness,
      "the default action of the policy is not in the export; give GET "
        + "…/accesspolicies/ID or …/accesspolicies/ID/defaultactions")
  }

  private static let irrelevantInDefaults = IrrelevantMembers([
    ("names the action", ["id", "name", "type", "links", "version", "metadata", "description"]),
    (
      "logging",
      [
        "logBegin", "logEnd", "logFiles", "sendEventsToFMC", "enableSyslog", "syslogConfig",
        "syslogSeverity", "snmpConfig", "eventLogAction", "syslogServer",
      ]
    ),
    ("variables of the intrusion policy", ["variableSet"]),
  ])

  private static func outcome(_ word: String) -> DefaultAction.Outcome? {
    switch word.uppercased() {
    case "PERMIT", "TRUST", "NETWORK_DISCOVERY", "ALLOW": .allow
    case "BLOCK", "DENY": .deny
    default: nil
    }
  }

  // MARK: Clients and notes

  /// Clients sit in the zones by which rules let traffic enter.
  private func addClients(
    _ policy: inout Policy, _ zones: [(name: String, position: SourcePosition)]
  ) {
    policy.zones = zones.map { Zone(name: $0.name, position: $0.position) }
    let proposed = OutsideZone(routed: [], translated: []).proposals(for: &policy.zones)
    let internet = policy.zones.first(where: \.leadsToInternet)?.name
    var sources: Set<String> = []
    for table in policy.tables {
      for rule in table.rules {
        for case .from(let list) in rule.match.clauses { sources.formUnion(list.names) }
      }
    }
    policy.proposals = proposed.filter { proposal in
      proposal.client.fromZone.map { sources.contains($0) && $0 != internet } ?? false
    }.map { proposal in
      var proposal = proposal
      proposal.client.toZone = internet
      return proposal
    }
    if policy.proposals.isEmpty {
      policy.proposals = [
        ClientProposal(
          client: Client(toZone: internet), reason: "the rules name no zone of clients")
      ]
    }
    policy.proposals = SourceProposals.narrowed(policy)
  }

  private func addCompleteness(_ object: Item?, _ draft: PolicyDraft) {
    if object?.value["securityIntelligence"] != nil {
      draft.note(
        .advisory, "security intelligence acts before the rules on what Cisco lists as malicious")
    }
    if documents.version.isEmpty {
      draft.note(
        .completeness,
        "the release is not in the export, and older ones match URLs otherwise; give "
          + "GET /api/fmc_platform/v1/info/serverversion")
    }
  }
}
