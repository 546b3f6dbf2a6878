/// Address ranges that can never be the public address of an Internet endpoint.
///
/// Source: the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates),
/// restricted to the entries that are not globally reachable, plus multicast (RFC 5771, RFC 4291)
/// and the reserved block 240.0.0.0/4. A rule whose destination lies wholly inside them is
/// irrelevant to a public host name, so it is a definite "no match".
package enum SpecialPurposeAddresses {
  private static let v4Prefixes = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
  ]

  private static let v6Prefixes = [
    "::/128", "::1/128", "::ffff:0:0/96", "64:ff9b:1::/48", "100::/64", "2001::/32",
    "2001:2::/48", "2001:10::/28", "2001:20::/28", "2001:db8::/32", "2002::/16", "3fff::/20",
    "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
  ]

  /// The ranges themselves.
  package static let all: AddressSet = (v4Prefixes + v6Prefixes)
    .compactMap { AddressSet(parsing: $0) }
    .reduce(AddressSet()) { $0.union($1) }

  /// Every address that a public host name may resolve to: all other IPv4 addresses, and of IPv6
  /// the global unicast block 2000::/3 (RFC 4291; IANA allocates from no other block), so that a
  /// rule for 2000::/3 is seen to cover the whole Internet.
  package static let internet: AddressSet = AddressSet(
    v4: IntervalSet.full, v6: AddressSet(parsing: "2000::/3")?.v6 ?? .full
  ).subtracting(all)

  /// Private ranges (RFC 1918, RFC 6598, RFC 4193): where clients usually sit.
  package static let privateUse: AddressSet = [
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7",
  ]
  .compactMap { AddressSet(parsing: $0) }
  .reduce(AddressSet()) { $0.union($1) }
}
