import ArgumentParser
import Audit
import Importers

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Judge one firewall's export, without a database.",
    discussion: """
      Give one file, all files of one device, a folder with them, or - for standard input. Without \
      client options the clients are taken from the export, and the report says which.

      Example: sallyport check running-config.xml --from-zone trust --to-zone untrust
      """)

  @Argument(help: ArgumentHelp("The export.", valueName: "path"))
  var paths: [String]

  @OptionGroup(title: "Client") var client: ClientOptions
  @OptionGroup(title: "List") var catalogue: CatalogueOption
  @OptionGroup(title: "Outside knowledge") var knowledge: KnowledgeOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func run() throws {
    try Failure.run {
      let check = CheckUseCase(
        registry: importerRegistry, catalogue: try catalogue.chosen(),
        selection: try client.selection(), scope: client.scope,
        knowledge: try knowledge.knowledge(), program: Program.name)
      let report = try check.run(InputFiles.read(paths), now: Clock.now)
      try output.write(report)
      throw ExitCode(output.failOn.status(report).rawValue)
    }
  }
}
