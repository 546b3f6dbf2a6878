import EndpointCatalogue
import NetworkSets
import PolicyModel
import TestSupport

@testable import ComplianceEngine

/// Compares the engine with the reference evaluator on one case.
struct Agreement {
  /// Most flows of the universe, and most atoms, that are tried for one case.
  static let sampleSize = 16

  let names: ReferenceNames

  /// What the two disagree about; nil where they agree. Seeded, so that a second look is the same.
  func disagreement(_ example: RandomCase, seed: UInt64) -> String? {
    let reference = example.reference(names)
    let text = difference(example, reference, seed: seed)
    // What takes too long to try is not compared.
    return reference.patience.isOver ? nil : text
  }

  private func difference(
    _ example: RandomCase, _ reference: ReferenceVerdict, seed: UInt64
  ) -> String? {
    var random = SeededRandom(seed: seed)
    guard
      let context = PathContext(
        path: example.path, port: example.port, knowledge: example.knowledge)
    else { return "the engine finds no pipeline" }
    let endpoint = example.endpoint
    guard
      let space = context.space(
        hosts: endpoint.hostPattern, paths: endpoint.pathPattern,
        samplePath: endpoint.path ?? "/", hints: [])
    else { return nil }
    let outcome = context.evaluate(space)
    if outcome.wasCutShort { return "cut short without a circle" }

    // Every atom is a flow that the reference must judge alike.
    var engine: [ReferenceVerdict.Connection: Set<ReferenceOutcome>] = [:]
    var flows: [ReferenceFlow] = []
    for atom in 0..<space.count {
      let flow = Self.flow(atom, space)
      flows.append(flow)
      engine[ReferenceVerdict.Connection(flow), default: []]
        .formUnion(Self.set(outcome.outcomes(atom)))
    }
    let everyAtom = space.count <= 2 * Self.sampleSize
    let atoms =
      everyAtom
      ? Array(0..<space.count) : (0..<Self.sampleSize).map { _ in random.below(space.count) }
    for atom in atoms {
      if let text = disagreement(atom, flows[atom], outcome, reference) { return text }
    }
    // No flow of the universe fares in a way that no atom does.
    let known = Set(engine.values)
    var seen: [Set<ReferenceOutcome>] = []
    for flows in example.connections(Self.sampleSize / 2, &random) {
      let outcomes = flows.reduce(into: Set()) { $0.formUnion(reference.outcomes($1)) }
      seen.append(outcomes)
      if !known.contains(outcomes) {
        return "the universe has \(flows[0]) with \(outcomes), and no atom fares so"
      }
    }
    let result = RequirementEvaluation(
      requirement: Requirement(endpoint: 0, port: example.port, level: .required),
      endpoint: endpoint, outcome: outcome
    ).result()
    let expected = ReferenceVerdict.verdict(
      everyAtom
        ? Array(reference.outcomes(of: flows).values) + seen : Array(engine.values) + seen)
    if result.verdict != expected { return "verdict \(result.verdict), expected \(expected)" }
    return problem(with: result, outcome, engine)
  }

  private func disagreement(
    _ atom: Int, _ flow: ReferenceFlow, _ outcome: FlowOutcome, _ reference: ReferenceVerdict
  ) -> String? {
    for (hop, device) in zip(outcome.hops, reference.devices) {
      let stages = device.stages(flow)
      guard stages.count == hop.stages.count else { return "number of stages" }
      let certain = device.stages(flow, ignoringDoubts: true)
      for (number, stage) in hop.stages.enumerated() {
        let own = Self.set(stage.outcomes(atom))
        if own != stages[number] {
          return "\(flow)\n\(hop.device) stage \(number): \(own), expected \(stages[number])"
        }
        let decisions = stage.decisions.filter { $0.certain && $0.atoms.contains(atom) }
        if decisions.count != 1 || Self.set(decisions[0].outcome) != certain[number] {
          return "\(flow)\n\(hop.device) stage \(number): certain \(decisions.map(\.outcome)), "
            + "expected \(certain[number])"
        }
      }
      if let joint = device.jointOutcomes(flow), Self.set(hop.outcomes(atom)) != joint {
        return "\(flow)\npipeline \(Self.set(hop.outcomes(atom))), expected \(joint)"
      }
    }
    let whole = Self.set(outcome.outcomes(atom))
    let expected = reference.outcomes(flow)
    return whole == expected ? nil : "\(flow)\nas a whole \(whole), expected \(expected)"
  }

  /// What a result must hold whatever the verdict.
  private func problem(
    with result: RequirementResult, _ outcome: FlowOutcome,
    _ engine: [ReferenceVerdict.Connection: Set<ReferenceOutcome>]
  ) -> String? {
    func bears(_ witness: Witness, _ wanted: ReferenceOutcome) -> Bool {
      engine.contains { key, outcomes in
        outcomes == [wanted] && key.flow.host == witness.host
          && (witness.client == nil || key.flow.client.text == witness.client)
          && (witness.path == nil || key.flow.path == witness.path)
      }
    }
    if let witness = result.allowedWitness, !bears(witness, .allow) { return "allowed witness" }
    if let witness = result.deniedWitness, !bears(witness, .deny) { return "denied witness" }
    switch result.verdict {
    case .allowed where result.allowedWitness == nil: return "no witness"
    case .blocked where result.deniedWitness == nil: return "no witness"
    case .partial where result.deniedWitness == nil: return "no denied witness"
    case .partial where result.allowedWitness == nil && result.conditions.isEmpty:
      return "partial with neither an allowed witness nor a condition"
    case .conditional where result.conditions.isEmpty: return "conditional without a condition"
    case .unknown where result.conditions.isEmpty: return "unknown without a reason"
    case .allowed where !result.conditions.isEmpty: return "allowed with conditions"
    case .blocked where !result.conditions.isEmpty: return "blocked with conditions"
    default: break
    }
    if result.verdict == .blocked || result.verdict == .allowed, result.deciding.isEmpty {
      return "nothing decides"
    }
    return nil
  }

  private static func flow(_ atom: Int, _ space: FlowSpace) -> ReferenceFlow {
    let target = space.target(of: atom)
    return ReferenceFlow(
      host: target.host.text, path: target.path, port: space.port, client: space.client(of: atom),
      family: space.family, address: target.address,
      zones: space.zones(of: atom).map { ReferenceFlow.Zones(from: $0.from, to: $0.to) })
  }

  private static func set(_ outcomes: Outcomes) -> Set<ReferenceOutcome> {
    var result: Set<ReferenceOutcome> = []
    if outcomes.contains(.allow) { result.insert(.allow) }
    if outcomes.contains(.deny) { result.insert(.deny) }
    if outcomes.contains(.none) { result.insert(.left) }
    if outcomes.contains(.broken) { result.insert(.broken) }
    return result
  }
}
