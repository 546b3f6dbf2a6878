import Foundation
import GRDB

/// What the log says about the beginnings of things, about pruning, and about time itself.
extension LogCheck {
  /// Entries that run back in time.
  ///
  /// A command dates its entries by the moment at which it began, so that commands that run together
  /// enter them out of order; a day is more than any of them takes.
  func times() throws -> [String] {
    let backwards = try rows(
      """
      SELECT id, at, before FROM (SELECT id, at, lag(at) OVER (ORDER BY id) AS before FROM event)
      WHERE julianday(at) < julianday(before) - 1 LIMIT 20
      """)
    var problems = backwards.map { row in
      "event \(row["id"] as Int64) of the log is dated \(row["at"] as String), before the entry "
        + "ahead of it (\(row["before"] as String))"
    }
    for row in try rows(
      "SELECT id, at FROM event WHERE length(at) <> 20 OR at NOT GLOB '????-??-??T??:??:??Z'")
    {
      problems.append("event \(row["id"] as Int64) of the log has no readable date")
    }
    return problems
  }

  /// Cuts that no prune of the log made, and prunes whose cut is gone.
  func prunes() throws -> [String] {
    var cuts: [(event: Int64, moment: String)] = []
    for row in try rows("SELECT id, subject FROM event WHERE kind = 'prune' ORDER BY id") {
      cuts.append((row["id"], row["subject"]))
    }
    let first = try firstEntries()
    return try rows("SELECT name, pruned_before FROM site ORDER BY name").compactMap { row in
      let name: String = row["name"]
      let began = first[name]?.event ?? .max
      let expected = cuts.filter { $0.event > began }.map(\.moment).max()
      guard expected != row["pruned_before"] else { return nil }
      return "what was pruned of site `\(name)` is not what the prunes in the log cut off"
    }
  }

  /// Of each site and each device, the first entry that names it.
  private func firstEntries() throws -> [String: (event: Int64, at: String)] {
    var sites: [String: String] = [:]
    for row in try rows(
      "SELECT s.name AS site, d.name AS device FROM device d JOIN site s ON s.id = d.site_id")
    {
      sites["\(row["site"] as String)/\(row["device"] as String)"] = row["site"]
    }
    var first: [String: (event: Int64, at: String)] = [:]
    let entries = try Row.fetchCursor(
      database,
      sql: """
        SELECT id, at, subject FROM event WHERE kind IN ('site', 'device', 'import') ORDER BY id
        """)
    while let row = try entries.next() {
      let subject: String = row["subject"]
      for name in [subject, sites[subject]].compactMap({ $0 }) where first[name] == nil {
        first[name] = (row["id"], row["at"])
      }
    }
    return first
  }

  /// Sites, devices, sightings, waivers, baselines and lists that no entry made, or when it says.
  func origins() throws -> [String] {
    var problems: [String] = []
    let first = try firstEntries()
    for row in try rows(
      """
      SELECT 'site' AS kind, name, created_at FROM site
      UNION ALL SELECT 'device', s.name || '/' || d.name, d.created_at
      FROM device d JOIN site s ON s.id = d.site_id
      """)
    {
      let name: String = row["name"]
      if first[name]?.at != row["created_at"] {
        problems.append("\(row["kind"] as String) `\(name)` was not made when the log says")
      }
    }
    let unknown = try rows(
      """
      SELECT s.name || '/' || d.name AS name, g.taken_at FROM sighting g
      JOIN device d ON d.id = g.device_id JOIN site s ON s.id = d.site_id
      WHERE g.last_imported_at < g.imported_at
        OR NOT EXISTS (SELECT 1 FROM event e WHERE e.kind = 'import'
          AND e.subject = s.name || '/' || d.name AND e.detail ->> '$.sha256' = g.sha256)
        -- An export that is seen again unchanged has no entry of its own.
        OR g.imported_at <> (SELECT min(e.at) FROM event e WHERE e.kind = 'import'
          AND e.subject = s.name || '/' || d.name AND e.detail ->> '$.sha256' = g.sha256
          AND e.detail ->> '$.taken_at' = g.taken_at)
      """)
    for row in unknown {
      problems.append(
        "the sighting of `\(row["name"] as String)`, taken \(row["taken_at"] as String), is not in "
          + "the log")
    }
    let dated = [
      (
        "waiver", "SELECT CAST(id AS TEXT) AS name, created_at AS at FROM waiver", "waiver",
        "e.subject"
      ),
      (
        "edition", "SELECT id || '@' || version AS name, added_at AS at FROM catalogue",
        "catalogue",
        "e.subject"
      ),
      (
        "baseline",
        """
        SELECT s.name || ' ' || b.name AS name, b.set_at AS at
        FROM baseline b JOIN site s ON s.id = b.site_id
        """, "baseline", "e.subject || ' ' || (e.detail ->> '$.name')"
      ),
    ]
    for (what, table, kind, name) in dated {
      let wrong = try rows(
        """
        SELECT t.name FROM (\(table)) t WHERE t.at IS NOT (
          SELECT max(e.at) FROM event e WHERE e.kind = ? AND \(name) = t.name)
        """, [kind])
      problems += wrong.map {
        "when \(what) `\($0["name"] as String)` was made is not what the log says"
      }
    }
    return problems
  }

  /// Rows that belong to nothing, or say of something else what it does not say itself.
  func parts() throws -> [String] {
    var problems: [String] = []
    let stray = [
      (
        "an export",
        "SELECT id FROM export WHERE id NOT IN (SELECT export_id FROM snapshot)"
          + " AND sha256 NOT IN (SELECT sha256 FROM sighting)"
      ),
      ("a policy", "SELECT id FROM policy WHERE id NOT IN (SELECT policy_id FROM export_policy)"),
      (
        "a device",
        """
        SELECT id FROM device d WHERE NOT EXISTS (SELECT 1 FROM event e JOIN site s
          ON s.id = d.site_id WHERE e.subject = s.name || '/' || d.name)
        """
      ),
      (
        "an edition's endpoint",
        """
        SELECT id FROM requirement r WHERE NOT EXISTS (SELECT 1 FROM catalogue c
          WHERE c.id = r.catalogue_id AND c.version = r.catalogue_version)
        """
      ),
    ]
    for (what, sql) in stray {
      let found = try rows(sql).map { "\($0[0] as Int64)" }
      if !found.isEmpty {
        problems.append(
          "\(what) belongs to nothing in the log: row \(found.prefix(5).joined(separator: ", "))")
      }
    }
    for row in try rows(
      """
      SELECT x.sha256, p.scope FROM export_policy p JOIN export x ON x.id = p.export_id
      JOIN policy q ON q.id = p.policy_id JOIN content c ON c.id = q.header_id
      WHERE c.body ->> '$.scope' IS NOT NULL AND c.body ->> '$.scope' <> p.scope
        OR p.ordinal < 0
      """)
    {
      problems.append("scope `\(row["scope"] as String)` is not the one of its policy")
    }
    return problems
  }

  /// Saved queries that are not those that were saved: one that lies says nothing of itself.
  func queries() throws -> [String] {
    var newest: [String: String] = [:]
    for row in try rows(
      "SELECT kind, subject, detail FROM event WHERE kind IN ('query', 'query-removed') ORDER BY id"
    ) {
      newest[row["subject"]] = row["kind"] == "query" ? row["detail"] : nil
    }
    var problems: [String] = []
    for row in try rows("SELECT name, description, sql, saved_at FROM saved_query ORDER BY name") {
      let query = SavedQueryRecord(
        name: row["name"], description: row["description"], sql: row["sql"])
      let detail = EventDetail.text(EventDetail.query(query, savedAt: row["saved_at"]))
      if newest.removeValue(forKey: query.name) != detail {
        problems.append("saved query `\(query.name)` is not the one of the log")
      }
    }
    return problems + newest.keys.sorted().map { "saved query `\($0)` was removed" }
  }
}
