import ArgumentParser
import Audit
import CatalogueReaders
import EndpointCatalogue

extension CatalogueCommand {
  struct Changes: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show how a list changed, edition by edition, with what that asks of rules.")

    @Argument(
      help: ArgumentHelp(
        "The list, or with a path a file of Microsoft 365's own changes; default: defender-antivirus.",
        valueName: "list"))
    var list: String = CatalogueLibrary.defaultID

    @Option(
      help: ArgumentHelp(
        "Editions that came into force after this day; default: all.", valueName: "date"))
    var since = "0001-01-01"

    @Option(help: "text, json or atom.")
    var format: Format = .text

    @Option(name: [.short, .long], help: ArgumentHelp("File to write to.", valueName: "file"))
    var output: String?

    @OptionGroup var database: DatabaseOptions

    enum Format: String, ExpressibleByArgument, CaseIterable {
      case text
      case json
      case atom
    }

    func run() throws {
      try Failure.run {
        guard CatalogueDay.isValid(since) else {
          throw ValidationError("`\(since)` is not a day such as 2026-01-31")
        }
        if list.contains("/") || list.hasSuffix(".json") {
          let file = try InputFiles.read([list])[0]
          let changes = try Microsoft365Change.read(file.bytes, file: file.name)
          let today = String(Clock.now.prefix(10))
          switch format {
          case .json:
            try Output.write(Microsoft365ChangesText.json(changes, today: today), to: output)
          case .text, .atom:
            try Output.write(
              Microsoft365ChangesText.text(changes, today: today, width: Terminal.width),
              to: output)
          }
          return
        }
        let changes = try ListChanges(database.catalogues(), list: list, since: since)
        switch format {
        case .text: try Output.write(changes.text(width: Terminal.width), to: output)
        case .json: try Output.write(changes.json(), to: output)
        case .atom: try Output.write(changes.atom(), to: output)
        }
      }
    }
  }

  struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Hold any text with host names against all editions of a list.",
      discussion: """
        A firm's wiki page, an address group, a proxy's list, an export: what is missing, what is \
        obsolete, from which edition it was copied, and which hosts no edition knows. Exit status: \
        1 where a required row is missing, 2 where hosts below the list's domains are unknown, \
        else 0.
        """)

    @Argument(help: ArgumentHelp("The text, or - for standard input.", valueName: "file"))
    var file: String

    @OptionGroup var catalogue: CatalogueOption

    @Option(help: "text or json.")
    var format: Read.Format = .text

    @Option(name: [.short, .long], help: ArgumentHelp("File to write to.", valueName: "file"))
    var output: String?

    @OptionGroup var database: DatabaseOptions

    func run() throws {
      try Failure.run {
        let library = try database.catalogues()
        let text = try InputFiles.read([file])[0]
        let comparison = try ListComparison(
          text.bytes, file: text.name, edition: library.find(catalogue.catalogue),
          library: library)
        switch format {
        case .text: try Output.write(comparison.text(width: Terminal.width), to: output)
        case .json: try Output.write(comparison.json(), to: output)
        }
        if !comparison.isComplete { throw ExitCode(1) }
        if !comparison.unknown.isEmpty { throw ExitCode(2) }
      }
    }
  }
}
