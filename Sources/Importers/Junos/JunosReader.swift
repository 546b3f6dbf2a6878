import ImportKit

/// Builds a policy for the device itself and for each logical system and tenant.
struct JunosReader {
  let configuration: JunosNode

  /// One set of policies of its own.
  private struct System {
    let scope: String
    /// The node that holds `security`, `applications` and `interfaces`.
    let node: JunosNode
    let isInactive: Bool
  }

  private var version: String { configuration.childText("version") ?? "" }

  func policies() -> [Policy] {
    var systems: [System] = []
    let nested = [("logical-systems", "logical system"), ("tenants", "tenant")]
    for (name, _) in nested {
      for node in configuration.all(name) {
        systems.append(
          System(
            scope: node.childText("name") ?? name, node: node, isInactive: node.isInactive))
      }
    }
    // The device itself has a policy set of its own, unless the export holds the others only.
    if systems.isEmpty || !configuration.all("security").isEmpty {
      systems.insert(System(scope: "root", node: configuration, isInactive: false), at: 0)
    }
    return systems.map { policy($0) }
  }

  private func policy(_ system: System) -> Policy {
    let draft = PolicyDraft(
      Policy(scope: system.scope, format: "junos-srx", productVersion: version))
    let node = system.node
    let security = node.all("security").map {
      (node: $0, isOff: system.isInactive || $0.isInactive)
    }
    let active = security.filter { !$0.isOff }.map(\.node)
    let sections = security.flatMap { section in
      section.node.all("policies").map {
        (node: $0, isInactive: section.isOff || $0.isInactive)
      }
    }
    let interfaces =
      node.children("interfaces")
      + (node.name == "configuration" ? [] : configuration.children("interfaces"))
    let zones = JunosZones(
      security: active, interfaces: interfaces, routing: node.children("routing-options"),
      ruleZones: Self.zonesOfRules(sections.map(\.node)))
    let policies = policies(of: node, active: active, draft: draft)
    let groups = JunosGroups(configuration, draft: draft)
    var table = policies.table(sections, groups: groups)
    let inspection = policies.inspection()
    let filters = JunosFilters(
      firewall: [node, configuration].flatMap { $0.children("firewall") },
      policyOptions: [node, configuration].flatMap { $0.children("policy-options") },
      interfaces: interfaces,
      forwarding: node.children("forwarding-options"), zones: zones, draft: draft)
    table.rules.insert(contentsOf: filters.bypasses.map { Self.jump($0) }, at: 0)
    table.rules.insert(contentsOf: unknownMode(draft), at: 0)
    let redirects = JunosRedirects(security: active, zones: zones, draft: draft)
    policies.addresses.fill()
    policies.applications.fill()
    draft.policy.tables =
      [table] + policies.gates + (inspection.map { [$0] } ?? []) + filters.tables
      + filters.bypasses + (redirects.table.map { [$0] } ?? [])
    draft.doubts.add(zones.notes)
    draft.policy.zones = zones.zones
    draft.policy.proposals = zones.proposals
    draft.policy.pipelines = pipelines(
      table, inspection: inspection, filters: filters, redirects: redirects,
      hasPolicies: !sections.isEmpty, draft: draft)
    addNotes(system, active: active, table: table, draft: draft)
    return draft.finish()
  }

  /// Everything that the policies of a system refer to.
  private func policies(
    of node: JunosNode, active: [JunosNode], draft: PolicyDraft
  ) -> JunosPolicies {
    // Web filtering and SSL proxy profiles of the device serve every system.
    let shared = node.name == "configuration" ? [] : configuration.children("security")
    let services = (node.name == "configuration" ? [node] : [node, configuration])
      .flatMap { $0.children("services") }
    var sslProfiles: [String: JunosNode] = [:]
    for profile in services.compactMap({ $0.descend("ssl", "proxy") }).flatMap({
      $0.children("profile")
    }) {
      if let name = profile.childText("name"), sslProfiles[name] == nil {
        sslProfiles[name] = profile
      }
    }
    var schedulers: [String: JunosNode] = [:]
    for scheduler in [node, configuration].flatMap({ $0.children("schedulers") }).flatMap({
      $0.children("scheduler")
    }) {
      if let name = scheduler.childText("name"), schedulers[name] == nil {
        schedulers[name] = scheduler
      }
    }
    return JunosPolicies(
      draft: draft, addresses: JunosAddresses(active, draft: draft),
      applications: JunosApplications(node.children("applications"), draft: draft),
      dynamicApplications: JunosDynamicApplications(services, draft: draft),
      webFilter: JunosWebFilter(active + shared, version: JunosVersion(version), draft: draft),
      schedulers: schedulers, sslProfiles: sslProfiles,
      intelligence: Self.intelligence(services))
  }

  /// Whether each security intelligence policy may block: unless every profile that it names is in the
  /// export and only permits.
  private static func intelligence(_ services: [JunosNode]) -> [String: Bool] {
    let sections = services.compactMap { $0.child("security-intelligence") }
    var blocking: [String: Bool] = [:]
    for profile in sections.flatMap({ $0.children("profile") }) {
      guard let name = profile.childText("name") else { continue }
      let words = profile.descendants.filter { ["action", "then"].contains($0.name) }
        .flatMap { [$0.text] + $0.children.map(\.name) + $0.children.map(\.text) }
      blocking[name] =
        !words.contains("permit") || words.contains("block")
        || words.contains("drop") || words.contains("close")
    }
    var result: [String: Bool] = [:]
    for policy in sections.flatMap({ $0.children("policy") }) {
      guard let name = policy.childText("name") else { continue }
      let profiles = policy.descendants.filter { $0.name.hasSuffix("profile") }.map(\.text)
      result[name] = profiles.isEmpty || profiles.contains { blocking[$0] ?? true }
    }
    return result
  }

  /// The zones that policies name, in an export that may define none.
  private static func zonesOfRules(_ sections: [JunosNode]) -> [String] {
    sections.flatMap { section -> [String] in
      section.all("policy").flatMap { $0.texts("from-zone-name") + $0.texts("to-zone-name") }
        + section.all("global").flatMap { $0.all("policy") }.compactMap { $0.child("match") }
        .flatMap { $0.texts("from-zone") + $0.texts("to-zone") }
    }
  }

  private static func jump(_ table: Table) -> Rule {
    Rule(
      name: "selective packet mode", match: Match(), action: .jump(table.name), origin: .implied,
      position: table.rules.first?.position ?? SourcePosition(line: 1))
  }

  // MARK: Pipelines

  private func pipelines(
    _ table: Table, inspection: Table?, filters: JunosFilters, redirects: JunosRedirects,
    hasPolicies: Bool, draft: PolicyDraft
  ) -> [Pipeline] {
    if let mode = packetMode {
      draft.note(
        .completeness,
        "the device forwards packet by packet (`\(mode.text)`): zones and security "
          + "policies have no effect, only filters on interfaces", at: mode.position)
      let open = Table(
        name: "packet mode", rules: [],
        defaultAction: DefaultAction(.allow, name: "packet mode", position: mode.position))
      draft.policy.tables.append(open)
      return [
        Pipeline(
          traffic: .forwarded, mode: .allOf, stages: filters.stages + [Stage(table: open.name)])
      ]
    }
    // A part of a configuration without policies says nothing about them; a whole one denies all.
    guard hasPolicies || configuration.has("system") || configuration.has("interfaces") else {
      return []
    }
    let translation = redirects.table.map { [Stage(table: $0.name, isAuxiliary: true)] } ?? []
    var stages = filters.stages + translation + [Stage(table: table.name)]
    if let stage = sixStage(draft) {
      if stage.isBypass {
        stages[stages.count - 1].families = [.ipv4]
      } else {
        stages.append(Stage(table: stage.table, families: [.ipv6], isAuxiliary: true))
      }
    }
    return [
      Pipeline(
        traffic: .forwarded, mode: .allOf, stages: stages, inspection: inspection?.name)
    ]
  }

  /// What becomes of IPv6 before any policy: it is forwarded flow by flow, packet by packet, or
  /// dropped; where the configuration does not say, that depends on the release. Source:
  /// juniper.net, "Enabling Flow-Based Processing for IPv6 Traffic".
  private func sixStage(_ draft: PolicyDraft) -> (table: String, isBypass: Bool)? {
    let mode = configuration.children("security")
      .compactMap { $0.descend("forwarding-options", "family", "inet6", "mode") }.first
    switch mode?.text {
    case "flow-based": return nil
    case "packet-based": return ("", true)
    default: break
    }
    var clauses: [Clause] = []
    if mode == nil {
      clauses.append(
        .requires(
          draft.doubt(
            .missingPart,
            "the export does not say whether the device forwards IPv6, which depends "
              + "on the release")))
    }
    let name = "IPv6 forwarding"
    draft.policy.tables.append(
      Table(
        name: name,
        rules: [
          Rule(
            name: "drop", match: Match(clauses), action: .deny(.drop), origin: .implied,
            position: mode?.position ?? configuration.position)
        ], defaultAction: DefaultAction(.allow, name: "flow-based")))
    return (name, false)
  }

  /// Packet-based forwarding of MPLS switches the whole device (juniper.net, "Packet-Based
  /// Forwarding"); that of IPv6 alone does not touch IPv4.
  private var packetMode: JunosNode? {
    let families = configuration.children("security")
      .compactMap { $0.descend("forwarding-options", "family") }
    for family in families {
      for name in ["mpls", "inet"] {
        if let mode = family.descend(name, "mode"), mode.text == "packet-based" { return mode }
      }
    }
    return nil
  }

  /// A word for the way of forwarding that is not known may mean packet by packet, past the policies.
  private func unknownMode(_ draft: PolicyDraft) -> [Rule] {
    let families = configuration.children("security")
      .compactMap { $0.descend("forwarding-options", "family") }
    let modes = families.flatMap { family in
      ["mpls", "inet"].compactMap { family.descend($0, "mode") }
    }
    guard let mode = modes.first(where: { !["packet-based", "flow-based"].contains($0.text) })
    else { return [] }
    let doubt = draft.doubt(
      .unmodelled, "the way of forwarding `\(mode.text)` is not known", at: mode.position)
    return [
      Rule(
        name: "forwarding mode", match: Match([.requires(doubt)]), action: .allow,
        origin: .implied, position: mode.position)
    ]
  }

  // MARK: Notes

  private func addNotes(
    _ system: System, active: [JunosNode], table: Table, draft: PolicyDraft
  ) {
    func add(_ text: String, _ position: SourcePosition? = nil) {
      draft.note(.completeness, text, at: position)
    }
    let node = system.node
    if system.isInactive { add("`\(system.scope)` is inactive as a whole", node.position) }
    if !active.contains(where: { !$0.all("policies").isEmpty }) {
      add(
        "the export holds no `security policies`: "
          + (configuration.has("system") || configuration.has("interfaces")
            ? "everything is denied by default"
            : "what is allowed cannot be told; export the whole configuration"))
    } else {
      if active.allSatisfy({ !$0.has("zones") }) {
        add("the export holds no `security zones`; export the whole configuration")
      }
      let usesApplications = table.rules.contains { rule in
        rule.match.clauses.contains { if case .service = $0 { true } else { false } }
      }
      if usesApplications, node.children("applications").isEmpty, !configuration.has("system") {
        add("the export holds no `applications`; those that policies name may be defined elsewhere")
      }
    }
    add(
      "the export does not contain what the device learns at run time: addresses of DNS names, "
        + "members of feeds and dynamic addresses, the vendor's URL categories, signatures; see "
        + "`show security dns-cache` and `show security dynamic-address`")
    for section in active where section.has("screen") {
      draft.note(
        .advisory,
        "screens are defined: they drop what they take for an attack or a flood",
        at: section.child("screen")?.position)
    }
  }
}
