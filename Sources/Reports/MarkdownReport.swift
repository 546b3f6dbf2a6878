import ComplianceEngine
import EndpointCatalogue

/// The report as Markdown, for tickets, wikis and pull requests.
package enum MarkdownReport {
  package static func write(_ report: AuditReport) -> String {
    var lines: [String] = []
    lines.append("# Microsoft Defender reachability: \(cell(report.catalogue.reference))")
    lines.append("")
    lines.append("\(report.program), \(report.generatedAt).")
    lines.append("")
    lines.append("| site | scope | client | allowed | blocked | partial | conditional | unknown |")
    lines.append("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for site in report.sites {
      let counts = site.summary
      let numbers = [Verdict.allowed, .blocked, .partial, .conditional, .unknown]
        .map { "\(counts[$0])" }.joined(separator: " | ")
      lines.append(
        "| \(cell(site.title)) | \(cell(site.scope)) | \(cell(site.client.text)) | \(numbers) |")
    }
    lines.append("")
    for site in report.sites { lines += section(site, report) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func section(_ site: SiteReport, _ report: AuditReport) -> [String] {
    var lines: [String] = []
    lines.append("## \(cell(site.title)) · \(cell(site.scope)) · \(cell(site.client.text))")
    lines.append("")
    var about = "\(cell(site.product)), \(site.snapshot.rules) rules"
    if !site.client.note.isEmpty { about += "; client: \(cell(site.client.note))" }
    if let taken = site.snapshot.takenAt { about += "; taken \(taken)" }
    lines.append("\(about); SHA-256 of the export `\(site.snapshot.sha256)`.")
    lines.append("")
    lines.append("| verdict | port | endpoint | reason | decided by |")
    lines.append("| --- | ---: | --- | --- | --- |")
    for result in site.results {
      let endpoint = report.endpoint(of: result)
      let advised = result.requirement.level == .advised ? " (advised)" : ""
      lines.append(
        "| \(result.verdict.rawValue) | \(result.requirement.port)\(advised) "
          + "| \(code(endpoint.text)) | \(result.reason.rawValue) "
          + "| \(result.deciding.prefix(3).map(describe).joined(separator: "; ")) |")
    }
    lines.append("")
    for group in ResultGroup.problems(of: site) {
      lines.append(
        "- **\(group.verdict.rawValue)** (\(group.reason.rawValue)): "
          + cell(group.endpoints(in: report.catalogue)))
      guard let first = group.results.first else { continue }
      if let near = first.nearMiss { lines.append("  - nearest rule: \(describe(near))") }
      for condition in first.conditions {
        lines.append(
          "  - if it holds, \(condition.outcome): [\(condition.condition.kind.rawValue)] "
            + "\(cell(condition.condition.detail)) (\(describe(condition.rule)))")
      }
      if let witness = first.deniedWitness { lines.append("  - denied: \(code(witness.text))") }
      if let change = group.change { lines.append("  - to do: \(cell(change))") }
    }
    if !site.findings.isEmpty {
      lines += ["", "### Findings", ""]
      for finding in site.findings {
        let rule = finding.rule.map { " (\(describe($0)))" } ?? ""
        lines.append(
          "- **\(finding.severity.rawValue)** `\(finding.id.rawValue)`: "
            + "\(cell(finding.message))\(rule)")
      }
    }
    if !site.diagnostics.isEmpty {
      lines += ["", "### Notes on the export", ""]
      for diagnostic in site.diagnostics {
        let place = PlainText.place(diagnostic.position)
        lines.append("- \(cell(diagnostic.text))\(place.isEmpty ? "" : " (\(cell(place)))")")
      }
    }
    lines.append("")
    return lines
  }

  private static func describe(_ reference: RuleReference) -> String {
    let place = PlainText.place(reference.position)
    return "\(code(reference.rule)) in \(cell(reference.table)) (\(reference.action))"
      + (place.isEmpty ? "" : ", \(cell(place))")
  }

  /// Text of an export as text: no Markdown or HTML of its own, and no line or table break.
  private static func cell(_ text: String) -> String {
    var result = ""
    for character in PlainText.safe(text) {
      switch character {
      case "\\", "`", "*", "_", "[", "]", "<", ">", "#", "|", "~": result += "\\\(character)"
      case "&": result += "&amp;"
      default: result.append(character)
      }
    }
    return result
  }

  /// A code span that survives back-quotes and table separators in the text.
  private static func code(_ text: String) -> String {
    let safe = PlainText.safe(text)
    if safe.contains("`") || safe.contains("|") || safe.isEmpty { return cell(safe) }
    return "`\(safe)`"
  }
}
