import ImportKit

/// One value of a URL pattern list.
enum JunosURLPattern {
  /// Nil for a text outside the documented grammar of the release.
  static func terms(
    _ raw: String, grammar: JunosVersion.PatternGrammar
  ) -> [EndpointTerm]? {
    var text = raw.lowercased()
    var hasScheme = false
    for scheme in ["http://", "https://"] where text.hasPrefix(scheme) {
      text.removeFirst(scheme.count)
      hasScheme = true
    }
    guard !text.isEmpty, !TemplateMarker.isPresent(in: text),
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    let host = String(text.prefix { $0 != "/" })
    let path = String(text.dropFirst(host.count))
    guard let hosts = hostPatterns(host, hasScheme: hasScheme, grammar: grammar),
      let paths = pathPattern(path, grammar: grammar)
    else { return nil }
    return hosts.map { pattern, binding in
      paths == .any || binding != .observed
        ? .host(pattern, binding) : .url(.parts(pattern, paths))
    }
  }

  /// "Match the longest prefix in the URL path", then up to three keywords (20.4R1).
  private static func pathPattern(
    _ path: String, grammar: JunosVersion.PatternGrammar
  ) -> PathPattern? {
    if path.isEmpty || path == "/" { return .any }
    guard path.contains("*") else { return .prefix(path) }
    // A question mark is plain text in a path, and a wild-card in a glob.
    guard grammar == .words, path.count(where: { $0 == "*" }) <= 3, !path.contains("?") else {
      return nil
    }
    return .glob(path.hasSuffix("*") ? path : path + "*")
  }

  private static func hostPatterns(
    _ host: String, hasScheme: Bool, grammar: JunosVersion.PatternGrammar
  ) -> [(HostPattern, NameBinding)]? {
    guard host.contains(where: { "*?^[]".contains($0) }) else {
      return HostName(host).map { [(.exact($0), .observed)] }
    }
    switch grammar {
    case .unknown: return nil
    case .words: return words(host).map { [($0, .observed)] }
    case .anyPrefix, .mixed, .oneWord:
      // "You must precede all wildcard URLs with http://"; what an entry without it means is not
      // documented.
      guard hasScheme, !host.contains("^"), !host.contains("[") else { return nil }
      guard host.hasPrefix("*.") else { return questionMarks(host).map { [($0, .observed)] } }
      guard let name = HostName(host.dropFirst(2)) else { return nil }
      if grammar == .anyPrefix { return [(.subdomains(name), .observed)] }
      // "A URL that is to be matched must have a minimum of 3 parts" (KB32012).
      guard name.labelCount >= 2 else { return nil }
      let oneWord: (HostPattern, NameBinding) = (.oneLabel(name), .observed)
      return grammar == .oneWord ? [oneWord] : [oneWord, (.subdomains(name), .doubtful)]
    }
  }

  /// From 20.4R1 on: `*` at the head is any number of words, also none; `^` anywhere is one word;
  /// `?` at the tail is one character.
  private static func words(_ host: String) -> HostPattern? {
    // "Pattern = *, or *.*, or *.*.*: special pattern. Match all URLs."
    if ["*", "*.*", "*.*.*"].contains(host) { return .any }
    let hasStar = host.hasPrefix("*.")
    let rest = hasStar ? String(host.dropFirst(2)) : host
    guard !rest.contains("*") else { return nil }
    if hasStar, let name = HostName(rest) { return .apexAndSubdomains(name) }
    guard rest.contains("^") else { return hasStar ? nil : questionMarks(host) }
    if !hasStar, rest.hasPrefix("^."), let name = HostName(rest.dropFirst(2)) {
      return .oneLabel(name)
    }
    let labels = rest.split(separator: ".", omittingEmptySubsequences: false)
    // A caret stands alone in its word.
    guard labels.allSatisfy({ $0 == "^" || HostName($0) != nil }) else { return nil }
    let body = labels.map { $0 == "^" ? word + "+" : String($0) }.joined(separator: "\\.")
    return expression((hasStar ? "(\(word)+\\.)*" : "") + body)
  }

  private static let word = "[a-z0-9_-]"

  /// "Question mark should be at the tail only. Match one character in domain name."
  private static func questionMarks(_ host: String) -> HostPattern? {
    let stem = host.prefix { $0 != "?" }
    let count = host.count - stem.count
    guard host.dropFirst(stem.count).allSatisfy({ $0 == "?" }), stem.contains("."),
      HostName(stem + String(repeating: "x", count: count)) != nil
    else { return nil }
    let text = stem.split(separator: ".", omittingEmptySubsequences: false).joined(separator: "\\.")
    return expression(text + String(repeating: word, count: count))
  }

  private static func expression(_ body: String) -> HostPattern? {
    (try? RegularExpression("^" + body + "$")).map { .regex($0) }
  }
}
