import NetworkSets
import Synchronization

/// The question into which classes the name entries of a policy cut the targets of a requirement.
///
/// The answer hangs on nothing else, and the sites of a fleet ask the same questions again and
/// again, so answers are kept.
struct TargetPartition: Hashable, Sendable {
  let hosts: HostPattern
  /// Nil where no device sees paths.
  let paths: PathPattern?
  let patterns: [URLPattern]
  /// Whether some devices see the host only, others the path, too.
  let showsHostsAlone: Bool
  /// Hosts with addresses of their own.
  let known: [HostName]
  /// Texts that make good witnesses.
  let hints: [String]

  /// Answers that are kept; more than these are a fleet without anything in common.
  private static let limit = 10_000
  private static let answers = Mutex<[TargetPartition: LanguagePartition?]>([:])

  /// Nil where the classes are too many to decide.
  var answer: LanguagePartition? {
    if let known = Self.answers.withLock({ $0[self] }) { return known }
    let answer = workOut()
    Self.answers.withLock { answers in
      if answers.count >= Self.limit { answers.removeAll() }
      answers[self] = .some(answer)
    }
    return answer
  }

  private func workOut() -> LanguagePartition? {
    let universe = LanguageExpression.sequence([
      hosts.expression, paths?.expression ?? .literal("/"),
    ])
    var languages = patterns.map { LanguagePartition.Language.wholeURL($0.expression) }
    if showsHostsAlone {
      languages += patterns.filter { !$0.ignoresPath }.map { .hostOnly($0.expression) }
    }
    languages += known.map { .hostOnly(.sequence([.literal($0.text), .literal("/")])) }
    return LanguagePartition(of: universe, by: languages, hints: hints)
  }
}
