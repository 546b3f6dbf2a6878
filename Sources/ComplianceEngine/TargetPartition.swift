import NetworkSets
import Synchronization

/// The question into which classes the name entries of a policy cut the targets of a requirement.
///
/// The answer hangs on nothing else, and the sites of a fleet ask the same questions again and
/// again, so answers are kept.
struct TargetPartition: Hashable, Sendable {
  let universe: URLUniverse
  let tables: [[NameQuestion]]

  enum Answer: Sendable {
    /// One URL of each class.
    case samples([SampleURL])
    /// A question was too large to decide, or made too many classes.
    case undecided(table: Int, question: Int)
  }

  /// Answers that are kept; more than these are a fleet without anything in common.
  private static let limit = 10_000
  private static let answers = Mutex<[TargetPartition: Answer]>([:])

  var answer: Answer {
    if let known = Self.answers.withLock({ $0[self] }) { return known }
    var classes = TargetClasses(of: universe, by: tables)
    let answer = classes.cut()
    Self.answers.withLock { answers in
      if answers.count >= Self.limit { answers.removeAll() }
      answers[self] = answer
    }
    return answer
  }
}
