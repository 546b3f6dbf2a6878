import Foundation
import Inventory
import TestSupport
import Testing

@testable import Audit

/// The order in which exports come in must not matter.
struct ImportOrderTests {
  /// Exports of three sites: one firewall, two in series, one that changes its list.
  private static func exports(_ random: inout SeededRandom) throws -> [SnapshotToStore] {
    var result: [SnapshotToStore] = []
    for (site, devices) in [("paris", ["fw"]), ("lyon", ["inner", "outer"]), ("nice", ["fw"])] {
      for device in devices {
        var firewall = GeneratedFirewall(hostname: device, filler: 10, random: &random)
        var texts = [firewall.xml()]
        var today = random.below(3)
        for _ in 0..<8 {
          today += random.below(12)
          switch random.below(6) {
          // An older state comes back, also at the very same moment as another.
          case 0: break
          case 1:
            firewall.saveAgain(&random)
            texts.append(firewall.xml())
          case 2:
            firewall.rules[firewall.index(of: random.pick(GeneratedFirewall.carriers)) ?? 0]
              .isDisabled.toggle()
            texts.append(firewall.xml())
          case 3:
            let name = GeneratedFirewall.category(random.pick(GeneratedFirewall.carriers))
            let index = firewall.categories.firstIndex { $0.name == name } ?? 0
            if firewall.categories[index].members.count > 1 {
              firewall.categories[index].members.removeLast()
            }
            texts.append(firewall.xml())
          default:
            for _ in 0..<3 { firewall.editHarmlessly(&random) }
            texts.append(firewall.xml())
          }
          let text = random.chance(4) ? random.pick(texts) : texts[texts.count - 1]
          result.append(
            try TestInventory.snapshot(
              text, site: site, device: device, takenAt: day(today),
              file: "\(site)/\(device)/\(today)-\(mark(of: text)).xml"))
        }
      }
    }
    return result
  }

  /// Tells the files of one day apart.
  private static func mark(of text: String) -> Int {
    text.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
  }

  private static func editions() throws -> [(edition: String, hosts: Int)] {
    [("2025-06-01", 4), ("2026-01-20", 5), ("2026-02-20", 6)]
  }

  private static func inventory() throws -> TestInventory {
    let all: [(host: String, ports: [UInt16])] = [
      ("*.wdcp.microsoft.com", [443]), ("*.update.microsoft.com", [80, 443]),
      ("go.microsoft.com", [443]), ("ussus1eastprod.blob.core.windows.net", [443]),
      ("new.example.com", [443]), ("*.windowsupdate.com", [80]),
    ]
    let test = try TestInventory(
      try editions().map { version, count in
        try TestList.edition(version, hosts: Array(all.prefix(count)), effective: version)
      })
    for site in ["paris", "lyon", "nice"] { try test.addSite(site, catalogue: TestList.id) }
    return test
  }

  @Test(
    "importing everything in another order, audited at other times, gives the same public views")
  func anyOrder() throws {
    var random = SeededRandom()
    print("import order: seed \(random.seed) (SALLYPORT_SEED repeats it)")
    for round in 0..<rounds(3) {
      let exports = try Self.exports(&random)
      let end = "2026-12-01T00:00:00Z"
      let ordered = try Self.inventory()
      for export in exports.sorted(by: { ($0.takenAt, $0.sha256) < ($1.takenAt, $1.sha256) }) {
        _ = try ordered.inventory.store(export, now: end)
      }
      try ordered.record(now: end)
      let expected = try PublicViews.dump(ordered)
      #expect(try IntervalLaws.violations(ordered) == [], "seed \(random.seed)")
      for _ in 0..<2 {
        let other = try Self.inventory()
        for export in exports.shuffled(using: &random) {
          _ = try other.inventory.store(export, now: end)
          // Audits in between see a part of the history only and must leave no trace of it.
          if random.chance(4) { try other.record(now: end) }
          if random.chance(10) { _ = try other.inventory.store(random.pick(exports), now: end) }
        }
        for export in exports { _ = try other.inventory.store(export, now: end) }
        try other.record(now: end)
        let differences = PublicViews.differences(expected, try PublicViews.dump(other))
        #expect(differences == [], "seed \(random.seed), round \(round)")
        #expect(try IntervalLaws.violations(other) == [], "seed \(random.seed), round \(round)")
        #expect(try other.problems() == [], "seed \(random.seed), round \(round)")
      }
    }
  }

  @Test("an audit as time goes by leaves the same history as one at the end")
  func nightly() throws {
    var random = SeededRandom()
    print("nightly: seed \(random.seed)")
    let exports = try Self.exports(&random).sorted {
      ($0.takenAt, $0.sha256) < ($1.takenAt, $1.sha256)
    }
    let late = try Self.inventory()
    for export in exports { _ = try late.inventory.store(export, now: export.takenAt) }
    try late.record(now: "2026-12-01T00:00:00Z")
    let nightly = try Self.inventory()
    for export in exports {
      _ = try nightly.inventory.store(export, now: export.takenAt)
      try nightly.record(now: export.takenAt)
    }
    try nightly.record(now: "2026-12-01T00:00:00Z")
    let differences = PublicViews.differences(
      try PublicViews.dump(late), try PublicViews.dump(nightly))
    #expect(differences == [], "seed \(random.seed)")
    #expect(try nightly.problems() == [], "seed \(random.seed)")
  }

  @Test("an export that comes late is put where it belongs")
  func late() throws {
    var random = SeededRandom()
    let test = try TestInventory()
    try test.addSite()
    var firewall = GeneratedFirewall(hostname: "fw", filler: 6, random: &random)
    let first = firewall.xml()
    firewall.rules[firewall.index(of: "defender cloud") ?? 0].isDisabled = true
    let second = firewall.xml()
    try test.store(first, takenAt: day(0))
    try test.store(first, takenAt: day(20))
    try test.record(now: day(20))
    #expect(
      try test.query("SELECT 1 FROM compliance_history WHERE verdict = 'blocked'").rows.count == 0)
    #expect(try test.query("SELECT 1 FROM snapshots").rows.count == 1, "one run")
    #expect(try test.store(second, takenAt: day(10), now: day(21)) == .new)
    try test.record(now: day(21))
    let intervals = try test.inventory.history(
      of: "paris", endpoint: "*.wdcp.microsoft.com", port: 443)
    #expect(intervals.map(\.verdict) == ["allowed", "blocked", "allowed"])
    #expect(intervals.map(\.from) == [day(0), day(10), day(20)])
    #expect(try test.query("SELECT 1 FROM snapshots").rows.count == 3, "the run is split")
    #expect(try test.problems() == [])
  }

  @Test("a snapshot dated ahead of the clock is judged when its time has come")
  func future() throws {
    var random = SeededRandom()
    let test = try TestInventory()
    try test.addSite()
    var firewall = GeneratedFirewall(hostname: "fw", filler: 6, random: &random)
    try test.store(firewall.xml(), takenAt: day(0))
    firewall.rules[firewall.index(of: "defender cloud") ?? 0].isDisabled = true
    try test.store(firewall.xml(), takenAt: day(2), now: day(1))
    try test.record(now: day(1))
    try test.record(now: day(1, hour: 5))
    let blocked = "SELECT from_at FROM compliance_history WHERE verdict = 'blocked' GROUP BY 1"
    #expect(try test.query(blocked).rows == [])
    try test.record(now: day(3))
    #expect(try test.query(blocked).rows == [[.text(day(2))]])
    #expect(try test.problems() == [])
  }

  @Test("closing a site ends its verdicts and keeps its history; reopening goes on")
  func retirement() throws {
    var random = SeededRandom()
    let test = try TestInventory()
    try test.addSite()
    let firewall = GeneratedFirewall(hostname: "fw", filler: 6, random: &random)
    try test.store(firewall.xml(), takenAt: day(0))
    try test.record(now: day(1))
    let open = try PublicViews.dump(test)
    var site = try test.inventory.site(named: "paris")
    site.retiredAt = day(5)
    try test.inventory.save(site, now: day(6))
    try test.record(now: day(6))
    #expect(try test.query("SELECT 1 FROM compliance_current").rows.isEmpty)
    #expect(
      try test.query("SELECT DISTINCT to_at FROM compliance_history").rows == [[.text(day(5))]])
    #expect(try test.problems() == [])
    var audit = test.audit
    audit.moment = day(3)
    #expect(try audit.report(now: day(7)).report.sites.count == 1, "the past stays")
    audit.moment = day(6)
    #expect(try audit.report(now: day(7)).report.sites.isEmpty)
    site.retiredAt = nil
    try test.inventory.save(site, now: day(8))
    try test.record(now: day(8))
    #expect(PublicViews.differences(open, try PublicViews.dump(test)) == [])
  }
}
