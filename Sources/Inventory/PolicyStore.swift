import Foundation
import GRDB
import Digests
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
  mutating func store(_ policy: PreparedPolicy) throws -> Stored {
    let pieces = policy.pieces
    let header = try content.id(.header, policy.header, pieces.header)
    let endpoints = try content.ids(
      .endpointObject, policy.endpointObjects, pieces.endpointObjects)
    let services = try content.ids(.serviceObject, policy.serviceObjects, pieces.serviceObjects)
    let rules = try zip(policy.rules, pieces.rules).map { digests, bodies in
      try content.ids(.rule, digests, bodies)
    }
    let digest = policy.digest
    var id = try Int64.fetchOne(
      try database.cachedStatement(sql: "SELECT id FROM policy WHERE digest = ?"),
      arguments: [digest])
    if id == nil {
      try database.execute(
        sql: """
          INSERT INTO policy (digest, header_id, endpoint_objects, service_objects, rules,
            rule_count) VALUES (?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          digest, header, Data(Packing.pack([endpoints])), Data(Packing.pack([services])),
          Data(Packing.pack(rules)), policy.policy.ruleCount,
        ])
      id = database.lastInsertedRowID
    }
    return Stored(
      id: id ?? 0, digest: digest, header: header, endpointObjects: endpoints,
      serviceObjects: services, rules: rules)
  }

  /// The digest of a stored policy as its parts have it now; nil where a part is missing.
  static func digest(of stored: Stored, _ database: Database) throws -> Data? {
    let find = try RowStatement(database, "SELECT digest FROM content WHERE id = ?")
    func digests(_ ids: [Int64]) throws -> [ContentDigest]? {
      var digests: [ContentDigest] = []
      for id in ids {
        find.bind(1, id)
        guard let digest = try find.digest() else { return nil }
        digests.append(digest)
      }
      return digests
    }
    guard let header = try digests([stored.header])?.first else { return nil }
    var lists: [[ContentDigest]] = []
    for ids in [stored.endpointObjects, stored.serviceObjects] + stored.rules {
      guard let list = try digests(ids) else { return nil }
      lists.append(list)
    }
    return PreparedPolicy.digest(header: header, lists: lists)
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

  /// Where everything of an export's policy stands.
  ///
  /// - Parameter withVendorIDs: false where they play no part, as when judging.
  static func places(
    of export: Int64, _ ordinal: Int, withVendorIDs: Bool = true, _ database: Database
  ) throws -> [PolicyPieces.Place] {
    let packed = try Data.fetchOne(
      try database.cachedStatement(
        sql: "SELECT places FROM export_policy WHERE export_id = ? AND ordinal = ?"),
      arguments: [export, ordinal])
    guard let packed else { return [] }
    do {
      return try VendorIDStore(database).unpack(Array(packed), withIDs: withVendorIDs)
    } catch let error as PackingError {
      throw InventoryError(.damaged, "places of export \(export): \(error.reason)")
    }
  }

  /// The parts of a stored policy.
  static func pieces(
    _ stored: Stored, places: [PolicyPieces.Place], _ database: Database
  ) throws -> PolicyPieces {
    PolicyPieces(
      header: try ContentStore.bodies([stored.header], database)[0],
      endpointObjects: try ContentStore.bodies(stored.endpointObjects, database),
      serviceObjects: try ContentStore.bodies(stored.serviceObjects, database),
      rules: try stored.rules.map { try ContentStore.bodies($0, database) }, places: places)
  }
}
