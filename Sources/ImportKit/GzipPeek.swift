import CZlib

/// A look into a gzip file, to say what kind of archive it is.
enum GzipPeek {
  /// The most that is unpacked for it.
  private static let limit = 8 << 20

  /// Names of the files at the start of a gzipped tar archive; empty for anything else.
  static func tarNames(_ bytes: [UInt8]) -> [String] {
    let content = unpacked(bytes)
    var names: [String] = []
    var offset = 0
    // A tar header: name in 100 bytes, size in octal at 124, the word `ustar` at 257 (POSIX pax).
    while offset + 512 <= content.count {
      let header = content[offset..<offset + 512]
      guard header[offset + 257..<offset + 262].elementsEqual("ustar".utf8) else { break }
      let name = header.prefix(100).prefix { $0 != 0 }
      names.append(String(decoding: name, as: UTF8.self))
      let digits = header[offset + 124..<offset + 136].filter { (0x30...0x37).contains($0) }
      let size = digits.reduce(0) { $0 &* 8 &+ Int($1 - 0x30) }
      guard size >= 0, size < Int.max / 2 else { break }
      offset += 512 + (size + 511) / 512 * 512
    }
    return names
  }

  private static func unpacked(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    // 16 added to the window size asks for a gzip header (zlib manual, inflateInit2).
    guard
      inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return [] }
    defer { inflateEnd(&stream) }
    var input = Array(bytes.prefix(limit))
    var result = [UInt8](repeating: 0, count: min(limit, max(bytes.count, 1) * 64))
    let written = input.withUnsafeMutableBufferPointer { source in
      result.withUnsafeMutableBufferPointer { target in
        stream.next_in = source.baseAddress
        stream.avail_in = UInt32(source.count)
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(target.count)
        // Whatever ends it (end of file, full buffer, damage), what was written is good.
        _ = inflate(&stream, Z_SYNC_FLUSH)
        return target.count - Int(stream.avail_out)
      }
    }
    return Array(result.prefix(written))
  }
}
