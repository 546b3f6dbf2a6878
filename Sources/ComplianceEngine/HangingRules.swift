import NetworkSets
import PolicyModel

/// The rules in doubt on which one flow hangs, on every device of its way.
struct HangingRules {
  let outcome: FlowOutcome
  let joint: JointDoubts

  /// Of more rules in doubt all are told that could decide if doubts were independent.
  private static let mostRules = 64

  /// By device, in the order of the walk.
  func of(_ atom: Int) -> [[Relevance.Hanging]] {
    let start = JointDoubts.start(outcome.hops)
    let independent = rules(atom, start)
    guard joint.walk(atom, through: outcome.hops, start).split != nil,
      independent.allSatisfy({ $0.count <= Self.mostRules }),
      let leaves = joint.leaves(atom, through: outcome.hops)
    else { return independent }
    let deciding = decidingFacts(leaves)
    let shared = leaves.reduce(into: Set<Fact>()) { $0.formUnion($1.given.narrowed(from: start)) }
    var acting: [Set<RuleKey>] = outcome.hops.map { _ in [] }
    var own: [[RuleKey: Relevance.Hanging]] = outcome.hops.map { _ in [:] }
    for leaf in leaves {
      for (number, hop) in outcome.hops.enumerated() {
        let others = others(atom, number, leaf.given)
        let relevance = Relevance(hop, atom: atom, given: leaf.given, others: others)
        acting[number].formUnion(relevance.acting(independent[number].map(\.key)))
        for rule in relevance.rules() { own[number][rule.key] = own[number][rule.key] ?? rule }
      }
    }
    return outcome.hops.indices.map { number in
      independent[number].compactMap { rule in
        let isOpen = own[number][rule.key] != nil
        let acts = isOpen || acting[number].contains(rule.key)
        let kept = rule.doubts.filter {
          shared.contains($0.fact) ? acts && deciding.contains($0.fact) : isOpen
        }
        guard !kept.isEmpty else { return nil }
        return Relevance.Hanging(
          key: rule.key, doubts: kept, outcomes: rule.outcomes,
          isWhole: kept.count == rule.doubts.count)
      }
    }
  }

  private func rules(_ atom: Int, _ given: Assumptions) -> [[Relevance.Hanging]] {
    outcome.hops.enumerated().map { number, hop in
      Relevance(hop, atom: atom, given: given, others: others(atom, number, given)).rules()
    }
  }

  private func others(_ atom: Int, _ number: Int, _ given: Assumptions) -> Outcomes {
    guard outcome.hops.count > 1 else { return .allow }
    return joint.walk(
      atom, through: outcome.hops.enumerated().filter { $0.offset != number }.map(\.element), given
    ).outcomes
  }

  /// The facts that change the outcome, all others being the same.
  private func decidingFacts(_ leaves: [JointDoubts.Leaf]) -> Set<Fact> {
    var result: Set<Fact> = []
    for (place, one) in leaves.enumerated() {
      for two in leaves[(place + 1)...] {
        guard one.outcomes != two.outcomes,
          let fact = one.onlyDifference(from: two, family: outcome.space.family)
        else { continue }
        result.insert(fact)
      }
    }
    return result
  }
}
