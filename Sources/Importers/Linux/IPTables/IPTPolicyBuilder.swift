import ImportKit

/// Turns a dump into tables and the pipelines of routed and own traffic.
struct IPTPolicyBuilder {
  private let dump: IPTDump
  private let draft: PolicyDraft
  private var builder: IPTTableBuilder
  private var tables: [Table] = []
  private var names: Set<String> = []

  init(_ dump: IPTDump, sets: IPSetCollection, draft: PolicyDraft) {
    self.dump = dump
    self.draft = draft
    builder = IPTTableBuilder(dump, sets: sets, draft: draft)
  }

  /// Name of a chain among tables of both families.
  static func name(_ family: AddressFamily, _ table: String, _ chain: String) -> String {
    (family == .ipv4 ? "" : "ip6 ") + "\(table) \(chain)"
  }

  mutating func build() -> Policy {
    builder.build()
    let stages = builder.stages()
    for traffic in TrafficKind.allCases {
      let missing = self.missing(traffic)
      draft.policy.pipelines.append(
        Pipeline(
          traffic: traffic, mode: .allOf,
          stages: Self.placed(missing, in: stages[traffic] ?? []) + elsewhere))
    }
    draft.policy.tables = builder.tables + tables
    draft.policy.zones = builder.clients.zones
    draft.policy.hasOpenZones = true
    draft.policy.proposals = builder.clients.proposals
    draft.doubts.add(builder.clients.notes)
    if dump.tables.contains(where: { $0.name == "filter" }) {
      draft.note(
        .completeness,
        "whether the machine routes at all (sysctl net.ipv4.ip_forward) is not in the dump")
    }
    return draft.finish()
  }

  /// Filter stages stand before what comes when packets leave, and before later packets.
  private static func placed(_ missing: [Stage], in stages: [Stage]) -> [Stage] {
    guard !missing.isEmpty else { return stages }
    let place = stages.firstIndex { $0.phase != .firstPacket } ?? stages.count
    return Array(stages[..<place]) + missing + Array(stages[place...])
  }

  // MARK: What the files do not hold

  /// Stages for filter chains that the files do not hold: what these do is not known.
  private mutating func missing(_ traffic: TrafficKind) -> [Stage] {
    let hooks = traffic == .forwarded ? ["FORWARD"] : ["OUTPUT", "INPUT"]
    var stages: [Stage] = []
    for family in AddressFamily.allCases {
      let table = dump.tables.first { $0.name == "filter" && ($0.family ?? .ipv4) == family }
      for chain in hooks where table?.number(of: chain) == nil {
        stages.append(missing(family, chain))
      }
    }
    return stages
  }

  private mutating func missing(_ family: AddressFamily, _ chain: String) -> Stage {
    let isAnswer = chain == "INPUT"
    let tool = family == .ipv4 ? "iptables-save" : "ip6tables-save"
    let hasFamily = dump.tables.contains { ($0.family ?? .ipv4) == family }
    let text =
      hasFamily
      ? "the dump has no chain `\(chain)` in the table filter; export all tables: \(tool)"
      : "the rules for \(family == .ipv4 ? "IPv4" : "IPv6") are not in the export; add the output "
        + "of \(tool)"
    let name = Self.name(family, "filter", chain) + " (not in the export)"
    if names.insert(name).inserted {
      // Of answers it is enough to say that they may be stopped: the first packet's chain says that
      // nothing is known.
      let rules =
        isAnswer
        ? draft.gap(text, at: dump.tables.first?.position ?? SourcePosition(line: 0)) : []
      draft.note(.completeness, text)
      tables.append(
        Table(
          name: name, rules: rules,
          defaultAction: DefaultAction(isAnswer ? .allow : .none, name: "not in the export")))
    }
    return Stage(
      table: name, families: [family], isAuxiliary: isAnswer,
      phase: isAnswer ? .answer : .firstPacket)
  }

  /// Stages for rules of which the dump says that they exist elsewhere: they may deny.
  private var elsewhere: [Stage] {
    mutating get {
      dump.rulesElsewhere.enumerated().map { number, place in
        let name = "rules elsewhere \(number + 1)"
        if names.insert(name).inserted {
          tables.append(
            Table(
              name: name,
              rules: [
                Rule(
                  name: "(not in the export)",
                  match: Match([
                    .requires(draft.doubt(.missingPart, place.text, at: place.position))
                  ]), action: .deny(.drop), origin: .implied, position: place.position)
              ], defaultAction: DefaultAction(.allow, name: "nothing else filters")))
        }
        return Stage(table: name, isAuxiliary: true)
      }
    }
  }
}
