import CLibArchive

/// Why an archive could not be read.
package struct ArchiveError: Error, Equatable, CustomStringConvertible, Sendable {
  package let reason: String

  package var description: String { reason }
}

/// Reads tar and zip archives, and single compressed files, in memory. Nothing is unpacked to disk,
/// so that names in an archive can do no harm.
package enum ArchiveReader {
  package struct Entry: Sendable {
    /// The name in the archive; empty for a single compressed file.
    package let name: String
    package let bytes: [UInt8]
    /// Seconds since 1970, where the archive has it.
    package let modified: Int?
  }

  /// The most that an archive may unpack to.
  package static let sizeLimit = 2 << 30
  /// The most that an archive may unpack to for each of its bytes, beyond the first 64 MiB: texts of
  /// configurations shrink to a fiftieth, blanks to a thousandth.
  package static let ratioLimit = 200
  /// What is unpacked whatever the ratio.
  package static let freeSize = 64 << 20
  /// The most files that an archive may hold.
  package static let entryLimit = 100_000

  /// Whether bytes begin like an archive or a compressed file.
  package static func isArchive(_ bytes: [UInt8]) -> Bool {
    let signatures: [[UInt8]] = [
      [0x50, 0x4B, 0x03, 0x04], [0x50, 0x4B, 0x05, 0x06],  // zip
      [0x1F, 0x8B], [0x42, 0x5A, 0x68], [0x28, 0xB5, 0x2F, 0xFD],  // gzip, bzip2, zstd
      [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00],  // xz
    ]
    if signatures.contains(where: { bytes.starts(with: $0) }) { return true }
    return bytes.count > 262 && Array(bytes[257..<262]) == Array("ustar".utf8)
  }

  /// The files in an archive, in its order.
  package static func entries(_ bytes: [UInt8]) throws(ArchiveError) -> [Entry] {
    guard let reader = archive_read_new() else { throw ArchiveError(reason: "out of memory") }
    defer { archive_read_free(reader) }
    // Only what libarchive unpacks itself: `filter_all` runs programs of the PATH for lrzip, lzop and
    // grzip (archive_read_filter(3)).
    for support in [
      archive_read_support_filter_gzip, archive_read_support_filter_bzip2,
      archive_read_support_filter_xz, archive_read_support_filter_zstd,
      archive_read_support_filter_compress, archive_read_support_filter_lzma,
    ] where support(reader) != ARCHIVE_OK {
      // A library without the code for a format would run a program for it instead.
      throw ArchiveError(reason: "this build of libarchive cannot unpack what archives need")
    }
    archive_read_support_format_tar(reader)
    archive_read_support_format_zip(reader)
    archive_read_support_format_raw(reader)
    let read: Result<[Entry], ArchiveError> = bytes.withUnsafeBytes { buffer in
      guard archive_read_open_memory(reader, buffer.baseAddress, buffer.count) == ARCHIVE_OK else {
        return .failure(error(of: reader, "the archive cannot be opened"))
      }
      return Result { () throws(ArchiveError) in try entries(of: reader, packed: buffer.count) }
    }
    return try read.get()
  }

  private static func entries(
    of reader: OpaquePointer, packed: Int
  ) throws(ArchiveError) -> [Entry] {
    var result: [Entry] = []
    var total = 0
    let limit = min(sizeLimit, max(freeSize, packed.multipliedReportingOverflow(by: ratioLimit).0))
    var header: OpaquePointer?
    while true {
      let status = archive_read_next_header(reader, &header)
      if status == ARCHIVE_EOF { return result }
      guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let header else {
        throw error(of: reader, "the archive is damaged")
      }
      guard archive_entry_filetype(header) & 0o170000 == 0o100000 else { continue }
      if archive_entry_is_encrypted(header) != 0 {
        throw ArchiveError(reason: "the archive is encrypted; give the files themselves")
      }
      guard result.count < entryLimit else {
        throw ArchiveError(reason: "the archive holds more than \(entryLimit) files")
      }
      let isRaw = archive_format(reader) == ARCHIVE_FORMAT_RAW
      let name = isRaw ? "" : archive_entry_pathname(header).map { String(cString: $0) } ?? ""
      let content = try content(of: reader, total: &total, limit: limit)
      let hasTime = archive_entry_mtime_is_set(header) != 0
      result.append(
        Entry(name: name, bytes: content, modified: hasTime ? archive_entry_mtime(header) : nil))
    }
  }

  private static func content(
    of reader: OpaquePointer, total: inout Int, limit: Int
  ) throws(ArchiveError) -> [UInt8] {
    var content: [UInt8] = []
    let size = 1 << 20
    var buffer = [UInt8](repeating: 0, count: size)
    while true {
      let count = archive_read_data(reader, &buffer, size)
      if count == 0 { return content }
      guard count > 0 else { throw error(of: reader, "the archive is damaged") }
      total += count
      guard total <= limit else {
        throw ArchiveError(
          reason: "the archive unpacks to more than \(limit >> 20) MiB, too much for its size")
      }
      content += buffer[..<count]
    }
  }

  private static func error(of reader: OpaquePointer, _ what: String) -> ArchiveError {
    let words = archive_error_string(reader).map { String(cString: $0) }
    return ArchiveError(reason: what + (words.map { ": \($0)" } ?? ""))
  }
}
