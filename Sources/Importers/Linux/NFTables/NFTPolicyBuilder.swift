import ImportKit

/// Turns a ruleset into tables and the pipelines of routed and own traffic.
struct NFTPolicyBuilder {
  private let ruleset: NFTRuleset
  private var translator: NFTRuleTranslator

  init(_ ruleset: NFTRuleset) {
    self.ruleset = ruleset
    translator = NFTRuleTranslator(ruleset)
  }

  mutating func build() -> Policy {
    var policy = Policy(scope: "ruleset", format: "nftables", productVersion: ruleset.version)
    var tables: [Table] = []
    for chain in ruleset.chains { tables.append(table(chain)) }
    for traffic in [TrafficKind.forwarded, .host] {
      let name = Self.unfiltered(traffic)
      tables.append(
        Table(
          name: name, rules: [],
          defaultAction: DefaultAction(.allow, name: "no chain on \(name)")))
    }
    policy.tables = tables
    // Routed packets pass prerouting, forward and postrouting; own ones output and postrouting.
    policy.pipelines = [
      pipeline(.forwarded, hooks: ["ingress", "prerouting", "forward", "postrouting", "egress"]),
      pipeline(.host, hooks: ["output", "postrouting", "egress"]),
    ]
    policy.zones = zones()
    policy.proposals = proposals(zones: policy.zones)
    policy.endpointObjects = translator.objects.endpoints
    policy.serviceObjects = translator.objects.services
    policy.notes =
      translator.notes
      + ruleset.dormantTables.map { table in
        Note(
          .reading,
          "table `\(table["family"]?.string ?? "") \(table["name"]?.string ?? "")` is dormant and "
            + "takes no part", at: SourcePosition(line: table.line, pointer: table.pointer))
      }
    for family in ["bridge", "arp"] {
      let chains = ruleset.chains.filter { $0.name.family == family && $0.hook != nil }
      guard let first = chains.first else { continue }
      let why =
        family == "bridge"
        ? "frames that are switched, not packets that are routed" : "ARP, not TCP"
      policy.notes.append(
        Note(
          .reading,
          "\(chains.count) base chain(s) of the family \(family) filter \(why), and take no part",
          at: SourcePosition(line: first.value.line, pointer: first.value.pointer)))
    }
    if !ruleset.orphans.isEmpty, let first = ruleset.orphans.first {
      policy.notes.append(
        Note(
          .completeness,
          "\(ruleset.orphans.count) rules belong to chains that are not in the dump; "
            + "export the whole ruleset",
          at: SourcePosition(line: first.line, pointer: first.pointer)))
    }
    return policy
  }

  private mutating func table(_ chain: NFTRuleset.Chain) -> Table {
    let position = SourcePosition(line: chain.value.line, pointer: chain.value.pointer)
    var rules: [Rule] = []
    for rule in chain.rules { rules += translator.rules(rule, in: chain) }
    guard let hook = chain.hook else {
      return Table(
        name: chain.name.text, rules: rules,
        defaultAction: DefaultAction(.none, name: "end of chain", position: position))
    }
    if hook == "ingress" || hook == "egress", !chain.devices.isEmpty {
      // Such a chain sees the packets of its devices only.
      let zones = ZoneList(chain.devices)
      let binding: Clause = hook == "ingress" ? .from(zones) : .to(zones)
      for index in rules.indices { rules[index].match.clauses.insert(binding, at: 0) }
      if chain.drops {
        rules.append(
          Rule(
            name: "policy drop", match: Match([binding]), action: .deny(.drop), origin: .implied,
            position: position))
      }
      return Table(
        name: chain.name.text, rules: rules,
        defaultAction: DefaultAction(.allow, name: "other devices", position: position))
    }
    return Table(
      name: chain.name.text, rules: rules,
      defaultAction: DefaultAction(
        chain.drops ? .deny : .allow, name: chain.drops ? "policy drop" : "policy accept",
        position: position))
  }

  /// Name of the table that stands for a hook without a chain.
  private static func unfiltered(_ traffic: TrafficKind) -> String {
    traffic == .forwarded ? "hook forward" : "hook output"
  }

  private func pipeline(_ traffic: TrafficKind, hooks: [String]) -> Pipeline {
    var stages: [Stage] = []
    for hook in hooks {
      let chains = ruleset.chains.filter { $0.hook == hook }
        .enumerated().sorted { ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset) }
        .map(\.element)
      for chain in chains {
        let families: [AddressFamily]
        switch chain.name.family {
        case "ip": families = [.ipv4]
        case "ip6": families = [.ipv6]
        case "inet", "netdev": families = [.ipv4, .ipv6]
        // arp carries no TCP; a bridge filters frames that are switched, not routed.
        default: continue
        }
        let filters = chain.type == "filter" && (hook == "forward" || hook == "output")
        stages.append(
          Stage(table: chain.name.text, families: families, isAuxiliary: !filters))
      }
    }
    // Without a base chain on the hook nothing filters the traffic of a family.
    for family in AddressFamily.allCases
    where !stages.contains(where: { !$0.isAuxiliary && $0.families.contains(family) }) {
      stages.append(Stage(table: Self.unfiltered(traffic), families: [family]))
    }
    return Pipeline(traffic: traffic, mode: .allOf, stages: stages)
  }

  // MARK: Clients

  private func zones() -> [Zone] {
    let outward = translator.translatingInterfaces
    return translator.interfaces.sorted().map { name in
      Zone(name: name, leadsToInternet: outward.contains(name))
    }
  }

  /// Whether some routed packet can pass: else the machine is no gateway.
  private var forwards: Bool {
    let chains = ruleset.chains.filter { $0.hook == "forward" && $0.type == "filter" }
    return chains.contains { chain in
      guard chain.drops else { return true }
      return chain.rules.contains { rule in
        rule["expr"]?.elements.contains { statement in
          ["accept", "jump", "goto", "vmap"].contains { statement.member($0) != nil }
        } ?? false
      }
    }
  }

  private func proposals(zones: [Zone]) -> [ClientProposal] {
    guard forwards else {
      return [
        ClientProposal(
          client: Client(traffic: .host),
          reason: "no routed traffic can pass, so this is a host firewall: its own traffic")
      ]
    }
    let out = zones.first(where: \.leadsToInternet)?.name
    let inside = translator.enteringInterfaces.filter {
      $0 != out && $0 != "lo" && !$0.hasSuffix("*")
    }
    let why = out.map { "; source addresses are translated on `\($0)`" } ?? ""
    guard !inside.isEmpty else {
      return [
        ClientProposal(
          client: Client(toZone: out), reason: "routed traffic from any interface\(why)")
      ]
    }
    return inside.sorted().map { name in
      ClientProposal(
        client: Client(fromZone: name, toZone: out),
        reason: "routed traffic entering by `\(name)`\(why)")
    }
  }
}
