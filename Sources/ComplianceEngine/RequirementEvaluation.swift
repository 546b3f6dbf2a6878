import EndpointCatalogue
import NetworkSets
import PolicyModel

/// Turns what the walks came to into one result.
struct RequirementEvaluation {
  let requirement: Requirement
  let endpoint: Endpoint
  let outcome: FlowOutcome

  private var atoms: Range<Int> { 0..<outcome.space.count }

  func result() -> RequirementResult {
    var allowedAtom: Int?
    var deniedAtom: Int?
    var undecided: [Int] = []
    var hasOnlyNone = true
    for atom in atoms {
      let outcomes = outcome.wasCutShort ? [.allow, .deny] : outcome.outcomes(atom)
      if outcomes != .none { hasOnlyNone = false }
      switch outcomes {
      case .allow: allowedAtom = allowedAtom ?? atom
      case .deny: deniedAtom = deniedAtom ?? atom
      default: undecided.append(atom)
      }
    }
    let verdict: Verdict
    if deniedAtom != nil && (allowedAtom != nil || !undecided.isEmpty) {
      // Something is denied for certain, so whatever the conditions turn out to be the requirement
      // is not met: that is more than `conditional` says.
      verdict = .partial
    } else if undecided.isEmpty {
      verdict = allowedAtom != nil ? .allowed : .blocked
    } else {
      verdict = hasOnlyNone ? .unknown : .conditional
    }
    let allowed = deciders(towards: .allow)
    let denied = deciders(towards: .deny)
    let misses = deniedAtom.map(nearMisses) ?? []
    let conditions = verdict == .allowed || verdict == .blocked ? [] : conditions(of: undecided)
    let deciding =
      switch verdict {
      case .allowed: allowed.map(\.reference)
      case .blocked: denied.map(\.reference)
      case .partial: allowed.map(\.reference) + denied.map(\.reference)
      case .conditional, .unknown: doubtfulRules(of: undecided)
      }
    let advice = ChangeAdvice(
      endpoint: endpoint, port: requirement.port, verdict: verdict, denied: denied.first?.reference,
      miss: misses.first.map { ($0.0, $0.1.reference($0.0.rule)) }, conditions: conditions)
    return RequirementResult(
      requirement: requirement, verdict: verdict,
      reason: reason(verdict, allowed: allowed, denied: denied, miss: misses.first?.0),
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

  /// What decides all definite atoms of one outcome, in the order of the atoms.
  private func deciders(towards wanted: Outcomes) -> [Decider] {
    var result: [Decider] = []
    var seen: Set<RuleReference> = []
    for atom in atoms where outcome.outcomes(atom) == wanted {
      for hop in outcome.hops {
        if wanted == .deny, hop.outcomes(atom) != .deny { continue }
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
        if wanted == .deny { break }
      }
    }
    return result
  }

  private static func isDefault(_ source: Decision.Source) -> Bool {
    switch source {
    case .tableDefault: true
    case .rule: false
    case .gate(_, let inner): isDefault(inner)
    }
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

  private func conditions(of undecided: [Int]) -> [ConditionReference] {
    var result: [ConditionReference] = []
    var seen: Set<ConditionReference> = []
    for atom in undecided {
      for hop in outcome.hops {
        for decision in hop.doubtful(atom) {
          for condition in hop.conditions(of: decision, atom: atom)
          where seen.insert(condition).inserted {
            result.append(condition)
          }
        }
        if hop.outcomes(atom).contains(.none), let missing = missingDefault(hop, atom: atom),
          seen.insert(missing).inserted
        {
          result.append(missing)
        }
        if hop.wasCutShort {
          let cut = cutShort(hop)
          if seen.insert(cut).inserted { result.append(cut) }
        }
      }
    }
    return result
  }

  private func missingDefault(_ hop: HopOutcome, atom: Int) -> ConditionReference? {
    let decision = hop.stages.flatMap(\.decisions).first {
      $0.outcome == .none && $0.atoms.contains(atom)
    }
    guard let decision else { return nil }
    let reference = hop.reference(decision.source)
    return ConditionReference(
      condition: Condition(
        .unresolved, "no rule decides, and what `\(reference.table)` then does is not in the export"
      ),
      outcome: "undecided", rule: reference, position: reference.position, file: reference.file)
  }

  private func cutShort(_ hop: HopOutcome) -> ConditionReference {
    let policy = hop.evaluator.context.compiled.policy
    let table = policy.tables.first?.name ?? ""
    return ConditionReference(
      condition: Condition(.unmodelled, "the rules jump in a circle or are too many to follow"),
      outcome: "undecided",
      rule: RuleReference(
        device: hop.device, table: table, rule: "", ordinal: nil, action: "undecided",
        position: nil, file: policy.files.first ?? ""), position: nil,
      file: policy.files.first ?? "")
  }

  private func doubtfulRules(of undecided: [Int]) -> [RuleReference] {
    undecided.prefix(64).flatMap { atom in
      outcome.hops.flatMap { hop in hop.doubtful(atom).map { hop.reference($0.source) } }
    }
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
    var seen: Set<RuleReference> = []
    return references.filter { seen.insert($0).inserted }
  }
}
