import ComplianceEngine
import Foundation
import Inventory
import JSONTree
import NetworkSets
import Reports
import Schema
import TestSupport
import Testing

@testable import Audit

/// What the rows of a history mean where auditors rely on them.
struct HistoryMeaningTests {
  private static let host = "go.example.com"
  private static let allow = "allow web"

  /// An export of a small firewall, one rule a line.
  private static func export(
    _ rules: [String], zones: [(name: String, network: String)] = [("lan", "10.20.0.0/18")],
    blankLines: Int = 0
  ) -> String {
    let zoneTexts = zones.map { "{\"name\": \"\($0.name)\", \"networks\": [\"\($0.network)\"]}" }
    let proposals = zones.map {
      "{\"from_zone\": \"\($0.name)\", \"to_zone\": \"wan\", \"networks\": [\"\($0.network)\"], "
        + "\"reason\": \"clients\"}"
    }
    return "{\"schema\": \"sallyport.policy/1\", \"device\": \"fw\",\n"
      + String(repeating: "\n", count: blankLines) + "\"zones\": [\n"
      + (zoneTexts + ["{\"name\": \"wan\", \"leads_to_internet\": true}"]).joined(separator: ",\n")
      + "],\n\"proposals\": [" + proposals.joined(separator: ",\n")
      + "],\n\"tables\": [{\"name\": \"outbound\", \"default\": \"deny\", \"rules\": [\n"
      + rules.joined(separator: ",\n") + "\n]}]}\n"
  }

  private static func rule(_ name: String, _ action: String, _ match: String = "") -> String {
    "{\"name\": \"\(name)\", \"action\": \"\(action)\", \"match\": {\(match)}}"
  }

  private static func deny(_ name: String) -> String {
    rule(name, "deny", "\"destination\": \"\(host)\"")
  }

  private static func web(_ name: String = allow) -> String {
    rule(name, "allow", "\"service\": [\"tcp/80\", \"tcp/443\"]")
  }

  private static func inventory() throws -> TestInventory {
    let test = try TestInventory([
      try TestList.edition(
        "2025-01-01", hosts: [(host, [443]), ("other.example.com", [80, 443])],
        effective: "2025-01-01")
    ])
    try test.inventory.save(
      SiteRecord(name: "paris", catalogue: TestList.id), now: "2026-01-01T00:00:00Z")
    return test
  }

  private static func line(of name: String, in text: String) -> Int? {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .firstIndex { $0.contains("\"\(name)\"") }.map { $0 + 1 }
  }

  private static func one(_ test: TestInventory, _ sql: String) throws -> [String] {
    try test.query(sql).rows.first.map { $0.map(PublicViews.text) } ?? []
  }

  // MARK: Places

  @Test("the place and the advice are those of the newest export, however it was come by")
  func places() throws {
    let noise = (0..<5).map { Self.rule("p\($0)", "deny", "\"source\": \"10.99.\($0).0/24\"") }
    let texts = [
      Self.export([Self.deny("no go"), Self.web()]),
      Self.export(noise + [Self.deny("no go"), Self.web()]),
      Self.export(noise + [Self.deny("no go"), Self.web("internet")]),
      // Nothing but the places changes.
      Self.export(noise + [Self.deny("no go"), Self.web("internet")], blankLines: 7),
    ]
    let late = try Self.inventory()
    let nightly = try Self.inventory()
    let sql = """
      SELECT rule, file, line, since, change_advice FROM compliance_current
      WHERE endpoint = '\(Self.host)'
      """
    for (number, text) in texts.enumerated() {
      try late.store(text, takenAt: day(number))
      try nightly.store(text, takenAt: day(number))
      try nightly.record(now: day(number))
      let found = try Self.one(nightly, sql)
      #expect(found[0] == "no go")
      #expect(found[1] == "fw-\(day(number)).xml", "export \(number)")
      let line = try #require(Self.line(of: "no go", in: text))
      #expect(found[2] == "\(line)", "export \(number)")
      #expect(found[3] == day(0))
      #expect(try nightly.problems() == [], "export \(number)")
    }
    try late.record(now: day(9))
    try nightly.record(now: day(9))
    let differences = PublicViews.differences(
      try PublicViews.dump(late), try PublicViews.dump(nightly))
    #expect(differences == [])
    // The history tells how the verdict began.
    let began = try Self.one(
      late, "SELECT file FROM compliance_history WHERE endpoint = '\(Self.host)'")
    #expect(began == ["fw-\(day(0)).xml"])
    // An export that comes late and stands between the others changes nothing of it.
    try nightly.store(texts[0] + "\n", takenAt: day(1, hour: 8), now: day(10))
    try nightly.record(now: day(10))
    #expect(try Self.one(nightly, sql) == Self.one(late, sql))
    #expect(try nightly.problems() == [])
  }

  // MARK: Spells

  @Test("renaming the deciding rule ends no spell, and a spell lasts until the verdict is another")
  func spells() throws {
    let test = try Self.inventory()
    for (number, rules) in [
      [Self.web()], [Self.deny("no go"), Self.web()], [Self.deny("no entry"), Self.web()],
      [Self.web()],
    ].enumerated() {
      try test.store(Self.export(rules), takenAt: day(number * 10))
      try test.record(now: day(number * 10))
      if number == 2 {
        let since = "SELECT since, rule FROM compliance_current WHERE verdict = 'blocked'"
        #expect(try Self.one(test, since) == [day(10), "no entry"])
      }
    }
    let spells = try test.query("SELECT from_at, to_at, episodes FROM compliance_spells").rows
    #expect(spells == [[.text(day(10)), .text(day(30)), .integer(2)]])
    let broke = try test.inventory.worsened(since: "", until: "9999", site: nil)
    #expect(broke.map(\.to) == [day(30)])
  }

  // MARK: Causes

  private static func causes(
    _ before: [String], _ after: [String]
  ) throws -> (needs: String, changes: [String]) {
    let test = try inventory()
    try test.store(export(before), takenAt: day(0))
    try test.store(export(after), takenAt: day(1))
    try test.record(now: day(2))
    let broke = try test.inventory.worsened(since: "", until: "9999", site: nil)
      .filter { $0.endpoint == host }
    let detail = try #require(broke.first.map(\.detail))
    let root = try JSONTree(Array(detail.utf8)).root
    let changes = root["changes"]?.elements.map {
      "\($0["change"]?.string ?? "") \($0["name"]?.string ?? "")"
    }
    return (root["needs"]?.string ?? "", (changes ?? []).sorted())
  }

  @Test("a cause is what has to be undone, no less and no more")
  func undoing() throws {
    let allowGo = Self.rule("allow go", "allow", "\"destination\": \"\(Self.host)\"")
    // Each of two denies blocks alone: undoing one repairs nothing.
    let two = try Self.causes(
      [Self.web()], [Self.deny("deny A"), Self.deny("deny B"), Self.web()])
    #expect(two.needs == "all")
    #expect(two.changes == ["rule-added deny A", "rule-added deny B"])
    // The deny comes behind the place of the allow: with the allow back, it blocks nothing.
    let removed = try Self.causes([allowGo], [Self.deny("deny A")])
    #expect(removed.needs.isEmpty)
    #expect(removed.changes == ["rule-removed allow go"])
    // One of three changes does it.
    let single = try Self.causes(
      [Self.web(), Self.rule("old", "deny")],
      [
        Self.rule("p", "deny", "\"source\": \"10.99.0.0/24\""), Self.deny("deny A"), Self.web(),
        Self.rule("new", "deny"),
      ])
    #expect(single.changes == ["rule-added deny A"])
  }

  // MARK: Two times

  @Test("a waiver that was accepted later counts in a report of the past only where that is asked")
  func backdatedWaiver() throws {
    let test = try Self.inventory()
    try test.store(Self.export([Self.deny("no go"), Self.web()]), takenAt: day(0))
    try test.record(now: day(1))
    _ = try test.inventory.add(
      WaiverRecord(
        site: "paris", tag: nil, service: nil, endpoint: Self.host, port: nil, reason: "CHG-1",
        approver: "A. Auditor", starts: day(0), ends: day(90)), now: day(40))
    var audit = test.audit
    audit.moment = day(10)
    let then = try audit.report(now: day(50)).report
    #expect(FailOn.blocked.status(then) == .somethingBlocked)
    #expect(then.sites[0].diagnostics.contains { $0.kind == "waiver-accepted-later" })
    audit.knownAt = day(50)
    let today = try audit.report(now: day(50)).report
    #expect(FailOn.blocked.status(today) == .allAllowed)
    let waivers = today.sites[0].results.compactMap { today.sites[0].waiver(of: $0) }
    #expect(waivers.map(\.isLate) == [true])
    audit.knownAt = nil
    audit.moment = day(45)
    #expect(FailOn.blocked.status(try audit.report(now: day(50)).report) == .allAllowed)
  }

  @Test("a report of the past takes the tags of then")
  func tagsOfThen() throws {
    let test = try Self.inventory()
    try test.store(Self.export([Self.web()]), takenAt: day(0))
    var site = try test.inventory.site(named: "paris")
    site.tags = ["edge"]
    try test.inventory.save(site, now: day(1))
    site.tags = ["core"]
    try test.inventory.save(site, now: day(20))
    var audit = test.audit
    audit.moment = day(10)
    audit.tags = ["edge"]
    #expect(try audit.report(now: day(30)).report.sites.count == 1)
    audit.knownAt = day(30)
    #expect(throws: InventoryError.self) { try audit.report(now: day(30)) }
  }

  // MARK: Identity

  @Test("a device that takes another's place goes on with its history, also after a gap")
  func replacedDevice() throws {
    let test = try Self.inventory()
    try test.store(Self.export([Self.web()]), device: "old", takenAt: day(0))
    try test.record(now: day(1))
    try test.inventory.setBaseline("signed", of: "paris", at: day(1), now: day(1))
    var device = try test.inventory.devices(of: "paris")[0]
    device.retiredAt = day(30)
    try test.inventory.save(device, of: "paris", now: day(31))
    try test.store(Self.export([Self.deny("no go"), Self.web()]), device: "new", takenAt: day(60))
    try test.record(now: day(61))
    let broke = try test.inventory.worsened(since: "", until: "9999", site: nil)
    #expect(broke.map(\.endpoint) == [Self.host])
    #expect(broke.map(\.previous) == ["allowed"])
    let comparison = try BaselineComparison("signed", in: test.inventory, now: day(70))
    #expect(comparison.worse == 1)
    #expect(comparison.better == 0)
    #expect(comparison.added == 0)
    #expect(comparison.dropped == 0)
    #expect(try test.problems() == [])
    #expect(try IntervalLaws.violations(test) == [])
    // Judged night by night it is the same.
    try test.inventory.save(device, of: "paris", now: day(71))
    let whole = try PublicViews.dump(test)
    try test.record(now: day(72))
    #expect(PublicViews.differences(whole, try PublicViews.dump(test)) == [])
  }

  @Test("a zone that is called another name is the same client, by its networks")
  func renamedZone() throws {
    let test = try Self.inventory()
    try test.store(
      Self.export([Self.web()], zones: [("lan", "10.20.0.0/18"), ("lab", "10.30.0.0/18")]),
      takenAt: day(0))
    try test.record(now: day(1))
    try test.store(
      Self.export(
        [Self.deny("no go"), Self.web()],
        zones: [("office", "10.20.0.0/18"), ("lab", "10.30.0.0/18")]), takenAt: day(10))
    try test.record(now: day(11))
    let broke = try test.inventory.worsened(since: "", until: "9999", site: nil)
    #expect(broke.count == 2)
    #expect(broke.allSatisfy { $0.previous == "allowed" && $0.endpoint == Self.host })
    #expect(try IntervalLaws.violations(test) == [])
  }

  // MARK: Pruning and retiring

  @Test("a rollback to an export that was pruned is stored whole")
  func rollback() throws {
    let test = try Self.inventory()
    let first = Self.export([Self.web()])
    try test.store(first, takenAt: day(0))
    try test.store(Self.export([Self.deny("no go"), Self.web()]), takenAt: day(30))
    try test.record(now: day(31))
    _ = try test.inventory.prune(before: day(30), now: day(32), isDryRun: false)
    try test.store(first, takenAt: day(60))
    try test.record(now: day(61))
    let last = "SELECT scopes, rules FROM snapshots ORDER BY taken_at DESC LIMIT 1"
    #expect(try Self.one(test, last) == ["1", "1"])
    #expect(
      try test.query("SELECT 1 FROM compliance_current WHERE verdict <> 'allowed'").rows.isEmpty)
    #expect(try test.problems() == [])
  }

  @Test("an export that comes late after a prune leaves what was known of rules as it was")
  func lateAfterPrune() throws {
    let test = try Self.inventory()
    let before = [Self.deny("no go"), Self.web()]
    try test.store(Self.export(before), takenAt: day(0))
    try test.store(Self.export(before + [Self.rule("x", "deny")]), takenAt: day(30))
    try test.store(
      Self.export(before + [Self.rule("x", "deny"), Self.rule("z", "deny")]), takenAt: day(60))
    try test.record(now: day(61))
    _ = try test.inventory.prune(before: day(40), now: day(62), isDryRun: false)
    let sql = """
      SELECT rule, from_at, change FROM rule_history WHERE rule IN ('no go', 'x') ORDER BY rule
      """
    let known = try test.query(sql).rows
    #expect(known.first?[1] == .text(day(0)))
    try test.store(
      Self.export(before + [Self.rule("x", "deny"), Self.rule("y", "deny")]), takenAt: day(50),
      now: day(63))
    try test.record(now: day(63))
    #expect(try test.query(sql).rows == known)
  }

  @Test("a retired device that is exported again is told, and taken back when asked")
  func returnedDevice() throws {
    let test = try Self.inventory()
    try test.store(Self.export([Self.web()]), takenAt: day(0))
    try test.store(Self.export([Self.web()]), device: "second", takenAt: day(0))
    var device = try #require(
      try test.inventory.devices(of: "paris").first { $0.name == "second" })
    device.retiredAt = day(10)
    try test.inventory.save(device, of: "paris", now: day(11))
    #expect(try test.inventory.returnedDevices(of: "paris", at: day(12)).isEmpty)
    try test.store(
      Self.export([Self.deny("no go"), Self.web()]), device: "second", takenAt: day(20))
    #expect(
      try test.inventory.returnedDevices(of: "paris", at: day(21)).map(\.name) == ["second"])
    let report = try test.audit.recordAndReport(now: day(21)).report
    #expect(report.sites[0].diagnostics.contains { $0.kind == "retired-device-returned" })
    #expect(FailOn.blocked.status(report) == .allAllowed)
    device.retiredAt = nil
    try test.inventory.save(device, of: "paris", now: day(22))
    let after = try test.audit.recordAndReport(now: day(22)).report
    #expect(FailOn.blocked.status(after) == .somethingBlocked)
  }

  @Test("a site that will be closed is judged until then, and closed when the day has come")
  func retiredLater() throws {
    let test = try Self.inventory()
    try test.store(Self.export([Self.web()]), takenAt: day(0))
    var site = try test.inventory.site(named: "paris")
    site.retiredAt = "2098-01-01T00:00:00Z"
    try test.inventory.save(site, now: day(1))
    try test.record(now: day(2))
    #expect(try test.query("SELECT 1 FROM compliance_current").rows.count == 3)
    #expect(try test.audit.recordAndReport(now: day(3)).report.sites.count == 1)
    try test.record(now: "2098-01-02T00:00:00Z")
    #expect(
      try test.query("SELECT DISTINCT to_at FROM compliance_history").rows
        == [[.text("2098-01-01T00:00:00Z")]])
  }

  // MARK: The log and the recipes

  @Test("a rule that was deleted is a change in the recipes")
  func removedRule() throws {
    let test = try Self.inventory()
    try test.store(Self.export([Self.web(), Self.deny("no go")]), takenAt: day(0))
    try test.store(Self.export([Self.web()]), takenAt: day(1))
    let recipe = try #require(Recipe.all.first { $0.name == "rule-changes" })
    let rows = try test.query(
      recipe.sql, ["site": .text("paris"), "since": .text(day(0))]
    ).rows
    #expect(
      rows.map { PublicViews.text($0[3]) + " " + PublicViews.text($0[4]) } == ["no go removed"])
  }

  @Test("every audit leaves its event, also where nothing changed")
  func auditRuns() throws {
    let test = try Self.inventory()
    try test.store(Self.export([Self.web()]), takenAt: day(0))
    for number in 1...3 { try test.record(now: day(number)) }
    _ = try test.audit.recordAndReport(now: day(4))
    let runs = try test.query(
      """
      SELECT at, detail ->> '$.from', detail ->> '$.evaluations' FROM events
      WHERE kind = 'audit-run' ORDER BY event
      """
    ).rows
    #expect(
      runs == [
        [.text(day(1)), .text(day(0)), .integer(1)], [.text(day(2)), .null, .integer(0)],
        [.text(day(3)), .null, .integer(0)], [.text(day(4)), .null, .integer(0)],
      ])
    #expect(try test.problems() == [])
  }
}
