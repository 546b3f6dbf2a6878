import ImportKit

/// Turns a ruleset into tables and the pipelines of routed and own traffic.
struct NFTPolicyBuilder {
  private let ruleset: NFTRuleset
  private let rules: NFTRules
  private let draft: PolicyDraft
  /// Interface names that rules mention; those by which packets enter; those by which they leave
  /// towards the Internet.
  private var interfaces: Set<String> = []
  private var enteringInterfaces: Set<String> = []
  private var translatingInterfaces: Set<String> = []
  /// Sources whose addresses are translated.
  private var translated: [AddressSet] = []
  private var translates = false
  /// Chains that translate on whatever interface they are called for.
  private var openTranslators: [Int] = []
  /// Who calls a chain, with the leaving interfaces that the call names.
  private var callers: [Int: [(chain: Int, interfaces: [String])]] = [:]

  init(_ ruleset: NFTRuleset, draft: PolicyDraft) {
    self.ruleset = ruleset
    self.draft = draft
    rules = NFTRules(ruleset, draft: draft)
  }

  mutating func build() -> Policy {
    var tables = rules.chains.indices.map { table($0) }
    for traffic in [TrafficKind.forwarded, .host] {
      let name = Self.unfiltered(traffic)
      tables.append(
        Table(
          name: name, rules: [],
          defaultAction: DefaultAction(.allow, name: "no chain on \(name)")))
    }
    findTranslatingCallers()
    let compiler = NFCompiler(rules, taken: Set(tables.map(\.name)))
    var extra: [Stage] = []
    if let table = doubtfulParts() {
      tables.append(table)
      extra = [Stage(table: table.name, isAuxiliary: true)]
    }
    for traffic in TrafficKind.allCases {
      var stages = compiler.stages(traffic) { number, families in
        guard compiler.isShown(number, to: traffic) else { return nil }
        return Stage(
          table: rules.chains[number].table, families: families,
          isAuxiliary: !(rules.chains[number].base?.filters ?? false))
      }
      // Without a base chain on the hook nothing filters the traffic of a family.
      for family in AddressFamily.allCases
      where !stages.contains(where: {
        !$0.isAuxiliary && $0.phase == .firstPacket && $0.families.contains(family)
      }) {
        let place = stages.firstIndex { $0.phase != .firstPacket } ?? stages.count
        stages.insert(Stage(table: Self.unfiltered(traffic), families: [family]), at: place)
      }
      draft.policy.pipelines.append(
        Pipeline(traffic: traffic, mode: .allOf, stages: extra + stages))
    }
    draft.policy.tables = tables + compiler.tables
    draft.policy.zones = zones()
    draft.policy.hasOpenZones = true
    draft.policy.proposals = proposals(zones: draft.policy.zones)
    note()
    return draft.finish()
  }

  private func note() {
    for table in ruleset.dormantTables {
      draft.note(
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
      draft.note(
        .reading,
        "\(chains.count) base chain(s) of the family \(family) filter \(why), and take no part",
        at: SourcePosition(line: first.value.line, pointer: first.value.pointer))
    }
  }

  /// A table for what may stop a packet somewhere: rules whose chains are not in the dump, and chains
  /// at hooks that nobody knows.
  private func doubtfulParts() -> Table? {
    var made: [Rule] = []
    func add(_ what: String, at value: JSONValue) {
      let position = SourcePosition(line: value.line, pointer: value.pointer)
      made.append(
        Rule(
          name: "(not in the export)",
          match: Match([.requires(draft.doubt(.missingPart, what, at: position))]),
          action: .deny(.drop), origin: .implied, position: position))
    }
    if let first = ruleset.orphans.first, ruleset.chains.isEmpty {
      add(
        "\(ruleset.orphans.count) rules belong to chains that are not in the dump; export the whole "
          + "ruleset", at: first)
    }
    for chain in ruleset.unreadable { add("a chain has no readable name", at: chain) }
    for chain in ruleset.chains {
      if let hook = chain.hook, !NFTRules.hooks.contains(hook),
        !["bridge", "arp"].contains(chain.name.family)
      {
        add(
          "the chain `\(chain.name.text)` is at the hook `\(hook)`, which is not known",
          at: chain.value)
      }
    }
    return made.isEmpty
      ? nil
      : Table(
        name: "(not in the export)", rules: made,
        defaultAction: DefaultAction(.allow, name: "nothing else filters"))
  }

  /// A chain as first packets meet it.
  private mutating func table(_ number: Int) -> Table {
    let chain = ruleset.chains[number]
    let base = rules.chains[number].base
    let view = NFView(
      traffic: chain.hook == "output" ? .host : .forwarded,
      // Chains without a hook are reached from where routed packets are filtered, or own ones.
      hook: chain.hook ?? "forward", priority: base?.priority ?? 0, packet: .first,
      state: NFState(mark: rules.startingMark, connectionMark: rules.startingConnectionMark),
      translatesSources: false)
    var made: [Rule] = []
    for rule in 0..<rules.chains[number].ruleCount {
      let part = rules.part(chain: number, rule: rule)
      var translator = NFTRuleTranslator(part.rule, in: chain, rules: rules, view: view)
      let outcome = translator.outcome(part.statements)
      interfaces.formUnion(outcome.interfaces)
      let isForAnswers = outcome.branches.allSatisfy(Self.isForAnswers)
      if !isForAnswers, chain.hook != "input", chain.hook != "output" {
        enteringInterfaces.formUnion(outcome.enteringInterfaces)
      }
      for alternative in outcome.translating where see(alternative) == false {
        openTranslators.append(number)
      }
      for branch in outcome.branches {
        switch branch.action {
        case .jump(let target), .goto(let target):
          callers[target, default: []].append(
            (number, Self.leaving(branch.rule.match.clauses)))
        default: break
        }
      }
      made += outcome.branches.map(plain)
    }
    made += rules.devicePolicy(number, view).map(plain)
    return Table(
      name: rules.chains[number].table, rules: made, defaultAction: rules.chains[number].end)
  }

  private static func isForAnswers(_ branch: NFBranch) -> Bool {
    branch.rule.match.clauses.contains { clause in
      if case .never(let why) = clause { why.hasPrefix("for connection state") } else { false }
    }
  }

  private func plain(_ branch: NFBranch) -> Rule {
    var rule = branch.rule
    switch branch.action {
    case .allow: rule.action = .allow
    case .deny(let how): rule.action = .deny(how)
    case .return: rule.action = .return
    case .continue: rule.action = .continue
    case .jump(let target): rule.action = .jump(rules.chains[target].table)
    case .goto(let target): rule.action = .goto(rules.chains[target].table)
    }
    return rule
  }

  /// Name of the table that stands for a hook without a chain.
  private static func unfiltered(_ traffic: TrafficKind) -> String {
    traffic == .forwarded ? "hook forward" : "hook output"
  }

  // MARK: Clients

  /// Whether a translating alternative names the interfaces by which packets leave.
  private mutating func see(_ alternative: [Clause]) -> Bool {
    translates = true
    for clause in alternative {
      if case .source(let list) = clause, !list.negated {
        for case .addresses(let set) in list.terms { translated.append(set) }
      }
    }
    let names = Self.leaving(alternative)
    translatingInterfaces.formUnion(names)
    return !names.isEmpty
  }

  private static func leaving(_ clauses: [Clause]) -> [String] {
    clauses.flatMap { clause -> [String] in
      if case .to(let zones) = clause, !zones.negated { return zones.names }
      return []
    }
  }

  /// `oifname "wan" jump srcnat_wan`: the interfaces for which translating chains are called.
  private mutating func findTranslatingCallers() {
    var seen = Set(openTranslators)
    var queue = openTranslators
    while let chain = queue.popLast() {
      for caller in callers[chain] ?? [] {
        if caller.interfaces.isEmpty {
          if seen.insert(caller.chain).inserted { queue.append(caller.chain) }
        } else {
          translatingInterfaces.formUnion(caller.interfaces)
        }
      }
    }
  }

  private func zones() -> [Zone] {
    interfaces.sorted().map { name in
      Zone(name: name, leadsToInternet: translatingInterfaces.contains(name))
    }
  }

  /// Whether some routed packet can pass, as rules for it show.
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

  private var filtersOutput: Bool {
    ruleset.chains.contains {
      $0.hook == "output" && $0.type == "filter" && ($0.drops || !$0.rules.isEmpty)
    }
  }

  private func proposals(zones: [Zone]) -> [ClientProposal] {
    // Who translates the addresses of others routes for them, whether it filters or not.
    let hasForward = ruleset.chains.contains { $0.hook == "forward" && $0.type == "filter" }
    guard hasForward || translates else {
      return [
        ClientProposal(
          client: Client(traffic: .host), reason: "traffic of the machine itself"),
        ClientProposal(
          client: Client(),
          reason: "routed traffic, for which there is no chain, so that all of it passes if the "
            + "machine routes"),
      ]
    }
    guard forwards || translates else {
      return [
        ClientProposal(
          client: Client(traffic: .host),
          reason: "no routed traffic can pass, so this is a host firewall: its own traffic")
      ]
    }
    let out = zones.first(where: \.leadsToInternet)?.name
    let why = out.map { "; source addresses are translated on `\($0)`" } ?? ""
    let inside = enteringInterfaces.filter { $0 != out && $0 != "lo" && !$0.hasSuffix("*") }
    let entries: [String?] = inside.isEmpty ? [nil] : inside.sorted()
    let nets: [(AddressSet?, String)] =
      translated.isEmpty
      ? [(nil, "")]
      : SourceProposals.make(translated.map { ($0, "") }).map {
        ($0.client.networks, ", from a net whose addresses are translated")
      }
    var result = entries.flatMap { name in
      nets.map { networks, reason in
        ClientProposal(
          client: Client(fromZone: name, toZone: out, networks: networks),
          reason: (name.map { "routed traffic entering by `\($0)`" }
            ?? "routed traffic from any interface") + reason + why)
      }
    }
    if !forwards {
      result.append(
        ClientProposal(
          client: Client(traffic: .host, toZone: out),
          reason:
            "traffic of the machine itself\(filtersOutput ? ", which has rules of its own" : "")"))
    }
    return result
  }
}
