import CSQLite
import Foundation
import GRDB

/// A statement that is run for each of many rows.
///
/// GRDB boxes every value and consults its observers at each run, which costs more than SQLite
/// itself where a row is small. This binds values as they are and steps; errors are GRDB's own.
struct RowStatement {
  private let statement: Statement
  private let pointer: OpaquePointer
  private let connection: OpaquePointer?

  init(_ database: Database, _ sql: String) throws {
    statement = try database.cachedStatement(sql: sql)
    pointer = statement.sqliteStatement
    connection = database.sqliteConnection
    sqlite3_reset(pointer)
    sqlite3_clear_bindings(pointer)
  }

  // MARK: Values, numbered from 1

  func bind(_ index: Int32, _ value: Int64?) {
    if let value { sqlite3_bind_int64(pointer, index, value) } else { null(index) }
  }

  func bind(_ index: Int32, _ value: Int) { sqlite3_bind_int64(pointer, index, Int64(value)) }

  func bind(_ index: Int32, _ text: String?) {
    guard var text else { return null(index) }
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        _ = sqlite3_bind_text(
          pointer, index, characters.baseAddress, Int32(clamping: characters.count),
          sallyport_sqlite_transient())
      }
    }
  }

  func bind(_ index: Int32, text: [UInt8]) {
    text.withUnsafeBytes { bytes in
      _ = sqlite3_bind_text(
        pointer, index, bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
        Int32(clamping: bytes.count), sallyport_sqlite_transient())
    }
  }

  func bind(_ index: Int32, _ digest: ContentDigest) {
    withUnsafeBytes(of: digest) { bytes in
      _ = sqlite3_bind_blob(
        pointer, index, bytes.baseAddress, Int32(bytes.count), sallyport_sqlite_transient())
    }
  }

  private func null(_ index: Int32) { sqlite3_bind_null(pointer, index) }

  // MARK: Runs

  /// Runs it for its effect.
  ///
  /// - Returns: the number of rows that it inserted, changed or removed.
  @discardableResult
  func run() throws -> Int {
    try first {}
    return Int(sqlite3_changes(connection))
  }

  /// Runs an insertion that must take place.
  ///
  /// - Returns: the number of the new row.
  func insert() throws -> Int64 {
    try run()
    return sqlite3_last_insert_rowid(connection)
  }

  /// The number in the first column of the first row; nil where there is no row.
  func number() throws -> Int64? { try first { sqlite3_column_int64(pointer, 0) } }

  /// The text in the first column of the first row; nil where there is no row.
  func text() throws -> [UInt8]? {
    try first {
      let start = sqlite3_column_text(pointer, 0)
      return Array(
        UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, 0))))
    }
  }

  /// The digest in the first column of the first row; nil where there is none.
  func digest() throws -> ContentDigest? {
    try first {
      let bytes = UnsafeRawBufferPointer(
        start: sqlite3_column_blob(pointer, 0), count: Int(sqlite3_column_bytes(pointer, 0)))
      return ContentDigest(Data(bytes))
    } ?? nil
  }

  /// Runs it, and reads the first row where there is one.
  @discardableResult
  private func first<Value>(_ read: () -> Value) throws -> Value? {
    let status = sqlite3_step(pointer)
    defer { sqlite3_reset(pointer) }
    switch status {
    case SQLITE_ROW: return read()
    case SQLITE_DONE: return nil
    default:
      throw DatabaseError(
        resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
        message: String(cString: sqlite3_errmsg(connection)), sql: statement.sql)
    }
  }
}
