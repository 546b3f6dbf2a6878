import ImportKit
import Inventory

/// A CSV list of sites: columns `site`, `region`, `tags`, `note`, `catalogue`, `client`,
/// `from_zone`, `to_zone`, `networks`.
package struct SiteList: Sendable {
  package private(set) var sites: [SiteRecord] = []

  private static let columns: Set<String> = [
    "site", "region", "tags", "note", "catalogue", "client", "from_zone", "to_zone", "networks",
  ]

  package init(_ file: ExportFile) throws(InputError) {
    let table: CSVTable
    do {
      table = try CSVTable(file.bytes)
    } catch {
      throw InputError(.notUnderstood, path: "\(file.name):\(error.line)", reason: error.reason)
    }
    if let unknown = table.columns.first(where: { !Self.columns.contains($0) }) {
      throw InputError(
        .notUnderstood, path: "\(file.name):1",
        reason: "`\(unknown)` is no column of a list of sites",
        advice: "columns are: \(Self.columns.sorted().joined(separator: ", "))")
    }
    for row in table.rows {
      let place = "\(file.name):\(row.line)"
      guard let name = row["site"] else {
        throw InputError(.notUnderstood, path: place, reason: "`site` is empty")
      }
      let index = sites.firstIndex { $0.name == name } ?? sites.count
      if index == sites.count { sites.append(SiteRecord(name: name)) }
      sites[index].region = row["region"] ?? sites[index].region
      sites[index].note = row["note"] ?? sites[index].note
      sites[index].catalogue = row["catalogue"] ?? sites[index].catalogue
      let tags = row["tags"]?.split(whereSeparator: { " ,;".contains($0) }).map(String.init) ?? []
      sites[index].tags = Set(sites[index].tags + tags).sorted()
      if let client = try ClientSettings.client(
        label: row["client"], fromZone: row["from_zone"], toZone: row["to_zone"],
        networks: row["networks"], place: place)
      {
        sites[index].clients.append(client)
      }
    }
  }

  /// Makes and changes sites. Empty fields leave what is known as it is.
  ///
  /// - Returns: how many sites are new or changed.
  package func apply(
    to inventory: InventoryDatabase, library: CatalogueLibrary, now: String
  ) throws -> Int {
    let known = try inventory.sites(includingRetired: true)
    var changed = 0
    for site in sites {
      if let catalogue = site.catalogue {
        _ = try library.find(ListProfile(catalogue).reference)
      }
      let old = known.first { $0.name == site.name }
      var new = old ?? site
      new.region = site.region ?? new.region
      new.note = site.note ?? new.note
      new.catalogue = site.catalogue ?? new.catalogue
      if !site.tags.isEmpty { new.tags = site.tags }
      if !site.clients.isEmpty { new.clients = site.clients }
      guard new != old else { continue }
      try inventory.save(new, now: now)
      changed += 1
    }
    return changed
  }
}
