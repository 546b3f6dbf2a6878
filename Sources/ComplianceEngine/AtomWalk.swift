import NetworkSets
import PolicyModel

/// Walks the rules of one device for one flow, given some assumptions, and keeps what it sees.
///
/// Doubts that hang on facts of their own are independent, and so the outcomes are exactly those
/// that may be; doubts about one fact are taken to be independent too, which only makes the answer
/// less definite. ``sharedSplit`` names a fact on which several doubts hang: with every such fact
/// assumed one way or the other, the answer is exact. Cost is the rules that may match the flow.
struct AtomWalk {
  /// A rule that takes the flow, or perhaps does.
  struct Row {
    let key: RuleKey
    let isCertain: Bool
    let doubts: [OpenDoubt]
    /// What the rule itself may come to; `none` stands for leaving the table.
    let effect: Outcomes
    /// What may come of the flow behind the rule; `none` stands for leaving the table.
    var rest: Outcomes
  }

  struct View {
    var rows: [Row] = []
    /// From the first rule on; `none` stands for leaving the table.
    var whole = Outcomes()
    /// How many of the rows the flow may come to.
    var reached = 0
    /// Tables that a rule leads to, by the place in `rows`.
    var targets: [(row: Int, table: Int, isGate: Bool)] = []
  }

  let hop: HopOutcome
  let atom: Int
  let given: Assumptions
  /// A rule that is walked past.
  private let without: RuleKey?
  /// A disabled rule that is walked as if it were not.
  private let enabled: HopContext.DisabledRule?
  private(set) var pathSeen: Truth = .no
  private(set) var views: [Int: View] = [:]
  /// The tables in the order in which they were left, targets before those that lead to them.
  private(set) var order: [Int] = []
  private(set) var steps = 0
  /// How often each open fact was met.
  private(set) var counts: [Fact: Int] = [:]
  private(set) var sharedSplit: Split?
  private var inProgress: Set<Int> = []

  init(
    _ hop: HopOutcome, atom: Int, given: Assumptions, pathSeen forced: Truth? = nil,
    counts: [Fact: Int] = [:], without: RuleKey? = nil,
    enabling enabled: HopContext.DisabledRule? = nil
  ) {
    self.hop = hop
    self.atom = atom
    self.given = given
    self.counts = counts
    self.without = without
    self.enabled = enabled
    pathSeen = forced ?? findPathSeen()
    // The inspection rules were walked without a path.
    views = [:]
    order = []
  }

  private var evaluator: TestEvaluator { hop.evaluator }
  private var compiled: CompiledPolicy { hop.evaluator.context.compiled }

  /// What the whole device comes to.
  mutating func run() -> Outcomes {
    var stages: [Outcomes] = []
    for table in hop.stageTables { stages.append(table.map { run(table: $0) } ?? .broken) }
    return hop.combine { stages[$0] }
  }

  /// What a table comes to with its default, as a stage or a gate.
  mutating func run(table: Int) -> Outcomes {
    let whole = view(table).whole
    guard whole.contains(.none) else { return whole }
    return whole.subtracting(.none).union(
      TableWalk.outcome(compiled.policy.tables[table].defaultAction))
  }

  private mutating func findPathSeen() -> Truth {
    if evaluator.space.isPlainHTTP { return .yes }
    let base = evaluator.pathVisible(atom)
    guard base == .perhaps else { return base }
    if let table = hop.inspectionTable {
      let outcomes = run(table: table)
      if outcomes == .allow { return .yes }
      if outcomes.isDisjoint(with: [.allow, .broken]) { return .no }
    }
    return given.truth(.pathSeen(hop: evaluator.context.number))
  }

  private mutating func count(_ doubts: [OpenDoubt]) {
    // The same fact in several terms of a list is one doubt of that list.
    for doubt in doubts {
      counts[doubt.fact, default: 0] += 1
      if sharedSplit == nil, counts[doubt.fact] == 2 { sharedSplit = doubt.split }
    }
  }

  private mutating func view(_ table: Int) -> View {
    if let known = views[table] {
      // What is walked twice hangs twice on the same facts.
      for row in known.rows { count(row.doubts) }
      return known
    }
    guard inProgress.insert(table).inserted else { return View() }
    defer { inProgress.remove(table) }
    var view = View()
    var isReached = true
    for candidate in candidates(table) {
      steps += 1
      let key = RuleKey(table: table, rule: candidate.rule)
      if key == without { continue }
      let (truth, doubts) = match(candidate, key)
      if truth == .no { continue }
      count(doubts)
      let (effect, fallsThrough) = act(key, &view)
      view.rows.append(
        Row(
          key: key, isCertain: truth == .yes, doubts: doubts, effect: effect, rest: Outcomes()))
      if isReached { view.reached = view.rows.count }
      if truth == .yes, !fallsThrough {
        isReached = false
        break
      }
    }
    var rest =
      isReached
      ? TableWalk.outcome(compiled.policy.tables[table].defaultAction) : Outcomes()
    for index in view.rows.indices.reversed() {
      view.rows[index].rest = rest
      let row = view.rows[index]
      rest = row.isCertain && !fallsThrough(row.key) ? row.effect : rest.union(row.effect)
    }
    view.whole = rest
    views[table] = view
    order.append(table)
    return view
  }

  private func candidates(_ table: Int) -> [HopContext.Candidate] {
    let own = evaluator.candidates(table: table)
    guard let enabled, enabled.table == table else { return own }
    return own.prefix { $0.rule < enabled.candidate.rule } + [enabled.candidate]
      + own.drop { $0.rule < enabled.candidate.rule }
  }

  /// Whether the flow may go on behind a rule that takes it.
  private func fallsThrough(_ key: RuleKey) -> Bool {
    switch compiled.tables[key.table].rules[key.rule].action {
    case .continue: true
    case .jump(let target): views[target]?.whole.contains(.none) ?? true
    default: false
    }
  }

  private mutating func act(
    _ key: RuleKey, _ view: inout View
  ) -> (effect: Outcomes, fallsThrough: Bool) {
    let row = view.rows.count
    switch compiled.tables[key.table].rules[key.rule].action {
    case .continue: return ([], true)
    case .deny, .bypass: return (.deny, false)
    case .inspect: return (.allow, false)
    case .broken: return (.broken, false)
    case .return: return (.none, false)
    case .jump(let target):
      let whole = self.view(target).whole
      view.targets.append((row, target, false))
      return (whole.subtracting(.none), whole.contains(.none))
    case .goto(let target):
      let whole = self.view(target).whole
      view.targets.append((row, target, false))
      return (whole, false)
    case .allow(let gates):
      var result = Outcomes()
      for gate in gates {
        let outcome = run(table: gate)
        view.targets.append((row, gate, true))
        result.formUnion(outcome.intersection([.deny, .broken]))
        if outcome.isDisjoint(with: [.allow, .none]) { return (result, false) }
      }
      return (result.union(.allow), false)
    }
  }

  private func match(
    _ candidate: HopContext.Candidate, _ key: RuleKey
  ) -> (Truth, [OpenDoubt]) {
    var truth = Truth.yes
    var open: [Int32] = []
    for test in candidate.openTests {
      let answer = evaluator.truth(cached: test, atom: atom)
      if answer == .no { return (.no, []) }
      if answer == .perhaps { open.append(test) }
    }
    if candidate.settled == .perhaps {
      let unsettled = Set(candidate.openTests)
      open += compiled.tables[key.table].rules[key.rule].tests.filter {
        !unsettled.contains($0) && evaluator.truth(of: $0, atom: atom) == .perhaps
      }
    }
    guard !open.isEmpty else { return (.yes, []) }
    var tests = OpenTests(
      evaluator, atom: atom, given: given, rule: key, pathSeen: pathSeen)
    var doubts: [OpenDoubt] = []
    for test in open {
      let answer = tests.answer(test)
      truth = truth && answer.truth
      if truth == .no { return (.no, []) }
      doubts += answer.doubts
    }
    return (truth, truth == .perhaps ? doubts : [])
  }
}
