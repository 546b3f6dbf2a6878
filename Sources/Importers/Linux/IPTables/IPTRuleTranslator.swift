import ImportKit

/// Translates one rule into rules of the model: usually one, two where a target leaves it open.
struct IPTRuleTranslator {
  let sets: IPSetCollection
  /// Name of the table that stands for a chain, nil where there is no such chain.
  let tableName: (String) -> String?
  private(set) var notes: [Note] = []

  init(sets: IPSetCollection, tableName: @escaping (String) -> String?) {
    self.sets = sets
    self.tableName = tableName
  }

  struct Outcome {
    let rules: [Rule]
    let entering: [String]
    let leaving: [String]
    let sources: AddressSet?
  }

  mutating func translate(
    _ rule: IPTArguments, place: IPTPlace, position: SourcePosition
  ) -> Outcome {
    let matcher = IPTMatcher(rule, place: place, position: position, sets: sets)
    notes += matcher.notes
    let rules = steps(rule, hooks: place.hooks, position: position).map { step in
      Rule(
        name: rule.comment,
        match: Match(matcher.clauses + (step.condition.map { [.requires($0)] } ?? [])),
        action: step.action, position: position)
    }
    return Outcome(
      rules: rules, entering: matcher.entering, leaving: matcher.leaving, sources: matcher.sources)
  }

  private mutating func steps(
    _ rule: IPTArguments, hooks: Set<String>, position: SourcePosition
  ) -> [IPTEffect.Step] {
    guard let target = rule.target else { return [IPTEffect.Step(action: .continue)] }
    if let table = tableName(target.name) {
      return [IPTEffect.Step(action: target.isGoto ? .goto(table) : .jump(table))]
    }
    if let known = IPTEffect.steps(of: target, hook: hooks) { return known }
    let what = "`\(target.name)` is neither a chain of the table nor a known target"
    notes.append(Note(.unresolved, what, at: position))
    let condition = Condition(.unresolved, what)
    return [
      IPTEffect.Step(action: .allow, condition: condition),
      IPTEffect.Step(action: .deny(.drop), condition: condition),
    ]
  }
}
