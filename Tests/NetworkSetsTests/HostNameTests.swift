import NetworkSets
import Testing

@Suite struct HostNameTests {
  @Test(arguments: [
    ("www.example.com", "www.example.com"), ("WWW.Example.COM", "www.example.com"),
    // A trailing dot is the root and changes nothing.
    ("example.com.", "example.com"), ("a", "a"), ("_dmarc.example.com", "_dmarc.example.com"),
    ("a--b.example.com", "a--b.example.com"), ("1.2.3.4", "1.2.3.4"),
    // RFC 3492, section 7.1, and names in use.
    ("bücher.example", "xn--bcher-kva.example"), ("BÜCHER.example", "xn--bcher-kva.example"),
    ("münchen.de", "xn--mnchen-3ya.de"), ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
    ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
    ("почемужеонинеговорятпорусски", "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l"),
    ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    // RFC 3490: other full stops separate labels too.
    ("bücher。example", "xn--bcher-kva.example"), ("example．com", "example.com"),
    ("example｡com", "example.com"),
    // The Kelvin sign is a k to every resolver.
    ("\u{212A}iosk.example", "kiosk.example"),
  ])
  func normalises(_ raw: String, _ expected: String) {
    #expect(HostName(raw)?.text == expected)
  }

  @Test(arguments: [
    "", ".", "..", ".example.com", "example..com", "example.com..", "-a.example.com",
    "a-.example.com", "*.example.com", "example.com:443", "user@example.com",
    "user:secret@example.com", "https://example.com", "example.com/", "example.com/path",
    "example.com?x", "example.com#x", "exa mple.com", " example.com", "example.com ",
    "example.com\n", "example.com\u{0}", "example.com\\@evil.example", "[2001:db8::1]",
    "2001:db8::1", "example.com%2fevil.example", "exam\tple.com", "a,b.example.com",
    "e\u{301}.example",
    "(example.com)", "\u{200B}example.com", "exam\u{AD}ple.com",
    "ｅxample.com", "example.com\u{7F}",
  ])
  func refusesWhatCouldSmuggleAnotherHost(_ raw: String) {
    #expect(HostName(raw) == nil)
  }

  @Test func lengths() {
    let label = String(repeating: "a", count: 63)
    #expect(HostName("\(label).example") != nil)
    #expect(HostName("\(label)a.example") == nil)
    let long = Array(repeating: label, count: 3).joined(separator: ".")
    #expect(HostName("\(long).\(String(repeating: "b", count: 61))")?.text.utf8.count == 253)
    #expect(HostName("\(long).\(String(repeating: "b", count: 62))") == nil)
    #expect(HostName("\(String(repeating: "ü", count: 63)).example") == nil)
  }

  @Test(arguments: [
    ("a.example.com", "example.com", true), ("b.a.example.com", "example.com", true),
    ("example.com", "example.com", false), ("evilexample.com", "example.com", false),
    ("example.com.evil.test", "example.com", false), ("com", "example.com", false),
    ("xexample.com", "xample.com", false),
  ])
  func subdomainsEndAtLabels(_ name: String, _ parent: String, _ expected: Bool) throws {
    #expect(
      try #require(HostName(name)).isSubdomain(of: try #require(HostName(parent))) == expected)
  }

  @Test func countsLabels() {
    #expect(HostName("a.b.c")?.labelCount == 3)
    #expect(HostName("a")?.labelCount == 1)
  }
}
