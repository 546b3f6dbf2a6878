import EndpointCatalogue
import JSONTree

/// Why a catalogue file was refused.
package struct CatalogueError: Error, Equatable, CustomStringConvertible, Sendable {
  package let file: String
  /// JSON pointer or `line:column`; empty where the whole file is meant.
  package let position: String
  package let reason: String

  package init(file: String, position: String = "", reason: String) {
    self.file = file
    self.position = position
    self.reason = reason
  }

  package var description: String {
    (position.isEmpty ? file : "\(file):\(position)") + ": " + reason
  }
}

/// Sallyport's own form of a catalogue (`sallyport.catalogue/1`), described by a JSON Schema in
/// `Schema/`.
package enum CatalogueJSON {
  package static let schema = "sallyport.catalogue/1"

  package static func read(_ bytes: [UInt8], file: String) throws(CatalogueError) -> Catalogue {
    try CatalogueJSONReader(file: file).catalogue(try root(bytes, file: file))
  }

  /// The one value of a JSON file.
  static func root(_ bytes: [UInt8], file: String) throws(CatalogueError) -> JSONValue {
    let tree: JSONTree
    do throws(JSONReadError) {
      tree = try JSONTree(
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes)
    } catch {
      throw CatalogueError(
        file: file, position: error.line > 0 ? "\(error.line):\(error.column)" : "",
        reason: "not readable as JSON: \(error.reason)")
    }
    guard tree.tops.count == 1 else {
      throw CatalogueError(
        file: file, position: "\(tree.tops[1].line):1", reason: "a second value in the file")
    }
    return tree.root
  }

  package static func write(_ catalogue: Catalogue, pretty: Bool = true) -> [UInt8] {
    var writer = JSONWriter(pretty: pretty)
    writer.object { writer in
      writer.member("schema", schema)
      writer.member("id", catalogue.id)
      writer.member("version", catalogue.version)
      writer.member("title", catalogue.title)
      writer.member("published", catalogue.published)
      writer.member("effective", catalogue.effective)
      if !catalogue.dates.isEmpty {
        writer.member("dates") { writer in
          for (name, date) in catalogue.dates.sorted(by: { $0.key < $1.key }) {
            writer.member(name) { writer in
              writer.member("from", date.from)
              if let to = date.to { writer.member("to", to) }
              writer.member("source", date.source)
            }
          }
        }
      }
      writer.member("source") { writer in
        writer.member("title", catalogue.source.title)
        writer.member("url", catalogue.source.url)
        writer.member("locale", catalogue.source.locale)
        writer.member("sha256", catalogue.source.sha256)
        if let repository = catalogue.source.repository { writer.member("repository", repository) }
        if let commit = catalogue.source.commit { writer.member("commit", commit) }
        if let path = catalogue.source.path { writer.member("path", path) }
      }
      writer.member("statements") { writer in
        for (key, statement) in catalogue.statements.sorted(by: { $0.key < $1.key }) {
          switch statement {
          case .flag(let flag): writer.member(key, flag)
          case .number(let number): writer.member(key, number)
          case .text(let text): writer.member(key, text)
          }
        }
      }
      writer.member("services", each: catalogue.services) { writer, service in
        writer.object { writer in
          writer.member("id", service.id)
          writer.member("name") { writer in
            for (language, name) in service.names.sorted(by: { $0.key < $1.key }) {
              writer.member(language, name)
            }
          }
        }
      }
      writer.member("endpoints", each: catalogue.endpoints, write)
      if !catalogue.answers.isEmpty {
        writer.member("answers", each: catalogue.answers) { writer, answer in
          writer.object { writer in
            writer.member("kind", answer.kind)
            writer.member("token", answer.token)
            writer.member("answer", answer.answer)
            writer.member("by", answer.by)
            writer.member("on", answer.on)
          }
        }
      }
    }
    return writer.bytes + [0x0A]
  }

  private static func write(_ writer: inout JSONWriter, _ endpoint: Endpoint) {
    writer.object { writer in
      writer.member("service", endpoint.service)
      writer.member("text", endpoint.text)
      if let address = endpoint.address {
        writer.member("address", address)
      } else {
        writer.member("host", endpoint.host)
      }
      writer.member("path", endpoint.path)
      writer.member("path_match", endpoint.pathMatch?.rawValue)
      writer.member("scheme", endpoint.scheme)
      writer.member("protocol", endpoint.transport)
      writer.member("ports_required", each: endpoint.portsRequired) { $0.value(Int($1)) }
      writer.member("ports_advised", each: endpoint.portsAdvised) { $0.value(Int($1)) }
      writer.member("inspection", endpoint.inspection?.rawValue)
      writer.member("note", endpoint.note)
      // Left out where they say nothing, so that editions stay as they were written.
      if endpoint.level != .required { writer.member("level", endpoint.level.rawValue) }
      if let condition = endpoint.condition { writer.member("condition", condition) }
      if let platform = endpoint.platform { writer.member("platform", platform) }
      if let geography = endpoint.geography { writer.member("geography", geography) }
      if let cloud = endpoint.cloud { writer.member("cloud", cloud) }
    }
  }
}

/// The form of catalogue versions.
package enum CatalogueVersion {
  /// A calendar date, followed by nothing or by a dot or hyphen and letters or digits.
  package static func isValid(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count >= 10,
      CatalogueDay.isValid(String(decoding: bytes.prefix(10), as: UTF8.self))
    else { return false }
    guard bytes.count > 10 else { return true }
    return (bytes[10] == 0x2D || bytes[10] == 0x2E) && bytes.count > 11
      && bytes.dropFirst(11).allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20)
      }
  }
}
