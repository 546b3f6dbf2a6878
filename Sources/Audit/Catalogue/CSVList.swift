import CatalogueReaders
import Digests
import EndpointCatalogue
import ImportKit

/// A list as a table of comma-separated values, as spreadsheets of Defender for Endpoint are saved:
/// one line a row, or several hosts in one field.
enum CSVList {
  private enum Column: Hashable {
    case host, service, port, transport, level, platform, geography, cloud, condition, ignored
  }

  /// Headings without blanks and signs, in lower case.
  private static let columns: [String: Column] = [
    "host": .host, "hosts": .host, "fqdn": .host, "url": .host, "urls": .host, "endpoint": .host,
    "endpointurl": .host, "endpointurls": .host, "destination": .host, "address": .host,
    "service": .service, "area": .service, "port": .port, "ports": .port, "tcpports": .port,
    "protocol": .transport, "transport": .transport, "level": .level, "type": .level,
    "required": .level, "requiredoptional": .level, "os": .platform, "platform": .platform,
    "operatingsystem": .platform, "geography": .geography, "region": .geography, "cloud": .cloud,
    "comments": .condition, "comment": .condition, "condition": .condition, "notes": .condition,
    "category": .ignored, "description": .ignored, "endpointurldescription": .ignored,
    "endpointdescription": .ignored, "servicedescription": .ignored,
  ]

  private static func normalised(_ heading: String) -> String {
    String(
      decoding: heading.utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        .filter { (0x61...0x7A).contains($0) }, as: UTF8.self)
  }

  /// Whether the first line is a heading with a column of hosts.
  static func isList(_ file: ExportFile) -> Bool {
    let line = file.bytes.prefix(4096).prefix { $0 != 0x0A }
    let separators: Set<UInt8> = [0x2C, 0x3B, 0x09]
    guard line.contains(where: { separators.contains($0) }) else { return false }
    let headings = line.split { separators.contains($0) }
      .map { normalised(String(decoding: $0, as: UTF8.self)) }
    return headings.contains { columns[$0] == .host }
      && headings.allSatisfy { $0.utf8.count < 40 }
  }

  static func read(
    _ file: ExportFile, id: String, version: String, seen: String
  ) throws(CatalogueError) -> Catalogue {
    let table: CSVTable
    do throws(CSVTable.Failure) {
      table = try CSVTable(file.bytes)
    } catch {
      throw CatalogueError(file: file.name, position: "\(error.line)", reason: error.reason)
    }
    var byColumn: [Column: String] = [:]
    for heading in table.columns {
      guard let column = columns[normalised(heading)] else {
        throw CatalogueError(
          file: file.name, position: "1",
          reason: "the column `\(heading)` is not known; known are host, service, port, protocol, "
            + "level, platform, geography, cloud, comments, category, description")
      }
      if column != .ignored { byColumn[column] = heading }
    }
    var builder = Builder(file: file.name)
    for row in table.rows {
      func field(_ column: Column) -> String? { byColumn[column].flatMap { row[$0] } }
      try builder.add(
        line: row.line, hosts: field(.host) ?? "", service: field(.service),
        ports: field(.port), transport: field(.transport), level: field(.level),
        condition: field(.condition), platform: field(.platform), geography: field(.geography),
        cloud: field(.cloud))
    }
    guard !builder.endpoints.isEmpty else {
      throw CatalogueError(file: file.name, reason: "the table has no row")
    }
    let day = String(version.prefix(10))
    let catalogue = Catalogue(
      id: id, version: version, title: id, published: day, effective: day,
      dates: ["first_seen": CatalogueDate(from: seen, to: seen, source: "import of the file")],
      source: CatalogueSource(
        title: file.name, url: "", locale: "", sha256: SHA256.hex(file.bytes)),
      statements: [:], services: builder.services, endpoints: builder.endpoints)
    return try CatalogueJSON.read(CatalogueJSON.write(catalogue), file: file.name)
  }

  private struct Builder {
    let file: String
    var services: [CatalogueService] = []
    var endpoints: [Endpoint] = []
    private var seen: Set<[String]> = []

    init(file: String) { self.file = file }

    private func refuse(_ line: Int, _ reason: String) -> CatalogueError {
      CatalogueError(file: file, position: "\(line)", reason: reason)
    }

    mutating func add(
      line: Int, hosts: String, service: String?, ports: String?, transport: String?,
      level: String?, condition: String?, platform: String?, geography: String?, cloud: String?
    ) throws(CatalogueError) {
      let title = service ?? services.last?.names["en"] ?? "all"
      let id = PageIdentifier.slug(title)
      if !services.contains(where: { $0.id == id }) {
        services.append(CatalogueService(id: id, names: ["en": title]))
      }
      let protocolName = (transport ?? "tcp").lowercased()
      guard protocolName == "tcp" || protocolName == "udp" else {
        throw refuse(line, "`\(protocolName)` is not tcp or udp")
      }
      let entries = hosts.split { $0 == " " || $0 == "\n" || $0 == "\r\n" || $0 == "\t" }
      guard !entries.isEmpty else { throw refuse(line, "the row has no host") }
      for entry in entries {
        guard let parsed = ListEntry(String(entry)) else {
          throw refuse(line, "`\(entry)` is no host name, no URL and no network")
        }
        let given = parsed.port.map { "\($0)" } ?? ports
        guard let text = given ?? parsed.scheme.map({ $0 == "http" ? "80" : "443" }),
          let numbers = ListEntry.ports(text)
        else {
          throw refuse(line, "the row of `\(entry)` has no port that can be read")
        }
        let row = parsed.endpoint(
          service: id, transport: protocolName, ports: numbers,
          level: try Self.level(level).map { $0 } ?? .required, condition: condition,
          platform: platform, geography: geography, cloud: cloud)
        guard let row else { throw refuse(line, "`\(entry)` is no host name") }
        // The same row twice means the same.
        let key = [
          row.identity.service, row.identity.place, row.transport, text, platform ?? "",
          geography ?? "", cloud ?? "",
        ]
        if seen.insert(key).inserted { endpoints.append(row) }
      }
    }

    private static func level(_ text: String?) throws(CatalogueError) -> Endpoint.Level? {
      guard let text else { return nil }
      switch text.lowercased() {
      case "required", "yes", "true", "mandatory": return .required
      case "optional", "no", "false", "advised": return .optional
      case "named": return .named
      default:
        throw CatalogueError(file: "", reason: "`\(text)` is no level: required or optional")
      }
    }
  }
}
