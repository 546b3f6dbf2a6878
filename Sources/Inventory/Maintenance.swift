import Foundation
import GRDB
import JSONTree

extension InventoryDatabase {
  /// Puts everything that was committed on the disk for good: a write-ahead log alone may lose its
  /// last transactions in a power cut.
  package func makeDurable() throws {
    for file in [path + "-wal", path, FilePath.folder(of: path)] {
      let descriptor = open(file.isEmpty ? "." : file, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      guard fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS else {
        throw InventoryError(
          .inputOutput, "\(file): cannot be put on the disk: \(String(cString: strerror(errno)))")
      }
    }
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
      try Self.makeFile(unfinished)
      let copy = try DatabaseQueue(path: unfinished)
      try pool.backup(to: copy)
      // One file without a log beside it is easier to keep.
      try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
      try copy.close()
    }
    guard rename(unfinished, target) == 0 else {
      throw InventoryError(
        .cannotWrite, "\(target): cannot be written: \(String(cString: strerror(errno)))")
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
    try VendorIDStore.removeUnused(database)
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
    for table in ["rule_span", "object_span"] {
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

/// What one run of an audit wrote, all sites together.
package struct AuditRun: Sendable {
  package let sites: [String]
  private(set) var evaluations = 0
  private(set) var changes = 0
  /// The moment from which verdicts were written anew; nil where none were.
  private(set) var from: String?

  package init(sites: [String]) { self.sites = sites }

  package mutating func add(_ steps: [EvaluationStep]) {
    evaluations += steps.count
    changes += steps.reduce(0) { $0 + $1.opened.count }
    guard let first = steps.first?.at else { return }
    from = min(from ?? first, first)
  }
}

extension InventoryDatabase {
  /// Notes one run of an audit in the log, also where nothing was new.
  package func noteAudit(_ run: AuditRun, failed: [String], now: String) throws {
    try write { database in
      try EventChain.append(
        database, at: now, kind: "audit-run", subject: "\(run.sites.count) sites"
      ) { writer in
        writer.member("sites", run.sites.count)
        writer.member("failed", failed.sorted())
        writer.member("from", run.from)
        writer.member("evaluations", run.evaluations)
        writer.member("changes", run.changes)
        writer.member("digest", EventChain.digest(run.sites.sorted()))
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
