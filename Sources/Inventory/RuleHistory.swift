import Foundation
import GRDB
import PolicyCoding

/// Writes down, snapshot by snapshot, which rules and objects came, went, changed and moved.
///
/// What it writes is a function of the device's snapshots in the order of their times, however
/// they were imported.
struct RuleHistory {
  private struct LiveRule {
    let key: String
    let entry: SequenceDiff.Entry
    /// Row of rule_span that is open for it.
    var span: Int64
  }

  private struct TableKey: Hashable {
    let scope: String
    let table: String
  }

  private let database: Database
  private let device: Int64
  private var rules: [TableKey: [LiveRule]] = [:]
  private var objects: [String: [String: (content: Int64, span: Int64)]] = [:]
  private var isFirst = true
  private var headers: [Int64: [String]] = [:]
  /// The snapshot that was read last, which is written down right after it was compared.
  private var lastScopes: (snapshot: Int64, scopes: [Scope])?

  private init(_ database: Database, device: Int64) {
    self.database = database
    self.device = device
  }

  /// Adds the newest snapshot of a device to its history.
  static func append(_ snapshot: Int64, of device: Int64, _ database: Database) throws {
    var history = RuleHistory(database, device: device)
    try history.loadLive()
    try history.advance(to: snapshot)
    try history.writeCurrent(snapshot)
  }

  /// Writes the whole history of a device anew, after a snapshot was put between others.
  static func rebuild(_ device: Int64, _ database: Database) throws {
    for table in ["rule_span", "rule_move", "object_span"] {
      try database.execute(sql: "DELETE FROM \(table) WHERE device_id = ?", arguments: [device])
    }
    var history = RuleHistory(database, device: device)
    // Exports without policies are those whose rules were pruned.
    let snapshots = try Int64.fetchAll(
      database,
      sql: """
        SELECT id FROM snapshot n WHERE device_id = ?
          AND EXISTS (SELECT 1 FROM export_policy p WHERE p.export_id = n.export_id)
        ORDER BY taken_at, sha256
        """, arguments: [device])
    for snapshot in snapshots { try history.advance(to: snapshot) }
    if let last = snapshots.last { try history.writeCurrent(last) }
  }

  // MARK: State

  /// Reads what was in place at the newest snapshot so far.
  private mutating func loadLive() throws {
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT r.scope, r.table_name, r.rule_key, r.content_id, r.vendor_id, s.id AS span
        FROM rule_current r
        JOIN rule_span s ON s.device_id = r.device_id AND s.scope = r.scope
          AND s.table_name = r.table_name AND s.rule_key = r.rule_key AND s.to_snapshot IS NULL
        WHERE r.device_id = ? ORDER BY r.scope_ordinal, r.table_ordinal, r.ordinal
        """, arguments: [device])
    while let row = try rows.next() {
      let key = TableKey(scope: row["scope"], table: row["table_name"])
      rules[key, default: []].append(
        LiveRule(
          key: row["rule_key"],
          entry: SequenceDiff.Entry(content: row["content_id"], identity: row["vendor_id"]),
          span: row["span"]))
      isFirst = false
    }
    let spans = try Row.fetchCursor(
      database,
      sql: """
        SELECT id, scope, object_key, content_id FROM object_span
        WHERE device_id = ? AND to_snapshot IS NULL
        """, arguments: [device])
    while let row = try spans.next() {
      objects[row["scope"], default: [:]][row["object_key"]] = (row["content_id"], row["id"])
      isFirst = false
    }
    if isFirst {
      isFirst =
        try Int.fetchOne(
          database, sql: "SELECT count(*) FROM snapshot WHERE device_id = ?", arguments: [device]
        ) ?? 0 <= 1
    }
  }

  private struct Scope {
    let name: String
    let stored: PolicyStore.Stored
    let tables: [String]
    let places: [PolicyPieces.Place]
    let firstRulePlace: Int
  }

  private mutating func scopes(of snapshot: Int64) throws -> [Scope] {
    if let last = lastScopes, last.snapshot == snapshot { return last.scopes }
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT p.scope, p.policy_id, p.places FROM export_policy p
        JOIN snapshot n ON n.export_id = p.export_id WHERE n.id = ? ORDER BY p.ordinal
        """, arguments: [snapshot])
    let scopes = try rows.map { row in
      let stored = try PolicyStore.load(row["policy_id"], database)
      let tables = try tableNames(stored.header)
      let places: [PolicyPieces.Place]
      do {
        places = try VendorIDStore(database).unpack(Array(row["places"] as Data))
      } catch {
        throw InventoryError(.damaged, "places of snapshot \(snapshot): \(error)")
      }
      let ruleCount = stored.rules.reduce(0) { $0 + $1.count }
      return Scope(
        name: row["scope"], stored: stored, tables: tables, places: places,
        firstRulePlace: max(places.count - ruleCount, 0))
    }
    lastScopes = (snapshot, scopes)
    return scopes
  }

  private mutating func tableNames(_ header: Int64) throws -> [String] {
    if let known = headers[header] { return known }
    let names = try String.fetchAll(
      database,
      sql: """
        SELECT t.value ->> '$.name' FROM content c, json_each(c.body, '$.tables') t
        WHERE c.id = ? ORDER BY t.key
        """, arguments: [header])
    headers[header] = names
    return names
  }

  // MARK: One step

  private mutating func advance(to snapshot: Int64) throws {
    let scopes = try scopes(of: snapshot)
    var nextRules: [TableKey: [LiveRule]] = [:]
    var nextObjects: [String: [String: (content: Int64, span: Int64)]] = [:]
    for scope in scopes {
      var place = scope.firstRulePlace
      for (index, table) in scope.tables.enumerated() {
        let key = TableKey(scope: scope.name, table: table)
        let list = scope.stored.rules.indices.contains(index) ? scope.stored.rules[index] : []
        let entries = list.map { content -> SequenceDiff.Entry in
          defer { place += 1 }
          let vendorID = scope.places.indices.contains(place) ? scope.places[place].vendorID : nil
          return SequenceDiff.Entry(content: content, identity: vendorID)
        }
        nextRules[key] = try step(key, to: entries, snapshot: snapshot)
        rules[key] = nil
      }
      nextObjects[scope.name] = try stepObjects(scope, snapshot: snapshot)
      objects[scope.name] = nil
    }
    // Tables and scopes that are gone.
    for (_, live) in rules { for rule in live { try close("rule_span", rule.span, at: snapshot) } }
    for (_, live) in objects {
      for (_, object) in live { try close("object_span", object.span, at: snapshot) }
    }
    rules = nextRules
    objects = nextObjects
    isFirst = false
  }

  private mutating func step(
    _ key: TableKey, to entries: [SequenceDiff.Entry], snapshot: Int64
  ) throws -> [LiveRule] {
    let live = rules[key] ?? []
    if live.count == entries.count,
      zip(live, entries).allSatisfy({ $0.entry.content == $1.content })
    {
      return zip(live, entries).map { LiveRule(key: $0.key, entry: $1, span: $0.span) }
    }
    let diff = try SequenceDiff(old: live.map(\.entry), new: entries) { content in
      try name(of: content)
    }
    var result: [LiveRule?] = Array(repeating: nil, count: entries.count)
    for pair in diff.pairs {
      var rule = live[pair.old]
      if pair.isEdited {
        try close("rule_span", rule.span, at: snapshot)
        rule.span = try open(key, rule.key, entries[pair.new].content, snapshot, "edited")
      }
      if pair.hasMoved {
        try database.execute(
          sql: """
            INSERT INTO rule_move (device_id, snapshot_id, scope, table_name, rule_key,
              from_ordinal, to_ordinal) VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            device, snapshot, key.scope, key.table, rule.key, pair.old + 1, pair.new + 1,
          ])
      }
      result[pair.new] = LiveRule(key: rule.key, entry: entries[pair.new], span: rule.span)
    }
    for index in diff.removed { try close("rule_span", live[index].span, at: snapshot) }
    var used = Set(result.compactMap { $0?.key })
    for index in diff.added {
      let entry = entries[index]
      let base = try entry.identity ?? name(of: entry.content)
      let ruleKey = Self.unique(base.isEmpty ? "rule" : base, among: &used)
      let span = try open(
        key, ruleKey, entry.content, snapshot, isFirst ? "initial" : "added")
      result[index] = LiveRule(key: ruleKey, entry: entry, span: span)
    }
    return result.compactMap { $0 }
  }

  private static func unique(_ base: String, among used: inout Set<String>) -> String {
    var key = base
    var number = 2
    while !used.insert(key).inserted {
      key = "\(base)~\(number)"
      number += 1
    }
    return key
  }

  private mutating func stepObjects(
    _ scope: Scope, snapshot: Int64
  ) throws -> [String: (content: Int64, span: Int64)] {
    let live = objects[scope.name] ?? [:]
    var next: [String: (content: Int64, span: Int64)] = [:]
    for content in scope.stored.endpointObjects + scope.stored.serviceObjects {
      let key = try objectKey(content)
      if let known = live[key], known.content == content {
        next[key] = known
        continue
      }
      if let known = live[key] { try close("object_span", known.span, at: snapshot) }
      let change = isFirst ? "initial" : (live[key] == nil ? "added" : "edited")
      try database.execute(
        sql: """
          INSERT INTO object_span (device_id, scope, object_key, content_id, from_snapshot, change)
          VALUES (?, ?, ?, ?, ?, ?)
          """, arguments: [device, scope.name, key, content, snapshot, change])
      next[key] = (content, database.lastInsertedRowID)
    }
    for (key, known) in live where next[key] == nil {
      try close("object_span", known.span, at: snapshot)
    }
    return next
  }

  // MARK: Rows

  private func name(of content: Int64) throws -> String {
    try String.fetchOne(
      try database.cachedStatement(sql: "SELECT body ->> '$.name' FROM content WHERE id = ?"),
      arguments: [content]) ?? ""
  }

  /// Endpoint and service objects may share an id, so the kind is part of the key.
  private func objectKey(_ content: Int64) throws -> String {
    try String.fetchOne(
      try database.cachedStatement(
        sql: """
          SELECT CASE kind WHEN 'service_object' THEN 'service ' ELSE '' END || (body ->> '$.id')
          FROM content WHERE id = ?
          """), arguments: [content]) ?? ""
  }

  private func close(_ table: String, _ span: Int64, at snapshot: Int64) throws {
    try database.cachedStatement(sql: "UPDATE \(table) SET to_snapshot = ? WHERE id = ?")
      .execute(arguments: [snapshot, span])
  }

  private func open(
    _ key: TableKey, _ ruleKey: String, _ content: Int64, _ snapshot: Int64, _ change: String
  ) throws -> Int64 {
    try database.cachedStatement(
      sql: """
        INSERT INTO rule_span (device_id, scope, table_name, rule_key, content_id, from_snapshot,
          change) VALUES (?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [device, key.scope, key.table, ruleKey, content, snapshot, change])
    return database.lastInsertedRowID
  }

  /// Unpacks the newest snapshot into rule_current.
  private mutating func writeCurrent(_ snapshot: Int64) throws {
    try database.execute(sql: "DELETE FROM rule_current WHERE device_id = ?", arguments: [device])
    let insert = try database.cachedStatement(
      sql: """
        INSERT INTO rule_current (device_id, scope_ordinal, table_ordinal, ordinal, scope,
          table_name, rule_key, content_id, vendor_id, file, line, pointer)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    for (scopeOrdinal, scope) in try scopes(of: snapshot).enumerated() {
      var place = scope.firstRulePlace
      for (tableOrdinal, table) in scope.tables.enumerated() {
        for (index, rule) in (rules[TableKey(scope: scope.name, table: table)] ?? []).enumerated() {
          let position = scope.places.indices.contains(place) ? scope.places[place].position : nil
          place += 1
          try insert.execute(arguments: [
            device, scopeOrdinal, tableOrdinal, index + 1, scope.name, table, rule.key,
            rule.entry.content, rule.entry.identity, position?.file ?? 0, position?.line ?? 0,
            position?.pointer,
          ])
        }
      }
    }
  }
}
