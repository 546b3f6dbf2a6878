/// The output formats of checks and audits.
package enum ReportFormat: String, CaseIterable, Sendable {
  case text
  case json
  case csv
  case markdown
  case html

  /// The report as bytes of UTF-8.
  package func write(_ report: AuditReport, style: TextReport.Style) -> [UInt8] {
    switch self {
    case .text: Array(TextReport.write(report, style: style).utf8)
    case .json: JSONReport.write(report)
    case .csv: Array(CSVReport.write(report).utf8)
    case .markdown: Array(MarkdownReport.write(report).utf8)
    case .html: Array(HTMLReport.write(report).utf8)
    }
  }
}
