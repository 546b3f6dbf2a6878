import ImportKit
import NetworkSets
import PolicyModel

/// Turns a dump into tables and the pipelines of routed and own traffic.
struct IPTPolicyBuilder {
  private let dump: IPTDump
  private let sets: IPSetCollection
  private var tables: [Table] = []
  private var names: Set<String> = []
  private var notes: [Note]
  private var clients = IPTClients()
  /// Families in which the table raw may switch connection tracking off for TCP.
  private let untracked: Set<AddressFamily>

  init(_ dump: IPTDump, sets: IPSetCollection) {
    self.dump = dump
    self.sets = sets
    notes = dump.notes
    untracked = Set(AddressFamily.allCases.filter { Self.mayBeUntracked($0, dump) })
  }

  mutating func build() -> Policy {
    var policy = Policy(scope: "ruleset", format: "iptables")
    for table in dump.tables { add(table) }
    policy.pipelines = [
      pipeline(
        .forwarded,
        [
          ("PREROUTING", ["raw", "mangle", "nat"]), ("FORWARD", ["mangle", "filter", "security"]),
          ("POSTROUTING", ["mangle", "nat"]),
        ]),
      pipeline(
        .host,
        [
          ("OUTPUT", ["raw", "mangle", "nat", "filter", "security"]),
          ("POSTROUTING", ["mangle", "nat"]),
        ]),
    ]
    policy.tables = tables
    clients.finish()
    policy.zones = clients.zones
    policy.proposals = clients.proposals
    policy.notes = notes + clients.notes
    if dump.tables.contains(where: { $0.name == "filter" }) {
      policy.notes.append(
        Note(
          .completeness,
          "whether the machine routes at all (sysctl net.ipv4.ip_forward) is not in the "
            + "dump"))
    }
    return policy
  }

  // MARK: Tables

  static func name(_ family: AddressFamily, _ table: String, _ chain: String) -> String {
    (family == .ipv4 ? "" : "ip6 ") + "\(table) \(chain)"
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
    var translator = IPTRuleTranslator(sets: sets) { name in
      guard table.number(of: name) != nil else { return nil }
      let mark = traffic == .host && graph.isSplit(name) ? Self.ownTrafficMark : ""
      return Self.name(family, table.name, name) + mark
    }
    var rules: [Rule] = []
    for (index, argument) in arguments.enumerated() {
      let outcome = translator.translate(
        argument, ordinal: index + 1, place: place, position: chain.rules[index].position)
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
        name: Self.name(family, table.name, chain.name)
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

  // MARK: Pipelines

  private mutating func pipeline(
    _ traffic: TrafficKind, _ hooks: [(chain: String, tables: [String])]
  ) -> Pipeline {
    var stages: [Stage] = []
    let known = Set(tables.map(\.name))
    for (chain, tableNames) in hooks {
      for table in tableNames {
        for family in AddressFamily.allCases {
          let name = Self.name(family, table, chain)
          let own = name + Self.ownTrafficMark
          let chosen = traffic == .host && known.contains(own) ? own : name
          if known.contains(chosen) {
            stages.append(
              Stage(table: chosen, families: [family], isAuxiliary: table != "filter"))
          } else if table == "filter" {
            stages.append(missing(family, chain))
          }
        }
      }
    }
    for (index, place) in dump.rulesElsewhere.enumerated() {
      stages.append(elsewhere(place.text, number: index, at: place.position))
    }
    return Pipeline(traffic: traffic, mode: .allOf, stages: stages)
  }

  /// A stage for the filter chain that the files do not hold: what it does is not known.
  private mutating func missing(_ family: AddressFamily, _ chain: String) -> Stage {
    let tool = family == .ipv4 ? "iptables-save" : "ip6tables-save"
    let hasFamily = dump.tables.contains { ($0.family ?? .ipv4) == family }
    let name = Self.name(family, "filter", chain) + " (not in the export)"
    if names.insert(name).inserted {
      tables.append(
        Table(
          name: name, rules: [],
          defaultAction: DefaultAction(.none, name: "not in the export")))
      if names.insert("\(tool) note").inserted {
        notes.append(
          Note(
            .completeness,
            hasFamily
              ? "the dump has no chain `\(chain)` in the table filter; export all tables: \(tool)"
              : "the rules for \(family == .ipv4 ? "IPv4" : "IPv6") are not in the export; add the output "
                + "of \(tool)"))
      }
    }
    return Stage(table: name, families: [family])
  }

  /// A stage for rules of which the dump says that they exist elsewhere: they may deny.
  private mutating func elsewhere(
    _ text: String, number: Int, at position: SourcePosition
  ) -> Stage {
    let name = "rules elsewhere \(number + 1)"
    if names.insert(name).inserted {
      tables.append(
        Table(
          name: name,
          rules: [
            Rule(
              name: "(not in the export)", match: Match([.requires(Condition(.unresolved, text))]),
              action: .deny(.drop), origin: .implied, position: position)
          ], defaultAction: DefaultAction(.allow, name: "nothing else filters")))
      notes.append(Note(.completeness, text, at: position))
    }
    return Stage(table: name, isAuxiliary: true)
  }
}
