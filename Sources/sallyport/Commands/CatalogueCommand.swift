import ArgumentParser
import Audit
import CatalogueReaders
import EndpointCatalogue
import JSONTree
import Reports

struct CatalogueCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalogue", abstract: "The lists of required endpoints and their editions.",
    subcommands: [
      List.self, Show.self, Diff.self, Read.self, Import.self, Changes.self,
      Compare.self,
    ], defaultSubcommand: List.self)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the editions at hand.",
      discussion: "The program's own, and those that were imported where there is a database.")

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var table: TableOptions

    func run() throws {
      try Failure.run {
        var result = DataTable(
          columns: ["edition", "published", "rows", "required", "advised", "locale"])
        for catalogue in try database.catalogues().catalogues {
          let required = catalogue.requirements.filter { $0.level == .required }.count
          result.rows.append([
            .text(catalogue.reference), .text(catalogue.published),
            .init(catalogue.endpoints.count), .init(required),
            .init(catalogue.requirements.count - required), .text(catalogue.source.locale),
          ])
        }
        try table.write(result)
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show one edition, row by row.")

    @Argument(help: "id, version or id@version; the newest defender-antivirus by default.")
    var edition: String?

    @Option(help: "table or json.")
    var format: Format = .table

    @Option(name: [.short, .long], help: ArgumentHelp("File to write to.", valueName: "file"))
    var output: String?

    @Option(help: "Language of the service names: en or fr.")
    var language = "en"

    @OptionGroup var database: DatabaseOptions

    func run() throws {
      try Failure.run {
        let catalogue = try database.catalogues().find(edition)
        switch format {
        case .json: try Output.write(CatalogueJSON.write(catalogue), to: output)
        case .table:
          try Output.write(
            CatalogueText.table(catalogue, language: language, width: Terminal.width), to: output)
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

    @Option(name: [.short, .long], help: ArgumentHelp("File to write to.", valueName: "file"))
    var output: String?

    @OptionGroup var database: DatabaseOptions

    func run() throws {
      try Failure.run {
        let library = try database.catalogues()
        let diff = CatalogueDiff(from: try library.find(from), to: try library.find(to))
        switch format {
        case .json: try Output.write(CatalogueText.json(diff), to: output)
        case .table: try Output.write(CatalogueText.text(diff, width: Terminal.width), to: output)
        }
      }
    }
  }
}
