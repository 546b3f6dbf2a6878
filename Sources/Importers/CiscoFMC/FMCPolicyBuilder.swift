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

  /// The access policies from which one inherits, nearest first; ends with the name of one that is
  /// not in the export.
  private func ancestors(of policy: Item?) -> (present: [Item], missing: String?) {
    var result: [Item] = []
    var current = policy
    while let policy = current, result.count < 32 {
      guard let parent = policy.value["metadata"]?["parentPolicy"] ?? policy.value["parentPolicy"],
        let id = parent["id"]?.string
      else { return (result, nil) }
      guard let next = documents.policies.first(where: { $0.id == id }),
        documents.accessPages.contains(where: { $0.policy == id }),
        !result.contains(where: { $0.id == id })
      else { return (result, parent["name"]?.string ?? id) }
      result.append(next)
      current = next
    }
    return (result, nil)
  }

  // MARK: One policy

  private func policy(_ id: String, count: Int) -> Policy {
    let object = accessPolicy(id)
    let name =
      object?.name
      ?? documents.accessPages.lazy.filter { $0.policy == id }.flatMap(\.items)
      .compactMap { $0.value["metadata"]?["accessPolicy"]?["name"]?.string }.first
    var rules = FMCRules(objects: FMCObjects(documents: documents))
    var policy = Policy(
      scope: name ?? (id.isEmpty ? "access policy" : id), format: "cisco-fmc",
      productVersion: documents.version)
    var notes = documents.notes
    let (parents, missing) = ancestors(of: object)
    var stages: [Stage] = []
    if let prefilter = prefilterTable(object, &rules, &notes) {
      policy.tables.append(prefilter)
      stages.append(Stage(table: prefilter.name))
    }
    var table = Table(
      name: "access control", rules: [],
      defaultAction: DefaultAction(.none, name: "default action is not in the export"))
    table.rules = accessRules(id, parents: parents, missing: missing, &rules, &notes)
    addDefaultAction(to: &table, id, object, parents, count: count, &notes)
    policy.tables.append(table)
    stages.append(Stage(table: table.name))
    let inspection = inspectionTable(object, &notes)
    if let inspection { policy.tables.append(inspection) }
    policy.pipelines = [
      Pipeline(
        traffic: .forwarded, mode: .firstDecisive, stages: stages, inspection: inspection?.name)
    ]
    rules.objects.finish()
    policy.endpointObjects = rules.objects.table.endpoints
    policy.serviceObjects = rules.objects.table.services
    addClients(&policy, rules.zones)
    policy.notes = notes + completeness(object) + rules.objects.notes
    return policy
  }

  /// Rules in the order of evaluation: mandatory rules of the farthest ancestor first, those of the
  /// policy itself innermost, default rules of the farthest ancestor last. Source:
  /// docs.defenseorchestrator.com, "Access control policy inheritance".
  private func accessRules(
    _ id: String, parents: [Item], missing: String?, _ rules: inout FMCRules, _ notes: inout [Note]
  ) -> [Rule] {
    var front: [Rule] = []
    var back: [Rule] = []
    for (policyID, name) in [(id, "")] + parents.map({ ($0.id, $0.name) }) {
      var mandatory: [Rule] = []
      var standard: [Rule] = []
      for element in elements(policyID) {
        switch element {
        case .rule(let item):
          let translated = rules.accessRules(item).map { rule in
            var rule = rule
            if !name.isEmpty { rule.name = "\(name)/\(rule.name)" }
            return rule
          }
          let section = item.value["metadata"]?["section"]?.string?.lowercased()
          if section == "default" { standard += translated } else { mandatory += translated }
        case .gap(let first, let last, let position):
          notes.append(
            Note(
              .completeness,
              "rules \(first) to \(last) are not in the export; ask again with offset "
                + "\(first - 1)", at: position))
          let unknown = FMCRules.unknownRules(
            "(rules \(first) to \(last))",
            Condition(.unresolved, "rules \(first) to \(last) are not in the export"), at: position)
          mandatory += unknown
          // They may as well belong to the default section.
          if !standard.isEmpty { standard += unknown }
        }
      }
      front = mandatory + front
      back += standard
    }
    guard let missing else { return front + back }
    notes.append(
      Note(
        .completeness,
        "the rules of the parent policy `\(missing)` are not in the export: its mandatory "
          + "rules come first and its default rules last"))
    let unknown = FMCRules.unknownRules(
      "(rules of \(missing))",
      Condition(.unresolved, "rules of the parent policy `\(missing)` are not in the export"),
      at: accessPolicy(id)?.position ?? SourcePosition(line: 0))
    return unknown + front + back + unknown
  }

  private enum Element {
    case rule(Item)
    case gap(first: Int, last: Int, position: SourcePosition)
  }

  /// The rules of a policy from all its pages, and where some are missing.
  private func elements(_ id: String) -> [Element] {
    Self.elements(documents.accessPages.filter { $0.policy == id })
  }

  private static func elements(_ pages: [Page]) -> [Element] {
    let sorted = pages.enumerated().sorted {
      ($0.element.offset, $0.offset) < ($1.element.offset, $1.offset)
    }.map(\.element)
    var result: [Element] = []
    var seen: Set<String> = []
    var next = 0
    for page in sorted {
      if page.offset > next {
        result.append(.gap(first: next + 1, last: page.offset, position: page.position))
      }
      for item in page.items where item.id.isEmpty || seen.insert(item.id).inserted {
        result.append(.rule(item))
      }
      next = max(next, page.offset + page.items.count)
    }
    if let last = sorted.last, let count = sorted.compactMap(\.count).max(), count > next {
      result.append(.gap(first: next + 1, last: count, position: last.position))
    }
    return result
  }

  // MARK: Default action

  private func addDefaultAction(
    to table: inout Table, _ id: String, _ object: Item?, _ parents: [Item], count: Int,
    _ notes: inout [Note]
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
    if let own, let outcome = Self.outcome(own) {
      table.defaultAction = DefaultAction(
        outcome, name: "default action \(own.value["action"]?.string ?? "")", position: own.position
      )
      noteIntrusion(own, &notes)
      return
    }
    // One policy and one default action of another policy: perhaps they belong together.
    if count == 1, documents.defaultActions.count == 1, let other = documents.defaultActions.first,
      let outcome = Self.outcome(other.item)
    {
      let condition = Condition(
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
    notes.append(
      Note(
        .completeness,
        "the default action of the policy is not in the export; give GET "
          + "…/accesspolicies/ID or …/accesspolicies/ID/defaultactions"))
  }

  private static func outcome(_ item: Item) -> DefaultAction.Outcome? {
    switch item.value["action"]?.string?.uppercased() {
    case "PERMIT", "TRUST", "NETWORK_DISCOVERY", "ALLOW": .allow
    case "BLOCK", "DENY": .deny
    default: nil
    }
  }

  private func noteIntrusion(_ item: Item, _ notes: inout [Note]) {
    guard let policy = item.value["intrusionPolicy"]?["name"]?.string else { return }
    notes.append(
      Note(.advisory, "intrusion policy `\(policy)` can stop traffic for what it contains"))
  }

  // MARK: Prefilter and decryption

  /// The prefilter policy runs before everything else; the predefined one has no rules.
  private func prefilterTable(
    _ object: Item?, _ rules: inout FMCRules, _ notes: inout [Note]
  ) -> Table? {
    let setting = object?.value["prefilterPolicySetting"]
    let id = setting?["id"]?.string
    let name = setting?["name"]?.string ?? id ?? ""
    let own = documents.prefilterPages.filter { id == nil || $0.policy == id || $0.policy.isEmpty }
    let end = DefaultAction(.none, name: "goes on to access control")
    if !own.isEmpty {
      if object == nil, Set(own.map(\.policy)).count > 1 {
        notes.append(
          Note(.completeness, "which of several prefilter policies applies is not in the export"))
      }
      let list = Self.elements(own).flatMap { element -> [Rule] in
        switch element {
        case .rule(let item): return rules.prefilterRules(item)
        case .gap(let first, let last, let position):
          return FMCRules.unknownRules(
            "(rules \(first) to \(last))",
            Condition(.unresolved, "prefilter rules \(first) to \(last) are not in the export"),
            at: position)
        }
      }
      return Table(name: "prefilter", rules: list, defaultAction: end)
    }
    guard let setting, name != "Default Prefilter Policy" else { return nil }
    notes.append(
      Note(
        .completeness,
        "the prefilter policy `\(name)` is not in the export, and it comes first; give "
          + "GET …/prefilterpolicies/ID/prefilterrules?expanded=true"))
    let condition = Condition(.unresolved, "the prefilter policy `\(name)` is not in the export")
    let position = object.map {
      SourcePosition(file: $0.file, line: setting.line, pointer: setting.pointer)
    }
    return Table(
      name: "prefilter",
      rules: FMCRules.unknownRules(
        "(not in the export)", condition, at: position ?? SourcePosition(line: 0)),
      defaultAction: end)
  }

  private func inspectionTable(_ object: Item?, _ notes: inout [Note]) -> Table? {
    guard let object else { return nil }
    let settings: [StaticString] = ["sslPolicySetting", "decryptionPolicySetting", "sslPolicy"]
    for name in settings {
      guard let setting = object.value[name], setting.isObject else { continue }
      let shown = setting["name"]?.string ?? ""
      notes.append(
        Note(
          .completeness, "the decryption policy `\(shown)` is not in the export: it may decrypt",
          at: object.position))
      return Table(
        name: "decryption", kind: .inspection,
        rules: [
          Rule(
            name: shown,
            match: Match([
              .requires(
                Condition(.unresolved, "the decryption policy `\(shown)` is not in the export"))
            ]), action: .inspect, origin: .implied,
            position: SourcePosition(
              file: object.file, line: setting.line, pointer: setting.pointer))
        ], defaultAction: DefaultAction(.deny, name: "not decrypted"))
    }
    return nil
  }

  // MARK: Clients and notes

  private func addClients(
    _ policy: inout Policy, _ zones: [(name: String, position: SourcePosition)]
  ) {
    let words = ["outside", "internet", "external", "untrust", "wan", "public"]
    let internet = zones.first { zone in
      words.contains { zone.name.lowercased().contains($0) }
    }?.name
    policy.zones = zones.map {
      Zone(name: $0.name, leadsToInternet: $0.name == internet, position: $0.position)
    }
    var sources: [String] = []
    for table in policy.tables {
      for rule in table.rules {
        for case .from(let list) in rule.match.clauses {
          for name in list.names where name != internet && !sources.contains(name) {
            sources.append(name)
          }
        }
      }
    }
    let way =
      internet.map { "`\($0)` leads to the Internet: its name" }
      ?? "the export does not show which zone leads to the Internet"
    policy.proposals =
      sources.isEmpty
      ? [
        ClientProposal(
          client: Client(toZone: internet), reason: "the rules name no zone of clients")
      ]
      : sources.map {
        ClientProposal(client: Client(fromZone: $0, toZone: internet), reason: way)
      }
    policy.proposals = SourceProposals.narrowed(policy)
  }

  private func completeness(_ object: Item?) -> [Note] {
    var notes: [Note] = []
    if object == nil {
      notes.append(
        Note(
          .completeness,
          "the access policy itself is not in the export: its parent, prefilter and "
            + "decryption policies are not known; give GET …/accesspolicies/ID"))
    } else if object?.value["securityIntelligence"] != nil {
      notes.append(
        Note(
          .advisory, "security intelligence acts before the rules on what Cisco lists as malicious")
      )
    }
    if documents.version.isEmpty {
      notes.append(
        Note(
          .completeness,
          "the release is not in the export, and older ones match URLs otherwise; give "
            + "GET /api/fmc_platform/v1/info/serverversion"))
    }
    return notes
  }
}
