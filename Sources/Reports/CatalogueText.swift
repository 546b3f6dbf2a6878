import EndpointCatalogue
import JSONTree

/// Catalogues and their differences for people, and differences for machines.
package enum CatalogueText {
  package static func table(_ catalogue: Catalogue, language: String, width: Int) -> String {
    var lines: [String] = []
    lines.append("\(catalogue.reference): \(catalogue.title)")
    let published = catalogue.dates["published"]?.text ?? catalogue.published
    let effective = catalogue.dates["effective"]?.text ?? catalogue.effective
    lines += PlainText.wrap("published \(published), effective \(effective)", width: width)
    if let seen = catalogue.dates["first_seen"] {
      lines += PlainText.wrap("first seen \(seen.text) (\(seen.source))", width: width)
    }
    if let date = catalogue.dates["effective"] {
      lines += PlainText.wrap("effective by: \(date.source)", width: width)
    }
    if let repository = catalogue.source.repository {
      lines += PlainText.wrap(
        "kept in \(repository), \(catalogue.source.path ?? "")"
          + (catalogue.source.commit.map { ", commit \($0)" } ?? ""), width: width)
    }
    lines += PlainText.wrap(
      "source \(catalogue.source.title), \(catalogue.source.url)", width: width)
    lines.append("SHA-256 \(catalogue.source.sha256)")
    for (key, statement) in catalogue.statements.sorted(by: { $0.key < $1.key }) {
      lines += PlainText.wrap("\(key): \(statement.text)", width: width)
    }
    lines.append("")
    lines.append(" ROW  REQUIRED  ADVISED  ENDPOINT")
    var service = ""
    for (index, endpoint) in catalogue.endpoints.enumerated() {
      if endpoint.service != service {
        service = endpoint.service
        let name = catalogue.service(service)?.name(in: language) ?? service
        lines += PlainText.wrap(PlainText.safe(name), width: width)
      }
      let required = endpoint.portsRequired.map { "\($0)" }.joined(separator: ",")
      let advised = endpoint.portsAdvised.map { "\($0)" }.joined(separator: ",")
      let head =
        PlainText.padded("\(index + 1)", to: 4, right: true) + "  "
        + PlainText.padded(required, to: 8) + "  " + PlainText.padded(advised, to: 7) + "  "
      var text = endpoint.text
      if endpoint.inspection == .pinned { text += " (certificate pinned)" }
      for (number, line) in PlainText.wrap(PlainText.safe(text), width: width - head.count)
        .enumerated()
      {
        lines.append((number == 0 ? head : String(repeating: " ", count: head.count)) + line)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  package static func text(_ diff: CatalogueDiff, width: Int) -> String {
    var lines = ["\(diff.from.reference) → \(diff.to.reference)"]
    if diff.isEmpty { lines.append("no difference") }
    lines += changes(diff, width: width)
    for change in diff.statements {
      lines += bullet(
        "~ ",
        "statement \(change.key): \(change.from?.text ?? "not made") → "
          + "\(change.to?.text ?? "not made")", width)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The rows that differ, a line or two each.
  package static func changes(_ diff: CatalogueDiff, width: Int) -> [String] {
    var lines: [String] = []
    for change in diff.changes {
      switch change {
      case .added(let endpoint):
        lines += bullet("+ ", "\(endpoint.text), \(ports(endpoint)) (\(endpoint.service))", width)
      case .removed(let endpoint):
        lines += bullet("- ", "\(endpoint.text), \(ports(endpoint)) (\(endpoint.service))", width)
      case .changed(let old, let new, let fields):
        lines += bullet("~ ", "\(new.text): \(fields.joined(separator: ", "))", width)
        if old.portsRequired != new.portsRequired || old.portsAdvised != new.portsAdvised {
          lines += bullet("  ", "\(ports(old)) → \(ports(new))", width)
        }
      }
    }
    return lines
  }

  private static func bullet(_ mark: String, _ text: String, _ width: Int) -> [String] {
    PlainText.wrap(PlainText.safe(text), width: width - 2).enumerated().map {
      ($0 == 0 ? mark : "  ") + $1
    }
  }

  private static func ports(_ endpoint: Endpoint) -> String {
    let required = endpoint.portsRequired.map { "\($0)" }.joined(separator: ", ")
    let advised = endpoint.portsAdvised.map { "\($0)" }.joined(separator: ", ")
    return "TCP \(required.isEmpty ? "none" : required)"
      + (advised.isEmpty ? "" : " (advised \(advised))")
  }

  package static func json(_ diff: CatalogueDiff) -> [UInt8] {
    var writer = JSONWriter(pretty: true)
    writer.object { writer in
      writer.member("schema", "sallyport.catalogue-diff/1")
      writer.member("from", diff.from.reference)
      writer.member("to", diff.to.reference)
      writer.member("changes", each: diff.changes) { writer, change in
        writer.object { writer in
          switch change {
          case .added(let endpoint):
            writer.member("kind", "added")
            writer.member("endpoint", endpoint.text)
            writer.member("service", endpoint.service)
            writer.member("fields", [])
          case .removed(let endpoint):
            writer.member("kind", "removed")
            writer.member("endpoint", endpoint.text)
            writer.member("service", endpoint.service)
            writer.member("fields", [])
          case .changed(_, let endpoint, let fields):
            writer.member("kind", "changed")
            writer.member("endpoint", endpoint.text)
            writer.member("service", endpoint.service)
            writer.member("fields", fields)
          }
        }
      }
      writer.member("statements", each: diff.statements) { writer, change in
        writer.object { writer in
          writer.member("key", change.key)
          writer.member("from", change.from?.text)
          writer.member("to", change.to?.text)
        }
      }
    }
    return writer.bytes + [0x0A]
  }
}
