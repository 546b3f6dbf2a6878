import EndpointCatalogue
import Foundation
import Inventory
import JSONTree
import TestSupport
import Testing

@testable import Audit

/// Changes that break something, made on purpose in a generated history, and what `history --broke`
/// then says about them.
struct BlameTests {
  private enum Break: String, CaseIterable {
    case narrowedCategory
    case disabledRule
    case movedUnderDeny
    case deletedObject
    case groupMember
    case newEdition
  }

  /// What history must name, and where it stands on both sides.
  private struct Expectation {
    let kind: Break
    let moment: String
    let change: String
    let name: String
    /// Lines of the thing in the exports before and after; nil where it is not there.
    let before: Int?
    let after: Int?
  }

  /// A year of one site: what breaks when, among edits that break nothing.
  private struct Year {
    var exports: [(moment: String, text: String)] = []
    var editions: [Catalogue] = []
    var expected: [Expectation] = []
  }

  private static func line(of element: String, in text: String) -> Int? {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .firstIndex { $0.contains("<entry name=\"\(element)\"") }.map { $0 + 1 }
  }

  private static let firstHosts: [(host: String, ports: [UInt16])] = [
    ("*.wdcp.microsoft.com", [443]), ("*.wd.microsoft.com", [443]),
    ("settings-win.data.microsoft.com", [443]), ("*.update.microsoft.com", [80, 443]),
    ("*.windowsupdate.com", [80, 443]), ("go.microsoft.com", [443]),
    ("ussus1eastprod.blob.core.windows.net", [443]), ("wsus1eastprod.blob.core.windows.net", [443]),
  ]

  private static func year(
    _ breaks: [Break], number: Int, random: inout SeededRandom
  ) throws -> Year {
    var result = Year()
    var firewall = GeneratedFirewall(hostname: "fw-\(number)", filler: 24, random: &random)
    var hosts = firstHosts
    result.editions.append(
      try TestList.edition("2025-01-01", hosts: hosts, effective: "2025-01-01"))
    var today = 0
    var previous = ""
    func save(_ text: String) {
      result.exports.append((day(today), text))
      previous = text
    }
    save(firewall.xml())
    for kind in breaks {
      today += 1
      for _ in 0..<random.below(3) { firewall.editHarmlessly(&random) }
      firewall.saveAgain(&random)
      save(firewall.xml())
      let whole = firewall
      today += 1
      let noise = random.below(6)
      for _ in 0..<noise { firewall.editHarmlessly(&random) }
      let carrier = random.pick(GeneratedFirewall.carriers)
      let before = previous
      var broken: (change: String, name: String)
      switch kind {
      case .narrowedCategory:
        let name = GeneratedFirewall.category(carrier)
        let index = firewall.categories.firstIndex { $0.name == name } ?? 0
        // Something that the list asks for.
        let asked = firewall.categories[index].members.filter { member in
          hosts.contains { $0.host == member.dropLast() } || member.hasPrefix("*.blob")
        }
        let lost = random.pick(asked)
        firewall.categories[index].members.removeAll { $0 == lost }
        if random.chance(2) { firewall.categories[index].members.append("more.example.com/") }
        if lost.hasPrefix("*.blob") { firewall.categories[index].members.append("a.example.net/") }
        broken = ("object-edited", name)
      case .disabledRule:
        let index = firewall.index(of: carrier) ?? 0
        firewall.rules[index].isDisabled = true
        if random.chance(2) { firewall.rules[index].comment = "not needed" }
        broken = ("rule-edited", carrier)
      case .movedUnderDeny:
        let rule = firewall.rules.remove(at: firewall.index(of: carrier) ?? 0)
        firewall.rules.append(rule)
        broken = ("rule-moved", carrier)
      case .deletedObject:
        let name = "net-\(1 + random.below(4))"
        firewall.addresses.removeAll { $0.name == name }
        broken = ("object-removed", name)
      case .groupMember:
        let floor = random.pick(GeneratedFirewall.floors)
        let index = firewall.groups.firstIndex { $0.name == floor } ?? 0
        // Another network instead, so that the rules lose a part of the clients.
        firewall.groups[index].members = ["host-\(random.below(4))"]
        broken = ("object-edited", floor)
      case .newEdition:
        hosts.append(("new-\(hosts.count).example.com", [443]))
        let version = String(day(today).prefix(10))
        result.editions.append(try TestList.edition(version, hosts: hosts, effective: version))
        broken = ("catalogue", "test-list@\(version)")
      }
      firewall.saveAgain(&random)
      save(firewall.xml())
      let isEdition = kind == .newEdition
      result.expected.append(
        Expectation(
          kind: kind, moment: isEdition ? String(day(today).prefix(10)) + "T00:00:00Z" : day(today),
          change: broken.change, name: broken.name,
          before: isEdition ? nil : line(of: broken.name, in: before),
          after: isEdition ? nil : line(of: broken.name, in: previous)))
      today += 1
      // The repair takes the noise back, too.
      firewall = whole
      if isEdition {
        let index = firewall.categories.firstIndex { $0.name == "hosts-cloud" } ?? 0
        firewall.categories[index].members.append("\(hosts[hosts.count - 1].host)/")
      }
      firewall.saveAgain(&random)
      save(firewall.xml())
    }
    return result
  }

  @Test("every break of a generated history is put down to the change that made it, 100 of 100")
  func generatedBreaks() throws {
    var random = SeededRandom()
    print("blame: seed \(random.seed) (SALLYPORT_SEED repeats it)")
    let sites = 10
    var right: [Break: Int] = [:]
    var wrong: [String] = []
    for number in 0..<sites {
      // Each site has each kind once, and four more by chance.
      var breaks = Break.allCases
      for _ in 0..<4 { breaks.append(random.pick(Break.allCases)) }
      breaks.shuffle(using: &random)
      let year = try Self.year(breaks, number: number, random: &random)
      let test = try TestInventory(year.editions)
      try test.addSite(catalogue: TestList.id)
      // Half of the sites are audited after each import, the others once at the end.
      for (moment, text) in year.exports {
        try test.store(text, takenAt: moment)
        if number % 2 == 0 { try test.record(now: moment) }
      }
      try test.record(now: day(200))
      let worsened = try test.inventory.worsened(since: "", until: "9999", site: nil)
      let byMoment = Dictionary(grouping: worsened, by: \.from)
      for expectation in year.expected {
        let found = byMoment[expectation.moment] ?? []
        if found.isEmpty { wrong.append("site \(number): nothing broke at \(expectation)") }
        let mistakes = found.compactMap { Self.mistake($0, expectation) }
        if mistakes.isEmpty, !found.isEmpty {
          right[expectation.kind, default: 0] += 1
        } else {
          wrong += mistakes.map { "site \(number): \($0)" }
        }
      }
      let moments = Set(year.expected.map(\.moment))
      for other in worsened where !moments.contains(other.from) {
        wrong.append("site \(number): \(other.endpoint) \(other.port) broke at \(other.from)")
      }
    }
    let total = right.values.reduce(0, +)
    let byKind = Break.allCases.map { "\($0.rawValue) \(right[$0] ?? 0)" }.joined(separator: ", ")
    print("blame: \(total) of \(sites * 10) right (\(byKind))")
    #expect(wrong.isEmpty, "seed \(random.seed): \(wrong.prefix(5).joined(separator: "\n"))")
    #expect(total == sites * 10, "seed \(random.seed)")
  }

  /// What history says wrong about one verdict; nil where it is right.
  private static func mistake(_ interval: VerdictInterval, _ expected: Expectation) -> String? {
    let title = "\(expected.kind) of \(expected.name) at \(expected.moment), \(interval.endpoint)"
    guard let detail = (try? JSONTree(Array(interval.detail.utf8)))?.root else {
      return "\(title): no detail"
    }
    if expected.kind == .newEdition {
      let edition = detail["catalogue"]?["to"]?.string
      return interval.cause == "catalogue" && edition == expected.name
        ? nil : "\(title): \(interval.cause) \(interval.detail)"
    }
    let changes = detail["changes"]?.elements.map { $0 } ?? []
    guard interval.cause == "rules", changes.count == 1, let change = changes.first else {
      return "\(title): \(interval.cause) \(interval.detail)"
    }
    guard change["change"]?.string == expected.change, change["name"]?.string == expected.name
    else { return "\(title): \(interval.detail)" }
    // A deleted object stands in the old export only; what used it is named on the new side.
    guard change["before"]?["line"]?.int == expected.before else {
      return "\(title): line before is not \(expected.before ?? 0): \(interval.detail)"
    }
    if expected.change != "object-removed",
      change["after"]?["line"]?.int != expected.after
    {
      return "\(title): line after is not \(expected.after ?? 0): \(interval.detail)"
    }
    return nil
  }
}
