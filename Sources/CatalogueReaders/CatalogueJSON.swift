import EndpointCatalogue
import JSONTree

/// Why a catalogue file was refused.
package struct CatalogueError: Error, Equatable, CustomStringConvertible, Sendable {
  package let file: String
  /// JSON pointer or `line:column`; empty where the whole file is meant.
  package let position: String
  package let reason: String

  package init(file: String, position: String = "", reason: String) {
    self.file = file
    self.position = position
    self.reason = reason
  }

  package var description: String {
    (position.isEmpty ? file : "\(file):\(position)") + ": " + reason
  }
}

/// Sallyport's own form of a catalogue (`sallyport.catalogue/1`), described by a JSON Schema in
/// `Schema/`.
package enum CatalogueJSON {
  package static let schema = "sallyport.catalogue/1"

  package static func read(_ bytes: [UInt8], file: String) throws(CatalogueError) -> Catalogue {
    let tree: JSONTree
    do throws(JSONReadError) {
      tree = try JSONTree(bytes)
    } catch {
      throw CatalogueError(
        file: file, position: error.line > 0 ? "\(error.line):\(error.column)" : "",
        reason: "not readable as JSON: \(error.reason)")
    }
    var reader = Reader(file: file)
    return try reader.catalogue(tree.root)
  }

  package static func write(_ catalogue: Catalogue, pretty: Bool = true) -> [UInt8] {
    var writer = JSONWriter(pretty: pretty)
    writer.object { writer in
      writer.member("schema", schema)
      writer.member("id", catalogue.id)
      writer.member("version", catalogue.version)
      writer.member("title", catalogue.title)
      writer.member("published", catalogue.published)
      writer.member("effective", catalogue.effective)
      writer.member("source") { writer in
        writer.member("title", catalogue.source.title)
        writer.member("url", catalogue.source.url)
        writer.member("locale", catalogue.source.locale)
        writer.member("sha256", catalogue.source.sha256)
      }
      writer.member("statements") { writer in
        for (key, statement) in catalogue.statements.sorted(by: { $0.key < $1.key }) {
          switch statement {
          case .flag(let flag): writer.member(key, flag)
          case .number(let number): writer.member(key, number)
          case .text(let text): writer.member(key, text)
          }
        }
      }
      writer.member("services", each: catalogue.services) { writer, service in
        writer.object { writer in
          writer.member("id", service.id)
          writer.member("name") { writer in
            for (language, name) in service.names.sorted(by: { $0.key < $1.key }) {
              writer.member(language, name)
            }
          }
        }
      }
      writer.member("endpoints", each: catalogue.endpoints, write)
    }
    return writer.bytes + [0x0A]
  }

  private static func write(_ writer: inout JSONWriter, _ endpoint: Endpoint) {
    writer.object { writer in
      writer.member("service", endpoint.service)
      writer.member("text", endpoint.text)
      writer.member("host", endpoint.host)
      writer.member("path", endpoint.path)
      writer.member("path_match", endpoint.pathMatch?.rawValue)
      writer.member("scheme", endpoint.scheme)
      writer.member("protocol", endpoint.transport)
      writer.member("ports_required", each: endpoint.portsRequired) { $0.value(Int($1)) }
      writer.member("ports_advised", each: endpoint.portsAdvised) { $0.value(Int($1)) }
      writer.member("inspection", endpoint.inspection?.rawValue)
      writer.member("note", endpoint.note)
    }
  }

  private struct Reader {
    let file: String

    func refuse(_ value: JSONValue, _ reason: String) -> CatalogueError {
      CatalogueError(file: file, position: value.pointer, reason: reason)
    }

    func text(_ object: JSONValue, _ name: String) throws(CatalogueError) -> String {
      guard let value = object.member(name)?.string, !value.isEmpty else {
        throw refuse(object, "`\(name)` is missing or not a text")
      }
      return value
    }

    mutating func catalogue(_ root: JSONValue) throws(CatalogueError) -> Catalogue {
      guard try text(root, "schema") == CatalogueJSON.schema else {
        throw refuse(root, "`schema` is not `\(CatalogueJSON.schema)`")
      }
      let version = try text(root, "version")
      guard CatalogueVersion.isValid(version) else {
        throw refuse(root, "`version` is not a date such as 2024-05-17, with a suffix if need be")
      }
      guard let source = root["source"], source.isObject else {
        throw refuse(root, "`source` is missing")
      }
      let published = try text(root, "published")
      let catalogue = Catalogue(
        id: try text(root, "id"), version: version, title: try text(root, "title"),
        published: published, effective: root["effective"]?.string ?? published,
        source: CatalogueSource(
          title: try text(source, "title"), url: source["url"]?.string ?? "",
          locale: source["locale"]?.string ?? "", sha256: source["sha256"]?.string ?? ""),
        statements: try statements(root["statements"]),
        services: try services(root), endpoints: try endpoints(root))
      for (index, endpoint) in catalogue.endpoints.enumerated()
      where catalogue.service(endpoint.service) == nil {
        throw CatalogueError(
          file: file, position: "/endpoints/\(index)/service",
          reason: "service `\(endpoint.service)` is not among `services`")
      }
      guard !catalogue.endpoints.isEmpty else { throw refuse(root, "`endpoints` is empty") }
      return catalogue
    }

    func statements(_ value: JSONValue?) throws(CatalogueError) -> [String: Statement] {
      var result: [String: Statement] = [:]
      for (key, member) in value?.members ?? [] {
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

    func services(_ root: JSONValue) throws(CatalogueError) -> [CatalogueService] {
      guard let list = root["services"], list.isArray else {
        throw refuse(root, "`services` is missing")
      }
      var result: [CatalogueService] = []
      for value in list.elements {
        var names: [String: String] = [:]
        for (language, name) in value["name"]?.members ?? [] { names[language] = name.string }
        let id = try text(value, "id")
        guard names["en"] != nil else { throw refuse(value, "`name` has no `en`") }
        guard !result.contains(where: { $0.id == id }) else {
          throw refuse(value, "service `\(id)` is listed twice")
        }
        result.append(CatalogueService(id: id, names: names))
      }
      return result
    }

    func endpoints(_ root: JSONValue) throws(CatalogueError) -> [Endpoint] {
      guard let list = root["endpoints"], list.isArray else {
        throw refuse(root, "`endpoints` is missing")
      }
      var result: [Endpoint] = []
      for value in list.elements {
        let host = try text(value, "host")
        let path = value["path"]?.string
        if let path, !path.hasPrefix("/") {
          throw refuse(value, "`path` does not start with a slash")
        }
        let endpoint = Endpoint(
          service: try text(value, "service"), text: value["text"]?.string ?? host, host: host,
          path: path,
          pathMatch: try choice(value, "path_match", Endpoint.PathMatch.init(rawValue:)),
          scheme: value["scheme"]?.string, transport: value["protocol"]?.string ?? "tcp",
          portsRequired: try ports(value, "ports_required"),
          portsAdvised: try ports(value, "ports_advised"),
          inspection: try choice(value, "inspection", Endpoint.Inspection.init(rawValue:)),
          note: value["note"]?.string)
        guard let endpoint else {
          throw refuse(value, "`host` is neither a host name nor `*.` and a host name: `\(host)`")
        }
        guard endpoint.transport == "tcp" else {
          throw refuse(value, "`protocol` is `\(endpoint.transport)`; only tcp can be judged")
        }
        guard !endpoint.portsRequired.isEmpty || !endpoint.portsAdvised.isEmpty else {
          throw refuse(value, "the endpoint has no port")
        }
        result.append(endpoint)
      }
      return result
    }

    func choice<Value>(
      _ object: JSONValue, _ name: String, _ make: (String) -> Value?
    ) throws(CatalogueError) -> Value? {
      guard let value = object.member(name), !value.isNull else { return nil }
      guard let text = value.string, let result = make(text) else {
        throw refuse(value, "`\(name)` has a value that is not known")
      }
      return result
    }

    func ports(_ object: JSONValue, _ name: String) throws(CatalogueError) -> [UInt16] {
      guard let list = object.member(name), !list.isNull else { return [] }
      guard list.isArray else { throw refuse(list, "`\(name)` is not a list") }
      var result: [UInt16] = []
      for value in list.elements {
        guard let number = value.int, let port = UInt16(exactly: number), port > 0 else {
          throw refuse(value, "a port is a number from 1 to 65535")
        }
        result.append(port)
      }
      return result
    }
  }
}

/// The form of catalogue versions.
package enum CatalogueVersion {
  /// A calendar date, followed by nothing or by a dot or hyphen and letters or digits.
  package static func isValid(_ text: String) -> Bool {
    let characters = Array(text.utf8)
    guard characters.count >= 10 else { return false }
    for (index, byte) in characters.prefix(10).enumerated() {
      let wantsHyphen = index == 4 || index == 7
      guard wantsHyphen ? byte == 0x2D : (0x30...0x39).contains(byte) else { return false }
    }
    guard let month = Int(text.dropFirst(5).prefix(2)), (1...12).contains(month),
      let day = Int(text.dropFirst(8).prefix(2)), (1...31).contains(day)
    else { return false }
    let suffix = text.dropFirst(10)
    guard let first = suffix.first else { return true }
    return (first == "-" || first == ".") && suffix.count > 1
      && suffix.dropFirst().allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
  }
}
