import EndpointCatalogue
import JSONTree

/// The Microsoft 365 endpoints web service (`endpoints/<instance>` and `version/<instance>`):
/// sets with an id, host names, networks and ports; documented in `microsoft-365-ip-web-service`.
package enum Microsoft365List {
  /// Whether a value is the answer of `endpoints`.
  package static func isEndpoints(_ root: JSONValue) -> Bool {
    guard root.isArray, let first = root.elements.first(where: { _ in true }) else { return false }
    return first["id"]?.int != nil && first["serviceArea"] != nil
      && first["endpointSetId"] == nil
  }

  /// The version and the instance, where a value is the answer of `version`; the service numbers
  /// days, as in 2026103100.
  package static func version(_ root: JSONValue) -> (version: String, instance: String)? {
    let value = root.isArray ? root.elements.first { _ in true } : root
    guard let value, let latest = value["latest"]?.string, let instance = value["instance"]?.string,
      latest.utf8.count == 10
    else { return nil }
    let digits = Array(latest.utf8)
    func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
    let day = "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))"
    let version = part(8..<10) == "00" ? day : "\(day).\(part(8..<10))"
    return CatalogueVersion.isValid(version) ? (version, instance) : nil
  }

  private static let members: Set<String> = [
    "id", "serviceArea", "serviceAreaDisplayName", "urls", "ips", "tcpPorts", "udpPorts",
    "expressRoute", "category", "required", "notes",
  ]

  package static func read(
    _ root: JSONValue, file: String, id: String, version: String, seen: String, sha256: String
  ) throws(CatalogueError) -> Catalogue {
    let strict = StrictObject(file: file)
    var services: [CatalogueService] = []
    var endpoints: [Endpoint] = []
    for set in root.elements {
      try strict.check(set, members: members)
      guard let number = set["id"]?.int else {
        throw strict.refuse(set, "`id` is missing or not a whole number")
      }
      // Ids are stable, words are not.
      let service = "set-\(number)"
      let area = set["serviceAreaDisplayName"]?.string ?? set["serviceArea"]?.string ?? ""
      services.append(
        CatalogueService(id: service, names: ["en": "\(area) (set \(number))"]))
      endpoints += try rows(of: set, service: service, strict)
    }
    guard !endpoints.isEmpty else { throw strict.refuse(root, "the list is empty") }
    let day = String(version.prefix(10))
    return Catalogue(
      id: id, version: version, title: "Microsoft 365 endpoints", published: day, effective: day,
      dates: ["first_seen": CatalogueDate(from: seen, to: seen, source: "import of the file")],
      source: CatalogueSource(
        title: "Microsoft 365 endpoints web service", url: "https://endpoints.office.com/endpoints",
        locale: "", sha256: sha256),
      statements: [:], services: services, endpoints: endpoints)
  }

  private static func rows(
    of set: JSONValue, service: String, _ strict: StrictObject
  ) throws(CatalogueError) -> [Endpoint] {
    var result: [Endpoint] = []
    let urls = try texts(set, "urls", strict)
    let networks = try texts(set, "ips", strict)
    // The published example has no `required`; what is not said to be optional is needed.
    let isRequired = set["required"]?.bool ?? true
    let notes = set["notes"]?.string
    for (member, transport) in [("tcpPorts", "tcp"), ("udpPorts", "udp")] {
      guard let value = set.member(member), !value.isNull else { continue }
      guard let text = value.string, let ports = ListEntry.ports(text) else {
        throw strict.refuse(value, "`\(member)` is a text such as 80,443 or 3478-3481")
      }
      for url in urls {
        result.append(
          try row(
            url, set, strict, service: service, transport: transport, ports: ports,
            level: isRequired ? .required : .optional, condition: notes))
      }
      for network in networks {
        // Networks are where the names of their set lie; alone they are what is needed.
        let level: Endpoint.Level = isRequired && urls.isEmpty ? .required : .optional
        result.append(
          try row(
            network, set, strict, service: service, transport: transport, ports: ports,
            level: level, condition: urls.isEmpty ? notes : "where rules are by address"))
      }
    }
    return result
  }

  private static func row(
    _ text: String, _ set: JSONValue, _ strict: StrictObject, service: String, transport: String,
    ports: [UInt16], level: Endpoint.Level, condition: String?
  ) throws(CatalogueError) -> Endpoint {
    let row = ListEntry(text)?.endpoint(
      service: service, transport: transport, ports: ports, level: level, condition: condition)
    guard let row else { throw strict.refuse(set, "`\(text)` is no host name and no network") }
    return row
  }

  private static func texts(
    _ set: JSONValue, _ name: String, _ strict: StrictObject
  ) throws(CatalogueError) -> [String] {
    guard let list = set.member(name), !list.isNull else { return [] }
    guard list.isArray else { throw strict.refuse(list, "`\(name)` is not a list") }
    var result: [String] = []
    for value in list.elements {
      guard let text = value.string else { throw strict.refuse(value, "not a text") }
      result.append(text)
    }
    return result
  }
}
