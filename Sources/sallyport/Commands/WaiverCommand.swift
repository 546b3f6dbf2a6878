import ArgumentParser
import Audit
import Inventory
import Reports

struct WaiverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "waiver", abstract: "Accepted exceptions, with a reason, an approver and an end.",
    subcommands: [List.self, Add.self, Revoke.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the waivers.")

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var table: TableOptions

    func run() throws {
      try Failure.run {
        let now = Clock.now
        var result = DataTable(
          columns: ["nr", "status", "for", "what", "starts", "ends", "approver", "reason"])
        for waiver in try database.forReading().waivers() {
          let who = [waiver.site.map { "site \($0)" }, waiver.tag.map { "tag \($0)" }]
            .compactMap { $0 }.joined(separator: ", ")
          let what = [waiver.service, waiver.endpoint, waiver.port.map { "port \($0)" }]
            .compactMap { $0 }.joined(separator: ", ")
          result.rows.append([
            .integer(waiver.number), .text(waiver.status(at: now).rawValue), .text(who),
            .text(what), .text(waiver.starts), .text(waiver.ends), .text(waiver.approver),
            .text(waiver.reason),
          ])
        }
        try table.write(result)
      }
    }
  }

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Accept an exception.",
      discussion: """
        It must say for whom (--site or --tag) and for what (--service or --endpoint); it can never \
        cover everything. A day as end counts to its last second, UTC.

        Example: sallyport waiver add --site lyon --endpoint go.microsoft.com --port 80 \
        --reason 'proxy until migration' --approver 'J. Doe' --until 2026-12-31
        """)

    @Option(help: "The site.")
    var site: String?

    @Option(help: "Every site with this tag.")
    var tag: String?

    @Option(help: ArgumentHelp("Every endpoint of this service.", valueName: "id"))
    var service: String?

    @Option(help: "The endpoint, as the list writes it.")
    var endpoint: String?

    @Option(help: "Only this port.")
    var port: Int?

    @Option(help: "Why it is accepted.")
    var reason: String

    @Option(help: "Who accepted it.")
    var approver: String

    @Option(help: ArgumentHelp("Since when; default: now.", valueName: "date"))
    var from: String?

    @Option(help: ArgumentHelp("Until when.", valueName: "date"))
    var until: String

    @OptionGroup var database: DatabaseOptions

    func run() throws {
      try Failure.run {
        let now = Clock.now
        let starts = try MomentArgument.parse(from) ?? now
        guard let ends = try MomentArgument.end(until), ends > starts else {
          throw ValidationError("the waiver would end before it starts")
        }
        for (name, text) in [("--reason", reason), ("--approver", approver)]
        where text.allSatisfy(\.isWhitespace) {
          throw ValidationError("\(name) is empty")
        }
        guard Database.exists(database.path) else { throw Database.missing(database.path) }
        let number = try database.forWriting().add(
          WaiverRecord(
            site: site, tag: tag, service: service, endpoint: endpoint, port: port, reason: reason,
            approver: approver, starts: starts, ends: ends), now: now)
        Terminal.say("waiver \(number) holds from \(starts) until \(ends)")
      }
    }
  }

  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "End a waiver now.")

    @Argument(help: "Its number.")
    var number: Int

    @OptionGroup var database: DatabaseOptions

    func run() throws {
      try Failure.run {
        guard Database.exists(database.path) else { throw Database.missing(database.path) }
        try database.forWriting().revokeWaiver(Int64(number), now: Clock.now)
      }
    }
  }
}
