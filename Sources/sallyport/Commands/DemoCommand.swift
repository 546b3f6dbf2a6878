import ArgumentParser
import Audit
import Foundation
import Importers
import Inventory
import Reports

struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Try the program on its own sample exports: four sites on two dates.",
    discussion: "Makes a folder with the exports, a database and an HTML report.")

  @Argument(help: ArgumentHelp("Where to put everything.", valueName: "folder"))
  var folder = "sallyport-demo"

  func run() throws {
    try Failure.run {
      let exports = "\(folder)/exports"
      let path = "\(folder)/demo.db"
      try prepare(exports: exports, database: path)
      let inventory = try database(path).forWriting()
      let sites = try SiteList(try InputFiles.read(["\(folder)/\(DemoSamples.siteList)"])[0])
      let library = try CatalogueLibrary(of: inventory)
      _ = try sites.apply(to: inventory, library: library, now: Clock.now)
      try say("Importing \(exports)")
      let entries = ImportUseCase(registry: importerRegistry, inventory: inventory, isDryRun: false)
        .run(try ImportPlan.layout([exports]).units, now: Clock.now)
      try ImportSummary(entries: entries, strays: [], isDryRun: false).write(TableOptions.parse([]))
      let audit = FleetAudit(inventory: inventory, library: library, program: Program.name)
      let failures = try audit.record(now: Clock.now)
      if let failure = failures.first { throw failure.error }
      let report = try audit.report(now: Clock.now).report
      try say("\nJudging against \(report.catalogue.reference)")
      try Output.write(TextReport.overview(report, style: Terminal.style()))
      try say("What broke, and which change did it")
      try Output.write(
        HistoryText.writeBroken(
          try inventory.worsened(since: "", until: "9999", site: nil), width: Terminal.width))
      let page = "\(folder)/report.html"
      try Output.write(ReportFormat.html.write(report, style: Terminal.style()), to: page)
      try Output.write(
        """

        The report for people: \(page)
        More to try:
          sallyport report paris --db \(path)
          sallyport snapshot diff paris@2026-08-31 @2026-09-30 --db \(path)
          sallyport history paris --db \(path)
          sallyport sql --name site-summary --db \(path)

        """)
    }
  }

  private func say(_ text: String) throws { try Output.write(text + "\n") }

  private func database(_ path: String) throws -> DatabaseOptions {
    try DatabaseOptions.parse(["--db", path])
  }

  /// Starts afresh, so that the demonstration shows the same every time.
  private func prepare(exports: String, database path: String) throws {
    let manager = FileManager.default
    for name in [path, path + "-wal", path + "-shm"] where manager.fileExists(atPath: name) {
      try manager.removeItem(atPath: name)
    }
    do {
      try DemoSamples.write(to: exports)
      let list = "\(folder)/\(DemoSamples.siteList)"
      if manager.fileExists(atPath: list) { try manager.removeItem(atPath: list) }
      try manager.moveItem(atPath: "\(exports)/\(DemoSamples.siteList)", toPath: list)
    } catch {
      throw OutputError(path: folder, reason: SystemWords.describe(error))
    }
  }
}
