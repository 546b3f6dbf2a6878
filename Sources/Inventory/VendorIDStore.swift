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

  /// Packed places, and the number of each vendor id among them.
  mutating func pack(
    _ places: [PolicyPieces.Place]
  ) throws -> (packed: [UInt8], numbers: [Int64?]) {
    let insert = try RowStatement(
      database, "INSERT INTO vendor_id (text) VALUES (?) ON CONFLICT (text) DO NOTHING")
    let find = try RowStatement(database, "SELECT id FROM vendor_id WHERE text = ?")
    let numbers = try places.map { place -> Int64? in
      guard let id = place.vendorID else { return nil }
      if let number = known[id] { return number }
      insert.bind(1, id)
      if try insert.run() > 0 {
        known[id] = database.lastInsertedRowID
      } else {
        find.bind(1, id)
        known[id] = try find.number()
      }
      return known[id]
    }
    return (Packing.pack(places, numbers: numbers), numbers)
  }

  /// - Parameter withIDs: false where ids play no part.
  func unpack(_ packed: [UInt8], withIDs: Bool = true) throws -> [PolicyPieces.Place] {
    let places = try Packing.unpackPlaces(packed)
    guard withIDs else { return places.map { PolicyPieces.Place(position: $0.position) } }
    return try texts(for: places)
  }

  /// The same places with the texts of their ids.
  func texts(for places: [Packing.NumberedPlace]) throws -> [PolicyPieces.Place] {
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
