import Audit
import Foundation
import ImportKit
import Importers
import Inventory
import NetworkSets
import TestSupport

/// 365 daily exports of one firewall with 2,000 rules and 5 edits a day: imported and audited.
struct DailyBenchmark {
  let folder: String

  func run() throws {
    let path = "\(folder)/daily.db"
    Measure.remove(path)
    var random = SeededRandom(seed: 2026)
    var firewall = GeneratedFirewall(hostname: "fw", filler: 1996, random: &random)
    var raw = 0
    var reading: [Double] = []
    var storing: [Double] = []
    var judging: [Double] = []
    var memory = 0
    var processor = 0.0
    do {
      let (inventory, library) = try Measure.open(path)
      try inventory.save(SiteRecord(name: "paris", clients: [Fleet.client]), now: Measure.day(0))
      let audit = FleetAudit(inventory: inventory, library: library, program: "benchmark")
      for number in 0..<365 {
        if number > 0 { for _ in 0..<5 { firewall.editHarmlessly(&random) } }
        if number % 30 == 29 {
          firewall.rules[firewall.index(of: GeneratedFirewall.carriers[0]) ?? 0].isDisabled.toggle()
        }
        firewall.saveAgain(&random)
        let bytes = Array(firewall.xml().utf8)
        raw += bytes.count
        let now = Measure.day(number)
        var snapshot: SnapshotToStore?
        let before = Measure.processorSeconds
        reading.append(
          try Measure.seconds {
            snapshot = try Fleet.snapshot(bytes, site: "paris", takenAt: now)
          })
        storing.append(
          try Measure.seconds {
            if let snapshot { _ = try inventory.store(snapshot, now: now) }
          })
        judging.append(
          try Measure.seconds {
            for failure in try audit.record(now: now) { throw failure.error }
          })
        processor += Measure.processorSeconds - before
        memory = Measure.peakMemory
      }
    }
    let total = zip(zip(reading, storing), judging).map { $0.0 + $0.1 + $1 }
    print(
      "365 snapshots of \(firewall.rules.count) rules, \(raw / 365 / 1024) KiB each, 5 edits a day")
    print("  database      \(Measure.megabytes(path)) (goal 10; exports \(raw >> 20) MiB)")
    print("  a snapshot    \(Measure.spread(total)) (goal 100)")
    print("    processor   mean \(Measure.text(processor / 365 * 1000)) ms")
    print("    read        \(Measure.spread(reading))")
    print("    store       \(Measure.spread(storing))")
    print("    audit       \(Measure.spread(judging))")
    print("  peak memory   \(memory) MiB")
  }
}
