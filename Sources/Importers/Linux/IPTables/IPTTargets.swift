import ImportKit

/// What a rule does, in the words of the model: one action, or several in order.
///
/// Sources: iptables-extensions(8), "Target Extensions"; xtables-addons(8).
enum IPTEffect {
  /// The action, with a condition of its own where the target alone does not settle what happens.
  struct Step {
    var action: Action
    var condition: Condition?
  }

  /// Targets that write something down, or change something that no rule of this kind decides by.
  private static let passive: Set<String> = [
    "LOG", "NFLOG", "ULOG", "AUDIT", "TRACE", "MARK", "CONNMARK", "SECMARK", "CONNSECMARK", "TOS",
    "DSCP", "TTL", "HL", "TCPMSS", "TCPOPTSTRIP", "CLASSIFY", "CHECKSUM", "ECN", "SET", "IDLETIMER",
    "LED", "RATEEST", "TEE", "HMARK", "ACCOUNT", "CT", "NOTRACK", "SYSRQ", "LOGMARK", "IMQ",
  ]

  /// Targets that send a connection elsewhere.
  private static let redirecting: [String: String] = [
    "DNAT": "another address", "REDIRECT": "the machine itself", "TPROXY": "the machine itself",
    "DNPT": "another address", "SYNPROXY": "a stand-in that answers first",
    "ROUTE": "another way", "MIRROR": "its sender",
  ]

  /// Nil where the target is neither known nor anything that the kernel has of its own; it may then
  /// be a chain.
  static func steps(of target: IPTTarget, hook hooks: Set<String>) -> [Step]? {
    switch target.name {
    case "ACCEPT": return [Step(action: .allow)]
    case "DROP", "TARPIT", "STEAL": return [Step(action: .deny(.drop))]
    case "REJECT", "DELUDE": return [Step(action: .deny(.reject))]
    case "RETURN": return [Step(action: .return)]
    case "NFQUEUE", "QUEUE":
      // The program lets the packet pass or drops it; later rules of the table are not reached.
      let bypass = target.option("--queue-bypass") != nil
      let detail =
        "queued to a program that decides" + (bypass ? " (let pass where none listens)" : "")
      return [
        Step(action: .deny(.drop), condition: Condition(.unmodelled, detail)), Step(action: .allow),
      ]
    case "MASQUERADE", "SNAT", "SAME", "SNPT", "FULLCONENAT": return [Step(action: .allow)]
    case "NETMAP" where hooks.isSubset(of: ["POSTROUTING", "INPUT"]): return [Step(action: .allow)]
    default: break
    }
    if passive.contains(target.name) { return [Step(action: .continue)] }
    let place = target.name == "NETMAP" ? "another address" : redirecting[target.name]
    guard let place else { return nil }
    return [
      Step(
        action: .deny(.drop),
        condition: Condition(
          .unmodelled,
          "`\(target.name)` sends the connection to \(place); what answers there decides"))
    ]
  }

  /// Targets that translate the source address: where they stand, the way to the Internet leaves.
  static func translatesSource(_ target: IPTTarget?) -> Bool {
    ["MASQUERADE", "SNAT", "SAME", "FULLCONENAT"].contains(target?.name ?? "")
  }
}
