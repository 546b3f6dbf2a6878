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
    /// Where the row says that it stands.
    var place: CurrentPlace?
  }

  private struct TableKey: Hashable {
    let scope: String
    let table: String
  }

  private typealias LiveObject = (content: Int64, span: Int64)

  private let database: Database
  private let device: Int64
  private let rows: HistoryRows
  private var rules: [TableKey: [LiveRule]] = [:]
  private var objects: [String: [String: LiveObject]] = [:]
  private var isFirst = true
  private var headers: [Int64: [String]] = [:]

  private init(_ database: Database, device: Int64) throws {
    self.database = database
    self.device = device
    rows = try HistoryRows(database, device: device)
  }

  /// Adds the newest snapshot of a device to its history.
  ///
  /// - Parameter scopes: what was just stored of its export; nil where the export was known.
  static func append(
    _ snapshot: Int64, of device: Int64, scopes: [HistoryScope]?, _ database: Database
  ) throws {
    var history = try RuleHistory(database, device: device)
    try history.loadLive()
    let scopes = try scopes ?? history.scopes(of: snapshot)
    try history.advance(to: snapshot, scopes, isNewest: true)
  }

  /// Writes the whole history of a device anew, after a snapshot was put between others.
  ///
  /// - Parameters:
  ///   - base: the snapshot to begin with; nil for the one in force where its site was pruned, or for
  ///     the first one. What stood there already keeps its beginning.
  ///   - origins: those beginnings, where the history is gone already.
  static func rebuild(
    _ device: Int64, from base: Int64? = nil, origins: RuleOrigins? = nil, _ database: Database
  ) throws {
    let pruned = try Self.cut(of: device, database)
    // Exports without policies are those whose rules were pruned.
    let snapshots = try Int64.fetchAll(
      database,
      sql: """
        SELECT id FROM snapshot n WHERE device_id = ?1
          AND EXISTS (SELECT 1 FROM export_policy p WHERE p.export_id = n.export_id)
          AND (?2 IS NULL
            OR (taken_at, sha256) >= (SELECT taken_at, sha256 FROM snapshot WHERE id = ?2))
        ORDER BY taken_at, sha256
        """, arguments: [device, base ?? pruned])
    let origins = try origins ?? RuleOrigins(of: device, database)
    for table in ["rule_span", "rule_move", "object_span"] {
      try database.execute(sql: "DELETE FROM \(table) WHERE device_id = ?", arguments: [device])
    }
    var history = try RuleHistory(database, device: device)
    for snapshot in snapshots {
      try history.advance(
        to: snapshot, history.scopes(of: snapshot), isNewest: snapshot == snapshots.last)
    }
    try origins?.restore(database)
  }

  /// The snapshot that was in force where a device's site was pruned; nil where nothing was.
  static func cut(of device: Int64, _ database: Database) throws -> Int64? {
    try Int64.fetchOne(
      database,
      sql: """
        SELECT n.id FROM snapshot n JOIN device d ON d.id = n.device_id
        JOIN site s ON s.id = d.site_id
        WHERE n.device_id = ? AND n.taken_at <= s.pruned_before
        ORDER BY n.taken_at DESC, n.sha256 DESC LIMIT 1
        """, arguments: [device])
  }

  // MARK: State

  /// Reads what was in place at the newest snapshot so far.
  private mutating func loadLive() throws {
    let spans = try Row.fetchCursor(
      database,
      sql: """
        SELECT r.id, r.scope, r.table_name, r.rule_key, r.content_id, r.ordinal, r.file, r.line,
          r.pointer, r.vendor_id, v.text
        FROM rule_span r LEFT JOIN vendor_id v ON v.id = r.vendor_id
        WHERE r.device_id = ? AND r.to_snapshot IS NULL ORDER BY r.ordinal
        """, arguments: [device])
    while let row = try spans.next() {
      let place = CurrentPlace(
        ordinal: row[5], file: row[6], line: row[7], pointer: row[8], vendorNumber: row[9])
      rules[TableKey(scope: row[1], table: row[2]), default: []].append(
        LiveRule(
          key: row[3], entry: SequenceDiff.Entry(content: row[4], identity: row[10]),
          span: row[0], place: place))
      isFirst = false
    }
    let objectSpans = try Row.fetchCursor(
      database,
      sql: """
        SELECT id, scope, object_key, content_id FROM object_span
        WHERE device_id = ? AND to_snapshot IS NULL
        """, arguments: [device])
    while let row = try objectSpans.next() {
      objects[row[1], default: [:]][row[2]] = (row[3], row[0])
      isFirst = false
    }
    if isFirst {
      isFirst =
        try Int.fetchOne(
          database, sql: "SELECT count(*) FROM snapshot WHERE device_id = ?", arguments: [device]
        ) ?? 0 <= 1
    }
  }

  private mutating func scopes(of snapshot: Int64) throws -> [HistoryScope] {
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT p.scope, p.policy_id, p.places FROM export_policy p
        JOIN snapshot n ON n.export_id = p.export_id WHERE n.id = ? ORDER BY p.ordinal
        """, arguments: [snapshot])
    return try rows.map { row in
      let stored = try PolicyStore.load(row["policy_id"], database)
      let tables = try tableNames(stored.header)
      do {
        let numbered = try Packing.unpackPlaces(Array(row["places"] as Data))
        return HistoryScope(
          name: row["scope"], stored: stored, tables: tables,
          places: try VendorIDStore(database).texts(for: numbered),
          numbers: numbered.map(\.vendorNumber))
      } catch let error as PackingError {
        throw InventoryError(.damaged, "places of snapshot \(snapshot): \(error.reason)")
      }
    }
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

  /// - Parameter isNewest: whether the places of its rules are the current ones.
  private mutating func advance(
    to snapshot: Int64, _ scopes: [HistoryScope], isNewest: Bool
  ) throws {
    var nextRules: [TableKey: [LiveRule]] = [:]
    var nextObjects: [String: [String: LiveObject]] = [:]
    for scope in scopes {
      var place = scope.firstRulePlace
      for (index, table) in scope.tables.enumerated() {
        let key = TableKey(scope: scope.name, table: table)
        let list = scope.stored.rules.indices.contains(index) ? scope.stored.rules[index] : []
        let step = Step(
          key: key, snapshot: snapshot, names: scope.names,
          entries: list.indices.map {
            SequenceDiff.Entry(content: list[$0], identity: scope.vendorID(place + $0))
          },
          places: isNewest ? list.indices.map { scope.current(place + $0, ordinal: $0 + 1) } : nil)
        nextRules[key] = try take(step)
        rules[key] = nil
        place += list.count
      }
      nextObjects[scope.name] = try stepObjects(scope, snapshot: snapshot)
      objects[scope.name] = nil
    }
    // Tables and scopes that are gone.
    for (_, live) in rules { for rule in live { try rows.closeRule(rule.span, at: snapshot) } }
    for (_, live) in objects {
      for (_, object) in live { try rows.closeObject(object.span, at: snapshot) }
    }
    rules = nextRules
    objects = nextObjects
    isFirst = false
  }

  /// What a table becomes with a snapshot.
  private struct Step {
    let key: TableKey
    let snapshot: Int64
    let names: [Int64: String]
    let entries: [SequenceDiff.Entry]
    /// Nil where a later snapshot follows at once.
    let places: [CurrentPlace]?
  }

  private mutating func take(_ step: Step) throws -> [LiveRule] {
    let live = rules[step.key] ?? []
    let entries = step.entries
    if live.count == entries.count,
      zip(live, entries).allSatisfy({ $0.entry.content == $1.content })
    {
      return try settled(
        zip(live, entries).map {
          LiveRule(key: $0.key, entry: $1, span: $0.span, place: $0.place)
        }, step)
    }
    let diff = try SequenceDiff(old: live.map(\.entry), new: entries) { content in
      try step.names[content] ?? rows.name(of: content)
    }
    var result: [LiveRule?] = Array(repeating: nil, count: entries.count)
    for pair in diff.pairs {
      var rule = live[pair.old]
      if pair.isEdited {
        try rows.closeRule(rule.span, at: step.snapshot)
        rule.place = step.places?[pair.new]
        rule.span = try rows.openRule(
          scope: step.key.scope, table: step.key.table, key: rule.key,
          content: entries[pair.new].content, at: step.snapshot, change: "edited",
          place: rule.place)
      }
      if pair.hasMoved {
        try database.execute(
          sql: """
            INSERT INTO rule_move (device_id, snapshot_id, scope, table_name, rule_key,
              from_ordinal, to_ordinal) VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            device, step.snapshot, step.key.scope, step.key.table, rule.key, pair.old + 1,
            pair.new + 1,
          ])
      }
      result[pair.new] = LiveRule(
        key: rule.key, entry: entries[pair.new], span: rule.span, place: rule.place)
    }
    for index in diff.removed { try rows.closeRule(live[index].span, at: step.snapshot) }
    var used = Set(result.compactMap { $0?.key })
    for index in diff.added {
      let entry = entries[index]
      let base =
        try entry.identity ?? step.names[entry.content] ?? rows.name(of: entry.content)
      let ruleKey = Self.unique(base.isEmpty ? "rule" : base, among: &used)
      let place = step.places?[index]
      let span = try rows.openRule(
        scope: step.key.scope, table: step.key.table, key: ruleKey, content: entry.content,
        at: step.snapshot, change: isFirst ? "initial" : "added", place: place)
      result[index] = LiveRule(key: ruleKey, entry: entry, span: span, place: place)
    }
    return try settled(result.compactMap { $0 }, step)
  }

  /// Writes down where the rules stand now, where that is another place than before.
  private func settled(_ rules: [LiveRule], _ step: Step) throws -> [LiveRule] {
    guard let places = step.places else { return rules }
    var rules = rules
    for index in rules.indices where rules[index].place != places[index] {
      try rows.move(rules[index].span, to: places[index])
      rules[index].place = places[index]
    }
    return rules
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
    _ scope: HistoryScope, snapshot: Int64
  ) throws -> [String: LiveObject] {
    let live = objects[scope.name] ?? [:]
    let contents = scope.stored.endpointObjects + scope.stored.serviceObjects
    var next: [String: LiveObject] = [:]
    next.reserveCapacity(contents.count)
    for (index, content) in contents.enumerated() {
      let key = try scope.objectKeys?[index] ?? rows.objectKey(content)
      let known = live[key]
      if let known, known.content == content {
        next[key] = known
        continue
      }
      if let known { try rows.closeObject(known.span, at: snapshot) }
      let span = try rows.openObject(
        scope: scope.name, key: key, content: content, at: snapshot,
        change: isFirst ? "initial" : (known == nil ? "added" : "edited"))
      next[key] = (content, span)
    }
    for (key, known) in live where next[key] == nil {
      try rows.closeObject(known.span, at: snapshot)
    }
    return next
  }
}
