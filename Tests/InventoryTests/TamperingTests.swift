import Foundation
import GRDB
import Inventory
import TestSupport
import Testing

@testable import Audit

/// `verify` finds what somebody changed behind the program's back, and says what.
struct TamperingTests {
  /// Two sites with some history, waivers and a baseline.
  static func filled() throws -> TestInventory {
    var random = SeededRandom(seed: 5)
    let test = try TestInventory()
    for site in ["paris", "lyon"] {
      try test.addSite(site, tags: ["edge"])
      var firewall = GeneratedFirewall(hostname: site, filler: 6, random: &random)
      try test.store(firewall.xml(), site: site, takenAt: day(0))
      for _ in 0..<4 { firewall.editHarmlessly(&random) }
      try test.store(firewall.xml(), site: site, takenAt: day(3))
      firewall.rules[firewall.index(of: "defender cloud") ?? 0].isDisabled = true
      try test.store(firewall.xml(), site: site, takenAt: day(5))
      let moved = firewall.rules.remove(at: 0)
      firewall.rules.insert(moved, at: 4)
      try test.store(firewall.xml(), site: site, takenAt: day(7))
    }
    try test.record(now: day(8))
    for (site, endpoint) in [("paris", "*.wdcp.microsoft.com"), ("lyon", "*.wd.microsoft.com")] {
      _ = try test.inventory.add(
        WaiverRecord(
          site: site, tag: nil, service: nil, endpoint: endpoint, port: nil, reason: "CHG-7",
          approver: "A", starts: day(8), ends: day(90)), now: day(8))
    }
    try test.inventory.revokeWaiver(2, now: day(9))
    try test.inventory.setBaseline("good", of: "paris", at: day(1), now: day(9))
    return test
  }

  /// A change by another client, and words that verify must say.
  private static let changes: [(sql: String, words: String)] = [
    ("UPDATE verdict_span SET verdict = 'allowed' WHERE verdict = 'blocked'", "verdicts"),
    (
      "UPDATE verdict_span SET verdict = 'allowed', reason = 'explicit-allow' WHERE id = "
        + "(SELECT max(id) FROM verdict_span WHERE verdict = 'blocked')", "verdicts"
    ),
    (
      "UPDATE verdict_span SET from_at = '2026-01-07T00:00:00Z' WHERE verdict = 'blocked'",
      "verdicts"
    ),
    ("UPDATE verdict_span SET cause_detail = '{}' WHERE cause = 'rules'", "verdicts"),
    ("DELETE FROM verdict_span WHERE verdict = 'blocked'", "verdicts"),
    ("UPDATE finding_span SET message = 'fine'", "findings"),
    ("DELETE FROM finding_span WHERE id = 1", "findings"),
    ("UPDATE evaluation SET blocked = 0", "verdicts"),
    ("DELETE FROM event WHERE id = 3", "event"),
    ("DELETE FROM event WHERE id = (SELECT max(id) FROM event)", "baseline"),
    ("DELETE FROM event WHERE kind = 'audit'", "event"),
    (
      "UPDATE event SET detail = json_set(detail, '$.taken_at', 'x') WHERE kind = 'import'", "event"
    ),
    ("UPDATE event SET at = '2020-01-01T00:00:00Z' WHERE id = 5", "event 5"),
    ("UPDATE waiver SET ends_at = '2199-01-01T00:00:00Z' WHERE id = 1", "waiver 1"),
    ("UPDATE waiver SET endpoint = '*.wd.microsoft.com' WHERE id = 1", "waiver 1"),
    ("UPDATE waiver SET approver = 'Somebody' WHERE id = 1", "waiver 1"),
    ("UPDATE waiver SET revoked_at = NULL WHERE id = 2", "waiver 2"),
    ("DELETE FROM waiver WHERE id = 1", "waiver 1"),
    (
      """
      INSERT INTO waiver SELECT 3, site, tag, service, endpoint, port, reason, approver, starts_at,
        ends_at, created_at, NULL FROM waiver WHERE id = 1
      """, "waiver 3"
    ),
    ("UPDATE content SET body = replace(body, '443', '80')", "content"),
    (
      "UPDATE policy SET rules = (SELECT rules FROM policy ORDER BY id LIMIT 1), rule_count = 9 "
        + "WHERE id = (SELECT max(id) FROM policy)", "policy"
    ),
    (
      "UPDATE export_policy SET places = (SELECT places FROM export_policy ORDER BY export_id LIMIT 1)",
      "positions"
    ),
    ("UPDATE export_policy SET policy_id = (SELECT min(id) FROM policy)", "policies of"),
    (
      "DELETE FROM export_policy WHERE export_id = (SELECT max(export_id) FROM export_policy)",
      "no rules"
    ),
    ("UPDATE snapshot SET taken_at = '2026-01-02T00:00:00Z' WHERE id = 2", "snapshots of"),
    (
      "UPDATE sighting SET taken_at = '2026-01-02T00:00:00Z' WHERE taken_at = '\(day(3))'",
      "snapshot of event"
    ),
    ("UPDATE export SET format = 'other'", "export of event"),
    ("UPDATE site SET catalogue = 'defender-antivirus@2024-05-17'", "settings of site"),
    ("DELETE FROM site_tag", "settings of site"),
    ("UPDATE site_client SET from_zone = 'dmz'", "settings of site"),
    ("UPDATE device SET hop = 2", "settings of device"),
    ("UPDATE catalogue SET body = replace(body, '443', '80')", "edition"),
    ("UPDATE catalogue SET effective = '2030-01-01'", "edition"),
    ("UPDATE requirement SET level = 'advised'", "endpoints of edition"),
    ("DELETE FROM requirement WHERE port = 80", "endpoints of edition"),
    ("UPDATE baseline SET at = '2026-01-09T00:00:00Z'", "baseline"),
    ("UPDATE rule_span SET change = 'added' WHERE change = 'edited'", "rule_span"),
    (
      "CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM waiver; END; DELETE FROM rule_move",
      "trigger t"
    ),
    ("DROP VIEW waivers; CREATE VIEW waivers AS SELECT 1; DELETE FROM rule_move", "view waivers"),
    ("DELETE FROM rule_move", "rule_move"),
    ("UPDATE rule_span SET to_snapshot = NULL", "rule_span"),
    ("UPDATE object_span SET change = 'added' WHERE id = 2", "object_span"),
    ("UPDATE rule_span SET line = 1 WHERE to_snapshot IS NULL", "rule_span"),
    ("UPDATE rule_span SET ordinal = ordinal + 100 WHERE ordinal = 1", "rule_span"),
    ("UPDATE content SET enabled = 1 - enabled WHERE kind = 'rule'", "content"),
    // An emptied history behind a cut that nobody made.
    (
      """
      UPDATE site SET pruned_before = '2026-12-31T00:00:00Z'; DELETE FROM export_policy;
      DELETE FROM rule_span; DELETE FROM rule_move; DELETE FROM object_span; DELETE FROM policy;
      DELETE FROM content
      """, "pruned"
    ),
    ("UPDATE site SET pruned_before = '2026-01-02T00:00:00Z'", "pruned"),
    ("UPDATE catalogue SET built_in = 0", "edition"),
    ("UPDATE catalogue SET sha256 = upper(sha256)", "edition"),
    ("UPDATE catalogue SET added_at = '2026-01-02T00:00:00Z'", "edition"),
    ("UPDATE sighting SET imported_at = '2020-01-01T00:00:00Z'", "sighting"),
    (
      "INSERT INTO sighting SELECT device_id, '2026-01-02T00:00:00Z', sha256, taken_at_source, "
        + "imported_at, last_imported_at, files FROM sighting LIMIT 1", "snapshots of"
    ),
    ("UPDATE subject SET zones = '[]'", "verdicts"),
    ("UPDATE export_policy SET scope = 'vsys9'", "scope"),
    ("UPDATE site SET created_at = '2020-01-01T00:00:00Z'", "was not made when"),
    ("UPDATE device SET created_at = '2020-01-01T00:00:00Z'", "was not made when"),
    ("UPDATE waiver SET created_at = '2020-01-01T00:00:00Z'", "waiver"),
    ("UPDATE baseline SET set_at = '2020-01-01T00:00:00Z'", "baseline"),
    (
      "INSERT INTO saved_query VALUES ('open-problems', '', 'SELECT 1', '2026-01-01T00:00:00Z')",
      "saved query"
    ),
  ]

  @Test("every kind of tampering is named")
  func tampering() throws {
    let test = try Self.filled()
    #expect(try test.problems() == [], "nothing is wrong before")
    for (number, change) in Self.changes.enumerated() {
      let copy = test.folder.path("copy-\(number).db")
      try test.inventory.backUp(to: copy)
      var configuration = Configuration()
      configuration.foreignKeysEnabled = false
      let other = try DatabaseQueue(path: copy, configuration: configuration)
      try other.write { database in
        try database.execute(sql: change.sql)
        #expect(database.totalChangesCount > 0, "\(change.sql)")
      }
      try other.close()
      let problems = try Self.problems(copy, test)
      #expect(problems.contains { $0.contains(change.words) }, "\(change.sql): \(problems)")
    }
  }

  /// What verify says about a file; an error counts as a word, too.
  static func problems(_ path: String, _ test: TestInventory) throws -> [String] {
    do {
      let inventory = try InventoryDatabase(path: path, access: .read)
      let verification = HistoryVerification(inventory: inventory, library: test.library)
      return try inventory.checkIntegrity().problems
        + verification.run(sample: nil, seed: 1, now: day(300)).problems
    } catch {
      return ["\(error)"]
    }
  }

  @Test("a flipped byte is found, or changes nothing that anybody can see")
  func flippedBytes() throws {
    let test = try Self.filled()
    var random = SeededRandom()
    print("flipped bytes: seed \(random.seed)")
    let whole = test.folder.path("whole.db")
    try test.inventory.backUp(to: whole)
    let bytes = [UInt8](try #require(FileManager.default.contents(atPath: whole)))
    let expected = try PublicViews.dump(test)
    var found = 0
    var harmless = 0
    for _ in 0..<rounds(60) {
      var flipped = bytes
      let offset = random.below(bytes.count)
      flipped[offset] ^= 1 << UInt8(random.below(8))
      let path = try test.folder.write("flipped.db", flipped)
      let problems = try Self.problems(path, test)
      guard problems.isEmpty else {
        found += 1
        continue
      }
      harmless += 1
      let views = try? PublicViews.dump(path, views: try test.inventory.views())
      let differences = views.map { PublicViews.differences(expected, $0) } ?? ["not readable"]
      #expect(differences == [], "seed \(random.seed), byte \(offset) of \(bytes.count)")
    }
    print("flipped bytes: \(found) found, \(harmless) without effect (free space, search index)")
  }

  @Test("a seal noted elsewhere shows that the whole log was made anew")
  func rewrittenLog() throws {
    let test = try Self.filled()
    let seal = try test.inventory.checkIntegrity().seal
    #expect(try test.inventory.hasSeal(seal))
    let copy = test.folder.path("later.db")
    try test.inventory.backUp(to: copy)
    let later = try InventoryDatabase(path: copy, access: .write)
    try later.setBaseline("later", of: "paris", at: day(2), now: day(10))
    #expect(try later.checkIntegrity().problems == [])
    #expect(try later.checkIntegrity().seal != seal)
    #expect(try later.hasSeal(seal), "the log goes on behind it")
    let third = try TestInventory()
    #expect(try !third.inventory.hasSeal(seal))
  }

  @Test("verify does not raise an alarm over work that is not done yet")
  func unfinishedWork() throws {
    let test = try Self.filled()
    var random = SeededRandom(seed: 6)
    var firewall = GeneratedFirewall(hostname: "paris", filler: 6, random: &random)
    firewall.rules[firewall.index(of: "defender updates") ?? 0].isDisabled = true
    // Stored but not audited, among the older ones.
    try test.store(firewall.xml(), takenAt: day(1), now: day(10))
    #expect(try test.problems() == [])
    try test.addSite("paris", tags: ["edge", "new"])
    #expect(try test.problems() == [])
    try test.record(now: day(11))
    #expect(try test.problems() == [])
  }
}
