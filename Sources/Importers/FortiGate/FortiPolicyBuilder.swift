import ImportKit

/// Puts the policy of one VDOM or policy package together.
struct FortiPolicyBuilder {
  let tables: FortiTables
  /// Nil where the export does not say to which scope it belongs.
  let scope: String?

  /// The scopes that have a policy, in the order of the export.
  static func scopes(of tables: FortiTables) -> [String?] {
    let named = tables.scopes.filter { scope in
      FortiTables.policyTables.contains { table in
        tables.entries[FortiTables.Key(scope: scope, table: table)] != nil
      }
    }
    if !named.isEmpty { return named }
    return [nil]
  }

  mutating func build() -> Policy {
    var policy = Policy(
      scope: scope ?? "policy", format: "fortigate", productVersion: tables.version)
    let settings = tables.table("system settings", in: scope).first
    var rules = FortiRules(
      objects: FortiObjects(tables: tables, scope: scope), settings: settings,
      version: tables.version)
    let security = tables.table("firewall security-policy", in: scope)
    // A unit in profile-based mode has no security policies.
    let isPolicyBased =
      settings?.word("ngfw-mode").map { $0 == "policy-based" } ?? !security.isEmpty
    let plain = firewallPolicies
    let hint = plain.contains { $0.json?["obj flags"] != nil }
    let kind: FortiRules.Kind = isPolicyBased ? .selection : .policy
    let zones = FortiZones(
      tables: tables, scope: scope ?? "",
      policies: plain + tables.table("firewall policy6", in: scope) + security)
    var stages: [Stage] = []
    addAccessLists(&policy, &stages, &rules, zones)
    let name = isPolicyBased ? "selecting policies" : "policies"
    var table = Table(
      name: name,
      rules: plain.flatMap { rules.rules(for: $0, kind: kind, installHint: hint) },
      defaultAction: DefaultAction(.deny, name: "implicit deny (policy 0)"))
    let six = tables.table("firewall policy6", in: scope)
    let hasPlain = FortiTables.policyTables.contains {
      $0 != "firewall policy6" && tables.has($0, in: scope)
    }
    var notes: [Note] = []
    if !hasPlain {
      table.defaultAction = DefaultAction(.none, name: "IPv4 policies are not in the export")
      notes.append(
        Note(
          .completeness, "the export has no IPv4 policies; give firewall/policy as well"))
    }
    cut(&table, &notes, "firewall policy")
    policy.tables.append(table)
    if tables.has("firewall policy6", in: scope) {
      // Before FortiOS 6.4 IPv6 has policies of its own.
      var table6 = Table(
        name: "IPv6 policies",
        rules: six.flatMap { rules.rules(for: $0, kind: .policy6, installHint: false) },
        defaultAction: DefaultAction(.deny, name: "implicit deny (policy 0)"))
      cut(&table6, &notes, "firewall policy6")
      policy.tables.append(table6)
      stages.append(Stage(table: name, families: [.ipv4]))
      stages.append(Stage(table: table6.name, families: [.ipv6]))
    } else {
      stages.append(Stage(table: name))
    }
    if isPolicyBased {
      var table = Table(
        name: "security policies",
        rules: security.flatMap { rules.rules(for: $0, kind: .security, installHint: hint) },
        defaultAction: DefaultAction(.deny, name: "implicit deny (policy 0)"))
      cut(&table, &notes, "firewall security-policy")
      policy.tables.append(table)
      stages.append(Stage(table: table.name))
    }
    rules.objects.finish()
    policy.tables += rules.gates.tables
    var inspection: String?
    if rules.inspection.decrypts {
      inspection = "SSL inspection"
      policy.tables.append(
        Table(
          name: "SSL inspection", kind: .inspection, rules: rules.inspectionRules,
          defaultAction: DefaultAction(.deny, name: "not decrypted")))
      policy.tables += rules.inspection.tables
    }
    policy.pipelines = [
      Pipeline(traffic: .forwarded, mode: .allOf, stages: stages, inspection: inspection)
    ]
    policy.endpointObjects = rules.objects.table.endpoints
    policy.serviceObjects = rules.objects.table.services
    policy.zones = zones.zones
    policy.proposals = zones.proposals
    policy.proposals = SourceProposals.narrowed(policy)
    policy.notes = tables.notes + notes + completeness(rules) + zones.notes + rules.objects.notes
    return policy
  }

  /// The policies in order: FortiManager puts those of the global domain around a package's own.
  private var firewallPolicies: [FortiEntry] {
    tables.table("global header policy", in: scope) + tables.table("firewall policy", in: scope)
      + tables.table("firewall consolidated policy", in: scope)
      + tables.table("global footer policy", in: scope)
  }

  /// Access lists drop early, before any policy is looked at.
  private func addAccessLists(
    _ policy: inout Policy, _ stages: inout [Stage], _ rules: inout FortiRules,
    _ zones: FortiZones
  ) {
    for (name, space, family) in [
      ("firewall acl", FortiObjects.Space.v4, AddressFamily.ipv4),
      ("firewall acl6", .v6, .ipv6),
    ] {
      let entries = tables.table(name, in: scope)
      guard !entries.isEmpty else { continue }
      let list = entries.map { accessRule($0, space, &rules, zones) }
      policy.tables.append(
        Table(
          name: name == "firewall acl" ? "access list" : "IPv6 access list", rules: list,
          defaultAction: DefaultAction(.allow, name: "not in the access list")))
      stages.append(
        Stage(
          table: name == "firewall acl" ? "access list" : "IPv6 access list", families: [family],
          isAuxiliary: true))
    }
  }

  private func accessRule(
    _ entry: FortiEntry, _ space: FortiObjects.Space, _ rules: inout FortiRules,
    _ zones: FortiZones
  ) -> Rule {
    var clauses: [Clause] = []
    let interfaces = entry.names("interface").filter { $0 != "any" }
    if !interfaces.isEmpty {
      // Access lists name interfaces where policies name zones of them.
      clauses.append(.from(ZoneList(interfaces.map { zones.zone(of: $0).name })))
      let shared = interfaces.filter { zones.zone(of: $0).isShared }
      if !shared.isEmpty {
        clauses.append(
          .requires(
            Condition(
              .interfaceBinding, "only what enters by \(shared.joined(separator: ", "))")))
      }
    }
    let sources = entry.names("srcaddr").map {
      rules.objects.address($0, space, at: entry.position)
    }
    if !sources.isEmpty, !sources.contains(.any) { clauses.append(.source(EndpointList(sources))) }
    let targets = entry.names("dstaddr").map {
      rules.objects.address($0, space, at: entry.position)
    }
    if !targets.isEmpty, !targets.contains(.any) {
      clauses.append(.destination(EndpointList(targets)))
    }
    let services = entry.names("service").map { rules.objects.service($0, at: entry.position) }
    if !services.isEmpty, !services.contains(.any) {
      clauses.append(.service(ServiceList(services)))
    }
    return Rule(
      name: entry.word("name") ?? "", vendorID: entry.key, enabled: !entry.isOff("status"),
      match: Match(clauses), action: .deny(.drop),
      comment: entry.names("comments").joined(separator: " "), position: entry.position)
  }

  /// Where an answer was cut, policies that are not in it may allow as well as deny.
  private func cut(_ table: inout Table, _ notes: inout [Note], _ name: String) {
    let keys = [
      FortiTables.Key(scope: scope, table: name), FortiTables.Key(scope: nil, table: name),
    ]
    let condition: Condition
    let position: SourcePosition
    if let place = keys.lazy.compactMap({ tables.cutTables[$0] }).first {
      position = place
      notes.append(
        Note(
          .completeness,
          "the answer holds a part of the table `\(name)` only; ask again without a "
            + "limit", at: position))
      condition = Condition(.unresolved, "further policies are not in the export")
    } else if let place = keys.lazy.compactMap({ tables.bareTables[$0] }).first {
      position = place
      notes.append(
        Note(
          .completeness,
          "the policies came without the envelope of the API answer, so the list may "
            + "be partial; give the whole answer", at: position))
      condition = Condition(
        .unresolved, "the list of policies may be partial: it came without its envelope")
    } else {
      return
    }
    table.rules += [Action.allow, .deny(.drop)].map { action in
      Rule(
        name: "(not in the export)", match: Match([.requires(condition)]), action: action,
        origin: .implied, position: position)
    }
  }

  // MARK: What is not there

  private func completeness(_ rules: FortiRules) -> [Note] {
    var notes: [Note] = []
    func count(_ name: String) -> Int { tables.table(name, in: scope).count }
    if scope == nil {
      notes.append(
        Note(.completeness, "the export does not say to which VDOM or package it belongs"))
    }
    let objectTables = ["firewall address", "firewall addrgrp"]
    if !objectTables.contains(where: { tables.has($0, in: scope) }) {
      notes.append(
        Note(
          .completeness,
          "the export has no address objects; give firewall/address and "
            + "firewall/addrgrp as well"))
    }
    if !tables.has("firewall service custom", in: scope) {
      notes.append(
        Note(
          .completeness,
          "the export has no services: predefined ones are read as they come from "
            + "the factory; give firewall.service/custom and firewall.service/group as well"))
    }
    if firewallPolicies.isEmpty, tables.has("firewall policy", in: scope) {
      notes.append(Note(.reading, "the scope has no firewall policy: all its traffic is denied"))
    }
    let localIn = count("firewall local-in-policy") + count("firewall local-in-policy6")
    if localIn > 0 {
      notes.append(
        Note(
          .reading,
          "\(localIn) local-in policies are left out: they concern traffic to the "
            + "FortiGate itself"))
    }
    if count("firewall central-snat-map") > 0 {
      notes.append(
        Note(
          .reading,
          "central source translation changes the address under which clients go out, "
            + "not whether they may"))
    }
    if count("firewall proxy-policy") > 0 {
      notes.append(
        Note(
          .unmodelled,
          "proxy policies are not read: clients of the explicit proxy are judged by "
            + "firewall policies here"))
    }
    if count("firewall DoS-policy") + count("firewall DoS-policy6") > 0 {
      notes.append(Note(.advisory, "DoS policies can stop traffic that the policies allow"))
    }
    if count("router policy") > 0 {
      notes.append(
        Note(
          .advisory,
          "policy routes may send clients out by another interface than the default "
            + "route"))
    }
    return notes
  }
}
