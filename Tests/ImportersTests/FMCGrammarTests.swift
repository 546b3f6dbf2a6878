import NetworkSets
import Testing

@testable import CiscoFMCImporter

/// Section 0.1 of the notes for Firepower, a row for each cell.
@Suite struct FMCGrammarTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let entry: String
    let url: (String, String)
    let expected: Bool

    var testDescription: String { "\(entry) \(url.0)\(url.1)" }
  }

  /// docs.defenseorchestrator.com, "URL Objects".
  @Test(arguments: [
    // "ign.com matches ign.com and www.ign.com, but it does not match verisign.com"
    Row(entry: "ign.com", url: ("ign.com", "/"), expected: true),
    Row(entry: "ign.com", url: ("www.ign.com", "/p"), expected: true),
    Row(entry: "ign.com", url: ("verisign.com", "/"), expected: false),
    Row(entry: "http://ign.com", url: ("ign.com", "/"), expected: true),
    Row(entry: ".ign.com", url: ("www.ign.com", "/"), expected: true),
    // "If you include one or more / character, the entire URL string is used for a substring match"
    Row(entry: "ign.com/p", url: ("www.ign.com", "/p/q"), expected: true),
    Row(entry: "ign.com/p", url: ("www.ign.com", "/x"), expected: false),
    Row(entry: "ign.com/p", url: ("other.com", "/?u=ign.com/p"), expected: true),
    // A slash at the end counts like any other.
    Row(entry: "soft.com/", url: ("go.microsoft.com", "/x"), expected: true),
    Row(entry: "soft.com/", url: ("soft.com.example", "/"), expected: false),
  ])
  func currentReleases(_ row: Row) throws {
    let parsed = try #require(FMCNames.url(row.entry, isCurrent: true))
    #expect(parsed.older == nil)
    let host = try #require(HostName(row.url.0))
    #expect(parsed.certain.matches(host: host, path: row.url.1) == row.expected)
  }

  /// packetu.com, "Manual URL Filtering in Firepower" (2016): any substring of the URL matches.
  @Test func olderReleasesMatchMore() throws {
    let parsed = try #require(FMCNames.url("ign.com", isCurrent: false))
    for text in ["verisign.com", "ign.com.example"] {
      let host = try #require(HostName(text))
      #expect(!parsed.certain.matches(host: host, path: "/"))
      #expect(try #require(parsed.older).matches(host: host, path: "/"))
    }
  }

  /// "The Enter URL option does not support wildcards."
  @Test(arguments: ["*.x.com", "", "a b"])
  func outsideOfTheGrammar(_ text: String) {
    #expect(FMCNames.url(text, isCurrent: true) == nil)
  }

  @Test(arguments: [("7.2.5 (build 208)", true), ("6.6.1", false), ("", false), ("10.0.0", true)])
  func releases(_ row: (String, Bool)) {
    #expect(FMCNames.isCurrent(row.0) == row.1)
  }
}
