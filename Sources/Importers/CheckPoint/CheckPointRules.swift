import ImportKit

/// Translates the rules of layers. A rule that names services as well as sites becomes several,
/// since any of them matches.
struct CheckPointRules {
  typealias Item = CheckPointDocuments.Item

  var objects: CheckPointObjects
  /// Table names by the uid of the layer.
  let tableNames: [String: String]
  private(set) var sources: [(AddressSet, String)] = []
  /// Uids of inline layers that are not in the export, by table name.
  private(set) var missingLayers: [String: (name: String, position: SourcePosition)] = [:]

  init(objects: CheckPointObjects, tableNames: [String: String]) {
    self.objects = objects
    self.tableNames = tableNames
  }

  /// What is not in the export may accept as well as drop. A rule that the export has counts as
  /// written once.
  static func unknownRules(
    _ name: String, _ condition: Condition, at position: SourcePosition, clauses: [Clause] = [],
    item: Item? = nil
  ) -> [Rule] {
    [Action.allow, .deny(.drop)].map { action in
      Rule(
        name: name, vendorID: item?.uid, enabled: item?.value["enabled"]?.bool ?? true,
        match: Match(clauses + [.requires(condition)]), action: action,
        origin: item == nil || action == .allow ? .implied : .written, position: position)
    }
  }

  mutating func rules(of layer: CheckPointLayer) -> [Rule] {
    var result: [Rule] = []
    for element in layer.elements {
      switch element {
      case .gap(let first, let last, let position):
        let range = first == last ? "rule \(first)" : "rules \(first) to \(last)"
        objects.note(
          .completeness,
          "layer `\(layer.name)`: \(range) not in the export; ask for the next page "
            + "with offset \(first - 1)", at: position)
        result += Self.unknownRules(
          "(\(range))",
          Condition(.unresolved, "\(range) of layer `\(layer.name)` not in the export"),
          at: position)
      case .rule(let item): result += rules(for: item, layer: layer.name)
      }
    }
    return result
  }

  private static func name(of item: Item) -> String {
    if let name = item.name, !name.isEmpty { return name }
    return item.value["rule-number"]?.int.map { "rule \($0)" } ?? ""
  }

  private mutating func rules(for item: Item, layer: String) -> [Rule] {
    let name = Self.name(of: item)
    guard item.value["type"]?.string == "access-rule" else {
      let type = item.value["type"]?.string ?? ""
      objects.note(
        .unmodelled, "`\(name)` of layer `\(layer)` is a `\(type)`", at: item.position)
      return Self.unknownRules(
        name, Condition(.unmodelled, "`\(name)` is a `\(type)`"), at: item.position,
        item: item)
    }
    var clauses = sideClauses(item)
    let word = actionWord(item)
    let denies = word == "drop" || word == "reject" || word == "ask"
    let conditions = conditionClauses(item)
    switch word {
    case "inform", "user auth", "client auth":
      clauses.append(
        .requires(Condition(.user, "only after a message or a login (action \(word))")))
    default: break
    }
    let alternatives = serviceAlternatives(item, denies: denies)
    guard let action = action(word, item) else {
      objects.note(.unmodelled, "rule `\(name)` has the action `\(word)`", at: item.position)
      return alternatives.flatMap { alternative in
        Self.unknownRules(
          name, Condition(.unmodelled, "rule `\(name)` has the action `\(word)`"),
          at: item.position, clauses: clauses + alternative + conditions, item: item)
      }
    }
    return alternatives.map { alternative in
      Rule(
        name: name, vendorID: item.uid, enabled: item.value["enabled"]?.bool ?? true,
        match: Match(clauses + alternative + conditions), action: action,
        comment: item.value["comments"]?.string ?? "", position: item.position)
    }
  }

  // MARK: Action

  /// The action by its name, never by that of the rule: a rule called `Cleanup rule` may accept.
  private mutating func actionWord(_ item: Item) -> String {
    guard let value = item.value["action"], !value.isNull else { return "" }
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

  private mutating func action(_ word: String, _ item: Item) -> Action? {
    if let layer = item.value["inline-layer"], !layer.isNull,
      let uid = layer.string ?? layer["uid"]?.string
    {
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

  // MARK: Match

  private mutating func sideClauses(_ item: Item) -> [Clause] {
    var clauses: [Clause] = []
    for (cell, ranges, isSource) in [
      ("source" as StaticString, "source-ranges" as StaticString, true),
      ("destination", "destination-ranges", false),
    ] {
      let negated =
        item.value[isSource ? "source-negate" : "destination-negate"]?.bool ?? false
      var side: CheckPointObjects.Side
      if item.value[cell] == nil, let list = item.value[ranges] {
        side = Self.side(ofRanges: list)
      } else {
        side = objects.side(item.value[cell], file: item.file, at: item.position)
      }
      if isSource { collectSources(side, negated: negated) }
      if side.isAny, !negated { continue }
      if side.isAny { side.terms.append(.any) }
      switch (side.terms.isEmpty, side.zones.isEmpty) {
      case (true, true):
        clauses.append(
          .requires(
            Condition(.unresolved, "the rule has no \(isSource ? "source" : "destination")")))
      case (true, false):
        let list = ZoneList(side.zones, negated: negated)
        clauses.append(isSource ? .from(list) : .to(list))
      case (false, _):
        // Zones beside addresses: either may match.
        let zones = side.zones.map { zone in
          EndpointTerm.condition(
            Condition(.interfaceBinding, "or whatever is behind zone `\(zone)`"))
        }
        let list = EndpointList(side.terms + zones, negated: negated)
        clauses.append(isSource ? .source(list) : .destination(list))
      }
    }
    return clauses
  }

  /// What `show-as-ranges` gives instead of objects.
  private static func side(ofRanges value: JSONValue) -> CheckPointObjects.Side {
    var side = CheckPointObjects.Side()
    var set = AddressSet()
    for family in [value["ipv4"], value["ipv6"]].compactMap({ $0 }) {
      for range in family.elements {
        let text = "\(range["start"]?.string ?? "")-\(range["end"]?.string ?? "")"
        if let part = AddressSet(parsing: text) {
          set = set.union(part)
        } else {
          side.terms.append(.condition(Condition(.unresolved, "range `\(text)`")))
        }
      }
    }
    if !set.isEmpty { side.terms.append(.addresses(set)) }
    for name: StaticString in ["others", "excluded-others", "excluded-ipv4", "excluded-ipv6"] {
      guard let list = value[name], list.count > 0 else { continue }
      side.terms.append(
        .condition(Condition(.unresolved, "`\(name)` of an answer with show-as-ranges")))
    }
    return side
  }

  private mutating func collectSources(_ side: CheckPointObjects.Side, negated: Bool) {
    guard !negated, !side.isAny else { return }
    for term in side.terms {
      switch term {
      case .addresses(let set): sources.append((set, ""))
      case .object(let number): namedSources.append(number)
      default: break
      }
    }
  }

  private var namedSources: [Int] = []

  /// The sources that rules name, once all objects are translated.
  func allSources() -> [(AddressSet, String)] {
    var seen: Set<Int> = []
    let named = namedSources.filter { seen.insert($0).inserted }.compactMap { number in
      let object = objects.table.endpoints[number]
      let set = addresses(of: number)
      return set.isEmpty ? nil : (set, object.name)
    }
    return sources + named
  }

  /// The addresses of an object, those of its members included.
  private func addresses(of number: Int) -> AddressSet {
    var result = AddressSet()
    var waiting = [number]
    var seen: Set<Int> = []
    while let next = waiting.popLast() {
      guard seen.insert(next).inserted else { continue }
      for term in objects.table.endpoints[next].list.terms {
        switch term {
        case .addresses(let set): result = result.union(set)
        case .object(let inner): waiting.append(inner)
        default: break
        }
      }
    }
    return result
  }

  /// The ways in which the cell of services can match, each a list of clauses; one empty list for
  /// any.
  private mutating func serviceAlternatives(_ item: Item, denies: Bool) -> [[Clause]] {
    let negated = item.value["service-negate"]?.bool ?? false
    let cell = objects.serviceCell(
      item.value["service"], file: item.file, at: item.position,
      purpose: denies != negated ? .meant : .exact)
    if negated { return [negatedClauses(cell)] }
    if cell.isAny { return [[]] }
    if cell.isEmpty {
      return [[.requires(Condition(.unresolved, "the rule has no service"))]]
    }
    var result: [[Clause]] = []
    if !cell.services.isEmpty { result.append([.service(ServiceList(cell.services))]) }
    if !cell.sites.isEmpty {
      var clauses: [Clause] = [.destination(EndpointList(cell.sites))]
      // Sites are looked for on web ports; rules that block may look at every port, which depends
      // on a setting that is not in the export.
      if !denies {
        clauses.append(
          .service(
            ServiceList([
              .service(.tcp(PortSet(80).union(PortSet(443)).union(PortSet(8080))))
            ])))
      }
      result.append(clauses)
    }
    if !cell.applications.isEmpty { result.append([.application(cell.applications)]) }
    for doubt in cell.doubts { result.append([.requires(doubt)]) }
    return result
  }

  private func negatedClauses(_ cell: CheckPointObjects.ServiceCell) -> [Clause] {
    if cell.isAny { return [.never("every service, negated")] }
    var clauses: [Clause] = []
    if !cell.services.isEmpty {
      clauses.append(.service(ServiceList(cell.services, negated: true)))
    }
    if !cell.sites.isEmpty {
      clauses.append(.destination(EndpointList(cell.sites, negated: true)))
    }
    if !cell.applications.isEmpty {
      let shown = cell.applications.prefix(4).joined(separator: ", ")
      clauses.append(
        .requires(Condition(.application, "only what is not recognised as \(shown)")))
    }
    clauses += cell.doubts.map { .requires($0) }
    return clauses
  }

  private mutating func names(_ value: JSONValue?, file: Int) -> [String]? {
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
  private mutating func conditionClauses(_ item: Item) -> [Clause] {
    var clauses: [Clause] = []
    func shown(_ names: [String]) -> String {
      names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
    }
    if let names = names(item.value["vpn"], file: item.file) {
      clauses.append(
        .requires(Condition(.interfaceBinding, "only traffic of the VPN \(shown(names))")))
    }
    if let names = names(item.value["content"], file: item.file) {
      let negated = item.value["content-negate"]?.bool ?? false
      clauses.append(
        .requires(
          Condition(
            .unmodelled, "\(negated ? "any content but" : "only the content") \(shown(names))")))
    }
    if let names = names(item.value["time"], file: item.file) {
      clauses.append(.requires(Condition(.schedule, "time \(shown(names))")))
    }
    if let names = names(item.value["install-on"], file: item.file) {
      // `Policy Targets` is every gateway of the package; its uid is the same everywhere.
      let everywhere: Set<String> = [
        "Policy Targets", "Any", "All", "All Gateways", "6c488338-8eec-4103-ad21-cd461ac2c476",
      ]
      if everywhere.isDisjoint(with: names) {
        clauses.append(
          .requires(Condition(.interfaceBinding, "installed only on \(shown(names))")))
      }
    }
    return clauses
  }

  // MARK: HTTPS inspection

  mutating func inspectionRules(of layer: CheckPointLayer) -> [Rule] {
    var result: [Rule] = []
    for element in layer.elements {
      switch element {
      case .gap(let first, let last, let position):
        objects.note(
          .completeness,
          "HTTPS inspection layer `\(layer.name)`: rules \(first) to \(last) are not in "
            + "the export", at: position)
        result.append(
          Rule(
            name: "(rules \(first) to \(last))",
            match: Match([
              .requires(
                Condition(.unresolved, "rules \(first) to \(last) are not in the export"))
            ]), action: .inspect, origin: .implied, position: position))
      case .rule(let item): result.append(inspectionRule(item))
      }
    }
    return result
  }

  private mutating func inspectionRule(_ item: Item) -> Rule {
    var clauses = sideClauses(item)
    let word = actionWord(item)
    for (name, negation) in [
      ("service" as StaticString, "service-negate" as StaticString),
      ("site-category", "site-category-negate"),
    ] {
      let cell = objects.serviceCell(
        item.value[name], file: item.file, at: item.position, purpose: .exact)
      if item.value[negation]?.bool ?? false {
        clauses += negatedClauses(cell)
      } else if !cell.isAny {
        if !cell.services.isEmpty { clauses.append(.service(ServiceList(cell.services))) }
        let terms =
          cell.sites
          + cell.applications.map {
            .condition(Condition(.application, "only what is recognised as \($0)"))
          } + cell.doubts.map { .condition($0) }
        if !terms.isEmpty { clauses.append(.destination(EndpointList(terms))) }
      }
    }
    clauses += conditionClauses(item)
    return Rule(
      name: Self.name(of: item), vendorID: item.uid, enabled: item.value["enabled"]?.bool ?? true,
      match: Match(clauses), action: word.hasPrefix("bypass") ? .bypass : .inspect,
      comment: item.value["comments"]?.string ?? "", origin: .implied, position: item.position)
  }
}
