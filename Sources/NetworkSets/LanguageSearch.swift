/// Finds a shortest well-formed `host/path` that lies in some languages and outside others.
package enum LanguageSearch {
  package struct Language: Sendable {
    package let expression: LanguageExpression
    /// Whether only the host and an empty path behind it are asked about.
    package let seesHostOnly: Bool
    /// Whether the text is to be in the language; else it is to be outside.
    package let isWanted: Bool

    package init(expression: LanguageExpression, seesHostOnly: Bool, isWanted: Bool) {
      self.expression = expression
      self.seesHostOnly = seesHostOnly
      self.isWanted = isWanted
    }
  }

  package enum Answer: Equatable, Sendable {
    case found(String)
    case none
    /// The search went beyond its limit.
    case undecided
  }

  /// - Parameter stateLimit: states of the product that are looked at before it is given up.
  package static func text(
    in universe: LanguageExpression, _ languages: [Language], stateLimit: Int = 200_000
  ) -> Answer {
    var automata: [Automaton] = []
    for expression in [universe, .wellFormedURL] + languages.map(\.expression) {
      guard let automaton = Automaton(expression) else { return .undecided }
      automata.append(automaton)
    }
    let alphabet = LanguagePartition.alphabet(automata)
    let machines = zip(automata, [false, false] + languages.map(\.seesHostOnly)).map {
      LazyDeterministicAutomaton($0, stopsAtSlash: $1)
    }
    let wanted = [true, true] + languages.map(\.isWanted)
    let initial = machines.map(\.start)
    var seen: Set<[Int32]> = [initial]
    var queue: [(state: [Int32], parent: Int, byte: UInt8)] = [(initial, -1, 0)]
    var position = 0
    while position < queue.count {
      let current = queue[position].state
      if machines.indices.allSatisfy({ machines[$0].accepts(current[$0]) == wanted[$0] }) {
        var bytes: [UInt8] = []
        var walker = position
        while queue[walker].parent >= 0 {
          bytes.append(queue[walker].byte)
          walker = queue[walker].parent
        }
        return .found(String(decoding: bytes.reversed(), as: UTF8.self))
      }
      next: for byte in alphabet {
        var state = current
        for index in machines.indices {
          state[index] = machines[index].step(current[index], byte)
          // Out of a language that is wanted there is no way back.
          if wanted[index], state[index] == 0 { continue next }
        }
        guard seen.insert(state).inserted else { continue }
        guard seen.count <= stateLimit else { return .undecided }
        queue.append((state, position, byte))
      }
      position += 1
    }
    return .none
  }
}
