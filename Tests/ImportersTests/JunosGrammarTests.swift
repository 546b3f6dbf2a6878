import NetworkSets
import PolicyModel
import Testing

@testable import JunosImporter

/// The grammar of URL patterns, a row for each rule and release; names of applications and
/// releases.
@Suite struct JunosGrammarTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let release: String
    let entry: String
    let host: String
    /// Nil where the entry is outside the grammar.
    let expected: Bool?
    let testDescription: String

    init(_ release: String, _ entry: String, _ host: String, _ expected: Bool?) {
      self.release = release
      self.entry = entry
      self.host = host
      self.expected = expected
      testDescription = "\(release) \(entry) \(host)"
    }
  }

  /// juniper.net, statement `url-pattern` (edit security utm custom-objects), and KB32012.
  @Test(arguments: [
    // An entry without wildcard is one host name in every release.
    Row("12.1R1", "http://x.com", "x.com", true), Row("12.1R1", "x.com", "a.x.com", false),
    Row("19.4R1", "x.com", "x.com", true), Row("21.2R3", "x.com", "a.x.com", false),
    Row("21.2R3", "X.Com", "x.com", true),
    // "You must precede all wildcard URLs with http://. You can only use '*' if it is at the
    // beginning of the URL and is followed by a '.'"
    Row("12.1R1", "*.x.com", "a.x.com", nil), Row("19.4R1", "*.x.com", "a.x.com", nil),
    Row("12.1R1", "http://*x.com", "ax.com", nil), Row("19.4R1", "http://a.*.com", "a.b.com", nil),
    // Before 12.1X46: anything in front.
    Row("12.1R1", "http://*.x.com", "a.x.com", true),
    Row("12.1R1", "http://*.x.com", "a.b.x.com", true),
    Row("12.1R1", "http://*.x.com", "x.com", false),
    // KB32012: one word from 12.1X47 on; "a URL that is to be matched must have a minimum of 3
    // parts".
    Row("12.1X47-D10", "http://*.x.com", "a.x.com", true),
    Row("12.1X47-D10", "http://*.x.com", "a.b.x.com", false),
    Row("19.4R1", "http://*.x.com", "a.x.com", true),
    Row("19.4R1", "http://*.x.com", "a.b.x.com", false),
    Row("19.4R1", "http://*.com", "x.com", nil),
    // "You can only use '?' at the end of the URL."
    Row("19.4R1", "http://x.co?", "x.com", true), Row("19.4R1", "http://x.co?", "x.co", false),
    Row("19.4R1", "http://x?.com", "xa.com", nil),
    Row("19.4R1", "http://^.x.com", "a.x.com", nil),
    // From 20.4R1: the scheme is not needed; `*` at the head is any number of words, also none.
    Row("20.4R1", "*.x.com", "x.com", true), Row("20.4R1", "*.x.com", "a.x.com", true),
    Row("20.4R1", "*.x.com", "a.b.x.com", true), Row("20.4R1", "*.x.com", "evilx.com", false),
    Row("20.4R1", "http://*.x.com", "a.b.x.com", true),
    Row("20.4R1", "*x.com", "ax.com", nil), Row("20.4R1", "a.*.com", "a.b.com", nil),
    // `^` is one word, anywhere.
    Row("20.4R1", "^.x.com", "a.x.com", true), Row("20.4R1", "^.x.com", "a.b.x.com", false),
    Row("20.4R1", "^.x.com", "x.com", false), Row("20.4R1", "a.^.com", "a.b.com", true),
    Row("20.4R1", "a.^.com", "a.b.c.com", false), Row("20.4R1", "a^.x.com", "ab.x.com", nil),
    Row("20.4R1", "*.^.x.com", "a.x.com", true), Row("20.4R1", "*.^.x.com", "b.a.x.com", true),
    Row("20.4R1", "*.^.x.com", "x.com", false),
    // `?` is one character, at the tail.
    Row("20.4R1", "x.co?", "x.com", true), Row("20.4R1", "x.c??", "x.com", true),
    Row("20.4R1", "x.co?", "x.como", false), Row("20.4R1", "x?.com", "xa.com", nil),
    // "Match all URLs."
    Row("20.4R1", "*", "anything.example", true), Row("20.4R1", "*.*", "a.example", true),
    // Markers and texts that are no names.
    Row("20.4R1", "{{ domain }}", "x.com", nil), Row("20.4R1", "", "x.com", nil),
    Row("20.4R1", "x com", "x.com", nil), Row("20.4R1", "[a-z].x.com", "a.x.com", nil),
    // Without a release wildcards are not decided.
    Row("", "*.x.com", "a.x.com", nil), Row("", "http://*.x.com", "a.x.com", nil),
    Row("", "x.com", "x.com", true),
  ])
  func patterns(_ row: Row) throws {
    let terms = JunosURLPattern.terms(row.entry, grammar: JunosVersion(row.release).grammar)
    guard let expected = row.expected else {
      #expect(terms == nil)
      return
    }
    let host = try #require(HostName(row.host))
    let matches = try #require(terms).contains { term in
      switch term {
      case .host(let pattern, .observed): pattern.matches(host)
      default: false
      }
    }
    #expect(matches == expected)
  }

  /// 12.1X46 reads a star by the size of the device: one word for sure, deeper hosts are open.
  @Test func starsOfOneReleaseAreOpen() throws {
    let grammar = JunosVersion("12.1X46-D15.3").grammar
    let terms = try #require(JunosURLPattern.terms("http://*.x.com", grammar: grammar))
    let name = try #require(HostName("x.com"))
    #expect(terms == [.host(.oneLabel(name), .observed), .host(.subdomains(name), .doubtful)])
  }

  /// 20.4R1: "match the longest prefix in the URL path", and keywords between stars.
  @Test(arguments: [
    ("x.com/a", "/a/b", true), ("x.com/a", "/b", false), ("x.com/", "/b", true),
    ("x.com/*key*", "/has/key/inside", true), ("x.com/*key*", "/other", false),
  ])
  func paths(_ row: (String, String, Bool)) throws {
    let terms = try #require(JunosURLPattern.terms(row.0, grammar: .words))
    let host = try #require(HostName("x.com"))
    let matches = terms.contains { term in
      switch term {
      case .host(let pattern, _): pattern.matches(host)
      case .url(.parts(let pattern, let path)): pattern.matches(host) && path.matches(row.1)
      default: false
      }
    }
    #expect(matches == row.2)
  }

  /// `show configuration groups junos-defaults applications` of a device.
  @Test(arguments: [
    ("junos-http", [Service.tcp(PortSet(80))]), ("junos-https", [.tcp(PortSet(443))]),
    ("junos-dns-udp", [.udp(PortSet(53))]), ("junos-ping", [Service(protocol: 1)]),
    ("junos-tcp-any", [.tcp(.full)]), ("junos-smb", [.tcp(PortSet(139)), .tcp(PortSet(445))]),
  ])
  func predefinedApplications(_ row: (String, [Service])) {
    #expect(JunosPredefined.services(row.0) == row.1)
  }

  @Test(arguments: ["junos-no-such", "http", "", "junos-"])
  func unknownApplicationsStayUnknown(_ name: String) {
    #expect(JunosPredefined.services(name) == nil)
  }

  @Test(arguments: [
    ("18.4R1-S3.1", JunosVersion.PatternGrammar.oneWord), ("20.3R3", .oneWord),
    ("20.4R1", .words), ("24.2R1.17", .words), ("12.1R1", .anyPrefix), ("11.4R7.5", .anyPrefix),
    ("12.1X44-D10", .anyPrefix), ("12.1X46-D15.3", .mixed), ("12.1X47-D10", .oneWord),
    ("12.3X48-D10", .oneWord), ("15.1X49-D50", .oneWord), ("20220101.1", .words), ("", .unknown),
    ("{{ version }}", .unknown),
  ])
  func releases(_ row: (String, JunosVersion.PatternGrammar)) {
    #expect(JunosVersion(row.0).grammar == row.1)
  }
}
