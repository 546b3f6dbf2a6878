import ComplianceEngine
import EndpointCatalogue

/// One line a requirement, for spreadsheets and data pipelines (RFC 4180).
package enum CSVReport {
  package static func write(_ report: AuditReport) -> String {
    let header = [
      "site", "device", "scope", "format", "zones", "networks", "catalogue", "service", "endpoint",
      "host", "path", "port", "level", "verdict", "reason", "rule", "table", "action", "file",
      "line", "pointer", "conditions", "allowed_witness", "denied_witness", "change",
      "waiver", "since", "previous", "cause",
    ]
    var lines = [header.joined(separator: ",")]
    for site in report.sites {
      for result in site.shownResults {
        let endpoint = site.endpoint(of: result)
        let rule = result.deciding.first
        let line = (rule?.position?.line).flatMap { $0 > 0 ? "\($0)" : nil }
        let fields = [
          site.site ?? "", site.device, site.scope, site.format,
          site.client.zones.joined(separator: " to "), site.client.networks.joined(separator: " "),
          site.catalogue.reference, endpoint.service, endpoint.text, endpoint.host,
          endpoint.path ?? "", "\(result.requirement.port)", result.requirement.level.rawValue,
          result.verdict.rawValue, result.reason.rawValue, rule?.rule ?? "", rule?.table ?? "",
          rule?.action ?? "", rule?.file ?? "", line ?? "", rule?.position?.pointer ?? "",
          result.conditions.map { "\($0.condition.kind.rawValue): \($0.condition.detail)" }
            .joined(separator: "; "),
          result.allowedWitness?.text ?? "", result.deniedWitness?.text ?? "",
          result.change?.text ?? "", site.waiver(of: result)?.text ?? "",
          site.annotations[result.requirement]?.since ?? "",
          site.annotations[result.requirement]?.previous ?? "",
          site.annotations[result.requirement]?.cause ?? "",
        ]
        lines.append(fields.map(Self.field).joined(separator: ","))
      }
    }
    for site in report.unjudged {
      // A line of its own, so that whoever filters by site sees that there is no verdict.
      let fields = header.map { column in
        switch column {
        case "site": site.site
        case "verdict": "unjudged"
        case "reason": site.kind.rawValue
        case "conditions": site.reason
        default: ""
        }
      }
      lines.append(fields.map(Self.field).joined(separator: ","))
    }
    return lines.joined(separator: "\r\n") + "\r\n"
  }

  /// Quotes a field where needed. A text that a spreadsheet would take for a formula gets an
  /// apostrophe in front (OWASP, "CSV Injection").
  ///
  /// Spreadsheets of many countries take `;` for the separator whatever the file says, so that a
  /// formula behind one is guarded, too. All of it goes by scalars: a mark that joins the next
  /// character would hide it from comparisons of `Character`.
  package static func field(_ text: String) -> String {
    let parts = PlainText.safe(text).unicodeScalars
      .split(separator: ";", omittingEmptySubsequences: false)
      .map { startsFormula($0) ? "'" + String($0) : String($0) }
    let text = parts.joined(separator: ";")
    let needsQuotes = text.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == ";" }
    guard needsQuotes else { return text }
    let doubled = text.unicodeScalars.split(separator: "\"", omittingEmptySubsequences: false)
      .map { String($0) }.joined(separator: "\"\"")
    return "\"\(doubled)\""
  }

  /// Whether the first visible scalar is one with which a formula begins, in full width, too; what a
  /// spreadsheet drops or does not show may stand before it.
  private static func startsFormula(_ text: Substring.UnicodeScalarView) -> Bool {
    if text.first == "\u{FFFD}" { return true }
    guard let first = text.first(where: { !isInvisible($0) }) else { return false }
    switch first {
    case "=", "+", "-", "@", "|", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}", "\u{FE62}",
      "\u{FE63}", "\u{FE66}", "\u{FE6B}":
      return true
    default: return false
    }
  }

  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    if properties.isWhitespace || properties.isDefaultIgnorableCodePoint { return true }
    switch properties.generalCategory {
    case .format, .control, .nonspacingMark, .enclosingMark, .unassigned, .privateUse,
      .surrogate, .lineSeparator, .paragraphSeparator, .spaceSeparator:
      return true
    default: return scalar == "\u{FFFD}" || scalar == "\"" || scalar == "'"
    }
  }
}
