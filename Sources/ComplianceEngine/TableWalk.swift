import PolicyModel

/// A rule by table and position, inside one policy.
struct RuleKey: Hashable, Sendable {
  let table: Int
  let rule: Int
}

/// One thing that may decide some atoms.
struct Decision: Sendable {
  enum Source: Hashable, Sendable {
    case rule(RuleKey)
    case tableDefault(Int)
    /// A gate of an allow rule, by what decided in the gate.
    indirect case gate(of: RuleKey, Source)
  }

  let atoms: AtomSet
  let outcome: Outcomes
  let source: Source
  /// Whether this is what happens where no doubtful match applies.
  let certain: Bool
  /// The rules whose match is in doubt and on which this decision hangs.
  let doubts: [RuleKey]
}

/// Walks the tables of one device over a set of atoms at once, first match first.
///
/// A rule that *perhaps* matches an atom is recorded and the walk goes on, so that in the end an
/// atom has every outcome that it may meet; it is decided when they all agree. Doubts about
/// different rules are taken to be independent, which can only make an answer less definite.
///
/// - jump: the target is walked; atoms that it leaves undecided go on behind the jump.
/// - goto: as jump, but atoms left undecided return to the caller of the current table.
/// - return: atoms leave the current table; at the bottom they take its default.
/// - Where such a step itself is in doubt, both ways are walked, and an atom comes back to the
///   caller if it may on either.
///
/// Semantics of jump, goto and return: nft(8), "VERDICT STATEMENT".
final class TableWalk {
  let evaluator: TestEvaluator
  private(set) var decisions: [Decision] = []
  private var stack: [Int] = []
  /// Set when a walk was cut short: a cycle of jumps, or more steps than any real policy needs.
  private(set) var wasCutShort = false
  private var steps = 0
  static let stepLimit = 50_000_000

  init(_ evaluator: TestEvaluator) { self.evaluator = evaluator }

  private var compiled: CompiledPolicy { evaluator.context.compiled }

  /// Walks a table from its start and applies its default to what is left.
  func run(table: Int, live: AtomSet) {
    let left = walk(table: table, from: 0, live: live, doubts: [])
    guard !left.isEmpty else { return }
    let outcome: Outcomes
    switch compiled.policy.tables[table].defaultAction.outcome {
    case .allow: outcome = .allow
    case .deny: outcome = .deny
    case .none: outcome = .none
    }
    decisions.append(
      Decision(
        atoms: left, outcome: outcome, source: .tableDefault(table), certain: true, doubts: []))
  }

  /// Returns the atoms that may leave the table undecided.
  private func walk(
    table: Int, from start: Int, live initial: AtomSet, doubts: [RuleKey]
  ) -> AtomSet {
    guard !stack.contains(table) || start > 0, stack.count < 64 else {
      wasCutShort = true
      return initial
    }
    if start == 0 { stack.append(table) }
    defer { if start == 0 { stack.removeLast() } }
    var live = initial
    var returned = initial.subtracting(initial)
    let candidates = evaluator.context.candidates(table: table)
    var index = start
    while index < candidates.count, !live.isEmpty {
      let candidate = candidates[index]
      index += 1
      steps += 1
      guard steps < Self.stepLimit else {
        wasCutShort = true
        break
      }
      let match = evaluator.match(candidate, live: live)
      if match.yes.isEmpty && match.perhaps.isEmpty { continue }
      let key = RuleKey(table: table, rule: candidate.rule)
      let more = doubts + [key]
      switch compiled.tables[table].rules[candidate.rule].action {
      case .continue: break
      case .allow(let gates):
        decideAllow(key, gates: gates, atoms: match.yes, doubts: doubts)
        decideAllow(key, gates: gates, atoms: match.perhaps, doubts: more)
        live.subtract(match.yes)
      case .inspect:
        record(.allow, key, atoms: match.yes, doubts: doubts)
        record(.allow, key, atoms: match.perhaps, doubts: more)
        live.subtract(match.yes)
      case .deny, .bypass:
        record(.deny, key, atoms: match.yes, doubts: doubts)
        record(.deny, key, atoms: match.perhaps, doubts: more)
        live.subtract(match.yes)
      case .broken:
        record(.none, key, atoms: match.yes, doubts: doubts)
        record(.none, key, atoms: match.perhaps, doubts: more)
        live.subtract(match.yes)
      case .jump(let target):
        if !match.yes.isEmpty {
          let left = walk(table: target, from: 0, live: match.yes, doubts: doubts)
          live.subtract(match.yes.subtracting(left))
        }
        if !match.perhaps.isEmpty {
          _ = walk(table: target, from: 0, live: match.perhaps, doubts: more)
        }
      case .goto(let target):
        if !match.yes.isEmpty {
          returned.formUnion(walk(table: target, from: 0, live: match.yes, doubts: doubts))
          live.subtract(match.yes)
        }
        if !match.perhaps.isEmpty {
          returned.formUnion(walk(table: target, from: 0, live: match.perhaps, doubts: more))
          returned.formUnion(walk(table: table, from: index, live: match.perhaps, doubts: more))
          live.subtract(match.perhaps)
        }
      case .return:
        returned.formUnion(match.yes)
        live.subtract(match.yes)
        if !match.perhaps.isEmpty {
          _ = walk(table: table, from: index, live: match.perhaps, doubts: more)
          returned.formUnion(match.perhaps)
          live.subtract(match.perhaps)
        }
      }
    }
    return returned.union(live)
  }

  private func record(_ outcome: Outcomes, _ key: RuleKey, atoms: AtomSet, doubts: [RuleKey]) {
    guard !atoms.isEmpty else { return }
    decisions.append(
      Decision(
        atoms: atoms, outcome: outcome, source: .rule(key), certain: doubts.isEmpty,
        doubts: doubts))
  }

  /// An allow rule with gates lets pass what every gate lets pass.
  private func decideAllow(_ key: RuleKey, gates: [Int], atoms: AtomSet, doubts: [RuleKey]) {
    guard !atoms.isEmpty else { return }
    var walked: [[Decision]] = []
    for gate in gates where !stack.contains(gate) {
      let inner = TableWalk(evaluator)
      inner.stack = stack
      inner.run(table: gate, live: atoms)
      wasCutShort = wasCutShort || inner.wasCutShort
      walked.append(inner.decisions)
    }
    pass(walked[...], of: key, atoms: atoms, doubts: doubts)
  }

  /// Carries atoms through gates one after the other: what one denies is denied, what it lets pass
  /// comes to the next with the doubts on which that hangs.
  private func pass(
    _ gates: ArraySlice<[Decision]>, of key: RuleKey, atoms: AtomSet, doubts: [RuleKey]
  ) {
    guard let gate = gates.first else { return record(.allow, key, atoms: atoms, doubts: doubts) }
    let rest = gates.dropFirst()
    var surely = AtomSet(count: evaluator.space.count)
    var perhaps = surely
    var perhapsDoubts: [RuleKey] = []
    var seen: Set<RuleKey> = []
    for decision in gate {
      let here = decision.atoms.intersection(atoms)
      guard !here.isEmpty else { continue }
      let isBroken = if case .rule = decision.source { decision.outcome == .none } else { false }
      if decision.outcome == .deny || isBroken {
        decisions.append(
          Decision(
            atoms: here, outcome: decision.outcome, source: .gate(of: key, decision.source),
            certain: decision.certain && doubts.isEmpty, doubts: doubts + decision.doubts))
      } else if decision.certain {
        surely.formUnion(here)
      } else {
        // Together, so that many doubtful entries in many gates do not multiply. Which of the
        // doubts concern an atom shows when they are told for it.
        perhaps.formUnion(here)
        perhapsDoubts += decision.doubts.filter { seen.insert($0).inserted }
      }
    }
    if !perhaps.isEmpty { pass(rest, of: key, atoms: perhaps, doubts: doubts + perhapsDoubts) }
    if !surely.isEmpty { pass(rest, of: key, atoms: surely, doubts: doubts) }
  }
}

/// What the walk of one stage came to.
struct StageOutcome: Sendable {
  let decisions: [Decision]
  private let masks: [Outcomes]

  init(decisions: [Decision], count: Int) {
    self.decisions = decisions
    var masks = Array(repeating: Outcomes(), count: count)
    for decision in decisions {
      for atom in decision.atoms.atoms { masks[atom].formUnion(decision.outcome) }
    }
    self.masks = masks
  }

  func outcomes(_ atom: Int) -> Outcomes { masks[atom] }

  func atoms(where accept: (Outcomes) -> Bool) -> AtomSet {
    var set = AtomSet(count: masks.count)
    for atom in masks.indices where accept(masks[atom]) { set.insert(atom) }
    return set
  }
}
