import ComplianceEngine
import EndpointCatalogue
import NetworkSets
import Reports

/// What judging the same rules against another edition changes.
package enum EditionEffect {
  /// One row a client and requirement whose verdict differs, new requirements that are not allowed
  /// included; then rows that may be closed again, and findings that come, go or weigh another way.
  package static func table(_ before: AuditReport, _ after: AuditReport) -> DataTable {
    var table = DataTable(
      columns: ["site", "client", "endpoint", "port", "before", "after", "reason"])
    let old = Dictionary(grouping: before.sites, by: title).compactMapValues(\.first)
    for site in after.sites {
      guard let earlier = old[title(site)] else { continue }
      let judged = results(of: earlier)
      let asked = results(of: site)
      for (key, result) in asked.ordered where result.requirement.level == .required {
        let match = judged.byPlace[key]
        guard match?.verdict != result.verdict else { continue }
        if match == nil, result.verdict == .allowed { continue }
        add(
          &table, site, site.endpoint(of: result).text, result, match?.verdict.rawValue,
          result.verdict.rawValue, result.reason.rawValue)
      }
      for (key, result) in judged.ordered
      where result.requirement.level == .required && asked.byPlace[key] == nil
        && result.verdict != .blocked && !isAsked(earlier.endpoint(of: result), result, in: site)
      {
        add(
          &table, site, earlier.endpoint(of: result).text, result, result.verdict.rawValue, nil,
          "may be closed again")
      }
      addFindings(&table, earlier, site)
    }
    return table
  }

  private static func add(
    _ table: inout DataTable, _ site: SiteReport, _ endpoint: String, _ result: RequirementResult,
    _ before: String?, _ after: String?, _ reason: String
  ) {
    table.rows.append([
      .text(site.site ?? site.device), .text("\(site.device), \(site.client.text)"),
      .text(endpoint), .init(Int(result.requirement.port)), .text(before ?? "not asked for"),
      .text(after ?? "not asked for"), .text(reason),
    ])
  }

  private struct Place: Hashable {
    let place: String
    let transport: String
    let port: UInt16
  }

  /// Results by host, path and port: a row that is printed in another way is the same row.
  private static func results(
    of site: SiteReport
  ) -> (ordered: [(Place, RequirementResult)], byPlace: [Place: RequirementResult]) {
    let ordered = site.results.map { result in
      let endpoint = site.endpoint(of: result)
      let place = Place(
        place: endpoint.identity.place, transport: endpoint.transport,
        port: result.requirement.port)
      return (place, result)
    }
    return (ordered, Dictionary(ordered) { first, _ in first })
  }

  /// Whether another row of the later edition still asks for all of this one.
  private static func isAsked(
    _ endpoint: Endpoint, _ result: RequirementResult, in site: SiteReport
  ) -> Bool {
    site.catalogue.endpoints.contains { row in
      row.path == nil && row.portsRequired.contains(result.requirement.port)
        && row.hostPattern.relation(to: endpoint.hostPattern) == .covering
    }
  }

  /// Findings are the same where they speak of the same rule and rows in the same way.
  private static func addFindings(
    _ table: inout DataTable, _ before: SiteReport, _ after: SiteReport
  ) {
    struct Key: Hashable {
      let id: Finding.ID
      let rule: String
      let places: [String]
    }
    func severities(_ site: SiteReport) -> [Key: Finding.Severity] {
      Dictionary(
        site.findings.map { finding in
          let places = finding.endpoints.map { site.catalogue.endpoints[$0].identity.place }
          let rule = finding.rule.map { "\($0.table)/\($0.rule)" } ?? ""
          return (Key(id: finding.id, rule: rule, places: places.sorted()), finding.severity)
        }
      ) { first, _ in first }
    }
    let old = severities(before)
    let new = severities(after)
    let keys = Set(old.keys).union(new.keys).sorted {
      ($0.id.rawValue, $0.rule, $0.places.first ?? "")
        < ($1.id.rawValue, $1.rule, $1.places.first ?? "")
    }
    for key in keys where old[key] != new[key] {
      table.rows.append([
        .text(after.site ?? after.device), .text("\(after.device), \(after.client.text)"),
        .text(key.places.isEmpty ? key.rule : key.places.joined(separator: " ")), .null,
        .text(old[key]?.rawValue ?? "no finding"), .text(new[key]?.rawValue ?? "no finding"),
        .text(key.id.rawValue + (key.rule.isEmpty ? "" : ": \(key.rule)")),
      ])
    }
  }

  private static func title(_ site: SiteReport) -> String {
    "\(site.title)\u{0}\(site.scope)\u{0}\(site.client.zones.joined(separator: ">"))"
      + "\u{0}\(site.client.networks.joined(separator: ","))"
  }
}
