import Foundation

/// Databases on media that cannot be written.
///
/// A write-ahead log needs a file for its index beside it, which cannot be made there. Nobody can
/// change the database there either, so that it may be read as it is, provided that all of it is in
/// the file itself.
enum ReadOnlyMedium {
  /// Whether nothing is left in a log beside the file. Reading the file alone would otherwise show
  /// an older state without a word.
  static func isWhole(_ path: String) throws -> Bool {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path + "-wal")
    guard let size = attributes?[.size] as? Int, size > 0 else { return true }
    throw InventoryError(
      .cannotWrite,
      "\(path): what was written last is still in \(path)-wal, which cannot be read here",
      advice: "copy both files to a place that can be written, or make the copy with "
        + "`sallyport backup`")
  }

  /// The file as SQLite takes it when it must not look for a log.
  static func immutableName(_ path: String) -> String {
    var allowed = CharacterSet.urlPathAllowed
    allowed.remove(charactersIn: "?#%")
    return "file:\(path.addingPercentEncoding(withAllowedCharacters: allowed) ?? path)?immutable=1"
  }
}
