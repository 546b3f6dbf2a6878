import Inventory
import Reports

/// Intervals as people read them.
package enum HistoryText {
  package static func write(_ intervals: [VerdictInterval], width: Int) -> String {
    var lines: [String] = []
    var head = ""
    for interval in intervals {
      let title =
        "\(interval.endpoint) \(interval.port) · \(interval.site) · \(interval.subject.device) · "
        + "\(interval.subject.scope) · \(interval.subject.client)"
      if title != head {
        if !head.isEmpty { lines.append("") }
        head = title
        lines += PlainText.wrap(PlainText.safe(title), width: width)
      }
      lines.append(
        "  \(interval.from) – \(PlainText.padded(interval.to ?? "now", to: 20))  "
          + "\(interval.verdict) (\(interval.reason))")
      lines += details(interval, width: width)
    }
    return lines.joined(separator: "\n") + (lines.isEmpty ? "" : "\n")
  }

  private static func details(_ interval: VerdictInterval, width: Int) -> [String] {
    var texts: [String] = []
    if let rule = interval.rule, !rule.isEmpty {
      var text = "decided by `\(rule)`"
      if let table = interval.table, !table.isEmpty { text += " of \(table)" }
      if let line = interval.line, line > 0 { text += ", line \(line)" }
      texts.append(text)
    }
    texts.append("because " + CauseText.sentence(interval.cause, detail: interval.detail))
    return texts.flatMap { text in
      PlainText.wrap(PlainText.safe(text), width: width - 6).map { "      " + $0 }
    }
  }

  /// Verdicts that broke together for one cause are told together.
  package static func writeBroken(_ intervals: [VerdictInterval], width: Int) -> String {
    struct Key: Hashable {
      let site: String
      let from: String
      let change: String
      let cause: String
    }
    var order: [Key] = []
    var groups: [Key: [VerdictInterval]] = [:]
    for interval in intervals {
      let key = Key(
        site: interval.site, from: interval.from,
        change: "\(interval.previous ?? "not asked for") → \(interval.verdict)",
        cause: CauseText.sentence(interval.cause, detail: interval.detail))
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(interval)
    }
    var lines: [String] = []
    for key in order {
      let group = groups[key] ?? []
      var seen: Set<String> = []
      let endpoints = group.map { "\($0.endpoint) \($0.port)" }.filter { seen.insert($0).inserted }
      let shown =
        endpoints.prefix(3).joined(separator: ", ")
        + (endpoints.count > 3 ? " and \(endpoints.count - 3) more" : "")
      lines += PlainText.wrap(
        PlainText.safe("\(key.from)  \(key.site): \(key.change): \(shown)"), width: width)
      lines += PlainText.wrap(PlainText.safe("because \(key.cause)"), width: width - 6)
        .map { "      " + $0 }
      if let repaired = group.compactMap(\.to).max() {
        lines.append("      until \(repaired)")
      }
    }
    return lines.isEmpty ? "Nothing got worse.\n" : lines.joined(separator: "\n") + "\n"
  }
}
