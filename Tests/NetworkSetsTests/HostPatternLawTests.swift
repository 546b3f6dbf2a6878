import NetworkSets
import TestSupport
import Testing

/// Laws of host patterns for every pair of kinds.
///
/// The judge is enumeration: a class that the partition finds has a member that really is one, and
/// every host of a small universe is in a class that the partition found.
@Suite struct HostPatternLawTests {
  private static let pairs = (0..<RandomPatterns.kinds).flatMap { first in
    (first..<RandomPatterns.kinds).map { (first, $0) }
  }

  @Test(arguments: pairs) func classesAreThoseOfMembership(_ first: Int, _ second: Int) throws {
    var random = SeededRandom()
    for _ in 0..<rounds(8) {
      let patterns = [
        RandomPatterns.host(kind: first, &random), RandomPatterns.host(kind: second, &random),
      ]
      let note: Comment = "SALLYPORT_SEED=\(random.seed): \(patterns.map(\.text))"
      let partition = try #require(
        LanguagePartition(
          of: .sequence([HostPattern.any.expression, .literal("/")]),
          by: patterns.map { .hostOnly(.sequence([$0.expression, .literal("/")])) }), note)
      // Witnesses: the intersection, each difference and the rest are empty or show a member.
      for part in partition.classes {
        let host = try #require(HostName(part.witness.dropLast()), note)
        let members = patterns.indices.filter { patterns[$0].matches(host) }
        #expect(members == part.members, "\(note) at \(host)")
      }
      // Members: no host falls into a class that the partition takes for empty.
      let found = Set(partition.classes.map(\.members))
      for host in RandomPatterns.hosts {
        let members = patterns.indices.filter { patterns[$0].matches(host) }
        #expect(found.contains(members), "\(note) at \(host)")
      }
    }
  }

  @Test(arguments: pairs) func relationsAreTrue(_ first: Int, _ second: Int) {
    var random = SeededRandom()
    for _ in 0..<rounds(40) {
      for (one, other) in [(first, second), (second, first)] {
        let pattern = RandomPatterns.host(kind: one, &random)
        let required = RandomPatterns.host(kind: other, &random)
        let note: Comment =
          "SALLYPORT_SEED=\(random.seed): \(pattern.text) against \(required.text)"
        let inside = RandomPatterns.hosts.filter { required.matches($0) }
        switch pattern.relation(to: required) {
        case .disjoint: #expect(!inside.contains { pattern.matches($0) }, note)
        case .covering: #expect(inside.allSatisfy { pattern.matches($0) }, note)
        case .overlapping: break
        }
      }
    }
  }

  @Test func witnessesAreShortestAndReadable() throws {
    let base = HostName(constant: "example.com")
    let partition = try #require(
      LanguagePartition(
        of: .sequence([HostPattern.subdomains(base).expression, .literal("/")]),
        by: [.wholeURL(.sequence([HostPattern.glob("b*").expression, .literal("/")]))]))
    #expect(partition.classes.map(\.witness).sorted() == ["a.example.com/", "b.example.com/"])
  }

  @Test func hintsAreTakenWhereTheyBelong() throws {
    let base = HostName(constant: "example.com")
    let partition = try #require(
      LanguagePartition(
        of: .sequence([HostPattern.subdomains(base).expression, .literal("/")]), by: [],
        hints: ["stranger.test/", "known.example.com/"]))
    #expect(partition.classes.map(\.witness) == ["known.example.com/"])
  }

  @Test func tooManyStatesAreRefusedNotGuessed() {
    let globs = (0..<12).map { HostPattern.glob("*a" + String(repeating: "?", count: $0 + 6)) }
    #expect(
      LanguagePartition(
        of: .sequence([HostPattern.any.expression, .literal("/")]),
        by: globs.map { .hostOnly(.sequence([$0.expression, .literal("/")])) }) == nil)
  }

  @Test func hugeExpressionsAreRefused() {
    #expect(
      Automaton(
        .repeated(
          .repeated(.bytes(.label), minimum: 1000, maximum: 1000), minimum: 1000, maximum: 1000))
        == nil)
  }
}
