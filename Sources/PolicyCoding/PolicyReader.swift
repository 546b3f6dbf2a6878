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
package struct PolicyReader {
  private var endpointNumbers: [String: Int] = [:]
  private var serviceNumbers: [String: Int] = [:]

  package init() {}

  /// A whole policy.
  package mutating func policy(_ root: JSONValue) throws(PolicyCodingError) -> Policy {
    guard root["schema"]?.string == PolicyWriter.schema else {
      throw refuse(root, "`schema` is not `\(PolicyWriter.schema)`")
    }
    var policy = try header(root)
    let endpointObjects = list(root, "endpoint_objects")
    let serviceObjects = list(root, "service_objects")
    try declare(endpointObjects: endpointObjects, serviceObjects: serviceObjects)
    for value in endpointObjects {
      policy.endpointObjects.append(try endpointObject(value))
    }
    for value in serviceObjects { policy.serviceObjects.append(try serviceObject(value)) }
    for (index, value) in list(root, "tables").enumerated() {
      for rule in list(value, "rules") {
        policy.tables[index].rules.append(try self.rule(rule))
      }
    }
    return policy
  }

  /// Everything but objects and rules; tables come without rules.
  package mutating func header(_ root: JSONValue) throws(PolicyCodingError) -> Policy {
    var policy = Policy(
      scope: try text(root, "scope"), format: try text(root, "format"),
      productVersion: root["product_version"]?.string ?? "",
      files: list(root, "files").compactMap(\.string))
    for value in list(root, "zones") {
      policy.zones.append(
        Zone(
          name: try text(value, "name"), alias: value["alias"]?.string,
          networks: try addresses(value["networks"]),
          leadsToInternet: value["leads_to_internet"]?.bool ?? false, position: position(value)))
    }
    for value in list(root, "pipelines") { policy.pipelines.append(try pipeline(value)) }
    for value in list(root, "proposals") {
      policy.proposals.append(
        ClientProposal(
          client: Client(
            traffic: try choice(value, "traffic", TrafficKind.init(rawValue:)),
            fromZone: value["from_zone"]?.string, toZone: value["to_zone"]?.string,
            networks: try addresses(value["networks"])), reason: value["reason"]?.string ?? ""))
    }
    for value in list(root, "notes") {
      policy.notes.append(
        Note(
          try choice(value, "kind", Note.Kind.init(rawValue:)), try text(value, "text"),
          at: position(value)))
    }
    for value in list(root, "tables") {
      guard let standard = value["default"] else { throw refuse(value, "`default` is missing") }
      policy.tables.append(
        Table(
          name: try text(value, "name"),
          kind: value["kind"] == nil
            ? .filter : try choice(value, "kind", Table.Kind.init(rawValue:)),
          rules: [],
          defaultAction: DefaultAction(
            try choice(standard, "outcome", DefaultAction.Outcome.init(rawValue:)),
            name: try text(standard, "name"), position: position(standard))))
    }
    return policy
  }

  /// Makes object ids known, so that references may point forwards.
  package mutating func declare(
    endpointObjects: [JSONValue], serviceObjects: [JSONValue]
  ) throws(PolicyCodingError) {
    for (number, value) in endpointObjects.enumerated() {
      endpointNumbers[try text(value, "id")] = number
    }
    for (number, value) in serviceObjects.enumerated() {
      serviceNumbers[try text(value, "id")] = number
    }
  }

  package func endpointObject(_ value: JSONValue) throws(PolicyCodingError) -> EndpointObject {
    EndpointObject(
      id: try text(value, "id"), name: try text(value, "name"), kind: value["kind"]?.string ?? "",
      list: try endpointList(try member(value, "list")), position: position(value))
  }

  package func serviceObject(_ value: JSONValue) throws(PolicyCodingError) -> ServiceObject {
    ServiceObject(
      id: try text(value, "id"), name: try text(value, "name"), kind: value["kind"]?.string ?? "",
      list: try serviceList(try member(value, "list")), position: position(value))
  }

  package func rule(_ value: JSONValue) throws(PolicyCodingError) -> Rule {
    var clauses: [Clause] = []
    for clause in list(value, "match") { clauses.append(try self.clause(clause)) }
    return Rule(
      name: value["name"]?.string ?? "", vendorID: value["id"]?.string,
      enabled: value["enabled"]?.bool ?? true, match: Match(clauses), action: try action(value),
      decrypts: value["decrypts"]?.bool ?? false, comment: value["comment"]?.string ?? "",
      origin: value["origin"] == nil
        ? .written : try choice(value, "origin", Rule.Origin.init(rawValue:)),
      position: position(value) ?? SourcePosition(line: 0))
  }

  // MARK: Parts

  private func refuse(_ value: JSONValue, _ reason: String) -> PolicyCodingError {
    PolicyCodingError(pointer: value.pointer, line: value.line, reason: reason)
  }

  private func list(_ value: JSONValue, _ name: StaticString) -> [JSONValue] {
    value[name].map { Array($0.elements) } ?? []
  }

  private func member(
    _ value: JSONValue, _ name: StaticString
  ) throws(PolicyCodingError) -> JSONValue {
    guard let found = value[name] else { throw refuse(value, "`\(name)` is missing") }
    return found
  }

  private func text(_ value: JSONValue, _ name: StaticString) throws(PolicyCodingError) -> String {
    guard let found = value[name]?.string else {
      throw refuse(value, "`\(name)` is missing or not a text")
    }
    return found
  }

  private func choice<Value>(
    _ value: JSONValue, _ name: StaticString, _ make: (String) -> Value?
  ) throws(PolicyCodingError) -> Value {
    let word = try text(value, name)
    guard let result = make(word) else {
      throw refuse(value, "`\(name)` is `\(word)`, which is not known")
    }
    return result
  }

  private func position(_ value: JSONValue) -> SourcePosition? {
    guard let position = value["position"], position.isObject else { return nil }
    return SourcePosition(
      file: position["file"]?.int ?? 0, line: position["line"]?.int ?? 0,
      pointer: position["pointer"]?.string)
  }

  private func addresses(_ value: JSONValue?) throws(PolicyCodingError) -> AddressSet? {
    guard let value, !value.isNull else { return nil }
    var result = AddressSet()
    for element in value.elements {
      guard let set = element.string.flatMap({ AddressSet(parsing: $0) }) else {
        throw refuse(element, "not an address, prefix or range")
      }
      result = result.union(set)
    }
    return result
  }

  private func pipeline(_ value: JSONValue) throws(PolicyCodingError) -> Pipeline {
    var stages: [Stage] = []
    for stage in list(value, "stages") {
      let families = list(stage, "families").compactMap {
        $0.string.flatMap(AddressFamily.init(rawValue:))
      }
      stages.append(
        Stage(
          table: try text(stage, "table"),
          families: stage["families"] == nil ? AddressFamily.allCases : families,
          isAuxiliary: stage["auxiliary"]?.bool ?? false))
    }
    return Pipeline(
      traffic: try choice(value, "traffic", TrafficKind.init(rawValue:)),
      mode: try choice(value, "mode", Pipeline.Mode.init(rawValue:)), stages: stages,
      inspection: value["inspection"]?.string)
  }

  private func action(_ value: JSONValue) throws(PolicyCodingError) -> Action {
    switch try text(value, "action") {
    case "allow": return .allow(gates: list(value, "gates").compactMap(\.string))
    case "drop": return .deny(.drop)
    case "reject": return .deny(.reject)
    case "jump": return .jump(try text(value, "target"))
    case "goto": return .goto(try text(value, "target"))
    case "return": return .return
    case "continue": return .continue
    case "inspect": return .inspect
    case "bypass": return .bypass
    case let word: throw refuse(value, "`action` is `\(word)`, which is not known")
    }
  }

  private func clause(_ value: JSONValue) throws(PolicyCodingError) -> Clause {
    guard let (kind, body) = value.members.first, value.count == 1 else {
      throw refuse(value, "a clause is an object with one member")
    }
    switch kind {
    case "from": return .from(zones(body))
    case "to": return .to(zones(body))
    case "zone_pair": return .zonePair(try choice(value, "zone_pair", ZonePairing.init(rawValue:)))
    case "family": return .family(try choice(value, "family", AddressFamily.init(rawValue:)))
    case "source": return .source(try endpointList(body))
    case "destination": return .destination(try endpointList(body))
    case "service": return .service(try serviceList(body))
    case "application": return .application(body.elements.compactMap(\.string))
    case "requires": return .requires(try condition(body))
    case "never": return .never(try text(value, "never"))
    default: throw refuse(value, "clause `\(kind)` is not known")
    }
  }

  private func zones(_ value: JSONValue) -> ZoneList {
    ZoneList(
      list(value, "zones").compactMap(\.string), negated: value["negated"]?.bool ?? false)
  }

  private func condition(_ value: JSONValue) throws(PolicyCodingError) -> Condition {
    Condition(
      try choice(value, "kind", Condition.Kind.init(rawValue:)), try text(value, "detail"))
  }

  private func endpointList(_ value: JSONValue) throws(PolicyCodingError) -> EndpointList {
    var terms: [EndpointTerm] = []
    for term in list(value, "terms") { terms.append(try endpointTerm(term)) }
    var exceptions: [EndpointTerm] = []
    for term in list(value, "except") { exceptions.append(try endpointTerm(term)) }
    return EndpointList(terms, except: exceptions, negated: value["negated"]?.bool ?? false)
  }

  private func endpointTerm(_ value: JSONValue) throws(PolicyCodingError) -> EndpointTerm {
    if value.string == "any" { return .any }
    if let set = value["addresses"] { return .addresses(try addresses(set) ?? AddressSet()) }
    if let id = value["object"]?.string {
      guard let number = endpointNumbers[id] else { throw refuse(value, "no object `\(id)`") }
      return .object(number)
    }
    if let name = value["tag"]?.string { return .tag(name) }
    if let name = value["category"]?.string { return .category(name) }
    if let inner = value["condition"] { return .condition(try condition(inner)) }
    if let inner = value["url"] { return .url(try url(inner)) }
    guard let pattern = try host(value) else { throw refuse(value, "not a term that is known") }
    let binding =
      value["binding"] == nil
      ? .observed : try choice(value, "binding", NameBinding.init(rawValue:))
    return .host(pattern, binding)
  }

  private func host(_ value: JSONValue) throws(PolicyCodingError) -> HostPattern? {
    func name(_ text: String) throws(PolicyCodingError) -> HostName {
      guard let name = HostName(text) else { throw refuse(value, "`\(text)` is not a host name") }
      return name
    }
    if value["host_any"]?.bool == true { return .any }
    if let text = value["host"]?.string { return .exact(try name(text)) }
    if let text = value["subdomains_of"]?.string { return .subdomains(try name(text)) }
    if let text = value["domain"]?.string { return .apexAndSubdomains(try name(text)) }
    if let text = value["one_label_below"]?.string { return .oneLabel(try name(text)) }
    if let text = value["host_suffix"]?.string { return .suffix(text) }
    if let text = value["host_leading"]?.string { return .leading(try name(text)) }
    if let text = value["host_substring"]?.string { return .substring(text) }
    if let text = value["host_glob"]?.string { return .glob(text) }
    if let text = value["host_regex"]?.string { return .regex(try regex(text, value)) }
    return nil
  }

  private func regex(
    _ text: String, _ value: JSONValue
  ) throws(PolicyCodingError) -> RegularExpression {
    do throws(RegularExpression.Unsupported) {
      return try RegularExpression(text)
    } catch {
      throw refuse(value, "regular expression `\(text)`: \(error.reason)")
    }
  }

  private func url(_ value: JSONValue) throws(PolicyCodingError) -> URLPattern {
    if let text = value["tokens"]?.string {
      return .tokens(text, openEnd: value["open_end"]?.bool ?? false)
    }
    if let text = value["substring"]?.string { return .substring(text) }
    if let text = value["glob"]?.string { return .glob(text) }
    if let text = value["regex"]?.string { return .regex(try regex(text, value)) }
    guard let pattern = try host(value) else { throw refuse(value, "not a URL that is known") }
    if let text = value["path"]?.string { return .parts(pattern, .exact(text)) }
    if let text = value["path_folder"]?.string { return .parts(pattern, .folder(text)) }
    if let text = value["path_prefix"]?.string { return .parts(pattern, .prefix(text)) }
    if let text = value["path_glob"]?.string { return .parts(pattern, .glob(text)) }
    return .parts(pattern, .any)
  }

  private func serviceList(_ value: JSONValue) throws(PolicyCodingError) -> ServiceList {
    var terms: [ServiceTerm] = []
    for term in list(value, "terms") { terms.append(try serviceTerm(term)) }
    return ServiceList(terms, negated: value["negated"]?.bool ?? false)
  }

  private func serviceTerm(_ value: JSONValue) throws(PolicyCodingError) -> ServiceTerm {
    if value.string == "any" { return .any }
    if let id = value["object"]?.string {
      guard let number = serviceNumbers[id] else { throw refuse(value, "no service `\(id)`") }
      return .object(number)
    }
    if let inner = value["condition"] { return .condition(try condition(inner)) }
    var service = Service(protocol: nil)
    if let number = value["protocol"] {
      guard let code = number.int.flatMap({ UInt8(exactly: $0) }) else {
        throw refuse(number, "`protocol` is a number from 0 to 255")
      }
      service.protocol = code
    }
    service.destinationPorts = try ports(value["ports"])
    service.sourcePorts = try ports(value["source_ports"])
    return .service(service)
  }

  private func ports(_ value: JSONValue?) throws(PolicyCodingError) -> PortSet {
    guard let value else { return .full }
    guard let text = value.string else { throw refuse(value, "ports are written as a text") }
    if text.isEmpty { return PortSet() }
    guard let set = PortSet(parsing: text) else {
      throw refuse(value, "`\(text)` is not a list of ports")
    }
    return set
  }
}
