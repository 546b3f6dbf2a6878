import ImportKit

/// The tests of texts in a rule: `content` and `pcre` with their modifiers.
struct SuricataTests {
  /// One test of a buffer.
  struct Test {
    var buffer: String
    var dotted: Bool
    var lowercased: Bool
    var text: String
    var isExpression = false
    var negated: Bool
    var ignoresCase = false
    var start = false
    var end = false
    /// Set where the test has an offset, a distance or the like.
    var isPlaced = false
    var length: Int?

    /// The hosts that the test holds for, whether negated or not; nil where it is not evaluated.
    var pattern: HostPattern? {
      if isExpression {
        guard !dotted else { return nil }
        return SuricataTests.expression(text, ignoringCase: ignoresCase)
      }
      guard !isPlaced else { return nil }
      var isWhole = false
      // The size is that of the buffer, whatever is looked for in it.
      if negated, length != nil { return nil }
      if let length {
        let own = text.utf8.count
        // With the dot put before the name a whole text has one byte more.
        isWhole = length == own
        if !isWhole { return nil }
      }
      return AWSNames.content(
        text, dotted: dotted, start: start || isWhole, end: end || isWhole)
    }
  }

  private(set) var all: [Test] = []
  private var buffer = "payload"
  private var dotted = false
  private var lowercased = false

  /// Takes the buffer that the next texts are looked for in.
  mutating func use(_ name: String, isLegacy: Bool = false) {
    if isLegacy, !all.isEmpty { all[all.count - 1].buffer = name }
    (buffer, dotted, lowercased) = (name, false, false)
  }

  /// Takes a keyword about texts; false where it is none.
  mutating func take(_ keyword: String, _ value: String) -> Bool {
    switch keyword {
    case "content":
      let negated = value.utf8.first == UInt8(ascii: "!")
      let quoted = (negated ? String(value.dropFirst()) : value).trimmed
      all.append(
        Test(
          buffer: buffer, dotted: dotted, lowercased: lowercased,
          text: Self.decoded(SuricataRule.unquoted(quoted)), negated: negated))
    case "pcre": all.append(expressionTest(value))
    case "dotprefix": dotted = true
    case "to_lowercase": lowercased = true
    case "pkt_data": (buffer, dotted, lowercased) = ("payload", false, false)
    case "nocase", "startswith", "endswith", "offset", "depth", "distance", "within", "bsize",
      "http_host", "http_raw_host", "isdataat":
      guard !all.isEmpty else { return false }
      modify(all.count - 1, keyword, value)
    default: return false
    }
    return true
  }

  private mutating func modify(_ last: Int, _ keyword: String, _ value: String) {
    switch keyword {
    case "nocase": all[last].ignoresCase = true
    case "startswith": all[last].start = true
    case "endswith": all[last].end = true
    case "bsize": all[last].length = Int(value) ?? -1
    case "http_host", "http_raw_host": all[last].buffer = "host"
    case "depth" where Int(value) == all[last].text.utf8.count && !all[last].negated:
      // As deep as the text is long: it stands at the start.
      all[last].start = true
    case "isdataat" where value.filter({ $0 != " " }) == "!1,relative":
      // Nothing behind the text.
      all[last].end = true
    default: all[last].isPlaced = true
    }
  }

  // MARK: Expressions

  /// `"/expression/flags"`, perhaps with `!` before it.
  private func expressionTest(_ value: String) -> Test {
    let negated = value.utf8.first == UInt8(ascii: "!")
    let quoted = (negated ? String(value.dropFirst()) : value).trimmed
    let text = SuricataRule.unquoted(quoted)
    var test = Test(
      buffer: buffer, dotted: dotted, lowercased: lowercased, text: text, isExpression: true,
      negated: negated)
    let slash = UInt8(ascii: "/")
    let bytes = Array(text.utf8)
    guard bytes.first == slash, let end = bytes.lastIndex(of: slash), end > 0 else {
      test.buffer = "pattern"
      return test
    }
    let flags = String(decoding: bytes[(end + 1)...], as: UTF8.self)
    test.text = Self.withoutEscapedSlashes(bytes[1..<end])
    test.ignoresCase = flags.contains("i")
    if flags.contains("W") || flags.contains("Z") { test.buffer = "host" }
    // Any flag but case changes what the expression means.
    if flags.contains(where: { !"iWZ".contains($0) }) { test.buffer = "pattern" }
    return test
  }

  private static func withoutEscapedSlashes(_ bytes: ArraySlice<UInt8>) -> String {
    var result: [UInt8] = []
    for byte in bytes {
      if byte == UInt8(ascii: "/"), result.last == UInt8(ascii: "\\") { result.removeLast() }
      result.append(byte)
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// An expression; `(^|\.)x$`, the usual way to say "the domain and all below it", with it.
  static func expression(_ text: String, ignoringCase: Bool) -> HostPattern? {
    for start in ["(^|\\.)", "(?:^|\\.)", "(\\.|^)", "(?:\\.|^)"] where text.hasPrefix(start) {
      let rest = text.dropFirst(start.count)
      return (try? RegularExpression("^\(rest)|\\.\(rest)", ignoringCase: ignoringCase)).map {
        .regex($0)
      }
    }
    return (try? RegularExpression(text, ignoringCase: ignoringCase)).map { .regex($0) }
  }

  /// Text with bytes between bars, as `|0d 0a|`, and backslashes removed.
  private static func decoded(_ text: String) -> String {
    var result: [UInt8] = []
    let bar = UInt8(ascii: "|")
    for (index, part) in Array(text.utf8).split(separator: bar, omittingEmptySubsequences: false)
      .enumerated()
    {
      if index % 2 == 1 {
        for byte in part.split(separator: 0x20) {
          guard let code = UInt8(String(decoding: byte, as: UTF8.self), radix: 16) else { continue }
          result.append(code)
        }
        continue
      }
      var escaped = false
      for byte in part {
        if byte == UInt8(ascii: "\\"), !escaped {
          escaped = true
          continue
        }
        escaped = false
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
