import ImportKit

/// Translates rule collections into the network and the application table.
struct AzureRuleBuilder {
  let resources: AzureResources
  var usesDNSProxy = false
  var notes: [Note] = []
  private var network: [Rule] = []
  var application: [Rule] = []
  private var objects = ObjectTable()
  private var sources: [(AddressSet, String)] = []

  init(resources: AzureResources) {
    self.resources = resources
    notes = resources.notes
  }

  // MARK: Order

  /// One collection with what places it.
  private struct Placed {
    let item: AzureResources.Item
    let groupPriority: Int?
    let priority: Int?
    let name: String
  }

  mutating func add(groups: [AzureResources.Item]) {
    var placed: [Placed] = []
    for group in groups {
      let groupName = AzurePolicyBuilder.lastName(group.label) ?? "group"
      let groupPriority = priority(of: group, in: group.properties, what: "group `\(groupName)`")
      var elements = copied("ruleCollections", in: group.properties, of: group)
      if let list = group.properties.azure("ruleCollections")
        ?? group.properties.azure("ruleCollection")
      {
        elements += items(list, of: group, what: "rule collections of `\(groupName)`") ?? []
      }
      for collection in elements {
        let name = collection.label ?? "collection"
        placed.append(
          Placed(
            item: collection, groupPriority: groupPriority,
            priority: priority(
              of: collection, in: collection.value, what: "collection `\(name)`"),
            name: "\(groupName)/\(name)"))
      }
    }
    add(placed)
  }

  mutating func add(collections: [AzureResources.Item]) {
    add(
      collections.map { item in
        let name = item.label ?? "collection"
        return Placed(
          item: item, groupPriority: 0,
          priority: priority(of: item, in: item.value, what: "collection `\(name)`"), name: name)
      })
  }

  private mutating func add(_ placed: [Placed]) {
    // Swift's sort is stable, so equal priorities keep the order of the export.
    let ordered = placed.sorted {
      ($0.groupPriority ?? .max, $0.priority ?? .max) < (
        $1.groupPriority ?? .max, $1.priority ?? .max
      )
    }
    for collection in ordered { add(collection) }
  }

  mutating func priority(
    of item: AzureResources.Item, in object: JSONValue, what: String
  ) -> Int? {
    guard let value = object.azure("priority") else { return nil }
    if let number = item.template.evaluate(value).number { return number }
    notes.append(
      Note(
        .unresolved, "the priority of \(what) is not known; it is placed last",
        at: SourcePosition(file: item.file, line: value.line, pointer: value.pointer)))
    return nil
  }

  /// The members of an array, or of the array that an expression names.
  mutating func items(
    _ list: JSONValue, of owner: AzureResources.Item, what: String
  ) -> [AzureResources.Item]? {
    var array = list
    if case .json(let json) = owner.template.evaluate(list) { array = json }
    if array.isArray {
      // `ConvertTo-Json` prints what lies deeper than its limit as a text, such as a type name.
      let cut = array.elements.contains { element in
        element.string.map { $0.hasPrefix("Microsoft.Azure.") || $0.hasPrefix("@{") } ?? false
      }
      if !cut {
        return array.elements.map {
          AzureResources.Item(value: $0, template: owner.template, file: owner.file)
        }
      }
      notes.append(
        Note(
          .completeness, "\(what) are cut off; export again with ConvertTo-Json -Depth 20",
          at: SourcePosition(file: owner.file, line: list.line, pointer: list.pointer)))
    } else {
      notes.append(
        Note(
          .unresolved, "\(what) are given by an expression that is not known",
          at: SourcePosition(file: owner.file, line: list.line, pointer: list.pointer)))
    }
    let unknown = Condition(.unresolved, "\(what) are not in the export")
    addPerhaps(
      unknown, at: SourcePosition(file: owner.file, line: list.line, pointer: list.pointer))
    return nil
  }

  /// What a `copy` loop among the properties makes of its input.
  private mutating func copied(
    _ name: String, in object: JSONValue, of owner: AzureResources.Item
  ) -> [AzureResources.Item] {
    let loop = object.azure("copy")?.elements.first {
      $0.azure("name")?.string?.lowercased() == name.lowercased()
    }
    guard let loop else { return [] }
    let place = SourcePosition(file: owner.file, line: loop.line, pointer: loop.pointer)
    guard let input = loop.azure("input"), input.isObject,
      let count = loop.azure("count").flatMap({ owner.template.evaluate($0).number }),
      (0...AzureResources.copyLimit).contains(count)
    else {
      let what = "\(name) made by a `copy` loop are not known"
      notes.append(Note(.unresolved, what, at: place))
      addPerhaps(Condition(.unresolved, what), at: place)
      return []
    }
    return (0..<count).map { index in
      AzureResources.Item(
        value: input, template: owner.template.iterating(name, index), file: owner.file)
    }
  }

  /// Rules that are not known may allow as well as deny.
  mutating func addPerhaps(_ condition: Condition, at position: SourcePosition) {
    for action in [Action.allow, .deny(.drop)] {
      network.append(
        Rule(
          name: "(not in the export)", match: Match([.requires(condition)]), action: action,
          origin: .implied, position: position))
    }
  }

  mutating func addMissingParent(at position: SourcePosition?) {
    notes.append(
      Note(
        .completeness,
        "the parent policy is not in the export, and its rules come first; give it "
          + "and its rule collection groups as well", at: position))
    addPerhaps(
      Condition(.unresolved, "rules of the parent policy, which come first, are not in the export"),
      at: position ?? SourcePosition(line: 0))
  }

  // MARK: Collections and rules

  private mutating func add(_ placed: Placed) {
    let item = placed.item
    let word = (item.value.azure("action").flatMap { item.text("type", in: $0) } ?? "").lowercased()
    let type = item.text("ruleCollectionType")?.lowercased() ?? ""
    var rules = copied("rules", in: item.value, of: item)
    if let list = item.value.azure("rules") ?? item.properties.azure("rules") {
      guard let listed = items(list, of: item, what: "rules of `\(placed.name)`") else { return }
      rules += listed
    }
    if type.contains("natrule") || word == "dnat" {
      if !rules.isEmpty {
        notes.append(
          Note(
            .advisory, "DNAT collection `\(placed.name)` concerns traffic from outside",
            at: item.position))
      }
      return
    }
    let action: Action
    switch word {
    case "allow": action = .allow
    case "deny": action = .deny(.drop)
    default:
      notes.append(
        Note(
          .unresolved, "the action of collection `\(placed.name)` is not known", at: item.position))
      addPerhaps(
        Condition(.unresolved, "the action of collection `\(placed.name)` is not known"),
        at: item.position)
      return
    }
    for rule in rules { add(rule, in: placed.name, action: action) }
  }

  private mutating func add(_ rule: AzureResources.Item, in collection: String, action: Action) {
    let name = "\(collection)/\(rule.label ?? "rule")"
    let kind = rule.text("ruleType")?.lowercased() ?? ""
    if kind == "networkrule" || kind.isEmpty && rule.value.azure("destinationPorts") != nil {
      addNetworkRule(rule, name: name, action: action)
    } else if kind == "applicationrule" || kind.isEmpty {
      addApplicationRule(rule, name: name, action: action)
    } else {
      notes.append(
        Note(.unmodelled, "rule `\(name)` is of the kind `\(kind)`", at: rule.position))
      addPerhaps(Condition(.unmodelled, "rule `\(name)` of the kind `\(kind)`"), at: rule.position)
    }
  }

  mutating func addNetworkRule(_ rule: AzureResources.Item, name: String, action: Action) {
    var clauses = sourceClauses(rule)
    var terms: [EndpointTerm] = []
    for value in texts(rule, "destinationAddresses") { terms.append(address(value, rule)) }
    for value in texts(rule, "destinationIpGroups") { terms.append(ipGroup(value, rule)) }
    for value in texts(rule, "destinationFqdns") { terms.append(networkName(value, rule)) }
    if terms.isEmpty { terms = [.condition(Condition(.unresolved, "the rule has no destination"))] }
    if !terms.contains(.any) { clauses.append(.destination(EndpointList(terms))) }
    clauses += networkServices(rule)
    network.append(
      Rule(
        name: name, match: Match(clauses), action: action,
        comment: rule.text("description") ?? "", position: rule.position))
  }

  /// One element of a list, as text or as what is missing.
  enum Entry {
    case text(String)
    case unknown(String)
  }

  func texts(_ rule: AzureResources.Item, _ name: String) -> [Entry] {
    guard let value = rule.value.member(ignoringCase: name), !value.isNull else { return [] }
    let evaluated = rule.template.evaluate(value)
    if let list = rule.template.elements(value) {
      return list.flatMap { entries($0, rule) }
    }
    return entries(evaluated, rule)
  }

  func entries(_ value: ARMValue, _ rule: AzureResources.Item) -> [Entry] {
    switch value {
    case .null: []
    case .unknown(let what): [.unknown(what)]
    case .json(let json) where json.isArray:
      json.elements.flatMap { entries(rule.template.evaluate($0), rule) }
    case .array(let items): items.flatMap { entries($0, rule) }
    default: [value.text.map { .text($0) } ?? .unknown("a value that is not a text")]
    }
  }

  mutating func unresolved(_ what: String, _ rule: AzureResources.Item) -> EndpointTerm {
    notes.append(Note(.unresolved, what, at: rule.position))
    return .condition(Condition(.unresolved, what))
  }

  mutating func address(_ entry: Entry, _ rule: AzureResources.Item) -> EndpointTerm {
    switch entry {
    case .unknown(let what): return unresolved(what, rule)
    case .text(let text):
      if text == "*" { return .any }
      switch AddressSet.parse(text) {
      case .success(let set): return .addresses(set)
      case .failure:
        if TemplateMarker.isPresent(in: text) {
          return unresolved("address `\(text)` is an unfilled template marker", rule)
        }
        // What is not an address is a service tag: a list of ranges that Microsoft publishes.
        guard text.first?.isLetter ?? false,
          text.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "." || $0 == "_" })
        else { return unresolved("address `\(text)` is not readable", rule) }
        return .tag(text)
      }
    }
  }

  mutating func ipGroup(_ entry: Entry, _ rule: AzureResources.Item) -> EndpointTerm {
    guard case .text(let id) = entry, let name = AzurePolicyBuilder.lastName(id) else {
      if case .unknown(let what) = entry { return unresolved(what, rule) }
      return unresolved("an IP group without a name", rule)
    }
    if let known = objects.endpoint("ipGroup/\(name)") { return .object(known) }
    let group = resources.ipGroups.first {
      AzurePolicyBuilder.lastName($0.label ?? $0.text("id"))?.lowercased() == name.lowercased()
    }
    guard let group else {
      return unresolved("IP group `\(name)` is not in the export", rule)
    }
    let number = objects.addEndpoint(
      id: "ipGroup/\(name)", name: name, kind: "IP group", position: group.position)
    var terms: [EndpointTerm] = []
    let list = AzureResources.Item(
      value: group.properties, template: group.template, file: group.file)
    for entry in texts(list, "ipAddresses") { terms.append(address(entry, group)) }
    objects.setEndpoint(number, EndpointList(terms))
    return .object(number)
  }

  /// A name in a network rule is resolved to addresses. With the firewall as DNS proxy the clients
  /// get the same answers, without it they may get others. Source: learn.microsoft.com, "Use FQDN
  /// filtering in network rules". Wildcards are not supported there.
  mutating func networkName(_ entry: Entry, _ rule: AzureResources.Item) -> EndpointTerm {
    guard case .text(let text) = entry else {
      if case .unknown(let what) = entry { return unresolved(what, rule) }
      return unresolved("a name that is not known", rule)
    }
    guard let host = HostName(text) else {
      return unresolved("`\(text)` is not a host name that a network rule can hold", rule)
    }
    return .host(.exact(host), usesDNSProxy ? .proxied : .resolved)
  }

  mutating func sourceClauses(_ rule: AzureResources.Item) -> [Clause] {
    var terms: [EndpointTerm] = []
    for value in texts(rule, "sourceAddresses") { terms.append(address(value, rule)) }
    for value in texts(rule, "sourceIpGroups") { terms.append(ipGroup(value, rule)) }
    if terms.contains(.any) { return [] }
    if terms.isEmpty {
      terms = [.condition(Condition(.unresolved, "the rule has no source"))]
    }
    for term in terms {
      switch term {
      case .addresses(let set): sources.append((set, ""))
      case .object(let number):
        let object = objects.endpoints[number]
        let union = object.list.terms.reduce(into: AddressSet()) { union, term in
          if case .addresses(let set) = term { union = union.union(set) }
        }
        if !union.isEmpty { sources.append((union, object.name)) }
      default: break
      }
    }
    return [.source(EndpointList(terms))]
  }

  private mutating func networkServices(_ rule: AzureResources.Item) -> [Clause] {
    var numbers: [UInt8?] = []
    let words = texts(rule, "ipProtocols") + texts(rule, "protocols")
    for entry in words {
      guard case .text(let word) = entry else { continue }
      switch word.lowercased() {
      case "any": numbers.append(nil)
      case "tcp": numbers.append(6)
      case "udp": numbers.append(17)
      case "icmp": numbers.append(1)
      default: numbers.append(UInt8(word) ?? 255)
      }
    }
    var ports = PortSet()
    var terms: [ServiceTerm] = []
    for entry in texts(rule, "destinationPorts") {
      switch entry {
      case .text("*"): ports = .full
      case .text(let text):
        if let set = PortSet(parsing: text) {
          ports = ports.union(set)
        } else {
          terms.append(.condition(Condition(.unresolved, "port `\(text)` is not readable")))
        }
      case .unknown(let what): terms.append(.condition(Condition(.unresolved, what)))
      }
    }
    if numbers.isEmpty {
      terms.append(.condition(Condition(.unresolved, "the rule has no protocol")))
    }
    for number in numbers {
      terms.append(.service(Service(protocol: number, destinationPorts: ports)))
    }
    return [.service(ServiceList(terms))]
  }

  // MARK: The whole

  mutating func finish(scope: String) -> Policy {
    var policy = Policy(scope: scope, format: "azure-firewall")
    policy.tables = [
      Table(
        name: "network rules", rules: network,
        defaultAction: DefaultAction(.none, name: "no network rule matches")),
      Table(
        name: "application rules", rules: application,
        defaultAction: DefaultAction(.deny, name: "implicit deny")),
    ]
    policy.pipelines = [
      Pipeline(
        traffic: .forwarded, mode: .firstDecisive,
        stages: [Stage(table: "network rules"), Stage(table: "application rules")])
    ]
    policy.endpointObjects = objects.endpoints
    policy.serviceObjects = objects.services
    policy.proposals = SourceProposals.make(sources)
    var seen: Set<Note> = []
    policy.notes = notes.filter { seen.insert($0).inserted }
    return policy
  }
}
