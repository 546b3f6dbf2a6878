/// The filter of a dynamic address group: quoted or bare tags with `and`, `or`, `not` and brackets.
struct PANOSTagFilter {
  private indirect enum Node {
    case tag(String)
    case all([Node])
    case any([Node])
    case not(Node)
  }

  private let root: Node

  /// Nil where the text is not such a filter.
  init?(_ text: String) {
    var tokens = Self.tokens(text)[...]
    guard let node = Self.alternatives(&tokens, depth: 0), tokens.isEmpty else { return nil }
    root = node
  }

  func matches(_ tags: Set<String>) -> Bool { Self.matches(root, tags) }

  /// Tags of which a matching object must carry one; nil where an object without any of the tags
  /// in the filter could match too.
  var positiveTags: Set<String>? {
    var tags: Set<String> = []
    return Self.collect(root, into: &tags) ? tags : nil
  }

  private static func collect(_ node: Node, into tags: inout Set<String>) -> Bool {
    switch node {
    case .tag(let name):
      tags.insert(name)
      return true
    case .all(let parts), .any(let parts): return parts.allSatisfy { collect($0, into: &tags) }
    case .not: return false
    }
  }

  private static func matches(_ node: Node, _ tags: Set<String>) -> Bool {
    switch node {
    case .tag(let name): tags.contains(name)
    case .all(let parts): parts.allSatisfy { matches($0, tags) }
    case .any(let parts): parts.contains { matches($0, tags) }
    case .not(let part): !matches(part, tags)
    }
  }

  private enum Token: Equatable {
    case open
    case close
    case and
    case or
    case not
    case tag(String)
  }

  private static func tokens(_ text: String) -> [Token] {
    var result: [Token] = []
    var rest = text.unicodeScalars[...]
    func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }
    while let first = rest.first {
      if isBlank(first) {
        rest = rest.dropFirst()
      } else if first == "(" || first == ")" {
        result.append(first == "(" ? .open : .close)
        rest = rest.dropFirst()
      } else if first == "'" || first == "\"" {
        let body = rest.dropFirst()
        let end = body.firstIndex(of: first) ?? body.endIndex
        result.append(.tag(String(body[..<end])))
        rest = end == body.endIndex ? body[end...] : body[body.index(after: end)...]
      } else {
        let word = rest.prefix { !isBlank($0) && $0 != "(" && $0 != ")" }
        rest = rest[word.endIndex...]
        switch String(word).lowercased() {
        case "and": result.append(.and)
        case "or": result.append(.or)
        case "not": result.append(.not)
        default: result.append(.tag(String(word)))
        }
      }
    }
    return result
  }

  private static func alternatives(_ tokens: inout ArraySlice<Token>, depth: Int) -> Node? {
    guard let first = conjunction(&tokens, depth: depth) else { return nil }
    var parts = [first]
    while tokens.first == .or {
      tokens.removeFirst()
      guard let next = conjunction(&tokens, depth: depth) else { return nil }
      parts.append(next)
    }
    return parts.count == 1 ? first : .any(parts)
  }

  private static func conjunction(_ tokens: inout ArraySlice<Token>, depth: Int) -> Node? {
    guard let first = term(&tokens, depth: depth) else { return nil }
    var parts = [first]
    while tokens.first == .and {
      tokens.removeFirst()
      guard let next = term(&tokens, depth: depth) else { return nil }
      parts.append(next)
    }
    return parts.count == 1 ? first : .all(parts)
  }

  private static func term(_ tokens: inout ArraySlice<Token>, depth: Int) -> Node? {
    guard depth < 64, let token = tokens.popFirst() else { return nil }
    switch token {
    case .tag(let name): return .tag(name)
    case .not: return term(&tokens, depth: depth + 1).map { .not($0) }
    case .open:
      guard let inner = alternatives(&tokens, depth: depth + 1), tokens.popFirst() == .close else {
        return nil
      }
      return inner
    default: return nil
    }
  }
}
