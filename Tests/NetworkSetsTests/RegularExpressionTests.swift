import Foundation
import NetworkSets
import TestSupport
import Testing

@Suite struct RegularExpressionTests {
  /// Random expressions of the supported part, against the system's own engine. Groups are not
  /// repeated, since that engine loses matches of repeated groups that may be empty.
  @Test func agreesWithTheSystem() throws {
    var random = SeededRandom()
    for _ in 0..<rounds(150) {
      let source = Self.source(&random, depth: 0)
      guard let own = try? RegularExpression(source, ignoringCase: false) else { continue }
      let system = try NSRegularExpression(pattern: source)
      let automaton = try #require(Automaton(own.expression(over: .printable)))
      for _ in 0..<12 {
        let text = String((0..<random.below(7)).map { _ in random.pick(Array("ab.-1")) })
        let range = NSRange(text.startIndex..., in: text)
        #expect(
          automaton.matches(text.utf8) == (system.firstMatch(in: text, range: range) != nil),
          "SALLYPORT_SEED=\(random.seed): /\(source)/ at `\(text)`")
      }
    }
  }

  private static func source(_ random: inout SeededRandom, depth: Int) -> String {
    var text = depth == 0 && random.chance(3) ? "^" : ""
    for _ in 0..<(1 + random.below(3)) {
      let part = random.below(depth < 3 ? 9 : 6)
      switch part {
      case 0, 1: text += "a"
      case 2: text += "\\."
      case 3: text += "."
      case 4: text += random.pick(["[ab]", "[^a]", "[a-b1]", "[-a]", "[\\d.]"])
      case 5: text += random.pick(["\\d", "\\w", "b"])
      case 6: text += "(\(source(&random, depth: depth + 1)))"
      case 7:
        text += "(?:\(source(&random, depth: depth + 1))|\(source(&random, depth: depth + 1)))"
      default: text += "b|a"
      }
      if part == 6 || part == 7 {
        if random.chance(3) { text += "?" }
      } else if random.chance(3) {
        text += random.pick(["*", "+", "?", "{2}", "{1,2}", "{0,}", "*?"])
      }
    }
    return text + (depth == 0 && random.chance(4) ? "$" : "")
  }

  @Test(arguments: [
    "a(?=b)", "(?i)a", "(a)\\1", "\\bword", "a++", "a^b", "a$b", "(a$)", "[[:alpha:]]", "[a", "(a",
    "a)", "*a", "a{2", "a{,2}x(", "[b-a]", "\\", "a{100000}{100000}", "[a-z]{1,5000}", "(x?){256}",
    "(?<n>a)", "ü", "[^",
    "\\p{L}",
  ])
  func refusesWhatIsNotExact(_ source: String) {
    #expect(throws: RegularExpression.Unsupported.self) { try RegularExpression(source) }
  }

  @Test func deepNestingIsRefused() {
    let source = String(repeating: "(", count: 500) + "a" + String(repeating: ")", count: 500)
    #expect(throws: RegularExpression.Unsupported.self) { try RegularExpression(source) }
  }

  @Test func caseIsIgnoredWhereAsked() throws {
    let host = HostName(constant: "abc.example")
    #expect(HostPattern.regex(try RegularExpression("^ABC")).matches(host))
    #expect(!HostPattern.regex(try RegularExpression("^ABC", ignoringCase: false)).matches(host))
    #expect(!HostPattern.regex(try RegularExpression("^[^A]")).matches(host))
  }
}
