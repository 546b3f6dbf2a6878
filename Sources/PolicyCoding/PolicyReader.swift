import JSONTree
import NetworkSets
import PolicyModel

/// Why a neutral policy was refused: where, and what was expected.
package struct PolicyCodingError: Error, Equatable, CustomStringConvertible, Sendable {
  /// JSON pointer.
  package let pointer: String
  package let line: Int
  package let reason: String

  package var description: String { "\(pointer) (line \(line)): \(reason)" }
}

/// Reads Sallyport's neutral JSON, whole or as the pieces that the inventory stores.
///
/// Besides what ``PolicyWriter`` writes it takes what a person would rather write: members with a
/// usual value may be missing, a list of terms may stand for `{"terms": …}`, and a text for an
/// address, a host name or a service. `Schema/sallyport.policy-1.schema.json` says it all.
package struct PolicyReader {
  private var terms = PolicyTermReader()
  /// The number of the file that is read, for what has no position of its own; nil leaves it so.
  private var ownFile: Int?
  private var placesEverything = false
  /// The files of the export, and which of them each file of the policy is.
  private var files: [String] = []
  private var places: [Int]?

  package init() {}

  /// A whole policy. Unlike the pieces of the inventory it may come from anywhere: members that are
  /// not known and names of tables that do not exist are refused.
  ///
  /// - Parameter file: the name of the file that is read. Without it, and in the parts that have a
  ///   position, positions are those of the export from which the policy was made; what has none gets
  ///   its place in this file, which then is the last of the policy's files.
  /// - Parameter filesBefore: the files of the export's policies so far; all policies of an export
  ///   share one list.
  package mutating func policy(
    _ root: JSONValue, file: String? = nil, filesBefore: [String] = []
  ) throws(PolicyCodingError) -> Policy {
    guard root["schema"]?.string == PolicyWriter.schema else {
      throw root.refuse("`schema` is not `\(PolicyWriter.schema)`")
    }
    terms.isStrict = true
    try root.allow(only: Self.policyMembers, in: "a policy")
    let named = try root.texts("files")
    files = filesBefore
    places = named.map { name in
      if let index = filesBefore.firstIndex(of: name) { return index }
      files.append(name)
      return files.count - 1
    }
    if let file {
      ownFile = files.firstIndex(of: file) ?? files.count
      placesEverything = named.isEmpty
    }
    var policy = try header(root)
    let endpointObjects = try root.list("endpoint_objects")
    let serviceObjects = try root.list("service_objects")
    try declare(endpointObjects: endpointObjects, serviceObjects: serviceObjects)
    for value in endpointObjects { policy.endpointObjects.append(try endpointObject(value)) }
    for value in serviceObjects { policy.serviceObjects.append(try serviceObject(value)) }
    var usesOwnFile = placesEverything
    for (index, value) in try root.list("tables").enumerated() {
      for rule in try value.list("rules") {
        policy.tables[index].rules.append(try self.rule(rule))
        usesOwnFile = usesOwnFile || rule["position"] == nil
      }
    }
    if usesOwnFile, let file, ownFile == policy.files.count { policy.files.append(file) }
    try PolicyReferences(policy).check(root)
    if root["pipelines"] == nil { PolicyDefaults.fill(&policy) }
    return policy
  }

  /// Everything but objects and rules; tables come without rules.
  package mutating func header(_ root: JSONValue) throws(PolicyCodingError) -> Policy {
    var policy = Policy(
      scope: try root.optionalText("scope") ?? "policy",
      format: try root.optionalText("format") ?? "sallyport-policy",
      productVersion: try root.optionalText("product_version") ?? "",
      files: places == nil ? try root.texts("files") : files
    )
    policy.hasOpenZones = try root.flag("open_zones")
    for value in try root.list("zones") { policy.zones.append(try zone(value)) }
    for value in try root.list("pipelines") { policy.pipelines.append(try pipeline(value)) }
    for value in try root.list("proposals") { policy.proposals.append(try proposal(value)) }
    for value in try root.list("notes") {
      try restrict(value, ["kind", "text", "position"], "a note")
      policy.notes.append(
        Note(
          try value.choice("kind", default: .completeness), try value.text("text"),
          at: try position(value)))
    }
    for value in try root.list("tables") { policy.tables.append(try table(value)) }
    return policy
  }

  /// Makes object ids known, so that references may point forwards.
  package mutating func declare(
    endpointObjects: [JSONValue], serviceObjects: [JSONValue]
  ) throws(PolicyCodingError) {
    terms.endpointNumbers = try Self.numbers(endpointObjects, isStrict: terms.isStrict)
    terms.serviceNumbers = try Self.numbers(serviceObjects, isStrict: terms.isStrict)
  }

  private static func numbers(
    _ values: [JSONValue], isStrict: Bool
  ) throws(PolicyCodingError) -> [String: Int] {
    var numbers: [String: Int] = [:]
    for (number, value) in values.enumerated() {
      let id = try value.text("id")
      if numbers.updateValue(number, forKey: id) != nil, isStrict {
        throw value.refuse("the id `\(id)` is taken by another object")
      }
    }
    return numbers
  }

  package func endpointObject(_ value: JSONValue) throws(PolicyCodingError) -> EndpointObject {
    try restrict(value, ["id", "name", "kind", "list", "position"], "an object")
    guard let list = value["list"] else { throw value.refuse("`list` is missing") }
    let id = try value.text("id")
    return EndpointObject(
      id: id, name: try value.optionalText("name") ?? id,
      kind: try value.optionalText("kind") ?? "", list: try terms.endpointList(list),
      position: try position(value))
  }

  package func serviceObject(_ value: JSONValue) throws(PolicyCodingError) -> ServiceObject {
    try restrict(value, ["id", "name", "kind", "list", "position"], "a service object")
    guard let list = value["list"] else { throw value.refuse("`list` is missing") }
    let id = try value.text("id")
    return ServiceObject(
      id: id, name: try value.optionalText("name") ?? id,
      kind: try value.optionalText("kind") ?? "", list: try terms.serviceList(list),
      position: try position(value))
  }

  package func rule(_ value: JSONValue) throws(PolicyCodingError) -> Rule {
    try restrict(value, Self.ruleMembers, "a rule")
    return Rule(
      name: try value.optionalText("name") ?? "", vendorID: try value.optionalText("id"),
      enabled: try value.flag("enabled", default: true), match: try terms.match(value["match"]),
      action: try action(value), decrypts: try value.flag("decrypts"),
      comment: try value.optionalText("comment") ?? "",
      origin: try value.choice("origin", default: .written),
      position: try position(value) ?? ownPosition(value) ?? SourcePosition(line: 0))
  }

  /// A text beside the policy itself, such as the name of the device.
  package static func headerText(
    _ root: JSONValue, _ name: StaticString
  ) throws(PolicyCodingError) -> String? {
    try root.optionalText(name)
  }

  // MARK: Parts

  private static let policyMembers: Set<String> = [
    "schema", "scope", "format", "product_version", "device", "taken_at", "files", "zones",
    "open_zones",
    "pipelines", "proposals", "notes", "endpoint_objects", "service_objects", "tables",
  ]
  private static let ruleMembers: Set<String> = [
    "name", "id", "enabled", "action", "gates", "target", "match", "decrypts", "comment", "origin",
    "position",
  ]

  private func restrict(
    _ value: JSONValue, _ names: Set<String>, _ what: String
  ) throws(PolicyCodingError) {
    if terms.isStrict { try value.allow(only: names, in: what) }
  }

  private func ownPosition(_ value: JSONValue) -> SourcePosition? {
    ownFile.map { SourcePosition(file: $0, line: value.line, pointer: value.pointer) }
  }

  private func position(_ value: JSONValue) throws(PolicyCodingError) -> SourcePosition? {
    guard let position = value["position"] else {
      return placesEverything ? ownPosition(value) : nil
    }
    try restrict(position, ["file", "line", "pointer"], "a position")
    guard position.isObject else { throw position.refuse("`position` is an object") }
    let line = position["line"].map(\.int) ?? 0
    let file = position["file"].map(\.int) ?? 0
    guard let line, let file, line >= 0, file >= 0 else {
      throw position.refuse("`line` and `file` are numbers from 0")
    }
    guard let places else {
      return SourcePosition(file: file, line: line, pointer: try position.optionalText("pointer"))
    }
    guard places.indices.contains(file) else {
      throw position.refuse("file \(file) is not among the \(places.count) names in `files`")
    }
    return SourcePosition(
      file: places[file], line: line, pointer: try position.optionalText("pointer"))
  }

  private func zone(_ value: JSONValue) throws(PolicyCodingError) -> Zone {
    try restrict(value, ["name", "alias", "networks", "leads_to_internet", "position"], "a zone")
    return Zone(
      name: try value.text("name"), alias: try value.optionalText("alias"),
      networks: try networks(value), leadsToInternet: try value.flag("leads_to_internet"),
      position: try position(value))
  }

  private func networks(_ value: JSONValue) throws(PolicyCodingError) -> AddressSet? {
    guard let found = value["networks"] else { return nil }
    return try terms.addresses(found)
  }

  private func proposal(_ value: JSONValue) throws(PolicyCodingError) -> ClientProposal {
    try restrict(value, ["traffic", "from_zone", "to_zone", "networks", "reason"], "a proposal")
    return ClientProposal(
      client: Client(
        traffic: try value.choice("traffic", default: .forwarded),
        fromZone: try value.optionalText("from_zone"), toZone: try value.optionalText("to_zone"),
        networks: try networks(value)),
      reason: try value.optionalText("reason") ?? "proposed by the policy")
  }

  private func pipeline(_ value: JSONValue) throws(PolicyCodingError) -> Pipeline {
    try restrict(value, ["traffic", "mode", "stages", "inspection"], "a pipeline")
    var stages: [Stage] = []
    for stage in try value.list("stages") {
      if let name = stage.string {
        stages.append(Stage(table: name))
        continue
      }
      try restrict(stage, ["table", "families", "auxiliary", "phase"], "a stage")
      var families: [AddressFamily] = []
      for word in try stage.texts("families") {
        guard let family = AddressFamily(rawValue: word) else {
          throw stage.refuse("`families` are `ipv4` and `ipv6`, here there is `\(word)`")
        }
        families.append(family)
      }
      stages.append(
        Stage(
          table: try stage.text("table"),
          families: stage["families"] == nil ? AddressFamily.allCases : families,
          isAuxiliary: try stage.flag("auxiliary"),
          phase: try stage.choice("phase", default: .firstPacket)))
    }
    return Pipeline(
      traffic: try value.choice("traffic", default: .forwarded),
      mode: try value.choice("mode", default: .allOf), stages: stages,
      inspection: try value.optionalText("inspection"))
  }

  private func table(_ value: JSONValue) throws(PolicyCodingError) -> Table {
    try restrict(value, ["name", "kind", "default", "rules"], "a table")
    guard let standard = value["default"] else { throw value.refuse("`default` is missing") }
    return Table(
      name: try value.text("name"), kind: try value.choice("kind", default: .filter), rules: [],
      defaultAction: try defaultAction(standard, in: value))
  }

  private func defaultAction(
    _ value: JSONValue, in table: JSONValue
  ) throws(PolicyCodingError) -> DefaultAction {
    let place = placesEverything ? ownPosition(value) : nil
    if value.string != nil {
      let outcome: DefaultAction.Outcome = try table.choice("default")
      return DefaultAction(outcome, name: "default \(outcome.rawValue)", position: place)
    }
    try restrict(value, ["outcome", "name", "position"], "a default")
    let outcome: DefaultAction.Outcome = try value.choice("outcome")
    return DefaultAction(
      outcome, name: try value.optionalText("name") ?? "default \(outcome.rawValue)",
      position: try position(value))
  }

  private func action(_ value: JSONValue) throws(PolicyCodingError) -> Action {
    let word = try value.text("action")
    if terms.isStrict {
      if value["gates"] != nil, word != "allow" { throw value.refuse("only `allow` has `gates`") }
      if value["target"] != nil, word != "jump", word != "goto" {
        throw value.refuse("only `jump` and `goto` have a `target`")
      }
    }
    switch word {
    case "allow": return .allow(gates: try value.texts("gates"))
    case "drop", "deny": return .deny(.drop)
    case "reject": return .deny(.reject)
    case "jump": return .jump(try value.text("target"))
    case "goto": return .goto(try value.text("target"))
    case "return": return .return
    case "continue": return .continue
    case "inspect": return .inspect
    case "bypass": return .bypass
    default:
      throw (value["action"] ?? value).refuse(
        "`action` is `\(word)`, expected one of `allow`, `deny`, `drop`, `reject`, `jump`, `goto`, "
          + "`return`, `continue`, `inspect`, `bypass`")
    }
  }
}
