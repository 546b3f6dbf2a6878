import ArgumentParser
import Audit
import ImportKit
import Importers
import JSONTree
import Reports

struct FormatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "formats", abstract: "List the exports that can be read, and how to get them.")

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
    case csv
  }

  @Option(help: "text, json or csv.")
  var format: Format = .text

  func run() throws {
    try Failure.run {
      let formats = importerRegistry.importers.map(\.format)
      switch format {
      case .text: try Output.write(text(formats))
      case .json: try Output.write(json(formats), to: nil)
      case .csv: try Output.write(table(formats).write(.csv, width: 0), to: nil)
      }
    }
  }

  private func text(_ formats: [ImportFormat]) -> String {
    var lines: [String] = []
    let width = Terminal.width
    for format in formats {
      lines += PlainText.wrap(
        "\(format.id): \(format.product) (\(format.versions))", width: width)
      for step in format.howToExport {
        for (index, line) in PlainText.wrap(step, width: width - 6).enumerated() {
          lines.append((index == 0 ? "    - " : "      ") + line)
        }
      }
      lines += PlainText.wrap("reads \(format.pieces)", width: width - 4).map { "    " + $0 }
      lines.append("")
    }
    return lines.joined(separator: "\n")
  }

  private func table(_ formats: [ImportFormat]) -> DataTable {
    var table = DataTable(columns: ["id", "product", "versions", "how_to_export"])
    for format in formats {
      table.rows.append([
        .text(format.id), .text(format.product), .text(format.versions),
        .text(format.howToExport.joined(separator: "; ")),
      ])
    }
    return table
  }

  private func json(_ formats: [ImportFormat]) -> [UInt8] {
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
    return writer.bytes + [0x0A]
  }
}
