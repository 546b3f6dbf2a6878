import ArgumentParser
import Audit
import CatalogueReaders
import Foundation

extension CatalogueCommand {
  struct Read: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Read a published page and show what it says, without storing anything.",
      discussion: """
        Markdown of the documentation repositories, a saved HTML page, or text copied from a \
        browser, in any language. Every host-shaped word of the page is a row, a citation, a link, \
        a path or a question. Exit status: 0 when nothing is left to ask, 2 while questions remain.
        """)

    @Argument(help: ArgumentHelp("The page, or - for standard input.", valueName: "page"))
    var page: String

    @Option(help: "text or json.")
    var format: Format = .text

    @Option(help: ArgumentHelp("File with the answers to the questions.", valueName: "file"))
    var answers: String?

    @Option(
      help: ArgumentHelp(
        "File to write with the proposals as answers, to be checked and signed by a person.",
        valueName: "file"))
    var writeAnswers: String?

    @Option(name: [.short, .long], help: ArgumentHelp("File to write to.", valueName: "file"))
    var output: String?

    @OptionGroup var database: DatabaseOptions

    enum Format: String, ExpressibleByArgument, CaseIterable {
      case text
      case json
    }

    func run() throws {
      try Failure.run {
        let file = try InputFiles.read([page])[0]
        let reading = try PageFiles.read(
          file.bytes, file: file.name, library: database.catalogues(),
          answers: AnswersFile.read(answers))
        if let writeAnswers { try Output.write(AnswersJSON.write(reading), to: writeAnswers) }
        switch format {
        case .text: try Output.write(ReadingText.text(reading, width: Terminal.width), to: output)
        case .json: try Output.write(ReadingJSON.write(reading), to: output)
        }
        if !reading.questions.isEmpty { throw ExitCode(2) }
      }
    }
  }

  /// The file of a person's answers.
  enum AnswersFile {
    static func read(_ path: String?) throws -> ReadingAnswers {
      guard let path else { return ReadingAnswers() }
      let file = try InputFiles.read([path])[0]
      return try AnswersJSON.read(file.bytes, file: file.name)
    }
  }
}
