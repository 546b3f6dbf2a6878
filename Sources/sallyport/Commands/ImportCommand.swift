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
      if watch {
        let watcher = FolderWatch(
          folder: paths[0], settle: settle,
          importer: ImportUseCase(
            registry: importerRegistry, inventory: try database.forWriting(), isDryRun: false))
        try ImportWatchLoop(watcher: watcher, interval: interval, once: once).run()
        return
      }
      let (units, strays, settings) = try plan()
      let inventory = try openDatabase()
      if let inventory, !dryRun {
        try ImportUseCase.apply(settings, to: inventory, now: Clock.now)
      }
      let importer = ImportUseCase(
        registry: importerRegistry, inventory: inventory, isDryRun: dryRun)
      let progress = ProgressLine("importing")
      let entries = importer.run(units, now: Clock.now, progress: progress.show)
      progress.end()
      try ImportSummary(entries: entries, strays: strays, isDryRun: dryRun).write(table)
      if let inventory, !dryRun { try note(entries, in: inventory) }
      throw ExitCode(ImportSummary.status(entries, strays: strays.count).rawValue)
    }
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
      for entry in round {
        switch entry.status {
        case .stored:
          Terminal.say("\(Clock.now) stored \(entry.unit.site)/\(entry.device) \(entry.takenAt)")
        case .failed(let error):
          Terminal.say("\(Clock.now) failed \(entry.unit.label): \(Failure.message(error))")
        }
      }
      if once {
        let status = ImportSummary.status(round, strays: 0)
        throw ExitCode(status.rawValue)
      }
      Thread.sleep(forTimeInterval: max(interval, 1))
    }
  }
}
