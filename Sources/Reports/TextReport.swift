import ComplianceEngine
import EndpointCatalogue
import PolicyModel

/// The report for a terminal: fits the width that there is, colours only where asked.
package struct TextReport {
  package struct Style: Sendable {
    package var width: Int
    package var colour: Bool
    /// Whether every requirement has a line of its own even where many in a row are alike, and
    /// every site its table.
    package var showsAll: Bool

    package init(width: Int = 80, colour: Bool = false, showsAll: Bool = false) {
      self.width = max(width, 60)
      self.colour = colour
      self.showsAll = showsAll
    }
  }

  private let report: AuditReport
  private let style: Style
  private var lines: [String] = []

  package static func write(_ report: AuditReport, style: Style) -> String {
    var writer = TextReport(report: report, style: style)
    // Of many sites only the explanations are read; the tables are in every other format.
    let isBrief = report.sites.count > 1 && report.sites[0].site != nil && !style.showsAll
    for site in report.sites where !isBrief || site.isWorthReading {
      writer.add(site, isBrief: isBrief)
    }
    if report.sites.count > 1 { writer.addOverview() }
    writer.addUnjudged()
    if let seal = report.seal { writer.lines.append("log seal \(seal)") }
    return writer.lines.joined(separator: "\n") + "\n"
  }

  /// Only the table of all sites and clients.
  package static func overview(_ report: AuditReport, style: Style) -> String {
    var writer = TextReport(report: report, style: style)
    writer.addOverview()
    return writer.lines.joined(separator: "\n") + "\n"
  }

  private init(report: AuditReport, style: Style) {
    self.report = report
    self.style = style
  }

  // MARK: One site

  private mutating func add(_ site: SiteReport, isBrief: Bool) {
    let title = "\(site.title) · \(site.product) · \(site.scope) · \(site.snapshot.rules) rules"
    for line in PlainText.wrap(PlainText.safe(title), width: style.width) {
      lines.append(bold(line))
    }
    field("client", site.client.text + (site.client.note.isEmpty ? "" : " (\(site.client.note))"))
    let required = site.catalogue.requirements.filter { $0.level == .required }.count
    let advised = site.catalogue.requirements.count - required
    let confirmed = site.listConfirmedOn.map { ", last confirmed on \($0)" } ?? ""
    field(
      "list",
      "\(site.catalogue.reference): \(required) required, \(advised) advised\(confirmed)")
    if let taken = site.snapshot.takenAt { field("taken", taken) }
    lines.append("")
    if !isBrief { addTable(site) }
    addProblems(site)
    addFindings(site)
    addDiagnostics(site)
    lines.append(bold(verdictLine(site.summary)))
    lines.append("")
  }

  private mutating func field(_ name: String, _ text: String) {
    let wrapped = PlainText.wrap(PlainText.safe(text), width: style.width - 8)
    for (index, line) in wrapped.enumerated() {
      lines.append(PlainText.padded(index == 0 ? name : "", to: 8) + line)
    }
  }

  private func verdictLine(_ counts: VerdictCounts) -> String {
    var parts = ["\(counts[.allowed]) of \(counts.total) required allowed"]
    for verdict in [Verdict.blocked, .partial, .conditional, .unknown] where counts[verdict] > 0 {
      parts.append("\(counts[verdict]) \(verdict.rawValue)")
    }
    if counts.waived > 0 { parts.append("\(counts.waived) waived") }
    return parts.joined(separator: ", ")
  }

  private static let verdictWidth = 11
  private static let portWidth = 5

  private var endpointWidth: Int { max((style.width - 20) * 60 / 100, 24) }

  private var deciderWidth: Int {
    style.width - Self.verdictWidth - Self.portWidth - endpointWidth - 6
  }

  private mutating func addTable(_ site: SiteReport) {
    row("VERDICT", "PORT", "ENDPOINT", "DECIDED BY", verdict: nil)
    var service = ""
    for run in runs(site) {
      let endpoint = site.endpoint(of: run[0])
      if endpoint.service != service {
        service = endpoint.service
        let name = site.catalogue.service(service)?.name(in: "en") ?? service
        for line in PlainText.wrap(PlainText.safe(name), width: style.width) {
          lines.append(dim(line))
        }
      }
      var text = endpoint.text
      if run.count > 1 { text += " and \(run.count - 1) more" }
      let level = run[0].requirement.level == .advised ? "*" : ""
      let word = site.waiver(of: run[0]) == nil ? run[0].verdict.rawValue : "waived"
      row(
        word, "\(run[0].requirement.port)\(level)", text, decider(run[0]),
        verdict: run[0].verdict)
    }
    if site.results.contains(where: { $0.requirement.level == .advised }) {
      lines.append(dim("* advised by other published guidance, not required by the list"))
    }
    lines.append("")
  }

  /// Neighbouring results that differ in the host only, when there are many of them.
  private func runs(_ site: SiteReport) -> [[RequirementResult]] {
    var result: [[RequirementResult]] = []
    for item in site.results {
      guard !style.showsAll, let last = result.last?.last, alike(last, item, site) else {
        result.append([item])
        continue
      }
      result[result.count - 1].append(item)
    }
    return result.flatMap { $0.count > 3 ? [$0] : $0.map { [$0] } }
  }

  private func alike(
    _ left: RequirementResult, _ right: RequirementResult, _ site: SiteReport
  ) -> Bool {
    let first = site.endpoint(of: left)
    let second = site.endpoint(of: right)
    return first.service == second.service && first.path == nil && second.path == nil
      && left.requirement.port == right.requirement.port
      && left.requirement.level == right.requirement.level && left.verdict == right.verdict
      && left.reason == right.reason && left.deciding == right.deciding
      && left.conditions == right.conditions
      && site.annotations[left.requirement] == site.annotations[right.requirement]
  }

  private func decider(_ result: RequirementResult) -> String {
    guard let first = result.deciding.first else {
      return result.conditions.first?.condition.detail ?? ""
    }
    var text = first.rule
    if let line = first.position?.line, line > 0 { text += ", line \(line)" }
    if result.deciding.count > 1 { text += " +\(result.deciding.count - 1)" }
    return text
  }

  private mutating func row(
    _ verdictText: String, _ port: String, _ endpoint: String, _ decided: String, verdict: Verdict?
  ) {
    let endpoints = PlainText.wrap(PlainText.safe(endpoint), width: endpointWidth)
    let deciders = PlainText.wrap(PlainText.safe(decided), width: deciderWidth)
    for index in 0..<max(endpoints.count, deciders.count) {
      let first = PlainText.padded(index == 0 ? verdictText : "", to: Self.verdictWidth)
      let second = PlainText.padded(index == 0 ? port : "", to: Self.portWidth, right: true)
      let third = PlainText.padded(
        index < endpoints.count ? endpoints[index] : "", to: endpointWidth)
      let fourth = index < deciders.count ? deciders[index] : ""
      let line = "\(verdict.map { coloured(first, $0) } ?? first)  \(second)  \(third)  \(fourth)"
      lines.append(String(line.reversed().drop { $0 == " " }.reversed()))
    }
  }

  // MARK: Explanations

  private mutating func addProblems(_ site: SiteReport) {
    let groups = ResultGroup.problems(of: site)
    guard !groups.isEmpty else { return }
    lines.append(bold("WHY, AND WHAT TO CHANGE"))
    for group in groups {
      let waived = group.waiver == nil ? "" : "waived: "
      let head = "\(waived)\(group.verdict.rawValue) (\(group.reason.rawValue)): "
      bullet(head + group.endpoints(in: site.catalogue), colour: group.verdict)
      for line in group.lines(conditions: 6) { detail(text(of: line, site)) }
    }
    lines.append("")
  }

  private func text(of line: ResultGroup.Line, _ site: SiteReport) -> String {
    switch line {
    case .rule(let label, let rule): return "\(label) \(describe(rule, site))"
    case .condition(let reference):
      let place = site.place(reference.position, file: reference.file)
      return "if it holds, \(reference.outcome): [\(reference.condition.kind.rawValue)] "
        + "\(reference.condition.detail) — rule `\(reference.rule.rule)`"
        + (place.isEmpty ? "" : ", \(place)")
    case .witness(let label, let text): return "\(label) \(text)"
    case .history(let text), .waiver(let text): return text
    case .advice(let text): return "to do: \(text)"
    case .more(let text): return text
    }
  }

  private func describe(_ reference: RuleReference, _ site: SiteReport) -> String {
    let number = reference.ordinal.map { "rule \($0) " } ?? "default "
    let place = site.place(reference)
    return "\(number)`\(reference.rule)` of \(site.table(reference)) (\(reference.action))"
      + (place.isEmpty ? "" : ", \(place)")
  }

  private mutating func addFindings(_ site: SiteReport) {
    guard !site.findings.isEmpty else { return }
    lines.append(bold("FINDINGS"))
    for line in site.findings(ofAKind: style.showsAll ? .max : 5) {
      guard case .finding(let finding) = line else {
        if case .more(let text) = line { bullet(text, colour: nil) }
        continue
      }
      var text = "\(finding.severity.rawValue): \(finding.id.rawValue): \(finding.message)"
      if let rule = finding.rule {
        text += " — \(describe(rule, site))"
      } else if finding.position != nil {
        text += " — \(site.place(finding.position, file: finding.file))"
      }
      if finding.endpoints.count > 1 { text += " (\(finding.endpoints.count) endpoints)" }
      if finding.endpoints.count == 1 {
        text += " (\(site.catalogue.endpoints[finding.endpoints[0]].text))"
      }
      bullet(text, colour: nil)
    }
    lines.append("")
  }

  private mutating func addDiagnostics(_ site: SiteReport) {
    let shown = site.diagnostics.filter { $0.kind != "unresolved" && $0.kind != "unmodelled" }
    guard !shown.isEmpty else { return }
    lines.append(bold("NOTES ON THE EXPORT"))
    for diagnostic in shown {
      let place = site.place(diagnostic.position, file: diagnostic.file)
      bullet("\(diagnostic.text)\(place.isEmpty ? "" : " (\(place))")", colour: nil)
    }
    lines.append("")
  }

  private mutating func bullet(_ text: String, colour: Verdict?) {
    let wrapped = PlainText.wrap(PlainText.safe(text), width: style.width - 2)
    for (index, line) in wrapped.enumerated() {
      lines.append((index == 0 ? "- " : "  ") + (colour.map { coloured(line, $0) } ?? line))
    }
  }

  private mutating func detail(_ text: String) {
    let wrapped = PlainText.wrap(PlainText.safe(text), width: style.width - 6)
    for (index, line) in wrapped.enumerated() {
      lines.append((index == 0 ? "    " : "      ") + line)
    }
  }

  // MARK: All sites

  private mutating func addOverview() {
    lines.append(bold("SUMMARY"))
    let hasWaivers = report.sites.contains { $0.summary.waived > 0 }
    let names =
      ["allowed", "blocked", "partial", "condit.", "unknown"] + (hasWaivers ? ["waived"] : [])
    let width = max(style.width - 8 * names.count - 2, 20)
    lines.append(
      PlainText.padded("SITE AND CLIENT", to: width) + "  "
        + names.map { PlainText.padded($0, to: 7, right: true) }.joined(separator: " "))
    for site in report.sites {
      let counts = site.summary
      let wrapped =
        PlainText.wrap(PlainText.safe(site.title), width: width)
        + PlainText.wrap(PlainText.safe("\(site.scope), \(site.client.text)"), width: width - 2)
        .map { "  " + $0 }
      for (index, line) in wrapped.enumerated() {
        guard index == 0 else {
          lines.append(dim(line))
          continue
        }
        var cells = [Verdict.allowed, .blocked, .partial, .conditional, .unknown].map { verdict in
          let text = PlainText.padded("\(counts[verdict])", to: 7, right: true)
          return counts[verdict] > 0 ? coloured(text, verdict) : dim(text)
        }
        if hasWaivers { cells.append(PlainText.padded("\(counts.waived)", to: 7, right: true)) }
        lines.append(PlainText.padded(line, to: width) + "  " + cells.joined(separator: " "))
      }
    }
    lines.append("")
  }

  private mutating func addUnjudged() {
    guard !report.unjudged.isEmpty else { return }
    lines.append(bold("NOT JUDGED"))
    for site in report.unjudged {
      bullet("\(site.site) (\(site.kind.rawValue)): \(site.reason)", colour: .unknown)
    }
    lines.append("")
  }

  // MARK: Colour

  private func bold(_ text: String) -> String { style.colour ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

  private func dim(_ text: String) -> String { style.colour ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

  private func coloured(_ text: String, _ verdict: Verdict) -> String {
    guard style.colour else { return text }
    let code =
      switch verdict {
      case .allowed: 32
      case .blocked: 31
      case .partial: 35
      case .conditional: 33
      case .unknown: 36
      }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }
}
