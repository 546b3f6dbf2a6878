import ImportKit

/// Translates the security policies of one system.
///
/// "Zone-pair policies are checked in order, then global policies, then the default policy"; the
/// first match decides, and without a match traffic is dropped. Source: juniper.net, "Security
/// Policies Overview" and "Global Security Policies".
final class JunosPolicies {
  let draft: PolicyDraft
  let addresses: JunosAddresses
  let applications: JunosApplications
  let dynamicApplications: JunosDynamicApplications
  let webFilter: JunosWebFilter
  let schedulers: [String: JunosNode]
  /// SSL proxy profiles by name.
  let sslProfiles: [String: JunosNode]
  /// Whether security intelligence policies may block, by name.
  let intelligence: [String: Bool]
  /// Whether a policy permits with services whose effect is not judged, by their name.
  var gates: [Table] = []
  var gateNames: Set<String> = []
  /// For each rule what it decrypts; see ``inspection``.
  private var decrypting: [(rule: Rule, profile: JunosNode?)] = []

  init(
    draft: PolicyDraft, addresses: JunosAddresses, applications: JunosApplications,
    dynamicApplications: JunosDynamicApplications, webFilter: JunosWebFilter,
    schedulers: [String: JunosNode], sslProfiles: [String: JunosNode],
    intelligence: [String: Bool]
  ) {
    self.draft = draft
    self.addresses = addresses
    self.applications = applications
    self.dynamicApplications = dynamicApplications
    self.webFilter = webFilter
    self.schedulers = schedulers
    self.sslProfiles = sslProfiles
    self.intelligence = intelligence
  }

  // MARK: Table

  /// - Parameters:
  ///   - isInactive: whether something around the section is switched off.
  ///   - groups: what may stand among the policies besides those that are written there.
  func table(
    _ sections: [(node: JunosNode, isInactive: Bool)], groups: JunosGroups
  ) -> Table {
    var rules = decided(groups.rules(.zonePairs))
    for (section, isOff) in sections where !isOff {
      let record = JunosRecord(section)
      for name in ["policy", "global", "default-policy"] { _ = record.children(name) }
      if let left = draft.unread(
        record, of: "`security policies`", ignoring: JunosMembers.policies)
      {
        rules += decided(either(left, "security policies", at: section.position))
      }
    }
    for (section, isOff) in sections {
      for pair in section.all("policy") {
        let record = JunosRecord(pair)
        let from = record.text("from-zone-name") ?? ""
        let to = record.text("to-zone-name") ?? ""
        _ = record.children("policy")
        let left = draft.unread(
          record, of: "zone pair \(from) to \(to)", ignoring: JunosMembers.common)
        for policy in pair.all("policy") {
          var scope = Scope(
            from: Self.zones(from), to: Self.zones(to), label: "\(from) to \(to)",
            isOdd: from == "any" || to == "any")
          scope.doubt = left
          rules += self.rules(policy, scope, isOff: isOff || pair.isInactive)
        }
      }
    }
    rules += decided(groups.rules(.global))
    for (section, isOff) in sections {
      for global in section.all("global") {
        for policy in global.all("policy") {
          let match = policy.child("match")
          let scope = Scope(
            from: Self.zones(match, "from-zone"), to: Self.zones(match, "to-zone"),
            label: "global")
          rules += self.rules(policy, scope, isOff: isOff || global.isInactive)
        }
      }
    }
    let written = sections.lazy.filter { !$0.isInactive }.compactMap {
      $0.node.child("default-policy")
    }
    .first
    rules += decided(groups.rules(.defaultPolicy))
    return Table(
      name: "policies", rules: rules + defaultDoubt(written),
      defaultAction: Self.defaultAction(written))
  }

  /// Keeps rules that no policy wrote in step with ``decrypting``.
  private func decided(_ rules: [Rule]) -> [Rule] {
    decrypting += rules.map { ($0, nil) }
    return rules
  }

  private func either(
    _ doubt: Condition, _ name: String, at position: SourcePosition
  ) -> [Rule] {
    [Action.deny(.drop), .allow].map { action in
      Rule(
        name: name, match: Match([.requires(doubt)]), action: action, origin: .implied,
        position: position)
    }
  }

  private static func defaultAction(_ node: JunosNode?) -> DefaultAction {
    let permits = node?.has("permit-all") ?? false
    return DefaultAction(
      permits ? .allow : .deny,
      name: permits ? "default-policy permit-all" : "default policy (deny-all)",
      position: node?.position)
  }

  /// A default policy that is neither of the two may do either.
  private func defaultDoubt(_ node: JunosNode?) -> [Rule] {
    guard let node else { return [] }
    let words = node.children.map(\.name).filter { !JunosMembers.common.contains($0) }
    guard words != ["permit-all"], words != ["deny-all"], !words.isEmpty || !node.text.isEmpty
    else { return [] }
    let doubt = draft.doubt(
      .unmodelled, "the default policy is neither permit-all nor deny-all", at: node.position)
    return decided(either(doubt, "default policy", at: node.position))
  }

  /// The zones that a policy is for; none where it is for any.
  private struct Scope {
    let from: [String]
    let to: [String]
    let label: String
    /// Whether a zone pair names `any`, which only global policies may.
    var isOdd = false
    /// What is not understood about the place where the policy stands.
    var doubt: Condition?
  }

  /// A pair names one zone for each side; nothing is asked where it says `any`.
  private static func zones(_ name: String) -> [String] { name == "any" ? [] : [name] }

  private static func zones(_ match: JunosNode?, _ name: String) -> [String] {
    let texts = match?.texts(name) ?? []
    return texts.contains("any") ? [] : texts
  }

  // MARK: Rules

  private func rules(_ node: JunosNode, _ scope: Scope, isOff: Bool) -> [Rule] {
    let record = JunosRecord(node)
    let name = record.text("name") ?? ""
    let what = "policy `\(name)`"
    var match = MatchChoices()
    match.require(anyOf: zoneChoices(scope.from, of: what, at: node.position) { .from($0) })
    match.require(anyOf: zoneChoices(scope.to, of: what, at: node.position) { .to($0) })
    if let doubt = scope.doubt { match.require(.requires(doubt)) }
    if scope.isOdd {
      match.require(
        .requires(
          draft.doubt(
            .unmodelled,
            "a zone pair with `any`: where it stands among the others is not documented",
            at: node.position)))
    }
    if let inner = record.record("match") {
      addMatch(inner, of: what, from: scope.from, to: scope.to, to: &match)
    } else {
      match.require(
        .requires(
          draft.doubt(
            .missingPart, "\(what) has no `match`, so what it is for is open", at: node.position)))
    }
    if let scheduler = record.text("scheduler-name"), !scheduler.isEmpty {
      match.require(anyOf: schedule(scheduler, of: what, at: node.position))
    }
    let then = record.record("then")
    let permit = then?.record("permit")
    let verdicts = ["deny", "reject"].filter { then?.has($0) ?? false }
    let gates = permit.map { gateNames(of: $0) } ?? []
    // A denial may show a page or decrypt to do so; it stays a denial.
    match.require(
      draft.unread(record, of: what, ignoring: JunosMembers.policy.union(JunosMembers.permit))
        .map { .requires($0) })
    let description = node.childText("description") ?? ""
    var rule = Rule(
      name: name, enabled: !isOff && !node.isInactive, match: Match(),
      action: .allow(gates: gates),
      comment: description.isEmpty ? "[\(scope.label)]" : "[\(scope.label)] \(description)",
      position: node.position)
    var rules: [Rule]
    switch (permit != nil, verdicts.first) {
    case (true, nil): rules = match.rules(rule)
    case (false, let word?):
      rule.action = .deny(word == "deny" ? .drop : .reject)
      rules = match.rules(rule)
    default:
      let doubt = draft.doubt(
        .unmodelled,
        permit == nil
          ? "\(what) neither permits nor denies" : "\(what) permits as well as denies",
        at: node.position)
      rules = match.rules(rule).flatMap { draft.eitherWay($0, because: doubt) }
    }
    let proxy = permit?.node.descend("application-services", "ssl-proxy")
    decrypting += rules.map { ($0, proxy) }
    return rules
  }

  /// Zones of one side, and a doubt for what is no name of a zone. A name that the export does not
  /// define is another zone than those that it does.
  private func zoneChoices(
    _ names: [String], of what: String, at position: SourcePosition, _ clause: (ZoneList) -> Clause
  ) -> [[Clause]] {
    guard !names.isEmpty else { return [[]] }
    let isKnown = Self.isName
    var choices: [[Clause]] = []
    let known = names.filter(isKnown)
    if !known.isEmpty { choices.append([clause(ZoneList(known))]) }
    if let unknown = names.first(where: { !isKnown($0) }) {
      choices.append([
        .requires(
          draft.doubt(.unresolved, "zone `\(unknown)` of \(what) is not defined", at: position))
      ])
    }
    return choices
  }

  /// Whether a text can be a name: it starts with a letter, a digit or an underscore, and nothing in
  /// it was left to be filled in.
  static func isName(_ text: String) -> Bool {
    !text.isEmpty && !TemplateMarker.isPresent(in: text)
      && !text.utf8.contains { $0 <= 0x20 || "?*{}<>\"\\".utf8.contains($0) }
  }

  // MARK: Inspection

  /// The policies once more, for the question whether the one that decides decrypts; nil where none
  /// does.
  func inspection() -> Table? {
    let profiles = decrypting.map { entry -> JunosNode? in
      guard let proxy = entry.profile else { return nil }
      let name = proxy.childText("profile-name") ?? proxy.text
      // A profile with a certificate of a server protects that server; connections to the Internet
      // are not meant.
      guard let profile = sslProfiles[name] else { return proxy }
      return profile.has("server-certificate") ? nil : profile
    }
    guard zip(decrypting, profiles).contains(where: { $0.0.rule.enabled && $0.1 != nil }) else {
      return nil
    }
    var rules: [Rule] = []
    for (entry, profile) in zip(decrypting, profiles) {
      guard let profile else {
        rules.append(inspectionRule(entry.rule, .bypass))
        continue
      }
      let exempt = whitelist(profile)
      if !exempt.isEmpty {
        var rule = inspectionRule(entry.rule, .bypass)
        rule.match.clauses.append(.destination(EndpointList(exempt)))
        rules.append(rule)
      }
      rules.append(inspectionRule(entry.rule, .inspect))
    }
    return Table(
      name: "ssl-proxy", kind: .inspection, rules: rules,
      defaultAction: DefaultAction(.deny, name: "not decrypted"))
  }

  private func inspectionRule(_ rule: Rule, _ action: Action) -> Rule {
    Rule(
      name: rule.name, enabled: rule.enabled, match: rule.match, action: action,
      comment: rule.comment, origin: .implied, position: rule.position)
  }

  /// Addresses and URL categories that a profile does not decrypt; newer releases say allow-list.
  private func whitelist(_ profile: JunosNode) -> [EndpointTerm] {
    ["whitelist", "allowlist"].flatMap { profile.children($0) }.map {
      addresses.term($0, zones: [])
    }
      + ["whitelist-url-categories", "allowlist-url-categories"].flatMap { profile.children($0) }
      .map { webFilter.categoryTerm($0) }
  }
}
