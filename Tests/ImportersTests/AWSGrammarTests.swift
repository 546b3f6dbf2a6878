import NetworkSets
import Testing

@testable import AWSImporter

/// Section 0.1 of the notes for AWS, a row for each cell, and Suricata's tests of names.
@Suite struct AWSGrammarTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let entry: String
    let host: String
    let expected: Bool

    init(_ entry: String, _ host: String, _ expected: Bool) {
      self.entry = entry
      self.host = host
      self.expected = expected
    }

    var testDescription: String { "\(entry) \(host)" }
  }

  /// docs.aws.amazon.com, Network Firewall API reference, RulesSourceList, Targets: "abc.example.com
  /// matches only the domain abc.example.com"; ".example.com matches example.com and matches all
  /// subdomains of example.com, such as abc.example.com and www.example.com".
  @Test(arguments: [
    Row("abc.example.com", "abc.example.com", true), Row("abc.example.com", "example.com", false),
    Row("abc.example.com", "x.abc.example.com", false),
    Row(".example.com", "example.com", true), Row(".example.com", "www.example.com", true),
    Row(".example.com", "a.b.example.com", true), Row(".example.com", "evilexample.com", false),
    Row(".Example.COM", "www.example.com", true),
  ])
  func domainLists(_ row: Row) throws {
    let pattern = try #require(AWSNames.target(row.entry))
    #expect(pattern.matches(try #require(HostName(row.host))) == row.expected)
  }

  /// `*.` is not the syntax of domain lists.
  @Test(arguments: ["*.example.com", "*", "", "example.com/path", "a b"])
  func outsideOfDomainLists(_ text: String) { #expect(AWSNames.target(text) == nil) }

  /// docs.aws.amazon.com, Route 53 API reference, UpdateFirewallDomains: a domain "can optionally
  /// start with *"; answers of the API end names with a dot. `*.x` and `x` are separate entries.
  @Test(arguments: [
    Row("*.example.com.", "www.example.com", true), Row("*.example.com.", "a.b.example.com", true),
    Row("*.example.com.", "example.com", false), Row("*.example.com", "evilexample.com", false),
    Row("example.com.", "example.com", true), Row("example.com.", "www.example.com", false),
    Row("*", "www.example.com", true),
  ])
  func nameLists(_ row: Row) throws {
    let pattern = try #require(AWSNames.domain(row.entry))
    #expect(pattern.matches(try #require(HostName(row.host))) == row.expected)
  }

  @Test(arguments: ["www.*.example.com", "*example.com", "www.example.*", ""])
  func outsideOfNameLists(_ text: String) { #expect(AWSNames.domain(text) == nil) }

  struct Content: Sendable, CustomTestStringConvertible {
    let text: String
    var dotted = false
    var start = false
    var end = false
    let host: String
    let expected: Bool

    var testDescription: String {
      "\(text)\(dotted ? " dotprefix" : "")\(start ? " start" : "")\(end ? " end" : "") \(host)"
    }
  }

  /// docs.suricata.io, "Payload Keywords" and "Transformations": `dotprefix` puts a dot before the
  /// buffer, so that `content:".example.com"; endswith` holds the domain and all below it.
  @Test(arguments: [
    Content(text: ".x.com", dotted: true, end: true, host: "x.com", expected: true),
    Content(text: ".x.com", dotted: true, end: true, host: "a.b.x.com", expected: true),
    Content(text: ".x.com", dotted: true, end: true, host: "evilx.com", expected: false),
    Content(text: ".x.com", end: true, host: "x.com", expected: false),
    Content(text: ".x.com", end: true, host: "a.x.com", expected: true),
    Content(text: "x.com", end: true, host: "evilx.com", expected: true),
    Content(text: "x.com", dotted: true, end: true, host: "evilx.com", expected: true),
    Content(text: "x.com", start: true, end: true, host: "x.com", expected: true),
    Content(text: "x.com", start: true, end: true, host: "a.x.com", expected: false),
    Content(text: ".x.com", dotted: true, start: true, end: true, host: "x.com", expected: true),
    Content(text: ".x.com", dotted: true, start: true, end: true, host: "a.x.com", expected: false),
    Content(text: "x.", start: true, host: "x.com", expected: true),
    Content(text: "x.", start: true, host: "ax.com", expected: false),
    Content(text: "x.c", host: "ax.com", expected: true),
    Content(text: ".x.", dotted: true, host: "x.com", expected: true),
    Content(text: ".x.", dotted: true, host: "ax.com", expected: false),
    Content(text: "X.com", start: true, end: true, host: "x.com", expected: true),
  ])
  func contents(_ row: Content) throws {
    let pattern = try #require(
      AWSNames.content(row.text, dotted: row.dotted, start: row.start, end: row.end))
    #expect(pattern.matches(try #require(HostName(row.host))) == row.expected)
  }

  @Test func rulesAreSplitAtTheirOptions() throws {
    let rule = try #require(
      SuricataRule(
        #"pass tls [10.0.0.0/8, !10.1.0.0/16] any <> $EXTERNAL_NET [443,8000:8100] (msg:"a; b"; tls.sni; content:"x\;y"; sid:7;)"#
      ))
    #expect(rule.source == "[10.0.0.0/8,!10.1.0.0/16]")
    #expect(rule.destinationPort == "[443,8000:8100]")
    #expect(rule.isBothWays)
    #expect(rule.options.map(\.keyword) == ["msg", "tls.sni", "content", "sid"])
    #expect(rule.text("msg") == "a; b")
  }

  @Test(arguments: [
    "", "pass tls any any -> any", "pass tls any any -> any any (sid:1;",
    "allow tls any any -> any any (sid:1;)",
    "pass tls any any => any any (sid:1;)", "no rule at all",
  ])
  func whatIsNoRule(_ text: String) { #expect(SuricataRule(text[...]) == nil) }

  @Test func joinedLines() {
    let lines = SuricataRule.lines(of: "a \\\n b\nc")
    #expect(lines.map(\.number) == [1, 3])
    #expect(lines.map(\.line) == ["a   b", "c"])
  }
}
