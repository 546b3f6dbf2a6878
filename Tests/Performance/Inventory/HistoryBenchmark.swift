import Audit
import Foundation
import Inventory
import PolicyModel
import TestSupport

/// A year of history for the fleet: each site changes about once a week, and is seen each night.
///
/// Written through the store's own interface: the exports are policies that are edited in memory,
/// since reading 52,000 files would take the time, and not the store.
struct HistoryBenchmark {
  let folder: String

  func run() throws {
    let path = "\(folder)/fleet.db"
    let (inventory, library) = try Measure.open(path)
    let audit = FleetAudit(inventory: inventory, library: library, program: "benchmark")
    var snapshots = 0
    let seconds = try Measure.seconds {
      for number in 0..<Fleet.sites {
        var random = SeededRandom(seed: UInt64(number))
        let name = Fleet.name(number)
        let state = try inventory.state(of: name, at: Measure.day(0))
        guard let hop = state.hops.first, let scope = hop.policies.first else { continue }
        var policy = try inventory.policy(scope, of: hop)
        guard let table = policy.tables.firstIndex(where: { $0.name == "security" }) else {
          continue
        }
        for week in 1...52 {
          Self.edit(&policy.tables[table], &random)
          let today = week * 7 - random.below(7)
          let takenAt = Measure.day(today)
          let digest = "\(String(random.next(), radix: 16))\(String(random.next(), radix: 16))"
          _ = try inventory.store(
            SnapshotToStore(
              site: name, device: "fw", sha256: digest, format: "panos", product: "PAN-OS",
              importerVersion: 1, takenAt: takenAt, takenAtSource: .option,
              files: ["\(name)-\(takenAt.prefix(10)).xml"], policies: [policy]), now: takenAt)
          snapshots += 1
        }
        if number % 50 == 49 { print("  \(number + 1) sites, \(Measure.megabytes(path))") }
      }
    }
    print("\(snapshots) snapshots stored in \(Measure.text(seconds)) s; \(Measure.megabytes(path))")
    let judged = try Measure.seconds {
      for failure in try audit.record(now: Measure.day(366)) { throw failure.error }
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
