import TestSupport

/// Makes small rulesets in nft's own language, out of features whose outcome the ruleset alone
/// settles: for first packets, and for what comes back and what follows, in states, directions, by
/// marks and without tracking.
struct NFTRulesetMaker {
  var random: SeededRandom
  private var chains: [String] = []

  init(_ random: SeededRandom) { self.random = random }

  mutating func make() -> String {
    let count = random.below(4)
    chains = (0..<count).map { "c\($0)" }
    var text = "table inet t {\n" + sets()
    for index in 0..<count {
      text += "  chain c\(index) {\n" + rules(after: index + 1, atLeast: 1) + "  }\n"
    }
    text += base("forward", priority: 0) + base("output", priority: 0)
    text += base("input", priority: 0)
    if random.chance(3) { text += base("forward", priority: 10) }
    if random.chance(3) { text += early("prerouting") }
    if random.chance(5) { text += early("output") }
    if random.chance(4) { text += base("prerouting", priority: -150) }
    text += "}\n"
    chains = []
    if random.chance(4) {
      text += "table \(random.pick(["ip", "ip6", "inet"])) u {\n"
      family = text.hasSuffix("ip u {\n") ? .ipv4 : text.hasSuffix("ip6 u {\n") ? .ipv6 : nil
      text += base(random.pick(["forward", "output", "postrouting"]), priority: -10) + "}\n"
    }
    return text
  }

  private enum Family { case ipv4, ipv6 }

  /// The family of the table that is being written, where it has only one.
  private var family: Family?

  private func sets() -> String {
    """
      set s4 { type ipv4_addr; flags interval; elements = { 10.77.0.0/25, 20.0.0.10 } }
      set s6 { type ipv6_addr; flags interval; elements = { fd77::/120, 2a01:111::/48 } }
      set p { type inet_service; flags interval; elements = { 80, 8000-9000 } }

    """
  }

  private mutating func base(_ hook: String, priority: Int) -> String {
    let name = "\(hook)\(priority < 0 ? "m" : "")\(abs(priority))"
    let policy = random.pick(["accept", "accept", "drop"])
    return "  chain \(name) {\n"
      + "    type filter hook \(hook) priority \(priority); policy \(policy);\n"
      // Without these no IPv6 neighbour is found, and nothing passes at all.
      + "    meta l4proto { icmp, ipv6-icmp } accept\n" + answers()
      + rules(after: 0, atLeast: 0) + "  }\n"
  }

  /// What lets the later packets of a connection pass: mostly all, often some, now and then nothing.
  private mutating func answers() -> String {
    let lines: [String]
    switch random.below(10) {
    case 0, 1, 2, 3: lines = ["ct state established,related accept"]
    case 4: lines = ["ct direction reply accept", "ct state established tcp dport 443 accept"]
    case 5:
      lines = [
        "ct state established,related,untracked accept"
      ]
    case 6: lines = ["iifname \"wan0\" tcp sport { 80, 443 } accept"]
    case 7: lines = ["ct state established iifname \"wan0\" accept"]
    case 8:
      lines = [
        "ct state vmap { established : accept, invalid : drop }"
      ]
    default: lines = []
    }
    return lines.map { "    \($0)\n" }.joined()
  }

  /// A chain ahead of connection tracking.
  private mutating func early(_ hook: String) -> String {
    let wanted = (0..<(1 + random.below(2))).map { _ in
      let what = random.pick([
        "notrack", "notrack", "tcp dport 443 notrack", "tcp sport 443 notrack",
        "tcp dport 80 notrack", "tcp sport 80 notrack", "iifname \"wan0\" tcp sport 8443 drop",
        "meta mark set 0x1", "tcp dport 443 meta mark set 0x2",
      ])
      return "    \(what)\n"
    }
    return "  chain early\(hook) {\n    type filter hook \(hook) priority -300; policy accept;\n"
      + wanted.joined() + "  }\n"
  }

  private mutating func rules(after: Int, atLeast: Int) -> String {
    (0..<(atLeast + random.below(5))).map { _ in "    " + rule(after: after) + "\n" }.joined()
  }

  private mutating func rule(after: Int) -> String {
    let later = Array(chains.dropFirst(after))
    var words = (0..<random.below(4)).map { _ in match() }
    if random.chance(6) { words.append("counter") }
    if random.chance(8) {
      words.append(map(later))
      return words.joined(separator: " ")
    }
    words.append(verdict(later))
    return words.joined(separator: " ")
  }

  private mutating func verdict(_ later: [String]) -> String {
    switch random.below(later.isEmpty ? 9 : 13) {
    case 0, 1, 2: "accept"
    case 3, 4: "drop"
    case 5: "reject"
    case 6: "return"
    case 7: random.pick(["continue", "counter"])
    case 8: change()
    case 9: "goto \(random.pick(later))"
    default: "jump \(random.pick(later))"
    }
  }

  private mutating func change() -> String {
    random.pick([
      "meta mark set 0x1", "meta mark set meta mark | 0x2", "ct mark set 0x1",
      "ct mark set meta mark", "meta mark set ct mark", "meta mark set 0x2 accept",
      "ct mark set ct mark | 0x4", "meta mark set meta mark & 0x1",
    ])
  }

  private mutating func map(_ later: [String]) -> String {
    func verdict() -> String { self.verdict(later).replacingStatements }
    switch random.below(4) {
    case 0: return "tcp dport vmap { 80 : \(verdict()), 443 : \(verdict()) }"
    case 1: return "iifname vmap { \"lan0\" : \(verdict()), \"dmz0\" : \(verdict()) }"
    case 2 where family != .ipv6:
      return "ip daddr vmap { 20.0.0.0/24 : \(verdict()), 20.1.0.10 : \(verdict()) }"
    default: return "tcp dport vmap { 0-442 : \(verdict()), 8443 : \(verdict()) }"
    }
  }

  private mutating func match() -> String {
    let not = random.chance(4) ? "!= " : ""
    switch random.below(22) {
    case 0, 1:
      if family == .ipv6 { return "ip6 saddr \(not)\(random.pick(Self.sources6))" }
      return "ip saddr \(not)\(random.pick(Self.sources))"
    case 2, 3:
      if family == .ipv6 { return "ip6 daddr \(not)\(random.pick(Self.targets6))" }
      return "ip daddr \(not)\(random.pick(Self.targets))"
    case 4:
      if family == .ipv4 { return "ip daddr 20.0.0.0/8" }
      return "ip6 daddr \(not)\(random.pick(Self.targets6))"
    case 5, 6, 7:
      let extra = family == nil ? ["@p"] : []
      return "tcp dport \(not)"
        + random.pick(["80", "443", "{ 80, 443 }", "8000-9000", "{ 1-100, 8443 }"] + extra)
    case 8: return "iifname \(not)\(random.pick(["\"lan0\"", "\"dmz0\"", "\"l*\"", "\"wan0\""]))"
    case 9: return "oifname \(not)\(random.pick(["\"wan0\"", "\"w*\"", "\"lan0\""]))"
    case 10:
      return random.pick(["meta l4proto tcp", "meta l4proto { tcp, udp }", "meta l4proto udp"])
    case 11: return random.pick(["ct state new", "ct state invalid", "ct state { new, related }"])
    case 12: return random.pick(["tcp sport 1024-65535", "tcp sport 1-1023", "udp dport 443"])
    case 13: return random.pick(["meta nfproto ipv4", "meta nfproto ipv6", "th dport 443"])
    case 14, 15: return "meta mark \(not)\(random.pick(["0x1", "0x2", "0x0", "{ 0x1, 0x3 }"]))"
    case 16: return random.pick(["ct mark 0x1", "ct mark & 0x4 == 0x4", "meta mark & 0x2 == 0x2"])
    case 17:
      return random.pick(["ct direction original", "ct direction reply", "ct state untracked"])
    case 18: return random.pick(["tcp sport 443", "tcp sport { 80, 8443 }", "tcp sport != 80"])
    case 19:
      return random.pick([
        "tcp flags & (syn|ack) == syn", "tcp flags & (syn|ack) == (syn|ack)", "tcp flags psh",
        "tcp flags syn",
      ])
    case 20 where family != .ipv6:
      return random.pick([
        "ip protocol tcp", "ip protocol udp", "ct original ip daddr 20.0.0.0/24",
        "ct original ip saddr 10.77.0.0/24", "ct original proto-dst 443",
      ])
    default:
      return random.pick([
        "fib saddr . iif oif exists", "fib saddr . iif oif missing", "fib daddr type local",
        "fib daddr type unicast", "ct state established", "ct state != established",
      ])
    }
  }

  private static let sources = [
    "10.77.0.2", "10.77.0.0/24", "10.77.0.1-10.77.0.100", "{ 10.77.0.130, 10.78.0.0/24 }",
    "10.0.0.0/8", "20.0.0.1", "{ 10.77.1.0-10.77.1.9, 20.0.0.1 }",
  ]
  private static let targets = [
    "20.0.0.10", "20.0.0.0/24", "20.0.0.11-20.1.0.10", "{ 20.0.0.20, 20.1.0.0/16 }",
    "192.168.0.0/16", "20.0.0.0/8",
  ]
  private static let sources6 = ["fd77::2", "fd77::/64", "{ fd77::82, 2a01:111::1 }", "fd00::/8"]
  private static let targets6 = [
    "2a01:111::10", "2a01:111::/48", "{ 2a01:111::20, fd00::/8 }", "2000::/3",
  ]
}

extension String {
  /// A map holds verdicts, and counting and marking are none.
  fileprivate var replacingStatements: String {
    self == "counter" || self == "reject" || contains(" set ") ? "drop" : self
  }
}
