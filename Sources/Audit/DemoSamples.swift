import CatalogueReaders
import Foundation
import Inventory

/// The sample exports that the program carries, for trying it out.
package enum DemoSamples {
  private static let prefix = "Samples/demo/"
  /// The list of the demonstration's sites, beside the folders of exports.
  package static let siteList = "sites.csv"

  /// Writes the exports below a folder, laid out as `import` takes them, and the list of sites.
  package static func write(to folder: String) throws {
    for file in EmbeddedFile.all(under: prefix) {
      let path = InputFiles.joined(folder, String(file.name.dropFirst(prefix.count)))
      try FileManager.default.createDirectory(
        atPath: FilePath.folder(of: path), withIntermediateDirectories: true)
      try Data(file.bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
  }
}
