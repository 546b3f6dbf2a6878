import ArgumentParser
import Audit
import Inventory
import Reports

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "How verdicts changed over time, and what changed them.",
    discussion: """
      With a site and an endpoint: every interval of its verdicts, with the cause. With --broke: \
      every verdict that got worse, with the change of rules or list that did it.

      Examples:
        sallyport history lyon '*.wdcp.microsoft.com'
        sallyport history --broke --since 2026-01-01
      """)

  @Argument(help: "The site.")
  var site: String?

  @Argument(help: "The endpoint, as the list writes it; all where none is named.")
  var endpoint: String?

  @Option(help: "Only this port.")
  var port: Int?

  @Flag(help: "Every verdict that got worse.")
  var broke = false

  @Option(help: ArgumentHelp("From this day or moment on.", valueName: "date"))
  var since: String?

  @Option(help: ArgumentHelp("Until this day or moment.", valueName: "date"))
  var until: String?

  @OptionGroup var database: DatabaseOptions
  @OptionGroup var table: TableOptions

  func validate() throws {
    if !broke, site == nil { throw ValidationError("name a site, or ask with --broke for all") }
  }

  func run() throws {
    try Failure.run {
      let inventory = try database.forReading()
      let from = try MomentArgument.parse(since) ?? ""
      let to = try MomentArgument.parse(until, endOfDay: true) ?? "9999"
      if broke {
        try writeBroken(try inventory.worsened(since: from, until: to, site: site))
        return
      }
      let intervals = try inventory.history(of: site ?? "", endpoint: endpoint, port: port)
        .filter { $0.from <= to && $0.to ?? "9999" >= from }
      if let endpoint, intervals.isEmpty {
        throw InventoryError(
          .unknownName, "site `\(site ?? "")` has no history of `\(endpoint)`",
          advice: "endpoints are written as `sallyport catalogue show` lists them, and `sallyport "
            + "audit` records")
      }
      try write(intervals)
    }
  }

  private func write(_ intervals: [VerdictInterval]) throws {
    guard table.format == .table else {
      var result = DataTable(
        columns: [
          "site", "device", "scope", "client", "endpoint", "port", "level", "verdict", "reason",
          "from_at", "to_at", "rule", "previous", "cause", "cause_text", "cause_detail",
        ])
      for interval in intervals {
        result.rows.append([
          .text(interval.site), .text(interval.subject.device), .text(interval.subject.scope),
          .text(interval.subject.client), .text(interval.endpoint), .init(interval.port),
          .text(interval.level), .text(interval.verdict), .text(interval.reason),
          .text(interval.from), .init(interval.to), .init(interval.rule), .init(interval.previous),
          .text(interval.cause),
          .text(CauseText.sentence(interval.cause, detail: interval.detail)),
          .text(interval.detail),
        ])
      }
      return try table.write(result)
    }
    try Output.write(HistoryText.write(intervals, width: Terminal.width), to: table.output)
  }

  private func writeBroken(_ intervals: [VerdictInterval]) throws {
    if table.format == .table {
      try Output.write(HistoryText.writeBroken(intervals, width: Terminal.width), to: table.output)
      return
    }
    try write(intervals)
  }
}
