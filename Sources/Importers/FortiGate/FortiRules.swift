import ImportKit

/// Translates policies into rules. A policy for both address families becomes a rule for each.
struct FortiRules {
  var objects: FortiObjects
  var gates: FortiGates
  var inspection = FortiInspection()
  /// What decides about decryption, a rule for every policy in their order.
  var inspectionRules: [Rule] = []
  let settings: FortiEntry?
  /// Whether the inspection mode is that of the VDOM, as before FortiOS 6.2.
  let modeIsGlobal: Bool?
  /// Names that policies may use for interfaces; nil where the export does not list them.
  let interfaces: Set<String>?

  var draft: PolicyDraft { objects.draft }

  init(
    objects: FortiObjects, settings: FortiEntry?, version: String, interfaces: Set<String>?
  ) {
    self.objects = objects
    self.settings = settings
    self.interfaces = interfaces
    gates = FortiGates(draft: objects.draft)
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
      return draft.gap(
        "the policies of policy block \(block) are not in the export", name: "block \(block)",
        at: policy.position)
    }
    // Switches that are neither on nor off stay unread, and so a doubt, whether they are looked at
    // below or not; settings of what an accepting policy inspects say nothing where it denies.
    for name in Self.switches { _ = policy.flag(name) }
    policy.ignore("inspection-mode", "http-policy-redirect", "webproxy-forward-server")
    policy.ignore("profile-type", "profile-group", "ssl-ssh-profile")
    policy.ignore("webfilter-profile", "application-list", "dnsfilter-profile")
    let common = commonClauses(policy, kind: kind, installHint: installHint)
    let matches = families(of: policy, kind: kind).map { family in
      common.before + family.clauses + common.after
    }
    let areProfilesOdd = policy.flag("utm-status", or: policy.json != nil) == nil
    let action = areProfilesOdd ? nil : action(of: policy, kind: kind)
    let doubt = action == nil ? actionDoubt(policy, areProfilesOdd) : nil
    let rest = [
      enabledDoubt(policy),
      policy.leftOver(
        "policy \(Self.title(policy))", draft, ignoring: FortiIrrelevant.policy),
    ].compactMap { $0 }.map { Clause.requires($0) }
    // Where something is left over, the action may be among it.
    let isActionLeft = kind != .selection && !policy.has("action") && !rest.isEmpty
    guard let action, !isActionLeft else {
      let doubt = doubt ?? actionDoubt(policy, areProfilesOdd)
      return matches.flatMap { match -> [Rule] in
        return draft.eitherWay(
          rule(policy, clauses: match + rest, action: .allow), because: doubt)
      }
    }
    inspect(policy, kind: kind, matches: matches, accepts: action != .deny(.drop))
    return matches.map { rule(policy, clauses: $0 + rest, action: action) }
  }

  static func title(_ policy: FortiEntry) -> String {
    policy.word("name").map { "`\($0)`" } ?? policy.key
  }

  func rule(_ policy: FortiEntry, clauses: [Clause], action: Action) -> Rule {
    Rule(
      name: policy.word("name") ?? "", vendorID: policy.word("policyid") ?? policy.key,
      enabled: policy.flag("status", or: true) != false, match: Match(clauses), action: action,
      comment: policy.names("comments").joined(separator: " "), position: policy.position)
  }

  /// Whole answers of the API always have the switch; text leaves it out where it is on.
  func enabledDoubt(_ policy: FortiEntry) -> Condition? {
    let isMissing = policy.json != nil && !policy.has("status")
    guard isMissing || policy.flag("status", or: true) == nil else { return nil }
    return draft.doubt(
      .notInForce,
      "whether policy \(Self.title(policy)) is enabled is not in the export"
        + (isMissing ? "; ask without fields or format" : ""), at: policy.position)
  }

  private static let switches = [
    "srcaddr-negate", "dstaddr-negate", "srcaddr6-negate", "dstaddr6-negate", "service-negate",
    "internet-service", "internet-service-negate", "internet-service-src",
    "internet-service-src-negate", "internet-service6", "internet-service6-negate",
    "internet-service6-src", "internet-service6-src-negate", "utm-status", "send-deny-packet",
    "wccp", "learning-mode", "disclaimer", "enforce-default-app-port",
  ]

  /// Why the action of a policy is open.
  func actionDoubt(_ policy: FortiEntry, _ areProfilesOdd: Bool) -> Condition {
    if areProfilesOdd {
      return draft.doubt(
        .notInForce,
        "whether the profiles of policy \(Self.title(policy)) are in force is not readable",
        at: policy.position)
    }
    guard let word = policy.word("action") else {
      return draft.doubt(
        .unresolved,
        "policy \(Self.title(policy)) is given with some fields only; ask without fields or format",
        at: policy.position)
    }
    return draft.doubt(
      .unmodelled,
      word == "ipsec" || word == "2"
        ? "the policy sends traffic into the VPN tunnel `\(policy.word("vpntunnel") ?? "")`, and what "
          + "lies behind it is not in the export" : "the action `\(word)` is not known",
      at: policy.position)
  }

  // MARK: Match

  mutating func commonClauses(
    _ policy: FortiEntry, kind: Kind, installHint: Bool
  ) -> (before: [Clause], after: [Clause]) {
    var before: [Clause] = []
    for (setting, isSource) in [("srcintf", true), ("dstintf", false)] {
      let names = policy.names(setting)
      guard !names.isEmpty, !names.contains("any") else {
        // Whole answers name the interfaces.
        if names.isEmpty, policy.json != nil, kind != .selection || !policy.has(setting) {
          before.append(
            .requires(
              draft.doubt(
                .unresolved,
                "policy \(Self.title(policy)) has no `\(setting)` in the export",
                at: policy.position)))
        }
        continue
      }
      if let odd = names.first(where: { !isInterface($0) }) {
        before.append(
          .requires(
            draft.doubt(
              .unresolved, "interface `\(odd)` is not in the export", at: policy.position)))
      } else {
        before.append(isSource ? .from(ZoneList(names)) : .to(ZoneList(names)))
      }
    }
    var after: [Clause] = []
    for name in policy.names("schedule") {
      if let clause = objects.schedule(name, at: policy.position) { after.append(clause) }
    }
    let expiry = policy.values("policy-expiry-date")
    policy.ignore("policy-expiry-date-utc")
    if policy.isOn("policy-expiry") {
      if let until = FortiObjects.localTime(expiry) {
        after.append(
          .period(
            Period(from: nil, until: until, name: "expiry of policy \(Self.title(policy))")))
      } else {
        after.append(
          .requires(
            draft.doubt(.schedule, "in force until \(expiry.joined(separator: " "))")))
      }
    }
    after += personClauses(policy)
    after += installClauses(policy, hint: installHint)
    after += oddClauses(policy)
    if kind == .security { after += applicationClauses(policy) }
    return (before, after)
  }

  /// Whether a name in `srcintf` or `dstintf` can be that of an interface.
  func isInterface(_ name: String) -> Bool {
    guard FortiNames.isName(name) else { return false }
    guard let interfaces else { return true }
    // SSL VPN, modems and the like have interfaces that no table lists.
    return interfaces.contains(name) || name.hasPrefix("ssl.") || name.hasSuffix(".root")
  }

  func personClauses(_ policy: FortiEntry) -> [Clause] {
    let names =
      policy.names("users") + policy.names("groups") + policy.names("fsso-groups")
      + policy.names("scim-users") + policy.names("scim-groups")
    var clauses: [Clause] = []
    // "By default, unauthenticated traffic is permitted to fall to the next policy." Source:
    // docs.fortinet.com, FortiOS 6.2 Cookbook, "Authentication policy extensions".
    if !names.isEmpty {
      let shown = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
      clauses.append(.requires(draft.doubt(.user, "only for \(shown)")))
    }
    if policy.isOn("disclaimer") {
      clauses.append(.requires(draft.doubt(.user, "only after a disclaimer was accepted")))
    }
    let tags =
      policy.names("ztna-ems-tag") + policy.names("ztna-ems-tag-secondary")
      + policy.names("ztna-geo-tag")
    policy.ignore(
      "ztna-tags-match-logic", "ztna-ems-tag-negate", "ztna-device-ownership",
      "ztna-policy-redirect")
    if policy.isOn("ztna-status") || !tags.isEmpty
      || policy.has("ztna-status") && policy.flag("ztna-status") == nil
    {
      clauses.append(
        .requires(
          draft.doubt(.user, "only for devices with the tags \(tags.joined(separator: ", "))")))
    }
    let devices = policy.names("devices") + policy.names("src-vendor-mac")
    if !devices.isEmpty {
      clauses.append(
        .requires(
          draft.doubt(.user, "only for devices \(devices.prefix(3).joined(separator: ", "))")))
    }
    return clauses
  }

  /// Where FortiManager installs a policy. An absent `scope member` means every target, unless the
  /// export shows by `obj flags` that others have one; an empty one means none. Source:
  /// github.com/jpforcioli/github_howto_jsonrpc_api, 008_policy_package_management.rst.
  func installClauses(_ policy: FortiEntry, hint: Bool) -> [Clause] {
    policy.ignore("scope member")
    guard let json = policy.json else { return [] }
    if let scopes = json["scope member"], !scopes.isArray, !scopes.isNull {
      return [
        .requires(
          draft.doubt(
            .interfaceBinding, "where policy \(Self.title(policy)) is installed is not readable"))
      ]
    }
    if let member = json["scope member"], member.isArray {
      if member.count == 0 { return [.never("the policy is installed on no device")] }
      let names = member.elements.compactMap { element in
        element["name"]?.string.map { name in
          name + (element["vdom"]?.string.map { "/\($0)" } ?? "")
        }
      }
      return [
        .requires(
          draft.doubt(.interfaceBinding, "installed only on \(names.joined(separator: ", "))"))
      ]
    }
    guard hint, json["obj flags"] == nil else { return [] }
    return [
      .requires(
        draft.doubt(
          .interfaceBinding, "installed on no device, as it seems: `Install On` may be empty"))
    ]
  }

  /// Settings that narrow a policy in ways that the export cannot decide.
  func oddClauses(_ policy: FortiEntry) -> [Clause] {
    var clauses: [Clause] = []
    for name in ["reputation-minimum", "reputation-minimum6"] {
      guard let level = policy.word(name), level != "0" else { continue }
      clauses.append(
        .requires(
          draft.doubt(.vendorTag, "only for addresses with the reputation \(level) or better")))
    }
    policy.ignore("reputation-direction6", "tos-negate", "dscp-negate")
    if let mask = policy.word("tos-mask"), mask != "0x00", mask != "0" {
      clauses.append(.requires(draft.doubt(.unmodelled, "only for type of service \(mask)")))
    }
    if policy.flag("dscp-match") != false {
      clauses.append(.requires(draft.doubt(.unmodelled, "only for some DSCP value")))
    }
    if let filter = policy.word("vlan-filter") {
      clauses.append(.requires(draft.doubt(.interfaceBinding, "only for VLANs \(filter)")))
    }
    if policy.flag("sgt-check") != false {
      clauses.append(.requires(draft.doubt(.user, "only for certain security group tags")))
    }
    policy.ignore("sgt")
    if policy.flag("match-vip-only") != false {
      clauses.append(
        .requires(
          draft.doubt(.unmodelled, "only for traffic whose destination a virtual IP changed")))
    }
    for name in policy.names("network-service-dynamic")
      + policy.names("network-service-src-dynamic")
    {
      clauses.append(
        .requires(draft.doubt(.externalList, "dynamic network service `\(name)`")))
    }
    return clauses
  }

  /// Applications and categories of a security policy (policy-based mode).
  func applicationClauses(_ policy: FortiEntry) -> [Clause] {
    let applications =
      policy.values("application").filter { $0 != "0" }.map { "application \($0)" }
      + policy.values("app-category").map { "category \($0)" }
      + policy.names("app-group").map { "group \($0)" }
    let categories = policy.values("url-category").filter { $0 != "0" }
    var clauses: [Clause] = []
    // Numbers of applications are no names that a log shows.
    switch (applications.isEmpty, categories.isEmpty) {
    case (true, true): break
    case (true, false):
      clauses.append(
        .destination(EndpointList(categories.flatMap { FortiCategories.terms($0) })))
    case (false, _):
      let shown = (applications + categories.map { "URL category \($0)" }).prefix(4)
      clauses.append(
        .requires(draft.doubt(.application, "only for \(shown.joined(separator: ", "))")))
    }
    let isOnDefaultPorts = policy.flag("enforce-default-app-port", or: true) != false
    if policy.names("service").isEmpty, isOnDefaultPorts {
      clauses.append(
        .requires(
          draft.doubt(
            .application, "only on ports that are the default of the application recognised")))
    }
    policy.ignore("learning-mode")
    return clauses
  }

  // MARK: Inspection

  /// Adds what a policy decides about decryption; every policy takes part, since the first that
  /// matches decides.
  mutating func inspect(
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
        doubt = draft.doubt(.unresolved, why, at: policy.position)
      }
      if action != .bypass, kind != .selection, doubt == nil, !Self.asksForContents(source) {
        doubt = draft.doubt(
          .unmodelled, "the policy has deep inspection, but no security profile that needs it")
      }
    }
    for clauses in matches {
      let conditions = doubt.map { [Clause.requires($0)] } ?? []
      inspectionRules.append(
        Rule(
          name: policy.word("name") ?? "", vendorID: policy.word("policyid") ?? policy.key,
          enabled: policy.flag("status", or: true) != false, match: Match(clauses + conditions),
          action: action,
          origin: .implied, position: policy.position))
      if doubt != nil {
        // If the doubt does not come true, the policy still matches and nothing is decrypted.
        inspectionRules.append(
          Rule(
            name: policy.word("name") ?? "", vendorID: policy.word("policyid") ?? policy.key,
            enabled: policy.flag("status", or: true) != false, match: Match(clauses),
            action: .bypass,
            origin: .implied, position: policy.position))
      }
    }
  }

  static func asksForContents(_ source: FortiEntry) -> Bool {
    let names: [String] = [
      "webfilter-profile", "av-profile", "ips-sensor", "application-list", "dlp-sensor",
      "dlp-profile", "file-filter-profile", "emailfilter-profile", "casb-profile", "icap-profile",
      "waf-profile", "videofilter-profile",
    ]
    return names.contains { source.word($0) != nil }
  }
}
