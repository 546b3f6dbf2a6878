import ImportKit

/// What a rule does, in the words of the model: one action, or several in order, and what it changes.
///
/// Sources: iptables-extensions(8), "Target Extensions"; xtables-addons(8).
enum IPTEffect {
  enum Step {
    case action(NFBranch.Action)
    /// It may let the packet pass as well as stop it.
    case eitherWay(String)
    /// It sends the connection elsewhere: what answers there decides.
    case elsewhere(String)
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

  private static let sourceTranslating: Set<String> = [
    "MASQUERADE", "SNAT", "SAME", "SNPT", "FULLCONENAT",
  ]

  /// How the options of a target begin. Standard options (`-s`, `--dport`) never do.
  private static let options: [String: [String]] = [
    "REJECT": ["--reject-with"], "LOG": ["--log-"], "NFLOG": ["--nflog-"], "ULOG": ["--ulog-"],
    "AUDIT": ["--type"],
    "MARK": ["--set-mark", "--set-xmark", "--and-mark", "--or-mark", "--xor-mark"],
    "CONNMARK": [
      "--set-mark", "--set-xmark", "--and-mark", "--or-mark", "--xor-mark", "--save-mark",
      "--restore-mark", "--nfmask", "--ctmask", "--mask", "--left-shift-mark", "--right-shift-mark",
    ],
    "SECMARK": ["--selctx"], "CONNSECMARK": ["--save", "--restore"],
    "TOS": ["--set-tos", "--and-tos", "--or-tos", "--xor-tos"], "DSCP": ["--set-dscp"],
    "TTL": ["--ttl-"], "HL": ["--hl-"], "TCPMSS": ["--set-mss", "--clamp-mss-to-pmtu"],
    "TCPOPTSTRIP": ["--strip-options"], "CLASSIFY": ["--set-class"],
    "CHECKSUM": ["--checksum-fill"], "ECN": ["--ecn-"],
    "SET": [
      "--add-set", "--del-set", "--map-set", "--exist", "--timeout", "--map-mark", "--map-prio",
      "--map-queue",
    ],
    "IDLETIMER": ["--timeout", "--label", "--alarm"], "LED": ["--led-"],
    "RATEEST": ["--rateest-"], "TEE": ["--gateway", "--oif"], "HMARK": ["--hmark-"],
    "ACCOUNT": ["--addr", "--tname"],
    "CT": [
      "--notrack", "--helper", "--ctevents", "--expevents", "--zone", "--zone-orig", "--zone-reply",
      "--timeout",
    ],
    "LOGMARK": ["--log-"], "IMQ": ["--todev"],
    "NFQUEUE": [
      "--queue-num", "--queue-balance", "--queue-bypass", "--queue-cpu-fanout",
    ],
    "DNAT": ["--to-destination", "--random", "--persistent"],
    "REDIRECT": ["--to-ports", "--random"],
    "SNAT": ["--to-source", "--random", "--persistent"],
    "MASQUERADE": ["--to-ports", "--random"], "SAME": ["--to", "--nodst", "--random"],
    "NETMAP": ["--to"], "SNPT": ["--src-pfx", "--dst-pfx"], "DNPT": ["--src-pfx", "--dst-pfx"],
    "TPROXY": ["--on-port", "--on-ip", "--tproxy-mark"],
    "SYNPROXY": ["--sack-perm", "--timestamp", "--wscale", "--mss", "--ecn"],
    "TARPIT": ["--tarpit", "--honeypot", "--reset"], "FULLCONENAT": ["--to-"],
    "ROUTE": ["--oif", "--iif", "--gw", "--continue", "--tee"],
  ]

  /// Whether an option that stands behind a target is the target's.
  static func takes(_ option: String, target: String) -> Bool {
    options[target]?.contains { option.hasPrefix($0) } ?? false
  }

  /// Nil where the target is neither known nor anything that the kernel has of its own; it may then
  /// be a chain.
  static func steps(of target: IPTTarget, hook: String) -> [Step]? {
    switch target.name {
    case "ACCEPT": return [.action(.allow)]
    case "DROP", "TARPIT", "STEAL": return [.action(.deny(.drop))]
    case "REJECT", "DELUDE": return [.action(.deny(.reject))]
    case "RETURN": return [.action(.return)]
    case "NFQUEUE", "QUEUE":
      // The program lets the packet pass or drops it; later rules of the table are not reached.
      let bypass = target.option("--queue-bypass") != nil
      return [
        .eitherWay(
          "queued to a program that decides" + (bypass ? " (let pass where none listens)" : ""))
      ]
    case "NETMAP" where hook == "postrouting" || hook == "input": return [.action(.allow)]
    default: break
    }
    if sourceTranslating.contains(target.name) { return [.action(.allow)] }
    if passive.contains(target.name) { return [.action(.continue)] }
    let place = target.name == "NETMAP" ? "another address" : redirecting[target.name]
    return place.map { [.elsewhere($0)] }
  }

  /// Whether a rule with this target can stop a packet, or may.
  static func stops(_ target: IPTTarget?) -> Bool {
    guard let target else { return false }
    return
      !(passive.contains(target.name) || sourceTranslating.contains(target.name)
      || ["ACCEPT", "RETURN"].contains(target.name))
  }

  /// Targets that translate the source address: where they stand, the way to the Internet leaves.
  static func translatesSource(_ target: IPTTarget?) -> Bool {
    sourceTranslating.contains(target?.name ?? "")
  }

  // MARK: Changes

  /// What a target changes of marks and tracking.
  static func changes(_ target: IPTTarget?) -> [NFEffect] {
    guard let target else { return [] }
    switch target.name {
    case "NOTRACK": return [.doNotTrack]
    case "CT": return target.option("--notrack") == nil ? [] : [.doNotTrack]
    case "HMARK": return [.forget(.packet)]
    case "MARK": return [mark(target, .packet)]
    case "CONNMARK":
      if target.option("--save-mark") != nil { return [copy(target, to: .connection)] }
      if target.option("--restore-mark") != nil { return [copy(target, to: .packet)] }
      return [mark(target, .connection)]
    default: return []
    }
  }

  /// `--set-xmark value/mask`: the bits of the mask are cleared, then those of the value flipped;
  /// `--set-mark` clears those of the value as well.
  private static func mark(_ target: IPTTarget, _ kind: NFMarkKind) -> NFEffect {
    guard target.options.count == 1, let option = target.options.first,
      let (value, mask) = valueAndMask(option.value), !option.negated
    else { return .forget(kind) }
    func change(keep: UInt32, flip: UInt32 = 0) -> NFEffect {
      .change(NFMarkChange(target: kind, keep: keep, flip: flip))
    }
    switch option.name {
    case "--set-xmark": return change(keep: ~mask, flip: value)
    case "--set-mark": return change(keep: ~(mask | value), flip: value)
    case "--and-mark": return change(keep: value)
    case "--or-mark": return change(keep: ~value, flip: value)
    case "--xor-mark": return change(keep: .max, flip: value)
    default: return .forget(kind)
    }
  }

  private static func copy(_ target: IPTTarget, to kind: NFMarkKind) -> NFEffect {
    func mask(_ name: String) -> UInt32?? {
      target.option(name).map { valueAndMask($0.value)?.value }
    }
    let known: Set<String> = [
      "--save-mark", "--restore-mark", "--nfmask", "--ctmask", "--mask",
    ]
    guard target.options.allSatisfy({ known.contains($0.name) && !$0.negated }) else {
      return .forget(kind)
    }
    let both = mask("--mask") ?? .some(.max)
    guard let packet = mask("--nfmask") ?? both, let connection = mask("--ctmask") ?? both else {
      return .forget(kind)
    }
    let (own, other) = kind == .packet ? (packet, connection) : (connection, packet)
    return .change(
      NFMarkChange(
        target: kind, keep: ~own, source: kind == .packet ? .connection : .packet,
        sourceMask: other))
  }

  /// `0x1/0xff` or `1`; without a mask every bit counts.
  static func valueAndMask(_ text: String) -> (value: UInt32, mask: UInt32)? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard let value = number(parts[0]), parts.count <= 2 else { return nil }
    guard parts.count == 2 else { return (value, .max) }
    return number(parts[1]).map { (value, $0) }
  }

  /// As `strtoul` with base 0: hexadecimal behind `0x`, octal behind `0`.
  private static func number(_ text: String) -> UInt32? {
    let lower = text.lowercased()
    if lower.hasPrefix("0x") { return UInt32(lower.dropFirst(2), radix: 16) }
    if lower.hasPrefix("0"), lower.utf8.count > 1 { return UInt32(lower.dropFirst(), radix: 8) }
    return UInt32(lower)
  }
}
