import Foundation
import Inventory
import JSONTree
import TestSupport
import Testing

@testable import Audit

/// Causes as `history --broke` names them, undone on the export: the verdict of before comes back.
struct UndoingTests {
  private struct Rule: Equatable {
    let name: String
    var action: String
    var match: String

    var text: String {
      "{\"name\": \"\(name)\", \"action\": \"\(action)\", \"match\": {\(match)}}"
    }
  }

  private static let hosts = ["go.example.com", "other.example.com"]

  private static func match(_ random: inout SeededRandom) -> String {
    var parts: [String] = []
    if !random.chance(3) { parts.append("\"destination\": \"\(random.pick(hosts))\"") }
    if random.chance(4) { parts.append("\"source\": \"10.20.1.0/24\"") }
    if random.chance(4) { parts.append("\"service\": [\"tcp/443\"]") }
    return parts.joined(separator: ", ")
  }

  private static func export(_ rules: [Rule]) -> String {
    """
    {"schema": "sallyport.policy/1", "device": "fw",
    "zones": [{"name": "lan", "networks": ["10.20.0.0/18"]}, {"name": "wan", "leads_to_internet": true}],
    "proposals": [{"from_zone": "lan", "to_zone": "wan", "networks": ["10.20.0.0/18"], "reason": "clients"}],
    "tables": [{"name": "outbound", "default": "deny", "rules": [
    \(rules.map(\.text).joined(separator: ",\n"))
    ]}]}
    """
  }

  /// The rules of now without the changes of a cause. Where a rule comes back, it stands on one side
  /// or the other of those that came to the same gap.
  private static func undo(
    _ detail: String, before: [Rule], after: [Rule], oldFirst: Bool
  ) throws -> [Rule] {
    var slots: [Rule?] = after
    var back: [Int] = []
    for change in try JSONTree(Array(detail.utf8)).root["changes"]?.elements.map({ $0 }) ?? [] {
      let old = change["before"]?["ordinal"]?.int.map { $0 - 1 }
      let new = change["after"]?["ordinal"]?.int.map { $0 - 1 }
      switch change["change"]?.string {
      case "rule-added":
        let index = try #require(new)
        slots[index] = nil
      case "rule-edited":
        let index = try #require(new)
        let former = try #require(old)
        slots[index] = before[former]
      case "rule-removed":
        let former = try #require(old)
        back.append(former)
      default: Issue.record("a change of another kind: \(detail)")
      }
    }
    let namesBefore = Set(before.map(\.name))
    var result: [Rule] = []
    func comeBack(until end: Int) {
      for index in back.sorted() where index < end { result.append(before[index]) }
      back.removeAll { $0 < end }
    }
    var next = -1
    for (rule, slot) in zip(after, slots) {
      let place = before.firstIndex { $0.name == rule.name }
      if let place, namesBefore.contains(rule.name) {
        comeBack(until: place)
        next = place
      } else if oldFirst {
        // Up to the next rule that both have.
        let later = before.indices.first { index in
          index > next && after.contains { $0.name == before[index].name }
        }
        comeBack(until: later ?? before.count)
      }
      if let slot { result.append(slot) }
    }
    comeBack(until: before.count)
    return result
  }

  private static func verdicts(_ test: TestInventory) throws -> [String: String] {
    let rows = try test.query("SELECT endpoint, verdict FROM compliance_current").rows
    return Dictionary(rows.map { (PublicViews.text($0[0]), PublicViews.text($0[1])) }) { $1 }
  }

  @Test("every cause of a generated breakage, undone on the export, gives the verdict of before")
  func undone() throws {
    var random = SeededRandom()
    print("undoing: seed \(random.seed) (SALLYPORT_SEED repeats it)")
    let edition = try TestList.edition(
      "2025-01-01", hosts: Self.hosts.map { ($0, [443]) }, effective: "2025-01-01")
    var causes = 0
    var wrong: [String] = []
    while causes < rounds(60) {
      var before: [Rule] = []
      for number in 0..<(2 + random.below(4)) {
        before.append(
          Rule(
            name: "r\(number)", action: random.chance(3) ? "deny" : "allow",
            match: Self.match(&random)))
      }
      var after = before
      for number in 0..<(1 + random.below(4)) {
        switch random.below(3) {
        case 0:
          after.insert(
            Rule(
              name: "n\(number)", action: random.chance(3) ? "allow" : "deny",
              match: Self.match(&random)), at: random.below(after.count + 1))
        case 1 where !after.isEmpty: after.remove(at: random.below(after.count))
        case _ where !after.isEmpty:
          let index = random.below(after.count)
          after[index].action = after[index].action == "allow" ? "deny" : "allow"
        default: break
        }
      }
      let test = try TestInventory([edition])
      try test.inventory.save(
        SiteRecord(name: "paris", catalogue: TestList.id), now: "2026-01-01T00:00:00Z")
      try test.store(Self.export(before), takenAt: day(0))
      try test.record(now: day(0))
      let good = try Self.verdicts(test)
      try test.store(Self.export(after), takenAt: day(1))
      try test.record(now: day(1))
      let broke = try test.inventory.worsened(since: day(1), until: "9999", site: nil)
      for (number, interval) in broke.enumerated() {
        causes += 1
        var restored = false
        for (way, oldFirst) in [false, true].enumerated() where !restored {
          let rules = try Self.undo(
            interval.detail, before: before, after: after, oldFirst: oldFirst)
          let moment = day(2 + number * 2 + way)
          try test.store(
            Self.export(rules) + String(repeating: "\n", count: number * 2 + way + 1),
            takenAt: moment)
          try test.record(now: moment)
          restored = try Self.verdicts(test)[interval.endpoint] == good[interval.endpoint]
        }
        if !restored {
          wrong.append(
            "\(interval.endpoint): \(before.map(\.text)) → \(after.map(\.text)): \(interval.detail)"
          )
        }
      }
    }
    print("undoing: \(causes - wrong.count) of \(causes) causes give the verdict of before again")
    #expect(wrong.isEmpty, "seed \(random.seed): \(wrong.prefix(2).joined(separator: "\n"))")
  }
}
