/// What stands between the tokens of one unit.
extension HostTokenFinder {
  /// Fills in words and notes around the tokens, which are given in their order.
  func surrounded(_ found: [(token: HostToken, range: Range<Int>)]) -> [HostToken] {
    var result = found.map(\.token)
    var previous = 0
    for position in found.indices {
      let range = found[position].range
      let gap = Gap(text, max(previous, 0)..<max(previous, range.lowerBound))
      // A note belongs to the token in front of it.
      if position > 0 {
        result[position - 1].note = gap.note
        result[position - 1].hasWordsAfter = gap.hasWordsAtStart
      }
      result[position].hasWordsBefore = gap.hasWordsAtEnd
      previous = range.upperBound
    }
    if let last = result.indices.last {
      let gap = Gap(text, min(previous, text.count)..<text.count)
      result[last].note = gap.note
      result[last].hasWordsAfter = gap.hasWordsAtStart
    }
    return result
  }

  /// The text between two tokens.
  struct Gap {
    /// What stands in parentheses at the start.
    private(set) var note: String?
    /// Words before the first break, the note left out.
    private(set) var hasWordsAtStart = false
    /// Words behind the last break.
    private(set) var hasWordsAtEnd = false

    init(_ text: [UInt8], _ range: Range<Int>) {
      var start = range.lowerBound
      while start < range.upperBound,
        text[start] == 0x20 || text[start] == PageUnit.codeEnd || text[start] == PageUnit.linkEnd
          || text[start] == 0xC2 && start + 1 < range.upperBound && text[start + 1] == 0xA0
      {
        start += text[start] == 0xC2 ? 2 : 1
      }
      if let (inner, end) = Self.parenthesis(text, start..<range.upperBound) {
        note = Self.plain(text, inner)
        start = end
      }
      var firstBreak: Int?
      var lastBreak: Int?
      var index = start
      while index < range.upperBound {
        if let length = Self.breakLength(text, index, before: range.upperBound) {
          if firstBreak == nil { firstBreak = index }
          lastBreak = index + length
          index += length
        } else {
          index += 1
        }
      }
      hasWordsAtStart = Self.hasWords(text, start..<(firstBreak ?? range.upperBound))
      hasWordsAtEnd = Self.hasWords(text, (lastBreak ?? start)..<range.upperBound)
    }

    private static func plain(_ text: [UInt8], _ range: Range<Int>) -> String {
      String(decoding: text[range].filter { $0 >= 0x20 && $0 != PageUnit.control }, as: UTF8.self)
    }

    private static func breakLength(_ text: [UInt8], _ index: Int, before end: Int) -> Int? {
      if text[index] == PageUnit.lineBreak || text[index] == 0x09 { return 1 }
      if text[index] == 0x20, index + 1 < end, text[index + 1] == 0x20 { return 2 }
      return nil
    }

    /// The inside of a parenthesis that begins at a place, and where it ends.
    private static func parenthesis(
      _ text: [UInt8], _ range: Range<Int>
    ) -> (Range<Int>, Int)? {
      guard range.lowerBound < range.upperBound else { return nil }
      let start: Int
      if text[range.lowerBound] == 0x28 {
        start = range.lowerBound + 1
      } else if text[range].starts(with: Array("（".utf8)) {
        start = range.lowerBound + 3
      } else {
        return nil
      }
      var index = start
      while index < range.upperBound, index - start < 400 {
        if text[index] == 0x29 { return (start..<index, index + 1) }
        if text[index...].starts(with: Array("）".utf8)) { return (start..<index, index + 3) }
        index += 1
      }
      return nil
    }

    /// Whether a text has letters or digits of any script.
    static func hasWords(_ text: [UInt8], _ range: Range<Int>) -> Bool {
      var index = range.lowerBound
      while index < range.upperBound {
        let byte = text[index]
        if byte < 0x80 {
          if (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) { return true }
          index += 1
          continue
        }
        let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
        let end = min(index + length, range.upperBound)
        let scalar = String(decoding: text[index..<end], as: UTF8.self).unicodeScalars.first
        if let scalar, scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
          return true
        }
        index += length
      }
      return false
    }
  }
}

/// Whole numbers in a text, whatever digits they are written with.
enum PageNumbers {
  static func all(in text: String) -> [Int] {
    var result: [Int] = []
    var value: Int?
    for scalar in text.unicodeScalars {
      let digit: Int?
      switch scalar.value {
      case 0x30...0x39: digit = Int(scalar.value) - 0x30
      // Arabic-Indic, Persian, Devanagari, full-width.
      case 0x660...0x669: digit = Int(scalar.value) - 0x660
      case 0x6F0...0x6F9: digit = Int(scalar.value) - 0x6F0
      case 0x966...0x96F: digit = Int(scalar.value) - 0x966
      case 0xFF10...0xFF19: digit = Int(scalar.value) - 0xFF10
      default: digit = nil
      }
      if let digit {
        value = min((value ?? 0) * 10 + digit, 1_000_000)
      } else if let number = value {
        result.append(number)
        value = nil
      }
    }
    if let value { result.append(value) }
    return result
  }
}
