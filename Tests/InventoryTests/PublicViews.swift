import Inventory
import Testing

/// What the public views say, for comparing two databases.
enum PublicViews {
  /// Columns that tell when the program worked, and not what it found.
  static let working: Set<String> = [
    "imported_at", "last_seen_at", "evaluated_at", "created_at", "set_at", "saved_at",
  ]
  /// The log tells what was done in its order, which is another one by nature.
  static let left: Set<String> = ["events"]

  /// The rows of each view, sorted.
  static func dump(_ test: TestInventory) throws -> [String: [String]] {
    try dump(test.path, views: try test.inventory.views())
  }

  static func dump(
    _ path: String, views: [(name: String, columns: [String])]
  ) throws -> [String: [String]] {
    let query = try ReadOnlyQuery(path: path)
    var result: [String: [String]] = [:]
    for view in views where !left.contains(view.name) {
      let columns = view.columns.filter { !working.contains($0) }
      let list = columns.map { "\"\($0)\"" }.joined(separator: ", ")
      // Searching views give rows for a search only.
      guard !columns.contains("words") else { continue }
      let rows = try query.run("SELECT \(list) FROM \(view.name)").rows
      result[view.name] = rows.map { row in
        zip(columns, row).map { "\($0)=\(text($1))" }.joined(separator: " ")
      }.sorted()
    }
    return result
  }

  static func text(_ value: ReadOnlyQuery.Value) -> String {
    switch value {
    case .null: "-"
    case .integer(let number): "\(number)"
    case .real(let number): "\(number)"
    case .text(let text): text
    case .bytes(let bytes): "\(bytes)"
    }
  }

  /// The first differences in words; empty where both are the same.
  static func differences(_ left: [String: [String]], _ right: [String: [String]]) -> [String] {
    var result: [String] = []
    for view in Set(left.keys).union(right.keys).sorted() {
      let first = Set(left[view] ?? [])
      let second = Set(right[view] ?? [])
      result += first.subtracting(second).sorted().prefix(2).map { "\(view): only first: \($0)" }
      result += second.subtracting(first).sorted().prefix(2).map { "\(view): only second: \($0)" }
      if left[view]?.count != right[view]?.count { result.append("\(view): other number of rows") }
    }
    return result
  }
}

/// Laws that the intervals of any history obey.
enum IntervalLaws {
  /// What is broken, in words.
  static func violations(_ test: TestInventory) throws -> [String] {
    var result: [String] = []
    func expectNone(_ title: String, _ sql: String) throws {
      let rows = try test.query(sql).rows
      if let row = rows.first {
        result.append("\(title): \(rows.count), such as \(row.map(PublicViews.text))")
      }
    }
    let key = "u.site_id, v.subject_id, v.catalogue_id, v.endpoint, v.port"
    try expectNone(
      "verdict intervals that are empty or turned round",
      "SELECT * FROM verdict_span WHERE to_at <= from_at")
    try expectNone(
      "verdict intervals that overlap",
      """
      SELECT a.* FROM verdict_span a JOIN verdict_span b USING (subject_id, endpoint, port)
      WHERE a.id <> b.id AND a.from_at <= b.from_at AND coalesce(a.to_at, '9999') > b.from_at
      """)
    try expectNone(
      "verdicts that say they follow one but do not touch it",
      """
      SELECT \(key), v.from_at, v.previous FROM verdict_span v JOIN subject u ON u.id = v.subject_id
      WHERE v.previous IS NOT NULL AND v.cause_detail ->> '$.path' IS NULL
        AND v.cause_detail ->> '$.client' IS NULL AND v.cause_detail ->> '$.gap' IS NULL
        AND NOT EXISTS (
        SELECT 1 FROM verdict_span p WHERE p.subject_id = v.subject_id AND p.endpoint = v.endpoint
          AND p.port = v.port AND p.to_at = v.from_at AND p.verdict = v.previous)
      """)
    // At every judged moment each requirement of the edition has one verdict, and no other has.
    try expectNone(
      "moments with gaps",
      """
      SELECT e.subject_id, e.at, e.catalogue_version, count(v.id) AS found,
        (SELECT count(*) FROM requirement r WHERE r.catalogue_id = e.catalogue_id
          AND r.catalogue_version = e.catalogue_version) AS wanted
      FROM evaluation e LEFT JOIN verdict_span v ON v.subject_id = e.subject_id
        AND v.from_at <= e.at AND coalesce(v.to_at, '9999') > e.at
      GROUP BY e.subject_id, e.at HAVING found <> wanted
      """)
    // An interval may end only where something judged says so: the next verdict, the next edition
    // without the requirement, or the end of the subject.
    try expectNone(
      "verdicts that end without a reason",
      """
      SELECT v.* FROM verdict_span v WHERE v.to_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM verdict_span n WHERE n.subject_id = v.subject_id
          AND n.endpoint = v.endpoint AND n.port = v.port AND n.from_at = v.to_at)
        AND NOT EXISTS (SELECT 1 FROM evaluation e WHERE e.subject_id = v.subject_id
          AND e.at = v.to_at AND NOT EXISTS (SELECT 1 FROM requirement r
            WHERE r.catalogue_id = e.catalogue_id AND r.catalogue_version = e.catalogue_version
              AND r.endpoint = v.endpoint AND r.port = v.port))
        AND EXISTS (SELECT 1 FROM verdict_span o WHERE o.subject_id = v.subject_id
          AND o.from_at <= v.to_at AND coalesce(o.to_at, '9999') > v.to_at)
      """)
    try expectNone(
      "counts that are not those of the verdicts",
      """
      SELECT e.subject_id, e.at, e.blocked, count(v.id) AS found
      FROM evaluation e LEFT JOIN verdict_span v ON v.subject_id = e.subject_id
        AND v.from_at <= e.at AND coalesce(v.to_at, '9999') > e.at
        AND v.level = 'required' AND v.verdict = 'blocked'
      GROUP BY e.subject_id, e.at HAVING found <> e.blocked
      """)
    try expectNone(
      "finding intervals that are empty or turned round",
      "SELECT * FROM finding_span WHERE to_at <= from_at")
    try expectNone(
      "finding intervals that overlap",
      """
      SELECT a.* FROM finding_span a JOIN finding_span b ON b.subject_id = a.subject_id
        AND b.finding = a.finding AND b.severity = a.severity AND b.message = a.message
        AND b.device IS a.device AND b.table_name IS a.table_name AND b.rule IS a.rule AND b.endpoints = a.endpoints
      WHERE a.id <> b.id AND a.from_at <= b.from_at AND coalesce(a.to_at, '9999') > b.from_at
      """)
    try expectNone(
      "versions of a rule that overlap",
      """
      SELECT a.site, a.rule, a.from_at, b.from_at FROM rule_history a JOIN rule_history b
        USING (site, device, scope, "table", rule_key)
      WHERE (a.from_at, a.from_sha256) < (b.from_at, b.from_sha256)
        AND (a.to_at IS NULL OR (a.to_at, a.to_sha256) > (b.from_at, b.from_sha256))
      """)
    return result
  }
}
