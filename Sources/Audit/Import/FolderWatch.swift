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
  /// Hidden, so that it is no export.
  private static let journalName = ".sallyport-reading"

  /// What a watched folder's journal is called.
  package static func journal(of folder: String) -> String {
    InputFiles.joined(folder, journalName)
  }

  /// What came of one look.
  package struct Round: Sendable {
    package var entries: [ImportUseCase.Entry]
    /// Files that fit nowhere, told again and again until somebody takes them away.
    package var strays: [(path: String, reason: String)]
    /// Files that were stored and could not be moved.
    package var unmoved: [InputError] = []
  }

  package init(folder: String, settle: Double, importer: ImportUseCase) {
    self.folder = folder
    self.settle = settle
    self.importer = importer
  }

  /// Takes what is there now.
  package func round(now: String) throws -> Round {
    guard try InputFiles.isFolder(folder) else {
      throw InputError(.notUnderstood, path: folder, reason: "not a folder")
    }
    let plan = try ImportPlan.layout([folder], skipping: [Self.done, Self.failed])
    let units = plan.units.filter { unit in
      unit.sources.allSatisfy { isSettled(onDisk($0.name)) }
    }
    let entries = importer.run(units, now: now)
    // Only what is on the disk for good leaves the folder.
    try importer.inventory?.makeDurable()
    // A file with several exports, such as an archive, moves once, and to done/ if all went well.
    var order: [String] = []
    var reasons: [String: [String]] = [:]
    var kept: Set<String> = []
    var interruption: (any Error)?
    for entry in entries {
      for path in Set(entry.unit.sources.map { onDisk($0.name) }).sorted() {
        if reasons[path] == nil { order.append(path) }
        reasons[path, default: []] += []
        guard case .failed(let error) = entry.status else { continue }
        // A busy or full database is no fault of the export: it stays for the next round.
        if let error = error as? InventoryError, error.code != .unknownName {
          kept.insert(path)
          interruption = error
        } else {
          reasons[path, default: []].append("\(error)")
        }
      }
    }
    var round = Round(entries: entries, strays: plan.strays)
    for path in order where !kept.contains(path) {
      do throws(InputError) {
        try move(path, because: reasons[path] ?? [])
      } catch {
        round.unmoved.append(error)
      }
    }
    if let interruption { throw interruption }
    return round
  }

  private func isSettled(_ path: String) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else { return false }
    let now = Date().timeIntervalSince1970
    let modified = Double(status.st_mtim.tv_sec)
    // A clock that was ahead wrote a time to come; the system's own note of the last change is not
    // for others to set.
    let changed = modified > now ? Double(status.st_ctim.tv_sec) : modified
    return now - changed >= settle
  }

  /// - Parameter reasons: why something in the file was not stored; empty where all was.
  private func move(_ path: String, because reasons: [String]) throws(InputError) {
    let manager = FileManager.default
    let relative = path.dropFirst(folder.count).drop { $0 == "/" }
    let place = InputFiles.joined(folder, reasons.isEmpty ? Self.done : Self.failed)
    let target = InputFiles.joined(place, String(relative))
    do {
      try manager.createDirectory(
        atPath: FilePath.folder(of: target), withIntermediateDirectories: true)
      let free = Self.freeName(target)
      try manager.moveItem(atPath: path, toPath: free)
      if !reasons.isEmpty {
        try Data((reasons.joined(separator: "\n") + "\n").utf8)
          .write(to: URL(fileURLWithPath: free + ".error.txt"))
      }
    } catch {
      throw InputError(
        .notReadable, path: path,
        reason: "cannot be moved to \(target): "
          + SystemWords.describe(error), advice: "it would be imported again and again")
    }
  }

  /// The file on disk of a name that may go on inside an archive.
  private func onDisk(_ name: String) -> String {
    var path = name
    while path.count > folder.count, !FileManager.default.fileExists(atPath: path) {
      path = FilePath.folder(of: path)
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
