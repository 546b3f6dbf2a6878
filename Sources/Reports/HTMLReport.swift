import ComplianceEngine
import EndpointCatalogue

/// The report as one HTML file: no script, no outside resource, readable on paper.
///
/// First what a manager asks (how many sites are right, which are not, what to do), then for each
/// site what an auditor checks.
package enum HTMLReport {
  package static func write(_ report: AuditReport) -> String {
    var body: [HTML] = []
    body.append(header(report))
    body.append(tiles(report))
    body.append(unjudged(report))
    body.append(matrix(report))
    body.append(actions(report))
    for (index, site) in report.sites.enumerated() where hasSection(site, report) {
      body.append(section(site, index))
    }
    body.append(legend(report))
    let document: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <title>Defender reachability, \(report.catalogue.reference)</title>
      <style>\(HTMLStyle.sheet)</style>
      </head>
      <body>
      \(body.joined(separator: "\n"))
      </body>
      </html>

      """
    return document.markup
  }

  private static func header(_ report: AuditReport) -> HTML {
    let required = report.catalogue.requirements.filter { $0.level == .required }.count
    return """
      <header>
      <h1>Can Microsoft Defender reach what it needs?</h1>
      <p>\(report.catalogue.title), edition \(report.catalogue.version):
      \(report.catalogue.endpoints.count) endpoints, \(required) required ports.
      Judged \(report.generatedAt) by \(report.program).</p>
      </header>
      """
  }

  /// Sites by their worst entry; devices where there are no sites.
  private static func tiles(_ report: AuditReport) -> HTML {
    var worst: [String: Int] = [:]
    for site in report.sites {
      let counts = site.summary
      let rank =
        counts[.blocked] + counts[.partial] > 0
        ? 2 : counts[.conditional] + counts[.unknown] > 0 ? 1 : 0
      worst[site.site ?? site.device, default: 0] = max(worst[site.site ?? site.device] ?? 0, rank)
    }
    func tile(_ number: Int, _ kind: String, _ text: String) -> HTML {
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
      \(tile(Set(report.unjudged.map(\.site)).count, "unknown", "sites not judged"))
      </div>
      """
  }

  /// Known sites without a verdict stand before everything that has one.
  private static func unjudged(_ report: AuditReport) -> HTML {
    guard !report.unjudged.isEmpty else { return "" }
    let items: [HTML] = report.unjudged.map { site in
      "<li><b>\(site.site)</b> <small>\(site.kind.rawValue)</small> \(sentence(site.reason))</li>"
    }
    return """
      <h2>Not judged</h2>
      <div class="problem unknown"><ul>\(items.joined(separator: "\n"))</ul></div>
      """
  }

  /// Of very many entries only those with something to read have a section; the overview has all.
  private static func hasSection(_ site: SiteReport, _ report: AuditReport) -> Bool {
    report.sites.count <= 50 || site.isWorthReading
  }

  /// Sites against services: each cell shows the worst verdict.
  private static func matrix(_ report: AuditReport) -> HTML {
    var lines: [HTML] = [
      "<h2>Overview</h2>", "<table class=\"matrix\"><thead><tr><th>Site and client</th>",
    ]
    for service in report.catalogue.services {
      lines.append("<th>\(service.name(in: "en"))</th>")
    }
    lines.append("</tr></thead><tbody>")
    for (index, site) in report.sites.enumerated() {
      let title: HTML = HTML(text: site.title)
      let link: HTML =
        hasSection(site, report) ? "<a href=\"#site\(index)\">\(title)</a>" : title
      lines.append(
        "<tr><th>\(link)<small>\(site.scope), \(site.client.text)</small></th>")
      for service in report.catalogue.services {
        let counts = site.summary(of: service.id)
        guard let worst = counts.worst else {
          lines.append("<td></td>")
          continue
        }
        let note: HTML =
          counts[worst] == counts.total ? "" : "<small>\(counts[worst]) of \(counts.total)</small>"
        lines.append("<td class=\"\(worst.rawValue)\">\(worst.rawValue)\(note)</td>")
      }
      lines.append("</tr>")
    }
    lines.append("</tbody></table>")
    return lines.joined(separator: "\n")
  }

  private static func actions(_ report: AuditReport) -> HTML {
    var items: [HTML] = []
    for (index, site) in report.sites.enumerated() {
      for group in ResultGroup.problems(of: site)
      where group.verdict != .conditional && group.waiver == nil {
        guard let change = group.change,
          group.results.contains(where: { $0.requirement.level == .required })
        else { continue }
        items.append(
          "<li><a href=\"#site\(index)\">\(site.title)</a>: \(sentence(change)) "
            + "<small>\(group.endpoints(in: site.catalogue))</small></li>")
      }
    }
    guard !items.isEmpty else { return "" }
    return "<h2>What to change</h2><ol class=\"actions\">\(items.joined(separator: "\n"))</ol>"
  }

  private static func section(
    _ site: SiteReport, _ index: Int
  ) -> HTML {
    var lines: [HTML] = ["<section id=\"site\(index)\">", "<h2>\(site.title)</h2>"]
    lines.append("<dl>")
    func fact(_ name: String, _ text: HTML) {
      lines.append("<dt>\(name)</dt><dd>\(text)</dd>")
    }
    fact(
      "Firewall",
      "\(site.product), scope \(site.scope), \(site.snapshot.rules) rules")
    let note: HTML = site.client.note.isEmpty ? "" : " <small>(\(site.client.note))</small>"
    fact("Client", HTML(text: site.client.text) + note)
    if let taken = site.snapshot.takenAt { fact("Taken", HTML(text: taken)) }
    fact("Export", site.files.map { HTML(text: $0) }.joined(separator: ", "))
    fact("SHA-256", "<code>\(site.snapshot.sha256)</code>")
    lines.append("</dl>")
    lines.append(problems(site))
    lines.append(table(site))
    lines.append(findings(site))
    if !site.diagnostics.isEmpty {
      lines.append("<h3>Notes on the export</h3><ul>")
      for diagnostic in site.diagnostics {
        let place = site.place(diagnostic.position, file: diagnostic.file)
        lines.append(
          "<li>\(sentence(diagnostic.text))\(place.isEmpty ? "" : " <small>\(place)</small>")</li>"
        )
      }
      lines.append("</ul>")
    }
    lines.append("</section>")
    return lines.joined(separator: "\n")
  }

  private static func problems(_ site: SiteReport) -> HTML {
    let groups = ResultGroup.problems(of: site)
    guard !groups.isEmpty else {
      return "<p class=\"good\">Everything on the list is allowed.</p>"
    }
    var lines: [HTML] = ["<h3>Why, and what to change</h3>"]
    for group in groups {
      lines.append(
        "<div class=\"problem \(group.waiver == nil ? group.verdict.rawValue : "waived")\">")
      lines.append(
        "<p><b>\(group.verdict.rawValue)</b> <small>\(group.reason.rawValue)</small> "
          + "\(group.endpoints(in: site.catalogue))</p><ul>")
      for line in group.lines(conditions: 20) { lines.append("<li>\(html(of: line, site))</li>") }
      lines.append("</ul></div>")
    }
    return lines.joined(separator: "\n")
  }

  private static func table(_ site: SiteReport) -> HTML {
    var lines: [HTML] = [
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
        lines.append("<tr class=\"service\"><th colspan=\"5\">\(name)</th></tr>")
      }
      let advised: HTML = result.requirement.level == .advised ? " <small>advised</small>" : ""
      let waived: HTML = site.waiver(of: result) == nil ? "" : " <small>waived</small>"
      let verdict = result.verdict.rawValue
      let deciding = result.deciding.prefix(3).map { describe($0, site) }.joined(separator: "<br>")
      lines.append("<tr><td class=\"\(verdict)\">\(verdict)\(waived)</td>")
      lines.append("<td class=\"number\">\(Int(result.requirement.port))\(advised)</td>")
      lines.append("<td>\(endpoint.text)</td><td class=\"reason\">\(result.reason.rawValue)</td>")
      lines.append("<td>\(deciding)</td></tr>")
    }
    lines.append("</tbody></table></details>")
    return lines.joined(separator: "\n")
  }

  private static func findings(_ site: SiteReport) -> HTML {
    guard !site.findings.isEmpty else { return "" }
    var lines: [HTML] = ["<h3>Findings</h3><ul class=\"findings\">"]
    for line in site.findings(ofAKind: 20) {
      guard case .finding(let finding) = line else {
        if case .more(let text) = line { lines.append("<li>\(sentence(text))</li>") }
        continue
      }
      let rule: HTML = finding.rule.map { " <small>(\(describe($0, site)))</small>" } ?? ""
      let endpoints = finding.endpoints.map { site.catalogue.endpoints[$0].text }
      let touched: HTML =
        endpoints.isEmpty
        ? ""
        : " <small>\(endpoints.prefix(3).joined(separator: ", "))"
          + (endpoints.count > 3 ? " and \(endpoints.count - 3) more" : "") + "</small>"
      lines.append(
        "<li class=\"\(finding.severity.rawValue)\"><b>\(finding.severity.rawValue)</b> "
          + "<code>\(finding.id.rawValue)</code> \(sentence(finding.message))\(rule)\(touched)</li>"
      )
    }
    lines.append("</ul>")
    return lines.joined(separator: "\n")
  }

  private static func legend(_ report: AuditReport) -> HTML {
    let seal: HTML =
      report.seal.map { "<p>Newest seal of the log: <code>\($0)</code>.</p>" } ?? ""
    return """
      <section class="legend"><h2>How to read this</h2>
      <dl>
      <dt>allowed</dt><dd>every host, path and client of the requirement is let through, whatever else is true</dd>
      <dt>blocked</dt><dd>every one of them is denied</dd>
      <dt>partial</dt><dd>some are denied for certain, and others let through or hanging on a condition; examples are given</dd>
      <dt>conditional</dt><dd>nothing is denied for certain, but the export alone does not decide; the conditions say what would</dd>
      <dt>unknown</dt><dd>the export holds nothing that could decide</dd>
      </dl>
      <p>List: \(report.catalogue.source.title), \(report.catalogue.source.url),
      SHA-256 <code>\(report.catalogue.source.sha256)</code>.</p>\(seal)</section>
      """
  }

  private static func html(of line: ResultGroup.Line, _ site: SiteReport) -> HTML {
    switch line {
    case .rule(let label, let rule): "\(label) \(describe(rule, site))"
    case .condition(let reference):
      "if it holds, \(reference.outcome): <i>\(reference.condition.kind.rawValue)</i>: "
        + "\(sentence(reference.condition.detail)) <small>(\(describe(reference.rule, site)))</small>"
    case .witness(let label, let text): "\(label) <code>\(text)</code>"
    case .history(let text), .more(let text): sentence(text)
    case .waiver(let text): "<b>waived:</b> \(sentence(text))"
    case .advice(let text): "<b>to do:</b> \(sentence(text))"
    }
  }

  private static func describe(_ reference: RuleReference, _ site: SiteReport) -> HTML {
    let number = reference.ordinal.map { "rule \($0) " } ?? "default "
    let place = site.place(reference)
    return "\(number)<b>\(reference.rule)</b> of \(site.table(reference)) "
      + "(\(reference.action))" + (place.isEmpty ? "" : ", \(place)")
  }

  /// A sentence of ours, names between backticks set apart.
  private static func sentence(_ text: String) -> HTML {
    let parts = text.unicodeScalars.split(separator: "`", omittingEmptySubsequences: false).map {
      HTML(text: String($0))
    }
    // An odd backtick is somebody's own.
    guard parts.count > 1, !parts.count.isMultiple(of: 2) else { return HTML(text: text) }
    return parts.enumerated().map { index, part in
      index.isMultiple(of: 2) ? part : "<code>\(part)</code>"
    }.joined(separator: "")
  }
}
