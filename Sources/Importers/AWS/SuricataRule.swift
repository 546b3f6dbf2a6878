import ImportKit

/// One rule in Suricata's language.
///
/// Grammar: Suricata user guide, "Rules Format": `action protocol source port direction destination
/// port (keyword: value; keyword;)`. Suricata reads by bytes: a line ends at a line feed only, and a
/// quotation mark is one byte, whatever joins it on the screen.
struct SuricataRule {
  struct Option {
    let keyword: String
    let value: String?
  }

  var action: String
  var `protocol`: String
  var source: String
  var sourcePort: String
  var isBothWays: Bool
  var destination: String
  var destinationPort: String
  var options: [Option]

  /// The text of an option, without its quotes.
  func text(_ keyword: String) -> String? {
    options.first { $0.keyword == keyword }?.value.map { Self.unquoted($0) }
  }

  static func unquoted(_ text: String) -> String {
    let bytes = Array(text.utf8)
    guard bytes.count >= 2, bytes.first == 0x22, bytes.last == 0x22 else { return text }
    return String(decoding: bytes[1..<(bytes.count - 1)], as: UTF8.self)
  }
}

extension SuricataRule {
  /// A line of a rules text as what it is.
  enum Line {
    case blank
    /// A rule behind a comment sign: switched off.
    case disabled(SuricataRule)
    case rule(SuricataRule)
    case unreadable
  }

  private static let feed: UInt8 = 0x0A

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var rest = bytes
    while let first = rest.first, isBlank(first) { rest.removeFirst() }
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return rest
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: trimmed(bytes), as: UTF8.self)
  }

  /// The logical lines of a rules text with the number of their first line, counted from 1; a
  /// backslash at the end joins a line with the next.
  static func lines(of text: String) -> [(number: Int, line: String)] {
    var result: [(Int, String)] = []
    var pending: [UInt8] = []
    var isJoined = false
    var start = 1
    let all = Array(text.utf8).split(separator: feed, omittingEmptySubsequences: false)
    for (index, line) in all.enumerated() {
      if !isJoined { start = index + 1 }
      var own = line
      if own.last == 0x0D { own.removeLast() }
      isJoined = own.last == UInt8(ascii: "\\")
      if isJoined {
        pending += own.dropLast() + [0x20]
        continue
      }
      result.append((start, String(decoding: pending + own, as: UTF8.self)))
      pending = []
    }
    if isJoined { result.append((start, String(decoding: pending, as: UTF8.self))) }
    return result
  }

  static func read(_ line: String) -> Line {
    let bytes = trimmed(Array(line.utf8)[...])
    if bytes.isEmpty { return .blank }
    guard bytes.first == UInt8(ascii: "#") else {
      return SuricataRule(bytes).map { .rule($0) } ?? .unreadable
    }
    let inner = bytes.drop { $0 == UInt8(ascii: "#") || isBlank($0) }
    return SuricataRule(inner).map { .disabled($0) } ?? .blank
  }

  private static let actions: Set<String> = [
    "pass", "drop", "reject", "alert", "rejectsrc", "rejectdst", "rejectboth",
  ]

  init?(_ text: Substring) { self.init(Array(text.utf8)[...]) }

  /// Nil for what is no rule.
  private init?(_ bytes: ArraySlice<UInt8>) {
    guard let open = bytes.firstIndex(of: UInt8(ascii: "(")),
      let close = bytes.lastIndex(of: UInt8(ascii: ")")), open < close,
      Self.trimmed(bytes[bytes.index(after: close)...]).isEmpty
    else { return nil }
    let words = Self.words(bytes[..<open])
    guard words.count == 7, Self.actions.contains(words[0].lowercased()),
      ["->", "<>"].contains(words[4])
    else { return nil }
    action = words[0].lowercased()
    `protocol` = words[1].lowercased()
    source = words[2]
    sourcePort = words[3]
    isBothWays = words[4] == "<>"
    destination = words[5]
    destinationPort = words[6]
    options = Self.options(bytes[(open + 1)..<close])
  }

  /// Words separated by blanks; a list in brackets may hold blanks.
  private static func words(_ bytes: ArraySlice<UInt8>) -> [String] {
    var words: [String] = []
    var current: [UInt8] = []
    var depth = 0
    for byte in bytes {
      if byte == UInt8(ascii: "[") { depth += 1 }
      if byte == UInt8(ascii: "]") { depth -= 1 }
      if !isBlank(byte) {
        current.append(byte)
      } else if depth <= 0, !current.isEmpty {
        words.append(String(decoding: current, as: UTF8.self))
        current = []
      }
    }
    if !current.isEmpty { words.append(String(decoding: current, as: UTF8.self)) }
    return words
  }

  /// Options end with `;`, which a backslash or quotes protect.
  private static func options(_ bytes: ArraySlice<UInt8>) -> [Option] {
    var options: [Option] = []
    var start = bytes.startIndex
    var quoted = false
    var escaped = false
    func finish(_ part: ArraySlice<UInt8>) {
      let part = trimmed(part)
      guard !part.isEmpty else { return }
      guard let colon = part.firstIndex(of: UInt8(ascii: ":")) else {
        options.append(Option(keyword: text(part).lowercased(), value: nil))
        return
      }
      options.append(
        Option(keyword: text(part[..<colon]).lowercased(), value: text(part[(colon + 1)...])))
    }
    for index in bytes.indices {
      let byte = bytes[index]
      if escaped {
        escaped = false
      } else if byte == UInt8(ascii: "\\") {
        escaped = true
      } else if byte == 0x22 {
        quoted.toggle()
      } else if byte == UInt8(ascii: ";"), !quoted {
        finish(bytes[start..<index])
        start = index + 1
      }
    }
    finish(bytes[start...])
    return options
  }

  /// An option of a standard rule, whose keyword and value may stand in one text (`sid:1`), as in the
  /// Security Hub user guide, AwsNetworkFirewallRuleGroup.
  static func option(_ keyword: String, _ settings: [String]) -> [Option] {
    if settings.isEmpty { return options(Array(keyword.utf8)[...]) }
    return [
      Option(
        keyword: text(Array(keyword.utf8)[...]).lowercased(), value: settings.joined(separator: ",")
      )
    ]
  }
}
