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
    if random.chance(3) {
      // Clients bound by their address, whatever the interface.
      let target = random.pick(["", " target=\"ACCEPT\"", " target=\"DROP\""])
      files["zones/office.xml"] = """
        <?xml version="1.0" encoding="utf-8"?>
        <zone\(target)><source address="10.77.0.0/25"/></zone>

        """
      files["policies/office-out.xml"] = """
        <?xml version="1.0" encoding="utf-8"?>
        <policy target="\(random.pick(["ACCEPT", "CONTINUE", "REJECT"]))">
          <ingress-zone name="office"/>
          <egress-zone name="wan"/>
          \(rule())
        </policy>

        """
    }
    if random.chance(3) {
      files["policies/own.xml"] = """
        <?xml version="1.0" encoding="utf-8"?>
        <policy target="\(random.pick(["ACCEPT", "CONTINUE", "REJECT"]))">
          <ingress-zone name="HOST"/>
          <egress-zone name="ANY"/>
          \(rule())
        </policy>

        """
    }
    if random.chance(2) {
      let rules = (0..<(1 + random.below(3))).map { "  \(direct(priority: $0))" }
      files["direct.xml"] = """
        <?xml version="1.0" encoding="utf-8"?>
        <direct>
        \(rules.joined(separator: "\n"))
        </direct>

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

  private mutating func direct(priority: Int) -> String {
    let chain = random.pick(["FORWARD", "FORWARD", "INPUT", "OUTPUT"])
    let match = random.pick([
      "-m conntrack --ctstate ESTABLISHED", "-p tcp -m tcp --sport 443", "-p tcp --dport 443",
      "-m conntrack --ctdir REPLY -p tcp -m tcp --sport 80", "-s 20.0.0.0/24", "-d 20.0.0.10",
      "-p tcp -m tcp --tcp-flags SYN,ACK SYN,ACK",
    ])
    return "<rule ipv=\"ipv4\" table=\"filter\" chain=\"\(chain)\" priority=\"\(priority)\">"
      + "\(match) -j \(random.pick(["ACCEPT", "DROP", "RETURN"]))</rule>"
  }
}
