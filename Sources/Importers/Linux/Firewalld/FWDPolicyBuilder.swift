import ImportKit

/// Turns a configuration into the tables and pipelines of routed and own traffic.
///
/// Routed traffic meets, in this order (firewalld.policies(5); src/firewall/core/nftables.py,
/// `build_default_rules` and `build_policy_chain_rules`): policies with a negative priority, what
/// the zone of its entry allows inside itself, policies with a positive priority, the target of that
/// zone; what is left is rejected. Own traffic meets the policies that come from HOST, and is free
/// otherwise: zones filter only what comes in.
struct FWDPolicyBuilder {
  private let configuration: FWDConfiguration
  private let zones: [FWDConfiguration.Zone]
  private let policies: [FWDConfiguration.Policy]
  private let bindings: FWDBindings
  private let zonesAreKnown: Bool
  private var elements: FWDElements
  private var direct: IPTTableBuilder
  private let directDump: IPTDump
  private let directStages: [TrafficKind: [Stage]]
  private var tables: [Table] = []
  private let draft: PolicyDraft

  /// - Parameter isWhole: whether the settings of the machine came along, so that what is missing is
  ///   as the product has it.
  init(_ configuration: FWDConfiguration, isWhole: Bool, draft: PolicyDraft) {
    self.draft = draft
    var configuration = configuration
    zonesAreKnown = isWhole || !configuration.zones.isEmpty
    if zonesAreKnown {
      for zone in FWDBuiltIns.zones(forwards: configuration.isFromVersion1 == true)
      where configuration.zones[zone.name] == nil {
        configuration.zones[zone.name] = zone
      }
    }
    self.configuration = configuration
    zones = configuration.zones.values.sorted { $0.name < $1.name }
    policies = configuration.policies.values.sorted {
      ($0.priority, $0.name) < ($1.priority, $1.name)
    }
    let standard = configuration.defaultZone ?? (isWhole ? "public" : nil)
    elements = FWDElements(configuration, draft: draft)
    directDump = FWDDirect(configuration.direct).dump
    direct = IPTTableBuilder(
      directDump, prefix: "direct ", withoutFilter: configuration.usesIPTables == true,
      draft: draft)
    direct.build()
    directStages = direct.stages()
    bindings = FWDBindings(
      zones, defaultZone: standard, named: direct.clients.zones.map(\.name),
      elements: elements, draft: draft)
  }

  mutating func build(isWhole: Bool) -> Policy {
    for table in direct.tables {
      var copy = table
      copy.rules = table.rules.flatMap(bindings.rewrite)
      tables.append(copy)
    }
    draft.doubts.add(directDump.notes)
    for zone in zones { addHostTable(zone) }
    for policy in policies { addTable(policy) }
    addForwardTable(isWhole: isWhole)
    addOutputTable(isWhole: isWhole)
    addTranslationTable()
    addPassthroughTables()
    addAcceptingTables()
    draft.policy.pipelines = [forwardedPipeline, hostPipeline]
    draft.policy.tables = tables
    let clients = FWDClients(
      configuration: configuration, zones: zones, policies: policies, bindings: bindings,
      direct: direct.clients, draft: draft)
    draft.policy.zones = clients.zones
    draft.policy.proposals = clients.proposals
    return draft.finish()
  }

  // MARK: Tables of zones and policies

  /// What a zone lets in to the machine itself: kept, but no part of any pipeline.
  private mutating func addHostTable(_ zone: FWDConfiguration.Zone) {
    guard !zone.elements.isEmpty else { return }
    tables.append(
      Table(
        name: "zone \(zone.name) to HOST", rules: elements.rules(zone.elements),
        defaultAction: DefaultAction(.none, name: "target of the zone", position: zone.position)))
  }

  private func tableName(_ policy: FWDConfiguration.Policy) -> String { "policy \(policy.name)" }

  private mutating func addTable(_ policy: FWDConfiguration.Policy) {
    var rules = elements.rules(policy.elements)
    rules += target(
      policy.target,
      Rule(name: "target", match: Match(), action: .continue, position: policy.position))
    tables.append(
      Table(
        name: tableName(policy), rules: rules,
        defaultAction: DefaultAction(
          .none, name: "target CONTINUE", position: policy.position)))
  }

  /// The rules for a target; none where it leaves the decision to others.
  private func target(_ target: FWDConfiguration.Target, _ prototype: Rule) -> [Rule] {
    var rule = prototype
    switch target {
    case .accept: rule.action = .allow
    case .drop: rule.action = .deny(.drop)
    case .reject: rule.action = .deny(.reject)
    case .byDefault, .goOn: return []
    case .open(let doubt): return draft.eitherWay(rule, because: doubt)
    }
    return [rule]
  }

  /// The rule that leads to a policy. A policy that is switched off stays, with its target, so that
  /// a report can say that it would decide.
  private func dispatch(
    _ policy: FWDConfiguration.Policy, _ alternatives: [[Clause]]
  ) -> [Rule] {
    alternatives.flatMap { dispatch(policy, clauses: $0) }
  }

  private func dispatch(_ policy: FWDConfiguration.Policy, clauses: [Clause]) -> [Rule] {
    let match = Match(clauses + policy.doubts.map { .requires($0) })
    var rules = [
      Rule(
        name: "policy \(policy.name)", enabled: !policy.isDisabled, match: match,
        action: .jump(tableName(policy)), origin: .implied, position: policy.position)
    ]
    if policy.isDisabled, case .accept = policy.target {
      rules.append(
        Rule(
          name: "policy \(policy.name), target ACCEPT", enabled: false, match: match,
          action: .allow,
          origin: .implied, position: policy.position))
    }
    return rules
  }

  /// Zones that no file defines: which interfaces belong to them is not known.
  private func unknownZone(_ policy: FWDConfiguration.Policy) -> Condition? {
    let known = Set(zones.map(\.name)).union(["ANY", "HOST"])
    guard zonesAreKnown,
      let name = (policy.ingress + policy.egress).first(where: { !known.contains($0) })
    else { return nil }
    return draft.doubt(
      .unresolved, "the policy `\(policy.name)` names the zone `\(name)`, which no file defines",
      at: policy.position)
  }

  private func clauses(
    of policy: FWDConfiguration.Policy, ingress: [String]? = nil
  ) -> [[Clause]] {
    guard let doubt = unknownZone(policy) else {
      return clauses(ingress: ingress ?? policy.ingress, egress: policy.egress)
    }
    return [[.requires(doubt)]]
  }

  private func clauses(ingress: [String], egress: [String]) -> [[Clause]] {
    let entering = ingress.contains("ANY") ? [[]] : bindings.entering(ingress, isPolicy: true)
    let leaving: [Clause] = egress.contains("ANY") ? [] : [.to(bindings.leaving(egress))]
    return entering.map { $0 + leaving }
  }

  /// Whether a policy is for routed traffic: between zones, or from or to any.
  static func isForwarding(_ policy: FWDConfiguration.Policy) -> Bool {
    !policy.ingress.isEmpty && !policy.egress.isEmpty && !policy.ingress.contains("HOST")
      && !policy.egress.contains("HOST")
  }

  private static func isOutgoing(_ policy: FWDConfiguration.Policy) -> Bool {
    policy.ingress.contains("HOST") && !policy.egress.contains("HOST") && !policy.egress.isEmpty
  }

  // MARK: Routed traffic

  private mutating func addForwardTable(isWhole: Bool) {
    var rules: [Rule] = []
    rules += directAccepts("FORWARD") + passthroughAccepts
    let forwarding = policies.filter(Self.isForwarding)
    for policy in forwarding where policy.priority < 0 {
      rules += dispatch(policy, clauses(of: policy))
    }
    for zone in zones { rules += inside(zone) }
    for policy in forwarding where policy.priority >= 0 {
      rules += dispatch(policy, clauses(of: policy))
    }
    for zone in zones {
      for clauses in from(zone) {
        if let unread = zone.unread {
          rules += draft.eitherWay(
            Rule(
              name: "zone \(zone.name)", match: Match(clauses), action: .allow, origin: .implied,
              position: zone.position), because: unread)
        }
        rules += target(
          zone.target,
          Rule(
            name: "target of the zone \(zone.name)", match: Match(clauses), action: .continue,
            origin: zone.targetIsWritten ? .written : .implied, position: zone.position))
      }
    }
    if !isWhole {
      rules.append(
        missing("other zones and policies are not in the export, and may accept", action: .allow))
    }
    for zone in zones { rules += masquerade(zone) }
    for zone in zones {
      guard case .byDefault = zone.target else { continue }
      rules += from(zone).map { clauses in
        Rule(
          name: "default target of the zone \(zone.name)", match: Match(clauses),
          action: .deny(.reject), origin: .implied, position: zone.position)
      }
    }
    tables.append(
      Table(
        name: "forward", rules: rules,
        defaultAction: zonesAreKnown
          ? DefaultAction(.deny, name: "final reject")
          : DefaultAction(.none, name: "zones, which are not in the export")))
  }

  private func from(_ zone: FWDConfiguration.Zone) -> [[Clause]] {
    bindings.entering([zone.name]).map { $0 + (zone.doubt.map { [.requires($0)] } ?? []) }
  }

  private func missing(_ text: String, action: Action) -> Rule {
    Rule(
      name: "(not in the export)",
      match: Match([.requires(draft.doubt(.missingPart, text))]),
      action: action, origin: .implied, position: SourcePosition(line: 0))
  }

  /// `<forward/>`: from one interface of a zone to another of the same. A zone bound by sources
  /// forwards inside itself to its own addresses, which are no hosts on the Internet.
  private func inside(_ zone: FWDConfiguration.Zone) -> [Rule] {
    let position: SourcePosition
    var doubt: [Clause] = []
    if let forward = zone.forward {
      position = forward
    } else if zone.isBuiltIn, configuration.isFromVersion1 == nil {
      position = zone.position
      doubt = [
        .requires(
          draft.doubt(
            .unmodelled,
            "forwarding inside a zone is on from firewalld 1.0; the release is not in "
              + "the export"))
      ]
    } else {
      return []
    }
    return from(zone).map { clauses in
      Rule(
        name: "forward inside the zone \(zone.name)",
        match: Match(clauses + [.to(bindings.leaving([zone.name]))] + doubt), action: .allow,
        origin: zone.isBuiltIn ? .implied : .written, position: position)
    }
  }

  /// Before release 1.0 masquerading also accepted routed traffic that leaves by the zone.
  private func masquerade(_ zone: FWDConfiguration.Zone) -> [Rule] {
    guard let position = zone.masquerade, configuration.isFromVersion1 != true else { return [] }
    let release =
      configuration.isFromVersion1 == nil ? "the release is not in the export" : "this is one"
    let doubt =
      "releases before 1.0 are known to accept what leaves by a masquerading zone; \(release)"
    return [
      Rule(
        name: "masquerading of the zone \(zone.name)",
        match: Match([
          .to(bindings.leaving([zone.name])),
          .requires(draft.doubt(.unmodelled, doubt, at: position)),
        ]), action: .allow, origin: zone.isBuiltIn ? .implied : .written, position: position)
    ]
  }

  // MARK: Own traffic

  private mutating func addOutputTable(isWhole: Bool) {
    var rules = directAccepts("OUTPUT") + passthroughAccepts
    for policy in policies where Self.isOutgoing(policy) {
      rules += dispatch(policy, clauses(of: policy, ingress: ["ANY"]))
    }
    if !isWhole {
      rules.append(
        missing(
          "other policies are not in the export, and may stop what the machine sends",
          action: .deny(.reject)))
    }
    tables.append(
      Table(
        name: "output", rules: rules,
        defaultAction: DefaultAction(.allow, name: "zones filter only what comes in")))
  }

  // MARK: Direct rules and translation

  /// With the iptables backend what a direct rule accepts does not meet the zones any more.
  private func directAccepts(_ chain: String) -> [Rule] {
    guard configuration.usesIPTables != false else { return [] }
    var doubt: [Clause] = []
    if configuration.usesIPTables == nil {
      doubt = [
        .requires(
          draft.doubt(
            .unmodelled,
            "with FirewallBackend=iptables, what direct rules accept does not meet zones "
              + "and policies; firewalld.conf is not in the export"))
      ]
    }
    let traffic: TrafficKind = chain == "FORWARD" ? .forwarded : .host
    return AddressFamily.allCases.compactMap { family in
      guard let name = direct.name(family, "filter", chain, for: traffic) else { return nil }
      return Rule(
        name: "direct rules", match: Match([.family(family)] + doubt),
        action: .jump(Self.accepting(name)), origin: .implied, position: SourcePosition(line: 0))
    }
  }

  /// The name of the table of direct rules as it stands in front of the zones.
  private static func accepting(_ name: String) -> String { "\(name) before the zones" }

  /// Where direct rules stand in front of the zones, what they leave undecided goes on there and
  /// does not meet the policy of their chain.
  private mutating func addAcceptingTables() {
    let wanted = Set(
      tables.flatMap(\.rules).compactMap {
        if case .jump(let name) = $0.action { name } else { nil }
      })
    for table in tables where wanted.contains(Self.accepting(table.name)) {
      var copy = table
      copy.name = Self.accepting(table.name)
      copy.defaultAction = DefaultAction(.none, name: "on to the zones")
      tables.append(copy)
    }
  }

  /// Ports that are forwarded: the translation looks at the entering zone and the port only, not at
  /// the destination, so it catches what is meant for the Internet, too.
  private mutating func addTranslationTable() {
    var rules: [Rule] = []
    func add(_ element: FWDConfiguration.Element, from clauses: [Clause]) {
      guard case .forwardPort(let port, let word) = element.what else { return }
      let condition = draft.doubt(
        .unmodelled,
        "the forwarded port \(port)/\(word) sends the connection elsewhere; what answers there "
          + "decides", at: element.position)
      var match = clauses
      match +=
        element.source.map { elements.clauses($0, isSource: true, at: element.position) } ?? []
      match +=
        element.destination.map { elements.clauses($0, isSource: false, at: element.position) }
        ?? []
      if let number = IPProtocol.number(of: word), let ports = LinuxNames.ports(port) {
        match.append(
          .service(ServiceList([.service(Service(protocol: number, destinationPorts: ports))])))
      }
      rules.append(
        Rule(
          name: "forward port \(port)/\(word)", match: Match(match + [.requires(condition)]),
          action: .deny(.drop), position: element.position))
    }
    for zone in zones {
      for element in zone.elements {
        for clauses in from(zone) { add(element, from: clauses) }
      }
    }
    for policy in policies where !policy.isDisabled && !policy.ingress.contains("HOST") {
      for clauses in clauses(ingress: policy.ingress, egress: ["ANY"]) {
        for element in policy.elements { add(element, from: clauses) }
      }
    }
    guard !rules.isEmpty else { return }
    tables.append(
      Table(
        name: "forwarded ports", rules: rules,
        defaultAction: DefaultAction(.allow, name: "no port is forwarded")))
  }

  private static func passthroughName(_ number: Int) -> String { "passthrough \(number + 1)" }

  /// Passthrough commands may stop a packet; with the iptables backend they may accept it, too.
  private mutating func addPassthroughTables() {
    for (number, place) in directDump.rulesElsewhere.enumerated() {
      let match = Match([.requires(draft.doubt(.unmodelled, place.text, at: place.position))])
      tables.append(
        Table(
          name: Self.passthroughName(number),
          rules: [
            Rule(name: "passthrough", match: match, action: .deny(.drop), position: place.position)
          ], defaultAction: DefaultAction(.allow, name: "does not concern the traffic")))
    }
  }

  private var passthroughStages: [Stage] {
    directDump.rulesElsewhere.indices.map {
      Stage(table: Self.passthroughName($0), isAuxiliary: true)
    }
  }

  private var passthroughAccepts: [Rule] {
    guard configuration.usesIPTables != false else { return [] }
    return directDump.rulesElsewhere.map { place in
      Rule(
        name: "passthrough",
        match: Match([.requires(draft.doubt(.unmodelled, place.text, at: place.position))]),
        action: .allow, position: place.position)
    }
  }

  // MARK: Pipelines

  /// The stages of zones and policies stand among those of direct rules. Both let established
  /// connections pass ahead of everything (`filter_FORWARD`, `filter_INPUT`), so later packets meet
  /// direct rules alone.
  private var forwardedPipeline: Pipeline {
    var own: [Stage] = []
    if tables.contains(where: { $0.name == "forwarded ports" }) {
      own.append(Stage(table: "forwarded ports", isAuxiliary: true))
    }
    own += passthroughStages + [Stage(table: "forward")]
    return pipeline(.forwarded, own)
  }

  private var hostPipeline: Pipeline {
    pipeline(.host, passthroughStages + [Stage(table: "output")])
  }

  private func pipeline(_ traffic: TrafficKind, _ own: [Stage]) -> Pipeline {
    let direct = (directStages[traffic] ?? []).map { stage in
      var stage = stage
      stage.isAuxiliary = true
      return stage
    }
    return Pipeline(
      traffic: traffic, mode: .allOf,
      stages: direct.filter { $0.phase == .firstPacket } + own
        + direct.filter { $0.phase != .firstPacket })
  }
}
