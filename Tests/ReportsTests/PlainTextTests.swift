import Reports
import Testing

/// Text of an export is data wherever it is shown.
@Suite struct PlainTextTests {
  @Test(arguments: [
    ("\u{1B}[31mred", "[31m"), ("a\nb", "\n"), ("\u{202E}evil", "\u{202E}"), ("a\u{0}b", "\u{0}"),
    ("bell\u{7}", "\u{7}"), ("\u{9B}31m", "\u{9B}"),
  ])
  func controlCharactersDoNotReachATerminal(_ text: String, _ bad: String) {
    let safe = PlainText.safe(text)
    #expect(!safe.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
    if bad.unicodeScalars.count == 1 { #expect(!safe.contains(bad)) }
  }

  @Test func linesAreWrappedToTheWidth() {
    let text = String(repeating: "word ", count: 60) + String(repeating: "x", count: 200)
    for width in [20, 40, 80] {
      for line in PlainText.wrap(text, width: width) { #expect(line.count <= width) }
    }
    #expect(PlainText.wrap("", width: 40) == [""] || PlainText.wrap("", width: 40).isEmpty)
  }

  private static let table = DataTable(
    columns: ["name", "number"],
    rows: [
      [.text("=cmd()|x"), .integer(-5)], [.text("+1"), .integer(1)], [.text("-2"), .null],
      [.text("@sum"), .real(1.5)], [.text("a,\"b\"\nc"), .bytes("00ff")], [.text("a|b"), .null],
    ])

  /// OWASP "CSV injection": a cell must not start a formula.
  @Test func spreadsheetsSeeNoFormula() {
    let csv = String(decoding: Self.table.write(.csv, width: 80), as: UTF8.self)
    for start in ["\n=", "\n+", "\n@", "\n-2", "\n\"=", "\n\"+", "\n\"@"] {
      #expect(!csv.contains(start), "a cell starts with \(start.debugDescription)")
    }
    #expect(csv.contains(",-5\r\n") || csv.contains(",-5\n"), "numbers stay numbers")
    #expect(csv.contains("\"a,\"\"b\"\"\u{FFFD}c\""))
  }

  @Test func markdownCellsStayCells() {
    let markdown = String(decoding: Self.table.write(.markdown, width: 80), as: UTF8.self)
    let rows = markdown.split(separator: "\n")
    #expect(rows.count == Self.table.rows.count + 2)
    #expect(markdown.contains("a\\|b"))
  }

  @Test func tablesFitTheTerminal() {
    let long = DataTable(
      columns: ["first", "second", "third"],
      rows: [[.text(String(repeating: "long ", count: 30)), .integer(7), .text("end")]])
    for width in [60, 80, 120] {
      let text = String(decoding: long.write(.table, width: width), as: UTF8.self)
      for line in text.split(separator: "\n") { #expect(line.count <= width, "\(line)") }
    }
  }
}
