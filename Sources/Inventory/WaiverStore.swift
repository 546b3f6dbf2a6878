import EndpointCatalogue
import Foundation
import GRDB

/// An accepted exception.
package struct WaiverRecord: Hashable, Sendable {
  package var number: Int64
  /// The site, or the tag of the sites, that it holds for; at least one is set.
  package var site: String?
  package var tag: String?
  /// The service or endpoint that it holds for; at least one is set.
  package var service: String?
  package var endpoint: String?
  package var port: Int?
  package var reason: String
  package var approver: String
  /// ISO-8601 UTC; the waiver holds from `starts` until before `ends`.
  package var starts: String
  package var ends: String
  package var revokedAt: String?
  /// When it was accepted, which may be long after `starts`; empty before it is stored.
  package var createdAt: String

  package init(
    number: Int64 = 0, site: String?, tag: String?, service: String?, endpoint: String?,
    port: Int?, reason: String, approver: String, starts: String, ends: String,
    revokedAt: String? = nil, createdAt: String = ""
  ) {
    self.createdAt = createdAt
    self.number = number
    self.site = site
    self.tag = tag
    self.service = service
    self.endpoint = endpoint
    self.port = port
    self.reason = reason
    self.approver = approver
    self.starts = starts
    self.ends = ends
    self.revokedAt = revokedAt
  }

  package enum Status: String, Sendable {
    case planned
    case active
    case expired
    case revoked
  }

  package func status(at moment: String) -> Status {
    if let revokedAt, revokedAt <= moment { return .revoked }
    if ends <= moment { return .expired }
    return starts <= moment ? .active : .planned
  }

  /// Whether it speaks of a requirement of a site, whenever it holds.
  package func covers(
    site: String, tags: [String], service: String, endpoint: String, port: Int
  ) -> Bool {
    // The database refuses waivers without a scope; one that came in by another way covers nothing.
    guard self.site != nil || tag != nil, self.service != nil || self.endpoint != nil else {
      return false
    }
    return (self.site == nil || self.site == site) && tag.map(tags.contains) ?? true
      && (self.service == nil || self.service == service)
      && (self.endpoint.map { EndpointIdentity.isSame($0, endpoint) } ?? true)
      && (self.port == nil || self.port == port)
  }
}

extension InventoryDatabase {
  /// All waivers, oldest first.
  package func waivers() throws -> [WaiverRecord] {
    try read { try Self.waivers($0) }
  }

  static func waivers(_ database: Database) throws -> [WaiverRecord] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT id, site, tag, service, endpoint, port, reason, approver, starts_at, ends_at,
          revoked_at, created_at FROM waiver ORDER BY id
        """
    ).map { row in
      WaiverRecord(
        number: row["id"], site: row["site"], tag: row["tag"], service: row["service"],
        endpoint: row["endpoint"], port: row["port"], reason: row["reason"],
        approver: row["approver"], starts: row["starts_at"], ends: row["ends_at"],
        revokedAt: row["revoked_at"], createdAt: row["created_at"])
    }
  }

  /// Stores a waiver and gives its number.
  package func add(_ waiver: WaiverRecord, now: String) throws -> Int64 {
    try write { database in
      try Self.check(waiver, database)
      try database.execute(
        sql: """
          INSERT INTO waiver (site, tag, service, endpoint, port, reason, approver, starts_at,
            ends_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          waiver.site, waiver.tag, waiver.service, waiver.endpoint, waiver.port, waiver.reason,
          waiver.approver, waiver.starts, waiver.ends, now,
        ])
      let number = database.lastInsertedRowID
      try EventChain.append(
        database, at: now, kind: "waiver", subject: "\(number)", detail: EventDetail.waiver(waiver))
      return number
    }
  }

  /// Refuses a waiver that would cover nothing, or everything.
  private static func check(_ waiver: WaiverRecord, _ database: Database) throws {
    func exists(_ sql: String, _ value: String) throws -> Bool {
      try Bool.fetchOne(database, sql: "SELECT EXISTS (\(sql))", arguments: [value]) ?? false
    }
    guard waiver.site != nil || waiver.tag != nil else {
      throw InventoryError(
        .unknownName, "the waiver names neither a site nor a tag", advice: "give --site or --tag")
    }
    guard waiver.service != nil || waiver.endpoint != nil else {
      throw InventoryError(
        .unknownName, "the waiver names neither a service nor an endpoint",
        advice: "give --service or --endpoint")
    }
    if let site = waiver.site { _ = try siteID(site, database) }
    if let tag = waiver.tag, try !exists("SELECT 1 FROM site_tag WHERE tag = ?", tag) {
      throw InventoryError(.unknownName, "no site has the tag `\(tag)`")
    }
    if let service = waiver.service,
      try !exists("SELECT 1 FROM requirement WHERE service = ?", service)
    {
      let known = try String.fetchAll(
        database, sql: "SELECT DISTINCT service FROM requirement ORDER BY service LIMIT 12")
      throw InventoryError(
        .unknownName, "no list has a service `\(service)`",
        advice: "services are: \(known.joined(separator: ", "))")
    }
    if let endpoint = waiver.endpoint,
      try !exists("SELECT 1 FROM requirement WHERE endpoint = ?", endpoint)
    {
      throw InventoryError(
        .unknownName, "no list has an endpoint `\(endpoint)`",
        advice: "`sallyport catalogue show` lists them as they must be written")
    }
  }

  /// Ends a waiver before its time.
  package func revokeWaiver(_ number: Int64, now: String) throws {
    try write { database in
      try database.execute(
        sql: "UPDATE waiver SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
        arguments: [now, number])
      guard database.changesCount == 1 else {
        throw InventoryError(.unknownName, "there is no waiver \(number) that could be revoked")
      }
      try EventChain.append(database, at: now, kind: "waiver-revoked", subject: "\(number)") { _ in
      }
    }
  }
}
