/// The text of a published page as UTF-8, with the places of its bytes.
///
/// Places are found by blocks, so that a page of one endless line costs no more than any other.
struct PageText: Sendable {
  let bytes: [UInt8]
  /// How the page was encoded, for the report.
  let encoding: Encoding
  private let blocks: [Block]

  enum Encoding: String, Sendable {
    case utf8 = "UTF-8"
    case utf16 = "UTF-16"
    case windows1252 = "Windows-1252"
    /// UTF-8 with bytes that are none; each is replaced by U+FFFD.
    case damaged = "UTF-8, damaged"
  }

  /// What lies before a block: scalars, line ends, and where the last line began.
  private struct Block {
    let scalars: Int
    let lines: Int
    let lineStart: Int
    let lineStartScalars: Int
  }

  private static let blockSize = 512

  /// The largest page that is read: the article has 15 KB, a saved page with all its scripts a few
  /// megabytes.
  static let sizeLimit = 16 << 20

  init(_ raw: [UInt8], file: String) throws(CatalogueError) {
    guard raw.count <= Self.sizeLimit else {
      throw CatalogueError(
        file: file,
        reason: "\(raw.count >> 20) MB; no published list is larger than "
          + "\(Self.sizeLimit >> 20) MB")
    }
    (bytes, encoding) = Self.decoded(raw)
    var blocks: [Block] = []
    blocks.reserveCapacity(bytes.count / Self.blockSize + 1)
    var scalars = 0
    var lines = 0
    var lineStart = 0
    var lineStartScalars = 0
    for index in bytes.indices {
      if index % Self.blockSize == 0 {
        blocks.append(
          Block(
            scalars: scalars, lines: lines, lineStart: lineStart,
            lineStartScalars: lineStartScalars))
      }
      if bytes[index] & 0xC0 != 0x80 { scalars += 1 }
      if bytes[index] == 0x0A {
        lines += 1
        lineStart = index + 1
        lineStartScalars = scalars
      }
    }
    self.blocks = blocks
  }

  /// Line and column of a byte, both counted from 1, columns in scalars.
  func place(of offset: Int) -> (line: Int, column: Int) {
    guard offset / Self.blockSize < blocks.count else { return (1, 1) }
    let block = blocks[offset / Self.blockSize]
    var scalars = block.scalars
    var lines = block.lines
    var start = block.lineStartScalars
    for index in (offset / Self.blockSize * Self.blockSize)..<offset {
      if bytes[index] & 0xC0 != 0x80 { scalars += 1 }
      if bytes[index] == 0x0A {
        lines += 1
        start = scalars
      }
    }
    return (lines + 1, scalars - start + 1)
  }

  // MARK: Encodings

  private static func decoded(_ raw: [UInt8]) -> ([UInt8], Encoding) {
    if raw.starts(with: [0xEF, 0xBB, 0xBF]) { return decodedUTF8(Array(raw.dropFirst(3))) }
    if let units = utf16(raw) {
      return (Array(String(decoding: units, as: UTF16.self).utf8), .utf16)
    }
    return decodedUTF8(raw)
  }

  private static func decodedUTF8(_ raw: [UInt8]) -> ([UInt8], Encoding) {
    var parser = UTF8.ForwardParser()
    var iterator = raw.makeIterator()
    var long = 0
    var wrong = 0
    scan: while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let scalar): if scalar.count > 1 { long += 1 }
      case .error: wrong += 1
      case .emptyInput: break scan
      }
    }
    if wrong == 0 { return (raw, .utf8) }
    // A text of the old code page has hardly any byte pair that is UTF-8 by accident.
    if long > wrong { return (Array(String(decoding: raw, as: UTF8.self).utf8), .damaged) }
    var result: [UInt8] = []
    result.reserveCapacity(raw.count + raw.count / 8)
    for byte in raw {
      if byte < 0x80 {
        result.append(byte)
      } else {
        // Beyond ASCII only the boundaries of words matter here: ISO-8859-1 letters are letters in
        // Windows-1252 as well, and what differs are quotes and dashes.
        let scalar: Unicode.Scalar = byte < 0xA0 ? "\u{2019}" : Unicode.Scalar(byte)
        result.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
      }
    }
    return (result, .windows1252)
  }

  private static func utf16(_ raw: [UInt8]) -> [UInt16]? {
    guard raw.count >= 4 else { return nil }
    let bigEndian: Bool
    var index = 2
    switch (raw[0], raw[1], raw[2], raw[3]) {
    case (0xFF, 0xFE, _, _): bigEndian = false
    case (0xFE, 0xFF, _, _): bigEndian = true
    case (1..., 0, 1..., 0):
      bigEndian = false
      index = 0
    case (0, 1..., 0, 1...):
      bigEndian = true
      index = 0
    default: return nil
    }
    var units: [UInt16] = []
    units.reserveCapacity(raw.count / 2)
    while index + 1 < raw.count {
      let high = UInt16(bigEndian ? raw[index] : raw[index + 1])
      units.append(high << 8 | UInt16(bigEndian ? raw[index + 1] : raw[index]))
      index += 2
    }
    return units
  }
}
