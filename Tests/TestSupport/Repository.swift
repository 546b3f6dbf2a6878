import Foundation

/// Folders of the checkout that tests read.
package enum Repository {
  /// The top of the checkout, found from this file so that it does not depend on where tests run.
  package static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  package static let samples = root.appendingPathComponent("Imports/Samples")

  /// Real exports under other people's licences, where the environment says there are some.
  package static var fieldSamples: URL? {
    guard let path = ProcessInfo.processInfo.environment["SALLYPORT_FIELD_SAMPLES"], !path.isEmpty
    else { return nil }
    return path.hasPrefix("/") ? URL(fileURLWithPath: path) : root.appendingPathComponent(path)
  }

  /// Whether golden files are to be rewritten instead of compared; the diff is then read like code.
  package static var updatesGoldens: Bool {
    ProcessInfo.processInfo.environment["SALLYPORT_UPDATE_GOLDENS"] == "1"
  }

  package static func bytes(_ url: URL) throws -> [UInt8] { [UInt8](try Data(contentsOf: url)) }

  /// Names of the folders in a folder, sorted.
  package static func folders(in url: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      at: url, includingPropertiesForKeys: [.isDirectoryKey], options: .skipsHiddenFiles
    )
    .filter { (try? $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) ?? false }
    .map(\.lastPathComponent).sorted()
  }

  package static func isFile(_ url: URL) throws -> Bool {
    try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile ?? false
  }

  /// Names of the files in a folder, sorted.
  package static func files(in url: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      at: url, includingPropertiesForKeys: [.isRegularFileKey], options: .skipsHiddenFiles
    )
    .filter { (try? $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) ?? false }
    .map(\.lastPathComponent).sorted()
  }
}

/// A folder that is removed when the value goes away.
package final class TemporaryFolder {
  package let url: URL

  package init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "sallyport-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Writes a file and returns its path.
  @discardableResult
  package func write(_ name: String, _ text: String) throws -> String {
    try write(name, Array(text.utf8))
  }

  @discardableResult
  package func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return file.path
  }

  package func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}
