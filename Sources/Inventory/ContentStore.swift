import Foundation
import GRDB

/// Keeps each version of each rule, object and header once, by the digest of its bytes.
struct ContentStore {
  enum Kind: String {
    case header
    case endpointObject = "endpoint_object"
    case serviceObject = "service_object"
    case rule

    /// What stands before the bytes of some content when its digest is worked out.
    var prefix: [UInt8] { Array(rawValue.utf8) + [0] }
  }

  private let database: Database
  private let find: RowStatement
  private let insert: RowStatement
  private let index: RowStatement
  /// Ids by digest that this transaction has met.
  private var known: [ContentDigest: Int64] = [:]

  init(_ database: Database) throws {
    self.database = database
    find = try RowStatement(database, "SELECT id FROM content WHERE digest = ?")
    insert = try RowStatement(
      database,
      """
      INSERT INTO content (digest, kind, enabled, body) VALUES (?, ?, ?, ?)
      ON CONFLICT (digest) DO NOTHING
      """)
    index = try RowStatement(
      database, "INSERT INTO content_search (rowid, words) VALUES (?, ?)")
  }

  /// The id of some content, stored if it is new.
  mutating func id(_ kind: Kind, _ digest: ContentDigest, _ body: [UInt8]) throws -> Int64 {
    if let id = known[digest] { return id }
    let id = try stored(kind, digest, body)
    known[digest] = id
    return id
  }

  /// - Precondition: bodies and digests belong together.
  mutating func ids(
    _ kind: Kind, _ digests: [ContentDigest], _ bodies: [[UInt8]]
  ) throws -> [Int64] {
    known.reserveCapacity(known.count + digests.count)
    var ids: [Int64] = []
    ids.reserveCapacity(digests.count)
    for (digest, body) in zip(digests, bodies) { ids.append(try id(kind, digest, body)) }
    return ids
  }

  private func stored(_ kind: Kind, _ digest: ContentDigest, _ body: [UInt8]) throws -> Int64 {
    insert.bind(1, digest)
    insert.bind(2, kind.rawValue)
    insert.bind(3, Self.isSwitchedOff(kind, body) ? 0 : 1)
    insert.bind(4, text: body)
    guard try insert.run() > 0 else {
      find.bind(1, digest)
      guard let id = try find.number() else {
        throw InventoryError(
          .damaged, "stored content cannot be found", advice: "run `sallyport verify`")
      }
      return id
    }
    let id = database.lastInsertedRowID
    if kind != .header {
      index.bind(1, id)
      index.bind(2, text: ContentWords.words(body))
      try index.run()
    }
    return id
  }

  /// Whether a rule is switched off: canonical JSON then says so right behind its name, and says
  /// nothing where it is switched on.
  static func isSwitchedOff(_ kind: Kind, _ body: [UInt8]) -> Bool {
    guard kind == .rule, body.starts(with: beforeName) else { return false }
    var index = beforeName.count
    while index < body.count, body[index] != UInt8(ascii: "\"") {
      index += body[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return body.dropFirst(index + 1).starts(with: switchedOff)
  }

  private static let beforeName = Array(#"{"name":""#.utf8)
  private static let switchedOff = Array(#","enabled":false"#.utf8)

  /// Takes content out, with its words in the search index.
  static func remove(_ id: Int64, body: String, _ database: Database) throws {
    let kind = try String.fetchOne(
      database, sql: "SELECT kind FROM content WHERE id = ?", arguments: [id])
    if kind != Kind.header.rawValue {
      let forget = try RowStatement(
        database,
        "INSERT INTO content_search (content_search, rowid, words) VALUES ('delete', ?, ?)")
      forget.bind(1, id)
      forget.bind(2, text: ContentWords.words(Array(body.utf8)))
      try forget.run()
    }
    try database.cachedStatement(sql: "DELETE FROM content WHERE id = ?").execute(arguments: [id])
  }

  /// Bodies by id, for putting policies together again.
  static func bodies(_ ids: [Int64], _ database: Database) throws -> [[UInt8]] {
    let find = try RowStatement(database, "SELECT body FROM content WHERE id = ?")
    return try ids.map { id in
      find.bind(1, id)
      guard let body = try find.text() else {
        throw InventoryError(.damaged, "content \(id) is missing", advice: "run `sallyport verify`")
      }
      return body
    }
  }

  /// Learns at once what an earlier policy was made of, most of which the next one has, too.
  mutating func expect(_ ids: [Int64]) throws {
    let rows = try Row.fetchCursor(
      try database.cachedStatement(
        sql: "SELECT c.id, c.digest FROM json_each(?) j CROSS JOIN content c ON c.id = j.value"),
      arguments: [IDList.text(ids)])
    while let row = try rows.next() {
      if let digest = ContentDigest(row[1] as Data) { known[digest] = row[0] }
    }
  }
}

/// Many ids for one statement, which is several times as fast as one statement an id.
enum IDList {
  static func text(_ ids: some Sequence<Int64>) -> String {
    "[" + ids.map { "\($0)" }.joined(separator: ",") + "]"
  }
}
