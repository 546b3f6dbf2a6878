import ArgumentParser
import Audit
import CatalogueReaders
import EndpointCatalogue
import Inventory

extension CatalogueCommand {
  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add editions: published pages, or lists in other forms.",
      discussion: """
        A published page as `catalogue read` reads it; Sallyport's own JSON, as `catalogue show \
        --format json` writes it (Schema/sallyport.catalogue-1.schema.json); the Microsoft 365 \
        endpoints with their version; Azure service tags; CSV with columns host, service, port.

        A page that says the same as an edition confirms it. A file of one's own under a \
        publisher's name adds rows to that list, as ID/local; it can drop none. Exit status: 2 \
        while questions about a page remain; then nothing is stored.
        """)

    @Argument(help: ArgumentHelp("The files, or - for standard input.", valueName: "file"))
    var files: [String]

    @Option(help: ArgumentHelp("File with the answers to the questions.", valueName: "file"))
    var answers: String?

    @Option(help: "Name of the list, where the file does not give it.")
    var id: String?

    @Option(
      help: ArgumentHelp(
        "Version, where the file has none or is an edition beside a known one of its date.",
        valueName: "date"))
    var version: String?

    @Option(
      help: ArgumentHelp("Day on which the page was seen; default: today.", valueName: "date"))
    var seen: String?

    @OptionGroup var database: DatabaseOptions

    func run() throws {
      try Failure.run {
        let now = Clock.now
        let seen = self.seen ?? String(now.prefix(10))
        guard CatalogueDay.isValid(seen) else {
          throw ValidationError("`\(seen)` is not a day such as 2026-01-31")
        }
        var work = CatalogueImport(library: try database.catalogues(), seen: seen)
        work.answers = try AnswersFile.read(answers)
        work.id = id
        work.version = version
        let outcomes = try work.outcome(of: try InputFiles.read(files))
        let open = outcomes.contains { if case .questions = $0 { true } else { false } }
        if !open {
          let inventory = try database.forWriting()
          for outcome in outcomes {
            switch outcome {
            case .edition(let catalogue, _):
              try inventory.add([catalogue], builtIn: false, now: now)
            case .same(_, let confirmation?): try inventory.confirm(confirmation, now: now)
            default: break
            }
          }
        }
        for outcome in outcomes {
          switch outcome {
          case .edition(let catalogue, let text):
            Terminal.say(
              open
                ? "\(catalogue.reference): not stored, since questions remain"
                : "\(catalogue.reference): \(text)")
          case .same(let catalogue, let confirmation):
            Terminal.say(
              "\(catalogue.reference): known already"
                + (confirmation.map { ", confirmed on \($0.on)" } ?? ""))
          case .questions(let reading):
            try Output.write(ReadingText.text(reading, width: Terminal.width), to: nil)
          }
        }
        if open {
          Terminal.say(
            "nothing was stored; `sallyport catalogue read PAGE --write-answers FILE` makes a file "
              + "to answer in")
          throw ExitCode(2)
        }
      }
    }
  }
}
