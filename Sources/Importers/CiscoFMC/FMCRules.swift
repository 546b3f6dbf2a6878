import ImportKit

/// Translates access rules and prefilter rules.
struct FMCRules {
  typealias Item = FMCDocuments.Item

  var objects: FMCObjects
  var zones: [(name: String, position: SourcePosition)] = []

  var draft: PolicyDraft { objects.draft }

  init(objects: FMCObjects) { self.objects = objects }

  /// What is irrelevant in rules. Source: developer.cisco.com, FMC REST API, "accessrules"; FTD REST
  /// API, "AccessRule".
  static let irrelevant = IrrelevantMembers([
    ("names the rule", ["id", "name", "type", "links", "version", "ruleId"]),
    ("for people", ["description", "commentHistoryList", "newComments"]),
    (
      "place in the list, which is in order; the section is read from it",
      ["metadata", "rulePosition", "ruleIndex"]
    ),
    (
      "logging",
      [
        "logBegin", "logEnd", "logFiles", "sendEventsToFMC", "enableSyslog", "syslogConfig",
        "syslogSeverity", "snmpConfig", "eventLogAction", "syslogServer",
      ]
    ),
    ("variables of the intrusion policy", ["variableSet"]),
    ("counters", ["hitCount", "hitCounts", "firstHitTimeStamp", "lastHitTimeStamp"]),
  ])

  // MARK: Access rules

  mutating func accessRules(_ item: Item) -> [Rule] {
    let record = item.record
    var rule = Rule(
      name: item.name, vendorID: item.id, match: Match(), action: .allow, position: item.position)
    guard let word = actionWord(record) else {
      // Without expanded=true only names come back.
      let isListed = !record.has("action") && !record.has("ruleAction")
      if isListed {
        draft.note(
          .completeness, "rules are given by their names only; ask again with expanded=true")
      }
      rule.match.clauses = draft.unreadClauses(
        record, of: "rule `\(item.name)`", ignoring: Self.irrelevant)
      return draft.eitherWay(
        rule,
        because: draft.doubt(
          .unresolved,
          isListed
            ? "rule `\(item.name)` is given by its name only"
            : "the action of rule `\(item.name)` is not readable", at: item.position))
    }
    var clauses = self.clauses(item, record)
    clauses += enabled(item, record, isRequired: record.has("action"), &rule)
    if !["accessrule"].contains(item.type) {
      clauses.append(
        .requires(
          draft.doubt(
            .unmodelled, "rule `\(item.name)` is of the unknown type `\(item.type)`",
            at: item.position)))
    }
    let alternatives = urlAlternatives(item, record)
    noteProfiles(record)
    clauses += draft.unreadClauses(
      record, of: "rule `\(item.name)`", ignoring: Self.irrelevant)
    let action = Self.action(word)
    return alternatives.flatMap { alternative -> [Rule] in
      var rule = rule
      rule.match = Match(clauses + alternative)
      guard let action else {
        return draft.eitherWay(
          rule,
          because: draft.doubt(
            .unmodelled, "rule `\(item.name)` has the action `\(word)`", at: item.position))
      }
      rule.action = action
      return [rule]
    }
  }

  func actionWord(_ record: ExportRecord) -> String? {
    (record.text("action") ?? record.text("ruleAction")).flatMap { $0.isEmpty ? nil : $0 }?
      .uppercased()
  }

  /// An interactive block lets users click it away, which no service of the system can.
  static func action(_ word: String) -> Action? {
    switch word {
    case "ALLOW", "TRUST", "PERMIT": .allow
    case "MONITOR": .continue
    case "BLOCK", "BLOCK_INTERACTIVE", "DENY": .deny(.drop)
    case "BLOCK_RESET", "BLOCK_RESET_INTERACTIVE": .deny(.reject)
    default: nil
    }
  }

  /// Reads the switch of a rule: off is off, and what is neither on nor off leaves it open.
  ///
  /// - Parameter isRequired: whether whole answers always have the switch (those of FMC do).
  func enabled(
    _ item: Item, _ record: ExportRecord, isRequired: Bool, _ rule: inout Rule
  ) -> [Clause] {
    switch record.text("enabled") {
    case "true": return []
    case "false":
      rule.enabled = false
      return []
    case nil where !record.has("enabled") && !isRequired: return []
    default:
      return [
        .requires(
          draft.doubt(
            .notInForce, "whether rule `\(item.name)` is enabled is not in the export",
            at: item.position))
      ]
    }
  }

  func noteProfiles(_ record: ExportRecord) {
    for (name, what) in [
      ("ipsPolicy", "intrusion policy"), ("intrusionPolicy", "intrusion policy"),
      ("filePolicy", "file policy"),
    ] {
      guard let value = record.value(name) else { continue }
      let shown = value["name"]?.string ?? value.scalarText ?? ""
      draft.note(.advisory, "\(what) `\(shown)` can stop traffic for what it contains")
    }
  }

  // MARK: Match

  mutating func clauses(_ item: Item, _ record: ExportRecord) -> [Clause] {
    var clauses: [Clause] = []
    clauses += zoneClauses(item, record, "sourceZones", "destinationZones")
    clauses += networkClauses(item, record)
    clauses += portClauses(item, record)
    clauses += applicationClauses(item, record)
    let conditions: [(String, Condition.Kind, String)] = [
      ("users", .user, "only for the users"),
      ("sourceSecurityGroupTags", .user, "only for the security group tags"),
      ("destinationSecurityGroupTags", .user, "only for the destination security group tags"),
      ("endPointDeviceTypes", .user, "only for the device types"),
      ("identitySources", .user, "only for the identity sources"),
      ("vlanTags", .interfaceBinding, "only for VLAN"),
      ("timeRangeObjects", .schedule, "time range"),
      ("originalSourceNetworks", .unmodelled, "only for the clients of a proxy (X-Forwarded-For)"),
    ]
    for (name, kind, words) in conditions {
      guard let cell = cell(item, record, name, &clauses), !cell.isEmpty else { continue }
      let shown =
        cell.objects.map(\.name)
        + cell.literals.map { literal in
          literal.value["value"]?.string ?? literal.value["startTag"]?.scalarText ?? literal.name
        }
      let list = shown.prefix(3).joined(separator: ", ") + (shown.count > 3 ? ", …" : "")
      clauses.append(.requires(draft.doubt(kind, "\(words) \(list)", at: item.position)))
    }
    return clauses
  }

  /// A cell by its name; what of it is not understood becomes a condition of the rule. Nil for an
  /// empty one, and for one that cannot be read at all, of which the condition is all that is left.
  func cell(
    _ item: Item, _ record: ExportRecord, _ name: String, _ clauses: inout [Clause]
  ) -> FMCCell? {
    guard let cell = FMCCell(record.value(name), file: item.file) else { return nil }
    if let doubt = objects.doubt(
      cell, of: "`\(name)` of rule `\(item.name)`", at: item.position)
    {
      clauses.append(.requires(doubt))
    }
    return cell.isUnreadable ? nil : cell
  }

  mutating func zoneClauses(
    _ item: Item, _ record: ExportRecord, _ source: String, _ destination: String
  ) -> [Clause] {
    var clauses: [Clause] = []
    for (name, isSource) in [(source, true), (destination, false)] {
      guard let cell = cell(item, record, name, &clauses), !cell.isEmpty else { continue }
      let names = (cell.objects + cell.literals).flatMap { zone in
        objects.documents.zoneNames[zone.id] ?? [zone.name]
      }
      guard !names.contains(where: { $0.isEmpty || TemplateMarker.isPresent(in: $0) }) else {
        clauses.append(
          .requires(
            draft.doubt(
              .unresolved, "a zone of rule `\(item.name)` has no name in the export",
              at: item.position)))
        continue
      }
      for zone in cell.objects where !zones.contains(where: { $0.name == zone.name }) {
        zones.append((zone.name, zone.position))
      }
      clauses.append(isSource ? .from(ZoneList(names)) : .to(ZoneList(names)))
    }
    return clauses
  }

  mutating func networkClauses(_ item: Item, _ record: ExportRecord) -> [Clause] {
    var clauses: [Clause] = []
    for (name, dynamic, isSource) in [
      ("sourceNetworks", "sourceDynamicObjects", true),
      ("destinationNetworks", "destinationDynamicObjects", false),
    ] {
      if let cell = cell(item, record, name, &clauses), !cell.isEmpty {
        let terms =
          cell.objects.map { objects.network($0) }
          + cell.literals.map {
            objects.networkLiteral($0.value["value"]?.string, at: $0.position)
          }
        if !terms.contains(.any) {
          clauses.append(
            isSource ? .source(EndpointList(terms)) : .destination(EndpointList(terms)))
        }
      }
      // Dynamic attributes are a condition of their own.
      if let cell = self.cell(item, record, dynamic, &clauses), !cell.isEmpty {
        let list = EndpointList((cell.objects + cell.literals).map { objects.dynamic($0) })
        clauses.append(isSource ? .source(list) : .destination(list))
      }
    }
    return clauses
  }

  mutating func portClauses(_ item: Item, _ record: ExportRecord) -> [Clause] {
    var clauses: [Clause] = []
    for (name, side) in [
      ("destinationPorts", FMCObjects.PortSide.destination), ("sourcePorts", .source),
    ] {
      guard let cell = cell(item, record, name, &clauses), !cell.isEmpty else { continue }
      let terms =
        cell.objects.map { objects.port($0, side) }
        + cell.literals.map { objects.portLiteral($0, side) }
      clauses.append(.service(ServiceList(terms)))
    }
    return clauses
  }

  /// Applications by name; with filters beside them it stays open which these are.
  func applicationClauses(_ item: Item, _ record: ExportRecord) -> [Clause] {
    var clauses: [Clause] = []
    for name in ["applications", "embeddedAppFilter"] {
      guard let value = record.value(name), !(value.scalarText?.isEmpty ?? false) else { continue }
      guard value.isObject else {
        clauses.append(
          .requires(
            draft.doubt(
              .application, "`\(name)` of rule `\(item.name)` is not readable", at: item.position)))
        continue
      }
      let cell = ExportRecord(value, file: item.file)
      let list = cell.value("applications")?.elements.map { $0["name"]?.string } ?? []
      let names = list.compactMap { $0 }
      let filters = ["applicationFilters", "inlineApplicationFilters", "conditions"]
        .map { cell.value($0)?.count ?? 0 }
      if filters.contains(where: { $0 > 0 }) || names.count < list.count {
        let shown = names.prefix(4).joined(separator: ", ")
        clauses.append(
          .requires(
            draft.doubt(
              .application,
              "only applications of a filter" + (names.isEmpty ? "" : ", or \(shown)"))))
      } else if !names.isEmpty {
        clauses.append(.application(names))
      }
      clauses += draft.unreadClauses(
        cell, of: "`\(name)` of rule `\(item.name)`",
        ignoring: ["type": "names the kind of cell", "links": "an address"])
    }
    return clauses
  }

  // MARK: URLs

  /// The ways in which URL conditions can hold: over plain HTTP the host is certain, over TLS it is
  /// what the handshake shows. One empty list where the rule has none.
  mutating func urlAlternatives(_ item: Item, _ record: ExportRecord) -> [[Clause]] {
    guard let value = record.value("urls") ?? record.value("urlFilter"),
      !(value.scalarText?.isEmpty ?? false)
    else { return [[]] }
    guard value.isObject else {
      return [
        [
          .requires(
            draft.doubt(
              .unmodelled, "the URLs of rule `\(item.name)` are not readable", at: item.position))
        ]
      ]
    }
    let cell = ExportRecord(value, file: item.file)
    var clauses: [Clause] = []
    func items(_ names: [String]) -> [Item] {
      names.flatMap { name -> [Item] in
        guard let part = FMCCell(cell.value(name), file: item.file) else { return [] }
        // Entries of categories have members of their own.
        if part.isUnreadable || name.contains("Object") && !part.unknownMembers.isEmpty {
          clauses.append(
            .requires(
              draft.doubt(
                .unmodelled, "`\(name)` of rule `\(item.name)` is not understood",
                at: item.position)))
        }
        return part.objects
      }
    }
    let references = items(["objects", "urlObjects"])
    let literals = items(["literals"])
    let categories = items(["urlCategoriesWithReputation", "urlCategories"]).map(category)
    clauses += draft.unreadClauses(
      cell, of: "the URLs of rule `\(item.name)`",
      ignoring: ["type": "names the kind of cell", "links": "an address"])
    guard !references.isEmpty || !literals.isEmpty else {
      return [clauses + (categories.isEmpty ? [] : [.destination(EndpointList(categories))])]
    }
    return [
      (FMCObjects.URLPurpose.http, PortSet(80)), (.tls, PortSet(80).complement()),
    ].map { purpose, ports in
      let terms =
        references.map { objects.url($0, purpose) }
        + literals.map { objects.urlLiteral($0, purpose) } + categories
      return clauses + [
        .destination(EndpointList(terms)), .service(ServiceList([.service(.tcp(ports))])),
      ]
    }
  }

  /// A category, for hosts of some reputation only where it says so. What else an entry holds narrows
  /// or widens it in ways that are not known.
  func category(_ item: Item) -> EndpointTerm {
    let record = item.record
    let category = record.value("category") ?? record.value("urlCategory")
    let name = category?["name"]?.string ?? item.name
    let reputation = record.value("reputation") ?? record.value("urlReputation")
    if let reputation {
      let shown = reputation.scalarText ?? reputation["name"]?.string ?? ""
      return .condition(
        draft.doubt(.category, "category `\(name)` with the reputation \(shown)"))
    }
    if let left = draft.unread(
      record, of: "category `\(name)`",
      ignoring: [
        "type": "names the kind of entry", "id": "names the entry", "name": "names the entry",
        "includeUnknownUrlReputation": "of no effect without a reputation", "links": "an address",
        "version": "names the state of the entry",
      ])
    {
      return .condition(left)
    }
    return .category(name)
  }
}
