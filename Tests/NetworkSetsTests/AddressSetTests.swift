import NetworkSets
import Testing

@Suite struct AddressSetTests {
  @Test(arguments: [
    ("192.0.2.1", ["192.0.2.1"]), ("192.0.2.0/24", ["192.0.2.0/24"]),
    ("192.0.2.77/24", ["192.0.2.0/24"]), ("192.0.2.0/255.255.255.0", ["192.0.2.0/24"]),
    ("192.0.2.1/32", ["192.0.2.1"]), ("0.0.0.0/0", ["0.0.0.0/0"]),
    ("192.0.2.1-192.0.2.9", ["192.0.2.1-192.0.2.9"]), ("192.0.2.0-192.0.2.255", ["192.0.2.0/24"]),
    ("192.0.2.1 - 192.0.2.9", ["192.0.2.1-192.0.2.9"]), ("2001:db8::/32", ["2001:db8::/32"]),
    ("2001:DB8::1", ["2001:db8::1"]), ("::/0", ["::/0"]), ("::1", ["::1"]),
    ("2001:db8::1-2001:db8::ff", ["2001:db8::1-2001:db8::ff"]),
    ("192.0.2.0/0.0.0.0", ["0.0.0.0/0"]), ("192.0.2.1/255.255.255.255", ["192.0.2.1"]),
  ])
  func reads(_ text: String, _ expected: [String]) {
    #expect(AddressSet(parsing: text)?.texts == expected)
  }

  @Test(arguments: [
    "", "any", "192.0.2", "192.0.2.256", "192.0.2.01", "192.0.2.0/33", "192.0.2.0/-1",
    "192.0.2.0/255.0.255.0", "192.0.2.0/0.0.0.255", "192.0.2.9-192.0.2.1", "2001:db8::/129",
    "fe80::1%eth0", "192.0.2.1-2001:db8::1", "192.0.2.0/24/24", "1.2.3.4.5", "0x7f.1", "2130706433",
    "192.0.2.1 ", "[::1]", "::ffff:1.2.3.400", "-", "/", "192.0.2.0/",
  ])
  func refuses(_ text: String) {
    #expect(AddressSet(parsing: text) == nil)
  }

  @Test(arguments: [
    ("192.0.2.1/24", true), ("192.0.2.0/24", false), ("192.0.2.1/32", false), ("192.0.2.1", false),
    ("2001:db8::1/32", true), ("2001:db8::/32", false),
  ])
  func tellsHostBits(_ text: String, _ expected: Bool) {
    #expect(AddressSet.hasHostBits(text) == expected)
  }

  @Test func familiesDoNotMix() throws {
    let v4 = try #require(AddressSet(parsing: "0.0.0.0/0"))
    #expect(v4.isSuperset(of: v4, in: .ipv4))
    #expect(v4.isEmpty(in: .ipv6))
    #expect(v4.complement().v4.isEmpty && v4.complement().v6.isFull)
    // An IPv4 address in IPv6 clothes is not the IPv4 address.
    let mapped = try #require(AddressSet(parsing: "::ffff:192.0.2.1"))
    #expect(mapped.v4.isEmpty)
  }

  /// IANA special-purpose registries: what a public host name never resolves to, and neighbours.
  @Test(arguments: [
    ("0.255.255.255", true), ("1.0.0.0", false), ("9.255.255.255", false), ("10.0.0.0", true),
    ("10.255.255.255", true), ("11.0.0.0", false), ("100.63.255.255", false), ("100.64.0.0", true),
    ("100.127.255.255", true), ("100.128.0.0", false), ("127.0.0.1", true), ("128.0.0.0", false),
    ("169.253.255.255", false), ("169.254.1.1", true), ("172.15.255.255", false),
    ("172.16.0.0", true), ("172.31.255.255", true), ("172.32.0.0", false), ("192.0.0.1", true),
    ("192.0.1.1", false), ("192.0.2.1", true), ("192.0.3.1", false), ("192.88.99.1", false),
    ("192.168.0.1", true), ("192.169.0.1", false), ("198.17.255.255", false), ("198.18.0.1", true),
    ("198.19.255.255", true), ("198.20.0.0", false), ("198.51.100.1", true), ("203.0.113.1", true),
    ("223.255.255.255", false), ("224.0.0.1", true), ("239.1.1.1", true), ("240.0.0.1", true),
    ("255.255.255.255", true), ("8.8.8.8", false), ("::", true), ("::1", true),
    ("::ffff:8.8.8.8", true), ("fc00::1", true), ("fd00::1", true), ("fe80::1", true),
    ("ff02::1", true), ("2001:db8::1", true), ("2001::1", true), ("2002::1", true),
    ("2003::1", false), ("2a01:111::1", false), ("2620:1ec::1", false), ("3fff::1", true),
    ("3ffe::1", false), ("100::1", true), ("64:ff9b:1::1", true),
  ])
  func specialPurposeAddressesAreNotTheInternet(_ text: String, _ isSpecial: Bool) throws {
    let address = try #require(IPAddress(text))
    #expect(SpecialPurposeAddresses.all.contains(address) == isSpecial)
    if isSpecial { #expect(!SpecialPurposeAddresses.internet.contains(address)) }
    if address.family == .ipv4 || text.hasPrefix("2") || text.hasPrefix("3") {
      #expect(SpecialPurposeAddresses.internet.contains(address) == !isSpecial)
    }
  }

  @Test(arguments: [
    ("192.0.2.1", "192.0.2.1"), ("2001:0DB8:0:0:0:0:0:1", "2001:db8::1"),
    ("::FFFF:1.2.3.4", "::ffff:1.2.3.4"),
  ])
  func printsTheUsualForm(_ text: String, _ expected: String) {
    #expect(IPAddress(text)?.text == expected)
  }
}
