import GRDB

/// Where a rule stands in its device's newest snapshot.
struct CurrentPlace: Hashable {
  /// Counted from 1 within its table.
  var ordinal: Int
  var file: Int
  var line: Int
  var pointer: String?
  /// Row of vendor_id.
  var vendorNumber: Int64?
}

/// The rows of one device's history, each kind with a statement that is prepared once.
struct HistoryRows {
  private let device: Int64
  private let openRule: RowStatement
  private let closeRule: RowStatement
  private let moveRule: RowStatement
  private let openObject: RowStatement
  private let closeObject: RowStatement
  private let contentName: RowStatement
  private let contentKey: RowStatement

  init(_ database: Database, device: Int64) throws {
    self.device = device
    openRule = try RowStatement(
      database,
      """
      INSERT INTO rule_span (device_id, scope, table_name, rule_key, content_id, from_snapshot,
        change, ordinal, file, line, pointer, vendor_id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    // Where a rule stood last is told by the snapshots, not by its history.
    closeRule = try RowStatement(
      database,
      """
      UPDATE rule_span SET to_snapshot = ?, ordinal = NULL, file = NULL, line = NULL,
        pointer = NULL, vendor_id = NULL WHERE id = ?
      """)
    moveRule = try RowStatement(
      database,
      """
      UPDATE rule_span SET ordinal = ?, file = ?, line = ?, pointer = ?, vendor_id = ? WHERE id = ?
      """)
    openObject = try RowStatement(
      database,
      """
      INSERT INTO object_span (device_id, scope, object_key, content_id, from_snapshot, change)
      VALUES (?, ?, ?, ?, ?, ?)
      """)
    closeObject = try RowStatement(
      database, "UPDATE object_span SET to_snapshot = ? WHERE id = ?")
    contentName = try RowStatement(
      database, "SELECT body ->> '$.name' FROM content WHERE id = ?")
    contentKey = try RowStatement(
      database,
      """
      SELECT CASE kind WHEN 'service_object' THEN '\(Self.servicePrefix)' ELSE '' END
        || (body ->> '$.id') FROM content WHERE id = ?
      """)
  }

  /// Endpoint and service objects may share an id, so the kind is part of the key.
  static let servicePrefix = "service "

  // MARK: Rules

  /// - Returns: the number of the row.
  func openRule(
    scope: String, table: String, key: String, content: Int64, at snapshot: Int64, change: String,
    place: CurrentPlace?
  ) throws -> Int64 {
    openRule.bind(1, device)
    openRule.bind(2, scope)
    openRule.bind(3, table)
    openRule.bind(4, key)
    openRule.bind(5, content)
    openRule.bind(6, snapshot)
    openRule.bind(7, change)
    Self.bind(place, to: openRule, from: 8)
    return try openRule.insert()
  }

  func closeRule(_ span: Int64, at snapshot: Int64) throws {
    closeRule.bind(1, snapshot)
    closeRule.bind(2, span)
    try closeRule.run()
  }

  func move(_ span: Int64, to place: CurrentPlace) throws {
    Self.bind(place, to: moveRule, from: 1)
    moveRule.bind(6, span)
    try moveRule.run()
  }

  private static func bind(_ place: CurrentPlace?, to statement: RowStatement, from index: Int32) {
    statement.bind(index, place.map { Int64($0.ordinal) })
    statement.bind(index + 1, place.map { Int64($0.file) })
    statement.bind(index + 2, place.map { Int64($0.line) })
    statement.bind(index + 3, place?.pointer)
    statement.bind(index + 4, place?.vendorNumber)
  }

  // MARK: Objects

  /// - Returns: the number of the row.
  func openObject(
    scope: String, key: String, content: Int64, at snapshot: Int64, change: String
  ) throws -> Int64 {
    openObject.bind(1, device)
    openObject.bind(2, scope)
    openObject.bind(3, key)
    openObject.bind(4, content)
    openObject.bind(5, snapshot)
    openObject.bind(6, change)
    return try openObject.insert()
  }

  func closeObject(_ span: Int64, at snapshot: Int64) throws {
    closeObject.bind(1, snapshot)
    closeObject.bind(2, span)
    try closeObject.run()
  }

  // MARK: Content

  func name(of content: Int64) throws -> String { try Self.text(contentName, content) }

  func objectKey(_ content: Int64) throws -> String { try Self.text(contentKey, content) }

  private static func text(_ statement: RowStatement, _ id: Int64) throws -> String {
    statement.bind(1, id)
    return String(decoding: try statement.text() ?? [], as: UTF8.self)
  }
}
