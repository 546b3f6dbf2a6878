/// The text encodings in which exports arrive although their format says UTF-8.
package enum TextEncoding {
  /// UTF-8 for text that is UTF-16, told by its byte-order mark or by the zero bytes that ASCII has
  /// in it; nil for other text.
  package static func utf16(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count >= 4 else { return nil }
    let bigEndian: Bool
    var start = 2
    switch (bytes[0], bytes[1], bytes[2], bytes[3]) {
    case (0xFF, 0xFE, _, _): bigEndian = false
    case (0xFE, 0xFF, _, _): bigEndian = true
    case (1..., 0, 1..., 0):
      bigEndian = false
      start = 0
    case (0, 1..., 0, 1...):
      bigEndian = true
      start = 0
    default: return nil
    }
    var units: [UInt16] = []
    units.reserveCapacity(bytes.count / 2)
    var index = start
    while index + 1 < bytes.count {
      let first = UInt16(bytes[index])
      let second = UInt16(bytes[index + 1])
      units.append(bigEndian ? first << 8 | second : second << 8 | first)
      index += 2
    }
    return Array(String(decoding: units, as: UTF16.self).utf8)
  }

  /// Replaces comment lines before the first value by blanks, so that positions stay right; returns
  /// how many there were.
  static func blankLeadingComments(_ text: inout [UInt8]) -> Int {
    var index = 0
    var count = 0
    while index < text.count {
      let byte = text[index]
      if byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
        index += 1
        continue
      }
      let isComment =
        byte == 0x23 || byte == 0x2F && index + 1 < text.count && text[index + 1] == 0x2F
      guard isComment else { return count }
      count += 1
      while index < text.count, text[index] != 0x0A {
        text[index] = 0x20
        index += 1
      }
    }
    return count
  }

  /// Replaces every comment line by blanks, so that positions stay right; returns how many there
  /// were.
  static func blankCommentLines(_ text: inout [UInt8]) -> Int {
    var count = 0
    var lineStart = 0
    while lineStart < text.count {
      let lineEnd = text[lineStart...].firstIndex(of: 0x0A) ?? text.count
      let first = text[lineStart..<lineEnd].firstIndex { $0 != 0x20 && $0 != 0x09 }
      if let first {
        let isComment =
          text[first] == 0x23
          || text[first] == 0x2F && first + 1 < lineEnd && text[first + 1] == 0x2F
        if isComment {
          count += 1
          for index in first..<lineEnd { text[index] = 0x20 }
        }
      }
      lineStart = lineEnd + 1
    }
    return count
  }
}
