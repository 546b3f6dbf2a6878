import TestSupport

/// Makes small rulesets for `iptables-restore`, out of features whose outcome they settle alone.
struct IPTRulesetMaker {
  var random: SeededRandom
  private var chains: [String] = []

  init(_ random: SeededRandom) { self.random = random }

  mutating func make() -> String {
    let count = random.below(4)
    chains = (0..<count).map { "C\($0)" }
    var lines = ["*filter", ":INPUT ACCEPT [0:0]"]
    for hook in ["FORWARD", "OUTPUT"] {
      lines.append(":\(hook) \(random.pick(["ACCEPT", "DROP"])) [0:0]")
    }
    lines += chains.map { ":\($0) - [0:0]" }
    for hook in ["FORWARD", "OUTPUT"] {
      lines.append("-A \(hook) -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT")
      lines += (0..<random.below(6)).map { _ in rule(in: hook, after: 0) }
    }
    for index in 0..<count {
      lines += (0..<(1 + random.below(4))).map { _ in rule(in: "C\(index)", after: index + 1) }
    }
    lines.append("COMMIT")
    if random.chance(5) {
      lines += [
        "*mangle", ":FORWARD ACCEPT [0:0]",
        "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-A FORWARD -d \(random.pick(Self.targets)) -j DROP", "COMMIT",
      ]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private mutating func rule(in chain: String, after: Int) -> String {
    var words = ["-A", chain]
    let not = random.chance(4) ? "! " : ""
    let isTCP = random.chance(2)
    if random.chance(3) { words.append("\(not)-s \(random.pick(Self.sources))") }
    if random.chance(2) { words.append("\(not)-d \(random.pick(Self.targets))") }
    if chain != "OUTPUT", random.chance(4) {
      words.append("\(not)-i \(random.pick(["lan0", "dmz0", "l+", "wan0"]))")
    }
    if random.chance(5) { words.append("\(not)-o \(random.pick(["wan0", "w+", "lan0"]))") }
    if isTCP { words.append(tcp(not)) } else if random.chance(6) { words.append("-p udp") }
    if random.chance(6) {
      words.append("-m conntrack --ctstate \(random.pick(["NEW", "INVALID"]))")
    }
    if random.chance(8) { words.append("-m iprange \(not)--dst-range 20.0.0.5-20.0.0.19") }
    if random.chance(8) { words.append("-m comment --comment \"a note: -j ACCEPT\"") }
    words.append(target(Array(chains.dropFirst(after)), isTCP: isTCP))
    return words.joined(separator: " ")
  }

  private mutating func tcp(_ not: String) -> String {
    switch random.below(5) {
    case 0: "-p tcp"
    case 1: "-p tcp -m tcp \(not)--dport \(random.pick(["443", "80", "8000:9000"]))"
    case 2: "-p tcp -m multiport \(not)--dports 80,443"
    case 3: "-p tcp -m multiport --dports 1:100,8443"
    default: "-p tcp -m tcp --sport 1024:65535 --dport 443"
    }
  }

  private mutating func target(_ later: [String], isTCP: Bool) -> String {
    switch random.below(later.isEmpty ? 8 : 12) {
    case 0, 1, 2: "-j ACCEPT"
    case 3, 4: "-j DROP"
    case 5: isTCP ? "-j REJECT --reject-with tcp-reset" : "-j REJECT"
    case 6: "-j RETURN"
    case 7: ""
    case 8: "-g \(random.pick(later))"
    default: "-j \(random.pick(later))"
    }
  }

  private static let sources = [
    "10.77.0.2/32", "10.77.0.0/24", "10.78.0.0/24", "10.0.0.0/8", "20.0.0.1/32",
  ]
  private static let targets = [
    "20.0.0.10/32", "20.0.0.0/24", "20.1.0.0/16", "192.168.0.0/16", "20.0.0.0/8",
  ]
}
