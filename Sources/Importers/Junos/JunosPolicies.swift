import ImportKit

/// Translates the security policies of one system.
///
/// "Zone-pair policies are checked in order, then global policies, then the default policy"; the
/// first match decides, and without a match traffic is dropped. Source: juniper.net, "Security
/// Policies Overview" and "Global Security Policies".
struct JunosPolicies {
  let addresses: JunosAddresses
  let applications: JunosApplications
  let webFilter: JunosWebFilter
  let schedulers: Set<String>
  /// SSL proxy profiles by name.
  let sslProfiles: [String: JunosNode]
  var context = JunosContext()
  /// Whether a policy permits with services whose effect is not judged, by their name.
  private(set) var gates: [Table] = []
  private var gateNames: Set<String> = []
  /// For each rule what it decrypts; see ``inspection``.
  private var decrypting: [(rule: Rule, profile: JunosNode?)] = []

  init(
    addresses: JunosAddresses, applications: JunosApplications, webFilter: JunosWebFilter,
    schedulers: Set<String>, sslProfiles: [String: JunosNode]
  ) {
    self.addresses = addresses
    self.applications = applications
    self.webFilter = webFilter
    self.schedulers = schedulers
    self.sslProfiles = sslProfiles
  }

  // MARK: Table

  /// - Parameters:
  ///   - isInactive: whether something around the section is switched off.
  ///   - groups: what may stand among the policies besides those that are written there.
  mutating func table(
    _ sections: [(node: JunosNode, isInactive: Bool)], groups: JunosGroups
  ) -> Table {
    var rules = decided(groups.rules(.zonePairs))
    for (section, isOff) in sections {
      for pair in section.all("policy") {
        let from = pair.childText("from-zone-name") ?? ""
        let to = pair.childText("to-zone-name") ?? ""
        for policy in pair.all("policy") {
          let scope = Scope(
            from: Self.zones(from), to: Self.zones(to), label: "\(from) to \(to)",
            isOdd: from == "any" || to == "any")
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
    return Table(name: "policies", rules: rules, defaultAction: Self.defaultAction(written))
  }

  /// Keeps rules that no policy wrote in step with ``decrypting``.
  private mutating func decided(_ rules: [Rule]) -> [Rule] {
    decrypting += rules.map { ($0, nil) }
    return rules
  }

  private static func defaultAction(_ node: JunosNode?) -> DefaultAction {
    let permits = node?.has("permit-all") ?? false
    return DefaultAction(
      permits ? .allow : .deny,
      name: permits ? "default-policy permit-all" : "default policy (deny-all)",
      position: node?.position)
  }

  /// The zones that a policy is for; none where it is for any.
  private struct Scope {
    let from: [String]
    let to: [String]
    let label: String
    /// Whether a zone pair names `any`, which only global policies may.
    var isOdd = false
  }

  /// A pair names one zone for each side; nothing is asked where it says `any`.
  private static func zones(_ name: String) -> [String] { name == "any" ? [] : [name] }

  private static func zones(_ match: JunosNode?, _ name: String) -> [String] {
    let texts = match?.texts(name) ?? []
    return texts.contains("any") ? [] : texts
  }

  // MARK: Rules

  private mutating func rules(_ node: JunosNode, _ scope: Scope, isOff: Bool) -> [Rule] {
    var clauses: [Clause] = []
    if !scope.from.isEmpty { clauses.append(.from(ZoneList(scope.from))) }
    if !scope.to.isEmpty { clauses.append(.to(ZoneList(scope.to))) }
    if scope.isOdd {
      let text = "a zone pair with `any`: where it stands among the others is not documented"
      context.note(.unmodelled, text, at: node.position)
      clauses.append(.requires(Condition(.unmodelled, text)))
    }
    if let match = node.child("match") {
      clauses += matchClauses(match, scope)
    } else {
      clauses.append(
        .requires(Condition(.unmodelled, "the policy has no `match`, so what it is for is open")))
    }
    if let scheduler = node.childText("scheduler-name"), !scheduler.isEmpty {
      clauses.append(.requires(Condition(.schedule, "scheduler `\(scheduler)`")))
      if !schedulers.contains(scheduler) {
        context.note(
          .unresolved, "scheduler `\(scheduler)` is not in the export",
          at: node.child("scheduler-name")?.position)
      }
    }
    let name = node.childText("name") ?? ""
    let then = node.child("then")
    let permit = then?.child("permit")
    let actions: [Action]
    if let permit {
      actions = [.allow(gates: gateNames(of: permit))]
    } else if then?.has("deny") ?? false {
      actions = [.deny(.drop)]
    } else if then?.has("reject") ?? false {
      actions = [.deny(.reject)]
    } else {
      let text = "policy `\(name)` neither permits nor denies"
      context.note(.unmodelled, text, at: node.position)
      clauses.append(.requires(Condition(.unmodelled, text)))
      actions = [.deny(.drop), .allow]
    }
    let description = node.childText("description") ?? ""
    return actions.map { action in
      let rule = Rule(
        name: name, enabled: !isOff && !node.isInactive, match: Match(clauses), action: action,
        comment: description.isEmpty ? "[\(scope.label)]" : "[\(scope.label)] \(description)",
        position: node.position)
      let proxy = permit?.descend("application-services", "ssl-proxy")
      decrypting.append((rule, proxy))
      return rule
    }
  }

  private mutating func matchClauses(_ match: JunosNode, _ scope: Scope) -> [Clause] {
    var clauses: [Clause] = []
    if let list = addressList(match, "source-address", zones: scope.from) {
      clauses.append(.source(list))
    }
    if let list = addressList(match, "destination-address", zones: scope.to) {
      clauses.append(.destination(list))
    }
    // The device refuses a policy without these; here they may be inactive or cut off.
    for name in ["source-address", "destination-address"] where !match.has(name) {
      clauses.append(.requires(Condition(.unmodelled, "the policy names no active `\(name)`")))
    }
    let services = match.children("application")
    if services.isEmpty {
      clauses.append(
        .requires(
          match.has("dynamic-application")
            ? JunosApplications.defaults
            : Condition(.unmodelled, "the policy names no active `application`")))
    } else {
      var terms: [ServiceTerm] = []
      for node in services { terms.append(applications.term(node, into: &context)) }
      if !terms.contains(.any) { clauses.append(.service(ServiceList(terms))) }
    }
    clauses += dynamicApplications(match)
    if let list = urlCategories(match) { clauses.append(.destination(list)) }
    clauses += personClauses(match)
    for child in match.children where !Self.known.contains(child.name) {
      let value = child.text.isEmpty ? "" : " " + child.text
      let text = "`\(child.name)\(value)` in the match of a policy"
      context.note(.unmodelled, text, at: child.position)
      clauses.append(.requires(Condition(.unmodelled, text)))
    }
    return clauses
  }

  private static let known: Set<String> = [
    "source-address", "destination-address", "source-address-excluded",
    "destination-address-excluded", "application", "dynamic-application", "url-category",
    "source-identity", "source-end-user-profile", "from-zone", "to-zone", "apply-groups",
  ]

  private mutating func addressList(
    _ match: JunosNode, _ name: String, zones: [String]
  ) -> EndpointList? {
    let nodes = match.children(name)
    guard !nodes.isEmpty else { return nil }
    var terms: [EndpointTerm] = []
    for node in nodes { terms.append(addresses.term(node, zones: zones, into: &context)) }
    // "Excluded" turns the whole list round.
    let negated = match.has("\(name)-excluded")
    if terms.contains(.any), !negated { return nil }
    return EndpointList(terms, negated: negated)
  }

  /// Unified policies: the application that the device recognises.
  private func dynamicApplications(_ match: JunosNode) -> [Clause] {
    let names = match.texts("dynamic-application")
    guard !names.isEmpty, !names.contains("any"), !names.contains("none") else { return [] }
    return [.application(names.sorted())]
  }

  private mutating func urlCategories(_ match: JunosNode) -> EndpointList? {
    let nodes = match.children("url-category")
    let names = nodes.map(\.text)
    guard !nodes.isEmpty, !names.contains("any"), !names.contains("none") else { return nil }
    return EndpointList(nodes.map { webFilter.categoryTerm($0, into: &context) })
  }

  private func personClauses(_ match: JunosNode) -> [Clause] {
    var clauses: [Clause] = []
    let identities = match.texts("source-identity")
    if !identities.isEmpty, !identities.contains("any") {
      let shown = identities.prefix(3).joined(separator: ", ") + (identities.count > 3 ? ", …" : "")
      clauses.append(.requires(Condition(.user, "source identity \(shown)")))
    }
    if let profile = match.child("source-end-user-profile") {
      let name = profile.descend("source-end-user-profile-name")?.text ?? profile.text
      clauses.append(.requires(Condition(.user, "device profile `\(name)`")))
    }
    return clauses
  }

  // MARK: Gates

  /// What a permit asks besides: web filtering, application firewall, authentication, and further
  /// services.
  private mutating func gateNames(of permit: JunosNode) -> [String] {
    var names: [String] = []
    if let services = permit.child("application-services") {
      if let policy = services.childText("utm-policy"), !policy.isEmpty,
        let name = webFilterGate(policy, at: services.position)
      {
        names.append(name)
      }
      if let firewall = services.descend("application-firewall", "rule-set") {
        names.append(
          doubtfulGate(
            "application-firewall \(firewall.text)", at: firewall.position,
            Condition(
              .application,
              "application firewall `\(firewall.text)`: decides by the application "
                + "that the device recognises")))
      }
      if let access = services.child("uac-policy") {
        names.append(
          doubtfulGate(
            "unified access control", at: access.position,
            Condition(.user, "unified access control: roles of the user decide")))
      }
      noteServices(services)
      for child in services.children where !Self.knownServices.contains(child.name) {
        names.append(
          doubtfulGate(
            child.text.isEmpty ? child.name : "\(child.name) \(child.text)", at: child.position,
            Condition(
              .unmodelled, "`\(child.name)`: what it does with permitted traffic is not judged")))
      }
    }
    if let authentication = permit.child("firewall-authentication") {
      names.append(
        doubtfulGate(
          "firewall authentication", at: authentication.position,
          Condition(.user, "firewall authentication: clients on which nobody has logged in")))
    }
    if let tunnel = permit.descend("tunnel", "ipsec-vpn") {
      names.append(
        doubtfulGate(
          "tunnel \(tunnel.text)", at: tunnel.position,
          Condition(
            .unmodelled,
            "the traffic goes into the tunnel `\(tunnel.text)`: what is behind it "
              + "decides")))
    }
    // "drop-untranslated: drop the packet if the destination address is not translated".
    if let untranslated = permit.descend("destination-address", "drop-untranslated") {
      let name = "destination-address drop-untranslated"
      if gateNames.insert(name).inserted {
        let rule = Rule(
          name: name, match: Match(), action: .deny(.drop), origin: .implied,
          position: untranslated.position)
        gates.append(
          Table(name: name, rules: [rule], defaultAction: DefaultAction(.allow, name: name)))
      }
      names.append(name)
    }
    return names
  }

  private mutating func webFilterGate(_ policy: String, at position: SourcePosition) -> String? {
    let name = "utm-policy \(policy)"
    if gateNames.contains(name) { return name }
    guard let table = webFilter.gate(policy, named: name, at: position, into: &context) else {
      return nil
    }
    gateNames.insert(name)
    gates.append(table)
    return name
  }

  private mutating func doubtfulGate(
    _ name: String, at position: SourcePosition, _ condition: Condition
  ) -> String {
    guard gateNames.insert(name).inserted else { return name }
    let rule = Rule(
      name: name, match: Match([.requires(condition)]), action: .deny(.reject), origin: .implied,
      position: position)
    gates.append(
      Table(name: name, rules: [rule], defaultAction: DefaultAction(.allow, name: "not held up")))
    return name
  }

  private static let threatServices: Set<String> = [
    "idp", "idp-policy", "security-intelligence-policy", "security-intelligence",
    "advanced-anti-malware-policy", "icap-redirect", "packet-capture", "anti-virus-policy",
    "aamw-policy", "dns-security-policy",
  ]

  /// Services that are judged elsewhere, and those that shape, steer or count permitted traffic.
  private static let knownServices = threatServices.union([
    "utm-policy", "application-firewall", "uac-policy", "ssl-proxy",
    "application-traffic-control", "application-traffic-control-rule-set", "gprs-gtp-profile",
    "gprs-sctp-profile", "services-offload", "security-metadata-streaming-policy", "apply-groups",
  ])

  /// Services that look for attacks and cannot decide a verdict.
  private mutating func noteServices(_ services: JunosNode) {
    for child in services.children where Self.threatServices.contains(child.name) {
      context.note(
        .advisory,
        "`\(child.name)` is on for permitted traffic and may stop what it takes for an "
          + "attack", at: child.position)
    }
  }

  // MARK: Inspection

  /// The policies once more, for the question whether the one that decides decrypts; nil where none
  /// does.
  mutating func inspection() -> Table? {
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
  private mutating func whitelist(_ profile: JunosNode) -> [EndpointTerm] {
    var terms: [EndpointTerm] = []
    for name in ["whitelist", "allowlist"] {
      for node in profile.children(name) {
        terms.append(addresses.term(node, zones: [], into: &context))
      }
    }
    for name in ["whitelist-url-categories", "allowlist-url-categories"] {
      for node in profile.children(name) {
        terms.append(webFilter.categoryTerm(node, into: &context))
      }
    }
    return terms
  }
}
