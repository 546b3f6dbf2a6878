/// A regular language over ASCII text, as a small expression tree.
///
/// Every way in which a vendor writes host names and URLs (exact names, sub-domains, suffix
/// strings, tokens, globs, regular expressions) is translated into this one form, so that
/// intersection, difference, emptiness and witnesses need a single proof.
package indirect enum LanguageExpression: Hashable, Sendable {
  /// No text at all.
  case never
  /// The empty text.
  case empty
  /// One character out of a set.
  case bytes(ByteSet)
  case sequence([LanguageExpression])
  case choice([LanguageExpression])
  /// `minimum` or more copies, at most `maximum` where given.
  case repeated(LanguageExpression, minimum: Int, maximum: Int?)

  package static func literal(_ text: some StringProtocol) -> LanguageExpression {
    .sequence(text.utf8.map { .bytes(ByteSet(CollectionOfOne($0))) })
  }

  /// Zero or more characters out of a set.
  package static func many(_ set: ByteSet) -> LanguageExpression {
    .repeated(.bytes(set), minimum: 0, maximum: nil)
  }

  /// One label of a host name.
  package static let label = LanguageExpression.repeated(
    .bytes(.label), minimum: 1, maximum: nil)

  /// One or more labels, with dots between them.
  package static let labels = LanguageExpression.sequence([
    label,
    .repeated(.sequence([.literal("."), label]), minimum: 0, maximum: nil),
  ])

  /// The path of a URL that may be anything, its leading slash included.
  package static let anyPath = LanguageExpression.sequence([.literal("/"), .many(.printable)])

  /// Well-formed `host/path`: labels neither empty nor with a hyphen at an end, then a path.
  package static let wellFormedURL: LanguageExpression = {
    let edge = ByteSet.label.subtracting(ByteSet("-"))
    let label = LanguageExpression.sequence([
      .bytes(edge),
      .repeated(
        .sequence([.many(ByteSet("-")), .bytes(edge)]), minimum: 0, maximum: nil),
    ])
    return .sequence([
      label, .repeated(.sequence([.literal("."), label]), minimum: 0, maximum: nil), anyPath,
    ])
  }()

  /// The same language with every letter matching both cases.
  package var ignoringCase: LanguageExpression {
    switch self {
    case .never, .empty: return self
    case .bytes(let set):
      var both = set
      for lower in UInt8(0x61)...0x7A {
        if set.contains(lower) { both.insert(lower - 0x20) }
        if set.contains(lower - 0x20) { both.insert(lower) }
      }
      return .bytes(both)
    case .sequence(let parts): return .sequence(parts.map(\.ignoringCase))
    case .choice(let parts): return .choice(parts.map(\.ignoringCase))
    case .repeated(let part, let minimum, let maximum):
      return .repeated(part.ignoringCase, minimum: minimum, maximum: maximum)
    }
  }

  /// The texts of the language that hold no other characters than those of a set.
  package func restricted(to allowed: ByteSet) -> LanguageExpression {
    switch self {
    case .never, .empty: return self
    case .bytes(let set): return .bytes(set.intersection(allowed))
    case .sequence(let parts): return .sequence(parts.map { $0.restricted(to: allowed) })
    case .choice(let parts): return .choice(parts.map { $0.restricted(to: allowed) })
    case .repeated(let part, let minimum, let maximum):
      return .repeated(part.restricted(to: allowed), minimum: minimum, maximum: maximum)
    }
  }

  /// How many automaton positions the expression needs; nil past `limit`. Counted repetitions
  /// multiply, so this is checked before an automaton is built from text of unknown origin.
  package func size(limit: Int) -> Int? {
    switch self {
    case .never, .empty: return 1
    case .bytes: return 1
    case .sequence(let parts), .choice(let parts):
      var total = 1
      for part in parts {
        guard let size = part.size(limit: limit) else { return nil }
        total += size
        if total > limit { return nil }
      }
      return total
    case .repeated(let part, let minimum, let maximum):
      guard let size = part.size(limit: limit) else { return nil }
      let copies = Swift.max(maximum ?? minimum + 1, 1)
      let (total, overflow) = size.multipliedReportingOverflow(by: copies)
      return overflow || total > limit ? nil : total + 1
    }
  }
}
