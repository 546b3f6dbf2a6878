import ArgumentParser
import Audit
import Inventory
import Reports

/// Which sites, and when.
struct AuditScope: ParsableArguments {
  @Argument(help: ArgumentHelp("Sites; all where none is named.", valueName: "site"))
  var sites: [String] = []

  @Option(
    help: ArgumentHelp("Only sites with this tag; may be given several times.", valueName: "name"))
  var tag: [String] = []

  @Option(
    help: ArgumentHelp(
      "The state of that day or moment, judged by the list then in force.", valueName: "date"))
  var asOf: String?

  @Option(
    help: ArgumentHelp(
      """
      Count waivers and tags as they were known on that day or at that moment; `now` for all that \
      are known today. Default: the moment of the report.
      """, valueName: "date|now"))
  var knownAt: String?

  @Option(
    help: ArgumentHelp(
      "Judge against this edition instead of the one in force.", valueName: "id@version"))
  var catalogue: String?

  @Option(help: ArgumentHelp("Show only what changed after this day or moment.", valueName: "date"))
  var since: String?

  @Option(
    help: ArgumentHelp(
      "Count a site as not judged where the newest export of one of its devices is older.",
      valueName: "days"))
  var maxAge: Int?

  @OptionGroup(title: "Client") var client: ClientOptions
  @OptionGroup(title: "Outside knowledge") var knowledge: KnowledgeOptions

  func audit(_ inventory: InventoryDatabase) throws -> FleetAudit {
    let library = try CatalogueLibrary(of: inventory)
    var audit = FleetAudit(inventory: inventory, library: library, program: Program.name)
    audit.sites = sites
    audit.tags = tag
    audit.moment = try MomentArgument.parse(asOf, endOfDay: true)
    audit.knownAt =
      knownAt == "now" ? Clock.now : try MomentArgument.parse(knownAt, endOfDay: true)
    audit.catalogue = try catalogue.map { try library.find($0) }
    audit.changedSince = try MomentArgument.parse(since)
    let selection = try client.selection()
    audit.selection = selection == ClientSelection() ? nil : selection
    audit.scope = client.scope
    audit.knowledge = try knowledge.knowledge()
    guard maxAge.map({ (0...36_500).contains($0) }) ?? true else {
      throw ValidationError("--max-age is a number of days")
    }
    audit.maxAge = maxAge
    return audit
  }
}

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Judge the sites, record the verdicts, and report.",
    discussion: """
      Records what changed since the last audit, then writes the report; --as-of, --catalogue and \
      client options only change what is reported.

      Examples:
        sallyport audit
        sallyport audit paris lyon --format html -o audit.html
        sallyport audit --since 2026-03-01
      """)

  @OptionGroup var scope: AuditScope
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup var database: DatabaseOptions

  func run() throws {
    try Failure.run {
      guard Database.exists(database.path) else { throw Database.missing(database.path) }
      let inventory = try database.forWriting()
      let audit = try scope.audit(inventory)
      let progress = ProgressLine("judging")
      let result = try audit.recordAndReport(now: Clock.now, progress: progress.show)
      progress.end()
      try FleetReport.write(result, audit, output)
    }
  }
}

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Report the state of the sites without recording anything.",
    discussion: "Works on a database that cannot be written.")

  @OptionGroup var scope: AuditScope
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup var database: DatabaseOptions

  func run() throws {
    try Failure.run {
      let inventory = try database.forReading()
      let audit = try scope.audit(inventory)
      let progress = ProgressLine("reporting")
      let result = try audit.report(now: Clock.now, progress: progress.show)
      progress.end()
      try FleetReport.write(result, audit, output)
    }
  }
}

/// Writes the report on many sites and ends with the status that fits.
enum FleetReport {
  static func write(
    _ result: FleetAudit.Result, _ audit: FleetAudit, _ output: OutputOptions
  ) throws {
    try output.write(result.report)
    let failures = result.failures
    for (_, error) in failures { Terminal.say("sallyport: \(Failure.message(error))") }
    if !result.empty.isEmpty {
      Terminal.say("without a snapshot then: \(result.empty.joined(separator: ", "))")
    }
    let isEmpty = result.report.sites.isEmpty && failures.isEmpty
    if isEmpty {
      Terminal.say(audit.changedSince == nil ? "there is nothing to judge yet" : "nothing changed")
    }
    // What concerns the database is worse than what concerns one site.
    for (_, error) in failures where error is InventoryError {
      throw ExitCode(Failure.status(error).rawValue)
    }
    let status = output.failOn.status(result.report)
    let isNothing = isEmpty && audit.changedSince == nil && output.failOn != .never
    throw ExitCode(isNothing ? ExitStatus.onlyConditions.rawValue : status.rawValue)
  }
}
