import ImportKit

/// Translates rule collections into the network and the application table of one policy.
struct AzureRuleBuilder {
  let resources: AzureResources
  let draft: PolicyDraft
  /// Whether the clients ask the firewall for names.
  var usesDNSProxy = false
  /// Rules so far; every further level of a policy comes behind.
  private(set) var rules = Block()
  private var sources: [(AddressSet, String)] = []
  private var gates: [Table] = []

  /// Rules of both kinds that stand together in the order.
  struct Block {
    var network: [Rule] = []
    var application: [Rule] = []

    mutating func append(_ other: Block) {
      network += other.network
      application += other.application
    }

    func requiring(_ conditions: [Condition]) -> Block {
      var result = self
      let clauses = conditions.map { Clause.requires($0) }
      for index in result.network.indices { result.network[index].match.clauses += clauses }
      for index in result.application.indices { result.application[index].match.clauses += clauses }
      return result
    }

    func implied() -> Block {
      var result = self
      for index in result.network.indices { result.network[index].origin = .implied }
      for index in result.application.indices { result.application[index].origin = .implied }
      return result
    }
  }

  /// A collection with what places it.
  struct Placed {
    let block: Block
    let group: Priority
    let own: Priority
  }

  /// A place in the order: low numbers first.
  enum Priority {
    case known(Int)
    case open(Condition)
  }

  init(resources: AzureResources, scope: String) {
    self.resources = resources
    let doubts = Doubts()
    doubts.add(resources.doubts.notes)
    draft = PolicyDraft(Policy(scope: scope, format: "azure-firewall"), doubts: doubts)
  }

  // MARK: Order

  func priority(of item: AzureItem, what: String) -> Priority {
    let given = item.member("priority") ?? item.properties.member("priority")
    if let number = given?.number { return .known(number) }
    return .open(
      draft.doubt(
        .unresolved, "the priority of \(what) is not known, and so its place in the order",
        at: item.place(of: given)))
  }

  /// Adds a level of a policy, ordered. A collection whose place is open perhaps comes first, and
  /// last at the latest.
  mutating func add(_ placed: [Placed]) {
    var known: [(group: Int, own: Int, block: Block)] = []
    var early = Block()
    var late = Block()
    for collection in placed {
      switch (collection.group, collection.own) {
      case (.known(let group), .known(let own)): known.append((group, own, collection.block))
      case (.open(let doubt), _), (_, .open(let doubt)):
        early.append(collection.block.requiring([doubt]))
        late.append(collection.block.implied())
      }
    }
    rules.append(early)
    // Swift's sort is stable, so equal priorities keep the order of the export.
    for entry in known.sorted(by: { ($0.group, $0.own) < ($1.group, $1.own) }) {
      rules.append(entry.block)
    }
    rules.append(late)
  }

  /// A part that is not in the export, at this place of the order.
  mutating func addGap(
    _ what: String, kind: Condition.Kind = .missingPart, at position: SourcePosition
  ) {
    rules.network += draft.gap(what, kind: kind, at: position)
  }

  /// A table that whatever the rules allow must pass as well.
  mutating func addGate(_ table: Table) { gates.append(table) }

  // MARK: Collections

  /// The collections of a group, and where some are not readable.
  mutating func collections(of group: AzureItem) -> [Placed] {
    let name = group.lastName ?? "group"
    let what = "rule collections of `\(name)`"
    let properties = group.properties
    let doubts = group.inForceDoubts(of: "rule collection group `\(name)`", in: draft)
    let priority = priority(of: group, what: "group `\(name)`")
    var placed: [Placed] = []
    func gap(_ what: String, kind: Condition.Kind = .missingPart) {
      var block = Block()
      block.network = draft.gap(what, kind: kind, at: group.position)
      placed.append(Placed(block: block, group: priority, own: .known(.min)))
    }
    var items: [AzureItem] = []
    let key = properties.member("ruleCollections") == nil ? "ruleCollection" : "ruleCollections"
    switch properties.list(key, what: what) {
    case .items(let all): items = all
    case .missing:
      // A template may declare an empty group; an answer of the service always has the list.
      if group.member("id") != nil || group.member("etag") != nil {
        gap("\(what) are not in the export")
      }
    case .unknown(let text, let some):
      gap(text)
      items = some
    }
    if doubts.count > group.doubts.count {
      // What was in force before an update that failed is not known.
      gap("what group `\(name)` really holds is not known", kind: .notInForce)
    }
    for item in items {
      let own = self.priority(of: item, what: "collection `\(item.label ?? "collection")`")
      let block = block(of: item, name: "\(name)/\(item.label ?? "collection")")
      placed.append(Placed(block: block.requiring(doubts), group: priority, own: own))
    }
    return placed
  }

  /// What a collection of a classic firewall holds; those of policies say it rule by rule.
  enum Kind { case network, application, translation }

  mutating func block(of item: AzureItem, name: String, kind: Kind? = nil) -> Block {
    var block = Block()
    let what = "rules of `\(name)`"
    let word = (item.object("action") ?? item.properties.object("action"))?.text("type")
    let type = item.text("ruleCollectionType")?.lowercased() ?? ""
    let action: Action? =
      switch word?.lowercased() {
      case "allow": .allow
      case "deny": .deny(.drop)
      default: nil
      }
    let isTranslation =
      kind == .translation
      || kind == nil && (type.hasSuffix("natrulecollection") || word?.lowercased() == "dnat")
    var items: [AzureItem] = []
    let list = item.list("rules", what: what)
    switch kind == nil ? list : properList(list, item, what) {
    case .items(let all): items = all
    case .missing:
      block.network += draft.gap("\(what) are not in the export", at: item.position)
    case .unknown(let text, let some):
      items = some
      let gap = draft.gap(text, at: item.position)
      // A collection that allows cannot deny, and the other way round.
      block.network += gap.filter { action == nil || isTranslation || $0.action == action }
    }
    if isTranslation { return translated(items, of: item, name: name, block) }
    for rule in items {
      add(rule, in: name, action: action, kind: kind, collection: item, to: &block)
    }
    return block.requiring(
      item.inForceDoubts(of: "collection `\(name)`", in: draft)
        + closed(item, "collection `\(name)`"))
  }

  /// Classic collections have their rules in `properties`, or beside the name.
  private func properList(
    _ list: AzureItem.List, _ item: AzureItem, _ what: String
  ) -> AzureItem.List {
    if case .missing = list { return item.properties.list("rules", what: what) }
    return list
  }

  private func closed(_ item: AzureItem, _ what: String) -> [Condition] {
    // Classic collections have their members in `properties`.
    let parts = item.member("properties") == nil ? [item] : [item, item.properties]
    return parts.compactMap {
      $0.unread(of: what, ignoring: AzureIrrelevant.collection, in: draft)
    }
  }

  private mutating func add(
    _ rule: AzureItem, in collection: String, action: Action?, kind: Kind?,
    collection item: AzureItem, to block: inout Block
  ) {
    let name = "\(collection)/\(rule.label ?? "rule")"
    let word = rule.text("ruleType")?.lowercased()
    let isNetwork: Bool
    switch (kind, word) {
    case (.network?, _), (nil, "networkrule"?): isNetwork = true
    case (.application?, _), (nil, "applicationrule"?): isNetwork = false
    case (_, nil): isNetwork = rule.value.member("destinationPorts") != nil
    case (_, let word?):
      let what = "rule `\(name)` is of the kind `\(word)`, which is not known"
      block.network += draft.gap(what, kind: .unmodelled, name: name, at: rule.position)
      return
    }
    if isNetwork {
      block.network += decided([networkRule(rule, name: name)], action, item)
    } else {
      addApplicationRules(rule, name: name, action: action, collection: item, to: &block)
    }
  }

  /// The rules with the action of their collection, or as what may allow as well as deny.
  func decided(_ rules: [Rule], _ action: Action?, _ collection: AzureItem) -> [Rule] {
    guard let action else {
      let name = collection.label ?? "collection"
      let doubt = draft.doubt(
        .unresolved, "the action of collection `\(name)` is not known", at: collection.position)
      return rules.flatMap { draft.eitherWay($0, because: doubt) }
    }
    return rules.map { rule in
      var rule = rule
      if rule.action != .continue { rule.action = action }
      return rule
    }
  }

  // MARK: Network rules

  private mutating func networkRule(_ rule: AzureItem, name: String) -> Rule {
    let what = "rule `\(name)`"
    var clauses = sourceClauses(rule, what)
    var terms: [EndpointTerm] = []
    for value in rule.entries("destinationAddresses") { terms.append(address(value, rule, what)) }
    for value in rule.entries("destinationIpGroups") { terms.append(ipGroup(value, rule, what)) }
    for value in rule.entries("destinationFqdns") { terms.append(networkName(value, rule, what)) }
    if terms.isEmpty {
      terms = [
        .condition(draft.doubt(.unresolved, "\(what) has no destination", at: rule.position))
      ]
    }
    if !terms.contains(.any) { clauses.append(.destination(EndpointList(terms))) }
    clauses += services(rule, what).clauses
    return finished(rule, name: name, clauses, ignoring: AzureIrrelevant.rule)
  }

  func services(_ rule: AzureItem, _ what: String) -> AzureServices {
    var services = AzureServices()
    services.readProtocols(
      rule.entries("ipProtocols") + rule.entries("protocols"), of: what, at: rule.position, draft)
    services.readPorts(rule.entries("destinationPorts"), of: what, at: rule.position, draft)
    return services
  }

  func finished(
    _ rule: AzureItem, name: String, _ clauses: [Clause], decrypts: Bool = false,
    ignoring irrelevant: IrrelevantMembers
  ) -> Rule {
    let what = "rule `\(name)`"
    let comment = rule.text("description") ?? ""
    var clauses = clauses
    clauses += rule.inForceDoubts(of: what, in: draft).map { .requires($0) }
    if let left = rule.unread(of: what, ignoring: irrelevant, in: draft) {
      clauses.append(.requires(left))
    }
    return Rule(
      name: name, match: Match(clauses), action: .allow, decrypts: decrypts, comment: comment,
      position: rule.position)
  }

  // MARK: Translation

  /// Destination translation is for packets to the firewall's own addresses ("the firewall's public or
  /// private IP address", learn.microsoft.com, "Filter inbound Internet traffic with DNAT"): no
  /// connection to a host on the Internet. A rule whose destination is open may be about anything.
  private mutating func translated(
    _ items: [AzureItem], of collection: AzureItem, name: String, _ block: Block
  ) -> Block {
    var block = block
    if !items.isEmpty {
      draft.note(
        .advisory, "DNAT collection `\(name)` concerns traffic to the firewall's own addresses",
        at: collection.position)
    }
    for rule in items {
      let label = "\(name)/\(rule.label ?? "rule")"
      let what = "rule `\(label)`"
      let terms = rule.entries("destinationAddresses").map { address($0, rule, what) }
      let isOpen =
        terms.isEmpty || terms.contains { if case .addresses = $0 { false } else { true } }
      guard isOpen else { continue }
      let doubt = draft.doubt(
        .unresolved, "\(what) translates a destination that is not known", at: rule.position)
      let match = Match([.requires(doubt)] + services(rule, what).clauses)
      block.network.append(
        Rule(
          name: label, match: match, action: .deny(.drop), origin: .implied,
          position: rule.position))
    }
    return block
  }

  // MARK: The whole

  mutating func remember(_ set: AddressSet, _ name: String) { sources.append((set, name)) }

  mutating func finish() -> Policy {
    draft.policy.tables =
      [
        Table(
          name: "network rules", rules: gated(rules.network),
          defaultAction: DefaultAction(.none, name: "no network rule matches")),
        Table(
          name: "application rules", rules: gated(rules.application),
          defaultAction: DefaultAction(.deny, name: "implicit deny")),
      ] + gates
    draft.policy.pipelines = [
      Pipeline(
        traffic: .forwarded, mode: .firstDecisive,
        stages: [Stage(table: "network rules"), Stage(table: "application rules")])
    ]
    draft.policy.proposals = SourceProposals.make(sources)
    return draft.finish()
  }

  private func gated(_ rules: [Rule]) -> [Rule] {
    guard !gates.isEmpty else { return rules }
    return rules.map { rule in
      var rule = rule
      if case .allow = rule.action { rule.action = .allow(gates: gates.map(\.name)) }
      return rule
    }
  }
}
