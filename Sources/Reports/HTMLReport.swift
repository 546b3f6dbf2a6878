import ComplianceEngine
import EndpointCatalogue

/// The report as one HTML file: no script, no outside resource, readable on paper.
///
/// First what a manager asks (how many sites are right, which are not, what to do), then for each
/// site what an auditor checks.
package enum HTMLReport {
  package static func write(_ report: AuditReport) -> String {
    var body: [String] = []
    body.append(header(report))
    body.append(tiles(report))
    body.append(matrix(report))
    body.append(actions(report))
    for (index, site) in report.sites.enumerated() where hasSection(site, report) {
      body.append(section(site, index))
    }
    body.append(legend(report))
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <title>Defender reachability, \(escape(report.catalogue.reference))</title>
      <style>\(HTMLStyle.sheet)</style>
      </head>
      <body>
      \(body.joined(separator: "\n"))
      </body>
      </html>

      """
  }

  private static func header(_ report: AuditReport) -> String {
    let required = report.catalogue.requirements.filter { $0.level == .required }.count
    return """
      <header>
      <h1>Can Microsoft Defender reach what it needs?</h1>
      <p>\(escape(report.catalogue.title)), edition \(escape(report.catalogue.version)):
      \(report.catalogue.endpoints.count) endpoints, \(required) required ports.
      Judged \(escape(report.generatedAt)) by \(escape(report.program)).</p>
      </header>
      """
  }

  /// Sites by their worst entry; devices where there are no sites.
  private static func tiles(_ report: AuditReport) -> String {
    var worst: [String: Int] = [:]
    for site in report.sites {
      let counts = site.summary
      let rank =
        counts[.blocked] + counts[.partial] > 0
        ? 2 : counts[.conditional] + counts[.unknown] > 0 ? 1 : 0
      worst[site.site ?? site.device, default: 0] = max(worst[site.site ?? site.device] ?? 0, rank)
    }
    func tile(_ number: Int, _ kind: String, _ text: String) -> String {
      "<div class=\"tile \(kind)\"><b>\(number)</b><span>\(text)</span></div>"
    }
    func count(_ rank: Int) -> Int { worst.values.count { $0 == rank } }
    let what = report.sites.contains { $0.site != nil } ? "sites" : "devices"
    return """
      <div class="tiles">
      \(tile(count(0), "allowed", "\(what) allowed in full"))
      \(tile(count(2), "blocked", "\(what) with something blocked"))
      \(tile(count(1), "conditional", "\(what) hanging on a condition"))
      \(tile(worst.count, "all", "\(what) judged in all"))
      </div>
      """
  }

  /// Of very many entries only those with something to read have a section; the overview has all.
  private static func hasSection(_ site: SiteReport, _ report: AuditReport) -> Bool {
    report.sites.count <= 50 || site.isWorthReading
  }

  /// Sites against services: each cell shows the worst verdict.
  private static func matrix(_ report: AuditReport) -> String {
    var lines = [
      "<h2>Overview</h2>", "<table class=\"matrix\"><thead><tr><th>Site and client</th>",
    ]
    for service in report.catalogue.services {
      lines.append("<th>\(escape(service.name(in: "en")))</th>")
    }
    lines.append("</tr></thead><tbody>")
    for (index, site) in report.sites.enumerated() {
      let title = escape(site.title)
      let link =
        hasSection(site, report) ? "<a href=\"#site\(index)\">\(title)</a>" : title
      lines.append(
        "<tr><th>\(link)<small>\(escape(site.scope)), \(escape(site.client.text))</small></th>")
      for service in report.catalogue.services {
        let counts = site.summary(of: service.id)
        guard let worst = counts.worst else {
          lines.append("<td></td>")
          continue
        }
        let note =
          counts[worst] == counts.total ? "" : "<small>\(counts[worst]) of \(counts.total)</small>"
        lines.append("<td class=\"\(worst.rawValue)\">\(worst.rawValue)\(note)</td>")
      }
      lines.append("</tr>")
    }
    lines.append("</tbody></table>")
    return lines.joined(separator: "\n")
  }

  private static func actions(_ report: AuditReport) -> String {
    var items: [String] = []
    for (index, site) in report.sites.enumerated() {
      for group in ResultGroup.problems(of: site)
      where group.verdict != .conditional && group.waiver == nil {
        guard let change = group.change,
          group.results.contains(where: { $0.requirement.level == .required })
        else { continue }
        items.append(
          "<li><a href=\"#site\(index)\">\(escape(site.title))</a>: \(sentence(change)) "
            + "<small>\(escape(group.endpoints(in: site.catalogue)))</small></li>")
      }
    }
    guard !items.isEmpty else { return "" }
    return "<h2>What to change</h2><ol class=\"actions\">\(items.joined(separator: "\n"))</ol>"
  }

  private static func section(
    _ site: SiteReport, _ index: Int
  ) -> String {
    var lines = ["<section id=\"site\(index)\">", "<h2>\(escape(site.title))</h2>"]
    lines.append("<dl>")
    func fact(_ name: String, _ text: String) {
      lines.append("<dt>\(name)</dt><dd>\(text)</dd>")
    }
    fact(
      "Firewall",
      "\(escape(site.product)), scope \(escape(site.scope)), \(site.snapshot.rules) rules")
    let note = site.client.note.isEmpty ? "" : " <small>(\(escape(site.client.note)))</small>"
    fact("Client", escape(site.client.text) + note)
    if let taken = site.snapshot.takenAt { fact("Taken", escape(taken)) }
    fact("Export", site.files.map { escape($0) }.joined(separator: ", "))
    fact("SHA-256", "<code>\(escape(site.snapshot.sha256))</code>")
    lines.append("</dl>")
    lines.append(problems(site))
    lines.append(table(site))
    lines.append(findings(site))
    if !site.diagnostics.isEmpty {
      lines.append("<h3>Notes on the export</h3><ul>")
      for diagnostic in site.diagnostics {
        let place = site.place(diagnostic.position, file: diagnostic.file)
        lines.append(
          "<li>\(sentence(diagnostic.text))\(place.isEmpty ? "" : " <small>\(escape(place))</small>")</li>"
        )
      }
      lines.append("</ul>")
    }
    lines.append("</section>")
    return lines.joined(separator: "\n")
  }

  private static func problems(_ site: SiteReport) -> String {
    let groups = ResultGroup.problems(of: site)
    guard !groups.isEmpty else {
      return "<p class=\"good\">Everything on the list is allowed.</p>"
    }
    var lines = ["<h3>Why, and what to change</h3>"]
    for group in groups {
      lines.append(
        "<div class=\"problem \(group.waiver == nil ? group.verdict.rawValue : "waived")\">")
      lines.append(
        "<p><b>\(group.verdict.rawValue)</b> <small>\(group.reason.rawValue)</small> "
          + "\(escape(group.endpoints(in: site.catalogue)))</p><ul>")
      for line in group.lines(conditions: 20) { lines.append("<li>\(html(of: line, site))</li>") }
      lines.append("</ul></div>")
    }
    return lines.joined(separator: "\n")
  }

  private static func table(_ site: SiteReport) -> String {
    var lines = [
      "<details><summary>All \(site.results.count) verdicts</summary>",
      "<table><thead><tr><th>Verdict</th><th>Port</th><th>Endpoint</th><th>Reason</th>"
        + "<th>Decided by</th></tr></thead><tbody>",
    ]
    var service = ""
    for result in site.shownResults {
      let endpoint = site.endpoint(of: result)
      if endpoint.service != service {
        service = endpoint.service
        let name = site.catalogue.service(service)?.name(in: "en") ?? service
        lines.append("<tr class=\"service\"><th colspan=\"5\">\(escape(name))</th></tr>")
      }
      let advised = result.requirement.level == .advised ? " <small>advised</small>" : ""
      lines.append(
        "<tr><td class=\"\(result.verdict.rawValue)\">\(result.verdict.rawValue)"
          + "\(site.waiver(of: result) == nil ? "" : " <small>waived</small>")</td>"
          + "<td class=\"number\">\(result.requirement.port)\(advised)</td>"
          + "<td>\(escape(endpoint.text))</td>"
          + "<td class=\"reason\">\(result.reason.rawValue)</td>"
          + "<td>\(result.deciding.prefix(3).map { describe($0, site) }.joined(separator: "<br>"))</td></tr>"
      )
    }
    lines.append("</tbody></table></details>")
    return lines.joined(separator: "\n")
  }

  private static func findings(_ site: SiteReport) -> String {
    guard !site.findings.isEmpty else { return "" }
    var lines = ["<h3>Findings</h3><ul class=\"findings\">"]
    for line in site.findings(ofAKind: 20) {
      guard case .finding(let finding) = line else {
        if case .more(let text) = line { lines.append("<li>\(sentence(text))</li>") }
        continue
      }
      let rule = finding.rule.map { " <small>(\(describe($0, site)))</small>" } ?? ""
      let endpoints = finding.endpoints.map { site.catalogue.endpoints[$0].text }
      let touched =
        endpoints.isEmpty
        ? ""
        : " <small>\(escape(endpoints.prefix(3).joined(separator: ", ")))"
          + (endpoints.count > 3 ? " and \(endpoints.count - 3) more" : "") + "</small>"
      lines.append(
        "<li class=\"\(finding.severity.rawValue)\"><b>\(finding.severity.rawValue)</b> "
          + "<code>\(finding.id.rawValue)</code> \(sentence(finding.message))\(rule)\(touched)</li>"
      )
    }
    lines.append("</ul>")
    return lines.joined(separator: "\n")
  }

  private static func legend(_ report: AuditReport) -> String {
    """
    <section class="legend"><h2>How to read this</h2>
    <dl>
    <dt>allowed</dt><dd>every host, path and client of the requirement is let through, whatever else is true</dd>
    <dt>blocked</dt><dd>every one of them is denied</dd>
    <dt>partial</dt><dd>some are denied for certain, and others let through or hanging on a condition; examples are given</dd>
    <dt>conditional</dt><dd>nothing is denied for certain, but the export alone does not decide; the conditions say what would</dd>
    <dt>unknown</dt><dd>the export holds nothing that could decide</dd>
    </dl>
    <p>List: \(escape(report.catalogue.source.title)), \(escape(report.catalogue.source.url)),
    SHA-256 <code>\(escape(report.catalogue.source.sha256))</code>.</p></section>
    """
  }

  private static func html(of line: ResultGroup.Line, _ site: SiteReport) -> String {
    switch line {
    case .rule(let label, let rule): "\(label) \(describe(rule, site))"
    case .condition(let reference):
      "if it holds, \(reference.outcome): <i>\(reference.condition.kind.rawValue)</i>: "
        + "\(sentence(reference.condition.detail)) <small>(\(describe(reference.rule, site)))</small>"
    case .witness(let label, let text): "\(label) <code>\(escape(text))</code>"
    case .history(let text), .more(let text): sentence(text)
    case .waiver(let text): "<b>waived:</b> \(sentence(text))"
    case .advice(let text): "<b>to do:</b> \(sentence(text))"
    }
  }

  private static func describe(_ reference: RuleReference, _ site: SiteReport) -> String {
    let number = reference.ordinal.map { "rule \($0) " } ?? "default "
    let place = site.place(reference)
    return "\(number)<b>\(escape(reference.rule))</b> of \(escape(site.table(reference))) "
      + "(\(reference.action))" + (place.isEmpty ? "" : ", \(escape(place))")
  }

  /// A sentence of ours, names between backticks set apart.
  private static func sentence(_ text: String) -> String {
    let parts = text.split(separator: "`", omittingEmptySubsequences: false).map {
      escape(String($0))
    }
    // An odd backtick is somebody's own.
    guard parts.count > 1, !parts.count.isMultiple(of: 2) else { return escape(text) }
    return parts.enumerated().map { index, part in
      index.isMultiple(of: 2) ? part : "<code>\(part)</code>"
    }.joined()
  }

  /// Text of an export as text, whatever it contains.
  static func escape(_ text: String) -> String {
    var result = ""
    for character in PlainText.safe(text) {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.append(character)
      }
    }
    return result
  }
}
