import Foundation
import ImportKit
import Inventory
import JSONTree
import NetworkSets

/// A list of exports with where they belong, as CSV or JSON: columns `path` and `site`, and where
/// wanted `device`, `taken_at`, `region`, `tags`, `client`, `from_zone`, `to_zone`, `networks`.
package struct ImportManifest: Sendable {
  package private(set) var units: [ImportUnit] = []
  /// What the rows say about sites, by name.
  package private(set) var sites: [SiteSettings] = []

  package struct SiteSettings: Hashable, Sendable {
    package var name: String
    package var region: String?
    package var tags: [String] = []
    package var clients: [SiteRecord.ClientRecord] = []
  }

  private static let columns: Set<String> = [
    "path", "site", "device", "taken_at", "region", "tags", "client", "from_zone", "to_zone",
    "networks",
  ]

  package init(_ file: ExportFile) throws(InputError) {
    let first = file.bytes.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
    let rows = first == 0x5B || first == 0x7B ? try Self.jsonRows(file) : try Self.csvRows(file)
    let folder = FilePath.folder(of: file.name)
    for row in rows { try add(row, file: file.name, folder: folder) }
  }

  private struct Row {
    let place: String
    let values: [String: String]
  }

  private static func csvRows(_ file: ExportFile) throws(InputError) -> [Row] {
    let table: CSVTable
    do {
      table = try CSVTable(file.bytes)
    } catch {
      throw InputError(.notUnderstood, path: "\(file.name):\(error.line)", reason: error.reason)
    }
    if let unknown = table.columns.first(where: { !columns.contains($0) }) {
      throw unknownColumn(unknown, at: "\(file.name):1")
    }
    return table.rows.map { row in
      let pairs = table.columns.compactMap { column in row[column].map { (column, $0) } }
      return Row(place: "\(file.name):\(row.line)", values: Dictionary(uniqueKeysWithValues: pairs))
    }
  }

  private static func jsonRows(_ file: ExportFile) throws(InputError) -> [Row] {
    let tree: JSONTree
    do {
      tree = try JSONTree(file.bytes)
    } catch {
      throw InputError(.notUnderstood, path: file.name, reason: "\(error)")
    }
    let list = tree.root.isArray ? tree.root : tree.root["exports"]
    guard let list, list.isArray else {
      throw InputError(
        .notUnderstood, path: file.name,
        reason: "neither an array of objects nor an object with the array `exports`")
    }
    var rows: [Row] = []
    for value in list.elements {
      let place = "\(file.name):\(value.line)"
      guard value.isObject else {
        throw InputError(.notUnderstood, path: place, reason: "an entry is not an object")
      }
      var values: [String: String] = [:]
      for (key, member) in value.members {
        guard columns.contains(key) else { throw unknownColumn(key, at: place) }
        values[key] =
          member.isArray
          ? member.elements.compactMap(\.string).joined(separator: " ") : member.string
      }
      rows.append(Row(place: place, values: values))
    }
    return rows
  }

  private static func unknownColumn(_ name: String, at place: String) -> InputError {
    InputError(
      .notUnderstood, path: place, reason: "`\(name)` is no column of a manifest",
      advice: "columns are: \(columns.sorted().joined(separator: ", "))")
  }

  private mutating func add(_ row: Row, file: String, folder: String) throws(InputError) {
    guard let path = row.values["path"], let site = row.values["site"] else {
      throw InputError(
        .notUnderstood, path: row.place, reason: "`path` and `site` are both needed")
    }
    var takenAt: String?
    if let text = row.values["taken_at"] {
      takenAt = Moment.parse(text)
      guard takenAt != nil else {
        throw InputError(
          .notUnderstood, path: row.place, reason: "`\(text)` is no date",
          advice: "write 2026-01-31 or 2026-01-31T04:30:00Z")
      }
    }
    let full = path.hasPrefix("/") || folder.isEmpty ? path : InputFiles.joined(folder, path)
    let device = row.values["device"]
    // Rows for one device and time are pieces of one export.
    if takenAt != nil, device != nil,
      let index = units.firstIndex(where: {
        $0.site == site && $0.device == device && $0.takenAt == takenAt
      })
    {
      units[index].sources.append(.path(full))
    } else {
      units.append(
        ImportUnit(site: site, device: device, takenAt: takenAt, sources: [.path(full)]))
    }
    try addSettings(row, site: site)
  }

  private mutating func addSettings(_ row: Row, site: String) throws(InputError) {
    var settings = sites.first { $0.name == site } ?? SiteSettings(name: site)
    settings.region = row.values["region"] ?? settings.region
    for tag in row.values["tags"]?.split(whereSeparator: { " ,;".contains($0) }) ?? []
    where !settings.tags.contains(String(tag)) {
      settings.tags.append(String(tag))
    }
    if let client = try ClientSettings.client(
      label: row.values["client"], fromZone: row.values["from_zone"], toZone: row.values["to_zone"],
      networks: row.values["networks"], place: row.place), !settings.clients.contains(client)
    {
      settings.clients.append(client)
    }
    if let index = sites.firstIndex(where: { $0.name == site }) {
      sites[index] = settings
    } else {
      sites.append(settings)
    }
  }
}

/// Reads the client columns that manifests and lists of sites share.
enum ClientSettings {
  /// Nil where no column says anything.
  static func client(
    label: String?, fromZone: String?, toZone: String?, networks: String?, place: String
  ) throws(InputError) -> SiteRecord.ClientRecord? {
    guard label != nil || fromZone != nil || toZone != nil || networks != nil else { return nil }
    var set: AddressSet?
    for text in networks?.split(whereSeparator: { " ,;".contains($0) }) ?? [] {
      guard let part = AddressSet(parsing: String(text)) else {
        throw InputError(
          .notUnderstood, path: place,
          reason: "`\(text)` is not an address, a network such as 192.0.2.0/24, or a range")
      }
      set = (set ?? AddressSet()).union(part)
    }
    let zones = [fromZone, toZone].compactMap { $0 }.joined(separator: " to ")
    let made = zones.isEmpty ? networks ?? "clients" : "zone \(zones)"
    return SiteRecord.ClientRecord(
      label: label ?? made, fromZone: fromZone, toZone: toZone, networks: set)
  }
}
