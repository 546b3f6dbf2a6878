import ImportKit

/// Security profiles as gate tables: what an accepted flow must pass besides.
struct FortiGates {
  let draft: PolicyDraft
  var tables: [Table] = []
  var names: Set<String> = []

  init(draft: PolicyDraft) { self.draft = draft }

  /// How far a policy looks into TLS.
  enum Sight: String {
    /// Not at all: what a web filter then does with HTTPS is not documented.
    case none = "TLS not inspected"
    /// It reads the name of the server.
    case host = ""
  }

  /// The gates of an accepting policy, in the order in which they are named.
  mutating func gates(
    of policy: FortiEntry, mode: FortiNames.Mode?, sight: Sight, objects: inout FortiObjects
  ) -> [String] {
    var result: [String] = []
    for profile in policy.names("webfilter-profile") {
      result.append(webFilter(profile, mode: mode, sight: sight, at: policy, objects: &objects))
    }
    for profile in policy.names("application-list") {
      if let gate = applicationList(profile, at: policy, objects: &objects) { result.append(gate) }
    }
    for profile in policy.names("dnsfilter-profile") {
      if let gate = dnsFilter(profile, at: policy, objects: &objects) { result.append(gate) }
    }
    for (name, what) in [
      ("ips-sensor", "IPS sensor"), ("av-profile", "antivirus profile"),
      ("file-filter-profile", "file filter"), ("dlp-sensor", "DLP sensor"),
      ("dlp-profile", "DLP profile"),
    ] {
      for profile in policy.names(name) {
        objects.note(
          .advisory, "\(what) `\(profile)` can stop traffic for what it contains", at: nil)
      }
    }
    return result
  }

  /// A gate that is not in the export: it may stop anything.
  mutating func missing(
    _ table: String, _ what: String, kind: Condition.Kind, at policy: FortiEntry
  ) -> String {
    guard names.insert(table).inserted else { return table }
    let doubt = draft.doubt(kind, "\(what) is not in the export", at: policy.position)
    tables.append(
      Table(
        name: table,
        rules: [
          Rule(
            name: what, match: Match([.requires(doubt)]), action: .deny(.reject), origin: .implied,
            position: policy.position)
        ], defaultAction: DefaultAction(.allow, name: "not stopped by the profile")))
    return table
  }

  /// A gate that may stop anything, for the reason given.
  mutating func doubtful(_ table: String, _ doubt: Condition, at entry: FortiEntry) -> String {
    guard names.insert(table).inserted else { return table }
    tables.append(
      Table(
        name: table, rules: [stop(by: doubt, at: entry)],
        defaultAction: DefaultAction(.allow, name: "not stopped by the profile")))
    return table
  }

  // MARK: Web filter

  /// The URL filter first; what it allows or monitors, and what it does not name, goes on to the
  /// categories, what it exempts does not. Source: docs.fortinet.com, FortiOS Administration Guide,
  /// "URL filter"; community.fortinet.com ta-p/196494 and ta-p/206632.
  mutating func webFilter(
    _ profile: String, mode: FortiNames.Mode?, sight: Sight, at policy: FortiEntry,
    objects: inout FortiObjects
  ) -> String {
    let base = "web filter \(profile)" + (mode.map { " (\($0.rawValue))" } ?? "")
    guard let entry = objects.find(profile, in: "webfilter profile") else {
      return missing(base, "web filter `\(profile)`", kind: .unresolved, at: policy)
    }
    if names.insert(base).inserted {
      let categories = "\(base) categories"
      var rules = urlRules(entry, mode: mode, categories: categories, objects: &objects)
      let last = categoryRules(entry, objects)
      if let web = entry.object("web"),
        let left = web.leftOver(
          "web filter `\(profile)`", draft, ignoring: Self.irrelevantInWeb)
      {
        rules.append(stop(by: left, at: entry))
      }
      if let left = entry.leftOver(
        "web filter `\(profile)`", draft, ignoring: Self.irrelevantInProfiles)
      {
        rules.insert(stop(by: left, at: entry), at: 0)
      }
      rules.append(
        Rule(
          name: "categories", match: Match(), action: .goto(categories), origin: .implied,
          position: entry.position))
      tables.append(
        Table(
          name: base, rules: rules,
          defaultAction: DefaultAction(.allow, name: "not stopped by the web filter")))
      tables.append(
        Table(
          name: categories, rules: last,
          defaultAction: DefaultAction(
            .allow, name: "category not blocked", position: entry.position)))
      if let web = entry.object("web"), web.has("bword-table"), web.word("bword-table") != "0" {
        objects.note(
          .advisory, "web filter `\(profile)` also blocks pages by the words in them",
          at: entry.position)
      }
    }
    guard sight == .none else { return base }
    let blind = "\(base), \(sight.rawValue)"
    if names.insert(blind).inserted {
      tables.append(blindTable(blind, over: base, at: entry.position))
    }
    return blind
  }

  /// What is not understood of a profile may stop a flow.
  func stop(by doubt: Condition, at entry: FortiEntry) -> Rule {
    Rule(
      name: "settings of \(entry.key)", match: Match([.requires(doubt)]), action: .deny(.reject),
      origin: .implied, position: entry.position)
  }

  /// Settings of web filters that stop no connection to a host.
  static let irrelevantInProfiles = FortiIrrelevant.common.union(
    IrrelevantMembers([
      (
        "logging and messages",
        [
          "extended-log", "https-replacemsg", "log-all-url", "replacemsg-group",
          "web-antiphishing-log", "web-content-log", "web-extended-all-action-log",
          "web-filter-activex-log", "web-filter-applet-log", "web-filter-command-block-log",
          "web-filter-cookie-log", "web-filter-cookie-removal-log", "web-filter-js-log",
          "web-filter-jscript-log", "web-filter-referer-log", "web-filter-unknown-log",
          "web-filter-vbs-log", "web-flow-log-encoding", "web-ftgd-err-log",
          "web-ftgd-quota-usage", "web-invalid-domain-log", "web-url-log",
        ]
      ),
      (
        "what pages may hold, not which hosts may be reached",
        [
          "options", "post-action", "antiphish", "file-filter", "youtube-channel-filter",
          "youtube-channel-status", "url-extraction", "antiphishing",
        ]
      ),
      (
        "overrides, which let more through for those who ask",
        ["override", "ovrd-perm"]
      ),
      ("where the profile can be used", ["feature-set", "inspection-mode"]),
      ("an external list by another protocol", ["wisp-algorithm"]),
      ("how categories are asked for", ["ftgd-dns"]),
    ]))

  static let irrelevantInWeb = FortiIrrelevant.common.union(
    IrrelevantMembers([
      (
        "words in pages and searches, which are noted",
        [
          "bword-table", "bword-threshold", "content-header-list", "keyword-match", "log-search",
          "safe-search", "vimeo-restrict", "youtube-restrict",
        ]
      ),
      (
        "sites that FortiGuard lists, which are let through more easily",
        ["allowlist", "whitelist"]
      ),
      ("sites that FortiSandbox found malicious", ["blacklist", "blocklist"]),
    ]))

  /// Without TLS inspection plain HTTP is filtered as always; whether anything else is, is open.
  func blindTable(
    _ name: String, over base: String, at position: SourcePosition
  ) -> Table {
    let doubt = draft.doubt(
      .unmodelled, "the policy does not inspect TLS, so the web filter may not see the host")
    return Table(
      name: name,
      rules: [
        Rule(
          name: "plain HTTP", match: Match([.service(ServiceList([.service(.tcp(PortSet(80)))]))]),
          action: .goto(base), origin: .implied, position: position),
        Rule(
          name: "TLS", match: Match([.requires(doubt)]), action: .goto(base), origin: .implied,
          position: position),
      ], defaultAction: DefaultAction(.allow, name: "not seen by the web filter"))
  }

  func urlRules(
    _ profile: FortiEntry, mode: FortiNames.Mode?, categories: String,
    objects: inout FortiObjects
  ) -> [Rule] {
    guard let web = profile.object("web") else { return [] }
    let number = web.word("urlfilter-table") ?? "0"
    guard number != "0" else { return [] }
    let list = objects.tables.table("webfilter urlfilter", in: objects.scope)
      .first { $0.key == number || $0.word("id") == number }
    guard let list else {
      return draft.gap(
        "URL filter \(number) is not in the export", name: "URL filter \(number)",
        at: profile.position)
    }
    let includes = list.flag("include-subdomains", or: true) ?? true
    var rules = list.list("entries").flatMap { entry in
      urlRules(
        entry, mode: mode, includesSubdomains: includes, categories: categories,
        objects: &objects)
    }
    if let left = list.leftOver(
      "URL filter \(number)", draft,
      ignoring: FortiIrrelevant.common.union([
        "ip4-mapped-ip6": "addresses in place of names", "ip-addr-block": "the same",
        "one-arm-ips-urlfilter": "for a unit that only listens",
      ]))
    {
      rules =
        draft.eitherWay(
          Rule(
            name: "URL filter \(number)", match: Match(), action: .allow, origin: .implied,
            position: list.position), because: left) + rules
    }
    return rules
  }

  func urlRules(
    _ entry: FortiEntry, mode: FortiNames.Mode?, includesSubdomains: Bool, categories: String,
    objects: inout FortiObjects
  ) -> [Rule] {
    let text = entry.word("url") ?? ""
    let type = entry.word("type") ?? "simple"
    var clauses: [Clause] = []
    if entry.isNumber("type") || entry.isNumber("action") {
      objects.note(
        .unmodelled, "URL filter entries are written as numbers; ask FortiManager with verbose 1",
        at: entry.position)
      clauses.append(
        .requires(
          draft.doubt(.unmodelled, "URL filter entry `\(text)` is written in numbers")))
    } else if let parsed = FortiNames.urlEntry(
      text, type: type, mode: mode, includesSubdomains: includesSubdomains)
    {
      clauses.append(.destination(EndpointList(Self.terms(parsed, entry: entry, &objects))))
    } else {
      clauses.append(
        .requires(
          draft.doubt(
            .unmodelled, "URL filter entry `\(text)` (\(type)) is outside of what can be decided",
            at: entry.position)))
    }
    if let referrer = entry.word("referrer-host") {
      clauses.append(
        .requires(draft.doubt(.urlPath, "only for requests that come from `\(referrer)`")))
    }
    let isEnabled = entry.flag("status", or: true)
    entry.ignore("dns-address-family", "antiphish-action", "web-proxy-profile", "exempt", "url")
    let action: Action
    switch entry.word("action") ?? "exempt" {
    case "block": action = .deny(.reject)
    case "exempt":
      // Since FortiOS 7.6.3 it can be chosen what an entry is exempt from.
      let from = Set(entry.values("exempt"))
      let leaves =
        from.isEmpty || from.contains("fortiguard") || from.contains("all") || from.contains("pass")
      action = leaves ? .allow : .goto(categories)
    case "allow", "monitor", "pass": action = .goto(categories)
    default:
      clauses.append(
        .requires(
          draft.doubt(
            .unmodelled, "the action of URL filter entry `\(text)` is not readable",
            at: entry.position)))
      action = .deny(.reject)
    }
    let left = entry.leftOver(
      "URL filter entry `\(text)`", draft, ignoring: FortiIrrelevant.common)
    var rule = Rule(
      name: "URL filter: \(text)", vendorID: entry.key, enabled: isEnabled != false,
      match: Match(clauses), action: action, origin: .implied, position: entry.position)
    guard let left else { return [rule] }
    // Its action may be among what is not understood.
    var stop = rule
    stop.action = .deny(.reject)
    stop.match.clauses.append(.requires(left))
    rule.match.clauses.append(
      .requires(draft.doubt(.unmodelled, "\(left.detail) (may let through)", at: entry.position)))
    return [stop, rule]
  }

  /// The terms of an entry; what is matched only perhaps is an object that is itself in doubt.
  static func terms(
    _ parsed: FortiNames.URLEntry, entry: FortiEntry, _ objects: inout FortiObjects
  ) -> [EndpointTerm] {
    var terms = parsed.certain.map { EndpointTerm.url($0) }
    if let doubtful = parsed.doubtful {
      let id = "url entry/\(entry.position.file):\(entry.position.line):\(entry.key)"
      let number =
        objects.draft.objects.endpoint(id)
        ?? objects.draft.objects.addEndpoint(
          id: id, name: doubtful.text, kind: "URL entry", position: entry.position)
      objects.draft.objects.setEndpoint(
        number,
        EndpointList(
          [.url(doubtful)],
          except: [
            .condition(objects.doubt(.patternReading, parsed.doubt, at: entry.position))
          ]))
      terms.append(.object(number))
    }
    return terms
  }

  /// Categories that are blocked, or that ask for a click or a login, which no service gives; in
  /// front of them what the administrator has rated otherwise.
  func categoryRules(_ profile: FortiEntry, _ objects: FortiObjects) -> [Rule] {
    guard let filter = profile.object("ftgd-wf") else { return [] }
    var actions: [String: String] = [:]
    var rules: [Rule] = []
    var denied: [String: (terms: [EndpointTerm], position: SourcePosition)] = [:]
    for entry in filter.list("filters") {
      let category = entry.word("category") ?? "0"
      // Text leaves out the default, which is to monitor.
      let action = entry.word("action") ?? (entry.json == nil ? "monitor" : "")
      let left = entry.leftOver(
        "category filter \(category)", draft,
        ignoring: FortiIrrelevant.common.union([
          "log": "logging", "auth-usr-grp": "who may log in", "override-replacemsg": "a message",
          "warn-duration": "of a warning", "warning-duration-type": "of a warning",
          "warning-prompt": "of a warning",
        ]))
      let isReadable = left == nil && Int(category) != nil
      switch isReadable ? action : "" {
      case "block", "warning", "authenticate":
        actions[category] = action
        denied[action, default: ([], entry.position)].terms += FortiCategories.terms(category)
      case "monitor", "allow": actions[category] = action
      default:
        let doubt =
          left
          ?? draft.doubt(
            .category, "what happens to category \(category) is not readable", at: entry.position)
        rules.append(stop(by: doubt, at: entry))
      }
    }
    for (word, what) in [
      ("block", "blocked"), ("warning", "shown after a warning only"),
      ("authenticate", "shown after a login only"),
    ] {
      guard let (terms, position) = denied[word] else { continue }
      rules.append(
        Rule(
          name: "categories \(what)", match: Match([.destination(EndpointList(terms))]),
          action: .deny(.reject), origin: .implied, position: position))
    }
    if let left = filter.leftOver(
      "web filter `\(profile.key)`", draft,
      ignoring: FortiIrrelevant.common.union(
        IrrelevantMembers([
          (
            "how FortiGuard is asked, and quotas",
            [
              "options", "exempt-quota", "max-quota-timeout", "ovrd", "quota", "rate-crl-urls",
              "rate-css-urls", "rate-image-urls", "rate-javascript-urls",
            ]
          )
        ])))
    {
      rules.append(stop(by: left, at: profile))
    }
    let ratings = FortiLocalRatings(
      entries: objects.tables.table("webfilter ftgd-local-rating", in: objects.scope))
    return ratings.rules(filters: actions, draft) + rules
  }

  /// Traffic that a policy hands over to proxy policies, which are not read.
  mutating func proxyGate(_ what: String, at policy: FortiEntry) -> String {
    let name = "proxy policies"
    guard names.insert(name).inserted else { return name }
    tables.append(
      Table(
        name: name,
        rules: [
          Rule(
            name: what,
            match: Match([
              .service(ServiceList([.service(.tcp(PortSet(80).union(PortSet(443))))])),
              .requires(
                draft.doubt(
                  .unmodelled, "\(what), which proxy policies then judge", at: policy.position)),
            ]), action: .deny(.reject), origin: .implied, position: policy.position)
        ], defaultAction: DefaultAction(.allow, name: "not stopped by a proxy policy")))
    return name
  }
}
