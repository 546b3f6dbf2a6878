import ArgumentParser
import Audit
import Foundation
import Importers
import Inventory
import PolicyCoding
import Reports

struct SnapshotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot", abstract: "What each device's rules were, and how they changed.",
    subcommands: [List.self, Show.self, Diff.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the snapshots.")

    @Argument(help: ArgumentHelp("Only those of this site.", valueName: "site"))
    var site: String?

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var table: TableOptions

    func run() throws {
      try Failure.run {
        let inventory = try database.forReading()
        if let site { _ = try inventory.site(named: site) }
        let snapshots = try inventory.snapshots(of: site)
        guard table.format == .table else {
          return try table.write(SnapshotCommand.full(snapshots))
        }
        var result = DataTable(
          columns: ["site", "device", "taken", "last seen", "format", "rules", "sha256"])
        for snapshot in snapshots {
          result.rows.append([
            .text(snapshot.site), .text(snapshot.device), .text(Moment.short(snapshot.takenAt)),
            .text(Moment.short(snapshot.lastTakenAt)), .text(snapshot.format),
            .init(snapshot.rules), .text(String(snapshot.sha256.prefix(8))),
          ])
        }
        try table.write(result)
      }
    }
  }

  fileprivate static func full(_ snapshots: [SnapshotListing]) -> DataTable {
    var result = DataTable(
      columns: [
        "site", "device", "taken_at", "last_taken_at", "taken_at_source", "format", "product",
        "scopes", "rules", "sha256",
      ])
    for snapshot in snapshots {
      result.rows.append([
        .text(snapshot.site), .text(snapshot.device), .text(snapshot.takenAt),
        .text(snapshot.lastTakenAt), .text(snapshot.source), .text(snapshot.format),
        .text(snapshot.product), .init(snapshot.scopes), .init(snapshot.rules),
        .text(snapshot.sha256),
      ])
    }
    return result
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the rules of a snapshot, in the order in which they are evaluated.",
      discussion: """
        A snapshot is named SITE/DEVICE@DATE, SITE@DATE or SITE for the newest. --format json gives \
        the policies in full, exactly as the importer normalised them.
        """)

    @Argument(help: ArgumentHelp("SITE[/DEVICE][@DATE]", valueName: "snapshot"))
    var snapshot: String

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var table: TableOptions

    func run() throws {
      try Failure.run {
        let inventory = try database.forReading()
        guard let reference = SnapshotReference(snapshot) else {
          throw ValidationError("`\(snapshot)` is not of the form SITE[/DEVICE][@DATE]")
        }
        let hop = try reference.hop(in: inventory)
        let policies = try hop.policies.map { try inventory.policy($0, of: hop) }
        if table.format == .json {
          var bytes: [UInt8] = Array("[\n".utf8)
          for (index, policy) in policies.enumerated() {
            if index > 0 { bytes += Array(",\n".utf8) }
            bytes += PolicyWriter(policy).write(pretty: true)
          }
          try Output.write(bytes + Array("]\n".utf8), to: table.output)
          return
        }
        var result = DataTable(
          columns: ["scope", "table", "nr", "rule", "action", "enabled", "line", "matches"])
        for policy in policies {
          let writer = PolicyWriter(policy)
          for list in policy.tables {
            let contents = writer.contents(of: list.rules[...])
            for (index, rule) in list.rules.enumerated() {
              result.rows.append([
                .text(policy.scope), .text(list.name), .init(index + 1), .text(rule.name),
                .text(rule.action.word), .text(rule.enabled ? "yes" : "no"),
                .init(rule.position.line),
                .text(ContentDiff.summary(contents[index])),
              ])
            }
          }
        }
        Terminal.say(
          "\(reference.site)/\(hop.device.name), taken \(hop.takenAt), \(hop.product), "
            + hop.files.joined(separator: ", "))
        try table.write(result)
      }
    }
  }

  struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Show what changed between two snapshots or export files, and what it does to verdicts.",
      discussion: """
        Snapshots are named SITE/DEVICE@DATE; the second may be just @DATE. Two existing files are \
        compared as they are, without a database.

        Examples:
          sallyport snapshot diff paris@2026-01-31 @2026-02-28
          sallyport snapshot diff before.xml after.xml
        """)

    @Argument(help: ArgumentHelp("The older one.", valueName: "snapshot or file"))
    var from: String

    @Argument(help: ArgumentHelp("The newer one.", valueName: "snapshot or file"))
    var to: String

    enum Format: String, ExpressibleByArgument, CaseIterable {
      case text
      case json
    }

    @Option(help: "text or json.")
    var format: Format = .text

    @Option(name: [.short, .long], help: ArgumentHelp("File to write to.", valueName: "file"))
    var output: String?

    @OptionGroup(title: "Client") var client: ClientOptions
    @OptionGroup(title: "List") var catalogue: CatalogueOption
    @OptionGroup var database: DatabaseOptions

    func run() throws {
      try Failure.run {
        let report: ComparisonReport
        let manager = FileManager.default
        if manager.fileExists(atPath: from), manager.fileExists(atPath: to) {
          let comparison = PolicyComparison(
            catalogue: try catalogue.chosen(), selection: try client.selection())
          report = try comparison.compare(
            InputFiles.read([from]), with: InputFiles.read([to]), registry: importerRegistry)
        } else {
          let inventory = try database.forReading()
          let comparison = PolicyComparison(
            catalogue: try CatalogueLibrary(of: inventory).find(catalogue.catalogue),
            selection: try client.selection())
          guard let old = SnapshotReference(from),
            let new = SnapshotReference(to, completing: old)
          else {
            throw ValidationError("snapshots are named SITE[/DEVICE][@DATE]")
          }
          report = try comparison.compare(old, with: new, in: inventory)
        }
        switch format {
        case .text:
          try Output.write(report.text(width: output == nil ? Terminal.width : 100), to: output)
        case .json: try Output.write(report.json(), to: output)
        }
      }
    }
  }
}
