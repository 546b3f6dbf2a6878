import GRDB
import JSONTree

extension InventoryDatabase {
  /// The newest seal of the log.
  package func newestSeal() throws -> String {
    try read { database in
      try String.fetchOne(database, sql: "SELECT seal FROM event ORDER BY id DESC LIMIT 1")
        ?? EventChain.genesis
    }
  }

  /// Of each device of a site that is not retired, when its newest export up to a moment was taken.
  package func lastSightings(
    of site: String, before moment: String
  ) throws -> [(name: String, takenAt: String)] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT d.name, max(g.taken_at) AS taken_at FROM device d
          JOIN site s ON s.id = d.site_id JOIN sighting g ON g.device_id = d.id
          WHERE s.name = ?1 AND g.taken_at <= ?2 AND (d.retired_at IS NULL OR d.retired_at > ?2)
          GROUP BY d.id ORDER BY d.name
          """, arguments: [site, moment]
      ).map { ($0["name"], $0["taken_at"]) }
    }
  }

  /// Notes an export that could not be stored, for the site that it belongs to.
  package func noteFailedImport(
    _ failures: [(site: String, file: String, reason: String)], now: String
  ) throws {
    guard !failures.isEmpty else { return }
    try write { database in
      for failure in failures {
        try EventChain.append(
          database, at: now, kind: "import-failed", subject: failure.site
        ) { writer in
          writer.member("file", failure.file)
          writer.member("reason", failure.reason)
        }
      }
    }
  }

  /// Of each site, the newest failed import up to a moment, where none succeeded since.
  package func failedImports(
    before moment: String
  ) throws -> [String: (at: String, reason: String)] {
    try read { database in
      let rows = try Row.fetchAll(
        database,
        sql: """
          SELECT f.subject AS site, f.at, f.detail ->> '$.reason' AS reason FROM event f
          WHERE f.kind = 'import-failed' AND f.at <= ?1 AND NOT EXISTS (
            SELECT 1 FROM sighting g JOIN device d ON d.id = g.device_id
            JOIN site s ON s.id = d.site_id WHERE s.name = f.subject AND g.last_imported_at > f.at)
          ORDER BY f.id
          """, arguments: [moment])
      return Dictionary(rows.map { ($0["site"], ($0["at"], $0["reason"])) }) { $1 }
    }
  }

  /// Notes which sites an audit could not vouch for.
  package func noteUnjudged(_ sites: [(site: String, reason: String)], now: String) throws {
    guard !sites.isEmpty else { return }
    try write { database in
      try EventChain.append(
        database, at: now, kind: "unjudged", subject: "\(sites.count) sites"
      ) { writer in
        writer.member("sites", each: sites) { writer, site in
          writer.object { writer in
            writer.member("site", site.site)
            writer.member("reason", site.reason)
          }
        }
      }
    }
  }
}
