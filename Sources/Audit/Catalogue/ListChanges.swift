import EndpointCatalogue
import JSONTree
import Reports

/// The steps of a list since a day, as text, JSON (`sallyport.catalogue-changes/1`) or an Atom feed.
package struct ListChanges: Sendable {
  package struct Step: Sendable {
    package let from: Catalogue
    package let to: Catalogue
    package let changes: [ListChange]
  }

  package let list: String
  /// ISO date.
  package let since: String
  package let steps: [Step]

  /// - Parameter since: steps to editions that came into force after this day.
  package init(
    _ library: CatalogueLibrary, list: String, since: String
  ) throws(CatalogueLibrary.Failure) {
    let newest = try library.find(list)
    let editions = library.catalogues.filter { $0.id == newest.id }
      .sorted { ($0.effective, $0.version) < ($1.effective, $1.version) }
    self.list = newest.id
    self.since = since
    steps = zip(editions, editions.dropFirst()).filter { $1.effective > since }.map { from, to in
      Step(from: from, to: to, changes: ListChange.all(in: CatalogueDiff(from: from, to: to)))
    }
  }

  // MARK: Text

  package func text(width: Int) -> String {
    guard !steps.isEmpty else { return "no edition of \(list) came into force after \(since)\n" }
    var lines: [String] = []
    for step in steps {
      if !lines.isEmpty { lines.append("") }
      lines += PlainText.wrap(Self.head(step), width: width)
      if step.changes.isEmpty { lines.append("  no row and no statement differs") }
      for change in step.changes {
        for (index, line) in PlainText.wrap(
          PlainText.safe(Self.sentence(change)), width: width - 4
        ).enumerated() {
          lines.append((index == 0 ? "  \(Self.mark(change)) " : "    ") + line)
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func head(_ step: Step) -> String {
    let effective = step.to.dates["effective"]?.text ?? step.to.effective
    return "\(step.from.reference) → \(step.to.version), in force \(effective)"
  }

  private static func mark(_ change: ListChange) -> String {
    switch change.disposition {
    case .add: "+"
    case .remove: "-"
    case .change: "~"
    }
  }

  private static func sentence(_ change: ListChange) -> String {
    let values: String
    if change.fields == ["statement"] {
      values = "\(change.previous ?? "not made") → \(change.current ?? "not made")"
    } else if change.disposition == .change {
      values =
        (change.previous == change.current
          ? "" : "\(change.previous ?? "") → \(change.current ?? ""), ")
        + change.fields.joined(separator: ", ")
    } else {
      values = change.current ?? change.previous ?? ""
    }
    let service = change.service.map { " (\($0))" } ?? ""
    return "\(change.text)\(service): \(values)\(advice(change.impact))"
  }

  private static func advice(_ impact: ListChange.Impact) -> String {
    switch impact {
    case .open: "; rules must allow it"
    case .mayClose: "; rules may be closed again"
    case .openAndMayClose: "; rules must allow it, and may close what it replaces"
    case .review: "; look at the rules again"
    case .none: ""
    }
  }

  // MARK: JSON

  package func json() -> [UInt8] {
    var writer = JSONWriter(pretty: true)
    writer.object { writer in
      writer.member("schema", "sallyport.catalogue-changes/1")
      writer.member("list", list)
      writer.member("since", since)
      writer.member("steps", each: steps) { writer, step in
        writer.object { writer in
          writer.member("from", step.from.reference)
          writer.member("to", step.to.reference)
          writer.member("published", step.to.published)
          writer.member("effective", step.to.effective)
          writer.member("changes", each: step.changes) { writer, change in
            writer.object { writer in
              writer.member("disposition", change.disposition.rawValue)
              writer.member("impact", change.impact.rawValue)
              writer.member("text", change.text)
              writer.member("service", change.service)
              writer.member("fields", change.fields)
              writer.member("previous", change.previous)
              writer.member("current", change.current)
            }
          }
        }
      }
    }
    return writer.bytes + [0x0A]
  }

  // MARK: Atom

  /// RFC 4287; equal steps give equal bytes, so that a feed reader sees no change where none is.
  package func atom() -> [UInt8] {
    var lines = [
      #"<?xml version="1.0" encoding="utf-8"?>"#,
      #"<feed xmlns="http://www.w3.org/2005/Atom">"#,
      "  <id>urn:sallyport:list:\(Self.escaped(list))</id>",
      "  <title>Changes of the list \(Self.escaped(list))</title>",
      "  <updated>\(steps.last?.to.effective ?? since)T00:00:00Z</updated>",
      "  <author><name>Sallyport</name></author>",
    ]
    for step in steps.reversed() {
      let body = step.changes.map { "\(Self.mark($0)) \(Self.sentence($0))" }
        .joined(separator: "\n")
      lines += [
        "  <entry>",
        "    <id>urn:sallyport:list:\(Self.escaped(step.to.id)):\(Self.escaped(step.to.version))</id>",
        "    <title>\(Self.escaped(Self.head(step)))</title>",
        "    <updated>\(step.to.effective)T00:00:00Z</updated>",
        "    <content type=\"text\">\(Self.escaped(body.isEmpty ? "no row and no statement differs" : body))</content>",
        "  </entry>",
      ]
    }
    lines.append("</feed>")
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  /// By scalar; characters that XML has not are left out.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\"": result += "&quot;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: continue
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
