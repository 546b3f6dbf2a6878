import NetworkSets
import TestSupport

/// Random patterns of every kind over few letters, and every host that they can tell apart.
enum RandomPatterns {
  /// All hosts of up to three labels over a few labels.
  static let hosts: [HostName] = {
    let labels = ["a", "b", "ab", "a-b", "x"]
    var texts = labels
    for first in labels {
      texts += labels.map { "\(first).\($0)" }
      for second in labels { texts += labels.map { "\(first).\(second).\($0)" } }
    }
    return texts.compactMap { HostName($0) }
  }()

  static let paths = ["/", "/a", "/a/", "/a/b", "/b?a", "/ab", "/A"]

  private static let names = ["a", "b.a", "a.b", "ab", "x.a", "a-b.x", "b", "a.b.a"]
    .compactMap { HostName($0) }
  private static let texts = ["a", "b", ".a", "b.", "ab", "-", "", "a.b"]
  private static let globs = ["*", "a*", "*a", "?", "?b*", "*.a", "a.*.b", "**b", "a?b", ""]
  private static let expressions = [
    "a", "^a", "b$", "^(a|b)+$", "^a.b$", "a\\.b", "[^a]$", "^.{2,3}$",
  ]
  .compactMap { try? RegularExpression($0) }

  static let kinds = 10

  static func host(kind: Int, _ random: inout SeededRandom) -> HostPattern {
    switch kind {
    case 0: .any
    case 1: .exact(random.pick(names))
    case 2: .subdomains(random.pick(names))
    case 3: .apexAndSubdomains(random.pick(names))
    case 4: .oneLabel(random.pick(names))
    case 5: .suffix(random.pick(texts))
    case 6: .leading(random.pick(names))
    case 7: .substring(random.pick(texts))
    case 8: .glob(random.pick(globs))
    default: .regex(random.pick(expressions))
    }
  }

  static func path(_ random: inout SeededRandom) -> PathPattern {
    switch random.below(5) {
    case 0: .any
    case 1: .exact(random.pick(["/", "/a", "/a/b", "a"]))
    case 2: .folder(random.pick(["/a", "/a/", "/", ""]))
    case 3: .prefix(random.pick(["/", "/a", "", "a"]))
    default: .glob(random.pick(["*", "*a", "/*", "?a", "/a?b", "**b", "a*", ""]))
    }
  }

  static func url(_ random: inout SeededRandom) -> URLPattern {
    switch random.below(5) {
    case 0: .parts(host(kind: random.below(kinds), &random), path(&random))
    case 1:
      .tokens(
        random.pick(["a", "*.a", "^.a/", "a/b", "a.b/*", "*", "a.*.b/", "*/a/^", "A.b/A"]),
        openEnd: random.chance(2))
    case 2: .substring(random.pick(["a/", "b/a", "A", "x"]))
    case 3: .glob(random.pick(["*/a*", "a*b/*", "*", "?.a/*", "*B?a"]))
    default: .regex(random.pick(expressions))
    }
  }
}
