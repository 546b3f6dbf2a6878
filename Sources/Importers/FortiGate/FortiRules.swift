import ImportKit

/// Translates policies into rules. A policy for both address families becomes a rule for each.
struct FortiRules {
  var objects: FortiObjects
  var gates = FortiGates()
  var inspection = FortiInspection()
  /// What decides about decryption, a rule for every policy in their order.
  private(set) var inspectionRules: [Rule] = []
  let settings: FortiEntry?
  /// Whether the inspection mode is that of the VDOM, as before FortiOS 6.2.
  let modeIsGlobal: Bool?

  init(objects: FortiObjects, settings: FortiEntry?, version: String) {
    self.objects = objects
    self.settings = settings
    let numbers = version.split(separator: ".").compactMap { Int($0) }
    modeIsGlobal = numbers.count >= 2 ? (numbers[0], numbers[1]) < (6, 2) : nil
  }

  /// The kinds of policy tables.
  enum Kind {
    case policy
    /// IPv6 policies before FortiOS 6.4, whose address settings carry no 6.
    case policy6
    /// Policies of the policy-based mode that select traffic for inspection; they never deny.
    case selection
    case security
  }

  mutating func rules(for policy: FortiEntry, kind: Kind, installHint: Bool) -> [Rule] {
    if let block = policy.word("_policy_block"), block != "0", !policy.has("srcaddr") {
      return unknownRules(
        policy,
        Condition(.unresolved, "the policies of policy block \(block) are not in the export"))
    }
    let common = commonClauses(policy, kind: kind, installHint: installHint)
    let matches = families(of: policy, kind: kind).map { family in
      common.before + family.clauses + common.after
    }
    guard let action = action(of: policy, kind: kind) else {
      let word = policy.word("action") ?? ""
      let what =
        word == "ipsec" || word == "2"
        ? "the policy sends traffic into the VPN tunnel `\(policy.word("vpntunnel") ?? "")`, and what "
          + "lies behind it is not in the export"
        : "the action `\(word)` is not known"
      objects.note(.unmodelled, what, at: policy.position)
      return matches.flatMap { unknownRules(policy, Condition(.unmodelled, what), $0) }
    }
    inspect(policy, kind: kind, matches: matches, accepts: action != .deny(.drop))
    return matches.map { rule(policy, clauses: $0, action: action) }
  }

  private func rule(_ policy: FortiEntry, clauses: [Clause], action: Action) -> Rule {
    Rule(
      name: policy.word("name") ?? "", vendorID: policy.word("policyid") ?? policy.key,
      enabled: !policy.isOff("status"), match: Match(clauses), action: action,
      comment: policy.names("comments").joined(separator: " "), position: policy.position)
  }

  /// What is not known may allow as well as deny.
  private func unknownRules(
    _ policy: FortiEntry, _ condition: Condition, _ clauses: [Clause] = []
  ) -> [Rule] {
    [Action.allow, .deny(.drop)].map { action in
      var rule = rule(policy, clauses: clauses + [.requires(condition)], action: action)
      if action == .allow { rule.origin = .implied }
      return rule
    }
  }

  // MARK: Match

  private mutating func commonClauses(
    _ policy: FortiEntry, kind: Kind, installHint: Bool
  ) -> (before: [Clause], after: [Clause]) {
    var before: [Clause] = []
    let sources = policy.names("srcintf")
    let targets = policy.names("dstintf")
    if !sources.isEmpty, !sources.contains("any") { before.append(.from(ZoneList(sources))) }
    if !targets.isEmpty, !targets.contains("any") { before.append(.to(ZoneList(targets))) }
    var after: [Clause] = []
    for name in policy.names("schedule") {
      if let clause = objects.schedule(name, at: policy.position) { after.append(clause) }
    }
    if policy.isOn("policy-expiry") {
      let date = policy.names("policy-expiry-date").joined(separator: " ")
      after.append(.requires(Condition(.schedule, "in force until \(date)")))
    }
    after += personClauses(policy)
    after += installClauses(policy, hint: installHint)
    after += oddClauses(policy)
    if kind == .security { after += applicationClauses(policy) }
    return (before, after)
  }

  private func personClauses(_ policy: FortiEntry) -> [Clause] {
    let names = policy.names("users") + policy.names("groups") + policy.names("fsso-groups")
    var clauses: [Clause] = []
    // "By default, unauthenticated traffic is permitted to fall to the next policy." Source:
    // docs.fortinet.com, FortiOS 6.2 Cookbook, "Authentication policy extensions".
    if !names.isEmpty {
      let shown = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
      clauses.append(.requires(Condition(.user, "only for \(shown)")))
    }
    if policy.isOn("disclaimer") {
      clauses.append(.requires(Condition(.user, "only after a disclaimer was accepted")))
    }
    let tags = policy.names("ztna-ems-tag") + policy.names("ztna-ems-tag-secondary")
    if policy.isOn("ztna-status") || !tags.isEmpty {
      clauses.append(
        .requires(
          Condition(.user, "only for devices with the tags \(tags.joined(separator: ", "))")))
    }
    let devices = policy.names("devices") + policy.names("src-vendor-mac")
    if !devices.isEmpty {
      clauses.append(
        .requires(Condition(.user, "only for devices \(devices.prefix(3).joined(separator: ", "))"))
      )
    }
    return clauses
  }

  /// Where FortiManager installs a policy. An absent `scope member` means every target, unless the
  /// export shows by `obj flags` that others have one; an empty one means none. Source:
  /// github.com/jpforcioli/github_howto_jsonrpc_api, 008_policy_package_management.rst.
  private func installClauses(_ policy: FortiEntry, hint: Bool) -> [Clause] {
    guard let json = policy.json else { return [] }
    if let member = json["scope member"], member.isArray {
      if member.count == 0 { return [.never("the policy is installed on no device")] }
      let names = member.elements.compactMap { element in
        element["name"]?.string.map { name in
          name + (element["vdom"]?.string.map { "/\($0)" } ?? "")
        }
      }
      return [
        .requires(
          Condition(.interfaceBinding, "installed only on \(names.joined(separator: ", "))"))
      ]
    }
    guard hint, json["obj flags"] == nil else { return [] }
    return [
      .requires(
        Condition(
          .interfaceBinding, "installed on no device, as it seems: `Install On` may be empty"))
    ]
  }

  /// Settings that narrow a policy in ways that the export cannot decide.
  private func oddClauses(_ policy: FortiEntry) -> [Clause] {
    var clauses: [Clause] = []
    if let level = policy.word("reputation-minimum"), level != "0" {
      clauses.append(
        .requires(
          Condition(.vendorTag, "only for addresses with the reputation \(level) or better")))
    }
    if let mask = policy.word("tos-mask"), mask != "0x00", mask != "0" {
      clauses.append(.requires(Condition(.unmodelled, "only for type of service \(mask)")))
    }
    if let filter = policy.word("vlan-filter") {
      clauses.append(.requires(Condition(.interfaceBinding, "only for VLANs \(filter)")))
    }
    if policy.isOn("sgt-check") {
      clauses.append(.requires(Condition(.user, "only for certain security group tags")))
    }
    for name in policy.names("network-service-dynamic") {
      clauses.append(.requires(Condition(.externalList, "dynamic network service `\(name)`")))
    }
    return clauses
  }

  /// Applications and categories of a security policy (policy-based mode).
  private func applicationClauses(_ policy: FortiEntry) -> [Clause] {
    let applications =
      policy.values("application").filter { $0 != "0" }.map { "application \($0)" }
      + policy.values("app-category").map { "category \($0)" }
      + policy.names("app-group").map { "group \($0)" }
    let categories = policy.values("url-category").filter { $0 != "0" }
    var clauses: [Clause] = []
    switch (applications.isEmpty, categories.isEmpty) {
    case (true, true): break
    case (false, true): clauses.append(.application(applications))
    case (true, false):
      clauses.append(
        .destination(EndpointList(categories.map { .category("FortiGuard \($0)") })))
    case (false, false):
      let shown = (applications + categories.map { "URL category \($0)" }).prefix(4)
      clauses.append(
        .requires(
          Condition(.application, "only for \(shown.joined(separator: ", "))")))
    }
    if policy.names("service").isEmpty, !policy.isOff("enforce-default-app-port") {
      clauses.append(
        .requires(
          Condition(
            .application, "only on ports that are the default of the application recognised")))
    }
    return clauses
  }

  /// The clauses for one address family.
  private struct Family {
    var clauses: [Clause]
  }

  private struct Side {
    let space: FortiObjects.Space
    let family: AddressFamily
    let source: StaticString
    let target: StaticString
    let service: String
  }

  private mutating func families(of policy: FortiEntry, kind: Kind) -> [Family] {
    let sides: [Side]
    if kind == .policy6 {
      sides = [Side(space: .v6, family: .ipv6, source: "srcaddr", target: "dstaddr", service: "")]
    } else {
      let consolidated = policy.has("srcaddr4") || policy.has("dstaddr4")
      sides = [
        Side(
          space: .v4, family: .ipv4, source: consolidated ? "srcaddr4" : "srcaddr",
          target: consolidated ? "dstaddr4" : "dstaddr", service: "internet-service"),
        Side(
          space: .v6, family: .ipv6, source: "srcaddr6", target: "dstaddr6",
          service: "internet-service6"),
      ]
    }
    var result: [Family] = []
    for side in sides {
      if let clauses = clauses(for: side, of: policy) { result.append(Family(clauses: clauses)) }
    }
    if result.isEmpty {
      objects.note(.unresolved, "the policy has no source or no destination", at: policy.position)
      let missing = Condition(
        .unresolved, "the policy has no source or no destination in the export")
      result = [Family(clauses: [.requires(missing)] + serviceClauses(policy, byInternet: false))]
    }
    return result
  }

  /// Nil where the policy says nothing about the family.
  private mutating func clauses(for side: Side, of policy: FortiEntry) -> [Clause]? {
    let sources = policy.names(side.source)
    let targets = policy.names(side.target)
    let six = side.service == "internet-service6"
    let byInternet =
      !side.service.isEmpty && policy.isOn(six ? "internet-service6" : "internet-service")
    let fromInternet =
      !side.service.isEmpty && policy.isOn(six ? "internet-service6-src" : "internet-service-src")
    guard byInternet || !targets.isEmpty, fromInternet || !sources.isEmpty else { return nil }
    var clauses: [Clause] = [.family(side.family)]
    if fromInternet {
      clauses.append(
        .source(
          EndpointList(
            internetServices(policy, six: six, source: true),
            negated: policy.isOn(
              six ? "internet-service6-src-negate" : "internet-service-src-negate"))))
    } else if let list = list(
      sources, side.space,
      negated: policy.isOn("srcaddr-negate") || six && policy.isOn("srcaddr6-negate"), policy)
    {
      clauses.append(.source(list))
    }
    if byInternet {
      // "When enabled, destination address and service are not used." Source: docs.fortinet.com,
      // FortiOS CLI Reference, config firewall policy, internet-service.
      clauses.append(
        .destination(
          EndpointList(
            internetServices(policy, six: six, source: false),
            negated: policy.isOn(six ? "internet-service6-negate" : "internet-service-negate"))))
    } else if let list = list(
      targets, side.space,
      negated: policy.isOn("dstaddr-negate") || six && policy.isOn("dstaddr6-negate"), policy)
    {
      clauses.append(.destination(list))
    }
    return clauses + serviceClauses(policy, byInternet: byInternet)
  }

  private mutating func list(
    _ names: [String], _ space: FortiObjects.Space, negated: Bool, _ policy: FortiEntry
  ) -> EndpointList? {
    let terms = names.map { objects.address($0, space, at: policy.position) }
    if terms.contains(.any), !negated { return nil }
    return EndpointList(terms, negated: negated)
  }

  /// Lists of addresses and ports that Fortinet maintains, by whatever setting names them.
  private mutating func internetServices(
    _ policy: FortiEntry, six: Bool, source: Bool
  ) -> [EndpointTerm] {
    let names: [StaticString] =
      switch (six, source) {
      case (false, false):
        [
          "internet-service-name", "internet-service-id", "internet-service-group",
          "internet-service-fortiguard",
        ]
      case (false, true):
        [
          "internet-service-src-name", "internet-service-src-id", "internet-service-src-group",
          "internet-service-src-fortiguard",
        ]
      case (true, false):
        ["internet-service6-name", "internet-service6-group", "internet-service6-fortiguard"]
      case (true, true):
        [
          "internet-service6-src-name", "internet-service6-src-group",
          "internet-service6-src-fortiguard",
        ]
      }
    let custom: [StaticString] =
      switch (six, source) {
      case (false, false): ["internet-service-custom", "internet-service-custom-group"]
      case (false, true): ["internet-service-src-custom", "internet-service-src-custom-group"]
      case (true, false): ["internet-service6-custom", "internet-service6-custom-group"]
      case (true, true): ["internet-service6-src-custom", "internet-service6-src-custom-group"]
      }
    var terms: [EndpointTerm] = names.flatMap { policy.names($0) }
      .map { .tag("internet service \($0)") }
    for name in custom.flatMap({ policy.names($0) }) {
      terms.append(
        .condition(
          Condition(.unmodelled, "custom Internet service `\(name)`: pairs of addresses and ports"))
      )
    }
    if terms.isEmpty {
      objects.note(.unresolved, "the policy names no Internet service", at: policy.position)
      terms = [.condition(Condition(.unresolved, "the policy names no Internet service"))]
    }
    return terms
  }

  private mutating func serviceClauses(_ policy: FortiEntry, byInternet: Bool) -> [Clause] {
    guard !byInternet else { return [] }
    let names = policy.names("service").filter { $0 != "App Default" }
    guard !names.isEmpty else { return [] }
    let terms = names.map { objects.service($0, at: policy.position) }
    let negated = policy.isOn("service-negate")
    if terms.contains(.any), !negated { return [] }
    return [.service(ServiceList(terms, negated: negated))]
  }

  // MARK: Action

  /// Nil for an action that is not known, and for one that leads into a VPN tunnel.
  private mutating func action(of policy: FortiEntry, kind: Kind) -> Action? {
    // In policy-based mode the firewall policy only selects: "There is no schedule or action
    // options". Source: docs.fortinet.com, FortiOS 6.2.1 New Features, "NGFW policy mode".
    if kind == .selection { return .allow }
    // FortiOS leaves the default out of its text, and the default is to deny.
    switch policy.word("action") ?? "deny" {
    case "deny", "0": return .deny(policy.isOn("send-deny-packet") ? .reject : .drop)
    case "accept", "1", "learn": return .allow(gates: gates(of: policy, kind: kind))
    default: return nil
    }
  }

  private mutating func gates(of policy: FortiEntry, kind: Kind) -> [String] {
    var result: [String] = []
    if policy.isOn("http-policy-redirect") {
      result.append(gates.proxyGate("the policy redirects web traffic to the proxy", at: policy))
    } else if let server = policy.word("webproxy-forward-server") {
      result.append(gates.proxyGate("web traffic goes on to the proxy `\(server)`", at: policy))
    }
    let source = profiles(of: policy)
    guard let source else { return result }
    let level = inspection.level(
      of: source.word("ssl-ssh-profile") ?? policy.word("ssl-ssh-profile"), at: policy,
      objects: &objects)
    // In policy-based mode the selecting policy inspects, so security policies see the host.
    let sight: FortiGates.Sight = level == .none && kind != .security ? .none : .host
    return result
      + gates.gates(of: source, mode: mode(of: policy), sight: sight, objects: &objects)
  }

  /// Where a policy's profiles stand: in itself, in a group of profiles, or nowhere while the
  /// switch for them is off.
  private mutating func profiles(of policy: FortiEntry) -> FortiEntry? {
    // Text leaves the switch out where it is off; JSON always has it.
    if policy.isOff("utm-status") || policy.json == nil && !policy.isOn("utm-status") { return nil }
    guard let type = policy.word("profile-type"), type == "group" || type == "1",
      let name = policy.word("profile-group")
    else { return policy }
    guard let group = objects.find(name, in: "firewall profile-group") else {
      objects.note(.unresolved, "profile group `\(name)` is not in the export", at: policy.position)
      return policy
    }
    return group
  }

  private func mode(of policy: FortiEntry) -> FortiNames.Mode? {
    if let word = policy.word("inspection-mode") { return FortiNames.Mode(rawValue: word) }
    switch modeIsGlobal {
    case true?: return FortiNames.Mode(rawValue: settings?.word("inspection-mode") ?? "proxy")
    // Since FortiOS 6.2 the mode is the policy's own, and flow is the default.
    case false?: return .flow
    case nil: return nil
    }
  }

  // MARK: Inspection

  /// Adds what a policy decides about decryption; every policy takes part, since the first that
  /// matches decides.
  private mutating func inspect(
    _ policy: FortiEntry, kind: Kind, matches: [[Clause]], accepts: Bool
  ) {
    guard kind != .security else { return }
    var action = Action.bypass
    var doubt: Condition?
    let source = kind == .selection ? policy : profiles(of: policy)
    if accepts, let source {
      switch inspection.level(
        of: source.word("ssl-ssh-profile"), at: policy, objects: &objects)
      {
      case .none, .certificate: break
      case .deep(let table): action = .goto(table)
      case .unknown(let why):
        action = .inspect
        doubt = Condition(.unresolved, why)
      }
      if action != .bypass, kind != .selection, doubt == nil, !Self.asksForContents(source) {
        doubt = Condition(
          .unmodelled, "the policy has deep inspection, but no security profile that needs it")
      }
    }
    for clauses in matches {
      let conditions = doubt.map { [Clause.requires($0)] } ?? []
      inspectionRules.append(
        Rule(
          name: policy.word("name") ?? "", vendorID: policy.word("policyid") ?? policy.key,
          enabled: !policy.isOff("status"), match: Match(clauses + conditions), action: action,
          origin: .implied, position: policy.position))
      if doubt != nil {
        // If the doubt does not come true, the policy still matches and nothing is decrypted.
        inspectionRules.append(
          Rule(
            name: policy.word("name") ?? "", vendorID: policy.word("policyid") ?? policy.key,
            enabled: !policy.isOff("status"), match: Match(clauses), action: .bypass,
            origin: .implied, position: policy.position))
      }
    }
  }

  private static func asksForContents(_ source: FortiEntry) -> Bool {
    let names: [StaticString] = [
      "webfilter-profile", "av-profile", "ips-sensor", "application-list", "dlp-sensor",
      "dlp-profile", "file-filter-profile", "emailfilter-profile", "casb-profile", "icap-profile",
      "waf-profile", "videofilter-profile",
    ]
    return names.contains { source.word($0) != nil }
  }
}
