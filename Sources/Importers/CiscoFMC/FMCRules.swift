import ImportKit

/// Translates access rules and prefilter rules.
struct FMCRules {
  typealias Item = FMCDocuments.Item

  var objects: FMCObjects
  private(set) var zones: [(name: String, position: SourcePosition)] = []

  init(objects: FMCObjects) { self.objects = objects }

  /// What is not known may allow as well as deny. A rule that the export has counts as written once.
  static func unknownRules(
    _ name: String, _ condition: Condition, at position: SourcePosition, clauses: [Clause] = [],
    item: Item? = nil
  ) -> [Rule] {
    [Action.allow, .deny(.drop)].map { action in
      Rule(
        name: name, vendorID: item?.id, enabled: item?.value["enabled"]?.bool ?? true,
        match: Match(clauses + [.requires(condition)]), action: action,
        origin: item == nil || action == .allow ? .implied : .written, position: position)
    }
  }

  // MARK: Access rules

  mutating func accessRules(_ item: Item) -> [Rule] {
    guard let word = (item.value["action"] ?? item.value["ruleAction"])?.string?.uppercased() else {
      // Without expanded=true only names come back.
      objects.note(
        .completeness, "rules are given by their names only; ask again with expanded=true", at: nil)
      return Self.unknownRules(
        item.name,
        Condition(.unresolved, "rule `\(item.name)` is given by its name only"),
        at: item.position, item: item)
    }
    let action = Self.action(word)
    var denies = false
    if case .deny? = action { denies = true }
    let base = clauses(item)
    let alternatives = urlAlternatives(item, denies: denies)
    noteProfiles(item)
    guard let action else {
      objects.note(
        .unmodelled, "rule `\(item.name)` has the action `\(word)`", at: item.position)
      return alternatives.flatMap { alternative in
        Self.unknownRules(
          item.name, Condition(.unmodelled, "rule `\(item.name)` has the action `\(word)`"),
          at: item.position, clauses: base + alternative, item: item)
      }
    }
    return alternatives.map { alternative in
      Rule(
        name: item.name, vendorID: item.id, enabled: item.value["enabled"]?.bool ?? true,
        match: Match(base + alternative), action: action, comment: "", position: item.position)
    }
  }

  /// An interactive block lets users click it away, which no service of the system can.
  private static func action(_ word: String) -> Action? {
    switch word {
    case "ALLOW", "TRUST", "PERMIT": .allow
    case "MONITOR": .continue
    case "BLOCK", "BLOCK_INTERACTIVE", "DENY": .deny(.drop)
    case "BLOCK_RESET", "BLOCK_RESET_INTERACTIVE": .deny(.reject)
    default: nil
    }
  }

  private mutating func noteProfiles(_ item: Item) {
    for (name, what) in [
      ("ipsPolicy" as StaticString, "intrusion policy"), ("intrusionPolicy", "intrusion policy"),
      ("filePolicy", "file policy"),
    ] {
      guard let policy = item.value[name]?["name"]?.string else { continue }
      objects.note(
        .advisory, "\(what) `\(policy)` can stop traffic for what it contains", at: nil)
    }
  }

  // MARK: Match

  private mutating func clauses(_ item: Item) -> [Clause] {
    var clauses: [Clause] = []
    clauses += zoneClauses(item, "sourceZones", "destinationZones")
    clauses += networkClauses(item)
    clauses += portClauses(item)
    clauses += applicationClauses(item)
    clauses += personClauses(item)
    for reference in objects.references(item.value["vlanTags"], file: item.file).objects.prefix(1) {
      clauses.append(.requires(Condition(.interfaceBinding, "only for VLAN `\(reference.name)`")))
    }
    if objects.references(item.value["vlanTags"], file: item.file).literals.count > 0 {
      clauses.append(.requires(Condition(.interfaceBinding, "only for some VLANs")))
    }
    let times = names(item, "timeRangeObjects")
    if !times.isEmpty {
      clauses.append(
        .requires(Condition(.schedule, "time range \(times.joined(separator: ", "))")))
    }
    if !names(item, "originalSourceNetworks").isEmpty {
      clauses.append(
        .requires(
          Condition(.unmodelled, "only for some original clients of a proxy (X-Forwarded-For)")))
    }
    return clauses
  }

  private func names(_ item: Item, _ cell: StaticString) -> [String] {
    let (references, literals) = objects.references(item.value[cell], file: item.file)
    return references.map(\.name) + literals.map { $0.value["value"]?.string ?? $0.name }
  }

  private mutating func zoneClauses(
    _ item: Item, _ source: StaticString, _ destination: StaticString
  ) -> [Clause] {
    var clauses: [Clause] = []
    for (cell, isSource) in [(source, true), (destination, false)] {
      let references = objects.references(item.value[cell], file: item.file).objects
      guard !references.isEmpty else { continue }
      for zone in references where !zones.contains(where: { $0.name == zone.name }) {
        zones.append((zone.name, zone.position))
      }
      let list = ZoneList(references.map(\.name))
      clauses.append(isSource ? .from(list) : .to(list))
    }
    return clauses
  }

  private mutating func networkClauses(_ item: Item) -> [Clause] {
    var clauses: [Clause] = []
    for (cell, dynamic, isSource) in [
      ("sourceNetworks" as StaticString, "sourceDynamicObjects" as StaticString, true),
      ("destinationNetworks", "destinationDynamicObjects", false),
    ] {
      let (references, literals) = objects.references(item.value[cell], file: item.file)
      let terms =
        references.map { objects.network($0) } + literals.map { objects.networkLiteral($0) }
      if !terms.isEmpty, !terms.contains(.any) {
        let list = EndpointList(terms)
        clauses.append(isSource ? .source(list) : .destination(list))
      }
      // Dynamic attributes are a condition of their own.
      let attributes = objects.references(item.value[dynamic], file: item.file).objects
      if !attributes.isEmpty {
        let list = EndpointList(attributes.map { objects.dynamic($0) })
        clauses.append(isSource ? .source(list) : .destination(list))
      }
    }
    return clauses
  }

  private mutating func portClauses(_ item: Item) -> [Clause] {
    var clauses: [Clause] = []
    for (cell, side) in [
      ("destinationPorts" as StaticString, FMCObjects.PortSide.destination),
      ("sourcePorts", .source),
    ] {
      let (references, literals) = objects.references(item.value[cell], file: item.file)
      let terms =
        references.map { objects.port($0, side) } + literals.map { objects.portLiteral($0, side) }
      if !terms.isEmpty { clauses.append(.service(ServiceList(terms))) }
    }
    return clauses
  }

  private func applicationClauses(_ item: Item) -> [Clause] {
    let cell = item.value["applications"] ?? item.value["embeddedAppFilter"]
    guard let cell, cell.isObject else { return [] }
    let names = cell["applications"]?.elements.compactMap { $0["name"]?.string } ?? []
    let filters: [StaticString] = [
      "applicationFilters", "inlineApplicationFilters", "conditions",
    ]
    let hasFilter = filters.contains { (cell[$0]?.count ?? 0) > 0 }
    switch (names.isEmpty, hasFilter) {
    case (true, false): return []
    case (false, false): return [.application(names)]
    case (_, true):
      let shown = names.prefix(4).joined(separator: ", ")
      return [
        .requires(
          Condition(
            .application,
            "only applications of a filter" + (names.isEmpty ? "" : ", or \(shown)")))
      ]
    }
  }

  private func personClauses(_ item: Item) -> [Clause] {
    var clauses: [Clause] = []
    let cells: [(StaticString, String)] = [
      ("users", "users"), ("sourceSecurityGroupTags", "security group tags"),
      ("destinationSecurityGroupTags", "destination security group tags"),
      ("endPointDeviceTypes", "device types"), ("identitySources", "identity sources"),
    ]
    for (cell, what) in cells {
      let found = names(item, cell)
      guard !found.isEmpty else { continue }
      let shown = found.prefix(3).joined(separator: ", ") + (found.count > 3 ? ", …" : "")
      clauses.append(.requires(Condition(.user, "only for the \(what) \(shown)")))
    }
    return clauses
  }

  // MARK: URLs

  /// The ways in which URL conditions can hold: over plain HTTP the host is certain, over TLS it is
  /// what the handshake shows. One empty list where the rule has none.
  private mutating func urlAlternatives(_ item: Item, denies: Bool) -> [[Clause]] {
    let cell = item.value["urls"] ?? item.value["urlFilter"]
    guard let cell, cell.isObject else { return [[]] }
    let references =
      (cell["objects"] ?? cell["urlObjects"])?.elements.filter(\.isObject)
      .map { Item(value: $0, file: item.file) } ?? []
    let literals =
      cell["literals"]?.elements.filter(\.isObject).map { Item(value: $0, file: item.file) } ?? []
    let categories =
      (cell["urlCategoriesWithReputation"] ?? cell["urlCategories"])?.elements
      .map { $0 } ?? []
    let categoryTerms = categories.map(Self.category)
    guard !references.isEmpty || !literals.isEmpty || !categories.isEmpty else { return [[]] }
    func clauses(_ purpose: FMCObjects.URLPurpose, _ ports: PortSet) -> [Clause] {
      let terms =
        references.map { objects.url($0, purpose) }
        + literals.map { objects.urlLiteral($0, purpose) }
        + categoryTerms
      return [
        .destination(EndpointList(terms)), .service(ServiceList([.service(.tcp(ports))])),
      ]
    }
    if references.isEmpty, literals.isEmpty { return [[.destination(EndpointList(categoryTerms))]] }
    return [
      clauses(FMCObjects.URLPurpose(denies: denies, plain: true), PortSet(80)),
      clauses(FMCObjects.URLPurpose(denies: denies, plain: false), PortSet(80).complement()),
    ]
  }

  private static func category(_ value: JSONValue) -> EndpointTerm {
    let category = value["category"] ?? value["urlCategory"]
    let name = category?["name"]?.string ?? value["name"]?.string ?? ""
    guard let reputation = value["reputation"]?.string ?? value["urlReputation"]?["name"]?.string
    else { return .category(name) }
    return .condition(
      Condition(.category, "category `\(name)` with the reputation \(reputation)"))
  }

  // MARK: Prefilter

  /// FASTPATH passes everything else by, ANALYZE goes on to access control. Source:
  /// docs.defenseorchestrator.com, "Prefilter rule components".
  mutating func prefilterRules(_ item: Item) -> [Rule] {
    guard let word = item.value["action"]?.string?.uppercased() else {
      return Self.unknownRules(
        item.name,
        Condition(.unresolved, "prefilter rule `\(item.name)` is given by its name only"),
        at: item.position, item: item)
    }
    var clauses = zoneClauses(item, "sourceInterfaces", "destinationInterfaces")
    clauses += networkClauses(item)
    clauses += portClauses(item)
    if item.value["ruleType"]?.string?.uppercased() == "TUNNEL" || item.type == "tunnelrule" {
      clauses.append(.never("a tunnel rule is for encapsulated traffic"))
    }
    let times = names(item, "timeRangeObjects")
    if !times.isEmpty {
      clauses.append(
        .requires(Condition(.schedule, "time range \(times.joined(separator: ", "))")))
    }
    let action: Action
    switch word {
    case "FASTPATH": action = .allow
    case "ANALYZE": action = .return
    case "BLOCK": action = .deny(.drop)
    default:
      return Self.unknownRules(
        item.name, Condition(.unmodelled, "prefilter rule `\(item.name)` has the action `\(word)`"),
        at: item.position, clauses: clauses, item: item)
    }
    return [
      Rule(
        name: item.name, vendorID: item.id, enabled: item.value["enabled"]?.bool ?? true,
        match: Match(clauses), action: action, position: item.position)
    ]
  }
}
