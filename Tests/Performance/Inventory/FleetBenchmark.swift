import Audit
import Foundation
import ImportKit
import Importers
import Inventory
import NetworkSets
import Synchronization
import TestSupport

/// The firewalls of many sites: three quarters of the rules are a common template, a quarter is each
/// site's own.
enum Fleet {
  static let sites = 1000
  static let rules = 2000
  static let client = SiteRecord.ClientRecord(
    label: "office", fromZone: "trust", toZone: "untrust",
    networks: AddressSet(parsing: "10.1.0.0/16"))

  static func name(_ number: Int) -> String { "site-\(number + 1000)" }

  static let template: GeneratedFirewall = {
    var random = SeededRandom(seed: 1)
    return GeneratedFirewall(hostname: "fw", filler: rules - 4, random: &random)
  }()

  static func firewall(_ number: Int) -> GeneratedFirewall {
    var random = SeededRandom(seed: UInt64(number) + 1000)
    var firewall = template
    firewall.hostname = "fw-\(number)"
    for index in firewall.filler where random.chance(4) {
      firewall.rules[index].comment = "site \(number), CHG-\(random.below(100_000))"
      firewall.rules[index].isDisabled = random.chance(20)
    }
    // One site in ten is not right.
    if number % 10 == 0 {
      firewall.rules[firewall.index(of: GeneratedFirewall.carriers[0]) ?? 0].isDisabled = true
    }
    return firewall
  }

  static func snapshot(_ bytes: [UInt8], site: String, takenAt: String) throws -> SnapshotToStore {
    let files = [ExportFile(name: "\(site)-\(takenAt.prefix(10)).xml", bytes: bytes)]
    let outcome = try importerRegistry.read(files)
    return SnapshotToStore(
      site: site, device: "fw", sha256: ExportDigest.of(files), format: outcome.format.id,
      product: outcome.format.product, importerVersion: outcome.format.importerVersion,
      takenAt: takenAt, takenAtSource: .option, files: files.map(\.name),
      policies: outcome.export.policies)
  }
}

/// 1,000 sites with 2,000 rules each: imported, then audited with all processors.
struct FleetBenchmark {
  let folder: String

  func run() throws {
    let path = "\(folder)/fleet.db"
    Measure.remove(path)
    let (inventory, library) = try Measure.open(path)
    for number in 0..<Fleet.sites {
      try inventory.save(
        SiteRecord(
          name: Fleet.name(number), region: "region \(number % 12)",
          tags: ["wave-\(number % 7)"], clients: [Fleet.client]), now: Measure.day(0))
    }
    let imported = Measure.seconds {
      DispatchQueue.concurrentPerform(iterations: Fleet.sites) { number in
        do {
          let bytes = Array(Fleet.firewall(number).xml().utf8)
          let snapshot = try Fleet.snapshot(
            bytes, site: Fleet.name(number), takenAt: Measure.day(0))
          _ = try inventory.store(snapshot, now: Measure.day(0))
        } catch {
          print("site \(number): \(error)")
        }
      }
    }
    print("\(Fleet.sites) sites with \(Fleet.rules) rules each")
    print("  made, read and stored in \(Measure.text(imported)) s; \(Measure.megabytes(path))")
    print("  peak memory   \(Measure.peakMemory) MiB")
    let audit = FleetAudit(inventory: inventory, library: library, program: "benchmark")
    for title in ["first audit", "again, nothing new"] {
      try measure(title) { try audit.recordAndReport(now: Measure.day(1)) }
    }
    print("  peak memory   \(Measure.peakMemory) MiB")
  }

  func judge() throws {
    let (inventory, library) = try Measure.open("\(folder)/fleet.db")
    let audit = FleetAudit(inventory: inventory, library: library, program: "benchmark")
    try measure("report") { try audit.report(now: Measure.day(1)) }
    print("  peak memory   \(Measure.peakMemory) MiB")
  }

  private func measure(_ title: String, _ body: () throws -> FleetAudit.Result) throws {
    let processor = Measure.processorSeconds
    var verdicts = 0
    let seconds = try Measure.seconds {
      let result = try body()
      for failure in result.failures { throw failure.error }
      verdicts = result.report.sites.reduce(0) { $0 + $1.results.count }
    }
    let used = Measure.processorSeconds - processor
    print(
      "  \(title): \(Measure.text(seconds)) s (goal 10), \(verdicts) verdicts, "
        + "\(Measure.text(used)) s of processor time, \(Measure.text(used / seconds, 2)) at work")
  }
}
