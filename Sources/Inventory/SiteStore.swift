import Foundation
import GRDB
import JSONTree
import NetworkSets

/// A site as the inventory knows it.
package struct SiteRecord: Hashable, Sendable {
  package struct ClientRecord: Hashable, Sendable {
    package var label: String
    package var fromZone: String?
    package var toZone: String?
    package var networks: AddressSet?

    package init(
      label: String, fromZone: String? = nil, toZone: String? = nil, networks: AddressSet? = nil
    ) {
      self.label = label
      self.fromZone = fromZone
      self.toZone = toZone
      self.networks = networks
    }
  }

  package var name: String
  package var region: String?
  package var note: String?
  package var catalogue: String?
  package var tags: [String]
  package var clients: [ClientRecord]
  package var retiredAt: String?

  package init(
    name: String, region: String? = nil, note: String? = nil, catalogue: String? = nil,
    tags: [String] = [], clients: [ClientRecord] = [], retiredAt: String? = nil
  ) {
    self.name = name
    self.region = region
    self.note = note
    self.catalogue = catalogue
    self.tags = tags
    self.clients = clients
    self.retiredAt = retiredAt
  }
}

/// A firewall of a site.
package struct DeviceRecord: Hashable, Sendable {
  package var id: Int64
  package var name: String
  package var hop: Int
  package var scope: String?
  package var fromZone: String?
  package var toZone: String?
  package var retiredAt: String?
  /// The device whose place it took.
  package var replaces: String?
}

extension InventoryDatabase {
  /// Every site, sorted by name; ones that are retired by now only where asked for.
  package func sites(includingRetired: Bool = false) throws -> [SiteRecord] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT id, name, region, note, catalogue, retired_at FROM site
          WHERE retired_at IS NULL OR retired_at > strftime('%Y-%m-%dT%H:%M:%SZ', 'now') OR ?
          ORDER BY name
          """, arguments: [includingRetired]
      ).map { try Self.site($0, database) }
    }
  }

  /// The tags of sites as they were known at a moment, by the log; sites that were not known then
  /// are left out.
  package func tags(knownAt moment: String) throws -> [String: [String]] {
    try read { database in
      let rows = try Row.fetchAll(
        database,
        sql: """
          SELECT subject, detail -> '$.tags' AS tags FROM event WHERE kind = 'site' AND at <= ?
          ORDER BY id
          """, arguments: [moment])
      let tags = rows.map { row -> (String, [String]) in
        (row["subject"], StoredJSON.texts(row["tags"]))
      }
      return Dictionary(tags) { $1 }
    }
  }

  package func site(named name: String) throws -> SiteRecord {
    try read { database in try Self.site(named: name, database) }
  }

  static func site(named name: String, _ database: Database) throws -> SiteRecord {
    let row = try Row.fetchOne(
      database,
      sql: "SELECT id, name, region, note, catalogue, retired_at FROM site WHERE name = ?",
      arguments: [name])
    guard let row else {
      throw try unknownSite(name, database)
    }
    return try site(row, database)
  }

  private static func site(_ row: Row, _ database: Database) throws -> SiteRecord {
    let id: Int64 = row["id"]
    let tags = try String.fetchAll(
      database, sql: "SELECT tag FROM site_tag WHERE site_id = ? ORDER BY tag", arguments: [id])
    let clients = try Row.fetchAll(
      database,
      sql: """
        SELECT label, from_zone, to_zone, networks FROM site_client WHERE site_id = ? ORDER BY label
        """, arguments: [id]
    ).map { client in
      SiteRecord.ClientRecord(
        label: client["label"], fromZone: client["from_zone"], toZone: client["to_zone"],
        networks: StoredJSON.addresses(client["networks"]))
    }
    return SiteRecord(
      name: row["name"], region: row["region"], note: row["note"], catalogue: row["catalogue"],
      tags: tags, clients: clients, retiredAt: row["retired_at"])
  }

  /// Makes a site, or changes the one of that name to what the record says.
  package func save(_ site: SiteRecord, now: String) throws {
    try write { database in try Self.save(site, now: now, database) }
  }

  static func save(_ site: SiteRecord, now: String, _ database: Database) throws {
    try database.execute(
      sql: """
        INSERT INTO site (name, region, note, catalogue, created_at, retired_at)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET region = excluded.region, note = excluded.note,
          catalogue = excluded.catalogue, retired_at = excluded.retired_at
        """,
      arguments: [site.name, site.region, site.note, site.catalogue, now, site.retiredAt])
    let id = try siteID(site.name, database)
    try database.execute(sql: "DELETE FROM site_tag WHERE site_id = ?", arguments: [id])
    for tag in Set(site.tags).sorted() {
      try database.execute(
        sql: "INSERT INTO site_tag (site_id, tag) VALUES (?, ?)", arguments: [id, tag])
    }
    try database.execute(sql: "DELETE FROM site_client WHERE site_id = ?", arguments: [id])
    for client in site.clients {
      try database.execute(
        sql: """
          INSERT INTO site_client (site_id, label, from_zone, to_zone, networks)
          VALUES (?, ?, ?, ?, ?)
          """,
        arguments: [
          id, client.label, client.fromZone, client.toZone, client.networks.map(StoredJSON.text),
        ])
    }
    try EventChain.append(
      database, at: now, kind: "site", subject: site.name,
      detail: EventDetail.site(try Self.site(named: site.name, database)))
    // Another client or list makes another history from its beginning on.
    try EvaluationStore.invalidate(site: id, from: "", database)
  }

  static func unknownSite(_ name: String, _ database: Database) throws -> InventoryError {
    let known = try String.fetchAll(database, sql: "SELECT name FROM site ORDER BY name")
    return InventoryError(
      .unknownName, "there is no site `\(name)`",
      advice: known.isEmpty
        ? "`sallyport import` and `sallyport site add` make sites"
        : NearMatch.advice(name, among: known, command: "sallyport site list"))
  }

  static func siteID(_ name: String, _ database: Database) throws -> Int64 {
    let id = try Int64.fetchOne(
      database, sql: "SELECT id FROM site WHERE name = ?", arguments: [name])
    guard let id else { throw try unknownSite(name, database) }
    return id
  }

  /// The firewalls of a site in the order in which traffic crosses them, retired ones included.
  package func devices(of site: String) throws -> [DeviceRecord] {
    try read { database in
      try Self.devices(of: try Self.siteID(site, database), at: "", database)
    }
  }

  /// Those that were not retired at a moment.
  static func devices(
    of site: Int64, at moment: String, _ database: Database
  ) throws -> [DeviceRecord] {
    try Row.fetchAll(
      try database.cachedStatement(
        sql: """
          SELECT id, name, hop, scope, from_zone, to_zone, retired_at, replaces FROM device
          WHERE site_id = ? AND (retired_at IS NULL OR retired_at > ?) ORDER BY hop, name
          """), arguments: [site, moment]
    ).map(Self.device)
  }

  static func device(_ row: Row) -> DeviceRecord {
    DeviceRecord(
      id: row["id"], name: row["name"], hop: row["hop"], scope: row["scope"],
      fromZone: row["from_zone"], toZone: row["to_zone"], retiredAt: row["retired_at"],
      replaces: row["replaces"])
  }

  /// Changes where a device stands on the site's path, and how it sees the clients.
  package func save(_ device: DeviceRecord, of site: String, now: String) throws {
    try write { database in
      let id = try Self.siteID(site, database)
      try database.execute(
        sql: """
          UPDATE device SET hop = ?, scope = ?, from_zone = ?, to_zone = ?, retired_at = ?,
            replaces = ?
          WHERE site_id = ? AND name = ?
          """,
        arguments: [
          device.hop, device.scope, device.fromZone, device.toZone, device.retiredAt,
          device.replaces, id, device.name,
        ])
      guard database.changesCount == 1 else {
        throw InventoryError(.unknownName, "site `\(site)` has no device `\(device.name)`")
      }
      try EventChain.append(
        database, at: now, kind: "device", subject: "\(site)/\(device.name)",
        detail: EventDetail.device(device))
      try EvaluationStore.invalidate(site: id, from: "", database)
    }
  }
}

/// Small values kept as JSON text in columns.
enum StoredJSON {
  static func text(_ set: AddressSet) -> String { text(set.texts) }

  static func text(_ texts: [String]) -> String {
    var writer = JSONWriter()
    writer.array { writer in
      for text in texts {
        writer.element()
        writer.value(text)
      }
    }
    return writer.text
  }

  static func addresses(_ text: String?) -> AddressSet? {
    guard let text else { return nil }
    return texts(text).compactMap { AddressSet(parsing: $0) }
      .reduce(AddressSet()) { $0.union($1) }
  }

  static func texts(_ text: String) -> [String] {
    (try? JSONTree(Array(text.utf8)))?.root.elements.compactMap(\.string) ?? []
  }
}
