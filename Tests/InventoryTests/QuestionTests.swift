import Foundation
import Inventory
import Reports
import TestSupport
import Testing

@testable import Audit

/// The questions that the commands answer: any date, any edition, what changed, what is kept.
struct QuestionTests {
  /// Right on day 0, broken from day 10, right again from day 20.
  private func history() throws -> TestInventory {
    var random = SeededRandom(seed: 3)
    let test = try TestInventory([
      try TestList.edition("2025-01-01", hosts: Self.hosts, effective: "2025-01-01"),
      try TestList.edition("2026-02-01", hosts: Self.hosts + Self.more, effective: "2026-02-01"),
    ])
    try test.addSite(catalogue: TestList.id)
    let whole = GeneratedFirewall(hostname: "fw", filler: 6, random: &random)
    var broken = whole
    broken.rules[broken.index(of: "defender cloud") ?? 0].isDisabled = true
    try test.store(whole.xml(), takenAt: day(0))
    try test.store(broken.xml(), takenAt: day(10))
    try test.store(whole.xml(), takenAt: day(20))
    try test.record(now: day(25))
    return test
  }

  private static let hosts: [(host: String, ports: [UInt16])] = [
    ("*.wdcp.microsoft.com", [443]), ("*.update.microsoft.com", [80, 443]),
  ]
  private static let more: [(host: String, ports: [UInt16])] = [("new.example.com", [443])]

  private func verdicts(_ audit: FleetAudit, now: String) throws -> [String] {
    try audit.report(now: now).report.sites.flatMap { site in
      site.results.filter { site.shownOnly?.contains($0.requirement) ?? true }.map {
        "\(site.endpoint(of: $0).text) \($0.requirement.port) \($0.verdict.rawValue)"
      }
    }
  }

  @Test("--as-of gives the state of the day, under the list then in force")
  func asOf() throws {
    let test = try history()
    try test.record(now: day(60))
    var audit = test.audit
    let update = ["*.update.microsoft.com 80 allowed", "*.update.microsoft.com 443 allowed"]
    for (moment, expected) in [
      (day(0), ["*.wdcp.microsoft.com 443 allowed"] + update),
      (day(9, hour: 23), ["*.wdcp.microsoft.com 443 allowed"] + update),
      (day(10), ["*.wdcp.microsoft.com 443 blocked"] + update),
      (day(19), ["*.wdcp.microsoft.com 443 blocked"] + update),
      (day(20), ["*.wdcp.microsoft.com 443 allowed"] + update),
      (day(31), ["*.wdcp.microsoft.com 443 allowed"] + update + ["new.example.com 443 blocked"]),
    ] {
      audit.moment = moment
      #expect(try verdicts(audit, now: day(60)) == expected, "\(moment)")
      // What is judged again is what was recorded.
      let recorded = try test.inventory.verdicts(of: "paris", at: moment)
        .map { "\($0.endpoint) \($0.port) \($0.verdict)" }
      #expect(recorded.sorted() == expected.sorted(), "\(moment)")
    }
    audit.moment = "2025-12-31T00:00:00Z"
    let before = try audit.report(now: day(60))
    #expect(before.empty == ["paris"], "no snapshot so far")
  }

  @Test("--catalogue judges any state under any edition")
  func anyEdition() throws {
    let test = try history()
    var audit = test.audit
    audit.moment = day(10)
    audit.catalogue = try test.library.find("test-list@2026-02-01")
    #expect(
      try verdicts(audit, now: day(25)).filter { !$0.hasSuffix("allowed") }
        == ["*.wdcp.microsoft.com 443 blocked", "new.example.com 443 blocked"])
  }

  @Test("--since shows only what changed")
  func since() throws {
    let test = try history()
    var audit = test.audit
    for (now, since, expected) in [
      (day(12), day(5), ["*.wdcp.microsoft.com 443 blocked"]), (day(12), day(10), []),
      (day(25), day(5), []), (day(25), day(15), ["*.wdcp.microsoft.com 443 allowed"]),
      (day(40), day(25), ["new.example.com 443 blocked"]),
    ] {
      audit.changedSince = since
      audit.moment = now
      #expect(try verdicts(audit, now: now) == expected, "\(since) to \(now)")
    }
  }

  @Test("baselines tell what got worse and better")
  func baselines() throws {
    let test = try history()
    try test.inventory.setBaseline("good", of: "paris", at: day(5), now: day(25))
    let same = try BaselineComparison("good", in: test.inventory, now: day(25))
    #expect((same.worse, same.better) == (0, 0))
    let worse = try BaselineComparison("good", in: test.inventory, now: day(15))
    #expect((worse.worse, worse.better) == (1, 0))
    try test.inventory.setBaseline("good", of: "paris", at: day(15), now: day(25))
    let better = try BaselineComparison("good", in: test.inventory, now: day(25))
    #expect((better.worse, better.better) == (0, 1))
    #expect(throws: InventoryError.self) {
      try BaselineComparison("none", in: test.inventory, now: day(25))
    }
    #expect(try test.problems() == [])
  }

  @Test("the effect of an edition on sites is told before it is in force")
  func affected() throws {
    let test = try history()
    var audit = test.audit
    audit.catalogue = try test.library.find("test-list@2025-01-01")
    let before = try audit.report(now: day(25)).report
    audit.catalogue = try test.library.find("test-list@2026-02-01")
    let after = try audit.report(now: day(25)).report
    let rows = EditionEffect.table(before, after).rows
    #expect(rows.count == 1)
    #expect(
      rows.first.map { Array($0[2...5]) }
        == [.text("new.example.com"), .integer(443), .text("not asked for"), .text("blocked")])
    #expect(EditionEffect.table(before, before).rows.isEmpty)
  }

  @Test("one pass that records and reports says what two passes say")
  func onePass() throws {
    let test = try history()
    let now = day(26)
    var random = SeededRandom(seed: 3)
    var other = GeneratedFirewall(hostname: "fw", filler: 6, random: &random)
    other.rules[other.index(of: "defender updates") ?? 0].isDisabled = true
    try test.store(other.xml(), takenAt: now)
    let one = try test.audit.recordAndReport(now: now)
    let two = try test.audit.report(now: now)
    let style = TextReport.Style(width: 100, showsAll: true)
    for format in ReportFormat.allCases {
      #expect(format.write(one.report, style: style) == format.write(two.report, style: style))
    }
    #expect(one.report.sites.flatMap(\.results).contains { $0.verdict == .blocked })
  }

  @Test("retention drops rules and nothing else, and says before what it drops")
  func retention() throws {
    let test = try history()
    try test.record(now: day(40))
    let kept = [
      "compliance_current", "compliance_history", "findings_current", "findings_history",
      "evaluations", "waivers", "rules_current", "catalogues", "endpoints", "devices",
    ]
    let before = try PublicViews.dump(test)
    let wouldDrop = try test.inventory.prune(before: day(15), now: day(41), isDryRun: true)
    #expect(PublicViews.differences(before, try PublicViews.dump(test)) == [], "a dry run")
    let dropped = try test.inventory.prune(before: day(15), now: day(41), isDryRun: false)
    #expect(dropped == wouldDrop)
    #expect(dropped.ruleVersions > 0)
    let after = try PublicViews.dump(test)
    for view in kept { #expect(before[view] == after[view], "\(view)") }
    #expect(after["snapshots"]?.count == 3, "the list of snapshots stays")
    #expect(try test.problems() == [])
    // The state in force at the date stays whole, what is newer goes on.
    let hop = try #require(try test.inventory.state(of: "paris", at: day(15)).hops.first)
    #expect(try hop.policies.map { try test.inventory.policy($0, of: hop) }.isEmpty == false)
    var random = SeededRandom(seed: 3)
    var next = GeneratedFirewall(hostname: "fw", filler: 6, random: &random)
    next.rules[next.index(of: "defender updates") ?? 0].isDisabled = true
    try test.store(next.xml(), takenAt: day(42))
    try test.record(now: day(43))
    #expect(try IntervalLaws.violations(test) == [])
    #expect(try test.problems() == [])
    #expect(throws: InventoryError.self, "older than what is kept") {
      try test.store(next.xml(), takenAt: day(12))
    }
    // Older states have verdicts still, and say clearly that their rules are gone.
    #expect(try test.inventory.verdicts(of: "paris", at: day(12)).isEmpty == false)
  }
}
