import GRDB

/// A moment of a site that somebody wants to compare with.
package struct BaselineRecord: Hashable, Sendable {
  package let site: String
  package let name: String
  package let at: String
  package let setAt: String
}

/// A query that somebody keeps.
package struct SavedQueryRecord: Hashable, Sendable {
  package let name: String
  package let description: String
  package let sql: String

  package init(name: String, description: String, sql: String) {
    self.name = name
    self.description = description
    self.sql = sql
  }
}

extension InventoryDatabase {
  package func setBaseline(_ name: String, of site: String, at moment: String, now: String) throws {
    try write { database in
      try database.execute(
        sql: """
          INSERT INTO baseline (site_id, name, at, set_at) VALUES (?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET at = excluded.at, set_at = excluded.set_at
          """, arguments: [try Self.siteID(site, database), name, moment, now])
      try EventChain.append(
        database, at: now, kind: "baseline", subject: site,
        detail: EventDetail.baseline(name, at: moment))
    }
  }

  package func baselines() throws -> [BaselineRecord] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT s.name AS site, b.name, b.at, b.set_at FROM baseline b
          JOIN site s ON s.id = b.site_id ORDER BY b.name, s.name
          """
      ).map { row in
        BaselineRecord(site: row["site"], name: row["name"], at: row["at"], setAt: row["set_at"])
      }
    }
  }

  package func save(_ query: SavedQueryRecord, now: String) throws {
    try write { database in
      try database.execute(
        sql: """
          INSERT INTO saved_query (name, description, sql, saved_at) VALUES (?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET description = excluded.description, sql = excluded.sql,
            saved_at = excluded.saved_at
          """, arguments: [query.name, query.description, query.sql, now])
      try EventChain.append(
        database, at: now, kind: "query", subject: query.name,
        detail: EventDetail.query(query, savedAt: now))
    }
  }

  package func savedQueries() throws -> [SavedQueryRecord] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT name, description, sql FROM saved_query ORDER BY name"
      )
      .map { SavedQueryRecord(name: $0["name"], description: $0["description"], sql: $0["sql"]) }
    }
  }

  package func removeQuery(_ name: String, now: String) throws {
    try write { database in
      try database.execute(sql: "DELETE FROM saved_query WHERE name = ?", arguments: [name])
      guard database.changesCount == 1 else {
        throw InventoryError(.unknownName, "there is no saved query `\(name)`")
      }
      try EventChain.append(database, at: now, kind: "query-removed", subject: name) { _ in }
    }
  }

  /// The public views with their columns, for help.
  package func views() throws -> [(name: String, columns: [String])] {
    try read { database in
      try String.fetchAll(
        database, sql: "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name"
      ).map { name in
        (name, try database.columns(in: name).map(\.name))
      }
    }
  }
}
