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
  /// The places of the stages of each phase, in the order of the packets.
  private let phases: [(phase: Phase, stages: [Int])]
  /// The tables of the stages; nil for one that does not exist.
  let stageTables: [Int?]
  let inspectionTable: Int?
  /// What atoms come to with doubts about one fact taken as one; see ``JointDoubts``.
  private var joint: [Int: Outcomes] = [:]

  init(context: HopContext, space: FlowSpace) {
    evaluator = TestEvaluator(context: context, space: space)
    mode = context.pipeline.mode
    var cutShort = false
    if !space.isPlainHTTP, let name = context.pipeline.inspection {
      // Decryption is decided on what is visible without it: the host.
      let (outcome, wasCut) = Self.walk(name, evaluator)
      inspection = outcome
      cutShort = wasCut
      let seen = wasCut ? AtomSet(count: space.count) : outcome.atoms { $0 == .allow }
      let perhaps =
        wasCut
        ? space.allAtoms
        : outcome.atoms { $0 != .allow && ($0.contains(.allow) || $0.contains(.broken)) }
      if !seen.isEmpty || !perhaps.isEmpty { evaluator.setPathSeen(yes: seen, perhaps: perhaps) }
    } else {
      inspection = nil
    }
    var stages: [StageOutcome] = []
    for stage in context.pipeline.stages where stage.families.contains(space.family) {
      let (outcome, wasCut) = Self.walk(stage.table, evaluator)
      cutShort = cutShort || wasCut
      stages.append(outcome)
    }
    self.stages = stages
    let numbers = context.compiled.tableNumbers
    inspectionTable = space.isPlainHTTP ? nil : context.pipeline.inspection.flatMap { numbers[$0] }
    let own = context.pipeline.stages.filter { $0.families.contains(space.family) }
    stageTables = own.map { numbers[$0.table] }
    filters = own.map { !$0.isAuxiliary }
    phases = Phase.allCases.compactMap { phase in
      let places = own.indices.filter { own[$0].phase == phase }
      return places.isEmpty ? nil : (phase, places)
    }
    wasCutShort = cutShort
  }

  private static func walk(
    _ name: String, _ evaluator: TestEvaluator
  ) -> (StageOutcome, wasCutShort: Bool) {
    let space = evaluator.space
    guard let table = evaluator.context.compiled.tableNumbers[name] else {
      let missing = Decision(
        atoms: space.allAtoms, outcome: .broken, source: .missingTable(name), certain: true,
        doubts: [])
      return (StageOutcome(decisions: [missing], count: space.count), false)
    }
    let walk = TableWalk(evaluator)
    walk.run(table: table, live: space.allAtoms)
    return (StageOutcome(decisions: walk.decisions, count: space.count), walk.wasCutShort)
  }

  func outcomes(_ atom: Int) -> Outcomes {
    joint[atom] ?? combine { stages[$0].outcomes(atom) }
  }

  /// Sets what an atom comes to with doubts about one fact taken as one.
  func settle(_ atom: Int, to outcomes: Outcomes) { joint[atom] = outcomes }

  /// What the stages come to together, from what each comes to.
  func combine(_ stage: (Int) -> Outcomes) -> Outcomes {
    // Without a stage for the family the policy says nothing about it.
    let start: Outcomes = phases.first?.phase == .firstPacket ? .allow : .none
    return phases.reduce(start) { Self.both($0, combine($1.stages, stage)) }
  }

  /// What becomes of the outcomes of one stage: what happens where it leaves the flow undecided,
  /// and what everything beside it may come to; that is nothing where the stage is never asked.
  func end(
    ofStage number: Int, others: Outcomes, _ stage: (Int) -> Outcomes
  ) -> (undecided: Outcomes, beside: Outcomes) {
    var beside = phases.first?.phase == .firstPacket ? others : Self.both(others, .none)
    var undecided = Outcomes.none
    for (_, places) in phases {
      guard let place = places.firstIndex(of: number) else {
        beside = Self.both(beside, combine(places, stage))
        continue
      }
      switch mode {
      case .allOf:
        for other in places where other != number { beside = Self.both(beside, stage(other)) }
      case .firstDecisive:
        if places[..<place].contains(where: { !stage($0).contains(.none) }) { beside = [] }
        undecided = combine(Array(places[(place + 1)...]), stage)
      }
    }
    return (undecided, beside)
  }

  private func outcomes(_ atom: Int, stages places: [Int]) -> Outcomes {
    combine(places) { stages[$0].outcomes(atom) }
  }

  /// What the stages of one phase come to.
  private func combine(_ places: [Int], _ stage: (Int) -> Outcomes) -> Outcomes {
    switch mode {
    case .allOf:
      return places.reduce(.allow) { Self.both($0, stage($1)) }
    case .firstDecisive:
      var result = Outcomes()
      for place in places {
        let outcome = stage(place)
        result.formUnion(outcome.subtracting(.none))
        if !outcome.contains(.none) { return result }
      }
      return result.union(.none)
    }
  }

  /// The phase whose packets are dropped though the first packet passes, where the stage that drops
  /// them is there for nothing else; nil where something else denies the atom.
  func unansweredPhase(_ atom: Int) -> Phase? {
    for (phase, places) in phases where outcomes(atom, stages: places) == .deny {
      guard phase != .firstPacket else { return nil }
      let denying = places.first { stages[$0].outcomes(atom) == .deny }
      return denying.map { filters[$0] } == true ? nil : phase
    }
    return nil
  }

  /// What two devices or stages in a row may come to, their doubts being independent.
  static func both(_ first: Outcomes, _ second: Outcomes) -> Outcomes {
    // From the strongest on: one that denies wins, then what nobody knows.
    let order = [Outcomes.deny, .broken, .none, .allow]
    var result = Outcomes()
    for one in order where first.contains(one) {
      for two in order where second.contains(two) {
        result.formUnion(order.first { $0 == one || $0 == two } ?? .none)
      }
    }
    return result
  }

  /// What decides an atom towards an outcome: at each stage that takes part, the certain decision,
  /// else those in doubt that agree with it.
  func deciders(_ atom: Int, towards outcome: Outcomes) -> [Decision] {
    var result: [Decision] = []
    let hasFilter = filters.contains(true)
    // Decided by several doubts about one fact: any of the decisions may be the one.
    if !combine({ stages[$0].outcomes(atom) }).isDefinite {
      return stages.flatMap { stage in
        stage.decisions(of: atom).filter { $0.outcome == outcome }
      }
    }
    for (phase, places) in phases {
      // Of a phase that does not decide, what denies some and not others is not to be told.
      if outcome != .allow, outcomes(atom, stages: places) != outcome { continue }
      for number in places {
        let own = stages[number].outcomes(atom)
        let decisions = stages[number].decisions(of: atom).filter { $0.outcome == outcome }
        if !filters[number], outcome == .allow, hasFilter, mode == .allOf || phase != .firstPacket {
          continue
        }
        if mode == .allOf, outcome != .allow, own != outcome { continue }
        if let certain = decisions.first(where: \.certain) {
          result.append(certain)
        } else {
          result += decisions
        }
        if mode == .allOf ? outcome == .deny : !own.contains(.none) { break }
      }
      if outcome == .deny, !result.isEmpty { return result }
    }
    return result
  }

  /// The decisions in doubt that keep an atom from a definite answer: those that would change what
  /// happens otherwise, and those that come before them and would keep them from it.
  func doubtful(_ atom: Int) -> [Decision] {
    var result: [Decision] = []
    for (_, places) in phases {
      for stage in places.map({ stages[$0] }) {
        let own = stage.outcomes(atom)
        guard !own.isDefinite else {
          if mode == .firstDecisive { break }
          continue
        }
        let decisions = stage.decisions(of: atom)
        let certain = decisions.first(where: \.certain)?.outcome
        let last = decisions.lastIndex { !$0.certain && $0.outcome != certain }
        result += decisions.prefix(last.map { $0 + 1 } ?? 0).filter { !$0.certain }
        if mode == .firstDecisive, !own.contains(.none) { break }
      }
    }
    return result
  }
}

/// What a whole network path does with every atom of a space.
final class FlowOutcome {
  let space: FlowSpace
  let hops: [HopOutcome]
  private let masks: [Outcomes]
  let joint: JointDoubts

  init(space: FlowSpace, hops: [HopOutcome]) {
    self.space = space
    self.hops = hops
    let joint = JointDoubts(family: space.family)
    self.joint = joint
    if !hops.contains(where: \.wasCutShort) {
      for hop in hops { Self.settle(hop, space, joint) }
    }
    var masks = (0..<space.count).map { atom in
      hops.reduce(.allow) { HopOutcome.both($0, $1.outcomes(atom)) }
    }
    if hops.count > 1, !hops.contains(where: \.wasCutShort) {
      // Of all facts only the address of the host is one and the same for several devices.
      var known: [AtomKind: Outcomes?] = [:]
      for atom in masks.indices where !masks[atom].isDefinite {
        guard let kind = AtomKind(atom, space, hops) else { continue }
        let outcomes = known[kind] ?? joint.outcomes(atom, through: hops, mask: masks[atom])
        known[kind] = .some(outcomes)
        if let outcomes { masks[atom] = outcomes }
      }
    }
    self.masks = masks
  }

  /// Takes doubts about one fact as one, for each kind of atom that is not decided without that.
  private static func settle(_ hop: HopOutcome, _ space: FlowSpace, _ joint: JointDoubts) {
    var known: [AtomKind: Outcomes?] = [:]
    for atom in 0..<space.count {
      let mask = hop.outcomes(atom)
      guard !mask.isDefinite, let kind = AtomKind(atom, space, [hop]) else { continue }
      let outcomes = known[kind] ?? joint.outcomes(atom, through: [hop], mask: mask)
      known[kind] = .some(outcomes)
      if let outcomes { hop.settle(atom, to: outcomes) }
    }
  }

  /// What makes atoms alike in all that is in doubt about them.
  struct AtomKind: Hashable {
    private let target: Int
    private let zone: Int
    /// Set where sources are in doubt.
    private let client: Int
    private let decisions: [ArraySlice<Int32>]

    /// Nil where the decisions are too many to be compared.
    init?(_ atom: Int, _ space: FlowSpace, _ hops: [HopOutcome]) {
      var decisions: [ArraySlice<Int32>] = []
      for stage in hops.flatMap(\.stages) {
        guard let places = stage.places(of: atom) else { return nil }
        decisions.append(places)
      }
      self.decisions = decisions
      target = atom % space.targets.count
      zone = atom / (space.targets.count * space.clients.count)
      client =
        hops.contains { $0.evaluator.context.doubtsSources }
        ? atom / space.targets.count % space.clients.count : 0
    }
  }

  func outcomes(_ atom: Int) -> Outcomes { masks[atom] }

  var wasCutShort: Bool { hops.contains(where: \.wasCutShort) }

  /// A connection of one client to one target. Where it is open by which zones a device on the way
  /// passes it on, its atoms are the ways, of which one is real.
  struct Connection {
    let atoms: [Int]
    let outcomes: Outcomes
  }

  /// All connections, in the order of their first atoms. The zone by which a client enters the
  /// first device says which client it is: other zones there are other connections.
  private(set) lazy var connections: [Connection] = {
    let width = space.targets.count * space.clients.count
    var groups: [[Int]] = []
    var numbers: [String?: Int] = [:]
    for (index, pairs) in space.zones.enumerated() {
      let entry = pairs.first?.from
      if let known = numbers[entry] {
        groups[known].append(index)
      } else {
        numbers[entry] = groups.count
        groups.append([index])
      }
    }
    return groups.flatMap { ways in
      (0..<width).map { place in
        let atoms = ways.map { $0 * width + place }
        let outcomes = atoms.reduce(into: Outcomes()) { $0.formUnion(masks[$1]) }
        return Connection(atoms: atoms, outcomes: wasCutShort ? [.allow, .deny] : outcomes)
      }
    }
  }()

  private(set) lazy var verdict: Verdict = {
    var allows = false
    var denies = false
    var isOpen = false
    var isSilent = true
    for connection in connections {
      if !connection.outcomes.isSubset(of: [.none, .broken]) { isSilent = false }
      switch connection.outcomes {
      case .allow: allows = true
      case .deny: denies = true
      default: isOpen = true
      }
    }
    // Something is denied for certain, so whatever the conditions turn out to be the requirement
    // is not met: that is more than `conditional` says.
    if denies && (allows || isOpen) { return .partial }
    if !isOpen { return allows ? .allowed : .blocked }
    return isSilent ? .unknown : .conditional
  }()
}
