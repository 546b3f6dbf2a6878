import ArgumentParser
import Audit
import CatalogueReaders
import EndpointCatalogue
import JSONTree
import Reports

struct CatalogueCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalogue", abstract: "The lists of required endpoints and their editions.",
    subcommands: [List.self, Show.self, Diff.self])

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the editions at hand.")

    func run() throws {
      try Failure.run {
        var lines = ["EDITION                         PUBLISHED   ROWS  REQUIRED  ADVISED"]
        for catalogue in try CatalogueLibrary.builtIn().catalogues {
          let required = catalogue.requirements.filter { $0.level == .required }.count
          let advised = catalogue.requirements.count - required
          lines.append(
            PlainText.padded(catalogue.reference, to: 30) + "  "
              + PlainText.padded(catalogue.published, to: 10)
              + PlainText.padded("\(catalogue.endpoints.count)", to: 6, right: true)
              + PlainText.padded("\(required)", to: 10, right: true)
              + PlainText.padded("\(advised)", to: 9, right: true))
        }
        try Output.write(lines.joined(separator: "\n") + "\n")
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show one edition, row by row.")

    @Argument(help: "id, version or id@version; the newest defender-antivirus by default.")
    var edition: String?

    @Option(help: "table or json.")
    var format: Format = .table

    @Option(help: "Language of the service names: en or fr.")
    var language = "en"

    func run() throws {
      try Failure.run {
        let catalogue = try CatalogueLibrary.builtIn().find(edition)
        switch format {
        case .json: try Output.write(CatalogueJSON.write(catalogue), to: nil)
        case .table:
          try Output.write(
            CatalogueText.table(catalogue, language: language, width: Terminal.width))
        }
      }
    }
  }

  struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what changed between two editions.")

    @Argument(help: "The older edition.")
    var from: String

    @Argument(help: "The newer edition.")
    var to: String

    @Option(help: "table or json.")
    var format: Format = .table

    func run() throws {
      try Failure.run {
        let library = try CatalogueLibrary.builtIn()
        let diff = CatalogueDiff(from: try library.find(from), to: try library.find(to))
        switch format {
        case .json: try Output.write(CatalogueText.json(diff), to: nil)
        case .table: try Output.write(CatalogueText.text(diff, width: Terminal.width))
        }
      }
    }
  }
}
