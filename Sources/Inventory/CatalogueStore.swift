import CatalogueReaders
import EndpointCatalogue
import Foundation
import GRDB

extension InventoryDatabase {
  /// Editions that are stored, oldest first.
  package func catalogues() throws -> [Catalogue] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT id, version, body FROM catalogue ORDER BY id, effective, version"
      )
      .map { row in
        let name = "\(row["id"] as String)@\(row["version"] as String)"
        do {
          return try CatalogueJSON.read(Array((row["body"] as String).utf8), file: name)
        } catch {
          throw InventoryError(.damaged, "stored catalogue \(error)")
        }
      }
    }
  }

  /// Adds editions that are not there yet. An edition never changes: one that is there under the
  /// same name with other contents is refused.
  package func add(_ catalogues: [Catalogue], builtIn: Bool, now: String) throws {
    try write { database in
      for catalogue in catalogues { try Self.add(catalogue, builtIn: builtIn, now: now, database) }
    }
  }

  private static func add(
    _ catalogue: Catalogue, builtIn: Bool, now: String, _ database: Database
  ) throws {
    let body = String(decoding: CatalogueJSON.write(catalogue, pretty: false), as: UTF8.self)
    let stored = try String.fetchOne(
      database, sql: "SELECT body FROM catalogue WHERE id = ? AND version = ?",
      arguments: [catalogue.id, catalogue.version])
    if let stored {
      guard stored == body else {
        throw InventoryError(
          .unknownName, "edition \(catalogue.reference) is stored with other contents",
          advice: "an edition never changes: give the new one a version of its own, such as "
            + "\(catalogue.version)-b")
      }
      return
    }
    try database.execute(
      sql: """
        INSERT INTO catalogue (id, version, title, published, effective, built_in, sha256, body, added_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        catalogue.id, catalogue.version, catalogue.title, catalogue.published, catalogue.effective,
        builtIn, catalogue.source.sha256, body, now,
      ])
    for (ordinal, requirement) in catalogue.requirements.enumerated() {
      let endpoint = catalogue.endpoints[requirement.endpoint]
      try database.execute(
        sql: """
          INSERT INTO requirement (catalogue_id, catalogue_version, ordinal, service, service_name,
            endpoint, host, path, protocol, port, level, inspection, note)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          catalogue.id, catalogue.version, ordinal + 1, endpoint.service,
          catalogue.service(endpoint.service)?.name(in: "en") ?? endpoint.service, endpoint.text,
          endpoint.host, endpoint.path, endpoint.transport, Int(requirement.port),
          requirement.level.rawValue, endpoint.inspection?.rawValue, endpoint.note,
        ])
    }
    try EventChain.append(
      database, at: now, kind: "catalogue", subject: catalogue.reference
    ) { writer in
      writer.member("sha256", catalogue.source.sha256)
      writer.member("effective", catalogue.effective)
      writer.member("endpoints", catalogue.endpoints.count)
    }
    // The edition changes every judgement from its effective date on.
    for site in try Int64.fetchAll(database, sql: "SELECT id FROM site") {
      try EvaluationStore.invalidate(site: site, from: catalogue.effective, database)
    }
  }
}
