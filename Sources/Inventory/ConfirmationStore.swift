import EndpointCatalogue
import Foundation
import GRDB
import JSONTree

/// The fact that on a day the published page said the same as an edition.
package struct ListConfirmation: Hashable, Sendable {
  package let edition: String
  /// ISO date.
  package let on: String
  /// Digest of the page.
  package let sha256: String

  package init(edition: String, on: String, sha256: String) {
    self.edition = edition
    self.on = on
    self.sha256 = sha256
  }
}

extension InventoryDatabase {
  /// Keeps a confirmation in the sealed log; one that is there already is not kept twice.
  package func confirm(_ confirmation: ListConfirmation, now: String) throws {
    guard try !confirmations().contains(confirmation) else { return }
    try write { database in
      try EventChain.append(
        database, at: now, kind: "confirmation", subject: confirmation.edition,
        detail: { writer in
          writer.member("on", confirmation.on)
          writer.member("sha256", confirmation.sha256)
        })
    }
  }

  /// In the order in which they were made.
  package func confirmations() throws -> [ListConfirmation] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT subject, detail ->> '$.on' AS day, detail ->> '$.sha256' AS digest
          FROM event WHERE kind = 'confirmation' ORDER BY id
          """
      ).map { row in
        ListConfirmation(
          edition: row["subject"], on: row["day"] ?? "", sha256: row["digest"] ?? "")
      }
    }
  }
}
