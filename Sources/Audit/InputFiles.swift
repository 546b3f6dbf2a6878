import Foundation
import ImportKit

/// Why a path could not be read.
package struct InputError: Error, CustomStringConvertible, Sendable {
  package let path: String
  package let reason: String
  package let advice: String

  package init(path: String, reason: String, advice: String = "") {
    self.path = path
    self.reason = reason
    self.advice = advice
  }

  package var description: String {
    "\(path): \(reason)" + (advice.isEmpty ? "" : "; \(advice)")
  }
}

/// Reads what the user points at: files, a folder with the files of one device, or `-`.
package enum InputFiles {
  /// The most that is read of one file; a configuration of this size exists nowhere.
  package static let sizeLimit = 2 << 30

  package static func read(_ paths: [String]) throws(InputError) -> [ExportFile] {
    var result: [ExportFile] = []
    for path in paths {
      if path == "-" {
        result.append(ExportFile(name: "-", bytes: [UInt8](FileHandle.standardInput.readDataToEndOfFile())))
        continue
      }
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw InputError(path: path, reason: "no such file or folder")
      }
      if isFolder.boolValue {
        result += try folder(path)
      } else {
        result.append(try file(path))
      }
    }
    return result
  }

  private static func folder(_ path: String) throws(InputError) -> [ExportFile] {
    guard let names = try? FileManager.default.subpathsOfDirectory(atPath: path) else {
      throw InputError(path: path, reason: "the folder cannot be read")
    }
    var result: [ExportFile] = []
    for name in names.sorted() where !name.split(separator: "/").contains(where: { $0.hasPrefix(".") }) {
      let inner = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: inner, isDirectory: &isFolder),
        !isFolder.boolValue
      else { continue }
      result.append(try file(inner))
    }
    guard !result.isEmpty else {
      throw InputError(
        path: path, reason: "the folder holds no file",
        advice: "give the export itself, or a folder with the files of one device")
    }
    return result
  }

  private static func file(_ path: String) throws(InputError) -> ExportFile {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    if let size = attributes?[.size] as? Int, size > sizeLimit {
      throw InputError(path: path, reason: "larger than \(sizeLimit >> 30) GiB")
    }
    do {
      return ExportFile(name: path, bytes: [UInt8](try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)))
    } catch {
      throw InputError(path: path, reason: "cannot be read: \(Self.words(error))")
    }
  }

  private static func words(_ error: any Error) -> String {
    let code = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    return code.map { String(cString: strerror(Int32($0.code))) } ?? error.localizedDescription
  }
}
