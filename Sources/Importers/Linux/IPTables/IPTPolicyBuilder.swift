import ImportKit

/// Turns a dump into tables and the pipelines of routed and own traffic.
struct IPTPolicyBuilder {
  private let dump: IPTDump
  private var builder: IPTTableBuilder
  private var tables: [Table] = []
  private var names: Set<String> = []
  private var notes: [Note]

  init(_ dump: IPTDump, sets: IPSetCollection) {
    self.dump = dump
    builder = IPTTableBuilder(dump, sets: sets)
    notes = dump.notes
  }

  /// Name of a chain among tables of both families.
  static func name(_ family: AddressFamily, _ table: String, _ chain: String) -> String {
    (family == .ipv4 ? "" : "ip6 ") + "\(table) \(chain)"
  }

  mutating func build() -> Policy {
    var policy = Policy(scope: "ruleset", format: "iptables")
    builder.build()
    tables = builder.tables
    notes += builder.notes
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
    policy.zones = builder.clients.zones
    policy.proposals = builder.clients.proposals
    policy.notes = notes + builder.clients.notes
    if dump.tables.contains(where: { $0.name == "filter" }) {
      policy.notes.append(
        Note(
          .completeness,
          "whether the machine routes at all (sysctl net.ipv4.ip_forward) is not in the "
            + "dump"))
    }
    return policy
  }

  // MARK: Pipelines

  private mutating func pipeline(
    _ traffic: TrafficKind, _ hooks: [(chain: String, tables: [String])]
  ) -> Pipeline {
    var stages: [Stage] = []
    for (chain, tableNames) in hooks {
      for table in tableNames {
        for family in AddressFamily.allCases {
          if let name = builder.name(family, table, chain, for: traffic) {
            stages.append(
              Stage(table: name, families: [family], isAuxiliary: table != "filter"))
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
