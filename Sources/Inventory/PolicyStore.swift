import Foundation
import GRDB
import ImportKit
import PolicyCoding
import PolicyModel

/// Stores policies as lists of content, and puts them together again.
struct PolicyStore {
  /// A stored policy, by the ids of its parts.
  struct Stored: Sendable {
    let id: Int64
    let digest: Data
    let header: Int64
    let endpointObjects: [Int64]
    let serviceObjects: [Int64]
    /// One list a table.
    let rules: [[Int64]]
  }

  private let database: Database
  private var content: ContentStore

  init(_ database: Database) throws {
    self.database = database
    content = try ContentStore(database)
  }

  /// Learns what an earlier policy of the same device was made of.
  mutating func expect(_ stored: Stored) throws {
    try content.expect(
      [stored.header] + stored.endpointObjects + stored.serviceObjects + stored.rules.joined())
  }

  /// Stores what is new of a policy.
  mutating func store(_ pieces: PolicyPieces, ruleCount: Int) throws -> Stored {
    let header = try content.id(.header, pieces.header)
    let endpoints = try pieces.endpointObjects.map { try content.id(.endpointObject, $0) }
    let services = try pieces.serviceObjects.map { try content.id(.serviceObject, $0) }
    let rules = try pieces.rules.map { list in try list.map { try content.id(.rule, $0) } }
    let digest = Data(Self.digest(pieces))
    if let id = try Int64.fetchOne(
      try database.cachedStatement(sql: "SELECT id FROM policy WHERE digest = ?"),
      arguments: [digest])
    {
      return Stored(
        id: id, digest: digest, header: header, endpointObjects: endpoints,
        serviceObjects: services, rules: rules)
    }
    try database.execute(
      sql: """
        INSERT INTO policy (digest, header_id, endpoint_objects, service_objects, rules, rule_count)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        digest, header, Data(Packing.pack([endpoints])), Data(Packing.pack([services])),
        Data(Packing.pack(rules)), ruleCount,
      ])
    return Stored(
      id: database.lastInsertedRowID, digest: digest, header: header, endpointObjects: endpoints,
      serviceObjects: services, rules: rules)
  }

  /// SHA-256 of a policy without its places: what tells a change from a repetition.
  static func digest(_ pieces: PolicyPieces) -> [UInt8] {
    var bytes = pieces.header
    for list in [pieces.endpointObjects, pieces.serviceObjects] + pieces.rules {
      bytes.append(0)
      for body in list {
        bytes += body
        bytes.append(0x0A)
      }
    }
    return ExportDigest.sha256Bytes(bytes)
  }

  static func load(_ id: Int64, _ database: Database) throws -> Stored {
    let row = try Row.fetchOne(
      try database.cachedStatement(
        sql: """
          SELECT digest, header_id, endpoint_objects, service_objects, rules FROM policy WHERE id = ?
          """), arguments: [id])
    guard let row else { throw InventoryError(.damaged, "policy \(id) is missing") }
    do {
      return Stored(
        id: id, digest: row["digest"], header: row["header_id"],
        endpointObjects: try Packing.unpackLists(Array(row["endpoint_objects"] as Data)).first
          ?? [],
        serviceObjects: try Packing.unpackLists(Array(row["service_objects"] as Data)).first ?? [],
        rules: try Packing.unpackLists(Array(row["rules"] as Data)))
    } catch {
      throw InventoryError(.damaged, "policy \(id): \(error)")
    }
  }

  /// The parts of a stored policy, with the places of one of its snapshots.
  ///
  /// - Parameter withVendorIDs: false where they play no part, as when judging.
  static func pieces(
    _ stored: Stored, places: Data?, withVendorIDs: Bool = true, _ database: Database
  ) throws -> PolicyPieces {
    let unpacked: [PolicyPieces.Place]
    do {
      unpacked =
        try places.map {
          try VendorIDStore(database).unpack(Array($0), withIDs: withVendorIDs)
        } ?? []
    } catch {
      throw InventoryError(.damaged, "places of policy \(stored.id): \(error)")
    }
    return PolicyPieces(
      header: try ContentStore.bodies([stored.header], database)[0],
      endpointObjects: try ContentStore.bodies(stored.endpointObjects, database),
      serviceObjects: try ContentStore.bodies(stored.serviceObjects, database),
      rules: try stored.rules.map { try ContentStore.bodies($0, database) }, places: unpacked)
  }
}
