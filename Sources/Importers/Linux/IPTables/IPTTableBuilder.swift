import ImportKit

/// Turns the chains of a dump into tables of the model, and the stages that packets pass.
struct IPTTableBuilder {
  private let dump: IPTDump
  private let rules: IPTRules
  private let prefix: String
  /// Every chain as first packets meet it, called or not; then what later packets meet.
  private(set) var tables: [Table] = []
  private var known: Set<String> = []
  private(set) var clients = IPTClients()

  /// - Parameters:
  ///   - prefix: what stands before the names of tables, where others stand beside them.
  ///   - withoutFilter: whether the chains of the table filter stand in others, and are no stages.
  init(
    _ dump: IPTDump, sets: IPSetCollection = IPSetCollection(), prefix: String = "",
    withoutFilter: Bool = false, draft: PolicyDraft
  ) {
    self.dump = dump
    self.prefix = prefix
    rules = IPTRules(
      dump, sets: sets, prefix: prefix, withoutFilter: withoutFilter, draft: draft)
  }

  mutating func build() {
    for (index, table) in dump.tables.enumerated() { add(table, number: index) }
    clients.finish()
    known = Set(tables.map(\.name))
  }

  /// The stages of both kinds of traffic, of all packets.
  mutating func stages() -> [TrafficKind: [Stage]] {
    let compiler = NFCompiler(rules, taken: known)
    var result: [TrafficKind: [Stage]] = [:]
    for traffic in TrafficKind.allCases {
      result[traffic] = compiler.stages(traffic) { number, families in
        let place = rules.places[number]
        let table = dump.tables[place.table].name
        let name =
          self.name(place.family, table, place.chain.name, for: traffic)
          ?? rules.chains[number].table
        return Stage(
          table: name, families: families,
          isAuxiliary: !(rules.chains[number].base?.filters ?? false))
      }
    }
    tables += compiler.tables
    return result
  }

  /// Name of the table of the model for a chain; own traffic may have one of its own.
  func name(_ family: AddressFamily, _ table: String, _ chain: String, for traffic: TrafficKind)
    -> String?
  {
    let name = prefix + IPTPolicyBuilder.name(family, table, chain)
    let own = name + Self.ownTrafficMark
    if traffic == .host, known.contains(own) { return own }
    return known.contains(name) ? name : nil
  }

  private static let ownTrafficMark = " (own traffic)"

  private mutating func add(_ table: IPTTable, number: Int) {
    let family = table.family ?? .ipv4
    var parsed: [String: [IPTArguments]] = [:]
    for place in rules.places where place.table == number {
      parsed[place.chain.name] = place.arguments
    }
    let graph = IPTChainGraph(table, rules: parsed)
    for chain in table.chains {
      guard let place = rules.number(of: chain.name, table: number) else { continue }
      if graph.isSplit(chain.name) {
        add(place, of: table, family: family, graph: graph, traffic: .forwarded)
        add(place, of: table, family: family, graph: graph, traffic: .host)
      } else {
        add(
          place, of: table, family: family, graph: graph, traffic: graph.traffic(chain.name))
      }
    }
  }

  private mutating func add(
    _ number: Int, of table: IPTTable, family: AddressFamily, graph: IPTChainGraph,
    traffic: TrafficKind?
  ) {
    let place = rules.places[number]
    let chain = place.chain
    let isSplit = graph.isSplit(chain.name)
    var hooks = graph.hooks[chain.name] ?? []
    if isSplit {
      hooks.formIntersection(
        traffic == .host ? IPTChainGraph.hostHooks : IPTChainGraph.forwardedHooks)
    }
    let view = NFView(
      traffic: traffic ?? .forwarded,
      hook: (hooks.count == 1 ? hooks.first : chain.name)?.lowercased() ?? "",
      priority: rules.chains[number].base?.priority ?? (table.name == "raw" ? -300 : 0),
      packet: .first,
      state: NFState(
        mark: rules.startingMark, connectionMark: rules.startingConnectionMark,
        isUntracked: false),
      translatesSources: false)
    var made: [Rule] = []
    for (index, arguments) in place.arguments.enumerated() {
      let outcome = rules.translator.translate(
        arguments, place: IPTPlace(family: family, hooks: hooks, traffic: traffic, view: view),
        position: chain.rules[index].position
      ) { rules.number(of: $0, table: place.table) }
      let own = outcome.branches.map { branch in
        var rule = branch.rule
        rule.action = action(branch.action, traffic: traffic, graph: graph)
        return rule
      }
      made += own
      clients.see(
        outcome, rules: own, target: arguments.target, table: table.name, hooks: hooks)
    }
    let isBase = IPTChainGraph.allHooks.contains(chain.name)
    if isBase, chain.name == "FORWARD", table.name == "filter" {
      clients.seeForward(policy: chain.policy, hasRules: !made.isEmpty)
    }
    if isBase, chain.name == "OUTPUT", table.name == "filter" {
      clients.seeOutput(policy: chain.policy, hasRules: !made.isEmpty)
    }
    tables.append(
      Table(
        name: rules.chains[number].table + (isSplit && traffic == .host ? Self.ownTrafficMark : ""),
        rules: made, defaultAction: rules.chains[number].end))
  }

  private func action(
    _ action: NFBranch.Action, traffic: TrafficKind?, graph: IPTChainGraph
  ) -> Action {
    func name(_ target: Int) -> String {
      let isSplit = traffic == .host && graph.isSplit(rules.places[target].chain.name)
      return rules.chains[target].table + (isSplit ? Self.ownTrafficMark : "")
    }
    switch action {
    case .allow: return .allow
    case .deny(let how): return .deny(how)
    case .return: return .return
    case .continue: return .continue
    case .jump(let target): return .jump(name(target))
    case .goto(let target): return .goto(name(target))
    }
  }
}
