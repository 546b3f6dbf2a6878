import CSQLite
import Foundation

/// Runs one SQL statement that somebody typed, on a connection that can only read.
///
/// Four locks stand behind each other: the file is opened read-only, SQLite's defensive mode is on,
/// no database can be attached, and an authorizer lets nothing through but reading. Time, memory and
/// the size of the answer are bounded.
package final class ReadOnlyQuery {
  package enum Value: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case bytes([UInt8])

    /// What it takes in memory, roughly.
    fileprivate var size: Int {
      switch self {
      case .null, .integer, .real: 24
      case .text(let text): 40 + text.utf8.count
      case .bytes(let bytes): 56 + bytes.count
      }
    }
  }

  package struct Answer: Sendable {
    package var columns: [String]
    package var rows: [[Value]]
    /// Whether rows were left out because of the limit.
    package var isCut: Bool
  }

  package static let defaultSeconds = 30.0
  /// Bytes that an answer may take, roughly.
  private static let largestAnswer = 400 << 20

  private var connection: OpaquePointer?
  private let path: String
  private var deadline = Date.distantFuture

  package init(path: String) throws {
    self.path = path
    guard FileManager.default.fileExists(atPath: path) else {
      throw InventoryError(
        .notFound, "\(path): no such database",
        advice: "`sallyport import` makes one; name another with --db or SALLYPORT_DB")
    }
    if !open("mode=ro"), try !ReadOnlyMedium.isWhole(path) || !open("immutable=1") {
      let words = connection.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      let isOther = sqlite3_errcode(connection) == SQLITE_NOTADB
      sqlite3_close_v2(connection)
      throw InventoryError(
        isOther ? .notOurs : .inputOutput, "\(path): the database cannot be opened: \(words)")
    }
    sqlite3_busy_timeout(connection, 5000)
    guard sallyport_sqlite_harden(connection) == SQLITE_OK else {
      throw InventoryError(.inputOutput, "\(path): SQLite refuses its defensive mode")
    }
    // SQLite declares its table-valued functions at their first use, by statements that the
    // authorizer would refuse; afterwards it knows them.
    for name in ["json_each", "json_tree"] + Self.harmlessPragmas.map({ "pragma_\($0)" }) {
      sqlite3_exec(connection, "SELECT 1 FROM \(name) LIMIT 0", nil, nil, nil)
    }
    sqlite3_set_authorizer(connection, Self.authorize, nil)
  }

  deinit { sqlite3_close_v2(connection) }

  private func open(_ options: String) -> Bool {
    var allowed = CharacterSet.urlPathAllowed
    allowed.remove(charactersIn: "?#%")
    let name = path.addingPercentEncoding(withAllowedCharacters: allowed) ?? path
    sqlite3_close_v2(connection)
    connection = nil
    let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX
    guard sqlite3_open_v2("file:\(name)?\(options)", &connection, flags, nil) == SQLITE_OK else {
      return false
    }
    return sqlite3_exec(connection, "SELECT count(*) FROM sqlite_schema", nil, nil, nil)
      == SQLITE_OK
  }

  /// Pragmas that only tell.
  private static let harmlessPragmas: Set<String> = [
    "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo",
    "foreign_key_list", "function_list", "collation_list", "compile_options", "data_version",
  ]

  /// Functions that reach beyond the database.
  private static let refusedFunctions: Set<String> = [
    "load_extension", "readfile", "writefile", "edit", "fts3_tokenizer",
  ]

  private static let authorize:
    @convention(c) (
      UnsafeMutableRawPointer?, Int32, UnsafePointer<CChar>?, UnsafePointer<CChar>?,
      UnsafePointer<CChar>?, UnsafePointer<CChar>?
    ) -> Int32 = { _, action, first, second, _, _ in
      switch action {
      case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: return SQLITE_OK
      case SQLITE_FUNCTION:
        let name = second.map { String(cString: $0).lowercased() } ?? ""
        return refusedFunctions.contains(name) ? SQLITE_DENY : SQLITE_OK
      case SQLITE_PRAGMA:
        let name = first.map { String(cString: $0).lowercased() } ?? ""
        return harmlessPragmas.contains(name) ? SQLITE_OK : SQLITE_DENY
      default: return SQLITE_DENY
      }
    }

  /// Runs one statement.
  ///
  /// - Parameters:
  ///   - parameters: values by name, without `:`, `@` or `$`.
  ///   - seconds: after this time the statement is broken off.
  ///   - limit: rows at most.
  package func run(
    _ sql: String, parameters: [String: Value] = [:], seconds: Double = defaultSeconds,
    limit: Int = .max
  ) throws -> Answer {
    let statement = try prepare(sql)
    defer { sqlite3_finalize(statement) }
    try bind(parameters, to: statement)
    deadline = Date(timeIntervalSinceNow: seconds)
    let context = Unmanaged.passUnretained(self).toOpaque()
    sqlite3_progress_handler(
      connection, 2000,
      { context in
        guard let context else { return 0 }
        let query = Unmanaged<ReadOnlyQuery>.fromOpaque(context).takeUnretainedValue()
        return query.deadline < Date() ? 1 : 0
      }, context)
    defer { sqlite3_progress_handler(connection, 0, nil, nil) }
    let columns = (0..<sqlite3_column_count(statement)).map { column in
      sqlite3_column_name(statement, column).map { String(cString: $0) } ?? ""
    }
    var answer = Answer(columns: columns, rows: [], isCut: false)
    var size = 0
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_DONE: return answer
      case SQLITE_ROW:
        guard answer.rows.count < limit else {
          answer.isCut = true
          return answer
        }
        let row = columns.indices.map { Self.value(statement, Int32($0)) }
        size += row.reduce(64) { $0 + $1.size }
        guard size < Self.largestAnswer else {
          throw InventoryError(
            .unknownName, "the answer is too large (more than \(answer.rows.count) rows)",
            advice: "ask for less, or give --limit")
        }
        answer.rows.append(row)
      case SQLITE_INTERRUPT:
        throw InventoryError(
          .unknownName, "the query took longer than \(seconds.formatted()) s",
          advice: "ask for less, or give it more time with --timeout")
      default: throw failure()
      }
    }
  }

  private func prepare(_ sql: String) throws -> OpaquePointer? {
    var statement: OpaquePointer?
    let status = sql.withCString { text -> (Int32, String) in
      var tail: UnsafePointer<CChar>?
      let status = sqlite3_prepare_v2(connection, text, -1, &statement, &tail)
      return (status, tail.map { String(cString: $0) } ?? "")
    }
    guard status.0 == SQLITE_OK else {
      sqlite3_finalize(statement)
      throw failure()
    }
    guard statement != nil else {
      throw InventoryError(.unknownName, "there is no SQL statement in the query")
    }
    var next: OpaquePointer?
    let rest = sqlite3_prepare_v2(connection, status.1, -1, &next, nil)
    sqlite3_finalize(next)
    guard rest == SQLITE_OK, next == nil else {
      sqlite3_finalize(statement)
      throw InventoryError(
        .unknownName, "there is more than one statement", advice: "run them one by one")
    }
    return statement
  }

  private func bind(_ parameters: [String: Value], to statement: OpaquePointer?) throws {
    var used: Set<String> = []
    let count = sqlite3_bind_parameter_count(statement)
    for index in 0..<count {
      guard let marked = sqlite3_bind_parameter_name(statement, index + 1) else {
        throw InventoryError(
          .unknownName, "the query has a parameter without a name",
          advice: "write :name instead of ?")
      }
      let name = String(String(cString: marked).dropFirst())
      guard let value = parameters[name] else {
        throw InventoryError(
          .unknownName, "the query needs a value for `\(name)`", advice: "give --param \(name)=…")
      }
      used.insert(name)
      switch value {
      case .null: sqlite3_bind_null(statement, index + 1)
      case .integer(let number): sqlite3_bind_int64(statement, index + 1, number)
      case .real(let number): sqlite3_bind_double(statement, index + 1, number)
      case .text(let text):
        sqlite3_bind_text(statement, index + 1, text, -1, sallyport_sqlite_transient())
      case .bytes(let bytes):
        sqlite3_bind_blob(
          statement, index + 1, bytes, Int32(bytes.count), sallyport_sqlite_transient())
      }
    }
    if let unused = Set(parameters.keys).subtracting(used).sorted().first {
      throw InventoryError(.unknownName, "the query has no parameter `\(unused)`")
    }
  }

  private static func value(_ statement: OpaquePointer?, _ column: Int32) -> Value {
    switch sqlite3_column_type(statement, column) {
    case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
    case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, column))
    case SQLITE_NULL: return .null
    case SQLITE_TEXT:
      // The length, and not the first NUL, ends a text.
      let count = Int(sqlite3_column_bytes(statement, column))
      let bytes = UnsafeBufferPointer(start: sqlite3_column_text(statement, column), count: count)
      return .text(String(decoding: bytes, as: UTF8.self))
    default:
      let count = Int(sqlite3_column_bytes(statement, column))
      guard let bytes = sqlite3_column_blob(statement, column) else { return .bytes([]) }
      return .bytes([UInt8](UnsafeRawBufferPointer(start: bytes, count: count)))
    }
  }

  private func failure() -> InventoryError {
    let words = connection.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
    switch sqlite3_errcode(connection) & 0xFF {
    case SQLITE_AUTH, SQLITE_READONLY:
      return InventoryError(
        .unknownName, "refused: `sallyport sql` only reads (\(words))",
        advice: "write with the commands of sallyport, or copy the database with `sallyport backup`"
      )
    case SQLITE_NOMEM:
      return InventoryError(
        .unknownName, "the query needs more than 1 GiB of memory", advice: "ask for less")
    case SQLITE_BUSY:
      return InventoryError(.busy, "\(path): the database is busy", advice: "try again")
    case SQLITE_NOTADB: return InventoryError(.notOurs, "\(path): this is not a SQLite database")
    case SQLITE_CORRUPT:
      return InventoryError(.damaged, "\(path): \(words)", advice: "restore a backup")
    default:
      return InventoryError(
        .unknownName, "SQL: \(words)",
        advice: "`sallyport sql --views` lists the views and their columns")
    }
  }
}
