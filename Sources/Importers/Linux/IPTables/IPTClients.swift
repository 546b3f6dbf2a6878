import ImportKit

/// What the rules show about interfaces and networks, and which clients follow from it.
struct IPTClients {
  private var interfaces: Set<String> = []
  private var entering: Set<String> = []
  /// Interfaces by which rules let routed traffic leave, and own traffic.
  private var leaving: Set<String> = []
  private var ownLeaving: Set<String> = []
  private var outward: Set<String> = []
  /// Sources that rules let pass, nil for all, with the entering interface if one is named too.
  private var passing: [(set: AddressSet?, interface: String?)] = []
  private var translated: [AddressSet] = []
  private var forwardAccepts = false
  private var translates = false
  private var filtersOutput = false
  private(set) var zones: [Zone] = []
  /// The way out, and how it shows.
  private var wayOut: (name: String, why: String)?
  private var ownWayOut: String?

  mutating func see(
    _ outcome: IPTRuleTranslator.Outcome, rules: [Rule], target: IPTTarget?, table: String,
    hooks: Set<String>
  ) {
    interfaces.formUnion(outcome.entering)
    interfaces.formUnion(outcome.leaving)
    let passes = rules.contains { rule in
      switch rule.action {
      case .allow, .jump, .goto: true
      default: false
      }
    }
    // A rule that no first packet meets and answers do shows the way from its other end.
    if hooks.contains("FORWARD"), rules.allSatisfy(Self.isForAnswers) {
      if table == "filter", passes { leaving.formUnion(outcome.entering) }
      return
    }
    if hooks.contains("FORWARD") {
      entering.formUnion(outcome.entering)
      if table == "filter", passes {
        forwardAccepts = true
        leaving.formUnion(outcome.leaving)
        passing.append((outcome.sources, outcome.entering.first))
      }
    }
    if hooks == ["OUTPUT"], table == "filter", passes { ownLeaving.formUnion(outcome.leaving) }
    if IPTEffect.translatesSource(target), hooks.contains("POSTROUTING") {
      translates = true
      outward.formUnion(outcome.leaving)
      if let set = outcome.sources { translated.append(set) }
    }
  }

  private static func isForAnswers(_ rule: Rule) -> Bool {
    rule.match.clauses.contains { clause in
      if case .never(let why) = clause { why.hasPrefix("for connection state") } else { false }
    }
  }

  mutating func seeForward(policy: String?, hasRules: Bool) {
    if policy == "ACCEPT", hasRules {
      forwardAccepts = true
      passing.append((nil, nil))
    }
  }

  mutating func seeOutput(policy: String?, hasRules: Bool) {
    if hasRules || policy == "DROP" { filtersOutput = true }
  }

  /// Whether no rule for routed traffic was seen.
  var isEmpty: Bool { passing.isEmpty && !translates }

  /// Whether the machine looks like a gateway. A chain FORWARD that accepts everything and has no
  /// rule is how every machine starts, so that alone shows nothing.
  private var isGateway: Bool { forwardAccepts || translates }

  /// The name that stands for a wildcard such as `ppp*`: an interface that it holds.
  private func concrete(_ name: String) -> String {
    guard name.hasSuffix("*") else { return name }
    let prefix = name.dropLast()
    return interfaces.filter { !$0.hasSuffix("*") && $0.hasPrefix(prefix) }.min() ?? prefix + "0"
  }

  mutating func finish() {
    let out = Set(outward.map(concrete))
    if let name = out.min() {
      wayOut = (name, "source addresses are translated on `\(name)`")
    } else {
      let only = Set(leaving.map(concrete)).subtracting(entering.map(concrete))
      if only.count == 1, let name = only.first {
        wayOut = (name, "`\(name)` is the only interface by which rules let it leave")
      }
    }
    let own = Set(ownLeaving.map(concrete))
    ownWayOut = wayOut?.name ?? (own.count == 1 ? own.first : nil)
    let all = Set(interfaces.map(concrete)).union(out)
    zones = all.sorted().map { name in
      Zone(
        name: name, leadsToInternet: out.contains(name) || name == wayOut?.name || name == ownWayOut
      )
    }
  }

  var proposals: [ClientProposal] {
    var result: [ClientProposal] = []
    if isGateway { result += forwarded }
    if result.isEmpty || filtersOutput {
      let way = ownWayOut.map { ", leaving by `\($0)`" } ?? ""
      result.append(
        ClientProposal(
          client: Client(traffic: .host, toZone: ownWayOut),
          reason: (isGateway
            ? "traffic of the machine itself, which has rules of its own"
            : "nothing shows that the machine routes, so this is a host firewall: its own traffic")
            + way))
    }
    return result
  }

  /// Interfaces by which clients come in.
  private var inside: Set<String> {
    Set(entering.map(concrete)).subtracting(outward.map(concrete))
      .subtracting(["lo", wayOut?.name ?? "lo"])
  }

  /// Machines with containers have an interface for each: only the first are proposed.
  var notes: [Note] {
    let more = inside.count - SourceProposals.limit
    guard more > 0 else { return [] }
    return [
      Note(
        .reading, "\(more) more interfaces are named in rules; they are judged with --from-zone")
    ]
  }

  private var forwarded: [ClientProposal] {
    let out = wayOut?.name
    let why = wayOut.map { "; \($0.why)" } ?? ""
    let inside = inside
    let entries: [String?] = inside.isEmpty ? [nil] : inside.sorted()
    return entries.prefix(SourceProposals.limit).flatMap { name -> [ClientProposal] in
      let from =
        name.map { "routed traffic entering by `\($0)`" } ?? "routed traffic from any interface"
      return networks(enteringBy: name).map { networks, reason in
        ClientProposal(
          client: Client(fromZone: name, toZone: out, networks: networks),
          reason: from + reason + why)
      }
    }
  }

  /// The networks to look at: those whose addresses are translated, else those that the rules for
  /// an interface let pass where none lets everybody pass; nil for every address.
  private func networks(enteringBy name: String?) -> [(AddressSet?, String)] {
    if !translated.isEmpty {
      return split(translated, ", from a net whose addresses are translated")
    }
    let own = passing.filter { rule in
      guard let name, let interface = rule.interface else { return true }
      return ZoneList([interface]).contains(name)
    }
    guard !own.isEmpty, !own.contains(where: { $0.set == nil }) else { return [(nil, "")] }
    return split(own.compactMap(\.set), ", from a source that rules let pass")
  }

  private func split(_ sets: [AddressSet], _ reason: String) -> [(AddressSet?, String)] {
    SourceProposals.make(sets.map { ($0, "") }).map { ($0.client.networks, reason) }
  }
}
