import Archives
import Foundation
import ImportKit

/// Why a path could not be read.
package struct InputError: Error, CustomStringConvertible, Sendable {
  package enum Code: Sendable {
    case notFound
    case notReadable
    case notUnderstood
  }

  package let code: Code
  package let path: String
  package let reason: String
  package let advice: String

  package init(_ code: Code, path: String, reason: String, advice: String = "") {
    self.code = code
    self.path = path
    self.reason = reason
    self.advice = advice
  }

  package var description: String {
    "\(path): \(reason)" + (advice.isEmpty ? "" : "; \(advice)")
  }
}

/// Reads what the user points at: files, folders, archives, or `-` for standard input.
package enum InputFiles {
  /// The most that is read of one file; a configuration of this size exists nowhere.
  package static let sizeLimit = 2 << 30

  /// The files of one device, wherever they lie.
  package static func read(_ paths: [String]) throws(InputError) -> [ExportFile] {
    var result: [ExportFile] = []
    for path in paths {
      if path == "-" {
        let bytes = [UInt8](FileHandle.standardInput.readDataToEndOfFile())
        result += try unpacked(ExportFile(name: "-", bytes: bytes))
      } else if try isFolder(path) {
        for name in try names(in: path) { result += try unpacked(file(joined(path, name))) }
        guard !result.isEmpty else {
          throw InputError(
            .notUnderstood, path: path, reason: "the folder holds no file",
            advice: "give the export itself, or a folder with the files of one device")
        }
      } else {
        result += try unpacked(file(path))
      }
    }
    return result
  }

  static func isFolder(_ path: String) throws(InputError) -> Bool {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw InputError(.notFound, path: path, reason: "no such file or folder")
    }
    return isFolder.boolValue
  }

  static func joined(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  /// Paths of all files below a folder, relative to it and sorted; hidden ones are left out.
  static func names(
    in folder: String, skipping skipped: Set<String> = []
  ) throws(InputError) -> [String] {
    guard let top = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw InputError(.notReadable, path: folder, reason: "the folder cannot be read")
    }
    var result: [String] = []
    for name in top.sorted() where isVisible(name) && !skipped.contains(name) {
      let path = joined(folder, name)
      if try isFolder(path) {
        result += try names(in: path).map { joined(name, $0) }
      } else {
        result.append(name)
      }
    }
    return result
  }

  private static func isVisible(_ name: String) -> Bool {
    // `tar -c .` begins all names with `./`.
    !name.split(separator: "/").contains {
      $0.hasPrefix(".") && $0 != "." || $0 == "__MACOSX"
    }
  }

  static func file(_ path: String) throws(InputError) -> ExportFile {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    if let size = attributes?[.size] as? Int, size > sizeLimit {
      throw InputError(.notUnderstood, path: path, reason: "larger than \(sizeLimit >> 30) GiB")
    }
    let modified = (attributes?[.modificationDate] as? Date).map { Int($0.timeIntervalSince1970) }
    do {
      let bytes = [UInt8](
        try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe))
      return ExportFile(name: path, bytes: bytes, modified: modified)
    } catch {
      throw InputError(
        .notReadable, path: path, reason: "cannot be read: \(SystemWords.describe(error))")
    }
  }

  /// "Export device state" packs the running configuration with groups, templates and certificates.
  private static func isDeviceState(_ entries: [ArchiveReader.Entry]) -> Bool {
    entries.count > 1
      && entries.contains { ["running-config.xml", "./running-config.xml"].contains($0.name) }
  }

  /// The file, or what is in it where it is an archive.
  static func unpacked(_ file: ExportFile) throws(InputError) -> [ExportFile] {
    guard ArchiveReader.isArchive(file.bytes) else { return [file] }
    let entries: [ArchiveReader.Entry]
    do {
      entries = try ArchiveReader.entries(file.bytes)
    } catch {
      throw InputError(
        .notUnderstood, path: file.name, reason: error.reason,
        advice: "give the files themselves, or pack them again")
    }
    if isDeviceState(entries) {
      throw InputError(
        .notUnderstood, path: file.name,
        reason: "a PAN-OS device-state archive: what a Panorama has pushed lies beside the local "
          + "configuration in it, and together they make the rules",
        advice:
          "give the merged configuration (`show config merged`) or, where no Panorama manages "
          + "the firewall, running-config.xml out of the archive")
    }
    let files = entries.filter { isVisible($0.name) }.map { entry in
      ExportFile(
        name: entry.name.isEmpty ? file.name : "\(file.name)/\(entry.name)", bytes: entry.bytes,
        modified: entry.modified ?? file.modified)
    }
    guard !files.isEmpty else {
      throw InputError(.notUnderstood, path: file.name, reason: "the archive holds no file")
    }
    return files
  }
}

/// The system's own words for a failed file operation.
package enum SystemWords {
  package static func describe(_ error: any Error) -> String {
    let code = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    return code.map { String(cString: strerror(Int32($0.code))) } ?? error.localizedDescription
  }
}
