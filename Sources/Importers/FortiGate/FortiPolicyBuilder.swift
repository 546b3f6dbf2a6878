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
    let doubts = Doubts()
    doubts.add(tables.doubts.notes)
    let draft = PolicyDraft(
      Policy(scope: scope ?? "policy", format: "fortigate", productVersion: tables.version),
      doubts: doubts)
    let settings = tables.table("system settings", in: scope).first
    let security = tables.table("firewall security-policy", in: scope)
    // A unit in profile-based mode has no security policies.
    let isPolicyBased =
      switch settings?.word("ngfw-mode") {
      case "policy-based", "1": true
      case "profile-based", "0": false
      // What no word says, the tables show.
      default: !security.isEmpty
      }
    let plain = firewallPolicies
    let zones = FortiZones(
      tables: tables, scope: scope ?? "",
      policies: plain + tables.table("firewall policy6", in: scope) + security, draft: draft)
    var rules = FortiRules(
      objects: FortiObjects(tables: tables, scope: scope, draft: draft), settings: settings,
      version: tables.version, interfaces: zones.names(tables, scope ?? ""))
    let ahead = FortiStagesAhead(tables: tables, scope: scope, draft: draft)
    var stages = ahead.add(&rules, zones, policies: plain)
    let hint = plain.contains { $0.json?["obj flags"] != nil }
    let name = isPolicyBased ? "selecting policies" : "policies"
    addPolicies(
      name, plain, kind: isPolicyBased ? .selection : .policy, hint, &rules, isPolicyBased)
    if tables.has("firewall policy6", in: scope) {
      // Before FortiOS 6.4 IPv6 has policies of its own.
      addTable(
        "IPv6 policies", "firewall policy6", tables.table("firewall policy6", in: scope),
        kind: .policy6, false, &rules)
      stages.append(Stage(table: name, families: [.ipv4]))
      stages.append(Stage(table: "IPv6 policies", families: [.ipv6]))
    } else {
      stages.append(Stage(table: name))
    }
    if isPolicyBased {
      addTable(
        "security policies", "firewall security-policy", security, kind: .security, hint, &rules)
      stages.append(Stage(table: "security policies"))
    }
    completeness(draft)
    rules.objects.finish()
    draft.policy.tables += rules.gates.tables
    var inspection: String?
    if rules.inspection.decrypts {
      inspection = "SSL inspection"
      draft.policy.tables.append(
        Table(
          name: "SSL inspection", kind: .inspection, rules: rules.inspectionRules,
          defaultAction: DefaultAction(.deny, name: "not decrypted")))
      draft.policy.tables += rules.inspection.tables
    }
    draft.policy.pipelines = [
      Pipeline(traffic: .forwarded, mode: .allOf, stages: stages, inspection: inspection)
    ]
    draft.policy.zones = zones.zones
    draft.policy.proposals = zones.proposals
    var policy = draft.finish()
    policy.proposals = SourceProposals.narrowed(policy)
    return policy
  }

  /// The table of the firewall policies; where it is not in the export, a part that is missing.
  private func addPolicies(
    _ name: String, _ plain: [FortiEntry], kind: FortiRules.Kind, _ hint: Bool,
    _ rules: inout FortiRules, _ isPolicyBased: Bool
  ) {
    let hasPlain = FortiTables.policyTables.contains {
      $0 != "firewall policy6" && $0 != "firewall security-policy" && tables.has($0, in: scope)
    }
    guard !hasPlain, isPolicyBased else {
      addTable(name, "firewall policy", plain, kind: kind, hint, &rules)
      guard !hasPlain else { return }
      rules.draft.note(
        .completeness, "the export has no IPv4 policies; give firewall/policy as well")
      let last = rules.draft.policy.tables.count - 1
      rules.draft.policy.tables[last].defaultAction = DefaultAction(
        .none, name: "IPv4 policies are not in the export")
      return
    }
    let gap = rules.draft.gap(
      "firewall/policy is not in the export; it selects what the security policies judge",
      at: tables.table("firewall security-policy", in: scope).first?.position
        ?? SourcePosition(line: 0))
    rules.draft.policy.tables.append(
      Table(
        name: name, rules: gap,
        defaultAction: DefaultAction(.allow, name: "goes on to the security policies")))
  }

  private func addTable(
    _ name: String, _ table: String, _ entries: [FortiEntry], kind: FortiRules.Kind, _ hint: Bool,
    _ rules: inout FortiRules
  ) {
    var list: [Rule] = []
    let key = [
      FortiTables.Key(scope: scope, table: table), FortiTables.Key(scope: nil, table: table),
    ]
    if let strange = key.lazy.compactMap({ tables.strangeTables[$0] }).first {
      list += rules.draft.gap(
        "`\(strange.text)` in the table `\(table)` is not understood: policies may stand "
          + "otherwise", kind: .notInForce, name: "(\(strange.text))", at: strange.position)
    }
    list += entries.flatMap { rules.rules(for: $0, kind: kind, installHint: hint) }
    list += cut(table, rules.draft)
    rules.draft.policy.tables.append(
      Table(
        name: name, rules: list,
        defaultAction: DefaultAction(.deny, name: "implicit deny (policy 0)")))
  }

  /// The policies in order: FortiManager puts those of the global domain around a package's own.
  private var firewallPolicies: [FortiEntry] {
    tables.table("global header policy", in: scope) + tables.table("firewall policy", in: scope)
      + tables.table("firewall consolidated policy", in: scope)
      + tables.table("global footer policy", in: scope)
  }

  /// Where an answer was cut, policies that are not in it may allow as well as deny.
  private func cut(_ name: String, _ draft: PolicyDraft) -> [Rule] {
    let keys = [
      FortiTables.Key(scope: scope, table: name), FortiTables.Key(scope: nil, table: name),
    ]
    if let position = keys.lazy.compactMap({ tables.cutTables[$0] }).first {
      return draft.gap(
        "the answer holds a part of the table `\(name)` only: further policies are not in the "
          + "export; ask again without a limit", at: position)
    }
    if let position = keys.lazy.compactMap({ tables.bareTables[$0] }).first {
      return draft.gap(
        "the policies came without the envelope of the API answer, so the list may be partial; give "
          + "the whole answer", at: position)
    }
    return []
  }

  // MARK: What is not there

  private func completeness(_ draft: PolicyDraft) {
    func count(_ name: String) -> Int { tables.table(name, in: scope).count }
    if scope == nil {
      draft.note(.completeness, "the export does not say to which VDOM or package it belongs")
    }
    let objectTables = ["firewall address", "firewall addrgrp"]
    if !objectTables.contains(where: { tables.has($0, in: scope) }) {
      draft.note(
        .completeness,
        "the export has no address objects; give firewall/address and "
          + "firewall/addrgrp as well")
    }
    if !tables.has("firewall service custom", in: scope) {
      draft.note(
        .completeness,
        "the export has no services: predefined ones are read as they come from "
          + "the factory; give firewall.service/custom and firewall.service/group as well")
    }
    if firewallPolicies.isEmpty, tables.has("firewall policy", in: scope) {
      draft.note(.reading, "the scope has no firewall policy: all its traffic is denied")
    }
    let localIn = count("firewall local-in-policy") + count("firewall local-in-policy6")
    if localIn > 0 {
      draft.note(
        .reading,
        "\(localIn) local-in policies are left out: they concern traffic to the "
          + "FortiGate itself")
    }
    if count("firewall central-snat-map") > 0 {
      draft.note(
        .reading,
        "central source translation changes the address under which clients go out, "
          + "not whether they may")
    }
    if count("firewall proxy-policy") > 0 {
      draft.note(
        .unmodelled,
        "proxy policies are not read: clients of the explicit proxy are judged by "
          + "firewall policies here")
    }
    if count("firewall DoS-policy") + count("firewall DoS-policy6") > 0 {
      draft.note(.advisory, "DoS policies can stop traffic that the policies allow")
    }
    if count("router policy") > 0 {
      draft.note(
        .advisory,
        "policy routes may send clients out by another interface than the default "
          + "route")
    }
  }
}
