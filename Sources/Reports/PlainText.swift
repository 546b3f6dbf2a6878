import PolicyModel

/// Text for terminals and for documents that people read.
package enum PlainText {
  /// Replaces control characters, so that no text of an export can move the cursor or change
  /// colours, the marks that reverse the reading direction, and everything that ends a line.
  package static func safe(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { !isControl($0) }
    if isPlain { return text }
    return String(
      String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }))
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  /// A text of several lines as one.
  package static func oneLine(_ text: String) -> String {
    safe(
      text.unicodeScalars.split { $0.properties.isWhitespace && $0 != " " }
        .map(String.init).joined(separator: " "))
  }

  /// Breaks a text into lines of at most `width` characters, at blanks where possible.
  package static func wrap(_ text: String, width: Int) -> [String] {
    let width = max(width, 8)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: true) {
      var word = word[...]
      if !line.isEmpty, line.count + 1 + word.count <= width {
        line += " " + word
        continue
      }
      if !line.isEmpty {
        lines.append(line)
        line = ""
      }
      while let limit = word.index(word.startIndex, offsetBy: width, limitedBy: word.endIndex),
        limit < word.endIndex
      {
        // Long URLs and names are broken behind a separator where one is near the edge.
        let piece = word[..<limit]
        let edge = piece.dropFirst(width / 2).lastIndex { "/.-_&?=".contains($0) }
        let cut = edge.map { piece.index(after: $0) } ?? piece.endIndex
        lines.append(String(word[..<cut]))
        word = word[cut...]
      }
      line = String(word)
    }
    if !line.isEmpty || lines.isEmpty { lines.append(line) }
    return lines
  }

  package static func padded(_ text: String, to width: Int, right: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(width - text.count, 0))
    return right ? blanks + text : text + blanks
  }

  /// `line 12`, with the JSON pointer where there is one.
  package static func place(_ position: SourcePosition?) -> String {
    guard let position, position.line > 0 || position.pointer != nil else { return "" }
    var parts: [String] = []
    if position.line > 0 { parts.append("line \(position.line)") }
    if let pointer = position.pointer, !pointer.isEmpty { parts.append(pointer) }
    return parts.joined(separator: ", ")
  }
}
