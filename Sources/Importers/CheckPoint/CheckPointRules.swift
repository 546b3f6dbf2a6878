import ImportKit

/// Translates the rules of layers. A rule that names services as well as sites becomes several,
/// since any of them matches.
struct CheckPointRules {
  typealias Item = CheckPointDocuments.Item

  var objects: CheckPointObjects
  /// Table names by the uid of the layer.
  let tableNames: [String: String]
  var sources: [(AddressSet, String)] = []
  var namedSources: [Int] = []
  /// Inline layers that are not in the export, by table name.
  var missingLayers: [String: (name: String, position: SourcePosition)] = [:]

  var draft: PolicyDraft { objects.draft }

  init(objects: CheckPointObjects, tableNames: [String: String]) {
    self.objects = objects
    self.tableNames = tableNames
  }

  /// What is irrelevant in rules. Source: sc1.checkpoint.com/documents/latest/APIs, "show-access-rule".
  static let irrelevant = IrrelevantMembers([
    ("names the rule", ["uid", "name", "type", "domain", "layer", "rule-number"]),
    ("for people", ["comments", "custom-fields", "tags", "icon", "color"]),
    ("what the management server notes about it", ["meta-info", "read-only", "available-actions"]),
    ("logging", ["track", "track-settings", "track-alert", "hits"]),
    ("the page that a blocked user sees", ["user-check", "userCheck"]),
    ("the certificate of the gateway", ["certificate"]),
  ])

  mutating func rules(of layer: CheckPointLayer) -> [Rule] {
    var result: [Rule] = []
    for element in layer.elements {
      switch element {
      case .gap(let first, let last, let position):
        let range = Self.range(first, last)
        result += draft.gap(
          "layer `\(layer.name)`: \(range) not in the export; ask for the next page with offset "
            + "\(first - 1)", name: "(\(range))", at: position)
      case .rule(let item): result += rules(for: item, layer: layer.name)
      }
    }
    return result
  }

  static func range(_ first: Int, _ last: Int) -> String {
    first == last ? "rule \(first)" : "rules \(first) to \(last)"
  }

  static func name(of item: Item) -> String {
    if let name = item.name, !name.isEmpty { return name }
    return item.value["rule-number"]?.counter.map { "rule \($0)" } ?? ""
  }

  mutating func rules(for item: Item, layer: String) -> [Rule] {
    let name = Self.name(of: item)
    let record = item.record
    var rule = Rule(
      name: name, vendorID: item.uid, match: Match(), action: .allow,
      comment: record.text("comments") ?? "", position: item.position)
    guard item.type == "access-rule" else {
      return draft.eitherWay(
        rule,
        because: draft.doubt(
          .unmodelled, "`\(name)` of layer `\(layer)` is a `\(item.type)`, which is not understood",
          at: item.position))
    }
    var clauses = sideClauses(item, record) + conditionClauses(item, record)
    clauses += enabled(item, record, &rule)
    let word = actionWord(item, record)
    switch word {
    case "inform", "user auth", "client auth":
      clauses.append(
        .requires(
          draft.doubt(.user, "only after a message or a login (action \(word))")))
    default: break
    }
    let denies = ["drop", "reject", "ask"].contains(word)
    let alternatives = serviceAlternatives(item, record, denies: denies)
    let action = self.action(word, item, record)
    clauses += settingClauses(item, record, action)
    clauses += draft.unreadClauses(record, of: "rule `\(name)`", ignoring: Self.irrelevant)
    return alternatives.flatMap { alternative -> [Rule] in
      var rule = rule
      rule.match = Match(clauses + alternative)
      guard let action else {
        return draft.eitherWay(
          rule,
          because: draft.doubt(
            .unmodelled, "rule `\(name)` has the action `\(word)`", at: item.position))
      }
      rule.action = action
      return [rule]
    }
  }

  /// Off is off; what is neither on nor off, or not in the answer, leaves it open.
  func enabled(_ item: Item, _ record: ExportRecord, _ rule: inout Rule) -> [Clause] {
    switch record.text("enabled") {
    case "true": return []
    case "false":
      rule.enabled = false
      return []
    default:
      return [
        .requires(
          draft.doubt(
            .notInForce, "whether rule `\(rule.name)` is enabled is not in the export",
            at: item.position))
      ]
    }
  }

  // MARK: Action

  /// The action by its name, never by that of the rule: a rule called `Cleanup rule` may accept.
  mutating func actionWord(_ item: Item, _ record: ExportRecord) -> String {
    guard let value = record.value("action") else { return "" }
    // These two are the same in every installation, and ShowPolicyPackage may leave them out.
    switch value.string {
    case "6c488338-8eec-4103-ad21-cd461ac2c472": return "accept"
    case "6c488338-8eec-4103-ad21-cd461ac2c473": return "drop"
    default: break
    }
    if case .object(let object) = objects.entry(value, file: item.file) {
      return object.name?.lowercased() ?? ""
    }
    return value.string?.lowercased() ?? ""
  }

  mutating func action(_ word: String, _ item: Item, _ record: ExportRecord) -> Action? {
    if let layer = record.value("inline-layer") {
      guard let uid = layer.string ?? layer["uid"]?.string else { return nil }
      if let table = tableNames[uid] { return .goto(table) }
      let name = objects.documents.layers[uid]?.name ?? layer["name"]?.string ?? uid
      let table = "layer \(name) (not in the export)"
      missingLayers[table] = (name, item.position)
      return .goto(table)
    }
    switch word {
    case "accept", "inform", "user auth", "client auth": return .allow
    case "drop": return .deny(.drop)
    // Ask wants a click, which no service of the system gives.
    case "reject", "ask": return .deny(.reject)
    default: return nil
    }
  }

  /// Settings of the action: an accepting rule may send who is not known to the captive portal; a
  /// limit of bandwidth stops nothing.
  func settingClauses(
    _ item: Item, _ record: ExportRecord, _ action: Action?
  ) -> [Clause] {
    guard let settings = record.record("action-settings") else { return [] }
    _ = settings.value("limit")
    switch settings.text("enable-identity-captive-portal") {
    case "false",
      nil where !settings.has("enable-identity-captive-portal"):
      return []
    default:
      guard action != .deny(.drop), action != .deny(.reject) else { return [] }
      return [
        .requires(
          draft.doubt(
            .user, "only for users whom the captive portal knows, or after they log in there"))
      ]
    }
  }

  // MARK: Match

  /// A switch of a cell: nil where it is neither on nor off.
  func isNegated(_ record: ExportRecord, _ name: String) -> Bool? {
    switch record.text(name) {
    case "true": true
    case "false": false
    case nil where !record.has(name): false
    default: nil
    }
  }

  func notReadable(_ what: String, _ item: Item) -> Clause {
    .requires(
      draft.doubt(
        .unmodelled, "\(what) of rule `\(Self.name(of: item))` is not readable", at: item.position))
  }

  mutating func sideClauses(_ item: Item, _ record: ExportRecord) -> [Clause] {
    var clauses: [Clause] = []
    for (cell, isSource) in [("source", true), ("destination", false)] {
      let negated = isNegated(record, "\(cell)-negate")
      var side: CheckPointObjects.Side
      if !record.has(cell), let list = record.value("\(cell)-ranges") {
        side = self.side(ofRanges: list, at: item.position)
      } else {
        side = objects.side(record.value(cell), file: item.file, at: item.position)
      }
      if isSource { collectSources(side, negated: negated ?? true) }
      guard let negated else {
        clauses.append(notReadable("`\(cell)-negate`", item))
        continue
      }
      if side.isAny, !negated { continue }
      if side.isAny { side.terms.append(.any) }
      switch (side.terms.isEmpty, side.zones.isEmpty) {
      case (true, true):
        clauses.append(
          .requires(
            draft.doubt(
              .unresolved, "rule `\(Self.name(of: item))` has no \(cell) in the export",
              at: item.position)))
      case (true, false):
        let list = ZoneList(side.zones, negated: negated)
        clauses.append(isSource ? .from(list) : .to(list))
      case (false, _):
        // Zones beside addresses: either may match.
        let zones = side.zones.map { zone in
          EndpointTerm.condition(
            draft.doubt(.interfaceBinding, "or whatever is behind zone `\(zone)`"))
        }
        let list = EndpointList(side.terms + zones, negated: negated)
        clauses.append(isSource ? .source(list) : .destination(list))
      }
    }
    return clauses
  }

  /// What `show-as-ranges` gives instead of objects.
  func side(
    ofRanges value: JSONValue, at position: SourcePosition
  ) -> CheckPointObjects.Side {
    var side = CheckPointObjects.Side()
    var set = AddressSet()
    for (name, member) in value.members {
      switch name {
      case "ipv4", "ipv6":
        for range in member.elements {
          let text = "\(range["start"]?.string ?? "")-\(range["end"]?.string ?? "")"
          if let part = AddressSet(parsing: text) {
            set = set.union(part)
          } else {
            side.terms.append(
              .condition(draft.doubt(.unresolved, "range `\(text)`", at: position)))
          }
        }
      default:
        guard member.count > 0 || member.scalarText.map({ !$0.isEmpty }) ?? false else { continue }
        side.terms.append(
          .condition(
            draft.doubt(
              .unresolved, "`\(name)` of an answer with show-as-ranges", at: position)))
      }
    }
    if !set.isEmpty { side.terms.append(.addresses(set)) }
    return side
  }

  /// The ways in which the cell of services can match, each a list of clauses; one empty list for
  /// any.
  mutating func serviceAlternatives(
    _ item: Item, _ record: ExportRecord, denies: Bool
  ) -> [[Clause]] {
    let cell = objects.serviceCell(
      record.value("service"), file: item.file, at: item.position)
    guard let negated = isNegated(record, "service-negate") else {
      return [[notReadable("`service-negate`", item)]]
    }
    if negated { return negatedAlternatives(cell) }
    if cell.isAny { return [[]] }
    if cell.isEmpty {
      return [
        [
          .requires(
            draft.doubt(
              .unresolved, "rule `\(Self.name(of: item))` has no service in the export",
              at: item.position))
        ]
      ]
    }
    var result: [[Clause]] = []
    if !cell.services.isEmpty { result.append([.service(ServiceList(cell.services))]) }
    // Sites are looked for on web ports; rules that block may look at every port, which depends on a
    // setting that is not in the export.
    let ports: PortSet? =
      denies ? nil : PortSet(80).union(PortSet(443)).union(PortSet(8080))
    result += siteAlternatives(cell, within: ports, negated: false)
    if !cell.applications.isEmpty { result.append([.application(cell.applications)]) }
    for doubt in cell.doubts { result.append([.requires(doubt)]) }
    return result
  }

  /// Sites by scheme: TCP 443 carries https, and the other ports http; one alternative where both
  /// are the same.
  func siteAlternatives(
    _ cell: CheckPointObjects.ServiceCell, within ports: PortSet?, negated: Bool
  ) -> [[Clause]] {
    guard cell.hasSites else { return [] }
    let plain = cell.sites[.http] ?? []
    let secure = cell.sites[.https] ?? []
    func clauses(_ terms: [EndpointTerm], _ ports: PortSet?) -> [Clause] {
      [.destination(EndpointList(terms, negated: negated))]
        + (ports.map { [.service(ServiceList([.service(.tcp($0))]))] } ?? [])
    }
    if plain == secure { return [clauses(plain, ports)] }
    let tls = PortSet(443)
    return [
      clauses(secure, tls),
      clauses(plain, ports?.subtracting(tls) ?? tls.complement()),
    ]
  }

  func negatedAlternatives(_ cell: CheckPointObjects.ServiceCell) -> [[Clause]] {
    if cell.isAny { return [[.never("every service, negated")]] }
    var clauses: [Clause] = []
    if !cell.services.isEmpty {
      clauses.append(.service(ServiceList(cell.services, negated: true)))
    }
    if !cell.applications.isEmpty {
      let shown = cell.applications.prefix(4).joined(separator: ", ")
      clauses.append(
        .requires(draft.doubt(.application, "only what is not recognised as \(shown)")))
    }
    clauses += cell.doubts.map { .requires($0) }
    let sites = siteAlternatives(cell, within: nil, negated: true)
    return sites.isEmpty ? [clauses] : sites.map { clauses + $0 }
  }

  mutating func names(_ value: JSONValue?, file: Int) -> [String]? {
    let entries = objects.entries(value, file: file)
    var names: [String] = []
    for entry in entries {
      switch entry {
      case .any: return nil
      case .object(let object): names.append(object.name ?? "")
      case .unknown(let uid): names.append(uid)
      }
    }
    return names.isEmpty ? nil : names
  }

  /// VPN, content, time and the gateways on which a rule is installed.
  mutating func conditionClauses(_ item: Item, _ record: ExportRecord) -> [Clause] {
    var clauses: [Clause] = []
    func shown(_ names: [String]) -> String {
      names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
    }
    if let names = names(record.value("vpn"), file: item.file) {
      clauses.append(
        .requires(
          draft.doubt(.interfaceBinding, "only traffic of the VPN \(shown(names))")))
    }
    let negated = record.text("content-negate") == "true"
    _ = record.text("content-direction")
    if let names = names(record.value("content"), file: item.file) {
      clauses.append(
        .requires(
          draft.doubt(
            .unmodelled, "\(negated ? "any content but" : "only the content") \(shown(names))")))
    }
    if let names = names(record.value("service-resource"), file: item.file), names != ["None"] {
      clauses.append(
        .requires(draft.doubt(.urlPath, "only the resource \(shown(names))")))
    }
    clauses += timeClauses(record.value("time"), file: item.file)
    if let names = names(record.value("install-on"), file: item.file) {
      // `Policy Targets` is every gateway of the package; its uid is the same everywhere.
      let everywhere: Set<String> = [
        "Policy Targets", "Any", "All", "All Gateways", "6c488338-8eec-4103-ad21-cd461ac2c476",
      ]
      if everywhere.isDisjoint(with: names) {
        clauses.append(
          .requires(draft.doubt(.interfaceBinding, "installed only on \(shown(names))")))
      }
    }
    return clauses
  }

  /// A time that comes once is settled by the moment of judging; others are conditions.
  mutating func timeClauses(_ value: JSONValue?, file: Int) -> [Clause] {
    let entries = objects.entries(value, file: file)
    if entries.count == 1, case .object(let item) = entries[0],
      let clause = CheckPointTimes.clause(item, draft)
    {
      return [clause]
    }
    guard let names = names(value, file: file) else { return [] }
    let shown = names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
    return [.requires(draft.doubt(.schedule, "time \(shown)"))]
  }
}

// MARK: - Sources for proposals

extension CheckPointRules {
  mutating func collectSources(_ side: CheckPointObjects.Side, negated: Bool) {
    guard !negated, !side.isAny else { return }
    for term in side.terms {
      switch term {
      case .addresses(let set): sources.append((set, ""))
      case .object(let number): namedSources.append(number)
      default: break
      }
    }
  }

  /// The sources that rules name, once all objects are translated.
  func allSources() -> [(AddressSet, String)] {
    var seen: Set<Int> = []
    let named = namedSources.filter { seen.insert($0).inserted }.compactMap { number in
      let set = addresses(of: number)
      return set.isEmpty ? nil : (set, draft.objects.endpoints[number].name)
    }
    return sources + named
  }

  /// The addresses of an object, those of its members included.
  func addresses(of number: Int) -> AddressSet {
    var result = AddressSet()
    var waiting = [number]
    var seen: Set<Int> = []
    while let next = waiting.popLast() {
      guard seen.insert(next).inserted else { continue }
      for term in draft.objects.endpoints[next].list.terms {
        switch term {
        case .addresses(let set): result = result.union(set)
        case .object(let inner): waiting.append(inner)
        default: break
        }
      }
    }
    return result
  }
}
