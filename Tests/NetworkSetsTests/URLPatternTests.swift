import NetworkSets
import TestSupport
import Testing

@Suite struct URLPatternTests {
  /// PAN-OS custom URL categories; docs.paloaltonetworks.com, "Custom URL categories" and
  /// "URL category exceptions": `*` stands for one or more tokens, `^` for one, and an entry
  /// without a trailing slash goes on to the right.
  @Test(arguments: [
    ("x.com/", false, "x.com/", true), ("x.com/", false, "x.com/a", true),
    ("x.com/", false, "a.x.com/", false), ("x.com/", false, "x.com.evil.test/", false),
    ("x.com", true, "x.com.evil.test/", true), ("x.com", false, "x.com.evil.test/", false),
    ("x.com", true, "x.community/", false), ("x.com", true, "x.com/a", true),
    ("*.x.com/", false, "a.x.com/", true), ("*.x.com/", false, "b.a.x.com/", true),
    ("*.x.com/", false, "x.com/", false), ("*.x.com/", false, "evilx.com/", false),
    ("^.x.com/", false, "a.x.com/", true), ("^.x.com/", false, "b.a.x.com/", false),
    ("x.com/a", false, "x.com/a", true), ("x.com/a", false, "x.com/a/b", true),
    ("x.com/a", false, "x.com/ab", false), ("x.com/a", false, "x.com/a?b", true),
    ("x.com/a/", false, "x.com/a", false), ("x.com/a/", false, "x.com/a/b", true),
    ("x.com/*/b", false, "x.com/a/b", true), ("x.com/*/b", false, "x.com/a/c/b", true),
    ("x.com/^/b", false, "x.com/a/c/b", false), ("X.Com/A/", false, "x.com/a/b", true),
    ("*", true, "anything.test/x", true),
  ])
  func tokens(_ entry: String, _ openEnd: Bool, _ url: String, _ expected: Bool) throws {
    let slash = try #require(url.firstIndex(of: "/"))
    let host = try #require(HostName(url[..<slash]))
    #expect(
      URLPattern.tokens(entry, openEnd: openEnd).matches(host: host, path: String(url[slash...]))
        == expected)
  }

  @Test(arguments: [
    (PathPattern.folder("/a"), "/a", true), (.folder("/a"), "/a/b", true),
    (.folder("/a"), "/a?q", true), (.folder("/a"), "/ab", false), (.folder("/a/"), "/a/b", true),
    (.folder("/a/"), "/a", false), (.exact("/a"), "/a", true), (.exact("/a"), "/a/", false),
    (.prefix("/a"), "/ab", true), (.prefix("/a"), "/b", false), (.glob("/a*c"), "/abc", true),
    (.glob("*c"), "/abc", true), (.glob("/?"), "/a", true), (.glob("/?"), "/ab", false),
    (.any, "/", true), (.folder(""), "/x", true), (.prefix(""), "/x", true),
    // Paths tell capitals apart.
    (.exact("/a"), "/A", false),
  ])
  func paths(_ pattern: PathPattern, _ path: String, _ expected: Bool) throws {
    #expect(pattern.matches(path) == expected)
    #expect(try #require(Automaton(pattern.expression)).matches(path.utf8) == expected)
  }

  /// Matching one URL and belonging to the language are one thing, for every kind.
  @Test func languageAndMatchingAgree() throws {
    var random = SeededRandom()
    for _ in 0..<rounds(100) {
      let pattern = RandomPatterns.url(&random)
      let automaton = try #require(Automaton(pattern.expression))
      for _ in 0..<40 {
        let host = random.pick(RandomPatterns.hosts)
        let path = random.pick(RandomPatterns.paths)
        #expect(
          pattern.matches(host: host, path: path)
            == automaton.matches((host.text + path).utf8),
          "SALLYPORT_SEED=\(random.seed): \(pattern) at \(host)\(path)")
      }
    }
  }

  /// The classes of two URL patterns are those that enumeration finds.
  @Test func classesAreThoseOfMembership() throws {
    var random = SeededRandom()
    for _ in 0..<rounds(30) {
      let patterns = [RandomPatterns.url(&random), RandomPatterns.url(&random)]
      let note: Comment = "SALLYPORT_SEED=\(random.seed): \(patterns)"
      guard
        let partition = LanguagePartition(
          of: .sequence([HostPattern.any.expression, .anyPath]),
          by: patterns.map { .wholeURL($0.expression) })
      else { continue }
      for part in partition.classes {
        let slash = try #require(part.witness.firstIndex(of: "/"))
        let host = try #require(HostName(part.witness[..<slash]), note)
        let path = String(part.witness[slash...])
        let members = patterns.indices.filter { patterns[$0].matches(host: host, path: path) }
        #expect(members == part.members, "\(note) at \(part.witness)")
      }
      let found = Set(partition.classes.map(\.members))
      for host in RandomPatterns.hosts where random.chance(4) {
        for path in RandomPatterns.paths {
          let members = patterns.indices.filter { patterns[$0].matches(host: host, path: path) }
          #expect(found.contains(members), "\(note) at \(host)\(path)")
        }
      }
    }
  }
}
