import NetworkSets
import PolicyModel

/// Finds the rules in doubt on which the outcome of a flow hangs: those without which, in some way
/// in which everything else may turn out, another thing would happen.
///
/// A rule is asked what it would do and what would happen behind it. Where the two may differ, and
/// the difference reaches the end of the way (no other stage or device denies anyhow, nor is what
/// the stage leaves undecided decided alike), its doubts are worth telling. Rules that only lead
/// away (`return`, `jump`) are asked like any other.
struct Relevance {
  struct Hanging {
    let key: RuleKey
    let doubts: [OpenDoubt]
    /// What may happen where the rule takes the flow.
    let outcomes: Outcomes
    /// Whether all doubts of the rule are told.
    var isWhole = true
  }

  private let hop: HopOutcome
  private let atom: Int
  private let given: Assumptions
  /// What the other devices of the path may come to.
  private let others: Outcomes

  init(_ hop: HopOutcome, atom: Int, given: Assumptions, others: Outcomes) {
    self.hop = hop
    self.atom = atom
    self.given = given
    self.others = others
  }

  /// Which of some rules take the flow for certain under the assumptions, so that without them
  /// something else would happen.
  func acting(_ rules: [RuleKey]) -> Set<RuleKey> {
    var walk = AtomWalk(hop, atom: atom, given: given)
    let outcomes = HopOutcome.both(walk.run(), others)
    let taking = Set(
      walk.views.values.flatMap { $0.rows.prefix($0.reached) }.filter(\.isCertain).map(\.key))
    return Set(
      rules.filter { rule in
        guard taking.contains(rule) else { return false }
        var without = AtomWalk(hop, atom: atom, given: given, without: rule)
        return HopOutcome.both(without.run(), others) != outcomes
      })
  }

  /// Rules in doubt, in the order of the walk.
  func rules() -> [Hanging] {
    var walk = AtomWalk(hop, atom: atom, given: given)
    _ = walk.run()
    var result: [Hanging] = []
    if let inspection = hop.inspectionTable, walk.pathSeen == .perhaps {
      result += inspectionRules(inspection)
    }
    let hidesPath = !result.isEmpty
    for (number, table) in hop.stageTables.enumerated() {
      guard let table else { continue }
      let stage = StageEnd(hop, number, walk, others: others)
      result += hanging(walk, from: table, end: stage).map { rule in
        // Where inspection is told, that the path may be hidden says nothing more.
        guard hidesPath else { return rule }
        let kept = rule.doubts.filter { !$0.isAboutPath }
        return Hanging(
          key: rule.key, doubts: kept, outcomes: rule.outcomes,
          isWhole: kept.count == rule.doubts.count)
      }
    }
    return Self.joined(result.filter { !$0.doubts.isEmpty })
  }

  /// A rule that is met on several ways is told once, with all that it may do.
  private static func joined(_ rules: [Hanging]) -> [Hanging] {
    var places: [RuleKey: Int] = [:]
    var result: [Hanging] = []
    for rule in rules {
      if let place = places[rule.key] {
        result[place] = Hanging(
          key: rule.key, doubts: result[place].doubts,
          outcomes: result[place].outcomes.union(rule.outcomes), isWhole: result[place].isWhole)
      } else {
        places[rule.key] = result.count
        result.append(rule)
      }
    }
    return result
  }

  /// What becomes of the outcomes of one stage in the end.
  private struct StageEnd {
    /// What happens where the stage leaves the flow undecided.
    let undecided: Outcomes
    /// What everything beside the stage may come to; empty where the stage is never asked.
    let beside: Outcomes

    init(_ hop: HopOutcome, _ number: Int, _ walk: AtomWalk, others: Outcomes) {
      var walk = walk
      var stages: [Outcomes] = []
      for table in hop.stageTables { stages.append(table.map { walk.run(table: $0) } ?? .broken) }
      (undecided, beside) = hop.end(ofStage: number, others: others) { stages[$0] }
    }

    init(seen: Void) {
      undecided = .deny
      beside = .allow
    }

    /// What one of the stage's outcomes comes to behind the stage, as far as its own phase goes: a
    /// reader is told what the rule does, not what others do besides.
    func final(_ outcome: Outcomes) -> Outcomes { outcome == .none ? undecided : outcome }

    /// Whether two outcomes of the stage may come to different ends.
    func differ(_ one: Outcomes, _ two: Outcomes) -> Bool {
      guard one != two, !beside.isEmpty else { return false }
      let first = one == .none ? undecided : one
      let second = two == .none ? undecided : two
      return beside.members.contains { beside in
        first.members.contains { first in
          second.members.contains { second in
            HopOutcome.both(first, beside) != HopOutcome.both(second, beside)
          }
        }
      }
    }
  }

  private func hanging(
    _ walk: AtomWalk, from top: Int, end: StageEnd
  ) -> [Hanging] {
    // What becomes of a flow that leaves a table undecided, over all ways to the table.
    var leaving: [Int: Outcomes] = [:]
    let standard = TableWalk.outcome(
      hop.evaluator.context.compiled.policy.tables[top].defaultAction)
    leaving[top] = standard
    var found: [Int: [Hanging]] = [:]
    for table in walk.order.reversed() {
      guard let after = leaving[table], let view = walk.views[table] else { continue }
      func settled(_ outcomes: Outcomes) -> Outcomes {
        outcomes.contains(.none) ? outcomes.subtracting(.none).union(after) : outcomes
      }
      for (row, target, isGate) in view.targets where row < view.reached {
        let key = view.rows[row].key
        switch hop.evaluator.context.compiled.tables[key.table].rules[key.rule].action {
        case .allow where isGate: leaving[target, default: []].formUnion(gateEnd(target))
        case .jump: leaving[target, default: []].formUnion(settled(view.rows[row].rest))
        default: leaving[target, default: []].formUnion(after)
        }
      }
      for row in view.rows.prefix(view.reached) where !row.isCertain {
        let differs = row.effect.members.contains { one in
          row.rest.members.contains { two in
            guard one != two else { return false }
            let first = one == .none ? after : one
            let second = two == .none ? after : two
            return first.members.contains { first in
              second.members.contains { end.differ(first, $0) }
            }
          }
        }
        guard differs else { continue }
        let taken = settled(row.effect).members.reduce(Outcomes()) { $0.union(end.final($1)) }
        let otherwise = settled(row.rest).members.reduce(Outcomes()) { $0.union(end.final($1)) }
        found[table, default: []].append(
          Hanging(
            key: row.key, doubts: row.doubts,
            outcomes: otherwise.members.count == 1 ? taken.subtracting(otherwise) : taken))
      }
    }
    return walk.order.reversed().flatMap { found[$0] ?? [] }
  }

  /// A gate lets pass what it leaves undecided.
  private func gateEnd(_ table: Int) -> Outcomes {
    let standard = TableWalk.outcome(
      hop.evaluator.context.compiled.policy.tables[table].defaultAction)
    return standard == .none ? .allow : standard
  }

  /// The inspection rules in doubt, where seeing the path decides something.
  private func inspectionRules(_ table: Int) -> [Hanging] {
    var walk = AtomWalk(hop, atom: atom, given: given, pathSeen: .no)
    _ = walk.run(table: table)
    var blind = AtomWalk(hop, atom: atom, given: given, pathSeen: .no)
    var seeing = AtomWalk(hop, atom: atom, given: given, pathSeen: .yes)
    let outcomes = (
      hidden: HopOutcome.both(blind.run(), others), seen: HopOutcome.both(seeing.run(), others)
    )
    guard outcomes.hidden != outcomes.seen else { return [] }
    return hanging(walk, from: table, end: StageEnd(seen: ())).map { rule in
      var result = Outcomes()
      if rule.outcomes.contains(.allow) { result.formUnion(outcomes.seen) }
      if !rule.outcomes.isDisjoint(with: [.deny, .none]) { result.formUnion(outcomes.hidden) }
      return Hanging(key: rule.key, doubts: rule.doubts, outcomes: result)
    }
  }
}
