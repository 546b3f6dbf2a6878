import Foundation
import Inventory
import TestSupport
import Testing

@testable import Audit

/// `sallyport sql` reads and does nothing else, whatever is typed.
struct QueryTests {
  private func filled() throws -> TestInventory {
    var random = SeededRandom(seed: 2)
    let test = try TestInventory()
    try test.addSite()
    try test.store(
      GeneratedFirewall(hostname: "fw", filler: 4, random: &random).xml(), takenAt: day(0))
    try test.record(now: day(1))
    return test
  }

  /// Ways to write, to reach other files, or to change how SQLite works.
  private static let attacks = [
    "INSERT INTO site (name, created_at) VALUES ('x', 'y')",
    "UPDATE verdict_span SET verdict = 'allowed'",
    "UPDATE site SET name = 'x' RETURNING name",
    "DELETE FROM event",
    "WITH x AS (SELECT 1) DELETE FROM event",
    "WITH x AS (SELECT 1) INSERT INTO saved_query SELECT 'a', 'b', 'c', 'd' FROM x",
    "REPLACE INTO saved_query VALUES ('a', 'b', 'c', 'd')",
    "INSERT INTO content_search (content_search) VALUES ('rebuild')",
    "DROP TABLE event", "DROP VIEW sites", "CREATE TABLE x (y)", "CREATE VIEW x AS SELECT 1",
    "CREATE INDEX x ON site (name)", "ALTER TABLE site RENAME TO other",
    "CREATE TEMP TABLE x AS SELECT * FROM site", "CREATE TEMP VIEW x AS SELECT 1",
    "CREATE TEMP TRIGGER x AFTER INSERT ON site BEGIN SELECT 1; END",
    "CREATE TRIGGER x AFTER UPDATE ON site BEGIN DELETE FROM event; END",
    "CREATE VIRTUAL TABLE x USING fts5(y)", "CREATE VIRTUAL TABLE temp.x USING fts5(y)",
    "ATTACH 'FOLDER/other.db' AS other", "ATTACH ':memory:' AS other",
    "ATTACH DATABASE 'file:FOLDER/other.db?mode=rwc' AS other", "DETACH main",
    "VACUUM", "VACUUM INTO 'FOLDER/other.db'", "VACUUM main INTO 'FOLDER/other.db'",
    "REINDEX", "ANALYZE",
    "PRAGMA writable_schema = ON", "PRAGMA writable_schema = RESET",
    "/* x */ pRaGmA /**/ writable_schema=1", "PRAGMA main.writable_schema(1)",
    "PRAGMA query_only = OFF", "PRAGMA journal_mode = DELETE", "PRAGMA journal_mode = OFF",
    "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA user_version = 7", "PRAGMA application_id = 7",
    "PRAGMA schema_version = 7", "PRAGMA foreign_keys = OFF", "PRAGMA trusted_schema = ON",
    "PRAGMA temp_store_directory = 'FOLDER'", "PRAGMA data_store_directory = 'FOLDER'",
    "PRAGMA mmap_size = 1000000", "PRAGMA locking_mode = EXCLUSIVE", "PRAGMA synchronous = OFF",
    "PRAGMA optimize", "PRAGMA incremental_vacuum", "PRAGMA auto_vacuum = 1",
    "PRAGMA database_list", "SELECT * FROM pragma_database_list", "PRAGMA secure_delete = ON",
    "PRAGMA hard_heap_limit = 0", "PRAGMA threads = 8", "PRAGMA cell_size_check = OFF",
    "PRAGMA ignore_check_constraints = ON", "PRAGMA legacy_alter_table = ON",
    "BEGIN", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "COMMIT", "ROLLBACK", "SAVEPOINT x", "RELEASE x",
    "SELECT load_extension('FOLDER/x.so')", "SELECT LOAD_EXTENSION('FOLDER/x.so', 'entry')",
    "SELECT writefile('FOLDER/x', 'y')", "SELECT readfile('/etc/passwd')",
    "SELECT edit('x', 'sh')", "SELECT fts3_tokenizer('simple')",
    "SELECT fts3_tokenizer('simple', x'4141414141414141')",
    "SELECT * FROM fsdir('/')", "SELECT * FROM sqlite_dbpage",
    "UPDATE sqlite_dbpage SET data = zeroblob(4096) WHERE pgno = 1",
    "UPDATE sqlite_schema SET sql = ''", "DELETE FROM sqlite_master",
    "SELECT 1; DELETE FROM event", "SELECT 1;; SELECT 2", "; DELETE FROM event",
    "SELECT 1; -- x\nDELETE FROM event", "SELECT 1; /* x */ DROP TABLE event",
    "SELECT ';'; DROP TABLE event", "EXPLAIN DELETE FROM event", "", "  ", ";", "-- nothing",
  ]

  @Test("no attack gets through, and none leaves a trace")
  func attacks() throws {
    let test = try filled()
    let copy = test.folder.path("target.db")
    try test.inventory.backUp(to: copy)
    let before = FileManager.default.contents(atPath: copy)
    let names = try Repository.files(in: test.folder.url)
    for attack in Self.attacks {
      let sql = attack.replacing("FOLDER", with: test.folder.url.path)
      #expect(throws: InventoryError.self, "\(attack)") { try ReadOnlyQuery(path: copy).run(sql) }
    }
    #expect(FileManager.default.contents(atPath: copy) == before)
    #expect(try Repository.files(in: test.folder.url) == names, "no other file was made")
    // One connection, one attack after the other: nothing that one loosens helps the next.
    let query = try ReadOnlyQuery(path: copy)
    for attack in Self.attacks {
      _ = try? query.run(attack.replacing("FOLDER", with: test.folder.url.path))
    }
    #expect(FileManager.default.contents(atPath: copy) == before)
    #expect(try query.run("SELECT count(*) FROM events").rows.count == 1, "it still answers")
  }

  @Test("what only reads works")
  func harmless() throws {
    let test = try filled()
    for sql in [
      "SELECT * FROM sites", "SELECT 1;", "SELECT 1 ; -- with a remark", "VALUES (1), (2)",
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 10) SELECT * FROM c",
      "SELECT value FROM json_each('[1, 2]')", "SELECT name FROM pragma_table_info('sites')",
      "SELECT key FROM json_tree('{\"a\": [1]}')", "EXPLAIN QUERY PLAN SELECT * FROM sites",
      "PRAGMA table_info(sites)",
      "SELECT json_extract('{\"a\":1}', '$.a')",
      "SELECT * FROM rule_search WHERE words MATCH 'defender'", "SELECT printf('%d', 3)",
    ] {
      #expect(try !test.query(sql).rows.isEmpty, "\(sql)")
    }
  }

  @Test("statements without end are broken off")
  func endless() throws {
    let test = try filled()
    let endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
    for sql in [
      "\(endless) SELECT count(*) FROM c", "\(endless) SELECT max(x) FROM c",
      "\(endless) SELECT x FROM c WHERE x < 0", "\(endless) SELECT sum(length(hex(x))) FROM c",
      "\(endless) SELECT x FROM c ORDER BY x DESC",
    ] {
      let start = Date()
      #expect(throws: InventoryError.self, "\(sql)") {
        try ReadOnlyQuery(path: test.path).run(sql, seconds: 0.3)
      }
      #expect(Date().timeIntervalSince(start) < 10, "\(sql)")
    }
  }

  @Test("an answer without end does not fill the memory")
  func endlessAnswer() throws {
    let test = try filled()
    for sql in [
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT zeroblob(9000000) FROM c",
      "SELECT zeroblob(999999999)", "SELECT replace(hex(zeroblob(30000000)), '0', 'aaaaaaaaaa')",
    ] {
      #expect(throws: InventoryError.self, "\(sql)") {
        try ReadOnlyQuery(path: test.path).run(sql, seconds: 20)
      }
    }
  }

  @Test("parameters are bound and never read as SQL")
  func parameters() throws {
    let test = try filled()
    let hostile = "x' OR 1=1; DROP TABLE event; --"
    let answer = try test.query(
      "SELECT :v AS v, (SELECT count(*) FROM sites WHERE site = :v) AS n", ["v": .text(hostile)])
    #expect(answer.rows == [[.text(hostile), .integer(0)]])
    #expect(throws: InventoryError.self) { try test.query("SELECT :v") }
    #expect(throws: InventoryError.self) { try test.query("SELECT ?", ["1": .text("x")]) }
    #expect(throws: InventoryError.self) { try test.query("SELECT 1", ["v": .text("x")]) }
  }

  @Test("rows beyond the limit are left out and that is said")
  func limit() throws {
    let test = try filled()
    let answer = try ReadOnlyQuery(path: test.path).run("SELECT * FROM endpoints", limit: 3)
    #expect(answer.rows.count == 3)
    #expect(answer.isCut)
  }
}
