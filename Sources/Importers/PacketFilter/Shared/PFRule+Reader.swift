import ImportKit

extension PFRule {
  /// Reads what both stores write alike, and gathers what a rule asks besides addresses and ports.
  struct Reader {
    let name: String
    let record: ExportRecord
    let draft: PolicyDraft
    private(set) var conditions: [Condition] = []

    init(name: String, record: ExportRecord, draft: PolicyDraft) {
      self.name = name
      self.record = record
      self.draft = draft
    }

    mutating func doubt(_ text: String, _ kind: Condition.Kind = .unmodelled) {
      conditions.append(condition(text, kind))
    }

    private func condition(_ text: String, _ kind: Condition.Kind = .unmodelled) -> Condition {
      draft.doubt(kind, "\(PFRule.words(name)): \(text)", at: record.position)
    }

    mutating func direction(_ word: String, standard: Direction) -> Direction {
      if let known = Direction(rawValue: word) { return known }
      if word.isEmpty { return standard }
      doubt("the direction `\(word)` is not known")
      return .any
    }

    mutating func family(_ word: String) -> AddressFamily? {
      doubt("the address family `\(word)` is not known")
      return nil
    }

    mutating func tag() {
      if let tag = record.filled("tagged") {
        doubt("only packets tagged `\(tag)` by another rule")
      }
    }

    /// Parts of a rule that look at more than addresses and ports. Sources: pfSense filter.inc,
    /// filter_generate_user_rule; OPNsense FilterRule.php, `$procorder`.
    mutating func special(protocol: String, _ product: PFProduct) {
      if let system = record.filled("os"), `protocol` == "tcp" || product.dialect == .opnSense {
        doubt("only clients that look like \(system)")
      }
      for (member, meaning) in [
        ("dscp", "DSCP value"), ("tos", "TOS or DSCP value"), ("vlanprio", "VLAN priority"),
        ("prio", "VLAN priority"),
      ] {
        guard let value = record.filled(member), value != "none" else { continue }
        doubt("only packets with \(meaning) \(value)")
      }
      let rate = [record.filled("max-pkt-rate-number"), record.filled("max-pkt-rate-seconds")]
      if !rate.contains(nil) { doubt("only up to a rate of packets") }
      if let target = record.filled("divert-to") {
        doubt("hands the packets to `\(target)`, which decides")
      }
    }

    /// A connection passes once it has a state; without one every later packet meets rules of its own.
    func tracking() -> Tracking {
      switch record.word("statetype") ?? "" {
      case "", "keep state", "keep", "sloppy state", "sloppy", "modulate state", "modulate",
        "synproxy state", "synproxy":
        return .state
      case "none": return .none
      case let word: return .unknown(condition("the state type `\(word)` is not known"))
      }
    }

    /// Beyond a limit of states or connections pf drops what would need another (pf.conf(5),
    /// "STATEFUL TRACKING OPTIONS").
    func limit() -> Condition? {
      let names = [
        "max", "max-src-nodes", "max-src-states", "max-src-conn", "max-src-conn-rate",
        "max-src-conn-rates",
      ]
      let found = names.filter { (record.filled($0) ?? "0") != "0" }
      guard !found.isEmpty else { return nil }
      return draft.doubt(
        .unmodelled,
        "\(PFRule.words(name)) drops what is beyond its limits (\(found.joined(separator: ", ")))",
        at: record.position)
    }

    /// pf matches where exactly the first flags are set out of the second ones (pf.conf(5), `flags`);
    /// the first packet of a connection has SYN and nothing else.
    mutating func flags(protocol name: String, _ product: PFProduct) -> Flags {
      let any = product.read(record.child("tcpflags_any"))
      let set = record.word("tcpflags1")
      let mask = record.filled("tcpflags2")
      guard name == "tcp" else { return .standard }
      if any == .on { return .any }
      // pfSense writes S/SA into every rule for TCP.
      guard let mask else { return product.dialect == .pfSense ? .first : .standard }
      let wanted = Self.flagNames(set)
      let masked = Self.flagNames(mask)
      if let odd = wanted.union(masked).first(where: { !Self.known.contains($0) }) {
        doubt("the TCP flag `\(odd)` is not known")
        return .first
      }
      if any != .off { doubt("whether any TCP flags will do") }
      guard wanted != masked.intersection(["syn"]) else {
        return masked.contains("ack") || masked.contains("syn") ? .first : .any
      }
      return .other(wanted.isEmpty ? "none" : wanted.sorted().joined(separator: ", "))
    }

    private static let known: Set<String> = [
      "syn", "ack", "fin", "rst", "psh", "urg", "ece", "cwr",
    ]

    private static func flagNames(_ text: String?) -> Set<String> {
      Set(PFText.words(text ?? "").map { $0.lowercased() })
    }

    /// What must hold besides, with everything that was not read.
    func finish(ignoring irrelevant: IrrelevantMembers) -> [Condition] {
      let unread = draft.unread(record, of: PFRule.words(name), ignoring: irrelevant)
      return conditions + (unread.map { [$0] } ?? [])
    }
  }
}
