import Foundation
import GRDB

/// Works out the rule history of devices anew and compares it with the recorded one.
///
/// The code that writes histories runs once more, on temporary tables that stand in front of the
/// real ones, so that the database may be read-only.
package struct RuleHistoryCheck {
  private static let tables: [(name: String, columns: String)] = [
    (
      "rule_span",
      """
      scope, table_name, rule_key, content_id, from_snapshot, to_snapshot, change, ordinal, file,
      line, pointer, vendor_id
      """
    ),
    ("rule_move", "snapshot_id, scope, table_name, rule_key, from_ordinal, to_ordinal"),
    ("object_span", "scope, object_key, content_id, from_snapshot, to_snapshot, change"),
  ]

  private let path: String

  package init(_ inventory: InventoryDatabase) { path = inventory.path }

  /// All devices, by `site/device`. What pruning cut cannot be worked out; what is in force at the
  /// cut and follows it can.
  package static func devices(in inventory: InventoryDatabase) throws -> [(id: Int64, name: String)]
  {
    try inventory.read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT d.id, s.name || '/' || d.name AS name FROM device d JOIN site s ON s.id = d.site_id
          ORDER BY 2
          """
      ).map { ($0["id"], $0["name"]) }
    }
  }

  /// What differs, in words.
  package func problems(of devices: [(id: Int64, name: String)]) throws -> [String] {
    guard !devices.isEmpty else { return [] }
    let queue = try InventoryDatabase.queueForReading(path)
    return try InventoryDatabase.wrapping(path) {
      var problems: [String] = []
      try queue.inDatabase { database in
        for table in Self.tables {
          let sql = try String.fetchOne(
            database, sql: "SELECT sql FROM main.sqlite_schema WHERE name = ?",
            arguments: [table.name])
          // The definition begins with the name of the table; nothing else in it matters here.
          guard let body = sql?.drop(while: { $0 != "(" }) else { continue }
          try database.execute(sql: "CREATE TEMP TABLE \(table.name) \(body)")
        }
        for device in devices {
          let base = try RuleHistory.cut(of: device.id, database)
          try RuleHistory.rebuild(device.id, from: base, database)
          for table in Self.tables where try Self.differs(table, device.id, base, database) {
            problems.append(
              "the recorded history of rules of `\(device.name)` was changed "
                + "(\(table.name))")
          }
          for table in Self.tables { try database.execute(sql: "DELETE FROM temp.\(table.name)") }
        }
      }
      return problems
    }
  }

  /// - Parameter base: where given, what was in place then has no known beginning.
  private static func differs(
    _ table: (name: String, columns: String), _ device: Int64, _ base: Int64?,
    _ database: Database
  ) throws -> Bool {
    func side(_ schema: String) -> String {
      var columns = table.columns
      if let base, table.name != "rule_move" {
        let isOlder = """
          (SELECT (b.taken_at, b.sha256) <= (c.taken_at, c.sha256) FROM main.snapshot b,
            main.snapshot c WHERE b.id = t.from_snapshot AND c.id = \(base))
          """
        columns = columns.replacing(
          "from_snapshot", with: "CASE WHEN \(isOlder) THEN \(base) ELSE from_snapshot END"
        ).replacing(" change", with: " CASE WHEN \(isOlder) THEN '' ELSE change END")
      }
      return "SELECT \(columns) FROM \(schema).\(table.name) t WHERE device_id = \(device)"
    }
    return try Bool.fetchOne(
      database,
      sql: """
        SELECT (SELECT count(*) FROM main.\(table.name) WHERE device_id = \(device))
            <> (SELECT count(*) FROM temp.\(table.name))
          OR EXISTS (\(side("main")) EXCEPT \(side("temp")))
        """) ?? true
  }
}
