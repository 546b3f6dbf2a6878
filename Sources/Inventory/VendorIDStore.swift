import Foundation
import GRDB
import PolicyCoding

/// Numbers for what products tell their rules apart with, so that each long id is stored once.
struct VendorIDStore {
  private let database: Database
  /// Numbers by id that this transaction has met.
  private var known: [String: Int64] = [:]

  init(_ database: Database) { self.database = database }

  /// Learns at once the ids of an earlier snapshot, most of which the next one has, too.
  mutating func expect(_ places: [Packing.NumberedPlace]) throws {
    for (number, text) in try texts(of: places) { known[text] = number }
  }

  mutating func pack(_ places: [PolicyPieces.Place]) throws -> [UInt8] {
    let find = try database.cachedStatement(sql: "SELECT id FROM vendor_id WHERE text = ?")
    let insert = try database.cachedStatement(sql: "INSERT INTO vendor_id (text) VALUES (?)")
    return try Packing.pack(places) { id in
      if let number = known[id] { return number }
      let number: Int64
      if let stored = try Int64.fetchOne(find, arguments: [id]) {
        number = stored
      } else {
        try insert.execute(arguments: [id])
        number = database.lastInsertedRowID
      }
      known[id] = number
      return number
    }
  }

  /// - Parameter withIDs: false where ids play no part.
  func unpack(_ packed: [UInt8], withIDs: Bool = true) throws -> [PolicyPieces.Place] {
    let places = try Packing.unpackPlaces(packed)
    guard withIDs else { return places.map { PolicyPieces.Place(position: $0.position) } }
    let texts = try texts(of: places)
    return try places.map { place in
      guard let number = place.vendorNumber else {
        return PolicyPieces.Place(position: place.position)
      }
      guard let id = texts[number] else {
        throw InventoryError(
          .damaged, "vendor id \(number) is missing", advice: "run `sallyport verify`")
      }
      return PolicyPieces.Place(position: place.position, vendorID: id)
    }
  }

  private func texts(of places: [Packing.NumberedPlace]) throws -> [Int64: String] {
    let numbers = places.compactMap(\.vendorNumber)
    guard !numbers.isEmpty else { return [:] }
    var texts: [Int64: String] = [:]
    texts.reserveCapacity(numbers.count)
    let rows = try Row.fetchCursor(
      try database.cachedStatement(
        sql: "SELECT v.id, v.text FROM json_each(?) j CROSS JOIN vendor_id v ON v.id = j.value"),
      arguments: [IDList.text(numbers)])
    while let row = try rows.next() { texts[row[0]] = row[1] }
    return texts
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
