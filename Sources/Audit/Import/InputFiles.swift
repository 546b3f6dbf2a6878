import Archives
import Foundation
import ImportKit
import Inventory

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

  /// How deep folders may lie in each other; links may make circles of them.
  private static let depthLimit = 32

  /// The files of one device, wherever they lie. The same bytes given twice count once.
  package static func read(_ paths: [String]) throws(InputError) -> [ExportFile] {
    var result: [ExportFile] = []
    for path in paths {
      if path == "-" {
        result += try unpacked(standardInput())
      } else if try isFolder(path) {
        let listing = try names(in: path)
        if let stray = listing.strays.first {
          throw InputError(.notReadable, path: stray.path, reason: stray.reason)
        }
        for name in listing.names { result += try unpacked(file(joined(path, name))) }
        guard !result.isEmpty else {
          throw InputError(
            .notUnderstood, path: path, reason: "the folder holds no file",
            advice: "give the export itself, or a folder with the files of one device")
        }
      } else {
        result += try unpacked(file(path))
      }
    }
    return distinct(result)
  }

  /// Without the files that are copies of an earlier one, in name and bytes: exports come loose and
  /// in an archive at once. A copy under another name may be something else to a format.
  static func distinct(_ files: [ExportFile]) -> [ExportFile] {
    struct Copy: Hashable {
      let name: Substring?
      let bytes: [UInt8]
    }
    guard files.count > 1 else { return files }
    var seen: Set<Copy> = []
    return files.filter { file in
      seen.insert(Copy(name: file.name.split(separator: "/").last, bytes: file.bytes)).inserted
    }
  }

  package static func isFolder(_ path: String) throws(InputError) -> Bool {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw InputError(.notFound, path: path, reason: "no such file or folder")
    }
    return isFolder.boolValue
  }

  static func joined(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  /// What lies below a folder: paths relative to it, sorted, and what cannot be looked at.
  struct Listing {
    var names: [String] = []
    var strays: [(path: String, reason: String)] = []
  }

  /// All files below a folder; hidden ones are left out.
  static func names(
    in folder: String, skipping skipped: Set<String> = []
  ) throws(InputError) -> Listing {
    guard let top = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw InputError(.notReadable, path: folder, reason: "the folder cannot be read")
    }
    var listing = Listing()
    for name in top.sorted() where isVisible(name) && !skipped.contains(name) {
      list(name, in: folder, depth: 0, &listing)
    }
    return listing
  }

  private static func list(
    _ name: String, in root: String, depth: Int, _ listing: inout Listing
  ) {
    let path = joined(root, name)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      listing.strays.append((path, "a link that leads nowhere"))
      return
    }
    guard isFolder.boolValue else {
      listing.names.append(name)
      return
    }
    guard depth < depthLimit else {
      listing.strays.append((path, "folders lie more than \(depthLimit) deep in each other"))
      return
    }
    guard let inner = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      listing.strays.append((path, "the folder cannot be read"))
      return
    }
    // A link to a folder further up would be walked again and again.
    let own = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let isLink = (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil
    let here = URL(fileURLWithPath: FilePath.folder(of: path))
      .resolvingSymlinksInPath().path
    if isLink, here == own || here.hasPrefix(own == "/" ? own : own + "/") {
      listing.strays.append((path, "a link to a folder that it lies in"))
      return
    }
    for entry in inner.sorted() where isVisible(entry) {
      list(joined(name, entry), in: root, depth: depth + 1, &listing)
    }
  }

  private static func isVisible(_ name: String) -> Bool {
    // `tar -c .` begins all names with `./`.
    !name.split(separator: "/").contains {
      $0.hasPrefix(".") && $0 != "." || $0 == "__MACOSX"
    }
  }

  static func file(_ path: String) throws(InputError) -> ExportFile {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw InputError(
        errno == ENOENT ? .notFound : .notReadable, path: path,
        reason: "cannot be read: \(SystemWords.words(errno))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      // A pipe, such as `<(…)` of a shell, has neither a size nor a time.
      return ExportFile(name: path, bytes: try bytes(of: descriptor, path: path))
    }
    return ExportFile(
      name: path, bytes: try bytes(of: descriptor, path: path, size: Int(status.st_size)),
      modified: Int(status.st_mtim.tv_sec))
  }

  private static func standardInput() throws(InputError) -> ExportFile {
    ExportFile(name: "-", bytes: try bytes(of: STDIN_FILENO, path: "standard input"))
  }

  /// Everything that comes from a descriptor.
  ///
  /// - Parameter size: what is expected; more may come, or less.
  private static func bytes(
    of descriptor: Int32, path: String, size: Int = 0
  ) throws(InputError) -> [UInt8] {
    var result: [UInt8] = []
    while true {
      let wanted = max(size - result.count + 1, 1 << 16)
      guard result.count + wanted <= sizeLimit + 1 << 16 else {
        throw InputError(.notUnderstood, path: path, reason: "larger than \(sizeLimit >> 30) GiB")
      }
      var code: Int32 = 0
      let piece = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
        repeat {
          let got = Foundation.read(descriptor, buffer.baseAddress, wanted)
          code = got < 0 ? errno : 0
          count = max(got, 0)
        } while code == EINTR
      }
      guard code == 0 else {
        throw InputError(
          .notReadable, path: path, reason: "cannot be read: \(SystemWords.words(code))")
      }
      if piece.isEmpty { return result }
      if result.isEmpty { result = piece } else { result += piece }
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
