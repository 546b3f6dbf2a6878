import ComplianceEngine
import EndpointCatalogue

/// The report as Markdown, for tickets, wikis and pull requests.
package enum MarkdownReport {
  package static func write(_ report: AuditReport) -> String {
    var lines: [String] = []
    lines.append("# Microsoft Defender reachability: \(cell(report.catalogue.reference))")
    lines.append("")
    lines.append("\(cell(report.program)), \(cell(report.generatedAt)).")
    lines.append("")
    lines.append(
      "| site | scope | client | allowed | blocked | partial | conditional | unknown | waived |")
    lines.append("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for site in report.sites {
      let counts = site.summary
      let numbers =
        [Verdict.allowed, .blocked, .partial, .conditional, .unknown]
        .map { "\(counts[$0])" }.joined(separator: " | ") + " | \(counts.waived)"
      lines.append(
        "| \(cell(site.title)) | \(cell(site.scope)) | \(cell(site.client.text)) | \(numbers) |")
    }
    lines.append("")
    if !report.unjudged.isEmpty {
      lines += ["## Not judged", ""]
      for site in report.unjudged {
        lines.append("- **\(cell(site.site))** (\(site.kind.rawValue)): \(cell(site.reason))")
      }
      lines.append("")
    }
    for site in report.sites { lines += section(site) }
    if let seal = report.seal { lines += ["Seal of the log: \(code(seal)).", ""] }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func section(_ site: SiteReport) -> [String] {
    var lines: [String] = []
    lines.append("## \(cell(site.title)) · \(cell(site.scope)) · \(cell(site.client.text))")
    lines.append("")
    var about = "\(cell(site.product)), \(site.snapshot.rules) rules"
    if !site.client.note.isEmpty { about += "; client: \(cell(site.client.note))" }
    if let taken = site.snapshot.takenAt { about += "; taken \(cell(taken))" }
    lines.append("\(about); SHA-256 of the export \(code(site.snapshot.sha256)).")
    lines.append("")
    lines.append("| verdict | port | endpoint | reason | decided by |")
    lines.append("| --- | ---: | --- | --- | --- |")
    for result in site.shownResults {
      let endpoint = site.endpoint(of: result)
      let advised = result.requirement.level == .advised ? " (advised)" : ""
      lines.append(
        "| \(result.verdict.rawValue)\(site.waiver(of: result) == nil ? "" : " (waived)") | \(result.requirement.port)\(advised) "
          + "| \(code(endpoint.text)) | \(result.reason.rawValue) "
          + "| \(result.deciding.prefix(3).map { describe($0, site) }.joined(separator: "; ")) |")
    }
    lines.append("")
    for group in ResultGroup.problems(of: site) {
      lines.append(
        "- **\(group.verdict.rawValue)** (\(group.reason.rawValue)): "
          + cell(group.endpoints(in: site.catalogue)))
      for line in group.lines(conditions: 20) { lines.append("  - " + text(of: line, site)) }
    }
    if !site.findings.isEmpty {
      lines += ["", "### Findings", ""]
      for line in site.findings(ofAKind: 20) {
        guard case .finding(let finding) = line else {
          if case .more(let text) = line { lines.append("- \(cell(text))") }
          continue
        }
        let rule = finding.rule.map { " (\(describe($0, site)))" } ?? ""
        lines.append(
          "- **\(finding.severity.rawValue)** `\(finding.id.rawValue)`: "
            + "\(cell(finding.message))\(rule)")
      }
    }
    if !site.diagnostics.isEmpty {
      lines += ["", "### Notes on the export", ""]
      for diagnostic in site.diagnostics {
        let place = site.place(diagnostic.position, file: diagnostic.file)
        lines.append("- \(cell(diagnostic.text))\(place.isEmpty ? "" : " (\(cell(place)))")")
      }
    }
    lines.append("")
    return lines
  }

  private static func text(of line: ResultGroup.Line, _ site: SiteReport) -> String {
    switch line {
    case .rule(let label, let rule): "\(label) \(describe(rule, site))"
    case .condition(let reference):
      "if it holds, \(cell(reference.outcome)): \\[\(reference.condition.kind.rawValue)\\] "
        + "\(cell(reference.condition.detail)) (\(describe(reference.rule, site)))"
    case .witness(let label, let text): "\(label) \(code(text))"
    case .history(let text), .waiver(let text), .more(let text): cell(text)
    case .advice(let text): "to do: \(cell(text))"
    }
  }

  private static func describe(_ reference: RuleReference, _ site: SiteReport) -> String {
    let place = site.place(reference)
    return "\(code(reference.rule)) in \(cell(site.table(reference))) (\(cell(reference.action)))"
      + (place.isEmpty ? "" : ", \(cell(place))")
  }

  /// Text of an export as text: no Markdown or HTML of its own, no address made a link by itself,
  /// and no line or table break.
  ///
  /// By scalars and not by `Character`, which a joining mark before a sign would hide it in.
  static func cell(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    /// How much of `www` has just been read.
    var run = 0
    var previous: Unicode.Scalar = " "
    for scalar in PlainText.safe(text).unicodeScalars {
      switch scalar {
      case "\\", "`", "*", "_", "[", "]", "<", ">", "#", "|", "~", "$", "@":
        result.append("\\")
        result.append(scalar)
      // `http://…` and `www.…` become links where they stand, in GitHub's Markdown.
      case "/" where previous == ":", "." where run >= 3:
        result.append("\\")
        result.append(scalar)
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      default: result.append(scalar)
      }
      run = scalar == "w" || scalar == "W" ? run + 1 : 0
      previous = scalar
    }
    return String(result)
  }

  /// A code span that survives back-quotes and table separators in the text.
  private static func code(_ text: String) -> String {
    let safe = PlainText.safe(text)
    let hasSigns = safe.unicodeScalars.contains { $0 == "`" || $0 == "|" }
    return hasSigns || safe.isEmpty ? cell(safe) : "`\(safe)`"
  }
}
