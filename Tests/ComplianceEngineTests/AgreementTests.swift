import Foundation
import TestSupport
import Testing

/// The engine against an evaluator that is slow and obvious.
///
/// `SALLYPORT_PROPERTY_RUNS` sets how many policies are tried, `SALLYPORT_SEED` the first of them.
@Suite struct AgreementTests {
  @Test func engineAndReferenceAgree() {
    let environment = ProcessInfo.processInfo.environment
    let runs = environment["SALLYPORT_PROPERTY_RUNS"].flatMap { Int($0) } ?? 400
    let first = SeededRandom().seed
    let agreement = Agreement(names: ReferenceNames())
    var failures = 0
    for run in 0..<runs {
      let seed = first &+ UInt64(run)
      var maker = RandomPolicy(SeededRandom(seed: seed))
      guard let example = maker.makeCase(),
        agreement.disagreement(example, seed: seed) != nil
      else { continue }
      let small = CaseShrinker { agreement.disagreement($0, seed: seed) != nil }.shrink(example)
      let text = agreement.disagreement(small, seed: seed) ?? ""
      Issue.record("SALLYPORT_SEED=\(seed): \(text)\n\(small)")
      failures += 1
      if failures >= 3 { return }
    }
    print("\(runs) policies from SALLYPORT_SEED=\(first): \(failures) disagreements")
  }
}
