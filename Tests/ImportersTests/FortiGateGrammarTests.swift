import NetworkSets
import Testing

@testable import FortiGateImporter

/// Section 0.1 of the notes for FortiGate, a row for each cell.
@Suite struct FortiGateGrammarTests {
  /// docs.fortinet.com 7.0.1, "Using wildcard FQDN addresses in firewall policies";
  /// community.fortinet.com thread 128695 for the apex.
  @Test(arguments: [
    ("*.x.com", "x.com", false), ("*.x.com", "a.x.com", true), ("*.x.com", "a.b.x.com", true),
    ("*.x.com", "evilx.com", false), ("*x.com", "evilx.com", true), ("*x.com", "x.com", true),
    ("x.com", "x.com", true), ("x.com", "a.x.com", false), ("X.COM", "x.com", true),
    // From the output of `diagnose firewall fqdn` in community.fortinet.com ta-p/196118.
    ("tdscpc.gov.*", "tdscpc.gov.in", true), ("tdscpc.gov.*", "tdscpc.gov", false),
  ])
  func addressObjects(_ row: (String, String, Bool)) throws {
    let pattern = try #require(FortiNames.wildcardFQDN(row.0))
    #expect(pattern.matches(try #require(HostName(row.1))) == row.2)
  }

  @Test(arguments: ["", ".x.com", "x com", "x.com/path", "https://x.com", "-x.com"])
  func textsThatAreNoNames(_ text: String) {
    #expect(FortiNames.wildcardFQDN(text) == nil)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let entry: String
    let type: String
    let mode: FortiNames.Mode?
    let url: (String, String)
    let expected: Bool
    var subdomains = true

    var testDescription: String { "\(type) \(entry) \(mode?.rawValue ?? "?") \(url.0)\(url.1)" }
  }

  /// community.fortinet.com ta-p/192746, "URL Filter expressions"; ta-p/193086 for wildcards.
  @Test(arguments: [
    // "In flow-based, 'net.com' in a Simple entry will match both 'net.com' and 'fortinet.com'."
    Row(entry: "net.com", type: "simple", mode: .flow, url: ("net.com", "/"), expected: true),
    Row(entry: "net.com", type: "simple", mode: .flow, url: ("fortinet.com", "/"), expected: true),
    Row(entry: "net.com", type: "simple", mode: .flow, url: ("www.net.com", "/a"), expected: true),
    // "'net.com/prod' will match 'www.fortinet.com/products/next-generation-firewall'"
    Row(
      entry: "net.com/prod", type: "simple", mode: .flow,
      url: ("www.fortinet.com", "/products/next-generation-firewall"), expected: true),
    // community.fortinet.com ta-p/197999: `s.id` stops `apps.identrust.com`.
    Row(
      entry: "s.id", type: "simple", mode: .flow, url: ("apps.identrust.com", "/"), expected: true),
    // A text that is no domain is looked for anywhere.
    Row(entry: "net", type: "simple", mode: .flow, url: ("a.fortinet.com", "/"), expected: true),
    // "In proxy-based, 'net.com' will match 'net.com' and 'www.net.com' but not 'fortinet.com'."
    Row(entry: "net.com", type: "simple", mode: .proxy, url: ("net.com", "/"), expected: true),
    Row(entry: "net.com", type: "simple", mode: .proxy, url: ("www.net.com", "/"), expected: true),
    Row(
      entry: "net.com", type: "simple", mode: .proxy, url: ("fortinet.com", "/"), expected: false),
    Row(
      entry: "net.com/prod", type: "simple", mode: .proxy, url: ("www.net.com", "/products/x"),
      expected: true),
    Row(
      entry: "net.com/prod", type: "simple", mode: .proxy,
      url: ("www.fortinet.com", "/products/x"), expected: false),
    // "When disabled, it only matches the exact domain ('net.com')."
    Row(
      entry: "net.com", type: "simple", mode: .proxy, url: ("www.net.com", "/"), expected: false,
      subdomains: false),
    // "*.google.com would match mail.google.com … It would not match google.com"
    Row(entry: "*.x.com", type: "wildcard", mode: .flow, url: ("a.b.x.com", "/p"), expected: true),
    Row(entry: "*.x.com", type: "wildcard", mode: .flow, url: ("x.com", "/"), expected: false),
    Row(entry: "x.com/*", type: "wildcard", mode: .proxy, url: ("x.com", "/p"), expected: true),
    Row(entry: "x.com/*", type: "wildcard", mode: .proxy, url: ("a.x.com", "/p"), expected: false),
    // Regular expressions are found anywhere.
    Row(entry: "fo", type: "regex", mode: .flow, url: ("info.com", "/"), expected: true),
    Row(entry: "^fo", type: "regex", mode: .flow, url: ("fortinet.com", "/"), expected: true),
    Row(entry: "^fo", type: "regex", mode: .flow, url: ("info.com", "/"), expected: false),
    Row(
      entry: "/FORTINET/i", type: "regex", mode: .flow, url: ("a.fortinet.com", "/"), expected: true
    ),
  ])
  func urlFilter(_ row: Row) throws {
    let entry = try #require(
      FortiNames.urlEntry(
        row.entry, type: row.type, mode: row.mode, includesSubdomains: row.subdomains))
    let host = try #require(HostName(row.url.0))
    #expect(entry.certain.contains { $0.matches(host: host, path: row.url.1) } == row.expected)
    #expect(entry.doubtful == nil)
  }

  /// Without the mode, what both modes match is certain and what only one matches is in doubt.
  @Test func unknownModeIsADoubt() throws {
    let entry = try #require(
      FortiNames.urlEntry("net.com", type: "simple", mode: nil, includesSubdomains: true))
    let own = try #require(HostName("www.net.com"))
    let other = try #require(HostName("fortinet.com"))
    #expect(entry.certain.contains { $0.matches(host: own, path: "/") })
    #expect(!entry.certain.contains { $0.matches(host: other, path: "/") })
    #expect(try #require(entry.doubtful).matches(host: other, path: "/"))
  }

  @Test(arguments: [("(?!a)b", "regex"), ("x..y", "none"), ("", "simple"), ("a b", "simple")])
  func outsideOfTheGrammar(_ row: (String, String)) {
    #expect(
      FortiNames.urlEntry(row.0, type: row.1, mode: .flow, includesSubdomains: true) == nil)
  }

  @Test(
    arguments: [
      ("/pm/config/adom/root/pkg/default/firewall/policy", "firewall policy", "default"),
      (
        "/pm/config/adom/root/pkg/f/o/p/firewall/security-policy", "firewall security-policy",
        "f/o/p"
      ),
      ("/pm/config/adom/root/pkg/p/global/footer/policy", "global footer policy", "p"),
      ("/pm/config/adom/root/obj/firewall/service/custom", "firewall service custom", nil),
      ("/pm/config/global/obj/firewall/address", "firewall address", nil),
      ("/pm/config/device/fgt/vdom/root/firewall/policy", "firewall policy", "root"),
      ("/pm/config/device/fgt/global/system/interface", "system interface", nil),
    ] as [(String, String, String?)])
  func placesOfManagerURLs(_ row: (String, String, String?)) throws {
    let place = try #require(FortiTables.place(ofURL: row.0))
    #expect(place.table == row.1)
    #expect(place.scope == row.2)
  }

  /// docs.fortinet.com, FortiOS CLI Reference: names of tables, and words that are none.
  @Test(arguments: [
    ("firewall policy", true), ("firewall ssl-ssh-profile", true), ("system interface", true),
    ("firewall service custom", true), ("vpn ipsec phase1-interface", true),
    ("firewall quantum-policy", false), ("?planted? acl", false), ("firewall", false),
  ])
  func tables(_ row: (String, Bool)) { #expect(FortiTableNames.isKnown(row.0) == row.1) }

  @Test(arguments: [
    ("00:00 2026/01/31", "2026-01-31T00:00:00"), ("2026-01-31 08:30:00", "2026-01-31T08:30:00"),
    ("00:00 soon", nil), ("00:00", nil),
  ])
  func momentsOfSchedules(_ row: (String, String?)) {
    #expect(FortiObjects.localTime(row.0.split(separator: " ").map(String.init)) == row.1)
  }
}
