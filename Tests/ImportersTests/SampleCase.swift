import ComplianceEngine
import Foundation
import ImportKit
import Importers
import PlantingSupport
import PolicyCoding
import PolicyModel
import TestSupport
import Testing

/// One folder of `Imports/Samples`: the input files, and what they must give.
struct SampleCase: Sendable, CustomTestStringConvertible {
  let format: String
  let name: String

  var testDescription: String { "\(format)/\(name)" }

  var folder: URL { Repository.samples.appendingPathComponent(format).appendingPathComponent(name) }

  func inputs() throws -> [ExportFile] { try SampleFiles.inputs(of: folder) }

  static let formats = importerRegistry.importers.map(\.format.id)

  /// Every case of every format, found by listing the folders.
  static func all() throws -> [SampleCase] {
    try formats.flatMap { format -> [SampleCase] in
      let folder = Repository.samples.appendingPathComponent(format)
      guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
      return try Repository.folders(in: folder).map { SampleCase(format: format, name: $0) }
    }
  }

  /// One small case a format, for tests that damage their input thousands of times.
  static func minimal() throws -> [SampleCase] { try all().filter { $0.name == "minimal" } }
}

extension ImporterRegistry.Outcome {
  /// All policies as neutral JSON.
  func neutral(pretty: Bool = true) -> String {
    export.policies.map { String(decoding: PolicyWriter($0).write(pretty: pretty), as: UTF8.self) }
      .joined(separator: "\n") + "\n"
  }
}

/// The bytes of a file whatever its line ends; for golden comparison.
func golden(_ url: URL) -> String? {
  (try? Data(contentsOf: url)).map { String(decoding: $0, as: UTF8.self) }
}
