import Foundation
import GRDB
import Inventory
import TestSupport
import Testing

@testable import Audit

/// Single cells and rows of every table changed at random: `verify` finds each, or it is on the list
/// of what lies outside of its promise (`sallyport verify --help`, SECURITY.md).
struct MutationTests {
  /// Columns of which nothing in the file vouches.
  private static let outside: Set<String> = [
    // When an unchanged export was last seen, and when a verdict was worked out.
    "sighting.last_imported_at", "sighting.imported_at", "evaluation.evaluated_at",
    // The number of written rules, for lists only.
    "policy.rule_count",
    // What is up to date: making it older costs work, making it newer shows at the next import.
    "site.stale_from", "site.revision",
  ]

  private struct Cell {
    let table: String
    let column: String
    let type: String
  }

  private static func cells(_ database: Database) throws -> [Cell] {
    try tables(database).flatMap { table in
      try database.columns(in: table).map { column in
        Cell(table: table, column: column.name, type: column.type)
      }
    }
  }

  private static func tables(_ database: Database) throws -> [String] {
    try String.fetchAll(
      database,
      sql: """
        SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'content_search%'
          AND name NOT LIKE 'grdb%' AND name NOT LIKE 'sqlite%' ORDER BY name
        """)
  }

  /// The inventory of ``TamperingTests``, with a saved query and a prune in its past.
  private static func whole(pruned: Bool) throws -> (TestInventory, path: String) {
    let test = try TamperingTests.filled()
    try test.inventory.save(
      SavedQueryRecord(name: "mine", description: "what", sql: "SELECT 1"), now: day(9))
    if pruned { _ = try test.inventory.prune(before: day(4), now: day(10), isDryRun: false) }
    #expect(try test.problems() == [], "nothing is wrong before")
    let path = test.folder.path("whole.db")
    try test.inventory.backUp(to: path)
    return (test, path)
  }

  /// Changes a copy by another client; false where nothing changed.
  private static func change(_ path: String, _ body: (Database) throws -> Void) throws -> Bool {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? queue.close() }
    return try queue.writeWithoutTransaction { database in
      do {
        try body(database)
      } catch is DatabaseError {
        // A check of the table itself refuses the change.
        return false
      }
      return database.totalChangesCount > 0
    }
  }

  private static func expression(_ cell: Cell, _ random: inout SeededRandom) -> String {
    switch cell.type {
    case "INTEGER": "coalesce(\(cell.column), 0) + \(1 + random.below(3))"
    case "BLOB": "randomblob(16)"
    default:
      [
        "coalesce(\(cell.column), '') || 'x'", "'2026-01-02T03:04:05Z'", "'[]'", "'{}'",
      ][random.below(4)]
    }
  }

  @Test("a changed cell is found, or outside of the promise", arguments: [false, true])
  func changedCells(pruned: Bool) throws {
    var random = SeededRandom()
    print("mutations: seed \(random.seed)")
    let (test, whole) = try Self.whole(pruned: pruned)
    let cells = try DatabaseQueue(path: whole).read(Self.cells)
    var found = 0
    var harmless = 0
    for round in 0..<rounds(40) {
      // Each column in turn, so that a long run holds all of them.
      let cell = cells[(round + Int(truncatingIfNeeded: random.seed % 1000)) % cells.count]
      let copy = test.folder.path("mutated.db")
      try? FileManager.default.removeItem(atPath: copy)
      try FileManager.default.copyItem(atPath: whole, toPath: copy)
      let value = Self.expression(cell, &random)
      let place = random.below(1000)
      let isChanged = try Self.change(copy) { database in
        let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM \(cell.table)") ?? 0
        guard count > 0 else { return }
        let keys = try database.primaryKey(cell.table).columns.joined(separator: ", ")
        try database.execute(
          sql: """
            UPDATE \(cell.table) SET \(cell.column) = \(value)
            WHERE (\(keys)) IN (SELECT \(keys) FROM \(cell.table) ORDER BY \(keys)
              LIMIT 1 OFFSET \(place % count)) AND \(cell.column) IS NOT \(value)
            """)
      }
      guard isChanged else { continue }
      guard try TamperingTests.problems(copy, test).isEmpty else {
        found += 1
        continue
      }
      harmless += 1
      #expect(
        Self.outside.contains("\(cell.table).\(cell.column)"),
        "seed \(random.seed): \(cell.table).\(cell.column) = \(value), row \(place) was not found")
    }
    print("mutations: \(found) found, \(harmless) outside of the promise")
  }

  @Test("rows removed, doubled or swapped are found", arguments: [false, true])
  func changedRows(pruned: Bool) throws {
    var random = SeededRandom()
    let (test, whole) = try Self.whole(pruned: pruned)
    let tables = try DatabaseQueue(path: whole).read(Self.tables)
    for table in tables {
      for what in ["one", "all", "last"] {
        let copy = test.folder.path("mutated.db")
        try? FileManager.default.removeItem(atPath: copy)
        try FileManager.default.copyItem(atPath: whole, toPath: copy)
        let isChanged = try Self.change(copy) { database in
          let keys = try database.primaryKey(table).columns.joined(separator: ", ")
          let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)") ?? 0
          guard count > 0 else { return }
          let offset = what == "last" ? count - 1 : random.below(count)
          let filter =
            what == "all"
            ? ""
            : "WHERE (\(keys)) IN (SELECT \(keys) FROM \(table) ORDER BY \(keys) "
              + "LIMIT 1 OFFSET \(offset))"
          try database.execute(sql: "DELETE FROM \(table) \(filter)")
        }
        guard isChanged else { continue }
        let problems = try TamperingTests.problems(copy, test)
        #expect(!problems.isEmpty, "seed \(random.seed): \(what) of \(table) removed")
      }
    }
  }
}
