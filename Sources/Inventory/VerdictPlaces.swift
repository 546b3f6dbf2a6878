import Foundation
import GRDB
import JSONTree
import PolicyCoding

/// Where the rules of open verdicts and findings stand in the newest export.
///
/// A verdict's own row keeps how it began. Rules move in their files with every export, also where
/// no verdict changes, so that the place of now is kept beside it.
enum VerdictPlaces {
  static func text(_ source: PlaceSource) -> String {
    var writer = JSONWriter()
    writer.array { writer in
      for leg in source.legs {
        writer.element()
        writer.object { writer in
          writer.member("export", Int(leg.export))
          writer.member("ordinal", leg.ordinal)
          writer.member("files", leg.files)
        }
      }
    }
    return writer.text
  }

  /// Nil where nothing was noted, or where it cannot be read.
  static func source(_ text: String?) -> PlaceSource? {
    guard let text, let root = (try? JSONTree(Array(text.utf8)))?.root else { return nil }
    return PlaceSource(
      legs: root.elements.map { leg in
        PlaceSource.Leg(
          export: Int64(leg["export"]?.int ?? 0), ordinal: leg["ordinal"]?.int ?? 0,
          files: leg["files"]?.elements.compactMap(\.string) ?? [])
      })
  }

  /// Keeps the places of a subject's open verdicts and findings.
  static func write(_ placed: PlacedSubject, site: Int64, _ database: Database) throws {
    guard let id = try InventoryDatabase.knownID(placed.subject, site: site, database) else {
      return
    }
    try database.cachedStatement(sql: "UPDATE subject SET placed_by = ? WHERE id = ?")
      .execute(arguments: [text(placed.source), id])
    let verdicts = Dictionary(placed.verdicts.map { ($0.key, $0) }) { first, _ in first }
    let spans = try Row.fetchAll(
      database,
      sql: """
        SELECT id, endpoint, port, rule, file, line, pointer, witness, change_advice
        FROM verdict_span WHERE subject_id = ? AND to_at IS NULL
        """, arguments: [id])
    let forget = try database.cachedStatement(sql: "DELETE FROM verdict_place WHERE span_id = ?")
    let keep = try database.cachedStatement(
      sql: """
        INSERT INTO verdict_place (span_id, rule, file, line, pointer, witness, change_advice)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """)
    for span in spans {
      let key = VerdictRecord.Key(endpoint: span["endpoint"], port: span["port"])
      guard let verdict = verdicts[key] else { continue }
      try forget.execute(arguments: [span["id"] as Int64])
      let began: [String?] = [
        span["rule"], span["file"], span["pointer"], span["witness"], span["change_advice"],
      ]
      let line: Int? = span["line"]
      let now = [verdict.rule, verdict.file, verdict.pointer, verdict.witness, verdict.change]
      let isAsItBegan = began == now && line == verdict.line
      guard !isAsItBegan else { continue }
      try keep.execute(arguments: [
        span["id"] as Int64, verdict.rule, verdict.file, verdict.line, verdict.pointer,
        verdict.witness, verdict.change,
      ])
    }
    let place = try database.cachedStatement(
      sql: """
        UPDATE finding_span SET file = ?, line = ? WHERE subject_id = ? AND finding = ?
          AND severity = ? AND message = ? AND device IS ? AND table_name IS ? AND rule IS ?
          AND endpoints = ? AND to_at IS NULL
        """)
    for finding in placed.findings {
      try place.execute(arguments: [
        finding.file, finding.line, id, finding.finding, finding.severity, finding.message,
        finding.device, finding.table, finding.rule, StoredJSON.text(finding.endpoints),
      ])
    }
  }
}

extension InventoryDatabase {
  /// The positions of a policy's content in an export, and which policy it is; nil where they were
  /// pruned.
  package func places(
    of leg: PlaceSource.Leg
  ) throws -> (policy: Int64, places: [PolicyPieces.Place])? {
    try read { database in
      let policy = try Int64.fetchOne(
        try database.cachedStatement(
          sql: "SELECT policy_id FROM export_policy WHERE export_id = ? AND ordinal = ?"),
        arguments: [leg.export, leg.ordinal])
      guard let policy else { return nil }
      return (
        policy,
        try PolicyStore.places(of: leg.export, leg.ordinal, withVendorIDs: false, database)
      )
    }
  }
}
