import ImportKit

/// From which hooks of the kernel each chain of a table can be reached.
struct IPTChainGraph {
  static let forwardedHooks: Set<String> = ["PREROUTING", "FORWARD", "POSTROUTING"]
  static let hostHooks: Set<String> = ["OUTPUT", "POSTROUTING"]
  static let allHooks: Set<String> = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]

  /// Base chains that lead to a chain, by name.
  private(set) var hooks: [String: Set<String>] = [:]
  /// Chains that look different to routed and to own traffic, themselves or by what they jump to.
  private(set) var sensitive: Set<String> = []

  init(_ table: IPTTable, rules: [String: [IPTArguments]]) {
    var targets: [String: Set<String>] = [:]
    for chain in table.chains {
      var own: Set<String> = []
      for rule in rules[chain.name] ?? [] {
        if let name = rule.target?.name, table.number(of: name) != nil { own.insert(name) }
        if Self.dependsOnTraffic(rule) { sensitive.insert(chain.name) }
      }
      targets[chain.name] = own
    }
    for base in Self.allHooks where table.number(of: base) != nil {
      var queue = [base]
      var seen: Set<String> = []
      while let chain = queue.popLast() {
        guard seen.insert(chain).inserted else { continue }
        hooks[chain, default: []].insert(base)
        queue += targets[chain] ?? []
      }
    }
    // What jumps to a sensitive chain is sensitive too.
    var callers: [String: [String]] = [:]
    for (caller, called) in targets {
      for name in called { callers[name, default: []].append(caller) }
    }
    var queue = Array(sensitive)
    while let chain = queue.popLast() {
      for caller in callers[chain] ?? [] where sensitive.insert(caller).inserted {
        queue.append(caller)
      }
    }
  }

  private static func dependsOnTraffic(_ rule: IPTArguments) -> Bool {
    rule.options.contains { option in
      option.module == "owner" || option.name == "--src-type"
        || option.negated && (option.name == "-i" || option.name == "--in-interface")
    }
  }

  /// Whether a chain needs one table for routed and another for own traffic.
  func isSplit(_ chain: String) -> Bool {
    let from = hooks[chain] ?? []
    return sensitive.contains(chain) && !from.isDisjoint(with: Self.forwardedHooks)
      && !from.isDisjoint(with: Self.hostHooks)
  }

  /// The kind of traffic that a chain serves; nil for both.
  func traffic(_ chain: String) -> TrafficKind? {
    let from = hooks[chain] ?? []
    let routed = !from.isDisjoint(with: Self.forwardedHooks)
    let own = !from.isDisjoint(with: Self.hostHooks)
    // What comes in for the machine itself comes from clients, like routed traffic.
    if !own, from.contains("INPUT") { return .forwarded }
    return routed == own ? nil : (routed ? .forwarded : .host)
  }
}
