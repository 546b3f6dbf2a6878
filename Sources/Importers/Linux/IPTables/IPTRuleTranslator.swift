import ImportKit

/// Translates one rule as a packet meets it: usually one branch, two where a target leaves it open.
struct IPTRuleTranslator {
  let sets: IPSetCollection
  let draft: PolicyDraft

  struct Outcome {
    let branches: [NFBranch]
    let entering: [String]
    let leaving: [String]
    let sources: AddressSet?
  }

  /// - Parameter chain: the number of a chain of the rule's table; nil where there is none of that
  ///   name.
  func translate(
    _ rule: IPTArguments, place: IPTPlace, position: SourcePosition, chain: (String) -> Int?
  ) -> Outcome {
    let matcher = IPTMatcher(rule, place: place, position: position, sets: sets, draft: draft)
    let prototype = Rule(
      name: rule.comment, match: Match(matcher.clauses), action: .continue, position: position)
    let effects = IPTEffect.changes(rule.target)
    var steps = steps(rule, hook: place.view.hook, chain: chain)
    if rule.target == nil, matcher.isPuzzling {
      steps = [
        .eitherWay("a rule that is not understood may let packets pass as well as stop them")
      ]
    }
    let branches = steps.flatMap { step -> [NFBranch] in
      switch step {
      case .action(let action):
        return [NFBranch(rule: prototype, effects: effects, action: action)]
      case .eitherWay(let what):
        let doubt = draft.doubt(.unmodelled, what, at: position)
        return draft.eitherWay(prototype, because: doubt).map { rule in
          NFBranch(
            rule: rule, action: rule.action == .allow ? .allow : .deny(.drop))
        }
      case .elsewhere(let what):
        var rule = prototype
        rule.match.clauses.append(.requires(draft.doubt(.unmodelled, what, at: position)))
        return [NFBranch(rule: rule, action: .deny(.drop))]
      }
    }
    return Outcome(
      branches: branches, entering: matcher.entering, leaving: matcher.leaving,
      sources: matcher.sources)
  }

  private func steps(
    _ rule: IPTArguments, hook: String, chain: (String) -> Int?
  ) -> [IPTEffect.Step] {
    if let why = rule.doubt, rule.target == nil { return [.eitherWay(why)] }
    guard let target = rule.target else { return [.action(.continue)] }
    if let number = chain(target.name) {
      return [.action(target.isGoto ? .goto(number) : .jump(number))]
    }
    guard let known = IPTEffect.steps(of: target, hook: hook) else {
      return [.eitherWay("`\(target.name)` is neither a chain of the table nor a known target")]
    }
    return known.map { step in
      if case .elsewhere(let place) = step {
        return .elsewhere(
          "`\(target.name)` sends the connection to \(place); what answers there decides")
      }
      return step
    }
  }
}
