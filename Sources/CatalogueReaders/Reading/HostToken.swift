/// A host-shaped word of a page, with what stands around it.
struct HostToken: Sendable {
  /// As the page writes it, scheme and path included.
  var text: String
  var scheme: String?
  /// Host part as written, marks of emphasis left out.
  var host: String
  var port: Int?
  /// With its leading slash; nil where there is none.
  var path: String?
  /// A star at the end of the host, as emphasis gone wrong leaves it.
  var hasTrailingStar = false
  var oddity: Oddity?
  var shape: Shape
  /// Offset into the page.
  var offset: Int
  var place: PageUnit.Place
  var section: Int
  /// Counts units, so that tokens of one line are known for such.
  var unit: Int
  var isInCode = false
  var isInLink = false
  /// Words stand before or behind it in the same piece of the unit.
  var hasWordsBefore = false
  var hasWordsAfter = false
  /// What stands in parentheses behind it.
  var note: String?

  enum Shape: Sendable {
    case name
    /// An IPv4 address.
    case address
    /// A file name, or a part of a path or of an e-mail address.
    case path
  }

  /// Why a word is no plain host name.
  enum Oddity: String, Sendable {
    case foreignLetters = "letters beyond ASCII, which may look like others"
    case invisible = "characters that cannot be seen"
    case notAName = "no valid host name"
    case innerStar = "a star inside the name"
    case leadingStar = "a star without a dot behind it"
  }
}

/// Finds the host-shaped words of one unit.
///
/// A word counts when it has a dot between two labels and its last label could be a top-level
/// domain. Nothing about the words of any language is known here.
struct HostTokenFinder {
  private let unit: PageUnit
  private let number: Int
  let text: [UInt8]

  init(_ unit: PageUnit, number: Int) {
    self.unit = unit
    self.number = number
    text = unit.text
  }

  /// In the order of the text.
  func tokens() -> [HostToken] {
    var found: [(token: HostToken, range: Range<Int>)] = []
    var index = 0
    var isInCode = false
    var isInLink = false
    while index < text.count {
      switch text[index] {
      case PageUnit.codeStart: isInCode = true
      case PageUnit.codeEnd: isInCode = false
      case PageUnit.linkStart: isInLink = true
      case PageUnit.linkEnd: isInLink = false
      default: break
      }
      guard Self.wordLength(text, index) > 0 else {
        index += 1
        continue
      }
      let (token, range) = word(at: index)
      if var token {
        token.isInCode = isInCode
        token.isInLink = isInLink
        found.append((token, range))
      }
      index = max(range.upperBound, index + 1)
    }
    return surrounded(found)
  }

  // MARK: Words

  /// Bytes of the host character at a place; 0 where there is none.
  ///
  /// Letters of scripts that resemble Latin ones, and characters that cannot be seen, count as
  /// parts of a word: leaving them out would make another name of it. Scripts that write words
  /// without blanks between them do not.
  static func wordLength(_ text: [UInt8], _ index: Int) -> Int {
    let byte = text[index]
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2A, 0x5F, PageUnit.control: return 1
    case 0..<0x80: return 0
    case 0xC2:
      // Soft hyphen.
      return index + 1 < text.count && text[index + 1] == 0xAD ? 2 : 0
    case 0xC3...0xD4: return index + 1 < text.count ? 2 : 0
    case 0xE2 where index + 2 < text.count && text[index + 1] == 0x80:
      return (0x8B...0x8F).contains(text[index + 2]) ? 3 : 0
    case 0xE1 where index + 2 < text.count:
      // Latin and Greek extended additional.
      return (0xB8...0xBF).contains(text[index + 1]) ? 3 : 0
    case 0xEF where index + 2 < text.count:
      if text[index + 1] == 0xBB && text[index + 2] == 0xBF { return 3 }
      if text[index + 1] == 0xBF && text[index + 2] == 0xBD { return 3 }
      // Full-width full stop, digits and letters.
      let second = text[index + 1]
      let third = text[index + 2]
      let isFullWidth =
        second == 0xBC && (third == 0x8E || third >= 0x90 && third <= 0x99 || third >= 0xA1)
        || second == 0xBD && third <= 0x9A
      return isFullWidth ? 3 : 0
    default: return 0
    }
  }

  private func word(at start: Int) -> (HostToken?, Range<Int>) {
    var end = start
    while end < text.count {
      let length = Self.wordLength(text, end)
      guard length > 0 else { break }
      end += length
    }
    // A scheme in front of the name belongs to the token.
    var tokenStart = start
    var scheme: String?
    if start >= 3, text[start - 1] == 0x2F, text[start - 2] == 0x2F, text[start - 3] == 0x3A {
      var first = start - 3
      while first > 0, isLetter(text[first - 1]), start - first < 16 { first -= 1 }
      if first < start - 3 {
        scheme = String(decoding: text[first..<start - 3], as: UTF8.self).lowercased()
        tokenStart = first
      }
    }
    let isTail =
      scheme == nil && tokenStart > 0
      && (text[tokenStart - 1] == 0x2F || text[tokenStart - 1] == 0x5C
        || text[tokenStart - 1] == 0x40)
    var nameStart = start
    var nameEnd = end
    var hasTrailingStar = false
    trimEmphasis(&nameStart, &nameEnd, &hasTrailingStar)
    while nameEnd > nameStart, text[nameEnd - 1] == 0x2E || text[nameEnd - 1] == 0x2D {
      nameEnd -= 1
      hasTrailingStar = false
    }
    guard nameEnd > nameStart else { return (nil, start..<end) }
    guard let shape = shape(nameStart, &nameEnd, hasScheme: scheme != nil, isTail: isTail) else {
      return (nil, start..<end)
    }
    var next = nameEnd < end && !hasTrailingStar ? nameEnd : end
    let host = String(decoding: text[nameStart..<nameEnd], as: UTF8.self)
    var token = HostToken(
      text: "", scheme: scheme, host: host, shape: shape, offset: Int(unit.offsets[tokenStart]),
      place: unit.place, section: unit.section, unit: number)
    token.hasTrailingStar = hasTrailingStar
    token.oddity = shape == .name ? oddity(nameStart..<nameEnd) : nil
    if !isTail || scheme != nil { next = portAndPath(from: next, &token) }
    let first = scheme == nil ? nameStart : tokenStart
    token.text = String(
      decoding: text[first..<max(next, nameEnd)].filter { $0 > 0x20 && $0 != PageUnit.control },
      as: UTF8.self)
    if tokenStart > 0, text[tokenStart - 1] == 0x40 { token.shape = .path }
    return (token, tokenStart..<max(next, end))
  }

  /// Stars and underscores around a word are emphasis where they stand on both sides; a star in
  /// front of a dot is a wildcard.
  private func trimEmphasis(_ start: inout Int, _ end: inout Int, _ hasTrailingStar: inout Bool) {
    while end > start, text[end - 1] == 0x2A {
      let isWild = text[start] == 0x2A && start + 1 < end && text[start + 1] == 0x2E
      if text[start] == 0x2A, !isWild {
        start += 1
        end -= 1
      } else {
        end -= 1
        hasTrailingStar = true
      }
    }
    while end - start > 2, text[start] == 0x5F, text[end - 1] == 0x5F {
      start += 1
      end -= 1
    }
    // Two stars in front open strong emphasis that closes behind the next word.
    while end - start > 2, text[start] == 0x2A, text[start + 1] == 0x2A { start += 1 }
  }

  private func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

  /// What a word with dots is; nil for a word that is no host. May cut a suffix of grammar off, as
  /// in `example.com-on`.
  private func shape(
    _ start: Int, _ end: inout Int, hasScheme: Bool, isTail: Bool
  ) -> HostToken.Shape? {
    guard let dot = text[start..<end].lastIndex(of: 0x2E) else {
      return foreignDots(start..<end) ? .name : nil
    }
    let isAddress = Self.isIPv4(text[start..<end])
    if isAddress { return .address }
    guard dot > start else { return nil }
    var last = text[dot + 1..<end]
    if let hyphen = last.firstIndex(of: 0x2D), !last.starts(with: Array("xn--".utf8)) {
      guard hyphen - dot > 2 else { return nil }
      end = hyphen
      last = text[dot + 1..<end]
    }
    let isForeign = last.contains { $0 >= 0x7F }
    guard last.count >= 2, last.count <= 63 else { return nil }
    guard isForeign || last.starts(with: Array("xn--".utf8)) || last.allSatisfy(isLetter) else {
      return nil
    }
    let lower = String(decoding: last.map { $0 < 0x80 ? $0 | 0x20 : $0 }, as: UTF8.self)
    if !hasScheme, Self.fileExtensions.contains(lower) { return .path }
    let upperCount = last.count { (0x41...0x5A).contains($0) }
    if !hasScheme, !isForeign, upperCount > 0, upperCount < last.count {
      // `data.Microsoft` is the end of a sentence and the beginning of another.
      guard Self.commonDomains.contains(lower) else { return nil }
    }
    // A word that is foreign as a whole is one of a language, not a host.
    if isForeign, !text[start..<end].contains(where: isLetter) { return nil }
    // Labels with nothing but digits and stars in front: a version such as `10.8040.x`.
    guard
      text[start..<dot].contains(where: { isLetter($0) || $0 == 0x2A || $0 >= 0x80 }) || hasScheme
    else { return nil }
    return isTail ? .path : .name
  }

  /// Whether the dots of a word are full-width ones.
  private func foreignDots(_ range: Range<Int>) -> Bool {
    let word = text[range]
    guard word.contains(where: isLetter) else { return false }
    return word.indices.contains { index in
      index + 2 < range.upperBound && text[index] == 0xEF && text[index + 1] == 0xBC
        && text[index + 2] == 0x8E
    }
  }

  static func isIPv4(_ word: ArraySlice<UInt8>) -> Bool {
    let parts = word.split(separator: 0x2E, omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        part.count <= 3 && !part.isEmpty && part.allSatisfy { (0x30...0x39).contains($0) }
          && (Int(String(decoding: part, as: UTF8.self)) ?? 999) <= 255
      }
  }

  private func oddity(_ range: Range<Int>) -> HostToken.Oddity? {
    var hasForeign = false
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = text[index]
      if byte == PageUnit.control || byte == 0xC2 || byte == 0xE2
        || byte == 0xEF && text[index + 1] == 0xBB
      {
        return .invisible
      }
      if byte >= 0x80 { hasForeign = true }
      index += max(1, Self.wordLength(text, index))
    }
    if hasForeign { return .foreignLetters }
    var name = text[range]
    if name.starts(with: [0x2A, 0x2E]) { name = name.dropFirst(2) }
    if let star = name.firstIndex(of: 0x2A) {
      return star == range.lowerBound ? .leadingStar : .innerStar
    }
    return nil
  }

  /// A port and a path behind the name; returns where the token ends.
  private func portAndPath(from start: Int, _ token: inout HostToken) -> Int {
    var index = start
    if index + 1 < text.count, text[index] == 0x3A, (0x30...0x39).contains(text[index + 1]) {
      var end = index + 1
      while end < text.count, (0x30...0x39).contains(text[end]), end - index < 7 { end += 1 }
      token.port = Int(String(decoding: text[index + 1..<end], as: UTF8.self))
      index = end
    }
    guard index < text.count, text[index] == 0x2F || text[index] == 0x3F && token.scheme != nil
    else {
      return index
    }
    let pathStart = index
    var depth = 0
    while index < text.count {
      let byte = text[index]
      if byte <= 0x20 || byte >= 0x7F || [0x22, 0x3C, 0x3E, 0x60, 0x7C, 0x5C, 0x27].contains(byte) {
        break
      }
      if byte == 0x28 { depth += 1 }
      if byte == 0x29 {
        if depth == 0 { break }
        depth -= 1
      }
      index += 1
    }
    while index > pathStart, [0x2E, 0x2C, 0x3B, 0x3A, 0x21, 0x5D].contains(text[index - 1]) {
      index -= 1
    }
    token.path = String(decoding: text[pathStart..<index], as: UTF8.self)
    return index
  }

  private static let commonDomains: Set<String> = [
    "com", "net", "org", "us", "ms", "io", "gov", "edu", "eu", "uk", "de", "fr", "cn", "mil",
  ]

  /// Endings of file names that pages about computers mention.
  private static let fileExtensions: Set<String> = [
    "exe", "dll", "md", "png", "jpg", "jpeg", "gif", "svg", "json", "xml", "yml", "yaml", "txt",
    "csv", "xls", "xlsx", "doc", "docx", "pdf", "htm", "html", "asp", "aspx", "asmx", "php", "js",
    "css", "bat", "cmd", "reg", "log", "msi", "msu", "cab", "inf", "sys", "ini", "config", "admx",
    "adml", "atom", "rss", "pac", "ps",
  ]
}
