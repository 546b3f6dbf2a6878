import Foundation
import GRDB
import PolicyCoding

/// Numbers for what products tell their rules apart with, so that each long id is stored once.
struct VendorIDStore {
  private let find: Statement
  private let insert: Statement
  private let text: Statement
  private let database: Database

  init(_ database: Database) throws {
    self.database = database
    find = try database.cachedStatement(sql: "SELECT id FROM vendor_id WHERE text = ?")
    insert = try database.cachedStatement(sql: "INSERT INTO vendor_id (text) VALUES (?)")
    text = try database.cachedStatement(sql: "SELECT text FROM vendor_id WHERE id = ?")
  }

  func pack(_ places: [PolicyPieces.Place]) throws -> [UInt8] {
    try Packing.pack(places) { id in
      if let known = try Int64.fetchOne(find, arguments: [id]) { return known }
      try insert.execute(arguments: [id])
      return database.lastInsertedRowID
    }
  }

  /// - Parameter withIDs: false where ids play no part, which saves looking each one up.
  func unpack(_ packed: [UInt8], withIDs: Bool = true) throws -> [PolicyPieces.Place] {
    try Packing.unpackPlaces(packed).map { place in
      guard withIDs, let number = place.vendorNumber else {
        return PolicyPieces.Place(position: place.position)
      }
      guard let id = try String.fetchOne(text, arguments: [number]) else {
        throw InventoryError(
          .damaged, "vendor id \(number) is missing", advice: "run `sallyport verify`")
      }
      return PolicyPieces.Place(position: place.position, vendorID: id)
    }
  }

  /// Drops the ids that no snapshot uses any more.
  static func removeUnused(_ database: Database) throws {
    var used: Set<Int64> = []
    let rows = try Row.fetchCursor(database, sql: "SELECT places FROM export_policy")
    while let row = try rows.next() {
      let bytes: [UInt8] = Array(row["places"] as Data)
      used.formUnion(try Packing.unpackPlaces(bytes).compactMap(\.vendorNumber))
    }
    let remove = try database.cachedStatement(sql: "DELETE FROM vendor_id WHERE id = ?")
    for id in try Int64.fetchAll(database, sql: "SELECT id FROM vendor_id") where !used.contains(id)
    {
      try remove.execute(arguments: [id])
    }
  }
}
