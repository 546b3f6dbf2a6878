import ScalarText

/// A table of comma-separated values with a header line (RFC 4180; semicolons and tabs are taken
/// where the header has them instead).
package struct CSVTable: Sendable {
  package struct Failure: Error, Equatable, Sendable {
    package let line: Int
    package let reason: String
  }

  package struct Row: Sendable {
    /// Line in the file, counted from 1.
    package let line: Int
    private let values: [String: String]

    init(line: Int, values: [String: String]) {
      self.line = line
      self.values = values
    }

    /// A field by its column; nil where it is empty or missing.
    package subscript(_ column: String) -> String? {
      values[column].flatMap { $0.isEmpty ? nil : $0 }
    }
  }

  package let columns: [String]
  package let rows: [Row]

  package init(_ bytes: [UInt8]) throws(Failure) {
    var text = ScalarText.separated(decoding: bytes)
    if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
    let first = text.prefix { !$0.isLineFeed }
    let separator: Character =
      [",", ";", "\t"].max { left, right in
        first.count { $0 == left } < first.count { $0 == right }
      } ?? ","
    var records = try Self.records(text, separator: separator)
    records.removeAll { $0.fields.allSatisfy(\.isEmpty) }
    guard let header = records.first else { throw Failure(line: 1, reason: "the table is empty") }
    columns = header.fields.map { name in
      name.lowercased().filter { !$0.isWhitespace }.replacing("-", with: "_")
    }
    if let twice = Dictionary(grouping: columns, by: { $0 }).first(where: { $0.value.count > 1 }) {
      throw Failure(line: header.line, reason: "the column `\(twice.key)` stands there twice")
    }
    var rows: [Row] = []
    for record in records.dropFirst() {
      guard record.fields.count <= columns.count else {
        throw Failure(
          line: record.line,
          reason: "\(record.fields.count) fields, but the header names \(columns.count) columns")
      }
      let pairs = zip(columns, record.fields).map { column, field in
        (column, field.trimmingPrefix { $0 == " " }.description)
      }
      rows.append(Row(line: record.line, values: Dictionary(uniqueKeysWithValues: pairs)))
    }
    self.rows = rows
  }

  private static func records(
    _ text: String, separator: Character
  ) throws(Failure) -> [(line: Int, fields: [String])] {
    var result: [(line: Int, fields: [String])] = []
    var fields: [String] = []
    var field = ""
    var line = 1
    var start = 1
    var quoteStart: Int?
    var characters = text.makeIterator()
    var next = characters.next()
    while let character = next {
      next = characters.next()
      if quoteStart != nil {
        if character == "\"" {
          if next == "\"" {
            field.append("\"")
            next = characters.next()
          } else {
            quoteStart = nil
          }
        } else {
          if character.isLineFeed { line += 1 }
          field.append(character)
        }
      } else if character == "\"", field.isEmpty {
        quoteStart = line
      } else if character == separator {
        fields.append(field)
        field = ""
      } else if character.isLineFeed {
        result.append((start, fields + [field]))
        fields = []
        field = ""
        line += 1
        start = line
      } else {
        field.append(character)
      }
    }
    if let quoteStart { throw Failure(line: quoteStart, reason: "a quotation mark is not closed") }
    if !field.isEmpty || !fields.isEmpty { result.append((start, fields + [field])) }
    return result
  }
}
