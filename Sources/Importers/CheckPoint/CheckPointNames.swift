import ImportKit

/// How Check Point writes sites, translated.
///
/// Source: community.checkpoint.com, "Custom Sites/Applications" (message 178046): "Regex syntax
/// implicitly starts and ends with .*", "Non-Regex syntax implicitly ends with *", with the
/// examples of the unit test; sc1.checkpoint.com, R81.10 SmartConsole help, "Custom Application or
/// Site": expressions see the scheme too.
enum CheckPointNames {
  /// What a rule does with the sites, which settles how mistakes in entries are read.
  enum Purpose: String {
    /// The entry exactly as the gateway matches it.
    case exact
    /// In rules that deny, an entry that is a domain is read as it was meant. Exactly it would
    /// also stop `example.com.wdcp.microsoft.com` and every URL with `.example.com` in its path,
    /// which is true and helps nobody; the importer says so in a note.
    case meant
  }

  /// An entry of `url-list`; nil for what cannot be decided.
  static func site(_ raw: String, isExpression: Bool, purpose: Purpose) -> URLPattern? {
    guard !raw.isEmpty, raw.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    return isExpression ? expression(raw, purpose) : plain(raw, purpose)
  }

  // MARK: Plain entries

  private static func plain(_ raw: String, _ purpose: Purpose) -> URLPattern? {
    let text = withoutScheme(raw.lowercased())
    let host = text.prefix { $0 != "/" }
    let path = text[host.endIndex...]
    if path.contains("*") { return .glob(text + "*") }
    if let name = HostName(host) {
      if !path.isEmpty { return rest(.exact(name), path) }
      return .host(purpose == .meant ? .exact(name) : .glob(host + "*"))
    }
    if host.hasPrefix("*."), let name = HostName(host.dropFirst(2)), name.labelCount > 1,
      purpose == .meant
    {
      return path.isEmpty ? .host(.subdomains(name)) : rest(.subdomains(name), path)
    }
    return text == "*" ? .host(.any) : .glob(text + "*")
  }

  private static func rest(_ hosts: HostPattern, _ path: Substring) -> URLPattern {
    path == "/" ? .host(hosts) : .parts(hosts, .prefix(String(path)))
  }

  private static func withoutScheme(_ text: String) -> String {
    for scheme in ["https://", "http://"] where text.hasPrefix(scheme) {
      return String(text.dropFirst(scheme.count))
    }
    return text
  }

  // MARK: Expressions

  private static func expression(_ raw: String, _ purpose: Purpose) -> URLPattern? {
    if purpose == .meant, let pattern = meant(raw) { return pattern }
    // An anchored scheme takes the expression to the start of the host.
    for scheme in [
      #"^https?:\/\/"#, #"^https?://"#, #"^https:\/\/"#, #"^http:\/\/"#, #"^https://"#,
      #"^http://"#,
      #"^(http|https):\/\/"#, #"^(https|http):\/\/"#, #"^(http|https)://"#,
    ] where raw.hasPrefix(scheme) {
      return regex("^" + raw.dropFirst(scheme.count))
    }
    // `\/` finds the slash of the scheme in front of the host, or one in the path.
    for slash in [#"\/\/"#, #"\/"#, "//", "/"] where raw.hasPrefix(slash) {
      let rest = String(raw.dropFirst(slash.count))
      guard literalRun(rest).first != nil, !hasAlternatives(raw) else { return nil }
      return regex("^\(rest)|\(raw)")
    }
    if raw.hasPrefix("^") { return nil }
    if raw.hasPrefix(".*") { return regex(String(raw.dropFirst(2))) }
    let start = literalRun(raw)
    // Without a literal start it cannot be told whether the scheme takes part in the match.
    guard !start.isEmpty, !mayBeginInScheme(start), !hasAlternatives(raw) else { return nil }
    return regex(raw)
  }

  private static func regex(_ text: String) -> URLPattern? {
    guard !text.hasSuffix("$") || text.hasSuffix("\\$") else { return nil }
    return (try? RegularExpression(text)).map { .regex($0) }
  }

  /// Whether a `|` stands outside of groups, so that the literal start is that of one part only.
  private static func hasAlternatives(_ text: String) -> Bool {
    var depth = 0
    var escaped = false
    for character in text {
      if escaped {
        escaped = false
        continue
      }
      switch character {
      case "\\": escaped = true
      case "(": depth += 1
      case ")": depth -= 1
      case "|" where depth == 0: return true
      default: break
      }
    }
    return false
  }

  /// The characters with which every match starts.
  private static func literalRun(_ text: String) -> [Character] {
    var run: [Character] = []
    var characters = text.makeIterator()
    while let character = characters.next() {
      switch character {
      case "\\":
        guard let escaped = characters.next(), !escaped.isLetter, !escaped.isNumber else {
          return run
        }
        run.append(escaped)
      case "*", "?", "{", "+":
        if !run.isEmpty { run.removeLast() }
        return run
      case ".", "[", "(", "|", "$", "^": return run
      default: run.append(character)
      }
    }
    return run
  }

  /// Whether a match could start in `https://` in front of the host.
  private static func mayBeginInScheme(_ run: [Character]) -> Bool {
    for scheme in ["https://", "http://"] {
      let prefix = Array(scheme)
      for start in prefix.indices {
        let tail = prefix[start...]
        let length = min(tail.count, run.count)
        if Array(tail.prefix(length)) == Array(run.prefix(length)) { return true }
      }
    }
    return false
  }

  /// `\.example\.com`, `\/example\.com`, `.*\.example\.com` and the like as host patterns.
  private static func meant(_ raw: String) -> URLPattern? {
    var text = raw[...]
    var below = false
    for start in [#"^https?:\/\/"#, #"^https?://"#, #"\/\/"#, #"\/"#, "^"]
    where text.hasPrefix(start) {
      text = text.dropFirst(start.count)
      break
    }
    for start in [#".*\."#, #"\."#] where text.hasPrefix(start) {
      text = text.dropFirst(start.count)
      below = true
      break
    }
    if !below, text.count == raw.count { return nil }
    for end in [#"\/.*"#, #"\/"#, "/.*", "/", ".*"] where text.hasSuffix(end) {
      text = text.dropLast(end.count)
      break
    }
    let plain = text.split(separator: #"\."#, omittingEmptySubsequences: false).joined(
      separator: ".")
    guard !plain.contains("\\"), let name = HostName(plain), name.labelCount > 1 else { return nil }
    // A bare dot in an expression is any character, not a label boundary.
    guard text.filter({ $0 == "." }).count == name.labelCount - 1 else { return nil }
    return .host(below ? .subdomains(name) : .exact(name))
  }

  // MARK: Domains

  /// The name of a `dns-domain` object: `.www.example.com`.
  static func domain(_ text: String) -> HostName? {
    HostName(text.hasPrefix(".") ? text.dropFirst() : text[...])
  }

  /// `80`, `8000-8080`, `>1023`, `<1024`, or a list of these.
  static func ports(_ text: String) -> PortSet? {
    var result = PortSet()
    for part in text.split(separator: ",") {
      let word = part.filter { $0 != " " }
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
