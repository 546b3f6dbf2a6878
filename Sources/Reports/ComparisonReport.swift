import JSONTree

/// What changed between two states of a firewall, and what that does to verdicts.
package struct ComparisonReport: Sendable {
  package struct Side: Hashable, Sendable {
    package var name: String
    /// ISO-8601 UTC.
    package var takenAt: String?
    package var sha256: String

    package init(name: String, takenAt: String?, sha256: String) {
      self.name = name
      self.takenAt = takenAt
      self.sha256 = sha256
    }
  }

  package struct Change: Hashable, Sendable {
    /// `rule-`, `object-` or `scope-` with `added`, `removed`, `edited` or `moved`; or `settings`.
    package var kind: String
    package var scope: String
    package var table: String
    package var name: String
    /// File and line on either side; empty where it does not exist there.
    package var before: String
    package var after: String
    package var details: [String]

    package init(
      kind: String, scope: String, table: String, name: String, before: String, after: String,
      details: [String]
    ) {
      self.kind = kind
      self.scope = scope
      self.table = table
      self.name = name
      self.before = before
      self.after = after
      self.details = details
    }
  }

  package struct Effect: Hashable, Sendable {
    package var scope: String
    package var client: String
    package var endpoint: String
    package var port: Int
    /// Empty where the requirement was not judged on that side.
    package var before: String
    package var after: String
    package var reason: String
    package var isWorse: Bool

    package init(
      scope: String, client: String, endpoint: String, port: Int, before: String, after: String,
      reason: String, isWorse: Bool
    ) {
      self.scope = scope
      self.client = client
      self.endpoint = endpoint
      self.port = port
      self.before = before
      self.after = after
      self.reason = reason
      self.isWorse = isWorse
    }
  }

  package var title: String
  package var old: Side
  package var new: Side
  package var catalogue: String
  package var changes: [Change]
  package var effects: [Effect]

  package init(
    title: String, old: Side, new: Side, catalogue: String, changes: [Change], effects: [Effect]
  ) {
    self.title = title
    self.old = old
    self.new = new
    self.catalogue = catalogue
    self.changes = changes
    self.effects = effects
  }

  package func text(width: Int) -> String {
    var lines = PlainText.wrap(PlainText.safe(title), width: width)
    for (mark, side) in [("-", old), ("+", new)] {
      let taken = side.takenAt.map { ", taken \($0)" } ?? ""
      let line = "\(mark) \(side.name)\(taken), SHA-256 \(side.sha256.prefix(12))…"
      lines += PlainText.wrap(PlainText.safe(line), width: width)
    }
    lines.append("")
    if changes.isEmpty { lines.append("No rule, object or setting differs.") }
    for change in changes { lines += Self.lines(change, width: width) }
    lines.append("")
    if effects.isEmpty {
      lines.append("No verdict of \(catalogue) changes.")
    } else {
      lines.append("Verdicts of \(catalogue) that change:")
      lines += effectLines(width: width)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Endpoints that fare alike are told together.
  private func effectLines(width: Int) -> [String] {
    var order: [String] = []
    var groups: [String: [Effect]] = [:]
    for effect in effects {
      let before = effect.before.isEmpty ? "not judged" : effect.before
      let head =
        "\(before) → \(effect.after) (\(effect.reason)), \(effect.scope), \(effect.client):"
      if groups[head] == nil { order.append(head) }
      groups[head, default: []].append(effect)
    }
    return order.flatMap { head in
      let endpoints = (groups[head] ?? []).map { "\($0.endpoint) \($0.port)" }
      return PlainText.wrap(PlainText.safe(head), width: width)
        + PlainText.wrap(PlainText.safe(endpoints.joined(separator: ", ")), width: width - 4)
        .map { "    " + $0 }
    }
  }

  private static func lines(_ change: Change, width: Int) -> [String] {
    let mark =
      switch change.kind {
      case "rule-added", "object-added", "scope-added": "+"
      case "rule-removed", "object-removed", "scope-removed": "-"
      case "rule-moved": ">"
      default: "~"
      }
    let what = change.kind.split(separator: "-").joined(separator: " ")
    let place = [change.before, change.after].filter { !$0.isEmpty }.joined(separator: " → ")
    let table = change.table.isEmpty ? change.scope : "\(change.scope), \(change.table)"
    let head = "\(mark) \(what): `\(change.name)` (\(table))" + (place.isEmpty ? "" : " \(place)")
    var lines = PlainText.wrap(PlainText.safe(head), width: width - 2)
    for index in lines.indices.dropFirst() { lines[index] = "  " + lines[index] }
    for detail in change.details {
      lines += PlainText.wrap(PlainText.safe(detail), width: width - 6).map { "      " + $0 }
    }
    return lines
  }

  package func json() -> [UInt8] {
    var writer = JSONWriter(pretty: true)
    writer.object { writer in
      writer.member("schema", "sallyport.diff/1")
      writer.member("title", title)
      for (name, side) in [("old", old), ("new", new)] {
        writer.member(name) { writer in
          writer.member("name", side.name)
          writer.member("taken_at", side.takenAt)
          writer.member("sha256", side.sha256)
        }
      }
      writer.member("catalogue", catalogue)
      writer.member("changes", each: changes) { writer, change in
        writer.object { writer in
          writer.member("kind", change.kind)
          writer.member("scope", change.scope)
          writer.member("table", change.table)
          writer.member("name", change.name)
          writer.member("before", change.before.isEmpty ? nil : change.before)
          writer.member("after", change.after.isEmpty ? nil : change.after)
          writer.member("details", change.details)
        }
      }
      writer.member("effects", each: effects) { writer, effect in
        writer.object { writer in
          writer.member("scope", effect.scope)
          writer.member("client", effect.client)
          writer.member("endpoint", effect.endpoint)
          writer.member("port", effect.port)
          writer.member("before", effect.before.isEmpty ? nil : effect.before)
          writer.member("after", effect.after.isEmpty ? nil : effect.after)
          writer.member("reason", effect.reason)
          writer.member("is_worse", effect.isWorse)
        }
      }
    }
    return writer.bytes + [0x0A]
  }
}
