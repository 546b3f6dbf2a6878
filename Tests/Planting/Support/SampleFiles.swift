import Foundation
import ImportKit
import TestSupport

/// The input files of a folder of `Imports/Samples`.
package enum SampleFiles {
  /// Files called `input…`, in the order of their names; then all files of the folder `input`, by
  /// their path in it, for formats in which paths mean something.
  package static func inputs(of folder: URL) throws -> [ExportFile] {
    let flat = try Repository.files(in: folder).filter { $0.hasPrefix("input") }.map {
      ExportFile(name: $0, bytes: try Repository.bytes(folder.appendingPathComponent($0)))
    }
    let tree = folder.appendingPathComponent("input")
    guard FileManager.default.fileExists(atPath: tree.path) else { return flat }
    let paths = try FileManager.default.subpathsOfDirectory(atPath: tree.path).sorted()
    return try flat
      + paths.compactMap { path in
        let file = tree.appendingPathComponent(path)
        guard !file.hasDirectoryPath, try Repository.isFile(file) else { return nil }
        return ExportFile(name: path, bytes: try Repository.bytes(file))
      }
  }
}
