import GRDB

/// Since when the rules and objects stand that were in place where a device's site was pruned, and
/// how they came: pruning took the snapshots away from which that could be worked out again.
struct RuleOrigins {
  private struct Origin {
    let scope: String
    let table: String?
    let key: String
    let content: Int64
    /// The snapshot with which it came; rows of snapshots may be written anew.
    let takenAt: String
    let sha256: String
    let change: String
  }

  private let device: Int64
  private let rules: [Origin]
  private let objects: [Origin]

  /// Nil where nothing was pruned.
  init?(of device: Int64, _ database: Database) throws {
    guard let cut = try RuleHistory.cut(of: device, database) else { return nil }
    func origins(_ table: String, _ columns: String) throws -> [Origin] {
      try Row.fetchAll(
        database,
        sql: """
          SELECT h.scope, \(columns), h.content_id, b.taken_at, b.sha256, h.change FROM \(table) h
          JOIN snapshot b ON b.id = h.from_snapshot JOIN snapshot n ON n.id = ?2
          LEFT JOIN snapshot t ON t.id = h.to_snapshot
          WHERE h.device_id = ?1 AND (b.taken_at, b.sha256) <= (n.taken_at, n.sha256)
            AND (t.id IS NULL OR (t.taken_at, t.sha256) > (n.taken_at, n.sha256))
          """, arguments: [device, cut]
      ).map {
        Origin(
          scope: $0[0], table: $0[1], key: $0[2], content: $0[3], takenAt: $0[4], sha256: $0[5],
          change: $0[6])
      }
    }
    self.device = device
    rules = try origins("rule_span", "h.table_name, h.rule_key")
    objects = try origins("object_span", "NULL, h.object_key")
  }

  /// Puts them into a history that was written anew from the cut on.
  func restore(_ database: Database) throws {
    guard let cut = try RuleHistory.cut(of: device, database) else { return }
    func update(_ table: String, _ condition: String) throws -> Statement {
      try database.cachedStatement(
        sql: """
          UPDATE \(table) SET change = ?1, from_snapshot = coalesce((SELECT id FROM snapshot
            WHERE device_id = ?2 AND taken_at = ?3 AND sha256 = ?4), from_snapshot)
          WHERE device_id = ?2 AND scope = ?5 AND content_id = ?6 AND from_snapshot = ?7
            AND \(condition)
          """)
    }
    let rule = try update("rule_span", "rule_key = ?8 AND table_name = ?9")
    for origin in rules {
      try rule.execute(arguments: [
        origin.change, device, origin.takenAt, origin.sha256, origin.scope, origin.content, cut,
        origin.key, origin.table,
      ])
    }
    let object = try update("object_span", "object_key = ?8")
    for origin in objects {
      try object.execute(arguments: [
        origin.change, device, origin.takenAt, origin.sha256, origin.scope, origin.content, cut,
        origin.key,
      ])
    }
  }
}
