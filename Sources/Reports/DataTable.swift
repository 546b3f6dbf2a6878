import JSONTree

/// A table of plain values, and the ways to write it down: what lists and SQL answers are.
package struct DataTable: Sendable {
  package enum Cell: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    /// Bytes, as hex digits.
    case bytes(String)

    package init(_ text: String?) { self = text.map { .text($0) } ?? .null }

    package init(_ number: Int) { self = .integer(Int64(number)) }

    var text: String {
      switch self {
      case .null: ""
      case .integer(let number): "\(number)"
      case .real(let number): "\(number)"
      case .text(let text): text
      case .bytes(let digits): "x'\(digits)'"
      }
    }

    var isNumber: Bool {
      switch self {
      case .integer, .real: true
      case .null, .text, .bytes: false
      }
    }
  }

  package enum Format: String, CaseIterable, Sendable {
    case table
    case csv
    case json
    case markdown
  }

  package var columns: [String]
  package var rows: [[Cell]]

  package init(columns: [String], rows: [[Cell]] = []) {
    self.columns = columns
    self.rows = rows
  }

  /// - Parameter width: columns of the terminal, for the table format.
  package func write(_ format: Format, width: Int) -> [UInt8] {
    switch format {
    case .table: Array(table(width: width).utf8)
    case .csv: Array(csv().utf8)
    case .json: json()
    case .markdown: Array(markdown().utf8)
    }
  }

  // MARK: Table

  /// Fits the width: the widest columns are wrapped first; columns are never dropped.
  package func table(width: Int) -> String {
    let texts = rows.map { row in row.map { PlainText.oneLine($0.text) } }
    var widths = columns.indices.map { column in
      texts.reduce(columns[column].count) { max($0, $1[column].count) }
    }
    let gaps = 2 * max(columns.count - 1, 0)
    while widths.reduce(0, +) + gaps > width {
      guard let widest = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[widest] > 8
      else { break }
      widths[widest] -= 1
    }
    let right = columns.indices.map { column in
      rows.contains { $0[column].isNumber }
        && rows.allSatisfy { $0[column].isNumber || $0[column] == .null }
    }
    var lines = Self.lines(columns.map { $0.uppercased() }, widths, right)
    for row in texts { lines += Self.lines(row, widths, right) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func lines(_ cells: [String], _ widths: [Int], _ right: [Bool]) -> [String] {
    let wrapped = cells.indices.map { PlainText.wrap(cells[$0], width: widths[$0]) }
    let height = wrapped.map(\.count).max() ?? 0
    return (0..<height).map { line in
      let parts = cells.indices.map { column in
        PlainText.padded(
          line < wrapped[column].count ? wrapped[column][line] : "", to: widths[column],
          right: right[column])
      }
      let text = parts.joined(separator: "  ")
      return String(text.reversed().drop { $0 == " " }.reversed())
    }
  }

  // MARK: Other formats

  private func csv() -> String {
    var lines = [columns.map(CSVReport.field)]
    for row in rows { lines.append(row.map { $0.isNumber ? $0.text : CSVReport.field($0.text) }) }
    return lines.map { $0.joined(separator: ",") + "\r\n" }.joined()
  }

  private func json() -> [UInt8] {
    var writer = JSONWriter(pretty: true)
    writer.array { writer in
      for row in rows {
        writer.element()
        writer.object { writer in
          for (column, cell) in zip(columns, row) {
            writer.key(column)
            switch cell {
            case .null: writer.null()
            case .integer(let number): writer.value(Int(number))
            case .real(let number): writer.value(number)
            case .text(let text): writer.value(text)
            case .bytes(let digits): writer.value(digits)
            }
          }
        }
      }
    }
    return writer.bytes + [0x0A]
  }

  private func markdown() -> String {
    var lines = [
      "| " + columns.map(MarkdownReport.cell).joined(separator: " | ") + " |",
      "|" + columns.map { _ in " --- |" }.joined(),
    ]
    for row in rows {
      lines.append(
        "| " + row.map { MarkdownReport.cell(PlainText.oneLine($0.text)) }.joined(separator: " | ")
          + " |")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
