import Audit
import ComplianceEngine
import ImportKit
import Importers
import JSONTree
import Testing

@testable import Reports

/// Hostile text at every place of a report, in every format: the shape of the document must be that
/// of the same report with a harmless word there.
///
/// Documents are read here by scalars, as browsers, spreadsheets and Markdown programs do.
@Suite struct PayloadTests {
  /// Marks that Swift joins with the scalar behind (Grapheme_Cluster_Break=Prepend) or before them.
  private static let joiners: [(before: String, after: String)] = [
    ("", ""), ("\u{600}", ""), ("\u{110BD}", ""), ("", "\u{301}"), ("", "\u{200D}"),
    ("\u{600}", "\u{FE0F}"),
  ]

  private static let hostile = [
    "<script>fetch('http://192.0.2.1/')</script>", "<style>td{display:none}</style>",
    "\"><img src=http://192.0.2.1/x>", "' onload='x", "</td></tr></table><!--", "&lt;b&gt;",
    "<meta http-equiv=refresh content=0;url=http://192.0.2.1/>", "=HYPERLINK(\"http://192.0.2.1\")",
    "+1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "\u{FF1D}1+1", "\u{FF0B}1", "\u{FF0D}1", "\u{FF20}x",
    "\u{200B}=1", "\u{A0}=1", "\t=1", "\r=1", "x;=1", "x,=1", "a\"b", "a,b", "a\nb", "a\r\nb",
    "a\u{2028}b", "a\u{85}b", "a\u{0C}b", "[x](http://192.0.2.1)", "![x](http://192.0.2.1/x.png)",
    "`x` `", "a|b", "|---|", "**x**", "<!-- x", "# x", "\\", "$x$", "\u{1FEF}", "\u{37E}=1",
    "\u{1B}[2J", "\u{202E}x", "\u{9B}31m",
  ]

  /// Every payload, also with a joining mark before or behind each of its signs.
  private static let payloads: [String] = hostile.flatMap { text in
    joiners.map { joiner in
      var result = String.UnicodeScalarView()
      for scalar in text.unicodeScalars {
        let isSign = !scalar.properties.isAlphabetic && scalar != " "
        if isSign { result.append(contentsOf: joiner.before.unicodeScalars) }
        result.append(scalar)
        if isSign { result.append(contentsOf: joiner.after.unicodeScalars) }
      }
      return String(result)
    }
  }

  /// A report that holds the text wherever a report can hold a text of somebody else.
  private static func report(_ text: String) throws -> AuditReport {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("schema", "sallyport.policy/1")
      writer.member("device", text)
      writer.member("zones", each: [text, "out"]) { writer, zone in
        writer.object { writer in
          writer.member("name", zone)
          if zone == "out" { writer.member("leads_to_internet", true) }
        }
      }
      writer.member("proposals", each: [text]) { writer, text in
        writer.object { writer in
          writer.member("from_zone", text)
          writer.member("to_zone", "out")
          writer.member("networks", ["192.0.2.0/24"])
          writer.member("reason", text)
        }
      }
      writer.member("tables", each: [text]) { writer, text in
        writer.object { writer in
          writer.member("name", text)
          writer.member("default", "deny")
          writer.member("rules", each: ["deny", "allow"]) { writer, action in
            writer.object { writer in
              writer.member("name", text)
              writer.member("comment", text)
              writer.member("action", action)
              writer.member("match") { writer in
                writer.member("destination", each: ["host"]) { writer, _ in
                  writer.object {
                    $0.member(
                      "subdomains_of", action == "deny" ? "blob.core.windows.net" : "microsoft.com")
                  }
                }
              }
            }
          }
        }
      }
    }
    let check = CheckUseCase(
      registry: importerRegistry, catalogue: try CatalogueLibrary.builtIn().find(nil), program: "p")
    var report = try check.run(
      [ExportFile(name: "\(text).json", bytes: writer.bytes)], now: "2026-01-01T00:00:00Z")
    for index in report.sites.indices {
      // What importers make safe on the way in is given raw here: reports must stand alone.
      report.sites[index].site = text
      report.sites[index].device = text
      report.sites[index].scope = text
      report.sites[index].product = text
      report.sites[index].client.note = text
      report.sites[index].client.zones = [text, text]
      report.sites[index].files = [text]
      for number in report.sites[index].results.indices {
        let result = report.sites[index].results[number]
        report.sites[index].annotations[result.requirement] = ResultAnnotation(
          waiver: number.isMultiple(of: 2)
            ? WaiverReport(
              number: 1, reason: text, approver: text, ends: text, accepted: text, isLate: true)
            : nil,
          since: text, previous: text, cause: text)
      }
      report.sites[index].diagnostics.append(
        Diagnostic(kind: text, text: "a note on `\(text)`", position: nil, file: text))
    }
    return report
  }

  // MARK: HTML

  /// Every tag, as a browser sees it.
  private static func tags(_ html: String) -> [String] {
    var tags: [String] = []
    var current: String.UnicodeScalarView?
    for scalar in html.unicodeScalars {
      if scalar == "<" { current = String.UnicodeScalarView() }
      current?.append(scalar)
      if scalar == ">", let tag = current {
        tags.append(String(tag))
        current = nil
      }
    }
    return tags
  }

  @Test func htmlHasTheTagsOfAHarmlessReport() throws {
    let expected = Self.tags(HTMLReport.write(try Self.report("word")))
    for payload in Self.payloads where !payload.unicodeScalars.contains("`") {
      let tags = Self.tags(HTMLReport.write(try Self.report(payload)))
      #expect(tags == expected, "\(payload.debugDescription) made markup")
    }
    // A back-quote is an ordinary sign to HTML; it may only move the words set apart as code.
    for payload in Self.payloads where payload.unicodeScalars.contains("`") {
      let tags = Self.tags(HTMLReport.write(try Self.report(payload)))
      let plain = tags.filter { $0 != "<code>" && $0 != "</code>" }
      #expect(plain == expected.filter { $0 != "<code>" && $0 != "</code>" })
    }
  }

  @Test func interpolatedTextIsEscapedUnlessItIsMarkup() {
    let text = "<b>\u{600}<\"'&`"
    let piece: HTML = "<td title=\"\(text)\">\(text)</td>"
    let escaped = "&lt;b&gt;\u{600}&lt;&quot;&#39;&amp;&#96;"
    #expect(piece.markup == "<td title=\"\(escaped)\">\(escaped)</td>")
    let outer: HTML = "<tr>\(piece)</tr>"
    #expect(outer.markup == "<tr>\(piece.markup)</tr>")
  }

  // MARK: CSV

  /// The fields of each record, read by scalars (RFC 4180).
  private static func records(_ csv: String, separator: Unicode.Scalar) -> [[String]] {
    var records: [[String]] = []
    var fields: [String] = []
    var field = String.UnicodeScalarView()
    var quoted = false
    for scalar in csv.unicodeScalars {
      if scalar == "\"" {
        quoted.toggle()
      } else if quoted {
        field.append(scalar)
      } else if scalar == separator || scalar == "\n" {
        fields.append(String(field))
        field = String.UnicodeScalarView()
        if scalar == "\n" {
          records.append(fields)
          fields = []
        }
      } else if scalar != "\r" {
        field.append(scalar)
      }
    }
    return records
  }

  @Test func csvHasNoFormulaAndTheFieldsOfAHarmlessReport() throws {
    let expected = Self.records(CSVReport.write(try Self.report("word")), separator: ",").map(
      \.count)
    for payload in Self.payloads {
      let csv = CSVReport.write(try Self.report(payload))
      let records = Self.records(csv, separator: ",")
      #expect(records.map(\.count) == expected, "\(payload.debugDescription) moved fields")
      for separator: Unicode.Scalar in [",", ";", "\t"] {
        let starts = Set(
          Self.records(csv, separator: separator).joined().compactMap { field in
            field.unicodeScalars.first {
              !$0.properties.isWhitespace && !$0.properties.isDefaultIgnorableCodePoint
                && ![.format, .nonspacingMark, .enclosingMark].contains(
                  $0.properties.generalCategory)
            }
          })
        let bad: Set<Unicode.Scalar> = [
          "=", "+", "-", "@", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
        ]
        // With a separator that the file does not use, a field may start inside another.
        if separator == "," || payload.unicodeScalars.contains(";") {
          #expect(
            starts.isDisjoint(with: bad), "\(payload.debugDescription), separator \(separator)")
        }
      }
    }
  }

  // MARK: Markdown

  /// Signs with a meaning, outside of code spans and not escaped, line by line.
  private static func shape(_ markdown: String) -> [String] {
    markdown.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var shape = String.UnicodeScalarView()
      var escaped = false
      var inCode = false
      for scalar in line {
        if scalar == "`", !escaped { inCode.toggle() }
        let isSign = ["<", ">", "[", "]", "|", "*", "#", "~", "_", "$"].contains(scalar)
        // A table separator counts inside code spans, too.
        if isSign, !escaped, !inCode || scalar == "|" { shape.append(scalar) }
        escaped = scalar == "\\" && !escaped && !inCode
      }
      return String(shape)
    }
  }

  @Test func markdownHasTheShapeOfAHarmlessReport() throws {
    let expected = Self.shape(MarkdownReport.write(try Self.report("word")))
    for payload in Self.payloads {
      let markdown = MarkdownReport.write(try Self.report(payload))
      #expect(Self.shape(markdown) == expected, "\(payload.debugDescription) made Markdown")
      #expect(!markdown.contains("http://1") || markdown.contains("`"), "a link by itself")
    }
  }

  // MARK: Text, JSON and tables

  @Test func textHasNoControlCharacters() throws {
    for payload in Self.payloads {
      let text = TextReport.write(try Self.report(payload), style: TextReport.Style())
      for scalar in text.unicodeScalars where scalar != "\n" {
        #expect(
          scalar.properties.generalCategory != .control && !(0x2028...0x202E).contains(scalar.value)
        )
      }
    }
  }

  @Test func jsonKeepsEveryText() throws {
    for payload in Self.payloads {
      let root = try JSONTree(JSONReport.write(try Self.report(payload))).root
      let site = try #require(root["sites"]?.elements.first { _ in true })
      let found = site["site"]?.string
      #expect(
        found == payload || found?.unicodeScalars.contains("\u{200B}") == true
          || found?.unicodeScalars.contains("\u{34F}") == true, "\(payload.debugDescription)")
    }
  }

  @Test func tablesOfEveryFormatKeepTheirCells() throws {
    for payload in Self.payloads {
      let table = DataTable(columns: ["a", "b"], rows: [[.text(payload), .text("x")]])
      let csv = String(decoding: table.write(.csv, width: 80), as: UTF8.self)
      #expect(Self.records(csv, separator: ",").map(\.count) == [2, 2])
      let markdown = String(decoding: table.write(.markdown, width: 80), as: UTF8.self)
      #expect(Self.shape(markdown).filter { !$0.isEmpty } == ["|||", "|||", "|||"])
      let text = String(decoding: table.write(.table, width: 80), as: UTF8.self)
      #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
    }
  }
}
