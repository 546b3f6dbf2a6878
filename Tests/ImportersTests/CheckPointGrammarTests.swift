import NetworkSets
import Testing

@testable import CheckPointImporter

/// Section 0.1 of the notes for Check Point, a row for each cell.
@Suite struct CheckPointGrammarTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let entry: String
    var isExpression = false
    var scheme = CheckPointNames.Scheme.https
    let url: (String, String)
    let expected: Bool

    var testDescription: String {
      "\(isExpression ? "regex" : "plain") \(entry) \(scheme.rawValue)://\(url.0)\(url.1)"
    }
  }

  /// community.checkpoint.com, message 178046, "Common mistakes".
  @Test(arguments: [
    // "checkpoint.com matches for checkpoint.com.crime.org"
    Row(entry: "x.com", url: ("x.com", "/"), expected: true),
    Row(entry: "x.com", url: ("x.com", "/p"), expected: true),
    Row(entry: "x.com", url: ("x.com.crime.org", "/"), expected: true),
    Row(entry: "x.com", url: ("www.x.com", "/"), expected: false),
    // "Always put a / at the end of non-Regex domains"
    Row(entry: "x.com/", url: ("x.com", "/p"), expected: true),
    Row(entry: "x.com/", url: ("x.com.crime.org", "/"), expected: false),
    // "*checkpoint.com/ matches for crime.org/checkpoint.com/"
    Row(entry: "*x.com/", url: ("crime.org", "/x.com/"), expected: true),
    Row(entry: "*x.com/", url: ("evilx.com", "/"), expected: true),
    // "*.checkpoint.com/ matches for crime.org/www.checkpoint.com/"
    Row(entry: "*.x.com/", url: ("crime.org", "/www.x.com/"), expected: true),
    Row(entry: "*.x.com/", url: ("a.b.x.com", "/"), expected: true),
    Row(entry: "*.x.com/", url: ("x.com", "/"), expected: false),
    Row(entry: "x.com/p", url: ("x.com", "/"), expected: false),
    // "Regex \/checkpoint.com\.com matches for crime.org/checkpoint.com/"
    Row(entry: #"\/x\.com"#, isExpression: true, url: ("crime.org", "/x.com/"), expected: true),
    Row(entry: #"\/x\.com"#, isExpression: true, url: ("x.com", "/"), expected: true),
    Row(entry: #"\/x\.com"#, isExpression: true, url: ("www.x.com", "/"), expected: false),
    // "Regex \.checkpoint\.com matches for www.checkpoint.com.crime.org"
    Row(entry: #"\.x\.com"#, isExpression: true, url: ("www.x.com.crime.org", "/"), expected: true),
    Row(entry: #"\.x\.com"#, isExpression: true, url: ("x.com", "/"), expected: false),
    // R81.10 SmartConsole help: "^https:\/\/.*\.news\.com"
    Row(
      entry: #"^https:\/\/.*\.x\.com"#, isExpression: true, url: ("www.x.com", "/"), expected: true),
    // community.checkpoint.com m-p/163612: "^https?://([^/]+\.)*example.com/"
    Row(
      entry: #"^https?://([^/]+\.)*x.com/"#, isExpression: true, url: ("x.com", "/"), expected: true
    ),
    Row(
      entry: #"^https?://([^/]+\.)*x.com/"#, isExpression: true, url: ("evilx.com", "/"),
      expected: false),
    Row(entry: #".*\.x\.com"#, isExpression: true, url: ("a.x.com", "/"), expected: true),
    // "To allow access only to the https link, use ^https:\/\/.*\.news\.com"
    Row(
      entry: #"^https:\/\/.*\.x\.com"#, isExpression: true, scheme: .http,
      url: ("www.x.com", "/"), expected: false),
    Row(
      entry: #"https:\/\/x\.com"#, isExpression: true, scheme: .http, url: ("x.com", "/"),
      expected: false),
    Row(
      entry: #"https:\/\/x\.com"#, isExpression: true, url: ("x.com", "/"), expected: true),
    // Both sides of a bar by themselves.
    Row(
      entry: #"\.x\.com|^http://y\.com"#, isExpression: true, scheme: .http, url: ("y.com", "/"),
      expected: true),
    Row(entry: "definitionupdates.x", url: ("definitionupdates.x.com", "/p"), expected: true),
  ])
  func sites(_ row: Row) throws {
    let site = try #require(
      CheckPointNames.site(row.entry, isExpression: row.isExpression, scheme: row.scheme))
    let host = try #require(HostName(row.url.0))
    #expect(site.doubtful.isEmpty)
    #expect(
      site.certain.contains { $0.matches(host: host, path: row.url.1) } == row.expected)
  }

  /// Entries tied to an end that is not documented, or with a scheme that does not belong there.
  @Test(arguments: [
    (#"x\.com$"#, true), (#"^x\.com"#, true), ("https://x.com/p", false),
  ])
  func entriesInDoubt(_ row: (String, Bool)) throws {
    let site = try #require(
      CheckPointNames.site(row.0, isExpression: row.1, scheme: .https))
    #expect(site.certain.isEmpty)
    #expect(!site.doubtful.isEmpty)
    #expect(!site.doubt.isEmpty)
  }

  /// Expressions that may begin in the scheme, and texts that are no sites, are not decided.
  @Test(arguments: [
    (#"s:\/\/x\.com"#, true), (#"[ab]\.x"#, true), ("(?!a)b", true), ("a|[^h]ttps", true),
    ("?x?", false), ("{{ x }}", false),
  ])
  func entriesThatAreNotDecided(_ row: (String, Bool)) {
    #expect(CheckPointNames.site(row.0, isExpression: row.1, scheme: .https) == nil)
  }

  @Test(arguments: [
    ("80", "80"), ("8000-8080", "8000-8080"), (">1023", "1024-65535"), ("<1024", "0-1023"),
    ("80,443", "80,443"),
  ])
  func ports(_ row: (String, String)) throws {
    #expect(try #require(CheckPointNames.ports(row.0)).text == row.1)
  }

  @Test(arguments: ["", "x", ">65535", "<0", "9-1"])
  func textsThatAreNoPorts(_ text: String) {
    #expect(CheckPointNames.ports(text) == nil)
  }
}
