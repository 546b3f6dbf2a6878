import Foundation
import GRDB
import Inventory
import Reports
import TestSupport
import Testing

@testable import Audit

/// Accepted exceptions: what they cover, when, and what they can never do.
struct WaiverTests {
  /// A site where the cloud endpoints are blocked since day 1.
  private func broken() throws -> TestInventory {
    var random = SeededRandom(seed: 1)
    let test = try TestInventory()
    try test.addSite("paris", tags: ["edge", "france"])
    try test.addSite("lyon", tags: ["france"])
    var firewall = GeneratedFirewall(hostname: "fw", filler: 4, random: &random)
    firewall.rules[firewall.index(of: "defender cloud") ?? 0].isDisabled = true
    for site in ["paris", "lyon"] { try test.store(firewall.xml(), site: site, takenAt: day(1)) }
    try test.record(now: day(2))
    return test
  }

  private func waiver(
    site: String? = nil, tag: String? = nil, service: String? = nil, endpoint: String? = nil,
    port: Int? = nil, starts: String = day(2), ends: String = day(10)
  ) -> WaiverRecord {
    WaiverRecord(
      site: site, tag: tag, service: service, endpoint: endpoint, port: port, reason: "CHG-1",
      approver: "A. Auditor", starts: starts, ends: ends)
  }

  private static let cloud = "*.wdcp.microsoft.com"

  /// Waived requirements, as `site endpoint port`.
  private func waived(_ test: TestInventory, at moment: String) throws -> Set<String> {
    var audit = test.audit
    audit.moment = moment
    var result: Set<String> = []
    for site in try audit.report(now: moment).report.sites {
      for item in site.results where site.annotations[item.requirement]?.waiver != nil {
        result.insert(
          "\(site.site ?? "") \(site.endpoint(of: item).text) \(item.requirement.port)")
      }
    }
    return result
  }

  @Test("a waiver without a scope is refused, by the program and by the database itself")
  func neverBlank() throws {
    let test = try broken()
    let blanks = [
      waiver(), waiver(site: "paris"), waiver(tag: "edge"), waiver(service: "x"),
      waiver(endpoint: Self.cloud), waiver(port: 443), waiver(site: "paris", port: 443),
      waiver(tag: "", port: 443), waiver(site: "", service: "", endpoint: ""),
      waiver(site: "paris", endpoint: ""), waiver(site: "", endpoint: Self.cloud),
      waiver(tag: "", endpoint: Self.cloud), waiver(site: "nowhere", endpoint: Self.cloud),
      waiver(tag: "nothing", endpoint: Self.cloud), waiver(site: "paris", endpoint: "*"),
      waiver(site: "%", endpoint: Self.cloud), waiver(site: "paris", service: "%"),
    ]
    for blank in blanks {
      #expect(throws: InventoryError.self, "\(blank)") {
        try test.inventory.add(blank, now: day(2))
      }
    }
    var nameless = waiver(site: "paris", endpoint: Self.cloud)
    nameless.approver = "  "
    #expect(throws: InventoryError.self) { try test.inventory.add(nameless, now: day(2)) }
    nameless.approver = "A"
    nameless.reason = ""
    #expect(throws: InventoryError.self) { try test.inventory.add(nameless, now: day(2)) }
    let turned = waiver(site: "paris", endpoint: Self.cloud, starts: day(3), ends: day(3))
    #expect(throws: InventoryError.self) { try test.inventory.add(turned, now: day(2)) }
    #expect(try test.inventory.waivers().isEmpty)
    // Somebody with another SQLite client meets the same refusal.
    let other = try DatabaseQueue(path: test.path)
    for values in [
      "NULL, NULL, 's', NULL, 1", "'paris', NULL, NULL, NULL, 1", "NULL, NULL, NULL, NULL, NULL",
    ] {
      #expect(throws: DatabaseError.self, "\(values)") {
        try other.write { database in
          try database.execute(
            sql: """
              INSERT INTO waiver (site, tag, service, endpoint, port, reason, approver, starts_at,
                ends_at, created_at)
              VALUES (\(values), 'r', 'a', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z', 'x')
              """)
        }
      }
    }
  }

  @Test("a waiver covers what it names and nothing else, from its start until before its end")
  func scope() throws {
    let rows: [(WaiverRecord, Set<String>)] = [
      (waiver(site: "paris", endpoint: Self.cloud), ["paris \(Self.cloud) 443"]),
      (waiver(tag: "edge", endpoint: Self.cloud), ["paris \(Self.cloud) 443"]),
      (
        waiver(tag: "france", endpoint: Self.cloud),
        ["paris \(Self.cloud) 443", "lyon \(Self.cloud) 443"]
      ),
      (waiver(site: "lyon", tag: "edge", endpoint: Self.cloud), []),
      (waiver(site: "paris", endpoint: Self.cloud, port: 443), ["paris \(Self.cloud) 443"]),
      (waiver(site: "paris", endpoint: Self.cloud, port: 8443), []),
      // What is allowed needs no waiver and shows none.
      (waiver(site: "paris", endpoint: "*.update.microsoft.com"), []),
    ]
    for (waiver, expected) in rows {
      let test = try broken()
      let number = try test.inventory.add(waiver, now: day(2))
      #expect(try waived(test, at: day(2)) == expected, "\(waiver)")
      #expect(try waived(test, at: day(1, hour: 5)) == [], "before its start")
      #expect(try waived(test, at: day(9, hour: 23)) == expected, "on its last day")
      #expect(try waived(test, at: day(10)) == [], "its end is not in it")
      try test.inventory.revokeWaiver(number, now: day(5))
      #expect(try waived(test, at: day(4)) == expected, "before it was revoked")
      #expect(try waived(test, at: day(5)) == [], "afterwards")
      #expect(try test.problems() == [])
    }
  }

  @Test("a waiver for a service covers its endpoints, and views say the same as reports")
  func service() throws {
    let test = try broken()
    let service = try test.query(
      "SELECT DISTINCT service FROM compliance_current WHERE endpoint = '\(Self.cloud)'"
    ).rows[0][0]
    let name = PublicViews.text(service)
    _ = try test.inventory.add(
      waiver(
        tag: "france", service: name, starts: "2020-01-01T00:00:00Z", ends: "2199-01-01T00:00:00Z"),
      now: day(2))
    let view = try test.query(
      """
      SELECT site || ' ' || endpoint || ' ' || port FROM compliance_current
      WHERE waived AND verdict <> 'allowed'
      """
    ).rows.map { PublicViews.text($0[0]) }
    #expect(!view.isEmpty)
    #expect(try waived(test, at: day(3)) == Set(view))
  }

  @Test("an expired waiver is a finding as long as what it covered is broken")
  func expired() throws {
    let test = try broken()
    _ = try test.inventory.add(waiver(site: "paris", endpoint: Self.cloud), now: day(2))
    var audit = test.audit
    for (moment, expected) in [(day(3), 0), (day(10), 1), (day(30), 1)] {
      audit.moment = moment
      let report = try audit.report(now: day(40)).report
      let findings = report.sites.flatMap(\.findings).filter { $0.id == .expiredWaiver }
      #expect(findings.count == expected, "\(moment)")
      #expect(findings.allSatisfy { $0.message.contains("CHG-1") && $0.severity == .warning })
    }
    // Repaired: nothing to say any more.
    var random = SeededRandom(seed: 1)
    let whole = GeneratedFirewall(hostname: "fw", filler: 4, random: &random)
    try test.store(whole.xml(), site: "paris", takenAt: day(31))
    try test.record(now: day(32))
    audit.moment = day(32)
    #expect(
      try audit.report(now: day(40)).report.sites.flatMap(\.findings)
        .allSatisfy { $0.id != .expiredWaiver })
  }

  @Test("every report format shows the waiver")
  func everyFormat() throws {
    let test = try broken()
    _ = try test.inventory.add(
      waiver(site: "paris", endpoint: Self.cloud, ends: day(60)), now: day(2))
    var audit = test.audit
    audit.sites = ["paris"]
    audit.moment = day(3)
    let report = try audit.report(now: day(3)).report
    for format in ReportFormat.allCases {
      let style = TextReport.Style(width: 100, showsAll: true)
      let text = String(decoding: format.write(report, style: style), as: UTF8.self)
      #expect(text.contains("waived") || text.contains("waiver"), "\(format)")
    }
  }
}
