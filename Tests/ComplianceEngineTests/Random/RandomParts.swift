import NetworkSets
import PolicyModel
import TestSupport

/// The pools from which random policies are made: few names, so that rules meet.
enum RandomParts {
  static let hosts: [String] = {
    let labels = ["a", "b", "ab", "q7"]
    var below = labels
    for first in labels { below += labels.map { "\(first).\($0)" } }
    below += ["a.b.a", "q7.q7.q7", "b.ab.a"]
    return ["x.com"] + below.map { "\($0).x.com" }
  }()

  static let paths = ["/", "/p", "/p/", "/p/q", "/p/q/r", "/pq", "/z", "/p?k=1", "/P/Q", "/q"]

  /// Zones of the universe; the last four stand in no rule, two of them under a wildcard of rules.
  static let zones: [String?] = ["in", "dmz", "wan", "wan0", "wan8", "wan9", "elsewhere", "yonder"]

  static let ports: [UInt16] = [80, 443, 8443]

  static func clients(_ family: AddressFamily) -> [IPAddress] {
    let texts =
      family == .ipv4
      ? [
        "10.0.0.1", "10.1.0.1", "10.1.1.1", "10.2.0.1", "192.168.1.1", "172.16.0.1", "8.8.8.8",
        "20.1.2.3", "20.2.0.1", "198.51.100.1", "224.0.0.1", "0.0.0.1", "129.0.0.1",
      ] : ["fd00::1", "fd00:1::1", "2a01:111::1", "2a01:112::1", "2001:db8::1", "::1", "ff02::1"]
    return texts.compactMap { IPAddress($0) }
  }

  /// Public addresses on both sides of every bound in ``sets``.
  static func publicSamples(_ family: AddressFamily) -> [IPAddress] {
    family == .ipv4 ? publicV4 : publicV6
  }

  private static let publicV4 = [
    "1.0.0.1", "8.8.8.8", "19.255.255.255", "20.0.0.1", "20.1.2.3", "20.2.0.1", "21.0.0.1",
    "126.255.255.255", "128.0.0.1", "223.255.255.255",
  ].compactMap { IPAddress($0) }

  private static let publicV6 = ["2a01:111::1", "2a01:112::1", "2000::1", "3ffe::1"]
    .compactMap { IPAddress($0) }

  static let sets: [AddressSet] = [
    "0.0.0.0/0", "10.0.0.0/8", "192.168.0.0/16", "20.0.0.0/8", "20.1.0.0/16", "0.0.0.0/1",
    "1.0.0.0-223.255.255.255", "224.0.0.0/4", "198.51.100.0/24", "10.1.0.0/16",
    "10.1.1.0/24", "::/0", "2000::/3", "fd00::/8", "2a01:111::/32", "2001:db8::/32",
    "fd00:1::/32",
  ].compactMap { AddressSet(parsing: $0) }

  private static let names = [
    "x.com", "a.x.com", "b.x.com", "b.a.x.com", "ab.x.com", "q7.x.com", "y.com", "com",
  ].compactMap { HostName($0) }

  private static let suffixes = [
    "x.com", ".x.com", "b.x.com", "b.a.x.com", "y.com", "om", "7.x.com",
  ]
  private static let leads = ["a", "a.x", "x.com", "a.x.com", "b"].compactMap { HostName($0) }
  private static let substrings = ["a", "ab", ".a.", "x.c", "zz", "7.q"]
  private static let globs = ["a*.x.com", "*.x.com", "?.x.com", "*a*", "*b.?.x.com", "x.com", "*"]
  private static let expressions = ["^a.*", "x\\.com$", "^[ab]+\\.x\\.com$", "b\\.", "(a|b)\\.x"]
    .compactMap { try? RegularExpression($0) }

  static func host(_ random: inout SeededRandom) -> HostPattern {
    switch random.below(12) {
    case 0: .any
    case 1, 2: .exact(random.pick(names))
    case 3, 4: .subdomains(random.pick(names))
    case 5: .apexAndSubdomains(random.pick(names))
    case 6: .oneLabel(random.pick(names))
    case 7: .suffix(random.pick(suffixes))
    case 8: .leading(random.pick(leads))
    case 9: .substring(random.pick(substrings))
    case 10: .glob(random.pick(globs))
    default: .regex(random.pick(expressions))
    }
  }

  static func path(_ random: inout SeededRandom) -> PathPattern {
    switch random.below(6) {
    case 0: .any
    case 1: .exact(random.pick(["/", "/p", "/p/q"]))
    case 2: .folder(random.pick(["/p", "/p/", "/p/q", "/"]))
    case 3: .prefix(random.pick(["/p", "/", "/z"]))
    default: .glob(random.pick(["/p*", "*q*", "/?", "/*"]))
    }
  }

  static func url(_ random: inout SeededRandom) -> URLPattern {
    switch random.below(8) {
    case 0, 1, 2: .parts(host(&random), path(&random))
    case 3, 4:
      .tokens(
        random.pick([
          "x.com/", "*.x.com/", "^.x.com/", "a.x.com", "*.x.com", "a.x.com/p", "a.x.com/p/",
          "a.x.com/*/q", "*.x.com/p/^", "*.a.x.com/", "a.^.x.com", "*", "*.x.com/P/",
        ]), openEnd: random.chance(2))
    case 5: .substring(random.pick(["x.com/p", "a.x", "/q", "COM/P"]))
    case 6: .glob(random.pick(["a.x.com/*", "*x.com/p*", "*.x.com/", "*q", "*/P/*"]))
    default: .regex(random.pick(urlExpressions))
    }
  }

  private static let urlExpressions = ["^a\\.x\\.com/p", "x\\.com/.*q$", "/$", "a.x.com"]
    .compactMap { try? RegularExpression($0) }
}
