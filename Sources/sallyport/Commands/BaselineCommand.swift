import ArgumentParser
import Audit
import Inventory
import Reports

struct BaselineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "baseline", abstract: "Named states of sites to compare with.",
    subcommands: [List.self, Set.self, Compare.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the baselines.")

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var table: TableOptions

    func run() throws {
      try Failure.run {
        var result = DataTable(columns: ["baseline", "site", "state of", "set at"])
        for baseline in try database.forReading().baselines() {
          result.rows.append([
            .text(baseline.name), .text(baseline.site), .text(baseline.at), .text(baseline.setAt),
          ])
        }
        try table.write(result)
      }
    }
  }

  struct Set: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Name the present state of sites, or one of the past.")

    @Argument(help: "Name of the baseline.")
    var name: String

    @Argument(help: ArgumentHelp("Sites; all where none is named.", valueName: "site"))
    var sites: [String] = []

    @Option(help: ArgumentHelp("The state of that day or moment; default: now.", valueName: "date"))
    var asOf: String?

    @OptionGroup var database: DatabaseOptions

    func run() throws {
      try Failure.run {
        guard Database.exists(database.path) else { throw Database.missing(database.path) }
        let inventory = try database.forWriting()
        let moment = try MomentArgument.parse(asOf, endOfDay: true) ?? Clock.now
        let chosen = sites.isEmpty ? try inventory.sites().map(\.name) : sites
        for site in chosen {
          try inventory.setBaseline(name, of: site, at: moment, now: Clock.now)
        }
        Terminal.say("baseline `\(name)`: \(chosen.count) sites as of \(moment)")
      }
    }
  }

  struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show which verdicts differ from a baseline.",
      discussion: "Exit status 1 where something is worse than in the baseline, else 0.")

    @Argument(help: "Name of the baseline.")
    var name: String

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var table: TableOptions

    func run() throws {
      try Failure.run {
        let inventory = try database.forReading()
        let comparison = try BaselineComparison(name, in: inventory, now: Clock.now)
        try table.write(comparison.table)
        Terminal.say(
          "\(comparison.worse) worse, \(comparison.better) better, \(comparison.added) not judged "
            + "then, \(comparison.dropped) judged no more, \(comparison.sites) sites compared")
        throw ExitCode(comparison.worse > 0 ? 1 : 0)
      }
    }
  }
}
