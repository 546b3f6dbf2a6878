import TestSupport

/// Makes small configurations of firewalld: three zones and policies between them.
struct FirewalldMaker {
  var random: SeededRandom

  init(_ random: SeededRandom) { self.random = random }

  /// Files by their path under `/etc/firewalld`.
  mutating func make() -> [String: String] {
    var files = [
      "firewalld.conf": """
      DefaultZone=public
      CleanupOnExit=no
      FirewallBackend=nftables
      IPv6_rpfilter=no

      """
    ]
    for (zone, interface) in [("lan", "lan0"), ("dmz", "dmz0"), ("wan", "wan0")] {
      let target = random.pick(["", "", " target=\"ACCEPT\"", " target=\"DROP\""])
      files["zones/\(zone).xml"] = """
        <?xml version="1.0" encoding="utf-8"?>
        <zone\(target)><short>\(zone)</short><interface name="\(interface)"/></zone>

        """
    }
    for (number, source) in ["lan", "dmz"].enumerated() {
      let target = random.pick(["CONTINUE", "ACCEPT", "REJECT", "DROP"])
      let rules = (0..<random.below(4)).map { _ in rule() }.joined(separator: "\n  ")
      files["policies/out\(number).xml"] = """
        <?xml version="1.0" encoding="utf-8"?>
        <policy target="\(target)" priority="\(random.pick([-1, -5]))">
          <ingress-zone name="\(source)"/>
          <egress-zone name="wan"/>
          \(rules)
        </policy>

        """
    }
    return files
  }

  private mutating func rule() -> String {
    let action = random.pick(["<accept/>", "<accept/>", "<reject/>", "<drop/>"])
    switch random.below(4) {
    case 0:
      return "<rule><port port=\"\(random.pick(["443", "80", "8000-9000"]))\" protocol=\"tcp\"/>"
        + "\(action)</rule>"
    case 1:
      let target = random.pick(["20.0.0.10", "20.0.0.0/24", "20.1.0.0/16"])
      return "<rule family=\"ipv4\"><destination address=\"\(target)\"/>\(action)</rule>"
    case 2:
      let source = random.pick(["10.77.0.0/24", "10.77.0.2", "10.78.0.0/24"])
      return "<rule family=\"ipv4\"><source address=\"\(source)\"/>"
        + "<service name=\"https\"/>\(action)</rule>"
    default: return "<service name=\"\(random.pick(["http", "https"]))\"/>"
    }
  }
}
