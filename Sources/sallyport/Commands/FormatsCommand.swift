import ArgumentParser
import Audit
import Importers
import JSONTree
import Reports

struct FormatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "formats", abstract: "List the exports that can be read, and how to get them.")

  @Flag(help: "Write JSON.")
  var json = false

  func run() throws {
    try Failure.run {
      let formats = importerRegistry.importers.map(\.format)
      if json {
        var writer = JSONWriter(pretty: true)
        writer.array { writer in
          for format in formats {
            writer.element()
            writer.object { writer in
              writer.member("id", format.id)
              writer.member("product", format.product)
              writer.member("versions", format.versions)
              writer.member("how_to_export", format.howToExport)
              writer.member("pieces", format.pieces)
              writer.member("importer_version", format.importerVersion)
            }
          }
        }
        try Output.write(writer.bytes + [0x0A], to: nil)
        return
      }
      var lines: [String] = []
      let width = Terminal.width
      for format in formats {
        lines.append("\(format.id): \(format.product) (\(format.versions))")
        for step in format.howToExport {
          for (index, line) in PlainText.wrap(step, width: width - 6).enumerated() {
            lines.append((index == 0 ? "    - " : "      ") + line)
          }
        }
        lines += PlainText.wrap("reads \(format.pieces)", width: width - 4).map { "    " + $0 }
        lines.append("")
      }
      try Output.write(lines.joined(separator: "\n"))
    }
  }
}
