/// Tries a property on made-up inputs, and makes the first input that breaks it small.
package struct PropertyCheck<Input> {
  private let make: (inout SeededRandom) -> Input
  private let smaller: (Input) -> [Input]

  /// - Parameter smaller: inputs that lack one thing that the given one has.
  package init(
    make: @escaping (inout SeededRandom) -> Input, smaller: @escaping (Input) -> [Input]
  ) {
    self.make = make
    self.smaller = smaller
  }

  /// The smallest input found that breaks the property, with the seed and why; nil where none does.
  package func counterexample(
    rounds: Int, _ problem: (Input) -> String?
  ) -> String? {
    var random = SeededRandom()
    for _ in 0..<rounds {
      var worst = make(&random)
      guard var reason = problem(worst) else { continue }
      var improved = true
      while improved {
        improved = false
        for candidate in smaller(worst) {
          guard let text = problem(candidate) else { continue }
          (worst, reason, improved) = (candidate, text, true)
          break
        }
      }
      return "SALLYPORT_SEED=\(random.seed): \(reason): \(worst)"
    }
    return nil
  }
}
