import ImportKit

/// Aliases that a product brings itself: rules and other aliases name them, and no configuration
/// writes them down.
///
/// Sources: pfsense/pfsense, src/etc/inc/globals.inc, `$reserved_table_names` and
/// `add_reserved_table` ("Reserved aliases take precedence", util.inc, `alias_expand`); opnsense/core,
/// inc/filter.lib.inc and models/OPNsense/Firewall/Alias (`bogons`, `virusprot`, `sshlockout`).
enum PFSystemAliases {
  enum Contents {
    /// Networks, and other system aliases.
    case networks([String])
    /// What the firewall fills while it runs, or an update brings.
    case runTime(String)
  }

  /// The contents of a system alias; nil where the product has none of that name.
  static func contents(_ name: String, _ dialect: PFDialect) -> Contents? {
    switch dialect {
    case .pfSense:
      if let members = networks[name] { return .networks(members) }
      return pfSenseTables[name].map { .runTime($0) }
    case .opnSense: return opnSenseTables[name].map { .runTime($0) }
    }
  }

  /// Version of the configuration from which rules may name them. "Expose system aliases to the GUI"
  /// came with schema 23.3 (pfSense Plus 24.11, CE 2.8.0); before, such a name is no alias.
  static let firstVersion = 23.3

  private static let networks: [String: [String]] = [
    "_loopback4_": ["127.0.0.0/8"],
    "_loopback6_": ["::1/128"],
    "_loopback46_": ["_loopback4_", "_loopback6_"],
    "_linklocal4_": ["169.254.0.0/16"],
    "_linklocal6_": ["fe80::/10"],
    "_linklocal46_": ["_linklocal4_", "_linklocal6_"],
    "_private4_": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
    "_private6_": ["fc00::/7"],
    "_private46_": ["_private4_", "_private6_"],
    "_multicast4_": ["224.0.0.0/4"],
    "_multicast6_": ["ff00::/8"],
    "_multicast46_": ["_multicast4_", "_multicast6_"],
    "_reserved4_": [
      "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
      "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
      "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255",
    ],
    "_reserved6_": [
      "::1", "::", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23",
      "2001:2::/48", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7",
      "fe80::/10", "ff00::/8",
    ],
    "_reserved46_": ["_reserved4_", "_reserved6_"],
    // Networks of 64:ff9b::/96 that stand for IPv4 addresses of no Internet host.
    "_nat64reserved_": [
      "64:ff9b::/104", "64:ff9b::a00:0/104", "64:ff9b::6440:0/106", "64:ff9b::7f00:0/104",
      "64:ff9b::a9fe:0/112", "64:ff9b::ac10:0/108", "64:ff9b::c000:0/120", "64:ff9b::c000:200/120",
      "64:ff9b::c058:6300/120", "64:ff9b::c0a8:0/112", "64:ff9b::c612:0/111",
      "64:ff9b::c633:6400/120", "64:ff9b::cb00:7100/120", "64:ff9b::e000:0/100",
      "64:ff9b::f000:0/100", "64:ff9b::ffff:ffff",
    ],
  ]

  private static let pfSenseTables: [String: String] = [
    "bogons": "bogon networks, updated from the Internet",
    "bogonsv6": "bogon networks of IPv6, updated from the Internet",
    "sshguard": "hosts that failed to log in",
    "snort2c": "hosts that an intrusion detection package has blocked",
    "virusprot": "hosts that opened connections too fast",
    "vpn_networks": "networks behind VPNs",
    "negate_networks": "networks behind VPNs",
    "tonatsubnets": "networks that are translated",
  ]

  private static let opnSenseTables: [String: String] = [
    "bogons": "bogon networks, updated from the Internet",
    "bogonsv6": "bogon networks of IPv6, updated from the Internet",
    "sshlockout": "hosts that failed to log in",
    "virusprot": "hosts that opened connections too fast",
  ]
}
