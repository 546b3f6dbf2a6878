import ArgumentParser
import Audit
import Foundation
import ImportKit
import Importers
import Inventory
import Reports

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Store exports as snapshots of sites.",
    discussion: """
      One device: give its files and --site. Many: give a folder or archive laid out as \
      SITE/DEVICE/DATE… (dates such as 2026-01-31 or 20260131T0430 in names), or a --manifest. \
      Importing the same export again changes nothing but when it was last seen.

      Examples:
        sallyport import running-config.xml --site paris
        sallyport import /srv/exports
        sallyport import --manifest exports.csv
      """)

  @Argument(
    help: ArgumentHelp("Exports, a folder, an archive, or - for standard input.", valueName: "path")
  )
  var paths: [String] = []

  @Option(help: ArgumentHelp("The site that the export belongs to.", valueName: "name"))
  var site: String?

  @Option(help: ArgumentHelp("The device's name; default: as the export says.", valueName: "name"))
  var device: String?

  @Option(
    help: ArgumentHelp(
      "When the export was taken; default: as the export or file says.", valueName: "date"))
  var takenAt: String?

  @Option(help: ArgumentHelp("CSV or JSON list of exports with their sites.", valueName: "file"))
  var manifest: String?

  @Flag(help: "Read everything and say what would be stored, but store nothing.")
  var dryRun = false

  @Flag(help: "Keep watching the folder; imported files move to done/, others to failed/.")
  var watch = false

  @Flag(help: "With --watch: take what is there, then stop.")
  var once = false

  @Option(help: ArgumentHelp("With --watch: seconds between looks.", valueName: "seconds"))
  var interval = 30.0

  @Option(
    help: ArgumentHelp(
      "With --watch: leave files alone that changed within this time.", valueName: "seconds"))
  var settle = 10.0

  @OptionGroup var database: DatabaseOptions
  @OptionGroup var table: TableOptions

  func validate() throws {
    if manifest == nil, paths.isEmpty {
      throw ValidationError("give an export, a folder or --manifest")
    }
    if watch {
      guard paths.count == 1, site == nil, manifest == nil, !dryRun else {
        throw ValidationError(
          "--watch takes one folder and neither --site, --manifest nor --dry-run")
      }
    }
    if site == nil, device != nil || takenAt != nil {
      throw ValidationError("--device and --taken-at need --site")
    }
  }

  func run() throws {
    try Failure.run {
      try supervise()
      if watch {
        let watcher = FolderWatch(
          folder: paths[0], settle: settle,
          importer: try importer(database.forWriting()))
        try ImportWatchLoop(watcher: watcher, interval: interval, once: once).run()
        return
      }
      let (units, strays, settings) = try plan()
      let inventory = try openDatabase()
      if let inventory, !dryRun {
        try ImportUseCase.apply(settings, to: inventory, now: Clock.now)
      }
      let importer = try importer(inventory)
      let progress = ProgressLine("importing")
      let entries = importer.run(units, now: Clock.now, progress: progress.show)
      progress.end()
      try ImportSummary(entries: entries, strays: strays, isDryRun: dryRun).write(table)
      if let inventory, !dryRun { try note(entries, in: inventory) }
      throw ExitCode(ImportSummary.status(entries, strays: strays.count).rawValue)
    }
  }

  /// Many exports are read by a process of their own, which is started again where one of them ends
  /// it. One device's export is read here, and what comes by a pipe cannot be read twice.
  private func supervise() throws {
    if Supervisor.journal != nil { return Supervisor.followParent() }
    guard watch || manifest != nil || site == nil, manifest != "-", !paths.contains("-"),
      !(manifest ?? "").hasPrefix("/dev/fd/")
    else { return }
    if watch {
      guard try InputFiles.isFolder(paths[0]) else {
        throw InputError(.notUnderstood, path: paths[0], reason: "not a folder")
      }
      try Supervisor.run(journal: FolderWatch.journal(of: paths[0]))
    }
    let name = "sallyport-reading-\(getpid())"
    try Supervisor.run(
      journal: FileManager.default.temporaryDirectory.appendingPathComponent(name).path)
  }

  private func importer(_ inventory: InventoryDatabase?) throws -> ImportUseCase {
    var importer = ImportUseCase(
      registry: importerRegistry, inventory: inventory, isDryRun: dryRun)
    importer.journal = Supervisor.journal.map { ReadingJournal(path: $0) }
    return importer
  }

  /// A dry run does not make a database.
  private func openDatabase() throws -> InventoryDatabase? {
    guard dryRun else { return try database.forWriting() }
    return FileManager.default.fileExists(atPath: database.path) ? try database.forReading() : nil
  }

  private func plan() throws -> (
    [ImportUnit], [(path: String, reason: String)], [ImportManifest.SiteSettings]
  ) {
    var units: [ImportUnit] = []
    var strays: [(path: String, reason: String)] = []
    var settings: [ImportManifest.SiteSettings] = []
    if let manifest {
      let read = try ImportManifest(try InputFiles.read([manifest])[0])
      units += read.units
      settings = read.sites
    }
    if let site, !paths.isEmpty {
      let files = try InputFiles.read(paths)
      units.append(
        ImportUnit(
          site: site, device: device, takenAt: try MomentArgument.parse(takenAt),
          sources: files.map { .loaded($0) }))
    } else if !paths.isEmpty {
      let plan = try ImportPlan.layout(paths)
      units += plan.units
      strays = plan.strays
      if units.isEmpty {
        throw InputError(
          .notUnderstood, path: paths[0], reason: "nothing in it is laid out as SITE/DEVICE/DATE…",
          advice: "give --site where all of it belongs to one device")
      }
    }
    return (units, strays, settings)
  }

  private func note(_ entries: [ImportUseCase.Entry], in inventory: InventoryDatabase) throws {
    var seen: [(site: String, device: String, takenAt: String)] = []
    for entry in entries {
      if case .stored = entry.status { seen.append((entry.unit.site, entry.device, entry.takenAt)) }
    }
    try inventory.noteImport(seen, failed: entries.count - seen.count, now: Clock.now)
    try ImportSummary.noteFailures(entries, in: inventory)
    for site in Set(seen.map(\.site)).sorted() {
      let devices = Set(seen.filter { $0.site == site }.map(\.device))
      for device in try inventory.returnedDevices(of: site, at: Clock.now)
      where devices.contains(device.name) {
        Terminal.say("sallyport: site `\(site)`: \(device.text(site: site))")
      }
    }
  }
}

/// What an import says at its end.
struct ImportSummary {
  let entries: [ImportUseCase.Entry]
  let strays: [(path: String, reason: String)]
  let isDryRun: Bool

  static func status(_ entries: [ImportUseCase.Entry], strays: Int) -> ExitStatus {
    var worst = strays > 0 ? ExitStatus.inputNotUnderstood : .allAllowed
    for entry in entries {
      guard case .failed(let error) = entry.status else { continue }
      let status = Failure.status(error)
      // What concerns the database is worse than what concerns one file.
      if worst == .allAllowed || status.rawValue > worst.rawValue { worst = status }
    }
    return worst
  }

  /// Leaves in the log which exports of which sites could not be stored, so that an audit tells.
  static func noteFailures(
    _ entries: [ImportUseCase.Entry], in inventory: InventoryDatabase
  ) throws {
    var failures: [(site: String, file: String, reason: String)] = []
    for entry in entries where !entry.unit.site.isEmpty {
      guard case .failed(let error) = entry.status, !(error is InventoryError) else { continue }
      failures.append((entry.unit.site, entry.unit.label, Failure.message(error)))
    }
    try inventory.noteFailedImport(failures, now: Clock.now)
  }

  func write(_ options: TableOptions) throws {
    var counts = (new: 0, same: 0, seen: 0, failed: 0)
    let isForPeople = options.format == .table
    var table = DataTable(
      columns: ["status", "site", "device", isForPeople ? "taken" : "taken_at", "format", "rules"])
    if !isForPeople { table.columns.append("file") }
    for entry in entries {
      let word: String
      switch entry.status {
      case .stored(.new):
        counts.new += 1
        word = "new"
      case .stored(.samePolicy):
        counts.same += 1
        word = "same rules"
      case .stored(.seenBefore):
        counts.seen += 1
        word = "unchanged"
      case .failed:
        counts.failed += 1
        word = "failed"
      }
      let taken = isForPeople ? Moment.short(entry.takenAt) : entry.takenAt
      table.rows.append([
        .text(word), .text(entry.unit.site), .text(entry.device), .text(taken),
        .text(entry.format), .init(entry.rules),
      ])
      if !isForPeople { table.rows[table.rows.count - 1].append(.text(entry.unit.label)) }
    }
    // A list for people names what is worth a look; one for programs names everything.
    if isForPeople, entries.count > 20 {
      table.rows.removeAll { $0[0] == .text("unchanged") }
    }
    if !table.rows.isEmpty || !isForPeople { try options.write(table) }
    for entry in entries {
      if case .failed(let error) = entry.status {
        Terminal.say("sallyport: \(Failure.message(error)) (nothing of this export was stored)")
      }
    }
    for stray in strays { Terminal.say("sallyport: \(stray.path): passed over, \(stray.reason)") }
    let verb = isDryRun ? "would be stored" : "stored"
    var text =
      "\(counts.new) new \(verb), \(counts.same) with the same rules, "
      + "\(counts.seen) unchanged, \(counts.failed) failed"
    if !strays.isEmpty { text += ", \(strays.count) passed over" }
    Terminal.say(text)
  }
}

/// Looks again and again until it is told to stop.
struct ImportWatchLoop {
  let watcher: FolderWatch
  let interval: Double
  let once: Bool

  func run() throws {
    while true {
      let round = try watcher.round(now: Clock.now)
      if let inventory = watcher.importer.inventory {
        try ImportSummary.noteFailures(round.entries, in: inventory)
      }
      for stray in round.strays {
        Terminal.say("\(Clock.now) passed over \(stray.path): \(stray.reason)")
      }
      for error in round.unmoved { Terminal.say("sallyport: \(error)") }
      for entry in round.entries {
        switch entry.status {
        case .stored:
          Terminal.say("\(Clock.now) stored \(entry.unit.site)/\(entry.device) \(entry.takenAt)")
        case .failed(let error):
          Terminal.say("\(Clock.now) failed \(entry.unit.label): \(Failure.message(error))")
        }
      }
      if once {
        var status = ImportSummary.status(round.entries, strays: 0)
        if let error = round.unmoved.first, status == .allAllowed { status = Failure.status(error) }
        throw ExitCode(status.rawValue)
      }
      Thread.sleep(forTimeInterval: max(interval, 1))
    }
  }
}
