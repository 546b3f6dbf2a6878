/// One rule in Suricata's language.
///
/// Grammar: Suricata user guide, "Rules Format": `action protocol source port direction destination
/// port (keyword: value; keyword;)`.
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
    text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"")
      ? String(text.dropFirst().dropLast()) : text
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

  /// The logical lines of a rules text, which end at LF alone (Suricata reads them with `fgets`), with the number of their first line, counted from 1; a
  /// backslash at the end joins a line with the next.
  static func lines(of text: String) -> [(number: Int, line: String)] {
    var result: [(Int, String)] = []
    var pending = ""
    var start = 1
    let all = text.lineFeedLines
    for (index, line) in all.enumerated() {
      if pending.isEmpty { start = index + 1 }
      if line.hasSuffix("\\") {
        pending += line.dropLast() + " "
        continue
      }
      result.append((start, pending + line))
      pending = ""
    }
    if !pending.isEmpty { result.append((start, pending)) }
    return result
  }

  static func read(_ line: String) -> Line {
    let text = line.trimmed
    if text.isEmpty { return .blank }
    if text.hasPrefix("#") {
      let inner = text.drop { $0 == "#" || $0.isASCIIBlank }
      return SuricataRule(inner).map { .disabled($0) } ?? .blank
    }
    return SuricataRule(text[...]).map { .rule($0) } ?? .unreadable
  }

  private static let actions: Set<String> = [
    "pass", "drop", "reject", "alert", "rejectsrc", "rejectdst", "rejectboth",
  ]

  /// Nil for what is no rule.
  init?(_ text: Substring) {
    guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close
    else { return nil }
    let words = Self.words(text[..<open])
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
    options = Self.options(text[text.index(after: open)..<close])
  }

  /// Words separated by blanks; a list in brackets may hold blanks.
  private static func words(_ text: Substring) -> [String] {
    var words: [String] = []
    var current = ""
    var depth = 0
    for character in text {
      if character == "[" { depth += 1 }
      if character == "]" { depth -= 1 }
      if character.isASCIIBlank, depth <= 0 {
        if !current.isEmpty { words.append(current) }
        current = ""
      } else if !character.isASCIIBlank {
        current.append(character)
      }
    }
    if !current.isEmpty { words.append(current) }
    return words
  }

  /// Options end with `;`, which a backslash or quotes protect.
  private static func options(_ text: Substring) -> [Option] {
    var options: [Option] = []
    var current = ""
    var quoted = false
    var escaped = false
    func finish(_ text: String) {
      let trimmed = text.trimmed
      guard !trimmed.isEmpty else { return }
      guard let colon = trimmed.firstIndex(of: ":") else {
        options.append(Option(keyword: trimmed.lowercased(), value: nil))
        return
      }
      options.append(
        Option(
          keyword: trimmed[..<colon].trimmed.lowercased(),
          value: trimmed[trimmed.index(after: colon)...].trimmed))
    }
    for character in text {
      if escaped {
        current.append(character)
        escaped = false
        continue
      }
      if character == "\\" { escaped = true }
      if character == "\"" { quoted.toggle() }
      if character == ";", !quoted {
        finish(current)
        current = ""
      } else {
        current.append(character)
      }
    }
    finish(current)
    return options
  }
}
