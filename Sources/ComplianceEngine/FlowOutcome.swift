import NetworkSets
import PolicyModel

/// What one device does with every atom of a space.
final class HopOutcome {
  let evaluator: TestEvaluator
  let stages: [StageOutcome]
  /// What the inspection table came to: allow stands for decrypted. Nil where the device cannot
  /// decrypt, or the port carries plain HTTP.
  let inspection: StageOutcome?
  let wasCutShort: Bool
  private let mode: Pipeline.Mode
  /// For each stage, whether it filters; see ``PolicyModel/Stage/isAuxiliary``.
  private let filters: [Bool]

  init(context: HopContext, space: FlowSpace) {
    evaluator = TestEvaluator(context: context, space: space)
    mode = context.pipeline.mode
    var cutShort = false
    let numbers = context.compiled.tableNumbers
    if !space.isPlainHTTP, let name = context.pipeline.inspection, let table = numbers[name] {
      // Decryption is decided on what is visible without it: the host.
      let walk = TableWalk(evaluator)
      walk.run(table: table, live: space.allAtoms)
      let outcome = StageOutcome(decisions: walk.decisions, count: space.count)
      inspection = outcome
      cutShort = walk.wasCutShort
      let seen = outcome.atoms { $0 == .allow }
      let perhaps = outcome.atoms { $0.contains(.allow) && $0 != .allow }
      if !seen.isEmpty || !perhaps.isEmpty { evaluator.setPathSeen(yes: seen, perhaps: perhaps) }
    } else {
      inspection = nil
    }
    var stages: [StageOutcome] = []
    for stage in context.pipeline.stages where stage.families.contains(space.family) {
      let walk = TableWalk(evaluator)
      if let table = numbers[stage.table] { walk.run(table: table, live: space.allAtoms) }
      cutShort = cutShort || walk.wasCutShort
      stages.append(StageOutcome(decisions: walk.decisions, count: space.count))
    }
    self.stages = stages
    filters = context.pipeline.stages.filter { $0.families.contains(space.family) }
      .map { !$0.isAuxiliary }
    wasCutShort = cutShort
  }

  func outcomes(_ atom: Int) -> Outcomes {
    switch mode {
    case .allOf:
      // No stage for this family: nothing filters it.
      return stages.reduce(.allow) { Self.both($0, $1.outcomes(atom)) }
    case .firstDecisive:
      var result = Outcomes()
      for stage in stages {
        let outcome = stage.outcomes(atom)
        result.formUnion(outcome.subtracting(.none))
        if !outcome.contains(.none) { return result }
      }
      return result.union(.none)
    }
  }

  /// What two devices or stages in a row may come to, their doubts being independent.
  static func both(_ first: Outcomes, _ second: Outcomes) -> Outcomes {
    var result = Outcomes()
    for one in [Outcomes.allow, .deny, .none] where first.contains(one) {
      for two in [Outcomes.allow, .deny, .none] where second.contains(two) {
        if one == .deny || two == .deny {
          result.formUnion(.deny)
        } else if one == .none || two == .none {
          result.formUnion(.none)
        } else {
          result.formUnion(.allow)
        }
      }
    }
    return result
  }

  /// What decides an atom towards an outcome: at each stage that takes part, the certain decision,
  /// else those in doubt that agree with it.
  func deciders(_ atom: Int, towards outcome: Outcomes) -> [Decision] {
    var result: [Decision] = []
    for (number, stage) in stages.enumerated() {
      let own = stage.outcomes(atom)
      let decisions = stage.decisions.filter { $0.atoms.contains(atom) && $0.outcome == outcome }
      if !filters[number], outcome == .allow, filters.contains(true) { continue }
      if mode == .allOf {
        guard outcome == .allow || own == outcome else { continue }
        if let certain = decisions.first(where: \.certain) {
          result.append(certain)
        } else {
          result += decisions
        }
        if outcome == .deny { return result }
      } else {
        if let certain = decisions.first(where: \.certain) {
          result.append(certain)
        } else {
          result += decisions
        }
        if !own.contains(.none) { return result }
      }
    }
    return result
  }

  /// The decisions in doubt that keep an atom from a definite answer: those that would change what
  /// happens otherwise, and those that come before them and would keep them from it.
  func doubtful(_ atom: Int) -> [Decision] {
    var result: [Decision] = []
    for stage in stages {
      let own = stage.outcomes(atom)
      guard !own.isDefinite else {
        if mode == .firstDecisive { break }
        continue
      }
      let decisions = stage.decisions.filter { $0.atoms.contains(atom) }
      let certain = decisions.first(where: \.certain)?.outcome
      let last = decisions.lastIndex { !$0.certain && $0.outcome != certain }
      result += decisions.prefix(last.map { $0 + 1 } ?? 0).filter { !$0.certain }
      if mode == .firstDecisive, !own.contains(.none) { break }
    }
    return result
  }
}

/// What a whole network path does with every atom of a space.
final class FlowOutcome {
  let space: FlowSpace
  let hops: [HopOutcome]

  init(space: FlowSpace, hops: [HopOutcome]) {
    self.space = space
    self.hops = hops
  }

  func outcomes(_ atom: Int) -> Outcomes {
    hops.reduce(.allow) { HopOutcome.both($0, $1.outcomes(atom)) }
  }

  var wasCutShort: Bool { hops.contains(where: \.wasCutShort) }
}
