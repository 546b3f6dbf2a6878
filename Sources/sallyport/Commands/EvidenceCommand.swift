import ArgumentParser
import Audit
import CatalogueReaders
import EndpointCatalogue
import Evidence
import Foundation
import ImportKit

struct EvidenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evidence",
    abstract: "What endpoint computers report, explained.",
    subcommands: [Explain.self])

  struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say what a report or an error number means, why, and what to do.",
      discussion: """
        Reads the output and log of MpCmdRun, netsh winhttp show proxy and advproxy, registry exports \
        and reg query, Get-MpComputerStatus, Get-MpPreference, events of Defender and CAPI2, mdatp \
        connectivity test, the MDE Client Analyzer and Test-NetConnection. No database is needed, and \
        nothing is kept.

        Examples:
          sallyport evidence explain 0x80072F8F
          sallyport evidence explain maps.txt --lang fr
          sallyport evidence explain events.xml --format json
        """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    @Argument(
      help: ArgumentHelp(
        "A report, - for standard input, or an error number.", valueName: "file|number"))
    var subject: String

    @Option(help: "text or json.")
    var format: Format = .text

    @Option(
      help: ArgumentHelp(
        "en or fr; default: by LC_ALL, LC_MESSAGES or LANG.", valueName: "language"))
    var lang: String?

    @Option(name: [.short, .long], help: ArgumentHelp("File to write to.", valueName: "file"))
    var output: String?

    func run() throws {
      try Failure.run {
        let catalogue = try CatalogueLibrary.builtIn().find(nil)
        let reader = EvidenceReader(catalogue)
        let facts: [EvidenceFact]
        let isFile = subject == "-" || FileManager.default.fileExists(atPath: subject)
        if !isFile, let number = ErrorNumber(parsing: subject) {
          facts = [reader.explain(number)]
        } else {
          let files = try InputFiles.read([subject])
          facts = try files.flatMap { file throws(EvidenceError) in
            try reader.facts(file.bytes, file: file.name)
          }
        }
        let text: String
        switch format {
        case .json: text = EvidenceJSON.write(facts, file: isFile ? subject : nil)
        case .text:
          text = EvidenceText(try language(), width: output == nil ? Terminal.width : 100).write(
            facts)
        }
        try Output.write(text, to: output)
        throw ExitCode(Self.status(facts))
      }
    }

    private func language() throws -> EvidenceText.Language {
      if let lang {
        guard let known = EvidenceText.Language(rawValue: lang) else {
          throw ValidationError("`\(lang)` is no language that is known; there are en and fr")
        }
        return known
      }
      let environment = ProcessInfo.processInfo.environment
      let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { environment[$0] }
        .first { !$0.isEmpty }
      return locale?.hasPrefix("fr") ?? false ? .french : .english
    }

    /// 1 where something failed, 2 where nothing can be said, else 0. In a log the last run decides.
    private static func status(_ facts: [EvidenceFact]) -> Int32 {
      let failures: Set<EvidenceFact.Outcome> = [
        .notConnected, .updateFailed, .crlBlocked, .sampleNotUploaded, .notReachable,
      ]
      let open = facts.filter { $0.cause != .resolvedSince }
      if open.contains(where: { failures.contains($0.outcome) }) { return 1 }
      let undecided: Set<EvidenceFact.Outcome> = [.notRun, .notEnabled, .unknown]
      return open.contains { undecided.contains($0.outcome) } ? 2 : 0
    }
  }
}
