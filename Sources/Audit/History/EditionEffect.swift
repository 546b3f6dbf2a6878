import ComplianceEngine
import Reports

/// What judging the same rules against another edition changes.
package enum EditionEffect {
  /// One row a client and requirement whose verdict differs, new requirements that are not allowed
  /// included.
  package static func table(_ before: AuditReport, _ after: AuditReport) -> DataTable {
    var table = DataTable(
      columns: ["site", "client", "endpoint", "port", "before", "after", "reason"])
    let old = Dictionary(grouping: before.sites, by: title).compactMapValues(\.first)
    for site in after.sites {
      let earlier = old[title(site)]
      for result in site.results where result.requirement.level == .required {
        let endpoint = site.endpoint(of: result)
        let match = earlier?.results.first { other in
          earlier?.endpoint(of: other).text == endpoint.text
            && other.requirement.port == result.requirement.port
        }
        guard match?.verdict != result.verdict else { continue }
        if match == nil, result.verdict == .allowed { continue }
        table.rows.append([
          .text(site.site ?? site.device), .text("\(site.device), \(site.client.text)"),
          .text(endpoint.text), .init(Int(result.requirement.port)),
          .text(match?.verdict.rawValue ?? "not asked for"), .text(result.verdict.rawValue),
          .text(result.reason.rawValue),
        ])
      }
    }
    return table
  }

  private static func title(_ site: SiteReport) -> String {
    "\(site.title)\u{0}\(site.scope)\u{0}\(site.client.zones.joined(separator: ">"))"
      + "\u{0}\(site.client.networks.joined(separator: ","))"
  }
}
