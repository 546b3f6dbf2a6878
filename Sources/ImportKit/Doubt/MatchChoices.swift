import PolicyModel

/// What a rule asks of a flow: any one of several lists of clauses, because the parts of a rule may
/// be certain and in doubt side by side (two applications with default ports of their own, a zone
/// that is not in the export beside one that is).
package struct MatchChoices {
  /// Each a list of clauses that must all hold.
  package private(set) var alternatives: [[Clause]] = [[]]

  package init() {}

  /// Asks for one more thing.
  package mutating func require(_ clause: Clause?) {
    guard let clause else { return }
    for index in alternatives.indices { alternatives[index].append(clause) }
  }

  package mutating func require(_ clauses: [Clause]) {
    for clause in clauses { require(clause) }
  }

  /// Asks for one of several lists of clauses.
  package mutating func require(anyOf choices: [[Clause]]) {
    guard choices != [[]] else { return }
    alternatives = alternatives.flatMap { known in choices.map { known + $0 } }
  }

  /// The same rule for each of the alternatives; those after the first do not count as rules that
  /// somebody wrote.
  package func rules(_ template: Rule) -> [Rule] {
    alternatives.enumerated().map { number, clauses in
      var rule = template
      rule.match = Match(clauses)
      if number > 0 { rule.origin = .implied }
      return rule
    }
  }
}
