import EndpointCatalogue
import JSONTree

/// A reading for machines (`sallyport.reading/1`), described by a JSON Schema in `Schema/`.
package enum ReadingJSON {
  package static let schema = "sallyport.reading/1"

  package static func write(_ reading: PageReading) -> [UInt8] {
    var writer = JSONWriter(pretty: true)
    writer.object { writer in
      writer.member("schema", schema)
      writer.member("file", reading.file)
      writer.member("sha256", reading.sha256)
      writer.member("encoding", reading.encoding)
      writer.member("title", reading.title)
      writer.member("list", reading.list)
      writer.member("locale", reading.locale)
      writer.member("date", reading.date)
      writer.key("nearest")
      if let nearest = reading.nearest {
        writer.object { writer in
          writer.member("edition", nearest.edition.reference)
          writer.member("same", nearest.isSame)
        }
      } else {
        writer.null()
      }
      writer.member("rows", each: reading.rows, row)
      writer.member("questions", each: reading.questions) { writer, question in
        writer.object { writer in
          writer.member("number", question.number)
          writer.member("kind", question.kind.rawValue)
          writer.member("token", question.token)
          writer.member("line", question.line)
          writer.member("asks", question.asks)
          writer.member("proposal", question.proposal)
        }
      }
      writer.member("statements") { writer in
        for (key, statement) in reading.statements.sorted(by: { $0.key < $1.key }) {
          writer.key(key)
          writer.object { writer in
            switch statement {
            case .flag(let flag): writer.member("value", flag)
            case .number(let number): writer.member("value", number)
            case .text(let text): writer.member("value", text)
            }
            writer.member("from", reading.statementSources[key] ?? "page")
          }
        }
      }
      writer.member("tokens") { writer in
        writer.member("rows", reading.count(.row))
        writer.member("citations", reading.count(.citation))
        writer.member("links", reading.count(.link))
        writer.member("paths", reading.count(.path))
        writer.member("questions", reading.count(.question))
        writer.member("total", reading.tokens.count)
      }
      writer.member(
        "cited",
        each: reading.tokens.filter { $0.tokenClass == .citation || $0.tokenClass == .question }
      ) { writer, token in
        writer.object { writer in
          writer.member("token", token.text)
          writer.member("class", token.tokenClass.rawValue)
          writer.member("line", token.line)
          writer.member("column", token.column)
        }
      }
    }
    return writer.bytes + [0x0A]
  }

  private static func row(_ writer: inout JSONWriter, _ row: PageReading.Row) {
    writer.object { writer in
      writer.member("service", row.service)
      writer.member("title", row.title)
      writer.member("text", row.text)
      writer.member("host", row.host)
      writer.member("path", row.path)
      writer.member("path_match", row.pathMatch?.rawValue)
      writer.member("scheme", row.scheme)
      writer.member("ports_required", each: row.portsRequired) { $0.value($1) }
      writer.member("ports_advised", each: row.portsAdvised) { $0.value($1) }
      writer.member("level", row.level.rawValue)
      writer.member("condition", row.condition)
      writer.member("platform", row.platform)
      writer.member("geography", row.geography)
      writer.member("note", row.note)
      writer.member("line", row.line)
      writer.member("column", row.column)
    }
  }
}
