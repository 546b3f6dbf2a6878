/// Text of formats that are read by bytes, made fit for Swift's `Character`.
///
/// Firewalls read their files by bytes: a quotation mark is 0x22 whatever stands beside it. Swift's
/// `Character` is a cluster of scalars, and two are equal where they are canonically equivalent. So
/// U+0600 before `"`, or U+0301 behind it, make a `Character` that equals no quotation mark, and
/// U+037E equals `;`. A reader that splits or compares by `Character` would then see another rule
/// than the firewall does. The text that exports are read from is therefore changed where it enters
/// the program: what would join is kept apart by U+200B, and a scalar that only looks like an ASCII
/// one gets U+034F behind it. Both are invisible, and no ordinary text holds such a place.
package enum ScalarText {
  /// The text with every ASCII scalar a `Character` of its own, letters and digits that bear marks
  /// (`e` and U+0301) and CR LF excepted.
  package static func separated(_ text: String) -> String {
    let isASCII = text.utf8.allSatisfy { $0 < 0x80 }
    guard !isASCII, text.contains(where: needsChange) else { return text }
    var result = String.UnicodeScalarView()
    for character in text {
      guard needsChange(character) else {
        result.append(contentsOf: character.unicodeScalars)
        continue
      }
      for (index, scalar) in character.unicodeScalars.enumerated() {
        if index > 0 { result.append("\u{200B}") }
        result.append(scalar)
        if isTwin(scalar) { result.append("\u{034F}") }
      }
    }
    return String(result)
  }

  /// As ``separated(_:)``, for UTF-8; bytes that are none become U+FFFD.
  package static func separated(decoding bytes: some Collection<UInt8>) -> String {
    separated(String(decoding: bytes, as: UTF8.self))
  }

  private static func needsChange(_ character: Character) -> Bool {
    let scalars = character.unicodeScalars
    guard let first = scalars.first else { return false }
    guard scalars.dropFirst().first != nil else { return isTwin(first) }
    if character == "\r\n" { return false }
    if isWord(first) { return scalars.dropFirst().contains { $0.isASCII } }
    return scalars.contains { $0.isASCII }
  }

  /// Scalars that are canonically equivalent to an ASCII one: the Greek question mark, the Greek
  /// varia and the Kelvin sign (Unicode Character Database, singleton decompositions).
  private static func isTwin(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\u{037E}" || scalar == "\u{1FEF}" || scalar == "\u{212A}"
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9": true
    default: false
    }
  }
}

extension StringProtocol {
  /// The lines of a text that end with LF or CR LF, and at no other of Unicode's line ends, without
  /// their ends; the last one may be empty.
  ///
  /// Programs on firewalls read lines up to the byte 0x0A (`fgets`). A comment that holds U+2028, a
  /// form feed or a lone CR is one line to them.
  package var lineFeedLines: [Substring] {
    let bytes = Substring(self).utf8
    return bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
      Substring(line.last == 0x0D ? line.dropLast() : line)
    }
  }
}

extension Character {
  /// LF or CR LF: what ends a line in export formats, unlike `isNewline`, which knows seven more.
  package var isLineFeed: Bool { self == "\n" || self == "\r\n" }

  /// Space, tab or the end of a line: what separates words in export formats, unlike `isWhitespace`,
  /// which knows the spaces of all scripts.
  package var isASCIIBlank: Bool { self == " " || self == "\t" || self == "\r" || isLineFeed }
}
