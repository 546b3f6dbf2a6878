import ImportKit

/// Turns the chains of a dump into tables of the model.
struct IPTTableBuilder {
  private let dump: IPTDump
  private let sets: IPSetCollection
  /// What stands before the names of tables, where other tables stand beside them.
  private let prefix: String
  private(set) var tables: [Table] = []
  private var known: Set<String> = []
  private(set) var notes: [Note] = []
  private(set) var clients = IPTClients()
  /// Families in which the table raw may switch connection tracking off for TCP.
  private let untracked: Set<AddressFamily>

  init(_ dump: IPTDump, sets: IPSetCollection = IPSetCollection(), prefix: String = "") {
    self.dump = dump
    self.sets = sets
    self.prefix = prefix
    untracked = Set(AddressFamily.allCases.filter { Self.mayBeUntracked($0, dump) })
  }

  mutating func build() {
    for table in dump.tables { add(table) }
    clients.finish()
    known = Set(tables.map(\.name))
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

  private mutating func add(_ table: IPTTable) {
    let family = table.family ?? .ipv4
    var parsed: [String: [IPTArguments]] = [:]
    for chain in table.chains { parsed[chain.name] = chain.rules.map { IPTArguments($0.tokens) } }
    let graph = IPTChainGraph(table, rules: parsed)
    for chain in table.chains {
      let rules = parsed[chain.name] ?? []
      if graph.isSplit(chain.name) {
        add(chain, rules, of: table, family: family, graph: graph, traffic: .forwarded)
        add(chain, rules, of: table, family: family, graph: graph, traffic: .host)
      } else {
        add(
          chain, rules, of: table, family: family, graph: graph, traffic: graph.traffic(chain.name))
      }
    }
  }

  private mutating func add(
    _ chain: IPTChain, _ arguments: [IPTArguments], of table: IPTTable, family: AddressFamily,
    graph: IPTChainGraph, traffic: TrafficKind?
  ) {
    let isSplit = graph.isSplit(chain.name)
    var hooks = graph.hooks[chain.name] ?? []
    if isSplit {
      hooks.formIntersection(
        traffic == .host ? IPTChainGraph.hostHooks : IPTChainGraph.forwardedHooks)
    }
    let place = IPTPlace(
      family: family, hooks: hooks, traffic: traffic, mayBeUntracked: untracked.contains(family))
    let prefix = prefix
    var translator = IPTRuleTranslator(sets: sets) { name in
      guard table.number(of: name) != nil else { return nil }
      let mark = traffic == .host && graph.isSplit(name) ? Self.ownTrafficMark : ""
      return prefix + IPTPolicyBuilder.name(family, table.name, name) + mark
    }
    var rules: [Rule] = []
    for (index, argument) in arguments.enumerated() {
      let outcome = translator.translate(
        argument, place: place, position: chain.rules[index].position)
      rules += outcome.rules
      clients.see(outcome, target: argument.target, table: table.name, hooks: hooks)
    }
    if !(isSplit && traffic == .host) { notes += translator.notes }
    let isBase = IPTChainGraph.allHooks.contains(chain.name)
    if isBase, chain.name == "FORWARD", table.name == "filter" {
      clients.seeForward(policy: chain.policy, hasRules: !rules.isEmpty)
    }
    if isBase, chain.name == "OUTPUT", table.name == "filter" {
      clients.seeOutput(policy: chain.policy, hasRules: !rules.isEmpty)
    }
    tables.append(
      Table(
        name: prefix + IPTPolicyBuilder.name(family, table.name, chain.name)
          + (isSplit && traffic == .host ? Self.ownTrafficMark : ""), rules: rules,
        defaultAction: defaultAction(chain, isBase: isBase)))
  }

  private mutating func defaultAction(_ chain: IPTChain, isBase: Bool) -> DefaultAction {
    guard isBase else {
      return DefaultAction(.none, name: "end of chain", position: chain.position)
    }
    switch chain.policy {
    case "ACCEPT": return DefaultAction(.allow, name: "policy ACCEPT", position: chain.position)
    case "DROP", "REJECT":
      return DefaultAction(.deny, name: "policy DROP", position: chain.position)
    default:
      notes.append(
        Note(
          .completeness, "the policy of the chain `\(chain.name)` is not in the dump",
          at: chain.position))
      return DefaultAction(.none, name: "policy of \(chain.name)", position: chain.position)
    }
  }

  /// Whether a rule of the table raw switches tracking off for something that may be TCP.
  private static func mayBeUntracked(_ family: AddressFamily, _ dump: IPTDump) -> Bool {
    dump.tables.contains { table in
      table.name == "raw" && (table.family ?? .ipv4) == family
        && table.chains.contains { chain in
          chain.rules.contains { rule in
            let arguments = IPTArguments(rule.tokens)
            let target = arguments.target
            guard target?.name == "NOTRACK" || target?.option("--notrack") != nil else {
              return false
            }
            return !arguments.options.contains { option in
              ["-p", "--protocol"].contains(option.name) && !option.negated
                && !["tcp", "6", "all", "0"].contains(option.value)
            }
          }
        }
    }
  }
}
