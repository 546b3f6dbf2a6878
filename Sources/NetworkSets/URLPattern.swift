/// A set of URL paths, each with its leading slash (and query, where it has one).
package enum PathPattern: Hashable, Sendable {
  case any
  case exact(String)
  /// A folder: the path itself and everything below it. `/a/b` holds `/a/b`, `/a/b/c` and
  /// `/a/b?q`, not `/a/bc`; `/a/b/` holds everything that starts with it.
  case folder(String)
  /// Plain text prefix, folder boundary or not.
  case prefix(String)
  /// The whole path: `*` any text, `?` one character.
  case glob(String)

  /// The language of the paths alone. Every text of it starts with a slash, whatever the pattern
  /// starts with: behind a host, a path that could start otherwise would reach back into the host.
  package var expression: LanguageExpression {
    switch self {
    case .any: return .anyPath
    case .exact(let text): return text.hasPrefix("/") ? .literal(text) : .never
    case .prefix(""), .folder(""): return .anyPath
    case .prefix(let text):
      return text.hasPrefix("/") ? .sequence([.literal(text), .many(.printable)]) : .never
    case .folder(let text):
      guard text.hasPrefix("/") else { return .never }
      if text.hasSuffix("/") { return .sequence([.literal(text), .many(.printable)]) }
      let tail = LanguageExpression.sequence([.bytes(ByteSet("/?")), .many(.printable)])
      return .sequence([.literal(text), .choice([.empty, tail])])
    case .glob(let text): return Self.rootedGlob(text[...])
    }
  }

  /// The texts of a glob that start with a slash.
  private static func rootedGlob(_ text: Substring) -> LanguageExpression {
    guard let first = text.first else { return .never }
    let rest = text.drop { $0 == "*" }
    switch first {
    case "*":
      let longer = LanguageExpression.sequence([
        .anyPath, HostPattern.globExpression(String(rest), over: .printable),
      ])
      return .choice([longer, rootedGlob(rest)])
    case "?":
      return .sequence([
        .literal("/"), HostPattern.globExpression(String(text.dropFirst()), over: .printable),
      ])
    case "/": return HostPattern.globExpression(String(text), over: .printable)
    default: return .never
    }
  }

  package func matches(_ path: String) -> Bool {
    switch self {
    case .any: return true
    case .exact(let text): return path == text
    case .prefix(let text): return path.hasPrefix(text)
    case .folder(let text):
      if text.hasSuffix("/") { return path.hasPrefix(text) }
      if text.isEmpty { return true }
      return path == text || path.hasPrefix(text + "/") || path.hasPrefix(text + "?")
    case .glob(let text):
      return path.utf8.first == 0x2F && TextMatching.glob(Array(text.utf8), Array(path.utf8))
    }
  }

  package var text: String {
    switch self {
    case .any: ""
    case .exact(let text): text
    case .prefix(let text), .folder(let text): text + (text.hasSuffix("/") ? "*" : " and below")
    case .glob(let text): text
    }
  }
}

/// A set of URLs: pairs of a host and a path. Scheme and port are other parts of a match.
package enum URLPattern: Hashable, Sendable {
  case parts(HostPattern, PathPattern)
  /// A token pattern. Before the first slash stands the host: `*` is one or more whole labels, `^`
  /// exactly one. Behind it tokens stand between `. / ? & = ; +`, `*` is one or more of them with
  /// what is between, `^` exactly one. An entry that ends in `/` covers everything below; one with
  /// a path covers the path and what follows it after a separator. `openEnd` says what an entry
  /// without any slash means: true lets the host go on (`x.com` then covers `x.com.evil.example`),
  /// false ends it there. Letters match both cases.
  case tokens(String, openEnd: Bool)
  /// URLs `host/path` that contain a text.
  case substring(String)
  /// URLs `host/path` that match a glob as a whole.
  case glob(String)
  /// URLs `host/path` in which a regular expression matches somewhere.
  case regex(RegularExpression)

  package static func host(_ pattern: HostPattern) -> URLPattern { .parts(pattern, .any) }

  /// Whether the pattern holds the URL. `path` starts with a slash; a device that sees the host
  /// only is asked with the path `/`.
  package func matches(host: HostName, path: String) -> Bool {
    switch self {
    case .parts(let hosts, let paths): return hosts.matches(host) && paths.matches(path)
    case .substring(let text):
      return TextMatching.contains(
        Array((host.text + path).lowercased().utf8), Array(text.lowercased().utf8))
    case .glob(let text):
      return TextMatching.glob(
        Array(text.lowercased().utf8), Array((host.text + path).lowercased().utf8))
    case .tokens(let text, _) where !Self.mayMatch(text, host: host, path: path): return false
    case .tokens, .regex:
      return Self.automata.automaton(for: self) { expression }?
        .matches((host.text + path).utf8) ?? false
    }
  }

  private static let automata = AutomatonCache<URLPattern>()

  /// The language over `host/path`.
  package var expression: LanguageExpression {
    switch self {
    case .parts(let host, let path): return .sequence([host.expression, path.expression])
    case .tokens(let text, let openEnd): return Self.tokenExpression(text, openEnd: openEnd)
    case .substring(let text):
      return .sequence([
        .many(.printable), LanguageExpression.literal(text).ignoringCase, .many(.printable),
      ])
    case .glob(let text): return HostPattern.globExpression(text, over: .printable).ignoringCase
    case .regex(let regex): return regex.expression(over: .printable)
    }
  }

  /// The host part, where the pattern has a separate one.
  package var hostPattern: HostPattern? {
    if case .parts(let host, _) = self { host } else { nil }
  }

  /// Whether every URL of a matching host is held, so that the path does not matter.
  package var ignoresPath: Bool {
    if case .parts(_, .any) = self { true } else { false }
  }

  package var text: String {
    switch self {
    case .parts(let host, .any): host.text
    case .parts(let host, let path): host.text + path.text
    case .tokens(let text, let openEnd): openEnd && !text.hasSuffix("/") ? text + "…" : text
    case .substring(let text): "URLs containing \(text)"
    case .glob(let text): text
    case .regex(let regex): "/\(regex.source)/"
    }
  }

  private static let separators = ByteSet("./?&=;+")
  private static let tokenBytes = ByteSet.printable.subtracting(separators)

  private static func tokenExpression(_ text: String, openEnd: Bool) -> LanguageExpression {
    let token = LanguageExpression.repeated(.bytes(tokenBytes), minimum: 1, maximum: nil)
    let tokens = LanguageExpression.sequence([
      token, .repeated(.sequence([.bytes(separators), token]), minimum: 0, maximum: nil),
    ])
    let slash = text.utf8.firstIndex(of: 0x2F)
    let host = text.utf8[..<(slash ?? text.utf8.endIndex)]
    var parts: [LanguageExpression] = host.map { byte in
      switch byte {
      case 0x2A: .labels
      case 0x5E: .label
      default: LanguageExpression.bytes(ByteSet(CollectionOfOne(byte))).ignoringCase
      }
    }
    guard let slash else {
      if openEnd {
        parts.append(.repeated(.sequence([.literal("."), .many(.host)]), minimum: 0, maximum: 1))
      }
      return .sequence(parts + [.anyPath])
    }
    for byte in text.utf8[slash...] {
      switch byte {
      case 0x2A: parts.append(tokens)
      case 0x5E: parts.append(token)
      default: parts.append(LanguageExpression.bytes(ByteSet(CollectionOfOne(byte))).ignoringCase)
      }
    }
    let tail = LanguageExpression.sequence([.bytes(separators), .many(.printable)])
    parts.append(text.hasSuffix("/") ? .many(.printable) : .choice([.empty, tail]))
    return .sequence(parts)
  }

  /// A quick no: the longest fixed part of a token pattern's host must be in the host somewhere.
  private static func mayMatch(_ text: String, host: HostName, path: String) -> Bool {
    let hostPart = text.prefix { $0 != "/" }
    let fixed = hostPart.split { $0 == "*" || $0 == "^" }.max { $0.utf8.count < $1.utf8.count }
    guard let fixed, !fixed.isEmpty else { return true }
    return host.text.contains(fixed.lowercased())
  }
}
