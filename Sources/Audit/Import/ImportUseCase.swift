import Foundation
import ImportKit
import Inventory
import Logging
import PolicyModel
import Synchronization

/// Stores exports in the inventory: read in parallel, written one transaction each.
package struct ImportUseCase: Sendable {
  package var registry: ImporterRegistry
  /// Nil to look only (`--dry-run` without a database).
  package var inventory: InventoryDatabase?
  /// Report what would be stored, store nothing.
  package var isDryRun: Bool
  /// Where it is noted what is being read; nil where nobody starts again after a crash.
  package var journal: ReadingJournal?

  package init(registry: ImporterRegistry, inventory: InventoryDatabase?, isDryRun: Bool) {
    self.registry = registry
    self.inventory = inventory
    self.isDryRun = isDryRun
  }

  /// What became of one export.
  package struct Entry: Sendable {
    package enum Status: Sendable {
      case stored(StoreOutcome)
      case failed(any Error)
    }

    package let unit: ImportUnit
    package let device: String
    package let takenAt: String
    package let format: String
    package let rules: Int
    package let scopes: [String]
    /// Remarks that somebody should read: what is missing or was not understood.
    package let remarks: Int
    package let status: Status
  }

  /// Entries in the order of the units. Each export is stored whole or not at all; one that fails
  /// does not stop the others.
  package func run(
    _ units: [ImportUnit], now: String, progress: @Sendable (Int, Int) -> Void = { _, _ in }
  ) -> [Entry] {
    let lanes = Self.lanes(units)
    let entries = Mutex<[Int: Entry]>([:])
    // What an earlier run left off at is read alone, so that it can take nothing else along.
    for index in units.indices {
      let attempts = journal?.attempts(units[index].label) ?? 0
      guard attempts > 0 else { continue }
      let entry =
        attempts > 1 ? givenUp(units[index]) : importOne(units[index], now: now)
      entries.withLock { $0[index] = entry }
    }
    DispatchQueue.concurrentPerform(iterations: lanes.count) { lane in
      for index in lanes[lane] where entries.withLock({ $0[index] == nil }) {
        let entry = importOne(units[index], now: now)
        let done = entries.withLock { entries in
          entries[index] = entry
          return entries.count
        }
        progress(done, units.count)
      }
    }
    journal?.finish()
    return entries.withLock { entries in units.indices.compactMap { entries[$0] } }
  }

  /// An export whose reading was cut off twice.
  private func givenUp(_ unit: ImportUnit) -> Entry {
    journal?.end(unit.label)
    return Entry(
      unit: unit, device: unit.device ?? "", takenAt: unit.takenAt ?? "", format: "", rules: 0,
      scopes: [], remarks: 0,
      status: .failed(
        InputError(
          .notUnderstood, path: unit.label,
          reason: "reading it was cut off twice, by a crash or a power cut, and is not tried again",
          advice: "look into the file; import it alone to see what happens")))
  }

  /// Exports of one device go in the order of their times, since adding behind is cheap.
  private static func lanes(_ units: [ImportUnit]) -> [[Int]] {
    var order: [String] = []
    var lanes: [String: [Int]] = [:]
    for (index, unit) in units.enumerated() {
      // A site's unnamed device is found while reading, so that all of those share a lane.
      let key = "\(unit.site)\u{0}\(unit.device ?? "")"
      if lanes[key] == nil { order.append(key) }
      lanes[key, default: []].append(index)
    }
    return order.map { key in
      (lanes[key] ?? []).sorted { (units[$0].takenAt ?? "~", $0) < (units[$1].takenAt ?? "~", $1) }
    }
  }

  private func importOne(_ unit: ImportUnit, now: String) -> Entry {
    let log = Logger(label: "sallyport.import")
    journal?.begin(unit.label)
    defer { journal?.end(unit.label) }
    do {
      let files = try unit.files()
      let outcome = try registry.read(files)
      let export = outcome.export
      log.debug(
        "read",
        metadata: [
          "export": "\(unit.label)", "format": "\(outcome.format.id)",
          "bytes": "\(files.reduce(0) { $0 + $1.bytes.count })",
        ])
      let device =
        unit.device ?? export.deviceName ?? DeviceName.fromFile(files.first?.name ?? "-")
      let (takenAt, source) = Self.time(unit, export, files, now: now)
      let snapshot = SnapshotToStore(
        site: unit.site, device: device, sha256: ExportDigest.of(files),
        format: outcome.format.id, product: outcome.format.product,
        importerVersion: outcome.format.importerVersion, takenAt: takenAt, takenAtSource: source,
        files: export.policies.first?.files ?? files.map(\.name), policies: export.policies)
      let stored: StoreOutcome
      if isDryRun {
        stored = try inventory?.preview(snapshot) ?? .new
      } else if let inventory {
        stored = try inventory.store(snapshot, now: now)
      } else {
        stored = .new
      }
      log.debug(
        isDryRun ? "looked at" : "stored",
        metadata: [
          "export": "\(unit.label)", "site": "\(unit.site)", "device": "\(device)",
          "taken_at": "\(takenAt)", "outcome": "\(stored)",
        ])
      return Entry(
        unit: unit, device: device, takenAt: takenAt, format: outcome.format.id,
        rules: export.policies.reduce(0) { $0 + $1.ruleCount },
        scopes: export.policies.map(\.scope),
        remarks: export.policies.reduce(0) { count, policy in
          count + policy.notes.count { $0.kind != .advisory && $0.kind != .reading }
        }, status: .stored(stored))
    } catch {
      log.info("failed", metadata: ["export": "\(unit.label)", "error": "\(error)"])
      return Entry(
        unit: unit, device: unit.device ?? "", takenAt: unit.takenAt ?? "", format: "", rules: 0,
        scopes: [], remarks: 0, status: .failed(error))
    }
  }

  /// When the export was taken, and how we know.
  private static func time(
    _ unit: ImportUnit, _ export: ImportedExport, _ files: [ExportFile], now: String
  ) -> (String, SnapshotToStore.TimeSource) {
    if let takenAt = unit.takenAt { return (takenAt, unit.takenAtSource) }
    if let takenAt = export.takenAt { return (takenAt, .export) }
    // A clock that was wrong says nothing: a time to come, or before there were files.
    if let modified = files.compactMap(\.modified).max(),
      let moment = Timestamp.iso(secondsSince1970: modified), moment <= now
    {
      return (moment, .file)
    }
    return (now, .import)
  }

  /// Stores what a manifest says about sites, where it says something new.
  package static func apply(
    _ settings: [ImportManifest.SiteSettings], to inventory: InventoryDatabase, now: String
  ) throws {
    let known = try inventory.sites(includingRetired: true)
    for setting in settings {
      let old = known.first { $0.name == setting.name }
      var site = old ?? SiteRecord(name: setting.name)
      site.region = setting.region ?? site.region
      site.tags = Set(site.tags).union(setting.tags).sorted()
      if !setting.clients.isEmpty { site.clients = setting.clients }
      if site != old { try inventory.save(site, now: now) }
    }
  }
}
