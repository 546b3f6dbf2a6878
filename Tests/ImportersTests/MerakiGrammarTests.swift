import NetworkSets
import PolicyModel
import Testing

@testable import MerakiImporter

/// Section 0.1 of the notes for Meraki, a row for each cell.
@Suite struct MerakiGrammarTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let entry: String
    let url: (String, String)
    let expected: Bool

    var testDescription: String { "\(entry) \(url.0)\(url.1)" }
  }

  /// documentation.meraki.com, "Content Filtering" (how a URL is looked up), "URL Filtering" (a child
  /// of a listed parent), "URL Block List and Allow List Patterns" (paths).
  @Test(arguments: [
    // A name covers the sub-domains: labels are cut off one by one.
    Row(entry: "x.com", url: ("x.com", "/"), expected: true),
    Row(entry: "x.com", url: ("a.b.x.com", "/p"), expected: true),
    Row(entry: "x.com", url: ("evilx.com", "/"), expected: false),
    Row(entry: "https://X.com/", url: ("www.x.com", "/"), expected: true),
    // A bare star is everything.
    Row(entry: "*", url: ("anything.example", "/"), expected: true),
    // Path segments are cut off one by one, from the host that was asked; `www.` is cut off first.
    Row(entry: "x.com/blog", url: ("x.com", "/blog"), expected: true),
    Row(entry: "x.com/blog", url: ("x.com", "/blog/2024?q"), expected: true),
    Row(entry: "x.com/blog", url: ("x.com", "/blogger"), expected: false),
    Row(entry: "x.com/blog", url: ("x.com", "/"), expected: false),
    Row(entry: "x.com/blog", url: ("www.x.com", "/blog"), expected: true),
    Row(entry: "x.com/blog", url: ("a.x.com", "/blog"), expected: false),
  ])
  func contentFiltering(_ row: Row) throws {
    let patterns = try #require(MerakiNames.urls(row.entry))
    let host = try #require(HostName(row.url.0))
    #expect(patterns.contains { $0.matches(host: host, path: row.url.1) } == row.expected)
  }

  /// A star is only known alone.
  @Test(arguments: ["*.x.com", "x*.com", "a b", ""])
  func outsideOfTheGrammar(_ text: String) { #expect(MerakiNames.urls(text) == nil) }

  /// "destination IP address (or FQDN)": documentation.meraki.com, "Using Layer 3 Firewall Rules".
  @Test func namesOfLayerThree() throws {
    let name = try #require(MerakiNames.destination("x.com"))
    #expect(name.pattern.text == "x.com" && name.binding == .observed)
    let below = try #require(MerakiNames.destination("*.x.com"))
    #expect(below.pattern.text == "*.x.com" && below.binding == .doubtful)
    #expect(MerakiNames.destination("localhost") == nil)
    #expect(MerakiNames.destination("a*.x.com") == nil)
  }

  @Test func references() {
    #expect(MerakiNames.vlan("VLAN(10).*").map { $0.id == "10" && $0.host == nil } == true)
    #expect(MerakiNames.vlan("vlan(10).7").map { $0.host == 7 } == true)
    #expect(MerakiNames.vlan("VLAN(10).x") == nil)
    #expect(MerakiNames.vlan("10.0.0.0/8") == nil)
    #expect(MerakiNames.reference("OBJ(12)").map { !$0.isGroup && $0.id == "12" } == true)
    #expect(MerakiNames.reference("GRP(12)").map { $0.isGroup } == true)
    #expect(MerakiNames.reference("OBJ(12") == nil)
  }
}
