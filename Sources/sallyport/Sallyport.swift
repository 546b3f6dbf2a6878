import ArgumentParser
import Foundation
import Logging

@main
struct Sallyport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sallyport",
    abstract: "Proves that firewalls let Microsoft Defender reach what it needs.",
    discussion: """
      Start with one export: `sallyport check running-config.xml`.
      `sallyport formats` lists the exports that can be read and how to get them.
      Exit status: 0 all required endpoints allowed (or waived), 1 something blocked or partial, \
      2 only conditional or unknown remain, 64 usage, 65 input not understood, 66 input not found, \
      70 internal fault, 73 cannot create, 74 input/output error, 75 busy, try again.
      """,
    version: Program.version,
    groupedSubcommands: [
      CommandGroup(
        name: "One export",
        subcommands: [
          CheckCommand.self, ExplainCommand.self, EvidenceCommand.self, FormatsCommand.self,
          DemoCommand.self,
        ]),
      CommandGroup(
        name: "Sites over time",
        subcommands: [
          ImportCommand.self, AuditCommand.self, ReportCommand.self, HistoryCommand.self,
          SnapshotCommand.self, SiteCommand.self, WaiverCommand.self, BaselineCommand.self,
          SQLCommand.self,
        ]),
      CommandGroup(
        name: "The list and the database",
        subcommands: [
          CatalogueCommand.self, VerifyCommand.self, BackupCommand.self, PruneCommand.self,
          ManualCommand.self,
        ]),
    ])

  static func main() {
    StandardStreams.prepare()
    let wanted = ProcessInfo.processInfo.environment["SALLYPORT_LOG"] ?? ""
    let level = Logger.Level(rawValue: wanted) ?? .warning
    LoggingSystem.bootstrap { label in
      var handler = SafeLogHandler(StreamLogHandler.standardError(label: label))
      handler.logLevel = level
      return handler
    }
    main(nil)
  }
}

/// What the program calls itself.
enum Program {
  static let version = "0.1.0"
  static let name = "sallyport \(version)"
}
