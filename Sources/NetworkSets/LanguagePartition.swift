/// The classes into which a family of languages cuts a universe of `host/path` texts.
///
/// Two texts are in one class when exactly the same languages hold them, so that any policy made
/// of these languages treats them alike and one witness speaks for the whole class. The classes
/// are found by walking the product of all automata breadth first, so that each class is found
/// exactly when it is not empty, and with a shortest witness.
package struct LanguagePartition: Sendable {
  package struct Class: Sendable, Hashable {
    /// Indices of the languages that hold the class, ascending.
    package let members: [Int]
    /// One text of the class, `host/path`.
    package let witness: String
  }

  package let classes: [Class]

  /// One of the languages that cut the universe.
  package enum Language: Hashable, Sendable {
    /// Texts `host/path` as they are.
    case wholeURL(LanguageExpression)
    /// Texts whose `host/`, with an empty path, is in the language: what a device sees that knows
    /// the host only.
    case hostOnly(LanguageExpression)

    var isHostOnly: Bool {
      if case .hostOnly = self { true } else { false }
    }

    var expression: LanguageExpression {
      switch self {
      case .wholeURL(let expression), .hostOnly(let expression): expression
      }
    }

    func matches(_ text: String, _ automaton: Automaton) -> Bool {
      switch self {
      case .wholeURL: return automaton.matches(text.utf8)
      case .hostOnly:
        guard let slash = text.utf8.firstIndex(of: 0x2F) else { return false }
        return automaton.matches(text.utf8[...slash])
      }
    }
  }

  /// Nil where the product has more than `stateLimit` states: too large to decide, so the caller
  /// must say so instead of guessing.
  ///
  /// - Parameter hints: texts that make good witnesses when they belong to a class.
  package init?(
    of universe: LanguageExpression, by languages: [Language],
    hints: [String] = [], stateLimit: Int = 20_000
  ) {
    var automata: [Automaton] = []
    for expression in [universe, .wellFormedURL] + languages.map(\.expression) {
      guard let automaton = Automaton(expression) else { return nil }
      automata.append(automaton)
    }
    var found: [[Int]: String] = [:]
    for hint in hints {
      guard automata[0].matches(hint.utf8), automata[1].matches(hint.utf8) else { continue }
      let members = languages.indices.filter { languages[$0].matches(hint, automata[$0 + 2]) }
      if found[members] == nil { found[members] = hint }
    }

    let alphabet = Self.alphabet(automata)
    let machines = zip(automata, [false, false] + languages.map(\.isHostOnly)).map {
      LazyDeterministicAutomaton($0, stopsAtSlash: $1)
    }
    let initial = machines.map(\.start)
    var seen: Set<[Int32]> = [initial]
    var queue: [(state: [Int32], parent: Int, byte: UInt8)] = [(initial, -1, 0)]
    var position = 0
    var shortest: [[Int]: String] = [:]
    while position < queue.count {
      let current = queue[position].state
      if machines[0].accepts(current[0]) && machines[1].accepts(current[1]) {
        let members = languages.indices.filter { machines[$0 + 2].accepts(current[$0 + 2]) }
        if shortest[members] == nil {
          var bytes: [UInt8] = []
          var walker = position
          while queue[walker].parent >= 0 {
            bytes.append(queue[walker].byte)
            walker = queue[walker].parent
          }
          shortest[members] = String(decoding: bytes.reversed(), as: UTF8.self)
        }
      }
      for byte in alphabet {
        let first = machines[0].step(current[0], byte)
        if first == 0 { continue }
        let second = machines[1].step(current[1], byte)
        if second == 0 { continue }
        var next = current
        next[0] = first
        next[1] = second
        for index in 2..<next.count { next[index] = machines[index].step(current[index], byte) }
        guard seen.insert(next).inserted else { continue }
        guard seen.count <= stateLimit else { return nil }
        queue.append((next, position, byte))
      }
      position += 1
    }
    classes = shortest.keys.sorted { $0.lexicographicallyPrecedes($1) }.map {
      Class(members: $0, witness: found[$0] ?? shortest[$0] ?? "")
    }
  }

  /// One representative of each group of characters that no automaton tells apart.
  static func alphabet(_ automata: [Automaton]) -> [UInt8] {
    var groups: [ByteSet] = [ByteSet.printable]
    for set in automata.reduce(into: Set<ByteSet>(), { $0.formUnion($1.testedSets) }) {
      groups = groups.flatMap { group -> [ByteSet] in
        [group.intersection(set), group.subtracting(set)].filter { !$0.isEmpty }
      }
    }
    let representatives = ByteSet(groups.compactMap { $0.readable.first })
    return representatives.readable
  }
}
