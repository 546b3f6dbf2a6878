import EndpointCatalogue
import NetworkSets
import PolicyModel

/// Turns what the walks came to into one result.
struct RequirementEvaluation {
  let requirement: Requirement
  let endpoint: Endpoint
  let outcome: FlowOutcome

  func result() -> RequirementResult {
    let verdict = outcome.verdict
    let allowedAtom = outcome.connections.first { $0.outcomes == .allow }?.atoms.first
    let deniedAtom = outcome.connections.first { $0.outcomes == .deny }?.atoms.first
    let undecided = outcome.connections.filter { !$0.outcomes.isDefinite }
    let allowed = deciders(towards: .allow)
    let denied = deciders(towards: .deny)
    let misses = deniedAtom.map(nearMisses) ?? []
    let unanswered = deniedAtom.flatMap(unansweredPhase)
    let conditions = verdict == .allowed || verdict == .blocked ? [] : conditions(of: undecided)
    let deciding: [RuleReference] =
      switch verdict {
      case .allowed: allowed.map(\.reference)
      case .blocked: denied.map(\.reference)
      case .partial: allowed.map(\.reference) + denied.map(\.reference)
      case .conditional, .unknown:
        doubtfulRules(of: undecided)
          + conditions.filter { $0.condition.kind == .interfaceBinding }.map(\.rule)
      }
    let advice = ChangeAdvice(
      endpoint: endpoint, port: requirement.port, verdict: verdict, denied: denied.first?.reference,
      miss: misses.first.map { ($0.0, $0.1.reference($0.0.rule)) }, unanswered: unanswered,
      conditions: conditions)
    return RequirementResult(
      requirement: requirement, verdict: verdict,
      reason: unanswered != nil
        ? .noAnswer : reason(verdict, allowed: allowed, denied: denied, miss: misses.first?.0),
      deciding: Self.unique(deciding),
      blockers: misses.first.map { miss in
        if case .shadowed = miss.0.kind { Self.unique(denied.map(\.reference)) } else { [] }
      } ?? [], nearMiss: misses.first.map { $0.1.reference($0.0.rule) }, conditions: conditions,
      allowedWitness: allowedAtom.map { outcome.witness($0, path: endpoint.path) },
      deniedWitness: deniedAtom.map { outcome.witness($0, path: endpoint.path) },
      change: advice.change)
  }

  private struct Decider {
    let reference: RuleReference
    let namesDestination: Bool
    let isDefault: Bool
  }

  /// What decides all definite connections of one outcome, in the order of their atoms.
  private func deciders(towards wanted: Outcomes) -> [Decider] {
    var result: [Decider] = []
    var seen: Set<RuleReference> = []
    for atom in outcome.connections.lazy.filter({ $0.outcomes == wanted }).flatMap(\.atoms) {
      // Where devices deny only together, each denies what the others would allow.
      let denyTogether = !outcome.hops.contains { $0.outcomes(atom) == .deny }
      for hop in outcome.hops {
        if wanted == .deny, !denyTogether, hop.outcomes(atom) != .deny { continue }
        let decisions = hop.deciders(atom, towards: wanted)
        // A stage that lets everything through by its default says nothing where another stage
        // has a rule for the flow.
        let rules = decisions.filter { !Self.isDefault($0.source) }
        for decision in rules.isEmpty ? decisions : rules {
          let reference = hop.reference(decision.source)
          guard seen.insert(reference).inserted else { continue }
          result.append(
            Decider(
              reference: reference, namesDestination: hop.namesDestination(decision.source),
              isDefault: Self.isDefault(decision.source)))
        }
        if wanted == .deny, !denyTogether { break }
      }
    }
    return result
  }

  private static func isDefault(_ source: Decision.Source) -> Bool {
    switch source {
    case .tableDefault, .missingTable: true
    case .rule: false
    case .gate(_, let inner): isDefault(inner)
    }
  }

  /// The phase that the first device to deny an atom denies, where its first packet passes there.
  private func unansweredPhase(of atom: Int) -> Phase? {
    outcome.hops.first { $0.outcomes(atom) == .deny }?.unansweredPhase(atom)
  }

  private func nearMisses(of atom: Int) -> [(NearMiss, HopOutcome)] {
    for hop in outcome.hops where hop.outcomes(atom) == .deny {
      guard let decision = hop.deciders(atom, towards: .deny).first,
        let miss = hop.nearMiss(of: atom, decidedBy: decision.source)
      else { continue }
      return [(miss, hop)]
    }
    return []
  }

  private func conditions(of undecided: [FlowOutcome.Connection]) -> [ConditionReference] {
    var result: [ConditionReference] = []
    var seen: Set<ConditionReference> = []
    func add(_ condition: ConditionReference) {
      if seen.insert(condition).inserted { result.append(condition) }
    }
    // Rules whose conditions are all listed already, by device; those of another rule differ.
    var settled: [Set<HopContext.DoubtfulRule>] = outcome.hops.map { _ in [] }
    var kinds: Set<FlowOutcome.AtomKind> = []
    let hanging = HangingRules(outcome: outcome, joint: outcome.joint)
    for atom in undecided.lazy.flatMap(\.atoms) {
      guard let kind = FlowOutcome.AtomKind(atom, outcome.space, outcome.hops) else {
        for (number, hop) in outcome.hops.enumerated() {
          for decision in hop.doubtful(atom) {
            for key in decision.doubts {
              let doubtful = HopContext.DoubtfulRule(rule: key, outcome: decision.outcome)
              guard let conditions = hop.settledConditions(of: doubtful) else {
                hop.conditions(of: doubtful, atom: atom).forEach(add)
                continue
              }
              if settled[number].insert(doubtful).inserted { result += conditions }
            }
          }
        }
        continue
      }
      guard kinds.insert(kind).inserted else { continue }
      for (number, rules) in hanging.of(atom).enumerated() {
        let hop = outcome.hops[number]
        for rule in rules {
          for word in rule.outcomes.members {
            let doubtful = HopContext.DoubtfulRule(rule: rule.key, outcome: word)
            guard rule.isWhole, let conditions = hop.settledConditions(of: doubtful) else {
              let reference = hop.reference(rule.key)
              for doubt in rule.doubts { add(hop.condition(doubt, of: reference, word.word)) }
              continue
            }
            if settled[number].insert(doubtful).inserted { result += conditions }
          }
        }
      }
      for hop in outcome.hops {
        if !hop.outcomes(atom).isDisjoint(with: [.none, .broken]) {
          add(missingDefault(hop, atom: atom))
        }
        if hop.wasCutShort { add(cutShort(hop)) }
      }
    }
    OpenWays(outcome).conditions(of: undecided).forEach(add)
    return result
  }

  private func missingDefault(_ hop: HopOutcome, atom: Int) -> ConditionReference {
    let decision = hop.stages.flatMap { $0.decisions(of: atom) }.first {
      $0.outcome == .none || $0.outcome == .broken
    }
    guard let decision else {
      return undecided(
        hop,
        because: Condition(
          .unresolved, "no table decides about \(outcome.space.family.rawValue) traffic"))
    }
    let reference = hop.reference(decision.source)
    let detail =
      switch decision.source {
      case .missingTable(let name): "table `\(name)` is not in the export"
      case .rule, .gate:
        decision.outcome == .broken
          ? "`\(reference.rule)` refers to a table that is not in the export"
          : "no rule decides, and what `\(reference.table)` then does is not in the export"
      case .tableDefault:
        "no rule decides, and what `\(reference.table)` then does is not in the export"
      }
    return ConditionReference(
      condition: Condition(.unresolved, detail), outcome: "undecided", rule: reference,
      position: reference.position, file: reference.file)
  }

  private func cutShort(_ hop: HopOutcome) -> ConditionReference {
    undecided(
      hop,
      because: Condition(.unmodelled, "the rules jump in a circle or are too many to follow"))
  }

  /// A condition of the policy as a whole.
  private func undecided(
    _ hop: HopOutcome, because condition: Condition
  ) -> ConditionReference {
    let policy = hop.evaluator.context.compiled.policy
    return ConditionReference(
      condition: condition, outcome: "undecided",
      rule: RuleReference(
        device: hop.device, table: policy.tables.first?.name ?? "", rule: "", ordinal: nil,
        action: "undecided", position: nil, file: policy.files.first ?? ""), position: nil,
      file: policy.files.first ?? "")
  }

  private func doubtfulRules(of undecided: [FlowOutcome.Connection]) -> [RuleReference] {
    var result: [RuleReference] = []
    // Different sources have different references, which are longer to compare.
    var seen: [Set<Decision.Source>] = outcome.hops.map { _ in [] }
    for atom in undecided.lazy.flatMap(\.atoms).prefix(64) {
      for (number, hop) in outcome.hops.enumerated() {
        for decision in hop.doubtful(atom)
        where seen[number].insert(decision.source.decider).inserted {
          result.append(hop.reference(decision.source))
        }
      }
    }
    return result
  }

  private func reason(
    _ verdict: Verdict, allowed: [Decider], denied: [Decider], miss: NearMiss?
  ) -> Reason {
    switch verdict {
    case .allowed:
      if allowed.contains(where: { !$0.isDefault && !$0.namesDestination }) { return .broadAllow }
      return allowed.contains { !$0.isDefault } ? .explicitAllow : .defaultAllow
    case .blocked, .partial:
      switch miss?.kind {
      case .shadowed: return .shadowedAllow
      case .disabled: return .disabledAllow
      case .wrongPort: return verdict == .partial ? .tooNarrow : .wrongPort
      case .otherClients, .otherTargets: return .tooNarrow
      case nil: break
      }
      if verdict == .partial, denied.allSatisfy({ $0.isDefault || !$0.namesDestination }) {
        return .tooNarrow
      }
      return denied.contains { !$0.isDefault } ? .explicitDeny : .defaultDeny
    case .conditional, .unknown: return .condition
    }
  }

  private static func unique(_ references: [RuleReference]) -> [RuleReference] {
    guard references.count > 1 else { return references }
    var seen: Set<RuleReference> = []
    return references.filter { seen.insert($0).inserted }
  }
}
