import ComplianceEngine
import NetworkSets
import PolicyModel

/// Walks the rules of one device for one flow, one rule after the other, and collects everything
/// that may come of it.
///
/// Wherever a match is open both ways are followed, each to its end. That is exponential and plain.
struct ReferenceWalk {
  let policy: Policy
  let match: ReferenceMatch
  let flow: ReferenceFlow
  /// Whether an open match counts as no match; then exactly one outcome is left.
  let ignoringDoubts: Bool
  var pathVisible: Possible = .no

  private func answers(_ rule: Rule) -> Possible {
    let possible = match.matches(rule, flow, pathVisible: pathVisible)
    return ignoringDoubts && possible == .open ? .no : possible
  }

  private func table(_ name: String) -> Table? { policy.tables.first { $0.name == name } }

  /// What becomes of the flow from rule `index` on; `left` where the table leaves it undecided.
  private func walk(_ table: Table, from index: Int = 0) -> Set<ReferenceOutcome> {
    guard index < table.rules.count else {
      switch table.defaultAction.outcome {
      case .allow: return [.allow]
      case .deny: return [.deny]
      case .none: return [.left]
      }
    }
    let rule = table.rules[index]
    var result: Set<ReferenceOutcome> = []
    let answers = answers(rule)
    if answers.contains(.yes) { result.formUnion(act(rule, table, index)) }
    if answers.contains(.no) { result.formUnion(walk(table, from: index + 1)) }
    return result
  }

  private func act(_ rule: Rule, _ table: Table, _ index: Int) -> Set<ReferenceOutcome> {
    switch rule.action {
    case .allow(let gates): return pass(gates[...])
    case .deny, .bypass: return [.deny]
    case .inspect: return [.allow]
    case .continue: return walk(table, from: index + 1)
    case .return: return [.left]
    case .jump(let name):
      guard let target = self.table(name) else { return [.broken] }
      var result: Set<ReferenceOutcome> = []
      for outcome in walk(target) {
        if outcome == .left {
          result.formUnion(walk(table, from: index + 1))
        } else {
          result.insert(outcome)
        }
      }
      return result
    case .goto(let name):
      guard let target = self.table(name) else { return [.broken] }
      return walk(target)
    }
  }

  /// Every gate must let the flow pass; one that does not decide lets it pass.
  private func pass(_ gates: ArraySlice<String>) -> Set<ReferenceOutcome> {
    guard let first = gates.first else { return [.allow] }
    guard gates.allSatisfy({ table($0) != nil }) else { return [.broken] }
    var result: Set<ReferenceOutcome> = []
    for outcome in run(first) {
      switch outcome {
      case .allow, .left: result.formUnion(pass(gates.dropFirst()))
      case .deny, .broken: result.insert(outcome)
      }
    }
    return result
  }

  /// A table with its default.
  func run(_ name: String) -> Set<ReferenceOutcome> {
    guard let table = table(name) else { return [.broken] }
    var result = walk(table)
    if result.remove(.left) != nil {
      switch table.defaultAction.outcome {
      case .allow: result.insert(.allow)
      case .deny: result.insert(.deny)
      case .none: result.insert(.left)
      }
    }
    return result
  }
}

/// One device with its client, judged flow by flow.
struct ReferenceDevice {
  let policy: Policy
  let client: Client
  let hop: Int
  let knowledge: OutsideKnowledge
  let names: ReferenceNames

  private var pipeline: Pipeline? { policy.pipelines.first { $0.traffic == client.traffic } }

  private func walk(_ flow: ReferenceFlow, ignoringDoubts: Bool) -> ReferenceWalk {
    ReferenceWalk(
      policy: policy,
      match: ReferenceMatch(
        policy: policy, knowledge: knowledge, names: names, hop: hop, traffic: client.traffic),
      flow: flow, ignoringDoubts: ignoringDoubts)
  }

  /// Whether the device sees paths: always on port 80, else where it decrypts, which it decides
  /// without seeing one.
  private func pathVisible(_ flow: ReferenceFlow, _ pipeline: Pipeline) -> Possible {
    if flow.port == 80 { return .yes }
    guard let table = pipeline.inspection else { return .no }
    let outcomes = walk(flow, ignoringDoubts: false).run(table)
    return Possible(outcomes.map { $0 == .allow })
  }

  /// What each stage may come to.
  func stages(_ flow: ReferenceFlow, ignoringDoubts: Bool = false) -> [Set<ReferenceOutcome>] {
    guard let pipeline else { return [] }
    var walk = walk(flow, ignoringDoubts: ignoringDoubts)
    walk.pathVisible = pathVisible(flow, pipeline)
    return pipeline.stages.filter { $0.families.contains(flow.family) }.map { walk.run($0.table) }
  }

  /// What may become of a flow with equal doubts taken as one; nil where that takes too long.
  func jointOutcomes(_ flow: ReferenceFlow) -> Set<ReferenceOutcome>? {
    let worlds = ReferenceWorlds()
    let world = ReferenceWorld(device: self, flow: flow, worlds: worlds)
    return worlds.all { world.outcome() }
  }

  /// What may become of a flow with all doubts taken to be independent.
  func outcomes(_ flow: ReferenceFlow) -> Set<ReferenceOutcome> {
    let stages = stages(flow)
    guard let pipeline else { return [.left] }
    let own = pipeline.stages.filter { $0.families.contains(flow.family) }.map(\.phase)
    // A policy without a stage for the family says nothing about it.
    let start: Set<ReferenceOutcome> = own.contains(.firstPacket) ? [.allow] : [.left]
    guard pipeline.mode == .firstDecisive else { return Self.allOf([start] + stages) }
    // Within a phase the first that decides; over the phases whoever denies.
    let phases = Set(own).map { phase in
      Self.firstDecisive(zip(own, stages).filter { $0.0 == phase }.map(\.1)[...])
    }
    return Self.allOf([start] + phases)
  }

  private static func firstDecisive(
    _ stages: ArraySlice<Set<ReferenceOutcome>>
  ) -> Set<ReferenceOutcome> {
    guard let first = stages.first else { return [.left] }
    var result = first
    if result.remove(.left) != nil { result.formUnion(firstDecisive(stages.dropFirst())) }
    return result
  }

  /// Who denies wins; then what is not known; only what all let pass passes.
  static func allOf(_ stages: [Set<ReferenceOutcome>]) -> Set<ReferenceOutcome> {
    stages.reduce([.allow]) { result, stage in
      Set(result.flatMap { one in stage.map { two in worse(one, two) } })
    }
  }

  static func worse(_ one: ReferenceOutcome, _ two: ReferenceOutcome) -> ReferenceOutcome {
    for outcome in [ReferenceOutcome.deny, .broken, .left] where one == outcome || two == outcome {
      return outcome
    }
    return .allow
  }
}
