import Synchronization

/// Plain matching of texts, byte by byte, where no automaton is needed.
enum TextMatching {
  /// Whether `part` stands somewhere in `text`. Cost is the product of the lengths at worst.
  static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
    guard let first = part.first else { return true }
    guard text.count >= part.count else { return false }
    for start in 0...(text.count - part.count) where text[start] == first {
      var index = 1
      while index < part.count, text[start + index] == part[index] { index += 1 }
      if index == part.count { return true }
    }
    return false
  }

  /// Whether a glob holds the whole text: `*` is any text, `?` one character. Goes back to the last
  /// star only, which is enough, since an earlier one can take no more than it has to.
  static func glob(_ glob: [UInt8], _ text: [UInt8]) -> Bool {
    var inGlob = 0
    var inText = 0
    var star: (glob: Int, text: Int)?
    while inText < text.count {
      if inGlob < glob.count, glob[inGlob] == 0x2A {
        star = (inGlob, inText)
        inGlob += 1
      } else if inGlob < glob.count, glob[inGlob] == 0x3F || glob[inGlob] == text[inText] {
        inGlob += 1
        inText += 1
      } else if let last = star {
        inGlob = last.glob + 1
        inText = last.text + 1
        star = (last.glob, inText)
      } else {
        return false
      }
    }
    return glob[inGlob...].allSatisfy { $0 == 0x2A }
  }
}

/// Automata of patterns that are asked about again and again, each made once.
struct AutomatonCache<Pattern: Hashable & Sendable>: ~Copyable, Sendable {
  private let known = Mutex<[Pattern: Automaton?]>([:])
  private static var limit: Int { 50_000 }

  /// Nil where the automaton would be too large.
  func automaton(
    for pattern: Pattern, _ expression: () -> LanguageExpression
  ) -> Automaton? {
    if let found = known.withLock({ $0[pattern] }) { return found }
    let made = Automaton(expression())
    known.withLock { known in
      if known.count >= Self.limit { known.removeAll() }
      known[pattern] = .some(made)
    }
    return made
  }
}
