import Foundation
import Inventory

/// Imports what lies in a folder and moves it out of the way.
///
/// A file is taken once it has not changed for a while, so that half-copied exports are left alone.
/// What was stored moves to `done/`, what was not to `failed/`, with the reason beside it.
package struct FolderWatch: Sendable {
  package let folder: String
  /// Seconds.
  package let settle: Double
  package let importer: ImportUseCase

  private static let done = "done"
  private static let failed = "failed"

  package init(folder: String, settle: Double, importer: ImportUseCase) {
    self.folder = folder
    self.settle = settle
    self.importer = importer
  }

  /// Takes what is there now.
  package func round(now: String) throws -> [ImportUseCase.Entry] {
    guard try InputFiles.isFolder(folder) else {
      throw InputError(.notUnderstood, path: folder, reason: "not a folder")
    }
    let plan = try ImportPlan.layout([folder], skipping: [Self.done, Self.failed])
    let units = plan.units.filter { unit in unit.sources.allSatisfy { isSettled($0.name) } }
    let entries = importer.run(units, now: now)
    for entry in entries {
      switch entry.status {
      case .stored: try move(entry.unit, to: Self.done, reason: nil)
      case .failed(let error):
        // A busy or full database is no fault of the export: it stays for the next round.
        if let error = error as? InventoryError, error.code != .unknownName { throw error }
        try move(entry.unit, to: Self.failed, reason: "\(error)")
      }
    }
    return entries
  }

  private func isSettled(_ path: String) -> Bool {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard let modified = attributes?[.modificationDate] as? Date else {
      // A file inside an archive: the archive itself counts, which the plan has read whole.
      return true
    }
    return Date().timeIntervalSince(modified) >= settle
  }

  private func move(_ unit: ImportUnit, to name: String, reason: String?) throws {
    let manager = FileManager.default
    for source in unit.sources {
      let path = onDisk(source.name)
      guard manager.fileExists(atPath: path) else { continue }
      let relative = path.dropFirst(folder.count).drop { $0 == "/" }
      let target = InputFiles.joined(InputFiles.joined(folder, name), String(relative))
      do {
        try manager.createDirectory(
          atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let free = Self.freeName(target)
        try manager.moveItem(atPath: path, toPath: free)
        if let reason {
          try Data((reason + "\n").utf8).write(to: URL(fileURLWithPath: free + ".error.txt"))
        }
      } catch {
        throw InputError(
          .notReadable, path: path,
          reason: "cannot be moved to \(target): "
            + SystemWords.describe(error), advice: "it would be imported again and again")
      }
    }
  }

  /// The file on disk of a name that may go on inside an archive.
  private func onDisk(_ name: String) -> String {
    var path = name
    while path.count > folder.count, !FileManager.default.fileExists(atPath: path) {
      path = (path as NSString).deletingLastPathComponent
    }
    return path
  }

  private static func freeName(_ path: String) -> String {
    var free = path
    var number = 2
    while FileManager.default.fileExists(atPath: free) {
      free = "\(path).\(number)"
      number += 1
    }
    return free
  }
}
