import CatalogueReaders
import EndpointCatalogue
import Foundation
import GRDB
import Digests

/// What a check of the database found.
package struct IntegrityReport: Sendable {
  /// Empty where the file is whole.
  package var problems: [String]
  package var events: Int
  /// When the first and the newest entry of the log were made; nil for an empty log.
  package var firstEventAt: String?
  package var newestEventAt: String?
  /// Rows of tables that were held against the log or against their own digests, by what they are.
  package var rows: [(what: String, count: Int)]
  /// What lies outside of the check, in words.
  package var unchecked: [String]
  /// Seal of the newest entry of the log: noted elsewhere, it proves later that nothing before it
  /// was changed.
  package var seal: String
}

extension InventoryDatabase {
  /// Checks the file, its references, its digests and the log of events, and whether the tables
  /// still hold what the log vouches for.
  package func checkIntegrity() throws -> IntegrityReport {
    try read { database in
      var problems: [String] = []
      for line in try String.fetchAll(database, sql: "PRAGMA integrity_check(20)")
      where line != "ok" {
        problems.append("SQLite: \(line)")
      }
      // What a damaged file gives for the further checks would only hide the damage.
      if problems.isEmpty { problems += try Self.contradictions(database) }
      let ends = try Row.fetchOne(
        database,
        sql: """
          SELECT (SELECT at FROM event ORDER BY id LIMIT 1) AS first,
            (SELECT at FROM event ORDER BY id DESC LIMIT 1) AS newest
          """)
      return IntegrityReport(
        problems: problems,
        events: try Int.fetchOne(database, sql: "SELECT count(*) FROM event") ?? 0,
        firstEventAt: ends?["first"], newestEventAt: ends?["newest"],
        rows: try Self.countedRows(database), unchecked: try Self.unchecked(database),
        seal: try String.fetchOne(database, sql: "SELECT seal FROM event ORDER BY id DESC LIMIT 1")
          ?? EventChain.genesis)
    }
  }

  private static let counted: [(what: String, tables: [String])] = [
    ("sites and devices", ["site", "site_tag", "site_client", "device"]),
    ("snapshots", ["sighting", "snapshot", "export"]),
    ("policies", ["policy", "export_policy"]), ("rules and objects", ["content"]),
    ("verdicts and findings", ["subject", "evaluation", "verdict_span", "finding_span"]),
    ("waivers and baselines", ["waiver", "baseline"]),
    ("lists", ["catalogue", "requirement"]), ("saved queries", ["saved_query"]),
  ]

  private static func countedRows(_ database: Database) throws -> [(what: String, count: Int)] {
    try counted.map { what, tables in
      let count = try tables.reduce(0) { sum, table in
        sum + (try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)") ?? 0)
      }
      return (what, count)
    }
  }

  /// What nothing in the file vouches for: when an export was seen last without a change, when a
  /// verdict was worked out, what is up to date, and the words of the search index.
  private static func unchecked(_ database: Database) throws -> [String] {
    var result = [
      "when an unchanged export was seen again, when a verdict was worked out, the numbers of rules "
        + "in lists, what is up to date, and the words of the search index"
    ]
    if let cut = try String.fetchOne(database, sql: "SELECT max(pruned_before) FROM site") {
      result.append("rules of before \(cut), which were pruned, and verdicts of then")
    }
    return result
  }

  private static func contradictions(_ database: Database) throws -> [String] {
    var problems = try changedSchema(database)
    for row in try Row.fetchAll(database, sql: "PRAGMA foreign_key_check") {
      problems.append(
        "a row of `\(row[0] as String)` refers to a missing row of `\(row[2] as String)`")
    }
    if let (id, reason) = try EventChain.firstBroken(database) {
      problems.append("event \(id) of the log does not hold: \(reason)")
    }
    problems += try damagedContent(database)
    let log = LogCheck(database)
    problems += try log.imports()
    problems += try log.snapshots()
    problems += try log.verdicts()
    problems += try log.waivers()
    problems += try log.settings()
    problems += try log.catalogues()
    problems += try log.baselines()
    problems += try log.times()
    problems += try log.prunes()
    problems += try log.origins()
    problems += try log.parts()
    problems += try log.queries()
    problems += try unreadableViews(database)
    return problems
  }

  /// Public views that cannot be read to their end. Before 3.44 SQLite's own check does not look
  /// into a search index (https://www.sqlite.org/fts5.html, "xIntegrity").
  private static func unreadableViews(_ database: Database) throws -> [String] {
    let names = try String.fetchAll(
      database, sql: "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name")
    return names.compactMap { name in
      do {
        let rows = try Row.fetchCursor(
          database, sql: "SELECT * FROM \(name.quotedDatabaseIdentifier)")
        while try rows.next() != nil {}
        return nil
      } catch {
        return "the view `\(name)` cannot be read to its end: \(error)"
      }
    }
  }

  /// Tables, views, indices and triggers that are not those of the program: a view can lie, and a
  /// trigger act.
  private static func changedSchema(_ database: Database) throws -> [String] {
    func definitions(_ database: Database) throws -> [String: String] {
      let rows = try Row.fetchAll(
        database,
        sql: "SELECT type || ' ' || name AS name, coalesce(sql, '') AS sql FROM sqlite_schema"
      )
      return Dictionary(rows.map { ($0["name"], $0["sql"]) }) { first, _ in first }
    }
    let fresh = try DatabaseQueue()
    try migrate(fresh)
    let expected = try fresh.read(definitions)
    let found = try definitions(database)
    return Set(expected.keys).union(found.keys).sorted()
      .filter { expected[$0] != found[$0] && !$0.contains("sqlite_stat") }
      .map { "the \($0) of the database is not the program's own" }
  }

  /// Rules, objects and policies whose bytes no longer give their digest.
  private static func damagedContent(_ database: Database) throws -> [String] {
    var problems: [String] = []
    let context = SHA256Context()
    let rows = try Row.fetchCursor(
      database, sql: "SELECT id, digest, kind, enabled, body FROM content")
    while let row = try rows.next(), problems.count < 20 {
      let body = Array((row["body"] as String).utf8)
      let isWhole =
        ContentStore.Kind(rawValue: row["kind"]).map { kind in
          ContentDigest(kind, body, with: context) == ContentDigest(row["digest"] as Data)
            && ContentStore.isSwitchedOff(kind, body) != row["enabled"]
        } ?? false
      if !isWhole { problems.append("content \(row["id"] as Int64) was changed") }
    }
    for id in try Int64.fetchAll(database, sql: "SELECT id FROM policy") where problems.count < 20 {
      do {
        let stored = try PolicyStore.load(id, database)
        guard let digest = try PolicyStore.digest(of: stored, database) else {
          problems.append("a part of policy \(id) is missing")
          continue
        }
        if digest != stored.digest { problems.append("policy \(id) was changed") }
      } catch let error as InventoryError {
        problems.append(error.reason)
      }
    }
    return problems
  }
}
