import Foundation
import GRDB
import Digests
import JSONTree

/// The log of everything that was done, sealed entry by entry.
///
/// Each seal is the SHA-256 of the seal before it and of the entry; whoever changes, removes or
/// inserts an entry later has to remake every seal after it, and a copy of a single later seal
/// kept elsewhere then shows it.
package enum EventChain {
  package static let genesis = String(repeating: "0", count: 64)

  static func append(
    _ database: Database, at: String, kind: String, subject: String,
    detail: (inout JSONWriter) -> Void
  ) throws {
    let text = EventDetail.text(detail)
    let previous =
      try String.fetchOne(database, sql: "SELECT seal FROM event ORDER BY id DESC LIMIT 1")
      ?? genesis
    let seal = seal(
      previous: previous, at: at, kind: kind, subject: subject, detail: text)
    try database.execute(
      sql: """
        INSERT INTO event (at, kind, subject, detail, previous, seal) VALUES (?, ?, ?, ?, ?, ?)
        """, arguments: [at, kind, subject, text, previous, seal])
  }

  static func seal(
    previous: String, at: String, kind: String, subject: String, detail: String
  ) -> String {
    // Lengths in front keep two different entries from running into the same text.
    let parts = [previous, at, kind, subject, detail].map { "\($0.utf8.count):\($0)" }
    return SHA256.hex(Array(parts.joined(separator: "\n").utf8))
  }

  /// One digest over a list, so that the log can vouch for it without holding it.
  static func digest(_ lines: [String]) -> String {
    SHA256.hex(Array(lines.joined(separator: "\n").utf8))
  }

  /// The id of the first entry whose seal is wrong, with what is wrong; nil where all hold.
  static func firstBroken(_ database: Database) throws -> (id: Int64, reason: String)? {
    var previous = genesis
    var expectedID: Int64 = 1
    let rows = try Row.fetchCursor(
      database, sql: "SELECT id, at, kind, subject, detail, previous, seal FROM event ORDER BY id")
    while let row = try rows.next() {
      let id: Int64 = row["id"]
      if id != expectedID { return (id, "entries \(expectedID) to \(id - 1) are missing") }
      if row["previous"] != previous { return (id, "it does not follow the entry before it") }
      let seal = seal(
        previous: previous, at: row["at"], kind: row["kind"], subject: row["subject"],
        detail: row["detail"])
      if row["seal"] != seal { return (id, "its contents were changed") }
      previous = seal
      expectedID += 1
    }
    return nil
  }
}
