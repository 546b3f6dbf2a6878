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
    /// A stage names a table that does not exist.
    case missingTable(String)
    /// A gate of an allow rule, by what decided in the gate.
    indirect case gate(of: RuleKey, Source)

    /// What a reader is told to have decided: of a gate what decided in it.
    var decider: Source {
      if case .gate(_, let inner) = self { inner.decider } else { self }
    }
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
/// - the end of a table: its default decides, however the table was reached; a default of none
///   leaves the atoms undecided.
///
/// Semantics of jump, goto and return: nft(8), "VERDICT STATEMENT".
final class TableWalk {
  let evaluator: TestEvaluator
  private(set) var decisions: [Decision] = []
  private var stack: [Int] = []
  /// Set when a walk was cut short: a cycle of jumps, or more steps than any real policy needs.
  private(set) var wasCutShort = false
  private var steps = 0
  /// Tables walked so far, kept once the walk is long; see ``walk(table:live:)``.
  private var visits: [Int: Visit] = [:]
  static let stepLimit = 5_000_000
  /// After so many steps in tables walked before, an atom walks no table twice, so that jumps that
  /// fan out and meet again cost no more than the tables are long. Until then it does, since the
  /// rules on its different ways are all worth telling.
  static let patience = 10_000
  private var repeatedSteps = 0
  private var walkedTables: Set<Int> = []

  private struct Visit {
    var certain: AtomSet
    var any: AtomSet
    var left: LiveAtoms
  }

  init(_ evaluator: TestEvaluator) { self.evaluator = evaluator }

  private var compiled: CompiledPolicy { evaluator.context.compiled }

  /// Walks a table from its start and applies its default to what is left.
  func run(table: Int, live: AtomSet) {
    let left = walk(
      table: table,
      live: LiveAtoms(certain: live, doubtful: live.subtracting(live)))
    record(Self.outcome(compiled.policy.tables[table].defaultAction), .tableDefault(table), left)
  }

  static func outcome(_ action: DefaultAction) -> Outcomes {
    switch action.outcome {
    case .allow: .allow
    case .deny: .deny
    case .none: .none
    }
  }

  /// Returns the atoms that may leave the table undecided.
  private func walk(table: Int, live: LiveAtoms) -> LiveAtoms {
    guard !stack.contains(table), stack.count < 64 else {
      wasCutShort = true
      return live
    }
    stack.append(table)
    defer { stack.removeLast() }
    guard repeatedSteps > Self.patience else { return walkRules(table: table, live: live) }
    let nothing = live.none
    var visit =
      visits[table] ?? Visit(certain: nothing.certain, any: nothing.certain, left: nothing)
    let new = LiveAtoms(
      certain: live.certain.subtracting(visit.certain),
      doubtful: live.doubtful.subtracting(visit.any), doubts: live.doubts)
    if !new.isEmpty { visit.left.formUnion(walkRules(table: table, live: new)) }
    visit.certain.formUnion(live.certain)
    visit.any.formUnion(live.all)
    visits[table] = visit
    let left = visit.left.intersection(live.all)
    var result = left.intersection(live.certain)
    result.formUnion(left.intersection(live.doubtful).doubted(by: live.doubts))
    return result
  }

  private func walkRules(table: Int, live initial: LiveAtoms) -> LiveAtoms {
    var live = initial
    var returned = initial.none
    let isRepeated = !walkedTables.insert(table).inserted
    for candidate in evaluator.candidates(table: table) {
      if live.isEmpty { break }
      steps += 1
      if isRepeated { repeatedSteps += 1 }
      guard steps < Self.stepLimit else {
        wasCutShort = true
        break
      }
      let match = evaluator.match(candidate, live: live.all)
      if match.yes.isEmpty && match.perhaps.isEmpty { continue }
      let key = RuleKey(table: table, rule: candidate.rule)
      // What the rule takes for certain, and all that it takes if its doubts apply.
      let taken = live.intersection(match.yes)
      var reached = taken
      if !match.perhaps.isEmpty {
        reached.formUnion(live.intersection(match.perhaps).doubted(by: DoubtList(key)))
      }
      switch compiled.tables[table].rules[candidate.rule].action {
      case .continue: break
      case .allow(let gates):
        decideAllow(key, gates: gates, reached)
        live.subtract(taken)
      case .inspect:
        record(.allow, .rule(key), reached)
        live.subtract(taken)
      case .deny, .bypass:
        record(.deny, .rule(key), reached)
        live.subtract(taken)
      case .broken:
        record(.broken, .rule(key), reached)
        live.subtract(taken)
      case .jump(let target):
        let left = walk(table: target, live: reached)
        live.subtract(taken)
        live.formUnion(left)
      case .goto(let target):
        returned.formUnion(walk(table: target, live: reached))
        live.subtract(taken)
      case .return:
        returned.formUnion(reached)
        live.subtract(taken)
      }
    }
    let ending = Self.outcome(compiled.policy.tables[table].defaultAction)
    // The bottom table's own default takes what returns to it as well, and is recorded once.
    if ending != .none, stack.count > 1 {
      record(ending, .tableDefault(table), live)
    } else {
      returned.formUnion(live)
    }
    return returned
  }

  private func record(_ outcome: Outcomes, _ source: Decision.Source, _ atoms: LiveAtoms) {
    if !atoms.certain.isEmpty {
      decisions.append(
        Decision(
          atoms: atoms.certain, outcome: outcome, source: source, certain: true, doubts: []))
    }
    if !atoms.doubtful.isEmpty {
      decisions.append(
        Decision(
          atoms: atoms.doubtful, outcome: outcome, source: source, certain: false,
          doubts: atoms.doubts.rules))
    }
  }

  /// An allow rule with gates lets pass what every gate lets pass.
  private func decideAllow(_ key: RuleKey, gates: [Int], _ atoms: LiveAtoms) {
    var atoms = atoms
    for gate in gates {
      guard !atoms.isEmpty else { return }
      guard let walked = evaluator.gate(gate) else {
        wasCutShort = true
        continue
      }
      wasCutShort = wasCutShort || walked.wasCutShort
      atoms = pass(walked.decisions, of: key, atoms)
    }
    record(.allow, .rule(key), atoms)
  }

  /// Records what a gate denies, and returns what it lets pass.
  private func pass(
    _ gate: [Decision], of key: RuleKey, _ atoms: LiveAtoms
  ) -> LiveAtoms {
    var passed = atoms.none
    for decision in gate {
      var here = atoms.intersection(decision.atoms)
      if !decision.certain {
        var more = DoubtList()
        for rule in decision.doubts { more.insert(rule) }
        here = here.doubted(by: more)
      }
      if decision.outcome == .deny || decision.outcome == .broken {
        record(decision.outcome, .gate(of: key, decision.source), here)
      } else {
        passed.formUnion(here)
      }
    }
    return passed
  }
}

/// What the walk of one stage came to.
struct StageOutcome: Sendable {
  let decisions: [Decision]
  private let masks: [Outcomes]
  /// For each atom the places of its decisions, one behind the other: those of atom `n` from
  /// `starts[n]` on. Empty where there would be too many.
  private let places: [Int32]
  private let starts: [Int32]
  private static let mostPlaces = 1 << 23

  init(decisions: [Decision], count: Int) {
    self.decisions = decisions
    var masks = Array(repeating: Outcomes(), count: count)
    var numbers = Array(repeating: Int32(0), count: count + 1)
    var total = 0
    for decision in decisions {
      for atom in decision.atoms.atoms {
        masks[atom].formUnion(decision.outcome)
        numbers[atom + 1] &+= 1
        total += 1
      }
    }
    self.masks = masks
    guard total <= Self.mostPlaces else {
      places = []
      starts = []
      return
    }
    for atom in 0..<count { numbers[atom + 1] += numbers[atom] }
    var next = numbers
    var places = Array(repeating: Int32(0), count: total)
    for (place, decision) in decisions.enumerated() {
      for atom in decision.atoms.atoms {
        places[Int(next[atom])] = Int32(place)
        next[atom] += 1
      }
    }
    self.places = places
    starts = numbers
  }

  /// What may decide an atom, in order.
  func decisions(of atom: Int) -> [Decision] {
    guard !starts.isEmpty else { return decisions.filter { $0.atoms.contains(atom) } }
    return places[Int(starts[atom])..<Int(starts[atom + 1])].map { decisions[Int($0)] }
  }

  /// The places of what may decide an atom; nil where there would be too many.
  func places(of atom: Int) -> ArraySlice<Int32>? {
    starts.isEmpty ? nil : places[Int(starts[atom])..<Int(starts[atom + 1])]
  }

  func outcomes(_ atom: Int) -> Outcomes { masks[atom] }

  func atoms(where accept: (Outcomes) -> Bool) -> AtomSet {
    var set = AtomSet(count: masks.count)
    for atom in masks.indices where accept(masks[atom]) { set.insert(atom) }
    return set
  }
}
