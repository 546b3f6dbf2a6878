import Audit
import Foundation
import Inventory
import PolicyModel
import TestSupport

/// A year of history for 1,000 sites with 200 rules each: a site changes about once a week, and is
/// seen each night.
///
/// Written through the store's own interface: the exports are policies that are edited in memory,
/// since reading 52,000 files would take the time, and not the store.
struct HistoryBenchmark {
  static let rules = 200

  let folder: String

  func run() throws {
    let path = "\(folder)/year.db"
    Measure.remove(path)
    let (inventory, library) = try Measure.open(path)
    let audit = FleetAudit(inventory: inventory, library: library, program: "benchmark")
    var snapshots = 0
    var sightings = 0
    let seconds = try Measure.seconds {
      for number in 0..<Fleet.sites {
        let name = Fleet.name(number)
        try inventory.save(
          SiteRecord(
            name: name, region: "region \(number % 12)", tags: ["wave-\(number % 7)"],
            clients: [Fleet.client]), now: Measure.day(0))
        var random = SeededRandom(seed: UInt64(number))
        let firewall = GeneratedFirewall(
          hostname: "fw-\(number)", filler: Self.rules - 4, random: &random)
        var snapshot = try Fleet.snapshot(
          Array(firewall.xml().utf8), site: name, takenAt: Measure.day(0))
        var policy = snapshot.policies[0].policy
        let table = policy.tables.firstIndex { $0.name == "security" } ?? 0
        for today in 0..<365 {
          let changes = today > 0 && random.chance(7)
          if changes {
            Self.edit(&policy.tables[table], &random)
            snapshots += 1
            snapshot = SnapshotToStore(
              site: name, device: "fw",
              sha256: "\(String(random.next(), radix: 16))\(String(random.next(), radix: 16))",
              format: "panos", product: "PAN-OS", importerVersion: 1, takenAt: Measure.day(today),
              takenAtSource: .option, files: ["\(name)-\(Measure.day(today).prefix(10)).xml"],
              policies: [policy])
          } else {
            snapshot.takenAt = Measure.day(today)
          }
          _ = try inventory.store(snapshot, now: Measure.day(today))
          sightings += 1
        }
      }
    }
    print(
      "\(sightings) nightly exports of \(Fleet.sites) sites with \(Self.rules) rules, \(snapshots) "
        + "with changes: stored in \(Measure.text(seconds)) s; \(Measure.megabytes(path))")
    let judged = try Measure.seconds {
      for failure in try audit.record(now: Measure.day(365)) { throw failure.error }
    }
    print("audited in \(Measure.text(judged)) s; \(Measure.megabytes(path))")
    print("peak memory \(Measure.peakMemory) MiB")
  }

  /// A few edits, moves and switches, and now and then one that breaks something.
  private static func edit(_ table: inout Table, _ random: inout SeededRandom) {
    for _ in 0..<3 {
      let index = random.below(table.rules.count - 2)
      guard table.rules[index].name.hasPrefix("app ") else { continue }
      switch random.below(4) {
      case 0: table.rules[index].comment = "CHG-\(random.below(1_000_000))"
      case 1: table.rules[index].enabled.toggle()
      case 2: table.rules.swapAt(index, max(index - 1, 0))
      default: table.rules[index].action = .deny(.drop)
      }
    }
    if random.chance(6) {
      let name = random.pick(GeneratedFirewall.carriers)
      if let index = table.rules.firstIndex(where: { $0.name == name }) {
        table.rules[index].enabled.toggle()
      }
    }
  }
}
