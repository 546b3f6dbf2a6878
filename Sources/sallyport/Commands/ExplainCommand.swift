import ArgumentParser
import Audit
import ComplianceEngine
import Importers
import NetworkSets
import Reports

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show the walk of one connection through the rules.",
    discussion: """
      The target is a URL or host:port, for example https://go.microsoft.com/ or \
      crl.microsoft.com:80. The first path is the target, the rest is the export.

      Example: sallyport explain go.microsoft.com:443 running-config.xml --from-zone trust
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
  }

  @Argument(help: "URL or host:port.")
  var target: String

  @Argument(help: ArgumentHelp("The export.", valueName: "path"))
  var paths: [String]

  @OptionGroup(title: "Client") var client: ClientOptions
  @OptionGroup(title: "Outside knowledge") var knowledge: KnowledgeOptions

  @Option(help: "text or json.")
  var format: Format = .text

  @Flag(help: "Show every rule, also those that do not match.")
  var all = false

  @Option(name: [.short, .long], help: ArgumentHelp("File to write to.", valueName: "file"))
  var output: String?

  func run() throws {
    try Failure.run {
      guard let target = FlowTarget(target) else {
        throw ValidationError("`\(target)` is neither a URL nor host:port")
      }
      let explain = ExplainUseCase(
        registry: importerRegistry, selection: try client.selection(), scope: client.scope,
        knowledge: try knowledge.knowledge())
      let walks = try explain.run(
        try InputFiles.read(paths), target: target, now: Clock.now)
      switch format {
      case .text:
        try Output.write(
          ExplanationText.write(walks, width: output == nil ? Terminal.width : 100, all: all),
          to: output)
      case .json: try Output.write(ExplanationText.json(walks), to: output)
      }
    }
  }
}
