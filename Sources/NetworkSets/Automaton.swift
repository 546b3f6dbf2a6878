/// A nondeterministic finite automaton (Thompson's construction) for one language.
package struct Automaton: Hashable, Sendable {
  enum State: Hashable, Sendable {
    case consume(ByteSet, next: Int32)
    case split(Int32, Int32)
    case accept
    case dead
  }

  private(set) var states: [State] = []
  private(set) var start: Int32 = 0

  /// The most positions that an automaton may have; larger expressions are refused, and their
  /// importer turns the pattern into a condition.
  package static let sizeLimit = 20_000

  /// Nil where the expression is larger than ``sizeLimit``.
  package init?(_ expression: LanguageExpression) {
    guard expression.size(limit: Self.sizeLimit) != nil else { return nil }
    let accept = add(.accept)
    start = compile(expression, then: accept)
  }

  private mutating func add(_ state: State) -> Int32 {
    states.append(state)
    return Int32(states.count - 1)
  }

  private mutating func compile(_ expression: LanguageExpression, then next: Int32) -> Int32 {
    switch expression {
    case .never: return add(.dead)
    case .empty: return next
    case .bytes(let set): return add(.consume(set, next: next))
    case .sequence(let parts):
      return parts.reversed().reduce(next) { compile($1, then: $0) }
    case .choice(let parts):
      guard var entry = parts.last.map({ compile($0, then: next) }) else { return add(.dead) }
      for part in parts.dropLast().reversed() {
        let branch = compile(part, then: next)
        entry = add(.split(branch, entry))
      }
      return entry
    case .repeated(let part, let minimum, let maximum):
      var entry = next
      if let maximum {
        for _ in 0..<Swift.max(maximum - minimum, 0) {
          let body = compile(part, then: entry)
          entry = add(.split(body, next))
        }
      } else {
        let loop = add(.dead)
        let body = compile(part, then: loop)
        states[Int(loop)] = .split(body, next)
        entry = loop
      }
      for _ in 0..<minimum { entry = compile(part, then: entry) }
      return entry
    }
  }

  /// The states reachable without consuming anything, sorted.
  func closure(of seeds: [Int32]) -> [Int32] {
    var seen = Set<Int32>()
    var stack = seeds
    var result: [Int32] = []
    while let state = stack.popLast() {
      guard seen.insert(state).inserted else { continue }
      switch states[Int(state)] {
      case .split(let first, let second):
        stack.append(first)
        stack.append(second)
      case .consume, .accept: result.append(state)
      case .dead: break
      }
    }
    return result.sorted()
  }

  func step(_ set: [Int32], _ byte: UInt8) -> [Int32] {
    var next: [Int32] = []
    for state in set {
      if case .consume(let bytes, let target) = states[Int(state)], bytes.contains(byte) {
        next.append(target)
      }
    }
    return next.isEmpty ? [] : closure(of: next)
  }

  func accepts(_ set: [Int32]) -> Bool {
    set.contains { if case .accept = states[Int($0)] { true } else { false } }
  }

  /// Whether the automaton's language holds the text.
  package func matches(_ text: some Sequence<UInt8>) -> Bool {
    var set = closure(of: [start])
    for byte in text {
      set = step(set, byte)
      if set.isEmpty { return false }
    }
    return accepts(set)
  }

  /// Every character set that some transition tests.
  var testedSets: Set<ByteSet> {
    Set(states.compactMap { if case .consume(let set, _) = $0 { set } else { nil } })
  }
}

/// A deterministic view of an ``Automaton``, built only as far as it is walked.
///
/// State 0 is the dead state. Not shared between threads: each exploration makes its own.
final class LazyDeterministicAutomaton {
  private let automaton: Automaton
  private var sets: [[Int32]] = [[]]
  private var numbers: [[Int32]: Int32] = [[]: 0]
  private var transitions: [Int64: Int32] = [:]
  private var accepting: [Bool] = [false]
  let start: Int32
  /// Whether the first slash settles the answer, and what follows it is ignored.
  private let stopsAtSlash: Bool
  /// The state that accepts whatever follows; negative, so that it is no index of `sets`.
  private static let acceptsAll: Int32 = -1

  init(_ automaton: Automaton, stopsAtSlash: Bool = false) {
    self.automaton = automaton
    self.stopsAtSlash = stopsAtSlash
    let initial = automaton.closure(of: [automaton.start])
    if initial.isEmpty {
      start = 0
    } else {
      sets.append(initial)
      numbers[initial] = 1
      accepting.append(automaton.accepts(initial))
      start = 1
    }
  }

  func step(_ state: Int32, _ byte: UInt8) -> Int32 {
    if state <= 0 { return state }
    let key = Int64(state) << 8 | Int64(byte)
    if let known = transitions[key] { return known }
    let next = automaton.step(sets[Int(state)], byte)
    let number: Int32
    if stopsAtSlash, byte == 0x2F {
      number = automaton.accepts(next) ? Self.acceptsAll : 0
    } else if let known = numbers[next] {
      number = known
    } else {
      number = Int32(sets.count)
      sets.append(next)
      numbers[next] = number
      accepting.append(automaton.accepts(next))
    }
    transitions[key] = number
    return number
  }

  func accepts(_ state: Int32) -> Bool { state == Self.acceptsAll || accepting[Int(state)] }
}
