import TestSupport

/// Makes small rulesets for `iptables-restore`, out of features whose outcome they settle alone: for
/// first packets, and for what comes back and what follows.
struct IPTRulesetMaker {
  var random: SeededRandom
  private var chains: [String] = []

  init(_ random: SeededRandom) { self.random = random }

  mutating func make() -> String {
    let count = random.below(4)
    chains = (0..<count).map { "C\($0)" }
    var lines = ["*filter"]
    for hook in ["INPUT", "FORWARD", "OUTPUT"] {
      lines.append(":\(hook) \(random.pick(["ACCEPT", "ACCEPT", "DROP"])) [0:0]")
    }
    lines += chains.map { ":\($0) - [0:0]" }
    for hook in ["INPUT", "FORWARD", "OUTPUT"] {
      lines += answers().map { "-A \(hook) \($0)" }
      lines += (0..<random.below(6)).map { _ in rule(in: hook, after: 0) }
    }
    for index in 0..<count {
      lines += (0..<(1 + random.below(4))).map { _ in rule(in: "C\(index)", after: index + 1) }
    }
    lines.append("COMMIT")
    if random.chance(3) { lines += mangle() }
    if random.chance(3) { lines += raw() }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What lets the later packets of a connection pass: mostly all, often some, now and then nothing.
  private mutating func answers() -> [String] {
    switch random.below(9) {
    case 0, 1, 2, 3: ["-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"]
    case 4: ["-m conntrack --ctdir REPLY -j ACCEPT", "-m state --state ESTABLISHED -j ACCEPT"]
    case 5: ["-m conntrack --ctstate ESTABLISHED,UNTRACKED -j ACCEPT"]
    case 6: ["-p tcp -m multiport --sports 80,443 -j ACCEPT"]
    case 7: ["-p tcp -m tcp ! --syn -j ACCEPT"]
    default: []
    }
  }

  private mutating func mangle() -> [String] {
    var lines = ["*mangle", ":PREROUTING ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]"]
    lines.append(":OUTPUT ACCEPT [0:0]")
    for chain in ["PREROUTING", "FORWARD", "OUTPUT"] where random.chance(2) {
      lines += (0..<(1 + random.below(3))).map { _ in
        let test = random.pick([
          "", "-p tcp -m tcp --dport 443", "-p tcp -m tcp --sport 443", "-m mark --mark 0x1",
          "-m connmark --mark 0x1/0x1", "-m conntrack --ctstate NEW", "-d 20.0.0.0/24",
        ])
        let target = random.pick([
          "-j MARK --set-mark 0x1", "-j MARK --set-xmark 0x2/0x2", "-j MARK --or-mark 0x4",
          "-j CONNMARK --save-mark", "-j CONNMARK --restore-mark", "-j CONNMARK --set-mark 0x1",
          "-j CONNMARK --restore-mark --nfmask 0x1 --ctmask 0x1", "-j DROP", "-j ACCEPT",
          "-j RETURN",
        ])
        return "-A \(chain) \(test) \(target)"
      }
    }
    return lines + ["COMMIT"]
  }

  private mutating func raw() -> [String] {
    var lines = ["*raw", ":PREROUTING ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]"]
    for chain in ["PREROUTING", "OUTPUT"] where random.chance(2) {
      lines.append(
        "-A \(chain) "
          + random.pick([
            "-j NOTRACK", "-p tcp -m tcp --dport 443 -j CT --notrack",
            "-p tcp -m tcp --sport 443 -j CT --notrack", "-p tcp -m tcp --dport 80 -j NOTRACK",
            "-p tcp -m tcp --sport 80 -j DROP", "-p udp -j NOTRACK",
          ]))
    }
    return lines + ["COMMIT"]
  }

  private mutating func rule(in chain: String, after: Int) -> String {
    var words = ["-A", chain]
    let not = random.chance(4) ? "! " : ""
    let isTCP = random.chance(2)
    if random.chance(3) { words.append("\(not)-s \(random.pick(Self.sources))") }
    if random.chance(2) { words.append("\(not)-d \(random.pick(Self.targets))") }
    // A rule of the chain OUTPUT may not name an entering interface, nor one of INPUT a leaving one.
    if chain != "OUTPUT", random.chance(4) {
      words.append("\(not)-i \(random.pick(["lan0", "dmz0", "l+", "wan0"]))")
    }
    if chain != "INPUT", random.chance(5) {
      words.append("\(not)-o \(random.pick(["wan0", "w+", "lan0"]))")
    }
    if isTCP { words.append(tcp(not)) } else if random.chance(6) { words.append("-p udp") }
    if random.chance(6) {
      words.append("-m conntrack --ctstate \(random.pick(["NEW", "INVALID"]))")
    }
    if random.chance(8) {
      words.append(
        random.pick([
          "-m mark --mark 0x1", "-m mark ! --mark 0x0", "-m connmark --mark 0x1",
          "-m mark --mark 0x4/0x4", "-m conntrack --ctdir ORIGINAL", "-m conntrack --ctdir REPLY",
          "-m conntrack --ctstate UNTRACKED", "-m conntrack --ctorigdst 20.0.0.0/24",
          "-m addrtype --dst-type LOCAL",
        ]))
    }
    if random.chance(8) { words.append("-m iprange \(not)--dst-range 20.0.0.5-20.0.0.19") }
    if random.chance(8) { words.append("-m comment --comment \"a note: -j ACCEPT\"") }
    words.append(target(Array(chains.dropFirst(after)), isTCP: isTCP))
    return words.joined(separator: " ")
  }

  private mutating func tcp(_ not: String) -> String {
    switch random.below(8) {
    case 0: "-p tcp"
    case 1: "-p tcp -m tcp \(not)--dport \(random.pick(["443", "80", "8000:9000"]))"
    case 2: "-p tcp -m multiport \(not)--dports 80,443"
    case 3: "-p tcp -m multiport --dports 1:100,8443"
    case 4: "-p tcp -m tcp --sport 1024:65535 --dport 443"
    case 5: "-p tcp -m tcp \(not)--sport \(random.pick(["443", "80", "8000:9000"]))"
    case 6: "-p tcp -m tcp \(not)--syn"
    default:
      "-p tcp -m tcp --tcp-flags \(random.pick(["SYN,ACK SYN,ACK", "PSH,ACK PSH,ACK"]))"
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
