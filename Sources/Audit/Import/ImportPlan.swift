import Archives
import Foundation
import ImportKit
import Inventory

/// One export that is to be stored, before it is read.
package struct ImportUnit: Sendable {
  package enum Source: Sendable {
    case path(String)
    case loaded(ExportFile)

    package var name: String {
      switch self {
      case .path(let path): path
      case .loaded(let file): file.name
      }
    }
  }

  package var site: String
  /// Nil to take the name that the export gives itself.
  package var device: String?
  /// ISO-8601 UTC; nil to take the export's own time, then the file's.
  package var takenAt: String?
  package var takenAtSource: SnapshotToStore.TimeSource
  package var sources: [Source]

  package init(
    site: String, device: String?, takenAt: String?,
    takenAtSource: SnapshotToStore.TimeSource = .option, sources: [Source]
  ) {
    self.site = site
    self.device = device
    self.takenAt = takenAt
    self.takenAtSource = takenAtSource
    self.sources = sources
  }

  /// What to call it in messages.
  package var label: String {
    sources.count == 1
      ? sources[0].name : "\(sources.first?.name ?? "-") and \(sources.count - 1) more"
  }

  package func files() throws(InputError) -> [ExportFile] {
    var files: [ExportFile] = []
    for source in sources {
      switch source {
      case .path(let path): files += try InputFiles.unpacked(InputFiles.file(path))
      case .loaded(let file): files.append(file)
      }
    }
    return InputFiles.distinct(files)
  }
}

/// Finds the exports in a folder or archive laid out as `<site>/<device>/<date>…`.
///
/// What has the same date belongs to one export; what has none, too. A file right in a site's
/// folder is a device of its own, named by the file without its date.
package struct ImportPlan: Sendable {
  package var units: [ImportUnit] = []
  /// Files that fit no layout, with the reason.
  package var strays: [(path: String, reason: String)] = []

  /// - Parameters:
  ///   - paths: folders and archives.
  ///   - skipped: folders right below them that hold something else.
  package static func layout(
    _ paths: [String], skipping skipped: Set<String> = []
  ) throws(InputError) -> ImportPlan {
    var builder = Builder()
    for path in paths {
      if try InputFiles.isFolder(path) {
        let listing = try InputFiles.names(in: path, skipping: skipped)
        builder.strays += listing.strays
        for name in listing.names { try builder.add(name, of: path) }
      } else {
        try builder.addArchive(try InputFiles.file(path), below: [])
      }
    }
    return builder.plan()
  }

  private struct Key: Hashable {
    let site: String
    let device: String
    let date: String?
  }

  private struct Builder {
    private var order: [Key] = []
    private var groups: [Key: [ImportUnit.Source]] = [:]
    var strays: [(path: String, reason: String)] = []
    /// Archives that cannot be read.
    private var broken: [String] = []

    mutating func add(_ name: String, of folder: String) throws(InputError) {
      let path = InputFiles.joined(folder, name)
      let components = name.split(separator: "/").map(String.init)
      // Archives in the root are like the folder itself, those further in hold one export's files.
      if components.count == 1 {
        do {
          let file = try InputFiles.file(path)
          if ArchiveReader.isArchive(file.bytes) { return try addArchive(file, below: []) }
        } catch {
          // Read again as an export, it fails with this reason and does not stop the others.
          broken.append(path)
          return
        }
      }
      add(components, .path(path))
    }

    mutating func addArchive(_ file: ExportFile, below components: [String]) throws(InputError) {
      guard ArchiveReader.isArchive(file.bytes) else {
        throw InputError(
          .notUnderstood, path: file.name, reason: "neither a folder nor an archive",
          advice: "say which site a single export belongs to with --site")
      }
      let date = DateStamp.find(in: file.name.split(separator: "/").last.map(String.init) ?? "")
      for inner in try InputFiles.unpacked(file) {
        let name = inner.name.dropFirst(file.name.count)
        let parts = name.split(separator: "/").map(String.init).filter { $0 != "." }
        add(components + parts, .loaded(inner), date: date?.stamp.moment)
      }
    }

    private mutating func add(
      _ components: [String], _ source: ImportUnit.Source, date fallback: String? = nil
    ) {
      guard components.count > 1 else {
        strays.append((source.name, "it lies in no site's folder"))
        return
      }
      var device = components[1]
      var date = fallback
      if components.count == 2 {
        let found = DateStamp.find(in: DeviceName.fromFile(device))
        device = found.map(\.remainder) ?? DeviceName.fromFile(device)
        if device.isEmpty { device = components[0] }
        date = found?.stamp.moment ?? date
      } else {
        for part in components[2...] {
          if let found = DateStamp.find(in: part) {
            date = found.stamp.moment
            break
          }
        }
      }
      let key = Key(site: components[0], device: device, date: date)
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(source)
    }

    func plan() -> ImportPlan {
      ImportPlan(
        units: order.map { key in
          ImportUnit(
            site: key.site, device: key.device, takenAt: key.date, takenAtSource: .file,
            sources: groups[key] ?? [])
        }
          + broken.map { path in
            ImportUnit(
              site: "", device: nil, takenAt: nil, takenAtSource: .file, sources: [.path(path)])
          }, strays: strays)
    }
  }
}
