import ComplianceEngine
import EndpointCatalogue
import PolicyModel
import TestSupport
import Testing

/// What findings claim, tried by an edit of the policy.
@Suite struct FindingClaimTests {
  private func outcome(_ example: RandomCase) -> Evaluation.Outcome {
    Evaluation(
      path: example.path, catalogue: catalogue([example.endpoint]), knowledge: example.knowledge
    ).run()
  }

  /// Where the rule of a finding stands.
  private func place(_ finding: Finding, in example: RandomCase) -> (Int, Int, Int)? {
    guard let rule = finding.rule, let ordinal = rule.ordinal, rule.device.hasPrefix("fw"),
      let hop = Int(rule.device.dropFirst(2)).map({ $0 - 1 }),
      let table = example.policies[hop].tables.firstIndex(where: { $0.name == rule.table })
    else { return nil }
    return (hop, table, ordinal - 1)
  }

  @Test func editsShowWhatFindingsClaim() {
    let first = SeededRandom().seed
    var tried: [Finding.ID: Int] = [:]
    for run in 0..<400 {
      var maker = RandomPolicy(SeededRandom(seed: first &+ UInt64(run)))
      guard let example = maker.makeCase() else { continue }
      let before = outcome(example)
      for finding in before.findings {
        guard let (hop, table, rule) = place(finding, in: example) else { continue }
        var edited = example
        switch finding.id {
        case .shadowedRule:
          edited.policies[hop].tables[table].rules[rule].enabled = false
          let after = outcome(edited).results
          #expect(
            after.map(\.verdict) == before.results.map(\.verdict)
              && after.map(\.deciding) == before.results.map(\.deciding),
            "SALLYPORT_SEED=\(first &+ UInt64(run)) \(finding)")
        case .disabledRule:
          edited.policies[hop].tables[table].rules[rule].enabled = true
          let after = outcome(edited).results
          #expect(after != before.results, "SALLYPORT_SEED=\(first &+ UInt64(run)) \(finding)")
        default: continue
        }
        tried[finding.id, default: 0] += 1
      }
    }
    print("claims tried: \(tried)")
  }
}
