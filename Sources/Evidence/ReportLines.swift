import ImportKit

/// A report as lines, whatever code page it was written in.
///
/// Reports come as UTF-8, UTF-16 (what Windows writes to files) or in the code page of the console.
/// Of the last only ASCII is read, since nothing else in these reports decides anything: bytes that
/// are no UTF-8 become U+FFFD, one each.
struct ReportLines {
  let lines: [(number: Int, text: String)]

  init(_ bytes: [UInt8]) {
    let text = Self.decoded(bytes)
    var lines: [(Int, String)] = []
    for (index, line) in text.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    {
      let end = line.last == 0x0D ? line.dropLast() : line
      lines.append((index + 1, String(decoding: end, as: UTF8.self)))
    }
    self.lines = lines
  }

  /// UTF-8 of a report, without byte-order mark.
  static func decoded(_ bytes: [UInt8]) -> [UInt8] {
    if let decoded = TextEncoding.utf16(bytes) { return decoded }
    let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    return body.contains { $0 >= 0x80 } && String(validating: body, as: UTF8.self) == nil
      ? body.flatMap { $0 < 0x80 ? [$0] : [0xEF, 0xBF, 0xBD] } : Array(body)
  }

  /// Whether some line holds a text, letters of both cases being equal.
  func contain(_ text: String) -> Bool { lines.contains { ASCII.contains($0.text, text) } }
}

/// Comparisons in which letters of ASCII have no case and nothing else is joined.
enum ASCII {
  static func lowercased(_ text: some StringProtocol) -> [UInt8] {
    text.utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
  }

  static func equal(_ left: some StringProtocol, _ right: some StringProtocol) -> Bool {
    lowercased(left) == lowercased(right)
  }

  static func contains(_ text: some StringProtocol, _ part: some StringProtocol) -> Bool {
    lowercased(text).firstRange(of: lowercased(part)) != nil
  }

  /// What stands behind the first occurrence of a text; nil where there is none.
  static func rest(of text: String, behind part: String) -> String? {
    let bytes = Array(text.utf8)
    guard let range = lowercased(text).firstRange(of: lowercased(part)) else { return nil }
    return String(decoding: bytes[range.upperBound...], as: UTF8.self)
  }

  /// Without blanks, tabs and no-break spaces at the ends.
  static func trimmed(_ text: some StringProtocol) -> String {
    func isBlank(_ scalar: Unicode.Scalar) -> Bool { " \t\u{A0}\r".unicodeScalars.contains(scalar) }
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !isBlank($0) }),
      let last = scalars.lastIndex(where: { !isBlank($0) })
    else { return "" }
    return String(String.UnicodeScalarView(scalars[first...last]))
  }

  /// The first run of letters and digits, with `x`, `-`: a number as it may be written.
  static func word(_ text: some StringProtocol) -> String {
    let bytes = text.utf8.drop { $0 == 0x20 || $0 == 0x09 }
    return String(
      decoding: bytes.prefix {
        $0 >= 0x30 && $0 <= 0x39 || $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A || $0 == 0x2D
      }, as: UTF8.self)
  }

  /// Label and value of a line, parted at the first colon (or another mark).
  static func pair(_ line: String, at mark: UInt8 = 0x3A) -> (label: String, value: String)? {
    let bytes = Array(line.utf8)
    guard let place = bytes.firstIndex(of: mark) else { return nil }
    return (
      trimmed(String(decoding: bytes[..<place], as: UTF8.self)),
      trimmed(String(decoding: bytes[(place + 1)...], as: UTF8.self))
    )
  }
}
