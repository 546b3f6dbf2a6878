import EndpointCatalogue
import JSONTree
import NetworkSets

/// Reads `sallyport.catalogue/1` as strictly as its published schema, and refuses what the schema
/// cannot say: services that are not listed, and rows that are given twice.
struct CatalogueJSONReader {
  private let file: String
  private let strict: StrictObject

  init(file: String) {
    self.file = file
    strict = StrictObject(file: file)
  }

  private func refuse(_ value: JSONValue, _ reason: String) -> CatalogueError {
    strict.refuse(value, reason)
  }

  // MARK: The edition

  func catalogue(_ root: JSONValue) throws(CatalogueError) -> Catalogue {
    try strict.check(
      root,
      members: [
        "schema", "id", "version", "title", "published", "effective", "dates", "source",
        "statements", "services", "endpoints", "answers",
      ])
    guard try strict.text(root, "schema") == CatalogueJSON.schema else {
      throw refuse(root, "`schema` is not `\(CatalogueJSON.schema)`")
    }
    let id = try strict.text(root, "id")
    guard Self.isIdentifier(id) else {
      throw refuse(
        root["id"] ?? root,
        "`id` is letters, digits, dots and hyphens, with `/local` behind it for additions of one's "
          + "own")
    }
    let version = try strict.text(root, "version")
    guard CatalogueVersion.isValid(version) else {
      throw refuse(
        root["version"] ?? root,
        "`version` is not a date of the calendar such as 2024-05-17, with a suffix if need be: "
          + "`\(version)`")
    }
    let published = try day(root, "published")
    let services = try services(root)
    var catalogue = Catalogue(
      id: id, version: version, title: try strict.text(root, "title"), published: published,
      effective: root["effective"] == nil ? published : try day(root, "effective"),
      dates: try dates(root["dates"]), source: try source(root),
      statements: try statements(root["statements"]), services: services,
      endpoints: try endpoints(root, services: Set(services.map(\.id))))
    catalogue.answers = try answers(root["answers"])
    return catalogue
  }

  /// What lists and their local additions may be called.
  static func isIdentifier(_ text: String) -> Bool {
    var parts = text.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count == 2, parts[1] == "local" { parts.removeLast() }
    return parts.count == 1 && !parts[0].isEmpty
      && parts[0].utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x2D || $0 == 0x2E
          || $0 == 0x5F
      }
  }

  private func day(_ object: JSONValue, _ name: String) throws(CatalogueError) -> String {
    let text = try strict.text(object, name)
    guard CatalogueDay.isValid(text) else {
      throw refuse(
        object.member(name) ?? object,
        "`\(name)` is not a day of the calendar such as 2024-05-17: `\(text)`")
    }
    return text
  }

  private func dates(_ value: JSONValue?) throws(CatalogueError) -> [String: CatalogueDate] {
    guard let value else { return [:] }
    try strict.check(value, members: ["published", "effective", "first_seen"])
    var result: [String: CatalogueDate] = [:]
    for (name, date) in value.members {
      try strict.check(date, members: ["from", "to", "source"])
      result[name] = CatalogueDate(
        from: try day(date, "from"), to: date["to"] == nil ? nil : try day(date, "to"),
        source: try strict.text(date, "source"))
    }
    return result
  }

  private func source(_ root: JSONValue) throws(CatalogueError) -> CatalogueSource {
    guard let source = root["source"] else { throw refuse(root, "`source` is missing") }
    try strict.check(
      source, members: ["title", "url", "locale", "sha256", "repository", "commit", "path"])
    let sha256 = try given(source, "sha256") ?? ""
    guard
      sha256.isEmpty
        || sha256.utf8.count == 64
          && sha256.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { throw refuse(source["sha256"] ?? source, "`sha256` is not 64 hexadecimal digits") }
    return CatalogueSource(
      title: try strict.text(source, "title"), url: try given(source, "url") ?? "",
      locale: try given(source, "locale") ?? "", sha256: sha256,
      repository: try given(source, "repository"), commit: try given(source, "commit"),
      path: try given(source, "path"))
  }

  /// A text that may be missing, but not null.
  private func given(_ object: JSONValue, _ name: String) throws(CatalogueError) -> String? {
    guard let member = object.member(name) else { return nil }
    guard let text = member.string else { throw refuse(member, "`\(name)` is not a text") }
    return text
  }

  private func statements(_ value: JSONValue?) throws(CatalogueError) -> [String: Statement] {
    guard let value else { return [:] }
    guard value.isObject else { throw refuse(value, "`statements` is not an object") }
    var result: [String: Statement] = [:]
    for (key, member) in value.members {
      guard result[key] == nil else { throw refuse(member, "`\(key)` is given twice") }
      if let flag = member.bool {
        result[key] = .flag(flag)
      } else if let number = member.int {
        result[key] = .number(number)
      } else if let text = member.string {
        result[key] = .text(text)
      } else {
        throw refuse(member, "a statement is true, false, a whole number or a text")
      }
    }
    return result
  }

  private func services(_ root: JSONValue) throws(CatalogueError) -> [CatalogueService] {
    guard let list = root["services"], list.isArray else {
      throw refuse(root, "`services` is missing or not a list")
    }
    var result: [CatalogueService] = []
    for value in list.elements {
      try strict.check(value, members: ["id", "name"])
      let id = try strict.text(value, "id")
      guard let name = value["name"], name.isObject else {
        throw refuse(value, "`name` is missing or not an object")
      }
      var names: [String: String] = [:]
      for (language, text) in name.members {
        guard let text = text.string else { throw refuse(text, "a name is a text") }
        names[language] = text
      }
      guard names["en"] != nil else { throw refuse(name, "`name` has no `en`") }
      guard !result.contains(where: { $0.id == id }) else {
        throw refuse(value, "service `\(id)` is listed twice")
      }
      result.append(CatalogueService(id: id, names: names))
    }
    return result
  }

  private func answers(_ value: JSONValue?) throws(CatalogueError) -> [CatalogueAnswer] {
    guard let value else { return [] }
    guard value.isArray else { throw refuse(value, "`answers` is not a list") }
    var result: [CatalogueAnswer] = []
    for item in value.elements {
      try strict.check(item, members: ["kind", "token", "answer", "by", "on"])
      guard let token = item["token"]?.string else { throw refuse(item, "`token` is missing") }
      result.append(
        CatalogueAnswer(
          kind: try strict.text(item, "kind"), token: token,
          answer: try strict.text(item, "answer"), by: try strict.text(item, "by"),
          on: try day(item, "on")))
    }
    return result
  }

  // MARK: Rows

  private func endpoints(
    _ root: JSONValue, services: Set<String>
  ) throws(CatalogueError) -> [Endpoint] {
    guard let list = root["endpoints"], list.isArray else {
      throw refuse(root, "`endpoints` is missing or not a list")
    }
    guard list.count > 0 else {
      throw refuse(list, "`endpoints` is empty: a list of nothing would pass everything")
    }
    var result: [Endpoint] = []
    var places: [[String]: Int] = [:]
    var transports: [String: String] = [:]
    for value in list.elements {
      let endpoint = try endpoint(value)
      guard services.contains(endpoint.service) else {
        throw refuse(
          value["service"] ?? value, "service `\(endpoint.service)` is not among `services`")
      }
      let identity = endpoint.identity
      let key = [
        identity.service, identity.host, identity.path, endpoint.transport,
        endpoint.platform ?? "", endpoint.geography ?? "", endpoint.cloud ?? "",
      ]
      if let first = places[key] {
        throw refuse(
          value,
          "the row is the same as `/endpoints/\(first)`: \(endpoint.text) for \(endpoint.service)"
            + "; give one row with all its ports")
      }
      places[key] = result.count
      if let other = transports.updateValue(endpoint.transport, forKey: endpoint.text),
        other != endpoint.transport
      {
        throw refuse(
          value, "a row for \(other) is printed as `\(endpoint.text)` too: give one another `text`")
      }
      result.append(endpoint)
    }
    return result
  }

  private func endpoint(_ value: JSONValue) throws(CatalogueError) -> Endpoint {
    try strict.check(
      value,
      members: [
        "service", "text", "host", "address", "path", "path_match", "scheme", "protocol",
        "ports_required", "ports_advised", "inspection", "note", "level", "condition", "platform",
        "geography", "cloud",
      ])
    let (host, isAddress) = try hostOrAddress(value)
    let required = try ports(value, "ports_required")
    let advised = try ports(value, "ports_advised")
    guard !required.isEmpty || !advised.isEmpty else {
      throw refuse(value, "the row has no port: give `ports_required` or `ports_advised`")
    }
    let path = try path(value)
    guard !isAddress || path.text == nil else {
      throw refuse(value["path"] ?? value, "a row with an `address` has no path")
    }
    let transport = try choice(value, "protocol", ["tcp", "udp"]) ?? "tcp"
    let endpoint = Endpoint(
      service: try strict.text(value, "service"),
      text: try given(value, "text") ?? (transport == "udp" ? host + " (UDP)" : host),
      host: host, path: path.text, pathMatch: path.match,
      scheme: try strict.optionalText(value, "scheme"),
      transport: transport, portsRequired: required,
      portsAdvised: advised,
      inspection: try strict.optionalText(value, "inspection") == nil
        ? nil
        : try known(value, "inspection", Endpoint.Inspection.init(rawValue:)),
      note: try strict.optionalText(value, "note"),
      level: value["level"] == nil
        ? .required : try known(value, "level", Endpoint.Level.init(rawValue:)),
      condition: try strict.optionalText(value, "condition"),
      platform: try strict.optionalText(value, "platform"),
      geography: try strict.optionalText(value, "geography"),
      cloud: try strict.optionalText(value, "cloud"), isAddress: isAddress)
    guard let endpoint else {
      throw refuse(
        value["host"] ?? value,
        "`host` is neither a host name nor one with stars in it: `\(host)`")
    }
    return endpoint
  }

  private func hostOrAddress(_ value: JSONValue) throws(CatalogueError) -> (String, Bool) {
    if value["address"] != nil {
      let address = try strict.text(value, "address")
      guard value["host"] == nil else { throw refuse(value, "a row has `host` or `address`") }
      guard address.utf8.allSatisfy({ Self.addressBytes.contains($0) }),
        AddressSet(parsing: address) != nil
      else {
        throw refuse(
          value["address"] ?? value, "`address` is not an address or network: `\(address)`")
      }
      return (address, true)
    }
    let host = try strict.text(value, "host")
    guard host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), host.utf8.last != 0x2E else {
      throw refuse(
        value["host"] ?? value, "`host` is written in ASCII, without a dot at the end: `\(host)`")
    }
    guard !Self.isNumeric(host) else {
      throw refuse(
        value["host"] ?? value, "`\(host)` is an address and no host name: write it as `address`")
    }
    return (host, false)
  }

  private static let addressBytes = Set("0123456789abcdefABCDEF:./".utf8)

  private static func isNumeric(_ host: String) -> Bool {
    let last = host.utf8.split(separator: 0x2E, omittingEmptySubsequences: false).last
    return host.utf8.contains(0x3A) || last?.allSatisfy { (0x30...0x39).contains($0) } ?? true
  }

  /// A path without stars, or a folder with one star at its end, which says what the folder says.
  private func path(
    _ value: JSONValue
  ) throws(CatalogueError) -> (text: String?, match: Endpoint.PathMatch?) {
    var match: Endpoint.PathMatch?
    if let member = value["path_match"], !member.isNull {
      match = try known(value, "path_match", Endpoint.PathMatch.init(rawValue:))
    }
    guard var text = try strict.optionalText(value, "path") else {
      guard match == nil else {
        throw refuse(value["path_match"] ?? value, "`path_match` without a `path`")
      }
      return (nil, nil)
    }
    let place = value["path"] ?? value
    guard text.utf8.first == 0x2F, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      throw refuse(place, "`path` starts with a slash and has no blanks: `\(text)`")
    }
    if text.utf8.contains(0x2A) {
      guard text.hasSuffix("/*"), text.utf8.count(where: { $0 == 0x2A }) == 1 else {
        throw refuse(
          place, "a star in a path stands at its end, behind a slash, and nowhere else: `\(text)`")
      }
      guard match != .exact else {
        throw refuse(place, "a path with a star is not `exact`: `\(text)`")
      }
      text.removeLast()
      match = .prefix
    }
    return (text, match)
  }

  private func known<Value>(
    _ object: JSONValue, _ name: String, _ make: (String) -> Value?
  ) throws(CatalogueError) -> Value {
    guard let value = object.member(name), let result = value.string.flatMap({ make($0) }) else {
      throw refuse(object.member(name) ?? object, "`\(name)` has a value that is not known")
    }
    return result
  }

  private func choice(
    _ object: JSONValue, _ name: String, _ allowed: [String]
  ) throws(CatalogueError) -> String? {
    guard let value = object.member(name) else { return nil }
    guard let text = value.string, allowed.contains(text) else {
      throw refuse(value, "`\(name)` is one of \(allowed.joined(separator: ", "))")
    }
    return text
  }

  private func ports(_ object: JSONValue, _ name: String) throws(CatalogueError) -> [UInt16] {
    guard let list = object.member(name) else { return [] }
    guard list.isArray else { throw refuse(list, "`\(name)` is not a list") }
    var result: [UInt16] = []
    for value in list.elements {
      guard let number = value.int, let port = UInt16(exactly: number), port > 0 else {
        throw refuse(value, "a port is a number from 1 to 65535")
      }
      guard !result.contains(port) else { throw refuse(value, "port \(port) is given twice") }
      result.append(port)
    }
    return result
  }
}
