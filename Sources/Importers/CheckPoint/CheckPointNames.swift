import ImportKit

/// How Check Point writes sites, translated.
///
/// Sources: community.checkpoint.com, "Custom Sites/Applications" (message 178046): "Regex syntax
/// implicitly starts and ends with .*", "Non-Regex syntax implicitly ends with *", "Don't put http: or
/// https: in the string"; sc1.checkpoint.com, R80.10 and R81.10 SmartConsole help, "Custom
/// Application or Site": "To allow access only to the https link, use this regular expression:
/// ^https:\/\/.*\.news\.com", so expressions see the scheme.
enum CheckPointNames {
  /// The scheme of a connection, which expressions see.
  enum Scheme: String, CaseIterable {
    case http
    case https
  }

  /// What an entry matches.
  struct Site: Equatable {
    var certain: [URLPattern] = []
    /// Matched perhaps.
    var doubtful: [URLPattern] = []
    /// Why perhaps, with the documents.
    var doubt = ""
  }

  /// An entry of `url-list`; nil for what cannot be decided.
  static func site(_ raw: String, isExpression: Bool, scheme: Scheme) -> Site? {
    guard !raw.isEmpty, raw.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    guard isExpression else { return plain(raw, scheme) }
    var result = Site()
    for part in alternatives(raw) {
      guard let site = expression(part, scheme) else { return nil }
      result.certain += site.certain
      result.doubtful += site.doubtful
      if !site.doubt.isEmpty { result.doubt = site.doubt }
    }
    return result
  }

  // MARK: Plain entries

  private static func plain(_ raw: String, _ scheme: Scheme) -> Site? {
    let text = raw.lowercased()
    for written in Scheme.allCases where text.hasPrefix(written.rawValue + "://") {
      let rest = String(text.dropFirst(written.rawValue.utf8.count + 3))
      guard let pattern = plainPattern(rest) else { return nil }
      return Site(
        doubtful: written == scheme ? [pattern] : [],
        doubt: "`\(raw)` begins with a scheme, and whether such entries match is not documented "
          + "(\"Don't put http: or https: in the string of the custom site\")")
    }
    return plainPattern(text).map { Site(certain: [$0]) }
  }

  private static func plainPattern(_ text: String) -> URLPattern? {
    let host = text.prefix { $0 != "/" }
    guard !host.isEmpty, host.utf8.allSatisfy(isHostByte) else { return nil }
    let path = text[host.endIndex...]
    guard let name = HostName(host), !path.utf8.contains(0x2A) else { return .glob(text + "*") }
    if path.isEmpty { return .host(.glob(host + "*")) }
    return path == "/" ? .host(.exact(name)) : .parts(.exact(name), .prefix(String(path)))
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x61...0x7A, 0x30...0x39, 0x2D, 0x2E, 0x2A, 0x5F: true
    default: false
    }
  }

  // MARK: Expressions

  /// Ways to write the two schemes at the start, and which they are.
  private static let schemes: [(text: String, holds: Set<Scheme>)] = [
    (#"https?:\/\/"#, [.http, .https]), (#"https?://"#, [.http, .https]),
    (#"(http|https):\/\/"#, [.http, .https]), (#"(https|http):\/\/"#, [.http, .https]),
    (#"(http|https)://"#, [.http, .https]), (#"(https|http)://"#, [.http, .https]),
    (#"https:\/\/"#, [.https]), ("https://", [.https]),
    (#"http:\/\/"#, [.http]), ("http://", [.http]),
  ]

  private static func expression(_ raw: String, _ scheme: Scheme) -> Site? {
    let isAnchored = raw.hasPrefix("^")
    let body = isAnchored ? String(raw.dropFirst()) : raw
    for (text, holds) in schemes where body.hasPrefix(text) {
      let rest = "^" + body.dropFirst(text.utf8.count)
      if isAnchored { return holds.contains(scheme) ? regex(rest) : Site() }
      // Without an anchor the text may also stand further behind, in a query.
      guard let inside = regex(raw) else { return nil }
      let front = holds.contains(scheme) ? regex(rest) : Site()
      return front.map {
        Site(
          certain: $0.certain + inside.certain, doubtful: $0.doubtful + inside.doubtful,
          doubt: $0.doubt)
      }
    }
    if isAnchored {
      return regex(raw).map {
        Site(
          doubtful: $0.certain + $0.doubtful,
          doubt:
            "`\(raw)` is tied to the start of the URL, which is the scheme (SmartConsole help, "
            + "\"Custom Application or Site\")")
      }
    }
    // `\/` finds the slash of the scheme in front of the host, or one in the path.
    for slash in [#"\/\/"#, #"\/"#, "//", "/"] where raw.hasPrefix(slash) {
      let rest = String(raw.dropFirst(slash.utf8.count))
      guard !literalRun(rest).isEmpty else { return nil }
      return regex("^\(rest)|\(raw)")
    }
    if raw.hasPrefix(".*") { return regex(String(raw.dropFirst(2))) }
    if cannotTouchScheme(raw) { return regex(raw) }
    let start = literalRun(raw)
    // Without a literal start it cannot be told whether the scheme takes part in the match.
    guard !start.isEmpty, !mayBeginInScheme(start) else { return nil }
    return regex(raw)
  }

  private static func regex(_ text: String) -> Site? {
    if text.hasSuffix("$"), !text.hasSuffix("\\$") {
      guard let open = try? RegularExpression(String(text.dropLast())) else { return nil }
      return Site(
        doubtful: [.regex(open)],
        doubt: "`\(text)` is tied to the end of the URL, and how the gateway ends it is not "
          + "documented")
    }
    return (try? RegularExpression(text)).map { Site(certain: [.regex($0)]) }
  }

  /// The parts between `|` that stand outside of groups and classes.
  private static func alternatives(_ text: String) -> [String] {
    var parts: [[UInt8]] = [[]]
    var depth = 0
    var isEscaped = false
    var isInClass = false
    for byte in text.utf8 {
      if isEscaped {
        isEscaped = false
      } else {
        switch byte {
        case 0x5C: isEscaped = true
        case 0x5B: isInClass = true
        case 0x5D: isInClass = false
        case 0x28 where !isInClass: depth += 1
        case 0x29 where !isInClass: depth -= 1
        case 0x7C where depth == 0 && !isInClass:
          parts.append([])
          continue
        default: break
        }
      }
      parts[parts.count - 1].append(byte)
    }
    return parts.map { String(decoding: $0, as: UTF8.self) }
  }

  /// Whether nothing in an expression can match a colon or slash, so that it cannot reach from the
  /// scheme into the host.
  private static func cannotTouchScheme(_ text: String) -> Bool {
    var isEscaped = false
    for byte in text.utf8 {
      if isEscaped {
        isEscaped = false
        // `\S`, `\W`, `\D` and escaped letters may match anything; `\.` and `\-` are themselves.
        guard byte == 0x2E || byte == 0x2D else { return false }
        continue
      }
      switch byte {
      case 0x5C: isEscaped = true
      case 0x2E, 0x2F, 0x3A, 0x5B, 0x5E: return false
      default: break
      }
    }
    return true
  }

  /// The bytes with which every match starts.
  private static func literalRun(_ text: String) -> [UInt8] {
    var run: [UInt8] = []
    var bytes = text.utf8.makeIterator()
    while let byte = bytes.next() {
      switch byte {
      case 0x5C:
        guard let escaped = bytes.next(), !isAlphanumeric(escaped) else { return run }
        run.append(escaped)
      // `*`, `?`, `{` and `+` are about the byte before them.
      case 0x2A, 0x3F, 0x7B, 0x2B:
        if !run.isEmpty { run.removeLast() }
        return run
      case 0x2E, 0x5B, 0x28, 0x7C, 0x24, 0x5E: return run
      default: run.append(byte)
      }
    }
    return run
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  /// Whether a match could start in `https://` in front of the host.
  private static func mayBeginInScheme(_ run: [UInt8]) -> Bool {
    for scheme in Scheme.allCases {
      let prefix = Array((scheme.rawValue + "://").utf8)
      for start in prefix.indices {
        let tail = prefix[start...]
        let length = min(tail.count, run.count)
        if tail.prefix(length).elementsEqual(run.prefix(length)) { return true }
      }
    }
    return false
  }

  // MARK: Domains and ports

  /// The name of a `dns-domain` object: `.www.example.com`.
  static func domain(_ text: String) -> HostName? {
    HostName(text.hasPrefix(".") ? text.dropFirst() : text[...])
  }

  /// Whether a text can be the name of an object; Check Point takes letters, digits and few signs.
  static func isName(_ text: String) -> Bool {
    !text.isEmpty && !TemplateMarker.isPresent(in: text)
      && !text.unicodeScalars.contains { "?*{}<>$%\"'`|;".unicodeScalars.contains($0) }
  }

  /// `80`, `8000-8080`, `>1023`, `<1024`, or a list of these.
  static func ports(_ text: String) -> PortSet? {
    var result = PortSet()
    for part in text.split(separator: ",") {
      let word = String(part.unicodeScalars.filter { $0 != " " })
      if word.hasPrefix(">"), let port = UInt16(word.dropFirst()), port < .max {
        result = result.union(PortSet((port + 1)...UInt16.max))
      } else if word.hasPrefix("<"), let port = UInt16(word.dropFirst()), port > 0 {
        result = result.union(PortSet(0...(port - 1)))
      } else if let set = PortSet(parsing: word) {
        result = result.union(set)
      } else {
        return nil
      }
    }
    return result.isEmpty ? nil : result
  }
}
