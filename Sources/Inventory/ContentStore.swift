import Foundation
import GRDB
import ImportKit
import JSONTree

/// Keeps each version of each rule, object and header once, by the digest of its bytes.
struct ContentStore {
  enum Kind: String {
    case header
    case endpointObject = "endpoint_object"
    case serviceObject = "service_object"
    case rule
  }

  private let database: Database
  private let find: Statement
  private let insert: Statement
  private let index: Statement
  /// Ids by digest that this transaction has met.
  private var known: [Data: Int64] = [:]

  init(_ database: Database) throws {
    self.database = database
    find = try database.cachedStatement(sql: "SELECT id FROM content WHERE digest = ?")
    insert = try database.cachedStatement(
      sql: "INSERT INTO content (digest, kind, body) VALUES (?, ?, ?)")
    index = try database.cachedStatement(
      sql: "INSERT INTO content_search (rowid, words) VALUES (?, ?)")
  }

  /// The id of some content, stored if it is new.
  mutating func id(_ kind: Kind, _ body: [UInt8]) throws -> Int64 {
    let digest = Self.digest(kind: kind.rawValue, body)
    if let id = known[digest] { return id }
    let id: Int64
    if let stored = try Int64.fetchOne(find, arguments: [digest]) {
      id = stored
    } else {
      try insert.execute(arguments: [digest, kind.rawValue, String(decoding: body, as: UTF8.self)])
      id = database.lastInsertedRowID
      if kind != .header {
        try index.execute(arguments: [id, Self.words(body)])
      }
    }
    known[digest] = id
    return id
  }

  static func digest(kind: String, _ body: [UInt8]) -> Data {
    Data(ExportDigest.sha256Bytes(Array(kind.utf8) + [0] + body))
  }

  /// Takes content out, with its words in the search index.
  static func remove(_ id: Int64, body: String, _ database: Database) throws {
    let kind = try String.fetchOne(
      database, sql: "SELECT kind FROM content WHERE id = ?", arguments: [id])
    if kind != Kind.header.rawValue {
      try database.cachedStatement(
        sql: "INSERT INTO content_search (content_search, rowid, words) VALUES ('delete', ?, ?)"
      ).execute(arguments: [id, words(Array(body.utf8))])
    }
    try database.cachedStatement(sql: "DELETE FROM content WHERE id = ?").execute(arguments: [id])
  }

  /// The texts of a rule or object that somebody may look for.
  private static func words(_ body: [UInt8]) -> String {
    guard let root = (try? JSONTree(body))?.root else { return "" }
    var words: [String] = []
    collect(root, into: &words)
    return words.joined(separator: "\n")
  }

  private static func collect(_ value: JSONValue, into words: inout [String]) {
    if let text = value.string {
      words.append(text)
    } else if value.isArray {
      for element in value.elements { collect(element, into: &words) }
    } else {
      for (key, member) in value.members where key != "action" && key != "kind" {
        collect(member, into: &words)
      }
    }
  }

  /// Bodies by id, for putting policies together again.
  static func bodies(_ ids: [Int64], _ database: Database) throws -> [[UInt8]] {
    var bodies: [[UInt8]?] = Array(repeating: nil, count: ids.count)
    let rows = try Row.fetchCursor(
      try database.cachedStatement(
        sql: "SELECT j.key, c.body FROM json_each(?) j CROSS JOIN content c ON c.id = j.value"),
      arguments: [IDList.text(ids)])
    while let row = try rows.next() { bodies[row[0]] = Array((row[1] as String).utf8) }
    return try zip(ids, bodies).map { id, body in
      guard let body else {
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
    while let row = try rows.next() { known[row[1]] = row[0] }
  }
}

/// Many ids for one statement, which is several times as fast as one statement an id.
enum IDList {
  static func text(_ ids: some Sequence<Int64>) -> String {
    "[" + ids.map { "\($0)" }.joined(separator: ",") + "]"
  }
}
