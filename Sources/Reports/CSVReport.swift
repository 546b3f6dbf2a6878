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
    return lines.joined(separator: "\r\n") + "\r\n"
  }

  /// Quotes a field where needed. A text that a spreadsheet would take for a formula gets an
  /// apostrophe in front (OWASP, "CSV Injection").
  package static func field(_ text: String) -> String {
    var text = PlainText.safe(text)
    if let first = text.first, "=+-@".contains(first) || first == "\u{FFFD}" { text = "'" + text }
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\""
      + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }
}
