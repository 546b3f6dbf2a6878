import ImportKit

/// What acts before the policies: access lists, captive portals, policy routes, tables that nobody
/// knows.
struct FortiStagesAhead {
  let tables: FortiTables
  let scope: String?
  let draft: PolicyDraft

  func add(
    _ rules: inout FortiRules, _ zones: FortiZones, policies: [FortiEntry]
  ) -> [Stage] {
    unknownTables() + accessLists(&rules, zones) + captivePortals(&rules, zones, policies)
      + policyRoutes(&rules, zones)
  }

  private func unknownTables() -> [Stage] {
    let mine = tables.unknownTables.filter { $0.scope == nil || $0.scope == scope || scope == nil }
    guard let first = mine.first else { return [] }
    let names = mine.prefix(3).map { "`\($0.name)`" }.joined(separator: ", ")
    draft.policy.tables.append(
      Table(
        name: "unknown tables",
        rules: draft.gap(
          "the export has tables that are not known: \(names)", kind: .unmodelled,
          at: first.position),
        defaultAction: DefaultAction(.allow, name: "goes on")))
    return [Stage(table: "unknown tables", isAuxiliary: true)]
  }

  // MARK: Access lists

  /// Access lists drop early, before any policy is looked at.
  private func accessLists(_ rules: inout FortiRules, _ zones: FortiZones) -> [Stage] {
    var stages: [Stage] = []
    for (name, space, family) in [
      ("firewall acl", FortiObjects.Space.v4, AddressFamily.ipv4),
      ("firewall acl6", .v6, .ipv6),
    ] {
      let entries = tables.table(name, in: scope)
      guard !entries.isEmpty else { continue }
      let list = entries.map { accessRule($0, space, &rules, zones) }
      draft.policy.tables.append(
        Table(
          name: name == "firewall acl" ? "access list" : "IPv6 access list", rules: list,
          defaultAction: DefaultAction(.allow, name: "not in the access list")))
      stages.append(
        Stage(
          table: name == "firewall acl" ? "access list" : "IPv6 access list", families: [family],
          isAuxiliary: true))
    }
    return stages
  }

  private func accessRule(
    _ entry: FortiEntry, _ space: FortiObjects.Space, _ rules: inout FortiRules,
    _ zones: FortiZones
  ) -> Rule {
    var clauses: [Clause] = []
    let interfaces = entry.names("interface").filter { $0 != "any" }
    if !interfaces.isEmpty {
      // Access lists name interfaces where policies name zones of them.
      clauses.append(interfaceClause(interfaces, zones, entry))
      let shared = interfaces.filter { zones.zone(of: $0).isShared }
      if !shared.isEmpty {
        clauses.append(
          .requires(
            draft.doubt(
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
    let isEnabled = entry.flag("status", or: true)
    if let left = entry.leftOver(
      "access list entry \(entry.key)", draft,
      ignoring: FortiIrrelevant.common.union(["fragment": "fragments, which TCP does not need"]))
    {
      clauses.append(.requires(left))
    }
    return Rule(
      name: entry.word("name") ?? "", vendorID: entry.key, enabled: isEnabled != false,
      match: Match(clauses), action: .deny(.drop),
      comment: entry.names("comments").joined(separator: " "), position: entry.position)
  }

  /// Where traffic enters, by the zone of an interface; open where the name is of none.
  private func interfaceClause(
    _ names: [String], _ zones: FortiZones, _ entry: FortiEntry
  ) -> Clause {
    let isKnown = names.allSatisfy { name in
      FortiNames.isName(name)
        && (zones.interfaceNames.isEmpty || zones.interfaceNames.contains(name)
          || zones.zones.contains { $0.name == name })
    }
    guard isKnown, !zones.hasUnknownMembers else {
      return .requires(
        draft.doubt(
          .interfaceBinding, "only what enters by \(names.joined(separator: ", "))",
          at: entry.position))
    }
    return .from(ZoneList(names.map { zones.zone(of: $0).name }))
  }

  // MARK: Captive portals

  /// `set security-mode captive-portal` on an interface: "users must authenticate before any policy
  /// lets them through", but for policies with `captive-portal-exempt` and the interface's exempt
  /// list. Sources: community.fortinet.com ta-p/197111 and ta-p/192275.
  private func captivePortals(
    _ rules: inout FortiRules, _ zones: FortiZones, _ policies: [FortiEntry]
  ) -> [Stage] {
    let guarded = tables.table("system interface", in: scope).compactMap { entry in
      doubt(about: entry).map { (entry: entry, doubt: $0) }
    }
    guard let first = guarded.first?.entry else { return [] }
    var list: [Rule] = []
    for (entry, doubt) in guarded {
      var clauses: [Clause] = [.requires(doubt)]
      let zone = zones.zone(of: entry.key)
      if FortiNames.isName(entry.key) {
        clauses.insert(.from(ZoneList([zone.name])), at: 0)
      }
      list.append(
        Rule(
          name: "captive portal on \(entry.key)", match: Match(clauses), action: .deny(.reject),
          origin: .implied, position: entry.position))
    }
    draft.note(
      .advisory,
      "a captive portal lets clients through after they log in; policies with captive-portal-exempt "
        + "and exempt lists are not looked at", at: first.position)
    draft.policy.tables.append(
      Table(
        name: "captive portal", rules: list,
        defaultAction: DefaultAction(.allow, name: "no captive portal")))
    return [Stage(table: "captive portal", isAuxiliary: true)]
  }

  /// Why an interface may keep clients back; nil where it does not.
  private func doubt(about entry: FortiEntry) -> Condition? {
    let mode = entry.word("security-mode")
    // Anything but `none` keeps clients back until they have shown who they are.
    if entry.has("security-mode"), !["none", "0"].contains(mode) {
      return draft.doubt(
        .user,
        "interface `\(entry.key)` lets only known users through (security-mode \(mode ?? ""))",
        at: entry.position)
    }
    return entry.leftOver(
      "interface `\(entry.key)`", draft, ignoring: FortiInterfaceSettings.irrelevant)
  }

  // MARK: Policy routes

  /// A policy route with the action `deny` only leaves the decision to the routing table ("stop
  /// policy routing"), so nothing is discarded; those that name a way out send clients past the zone
  /// that is judged. Source: docs.fortinet.com, Administration Guide, "Policy routes".
  private func policyRoutes(_ rules: inout FortiRules, _ zones: FortiZones) -> [Stage] {
    let routes = tables.table("router policy", in: scope).filter {
      $0.flag("status", or: true) != false
    }
    guard let first = routes.first else { return [] }
    draft.note(
      .advisory,
      "\(routes.count) policy routes may send clients out by another interface than the default "
        + "route", at: first.position)
    return []
  }
}
