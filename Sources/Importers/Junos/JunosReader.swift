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
    var policy = Policy(scope: system.scope, format: "junos-srx", productVersion: version)
    let node = system.node
    let security = node.all("security").map {
      (node: $0, isOff: system.isInactive || $0.isInactive)
    }
    let active = security.filter { !$0.isOff }.map(\.node)
    // Web filtering and SSL proxy profiles of the device serve every system.
    let shared = node.name == "configuration" ? [] : configuration.children("security")
    let services = [node, configuration].flatMap { $0.children("services") }
    var sslProfiles: [String: JunosNode] = [:]
    for profile in services.compactMap({ $0.descend("ssl", "proxy") }).flatMap({
      $0.children("profile")
    }) {
      if let name = profile.childText("name"), sslProfiles[name] == nil {
        sslProfiles[name] = profile
      }
    }
    var policies = JunosPolicies(
      addresses: JunosAddresses(active),
      applications: JunosApplications(node.children("applications")),
      webFilter: JunosWebFilter(active + shared, version: JunosVersion(version)),
      schedulers: Set(
        [node, configuration].flatMap { $0.children("schedulers") }.flatMap {
          $0.names("scheduler")
        }),
      sslProfiles: sslProfiles)
    let sections = security.flatMap { section in
      section.node.all("policies").map { ($0, section.isOff || $0.isInactive) }
    }
    let groups = JunosGroups(configuration)
    var table = policies.table(
      sections.map { (node: $0.0, isInactive: $0.1) }, groups: groups)
    let inspection = policies.inspection()
    let interfaces =
      node.children("interfaces")
      + (node.name == "configuration" ? [] : configuration.children("interfaces"))
    let zones = JunosZones(
      security: active, interfaces: interfaces, routing: node.children("routing-options"),
      rules: table.rules)
    let filters = JunosFilters(
      firewall: [node, configuration].flatMap { $0.children("firewall") },
      policyOptions: [node, configuration].flatMap { $0.children("policy-options") },
      interfaces: interfaces, zones: zones)
    table.rules.insert(contentsOf: filters.bypasses.map { Self.jump($0) }, at: 0)
    let redirects = JunosRedirects(security: active, zones: zones)
    policy.tables =
      [table] + policies.gates + (inspection.map { [$0] } ?? []) + filters.tables
      + filters.bypasses + (redirects.table.map { [$0] } ?? [])
    policy.notes = policies.context.notes + zones.notes
    policy.pipelines = pipelines(
      table, inspection: inspection, filters: filters, redirects: redirects,
      hasPolicies: !sections.isEmpty, into: &policy)
    policy.endpointObjects = policies.context.objects.endpoints
    policy.serviceObjects = policies.context.objects.services
    policy.zones = zones.zones
    policy.proposals = zones.proposals
    policy.notes += completenessNotes(system, active: active, table: table) + groups.notes
    if let name = filters.replyFilter {
      policy.notes.append(
        Note(
          .completeness,
          "filters on what comes in by `\(name)` are not judged: replies to the "
            + "clients must pass them too"))
    }
    return policy
  }

  private static func jump(_ table: Table) -> Rule {
    Rule(
      name: "selective packet mode", match: Match(), action: .jump(table.name), origin: .implied,
      position: table.rules.first?.position ?? SourcePosition(line: 1))
  }

  // MARK: Pipelines

  private func pipelines(
    _ table: Table, inspection: Table?, filters: JunosFilters, redirects: JunosRedirects,
    hasPolicies: Bool, into policy: inout Policy
  ) -> [Pipeline] {
    if let mode = packetMode {
      policy.notes.append(
        Note(
          .completeness,
          "the device forwards packet by packet (`\(mode.text)`): zones and security "
            + "policies have no effect, only filters on interfaces", at: mode.position))
      let open = Table(
        name: "packet mode", rules: [],
        defaultAction: DefaultAction(.allow, name: "packet mode", position: mode.position))
      policy.tables.append(open)
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
    if let stage = sixStage(into: &policy) {
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
  private func sixStage(into policy: inout Policy) -> (table: String, isBypass: Bool)? {
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
          Condition(
            .unmodelled,
            "the export does not say whether the device forwards IPv6, which depends "
              + "on the release")))
    }
    let name = "IPv6 forwarding"
    policy.tables.append(
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

  // MARK: Notes

  private func completenessNotes(
    _ system: System, active: [JunosNode], table: Table
  ) -> [Note] {
    var notes: [Note] = []
    func add(_ text: String, _ position: SourcePosition? = nil) {
      notes.append(Note(.completeness, text, at: position))
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
    return notes
  }
}
