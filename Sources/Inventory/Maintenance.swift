import CSQLite
import Foundation
import GRDB
import JSONTree

/// What a check of the database found.
package struct IntegrityReport: Sendable {
  /// Empty where the file is whole.
  package var problems: [String]
  package var events: Int
  /// Seal of the newest entry of the log: noted elsewhere, it proves later that nothing before it
  /// was changed.
  package var seal: String
}

extension InventoryDatabase {
  /// Checks the file, its references, its digests and the log of events.
  package func checkIntegrity() throws -> IntegrityReport {
    try read { database in
      var problems: [String] = []
      for line in try String.fetchAll(database, sql: "PRAGMA integrity_check(20)")
      where line != "ok" {
        problems.append("SQLite: \(line)")
      }
      for row in try Row.fetchAll(database, sql: "PRAGMA foreign_key_check") {
        problems.append(
          "a row of `\(row[0] as String)` refers to a missing row of `\(row[2] as String)`")
      }
      problems += try Self.damagedContent(database)
      problems += try Self.forgedImports(database)
      if let (id, reason) = try EventChain.firstBroken(database) {
        problems.append("event \(id) of the log does not hold: \(reason)")
      }
      return IntegrityReport(
        problems: problems,
        events: try Int.fetchOne(database, sql: "SELECT count(*) FROM event") ?? 0,
        seal: try String.fetchOne(database, sql: "SELECT seal FROM event ORDER BY id DESC LIMIT 1")
          ?? EventChain.genesis)
    }
  }

  /// Rules, objects and policies whose bytes no longer give their digest.
  private static func damagedContent(_ database: Database) throws -> [String] {
    var problems: [String] = []
    let rows = try Row.fetchCursor(database, sql: "SELECT id, digest, kind, body FROM content")
    while let row = try rows.next(), problems.count < 20 {
      let digest = ContentStore.digest(kind: row["kind"], Array((row["body"] as String).utf8))
      if digest != row["digest"] { problems.append("content \(row["id"] as Int64) was changed") }
    }
    for id in try Int64.fetchAll(database, sql: "SELECT id FROM policy") where problems.count < 20 {
      let stored = try PolicyStore.load(id, database)
      let pieces = try PolicyStore.pieces(stored, places: nil, database)
      if Data(PolicyStore.digest(pieces)) != stored.digest {
        problems.append("policy \(id) was changed")
      }
    }
    return problems
  }

  /// Exports whose policies are not those that the log vouches for.
  private static func forgedImports(_ database: Database) throws -> [String] {
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT e.id, e.subject, e.detail -> '$.policies' AS policies, x.id AS export
        FROM event e LEFT JOIN export x ON x.sha256 = e.detail ->> '$.sha256'
          AND x.importer_version = e.detail ->> '$.importer_version'
        WHERE e.kind = 'import'
        """)
    var problems: [String] = []
    for row in rows {
      guard let export: Int64 = row["export"] else {
        problems.append(
          "the export of event \(row["id"] as Int64) (\(row["subject"] as String)) is gone")
        continue
      }
      let stored = try policyDigests(of: export, database)
      // Pruning takes the policies of an export away together.
      guard !stored.isEmpty, stored != StoredJSON.texts(row["policies"]) else { continue }
      problems.append(
        "the policies of `\(row["subject"] as String)` are not those of event \(row["id"] as Int64)"
      )
    }
    return problems
  }

  /// Copies the database while others go on reading and writing; the copy is whole and of one
  /// moment.
  package func backUp(to target: String) throws {
    guard !FileManager.default.fileExists(atPath: target) else {
      throw InventoryError(
        .cannotWrite, "\(target): exists already", advice: "give the backup a name of its own")
    }
    let unfinished = target + ".unfinished"
    try? FileManager.default.removeItem(atPath: unfinished)
    defer { try? FileManager.default.removeItem(atPath: unfinished) }
    try Self.wrapping(target) {
      let copy = try DatabaseQueue(path: unfinished)
      try pool.backup(to: copy)
      // One file without a log beside it is easier to keep.
      try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
      try copy.close()
    }
    do {
      try FileManager.default.moveItem(atPath: unfinished, toPath: target)
    } catch {
      throw InventoryError(.cannotWrite, "\(target): \(error.localizedDescription)")
    }
  }

  /// What pruning drops.
  package struct PruneReport: Hashable, Sendable {
    package var policies = 0
    package var contents = 0
    package var ruleVersions = 0
    package var bytes = 0
  }

  /// Drops the rules of states that ended before a moment. Snapshots keep their place in the list
  /// and verdicts their whole history; what is in force at the moment or later stays in full.
  package func prune(before moment: String, now: String, isDryRun: Bool) throws -> PruneReport {
    guard isDryRun else {
      let report = try write { database in
        let report = try Self.prune(before: moment, database)
        try EventChain.append(database, at: now, kind: "prune", subject: moment) { writer in
          writer.member("policies", report.policies)
          writer.member("contents", report.contents)
          writer.member("rule_versions", report.ruleVersions)
        }
        return report
      }
      try Self.wrapping(path) { try pool.vacuum() }
      return report
    }
    var report = PruneReport()
    try Self.wrapping(path) {
      try pool.writeWithoutTransaction { database in
        try database.inTransaction {
          report = try Self.prune(before: moment, database)
          return .rollback
        }
      }
    }
    return report
  }

  private static func prune(before moment: String, _ database: Database) throws -> PruneReport {
    var report = PruneReport()
    // The last export of a device at or before the moment is the state in force then.
    try database.execute(
      sql: """
        CREATE TEMP TABLE kept_export AS
        SELECT DISTINCT export_id FROM snapshot n WHERE n.taken_at >= ?1
          OR n.id = (SELECT id FROM snapshot m WHERE m.device_id = n.device_id AND m.taken_at <= ?1
            ORDER BY m.taken_at DESC, m.sha256 DESC LIMIT 1)
        """, arguments: [moment])
    try database.execute(
      sql: "DELETE FROM export_policy WHERE export_id NOT IN (SELECT export_id FROM kept_export)")
    try database.execute(sql: "DROP TABLE kept_export")
    for table in ["rule_span", "object_span"] {
      try database.execute(
        sql: """
          DELETE FROM \(table) WHERE to_snapshot IN (SELECT id FROM snapshot WHERE taken_at <= ?)
          """, arguments: [moment])
      report.ruleVersions += database.changesCount
    }
    try database.execute(
      sql: """
        DELETE FROM rule_move WHERE snapshot_id IN (SELECT id FROM snapshot WHERE taken_at <= ?)
        """, arguments: [moment])
    try database.execute(
      sql: "DELETE FROM policy WHERE id NOT IN (SELECT policy_id FROM export_policy)")
    report.policies = database.changesCount
    let used = try contentInUse(database)
    let stored = try Row.fetchAll(database, sql: "SELECT id, body FROM content")
    for row in stored {
      let id: Int64 = row["id"]
      guard !used.contains(id) else { continue }
      let body: String = row["body"]
      report.contents += 1
      report.bytes += body.utf8.count
      try ContentStore.remove(id, body: body, database)
    }
    try database.execute(
      sql: "UPDATE site SET pruned_before = max(coalesce(pruned_before, ''), ?)",
      arguments: [moment])
    return report
  }

  private static func contentInUse(_ database: Database) throws -> Set<Int64> {
    var used: Set<Int64> = []
    for id in try Int64.fetchAll(database, sql: "SELECT id FROM policy") {
      let stored = try PolicyStore.load(id, database)
      used.insert(stored.header)
      used.formUnion(stored.endpointObjects)
      used.formUnion(stored.serviceObjects)
      for list in stored.rules { used.formUnion(list) }
    }
    for table in ["rule_span", "object_span", "rule_current"] {
      used.formUnion(try Int64.fetchSet(database, sql: "SELECT content_id FROM \(table)"))
    }
    return used
  }

  /// Notes one run of an import in the log: what was looked at, also where nothing was new.
  package func noteImport(
    _ seen: [(site: String, device: String, takenAt: String)], failed: Int, now: String
  ) throws {
    try write { database in
      try EventChain.append(database, at: now, kind: "import-run", subject: "\(seen.count) exports")
      {
        writer in
        writer.member("read", seen.count)
        writer.member("failed", failed)
        writer.member(
          "digest",
          EventChain.digest(seen.map { "\($0.site)\t\($0.device)\t\($0.takenAt)" }.sorted()))
      }
    }
  }
}

extension InventoryDatabase {
  /// Whether the log holds an entry with this seal.
  package func hasSeal(_ seal: String) throws -> Bool {
    try read { database in
      try Bool.fetchOne(
        database, sql: "SELECT EXISTS (SELECT 1 FROM event WHERE seal = ?)",
        arguments: [seal.lowercased()]) ?? false
    }
  }
}
