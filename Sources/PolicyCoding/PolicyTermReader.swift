import JSONTree
import NetworkSets
import PolicyModel

/// Reads matches, lists and their terms.
struct PolicyTermReader {
  var endpointNumbers: [String: Int] = [:]
  var serviceNumbers: [String: Int] = [:]
  /// Whether members that are not known are refused.
  var isStrict = false

  private func restrict(
    _ value: JSONValue, _ names: Set<String>, _ what: String
  ) throws(PolicyCodingError) {
    if isStrict { try value.allow(only: names, in: what) }
  }

  // MARK: Matches

  /// A list of clauses with one member each, or one object with a clause a member.
  func match(_ value: JSONValue?) throws(PolicyCodingError) -> Match {
    guard let value else { return Match() }
    var clauses: [Clause] = []
    if value.isObject {
      for (kind, body) in value.members { clauses.append(try clause(kind, body, in: value)) }
      return Match(clauses)
    }
    guard value.isArray else { throw value.refuse("`match` is a list or an object") }
    for element in value.elements {
      guard let (kind, body) = element.members.first, element.count == 1 else {
        throw element.refuse("a clause is an object with one member")
      }
      clauses.append(try clause(kind, body, in: element))
    }
    return Match(clauses)
  }

  private func clause(
    _ kind: String, _ body: JSONValue, in value: JSONValue
  ) throws(PolicyCodingError) -> Clause {
    switch kind {
    case "from": return .from(try zones(body))
    case "to": return .to(try zones(body))
    case "zone_pair": return .zonePair(try value.choice("zone_pair"))
    case "family": return .family(try value.choice("family"))
    case "source": return .source(try endpointList(body))
    case "destination": return .destination(try endpointList(body))
    case "service": return .service(try serviceList(body))
    case "application":
      if let name = body.string { return .application([name]) }
      return .application(try value.texts("application"))
    case "requires": return .requires(try condition(body))
    case "period": return .period(try period(body))
    case "never": return .never(try value.text("never"))
    default:
      throw body.refuse(
        "clause `\(kind)` is not known; clauses are from, to, zone_pair, family, source, destination, "
          + "service, application, requires, period, never")
    }
  }

  private func period(_ value: JSONValue) throws(PolicyCodingError) -> Period {
    let period = Period(
      from: try value.optionalText("from"), until: try value.optionalText("until"),
      name: try value.text("name"))
    for moment in [period.from, period.until] {
      guard moment.map({ Period.isLocalTime($0) }) ?? true else {
        throw value.refuse("`from` and `until` are local times such as 2026-01-31T08:00:00")
      }
    }
    return period
  }

  private func zones(_ value: JSONValue) throws(PolicyCodingError) -> ZoneList {
    if let name = value.string { return ZoneList([name]) }
    if value.isArray {
      var names: [String] = []
      for element in value.elements {
        guard let name = element.string else { throw element.refuse("a zone is given by its name") }
        names.append(name)
      }
      return ZoneList(names)
    }
    try restrict(value, ["zones", "negated"], "a list of zones")
    return ZoneList(try value.texts("zones"), negated: try value.flag("negated"))
  }

  private func condition(_ value: JSONValue) throws(PolicyCodingError) -> Condition {
    try restrict(value, ["kind", "detail"], "a condition")
    return Condition(try value.choice("kind"), try value.text("detail"))
  }

  // MARK: Addresses and names

  func addresses(_ value: JSONValue) throws(PolicyCodingError) -> AddressSet {
    var v4: [IntervalSet<UInt32>.Interval] = []
    var v6: [IntervalSet<UInt128>.Interval] = []
    guard value.isArray || value.string != nil else {
      throw value.refuse("addresses are a list of texts, here there is \(value.kindWord)")
    }
    for element in value.isArray ? Array(value.elements) : [value] {
      guard let set = element.string.flatMap({ AddressSet(parsing: $0) }) else {
        throw element.refuse("expected an address, a prefix such as `192.0.2.0/24` or a range")
      }
      v4 += set.v4.intervals
      v6 += set.v6.intervals
    }
    return AddressSet(v4: IntervalSet(v4), v6: IntervalSet(v6))
  }

  /// `{"terms": […], "except": […], "negated": …}`, a list of terms, or a single term.
  func endpointList(_ value: JSONValue) throws(PolicyCodingError) -> EndpointList {
    guard value.isObject, value["terms"] != nil || value["except"] != nil || value["negated"] != nil
    else {
      if value.isArray { return EndpointList(try endpointTerms(Array(value.elements))) }
      return EndpointList([try endpointTerm(value)])
    }
    try restrict(value, ["terms", "except", "negated"], "a list of terms")
    guard value["terms"] != nil else { throw value.refuse("`terms` is missing") }
    return EndpointList(
      try endpointTerms(try value.list("terms")),
      except: try endpointTerms(try value.list("except")),
      negated: try value.flag("negated"))
  }

  private func endpointTerms(_ values: [JSONValue]) throws(PolicyCodingError) -> [EndpointTerm] {
    var terms: [EndpointTerm] = []
    terms.reserveCapacity(values.count)
    for value in values { terms.append(try endpointTerm(value)) }
    return terms
  }

  private func endpointTerm(_ value: JSONValue) throws(PolicyCodingError) -> EndpointTerm {
    if let text = value.string { return try endpointTerm(text, value) }
    guard value.isObject else {
      throw value.refuse("a term is a text or an object, here it is \(value.kindWord)")
    }
    if isStrict { try checkKinds(value) }
    if let set = value["addresses"] { return .addresses(try addresses(set)) }
    if let id = try value.optionalText("object") {
      guard let number = endpointNumbers[id] else {
        throw value.refuse("no object has the id `\(id)`")
      }
      return .object(number)
    }
    if let name = try value.optionalText("tag") { return .tag(name) }
    if let name = try value.optionalText("category") { return .category(name) }
    if let inner = value["condition"] { return .condition(try condition(inner)) }
    if let inner = value["url"] { return .url(try url(inner)) }
    guard let pattern = try host(value) else { throw value.refuse("not a term that is known") }
    return .host(pattern, try value.choice("binding", default: .observed))
  }

  /// A text for `any`, addresses or one host name. A star is not taken: products disagree about what
  /// it means, so it must be said.
  private func endpointTerm(
    _ text: String, _ value: JSONValue
  ) throws(PolicyCodingError) -> EndpointTerm {
    if text == "any" { return .any }
    if let set = AddressSet(parsing: text) { return .addresses(set) }
    if text.contains("*") {
      let name = text.drop { $0 == "*" || $0 == "." }
      throw value.refuse(
        "`\(text)` can mean several things; write {\"subdomains_of\": \"\(name)\"}, or {\"domain\": "
          + "\"\(name)\"} where the name itself is meant too")
    }
    guard let name = HostName(text), text.contains(".") else {
      throw value.refuse("`\(text)` is not `any`, an address or a host name")
    }
    return .host(.exact(name), .observed)
  }

  private static let hostKinds = [
    "host_any", "host", "subdomains_of", "domain", "one_label_below", "host_suffix", "host_leading",
    "host_substring", "host_glob", "host_regex",
  ]
  private static let termKinds =
    hostKinds + ["addresses", "object", "tag", "category", "condition", "url"]
  private static let pathKinds = ["path", "path_folder", "path_prefix", "path_glob"]
  private static let urlKinds = hostKinds + ["tokens", "substring", "glob", "regex"]

  /// Exactly one member says what a term is.
  private func checkKinds(_ value: JSONValue) throws(PolicyCodingError) {
    try value.allow(only: Set(Self.termKinds + ["binding"]), in: "a term")
    let kinds = value.members.map(\.key).filter { $0 != "binding" }
    guard kinds.count == 1 else {
      throw value.refuse(
        kinds.isEmpty
          ? "a term has one of \(Self.termKinds.joined(separator: ", "))"
          : "a term is one thing, here it is \(kinds.joined(separator: " and "))")
    }
    if value["binding"] != nil, !Self.hostKinds.contains(kinds[0]) {
      throw value.refuse("only host names have a `binding`")
    }
  }

  private func host(_ value: JSONValue) throws(PolicyCodingError) -> HostPattern? {
    func name(_ text: String) throws(PolicyCodingError) -> HostName {
      guard let name = HostName(text) else { throw value.refuse("`\(text)` is not a host name") }
      return name
    }
    if value["host_any"] != nil {
      guard try value.flag("host_any") else { throw value.refuse("`host_any` can only be true") }
      return .any
    }
    if let text = try value.optionalText("host") { return .exact(try name(text)) }
    if let text = try value.optionalText("subdomains_of") { return .subdomains(try name(text)) }
    if let text = try value.optionalText("domain") { return .apexAndSubdomains(try name(text)) }
    if let text = try value.optionalText("one_label_below") { return .oneLabel(try name(text)) }
    if let text = try value.optionalText("host_suffix") { return .suffix(text) }
    if let text = try value.optionalText("host_leading") { return .leading(try name(text)) }
    if let text = try value.optionalText("host_substring") { return .substring(text) }
    if let text = try value.optionalText("host_glob") { return .glob(text) }
    if let text = try value.optionalText("host_regex") { return .regex(try regex(text, value)) }
    return nil
  }

  private func regex(
    _ text: String, _ value: JSONValue
  ) throws(PolicyCodingError) -> RegularExpression {
    do throws(RegularExpression.Unsupported) {
      return try RegularExpression(text)
    } catch {
      throw value.refuse("regular expression `\(text)`: \(error.reason)")
    }
  }

  private func url(_ value: JSONValue) throws(PolicyCodingError) -> URLPattern {
    if isStrict {
      try value.allow(only: Set(Self.urlKinds + Self.pathKinds + ["open_end"]), in: "a URL")
      let kinds = value.members.map(\.key)
      guard kinds.count(where: Self.urlKinds.contains) == 1,
        kinds.count(where: Self.pathKinds.contains) <= 1
      else {
        throw value.refuse(
          "a URL has one of \(Self.urlKinds.joined(separator: ", ")), and at most one path")
      }
      guard
        kinds.contains(where: Self.hostKinds.contains)
          || !kinds.contains(where: Self.pathKinds.contains)
      else { throw value.refuse("a path goes with a host only") }
      guard value["open_end"] == nil || value["tokens"] != nil else {
        throw value.refuse("`open_end` goes with `tokens` only")
      }
    }
    if let text = try value.optionalText("tokens") {
      return .tokens(text, openEnd: try value.flag("open_end"))
    }
    if let text = try value.optionalText("substring") { return .substring(text) }
    if let text = try value.optionalText("glob") { return .glob(text) }
    if let text = try value.optionalText("regex") { return .regex(try regex(text, value)) }
    guard let pattern = try host(value) else { throw value.refuse("not a URL that is known") }
    if let text = try value.optionalText("path") { return .parts(pattern, .exact(text)) }
    if let text = try value.optionalText("path_folder") {
      guard text.utf8.first == 0x2F else { throw value.refuse("a folder starts with `/`") }
      return .parts(pattern, .folder(text))
    }
    if let text = try value.optionalText("path_prefix") { return .parts(pattern, .prefix(text)) }
    if let text = try value.optionalText("path_glob") { return .parts(pattern, .glob(text)) }
    return .parts(pattern, .any)
  }

  // MARK: Services

  /// `{"terms": […], "negated": …}`, a list of terms, or a single term.
  func serviceList(_ value: JSONValue) throws(PolicyCodingError) -> ServiceList {
    guard value.isObject, value["terms"] != nil || value["negated"] != nil else {
      if value.isArray { return ServiceList(try serviceTerms(Array(value.elements))) }
      return ServiceList([try serviceTerm(value)])
    }
    try restrict(value, ["terms", "negated"], "a list of services")
    guard value["terms"] != nil else { throw value.refuse("`terms` is missing") }
    return ServiceList(
      try serviceTerms(try value.list("terms")), negated: try value.flag("negated"))
  }

  private func serviceTerms(_ values: [JSONValue]) throws(PolicyCodingError) -> [ServiceTerm] {
    var terms: [ServiceTerm] = []
    for value in values { terms.append(try serviceTerm(value)) }
    return terms
  }

  private func serviceTerm(_ value: JSONValue) throws(PolicyCodingError) -> ServiceTerm {
    if let text = value.string { return try serviceTerm(text, value) }
    guard value.isObject else {
      throw value.refuse("a service is a text or an object, here it is \(value.kindWord)")
    }
    if let id = try value.optionalText("object") {
      try restrict(value, ["object"], "a reference to a service")
      guard let number = serviceNumbers[id] else {
        throw value.refuse("no service object has the id `\(id)`")
      }
      return .object(number)
    }
    if let inner = value["condition"] {
      try restrict(value, ["condition"], "a condition")
      return .condition(try condition(inner))
    }
    try restrict(value, ["protocol", "ports", "source_ports"], "a service")
    return .service(
      Service(
        protocol: try protocolNumber(value["protocol"]),
        destinationPorts: try ports(value["ports"]),
        sourcePorts: try ports(value["source_ports"])))
  }

  /// `any`, `tcp`, `tcp/443`, `udp/53,123`.
  private func serviceTerm(
    _ text: String, _ value: JSONValue
  ) throws(PolicyCodingError) -> ServiceTerm {
    if text == "any" { return .any }
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let number = Self.protocols[String(parts[0])] else {
      throw value.refuse("`\(text)` is not a service; write `any`, `tcp/443` or `udp/53,123`")
    }
    guard parts.count == 2 else { return .service(Service(protocol: number)) }
    guard let ports = PortSet(parsing: parts[1]) else {
      throw value.refuse("`\(parts[1])` is not a list of ports")
    }
    return .service(Service(protocol: number, destinationPorts: ports))
  }

  private static let protocols: [String: UInt8] = [
    "tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "gre": 47, "esp": 50, "ah": 51, "sctp": 132,
  ]

  private func protocolNumber(_ value: JSONValue?) throws(PolicyCodingError) -> UInt8? {
    guard let value else { return nil }
    if let word = value.string, let number = Self.protocols[word] { return number }
    guard let number = value.int.flatMap({ UInt8(exactly: $0) }) else {
      throw value.refuse(
        "`protocol` is a number from 0 to 255 or one of "
          + Self.protocols.keys.sorted().joined(separator: ", "))
    }
    return number
  }

  private func ports(_ value: JSONValue?) throws(PolicyCodingError) -> PortSet {
    guard let value else { return .full }
    guard let text = value.string ?? value.numberText else {
      throw value.refuse("ports are a text such as `80,443,8000-8080`, or a number")
    }
    if text.isEmpty { return PortSet() }
    if text == "any" { return .full }
    guard let set = PortSet(parsing: text) else {
      throw value.refuse("`\(text)` is not a list of ports")
    }
    return set
  }
}
