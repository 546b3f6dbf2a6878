import Foundation
import GRDB
import Schema

/// The one SQLite file that holds sites, snapshots, verdicts and their history.
///
/// Write-ahead logging lets readers go on while an import writes; one process writes at a time and
/// others wait, then are told to try again.
package final class InventoryDatabase: Sendable {
  package enum Access: Sendable {
    /// Opens or makes the file and brings its schema up to date.
    case write
    /// Opens an existing file without changing anything in it.
    case read
  }

  package let path: String
  package let access: Access
  let pool: any DatabaseWriter

  /// Seconds that a writer waits for another one.
  private static let patience: TimeInterval = 10

  package init(path: String, access: Access) throws {
    self.path = path
    self.access = access
    pool = try Self.wrapping(path) {
      switch access {
      case .write: try Self.patiently { try Self.openForWriting(path) }
      case .read: try Self.openForReading(path)
      }
    }
    if access == .write { try Self.wrapping(path) { try Self.migrate(pool) } }
    try checkSchema()
  }

  private static func configuration(readonly: Bool) -> Configuration {
    var configuration = Configuration()
    configuration.readonly = readonly
    configuration.busyMode = .timeout(patience)
    configuration.maximumReaderCount = 8
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32000")
      if !readonly {
        // Full synchronisation at checkpoints only: a power cut may lose the last transaction of
        // a write-ahead log, never the consistency of the file.
        try database.execute(sql: "PRAGMA synchronous = NORMAL")
      }
    }
    return configuration
  }

  /// Tries again while another process makes the same database: SQLite does not wait where a file
  /// changes to a write-ahead log (https://www.sqlite.org/wal.html, "Sometimes Queries Return
  /// SQLITE_BUSY In WAL Mode").
  private static func patiently<Value>(_ body: () throws -> Value) throws -> Value {
    let end = Date().addingTimeInterval(patience)
    while true {
      do {
        return try body()
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && Date() < end {
        Thread.sleep(forTimeInterval: 0.02)
      }
    }
  }

  private static func openForWriting(_ path: String) throws -> any DatabaseWriter {
    let folder = FilePath.folder(of: path)
    guard folder.isEmpty || FileManager.default.fileExists(atPath: folder) else {
      throw InventoryError(
        .cannotWrite, "\(path): the folder `\(folder)` does not exist", advice: "make it first")
    }
    try makeFile(path)
    try refuseForeign(path)
    return try DatabasePool(path: path, configuration: configuration(readonly: false))
  }

  /// Makes an empty file for its owner alone, where there is none; SQLite gives the files beside it
  /// the same permissions (os_unix.c, `findCreateFileMode`).
  static func makeFile(_ path: String) throws {
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if descriptor >= 0 {
      close(descriptor)
    } else if errno != EEXIST {
      throw InventoryError(
        .cannotWrite, "\(path): the database cannot be made: \(String(cString: strerror(errno)))")
    }
  }

  /// Refuses a SQLite file of another program before anything in it is changed.
  private static func refuseForeign(_ path: String) throws {
    let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    guard size != 0 else { return }
    let queue: DatabaseQueue
    do {
      queue = try queueForReading(path)
    } catch let error as InventoryError {
      throw error
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN {
      // What cannot be opened for reading is told by the opening for writing.
      return
    }
    try queue.read { database in
      let tables = try String.fetchSet(
        database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
      guard tables.isEmpty || tables.isSuperset(of: ["grdb_migrations", "snapshot"]) else {
        throw InventoryError(
          .notOurs, "\(path): this SQLite file belongs to another program and is left as it is",
          advice: "name another file with --db or SALLYPORT_DB")
      }
    }
  }

  private static func openForReading(_ path: String) throws -> any DatabaseWriter {
    guard FileManager.default.fileExists(atPath: path) else {
      throw InventoryError(
        .notFound, "\(path): no such database",
        advice: "`sallyport import` makes one; name another with --db or SALLYPORT_DB")
    }
    do {
      return try DatabasePool(path: path, configuration: configuration(readonly: true))
    } catch let error as DatabaseError
      where [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode)
    {
      guard try ReadOnlyMedium.isWhole(path) else { throw error }
      return try DatabasePool(
        path: ReadOnlyMedium.immutableName(path), configuration: configuration(readonly: true))
    }
  }

  /// A connection of its own that reads, with temporary tables of its own.
  static func queueForReading(_ path: String) throws -> DatabaseQueue {
    var configuration = configuration(readonly: true)
    // Temporary tables cannot refer to those of the file.
    configuration.foreignKeysEnabled = false
    do {
      return try DatabaseQueue(path: path, configuration: configuration)
    } catch let error as DatabaseError
      where [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode)
    {
      guard try ReadOnlyMedium.isWhole(path) else { throw error }
      return try DatabaseQueue(
        path: ReadOnlyMedium.immutableName(path), configuration: configuration)
    }
  }

  /// Makes or renews the schema in one transaction: a process that is killed meanwhile leaves
  /// nothing, and of two that make the same database one waits for the other.
  static func migrate(_ writer: any DatabaseWriter) throws {
    try writer.writeWithoutTransaction { database in
      try database.inTransaction(.immediate) {
        try database.execute(
          sql: """
            CREATE TABLE IF NOT EXISTS grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)
            """)
        let applied = try applied(database)
        for (name, sql) in Schema.migrations where !applied.contains(name) {
          try database.execute(sql: sql)
          try database.execute(
            sql: "INSERT INTO grdb_migrations (identifier) VALUES (?)", arguments: [name])
        }
        return .commit
      }
    }
  }

  private static func applied(_ database: Database) throws -> Set<String> {
    Set(try String.fetchAll(database, sql: "SELECT identifier FROM grdb_migrations"))
  }

  private func checkSchema() throws {
    try Self.wrapping(path) {
      try pool.read { database in
        guard try database.tableExists("grdb_migrations"), try database.tableExists("snapshot")
        else {
          throw InventoryError(
            .notOurs, "\(path): this SQLite file is not an inventory of Sallyport")
        }
        let known = Set(Schema.migrations.map(\.name))
        let applied = try Self.applied(database)
        if let newer = applied.first(where: { !known.contains($0) }) {
          throw InventoryError(
            .notOurs, "\(path): made by a newer program (schema \(newer))",
            advice: "update sallyport")
        }
        guard applied.count == known.count else {
          throw InventoryError(
            .notOurs, "\(path): made by an older program",
            advice: "run any command that writes, such as `sallyport audit`, to bring it up to date"
          )
        }
      }
    }
  }

  /// Reads in one consistent view of the database.
  package func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try Self.wrapping(path) { try pool.read(body) }
  }

  /// Writes in one transaction: all of it, or nothing.
  package func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try Self.wrapping(path) { try pool.write(body) }
  }

  static func wrapping<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as DatabaseError {
      throw InventoryError(error, path: path)
    }
  }
}

extension InventoryError {
  init(_ error: DatabaseError, path: String) {
    let words = error.message ?? "unknown error"
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      self.init(
        .busy, "\(path): another process is writing to the database",
        advice: "try again in a moment")
    case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
      self.init(.cannotWrite, "\(path): the database cannot be written: \(words)")
    case .SQLITE_CANTOPEN:
      self.init(.cannotWrite, "\(path): the database cannot be opened: \(words)")
    case .SQLITE_FULL:
      self.init(
        .inputOutput, "\(path): no space left; nothing of this step was stored",
        advice: "make room and run the command again")
    case .SQLITE_NOTADB:
      self.init(.notOurs, "\(path): this is not a SQLite database")
    case .SQLITE_CORRUPT:
      self.init(
        .damaged, "\(path): the database file is damaged: \(words)", advice: "restore a backup")
    case .SQLITE_IOERR:
      self.init(
        .inputOutput,
        "\(path): the disk does not do its work (\(words)); nothing of this step was "
          + "stored", advice: "look at space, limits and health of the disk, then run it again")
    default: self.init(.damaged, "\(path): \(words)")
    }
  }
}
