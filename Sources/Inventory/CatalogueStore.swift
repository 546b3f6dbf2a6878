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
    // Looking first spares most programs the wait for another one that writes.
    let missing = try read { database in
      try catalogues.filter { try !Self.holds($0, builtIn: builtIn, database) }
    }
    guard !missing.isEmpty else { return }
    try write { database in
      for catalogue in missing { try Self.add(catalogue, builtIn: builtIn, now: now, database) }
    }
  }

  /// Whether an edition is stored; refuses one of the same name with other contents.
  ///
  /// Of the program's own editions only what is judged must agree: a newer program may know more of
  /// their sources and days.
  private static func holds(
    _ catalogue: Catalogue, builtIn: Bool, _ database: Database
  ) throws -> Bool {
    let stored = try String.fetchOne(
      database, sql: "SELECT body FROM catalogue WHERE id = ? AND version = ?",
      arguments: [catalogue.id, catalogue.version])
    guard let stored else { return false }
    let body = String(decoding: CatalogueJSON.write(catalogue, pretty: false), as: UTF8.self)
    if builtIn, stored != body {
      let old = try CatalogueJSON.read(Array(stored.utf8), file: catalogue.reference)
      if old.endpoints == catalogue.endpoints, old.statements == catalogue.statements {
        return true
      }
    }
    guard stored == body else {
      throw InventoryError(
        .unknownName, "edition \(catalogue.reference) is stored with other contents",
        advice: "an edition never changes: give the new one a version of its own, such as "
          + "\(catalogue.version)-b")
    }
    return true
  }

  private static func add(
    _ catalogue: Catalogue, builtIn: Bool, now: String, _ database: Database
  ) throws {
    if try holds(catalogue, builtIn: builtIn, database) { return }
    let body = String(decoding: CatalogueJSON.write(catalogue, pretty: false), as: UTF8.self)
    try database.execute(
      sql: """
        INSERT INTO catalogue (id, version, title, published, effective, built_in, sha256, body, added_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        catalogue.id, catalogue.version, catalogue.title, catalogue.published, catalogue.effective,
        builtIn, catalogue.source.sha256, body, now,
      ])
    for row in RequirementRow.all(of: catalogue) {
      try database.execute(
        sql: """
          INSERT INTO requirement (catalogue_id, catalogue_version, ordinal, service, service_name,
            endpoint, host, path, protocol, port, level, inspection, note)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          catalogue.id, catalogue.version, row.ordinal, row.service, row.serviceName, row.endpoint,
          row.host, row.path, row.transport, row.port, row.level, row.inspection, row.note,
        ])
    }
    try EventChain.append(
      database, at: now, kind: "catalogue", subject: catalogue.reference,
      detail: EventDetail.catalogue(catalogue, body: body))
    // The edition changes every judgement from its effective date on.
    for site in try Int64.fetchAll(database, sql: "SELECT id FROM site") {
      try EvaluationStore.invalidate(site: site, from: catalogue.effective, database)
    }
  }
}

/// One row of an edition as SQL sees it.
struct RequirementRow: Hashable {
  let ordinal: Int
  let service: String
  let serviceName: String
  let endpoint: String
  let host: String
  let path: String?
  let transport: String
  let port: Int
  let level: String
  let inspection: String?
  let note: String?

  static func all(of catalogue: Catalogue) -> [RequirementRow] {
    catalogue.requirements.enumerated().map { ordinal, requirement in
      let endpoint = catalogue.endpoints[requirement.endpoint]
      return RequirementRow(
        ordinal: ordinal + 1, service: endpoint.service,
        serviceName: catalogue.service(endpoint.service)?.name(in: "en") ?? endpoint.service,
        endpoint: endpoint.text, host: endpoint.host, path: endpoint.path,
        transport: endpoint.transport, port: Int(requirement.port),
        level: requirement.level.rawValue, inspection: endpoint.inspection?.rawValue,
        note: endpoint.note)
    }
  }

  static func stored(
    _ id: String, _ version: String, _ database: Database
  ) throws -> [RequirementRow] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT * FROM requirement WHERE catalogue_id = ? AND catalogue_version = ? ORDER BY ordinal
        """, arguments: [id, version]
    ).map { row in
      RequirementRow(
        ordinal: row["ordinal"], service: row["service"], serviceName: row["service_name"],
        endpoint: row["endpoint"], host: row["host"], path: row["path"],
        transport: row["protocol"], port: row["port"], level: row["level"],
        inspection: row["inspection"], note: row["note"])
    }
  }
}
