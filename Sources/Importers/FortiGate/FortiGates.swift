import ImportKit

/// Security profiles as gate tables: what an accepted flow must pass besides.
struct FortiGates {
  private(set) var tables: [Table] = []
  private var names: Set<String> = []
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
      ("ips-sensor" as StaticString, "IPS sensor"), ("av-profile", "antivirus profile"),
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
  private mutating func missing(
    _ table: String, _ what: String, kind: Condition.Kind, at policy: FortiEntry
  ) -> String {
    guard names.insert(table).inserted else { return table }
    tables.append(
      Table(
        name: table,
        rules: [
          Rule(
            name: what, match: Match([.requires(Condition(kind, "\(what) is not in the export"))]),
            action: .deny(.reject), origin: .implied, position: policy.position)
        ], defaultAction: DefaultAction(.allow, name: "not stopped by the profile")))
    return table
  }

  // MARK: Web filter

  /// The URL filter first; what it allows or monitors, and what it does not name, goes on to the
  /// categories, what it exempts does not. Source: docs.fortinet.com, FortiOS Administration Guide,
  /// "URL filter"; community.fortinet.com ta-p/196494 and ta-p/206632.
  private mutating func webFilter(
    _ profile: String, mode: FortiNames.Mode?, sight: Sight, at policy: FortiEntry,
    objects: inout FortiObjects
  ) -> String {
    let base = "web filter \(profile)" + (mode.map { " (\($0.rawValue))" } ?? "")
    guard let entry = objects.find(profile, in: "webfilter profile") else {
      objects.note(.unresolved, "web filter `\(profile)` is not in the export", at: policy.position)
      return missing(base, "web filter `\(profile)`", kind: .unresolved, at: policy)
    }
    if names.insert(base).inserted {
      let categories = "\(base) categories"
      var rules = urlRules(entry, mode: mode, categories: categories, objects: &objects)
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
          name: categories, rules: categoryRules(entry),
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
      tables.append(Self.blindTable(blind, over: base, at: entry.position))
    }
    return blind
  }

  /// Without TLS inspection plain HTTP is filtered as always; whether anything else is, is open.
  private static func blindTable(
    _ name: String, over base: String, at position: SourcePosition
  ) -> Table {
    let doubt = Condition(
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

  private func urlRules(
    _ profile: FortiEntry, mode: FortiNames.Mode?, categories: String,
    objects: inout FortiObjects
  ) -> [Rule] {
    guard let web = profile.object("web") else { return [] }
    let number = web.word("urlfilter-table") ?? "0"
    guard number != "0" else { return [] }
    let list = objects.tables.table("webfilter urlfilter", in: objects.scope)
      .first { $0.key == number || $0.word("id") == number }
    guard let list else {
      objects.note(
        .unresolved, "URL filter \(number) is not in the export", at: profile.position)
      let condition = Condition(.unresolved, "URL filter \(number) is not in the export")
      return [Action.deny(.reject), .allow].map { action in
        Rule(
          name: "URL filter \(number)", match: Match([.requires(condition)]), action: action,
          origin: .implied, position: profile.position)
      }
    }
    let includes = !list.isOff("include-subdomains")
    let simple = list.list("entries").contains { ($0.word("type") ?? "simple") == "simple" }
    if mode != .proxy, simple {
      objects.note(
        .reading,
        "in flow mode simple entries also match in the middle of a URL; entries that are "
          + "whole domains are read as the end of the host here", at: list.position)
    }
    return list.list("entries").map { entry in
      urlRule(
        entry, mode: mode, includesSubdomains: includes, categories: categories,
        objects: &objects)
    }
  }

  private func urlRule(
    _ entry: FortiEntry, mode: FortiNames.Mode?, includesSubdomains: Bool, categories: String,
    objects: inout FortiObjects
  ) -> Rule {
    let text = entry.word("url") ?? ""
    let type = entry.word("type") ?? "simple"
    var clauses: [Clause] = []
    if entry.isNumber("type") || entry.isNumber("action") {
      objects.note(
        .unmodelled, "URL filter entries are written as numbers; ask FortiManager with verbose 1",
        at: entry.position)
      clauses.append(
        .requires(Condition(.unmodelled, "URL filter entry `\(text)` is written in numbers")))
    } else if let parsed = FortiNames.urlEntry(
      text, type: type, mode: mode, includesSubdomains: includesSubdomains)
    {
      clauses.append(.destination(EndpointList(Self.terms(parsed, entry: entry, &objects))))
    } else {
      objects.note(
        .unmodelled, "URL filter entry `\(text)` (\(type)) is outside of what can be decided",
        at: entry.position)
      clauses.append(
        .requires(Condition(.unmodelled, "URL filter entry `\(text)` (\(type))")))
    }
    if let referrer = entry.word("referrer-host") {
      clauses.append(
        .requires(Condition(.urlPath, "only for requests that come from `\(referrer)`")))
    }
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
    default: action = .continue
    }
    return Rule(
      name: "URL filter: \(text)", vendorID: entry.key, enabled: !entry.isOff("status"),
      match: Match(clauses), action: action, origin: .implied, position: entry.position)
  }

  /// The terms of an entry; what is matched only perhaps is an object that is itself in doubt.
  static func terms(
    _ parsed: FortiNames.URLEntry, entry: FortiEntry, _ objects: inout FortiObjects
  ) -> [EndpointTerm] {
    var terms = parsed.certain.map { EndpointTerm.url($0) }
    if let doubtful = parsed.doubtful {
      let id = "url entry/\(entry.position.file):\(entry.position.line):\(entry.key)"
      let number =
        objects.table.endpoint(id)
        ?? objects.table.addEndpoint(
          id: id, name: doubtful.text, kind: "URL entry", position: entry.position)
      objects.table.setEndpoint(
        number,
        EndpointList([.url(doubtful)], except: [.condition(Condition(.unmodelled, parsed.doubt))]))
      terms.append(.object(number))
    }
    return terms
  }

  /// Categories that are blocked, or that ask for a click or a login, which no service gives.
  private func categoryRules(_ profile: FortiEntry) -> [Rule] {
    guard let filter = profile.object("ftgd-wf") else { return [] }
    var rules: [Rule] = []
    for (word, what) in [
      ("block", "blocked"), ("warning", "shown after a warning only"),
      ("authenticate", "shown after a login only"),
    ] {
      let entries = filter.list("filters").filter { $0.word("action") == word }
      guard let first = entries.first else { continue }
      let terms = entries.map { EndpointTerm.category("FortiGuard \($0.word("category") ?? "0")") }
      rules.append(
        Rule(
          name: "categories \(what)", match: Match([.destination(EndpointList(terms))]),
          action: .deny(.reject), origin: .implied, position: first.position))
    }
    // Without `verbose` FortiManager writes actions as numbers that cannot be told apart.
    let coded = filter.list("filters").filter { $0.isNumber("action") }
    if let first = coded.first {
      rules.append(
        Rule(
          name: "categories",
          match: Match([
            .requires(
              Condition(
                .category, "the actions of \(coded.count) categories are written in numbers"))
          ]), action: .deny(.reject), origin: .implied, position: first.position))
    }
    return rules
  }

  // MARK: Application control

  /// Entries in order, then what happens to other applications and to unknown ones.
  private mutating func applicationList(
    _ profile: String, at policy: FortiEntry, objects: inout FortiObjects
  ) -> String? {
    let name = "application control \(profile)"
    guard !names.contains(name) else { return name }
    guard let entry = objects.find(profile, in: "application list") else {
      objects.note(
        .unresolved, "application list `\(profile)` is not in the export", at: policy.position)
      return missing(
        name, "application list `\(profile)`", kind: .application, at: policy)
    }
    var rules: [Rule] = []
    for item in entry.list("entries") {
      let action = item.word("action") ?? "block"
      let shown = Self.applications(item)
      rules.append(
        Rule(
          name: "entry \(item.key)", vendorID: item.key, match: Match([.application(shown)]),
          action: action == "pass" ? .allow : .deny(.reject), origin: .implied,
          position: item.position))
    }
    let others = entry.word("other-application-action") ?? "pass"
    let unknown = entry.word("unknown-application-action") ?? "pass"
    let coded = entry.isNumber("other-application-action")
    if others != unknown || coded {
      rules.append(
        Rule(
          name: "other applications",
          match: Match([.application(["any application not listed"])]),
          action: others == "block" || coded ? .deny(.reject) : .allow, origin: .implied,
          position: entry.position))
    }
    let stops = rules.contains { $0.action != .allow } || unknown == "block"
    names.insert(name)
    tables.append(
      Table(
        name: name, rules: stops ? rules : [],
        defaultAction: DefaultAction(
          unknown == "block" ? .deny : .allow,
          name: unknown == "block" ? "other applications are blocked" : "not stopped",
          position: entry.position)))
    return name
  }

  private static func applications(_ item: FortiEntry) -> [String] {
    let parts: [(StaticString, String)] = [
      ("application", "application"), ("category", "category"), ("technology", "technology"),
      ("behavior", "behaviour"), ("vendor", "vendor"), ("popularity", "popularity"),
      ("risk", "risk"), ("sub-category", "sub-category"),
    ]
    let names = parts.flatMap { name, word in
      item.values(name).filter { $0 != "all" && $0 != "0" }.map { "\(word) \($0)" }
    }
    return names.isEmpty ? ["any application"] : names
  }

  // MARK: DNS filter

  /// A DNS filter stops the query, not the connection, and acts only where the client's queries
  /// pass the same policy; so all that it blocks is in doubt, and what it lets through is not
  /// looked at.
  private mutating func dnsFilter(
    _ profile: String, at policy: FortiEntry, objects: inout FortiObjects
  ) -> String? {
    let name = "DNS filter \(profile)"
    guard !names.contains(name) else { return name }
    guard let entry = objects.find(profile, in: "dnsfilter profile") else {
      objects.note(.unresolved, "DNS filter `\(profile)` is not in the export", at: policy.position)
      return missing(name, "DNS filter `\(profile)`", kind: .unresolved, at: policy)
    }
    let doubt = Clause.requires(
      Condition(
        .unmodelled,
        "DNS filter `\(profile)` stops the client's queries where they pass this policy"))
    var rules: [Rule] = []
    if let number = entry.object("domain-filter")?.word("domain-filter-table"), number != "0" {
      let list = objects.tables.table("dnsfilter domain-filter", in: objects.scope)
        .first { $0.key == number || $0.word("id") == number }
      for item in list?.list("entries") ?? [] where item.word("action") == "block" {
        let text = item.word("domain") ?? ""
        // Proxy mode reads a simple entry with its sub-domains, which errs on the side of doubt.
        let parsed = FortiNames.urlEntry(
          text, type: item.word("type") ?? "simple", mode: .proxy, includesSubdomains: true)
        var clauses = [doubt]
        if let parsed {
          clauses.insert(
            .destination(EndpointList(Self.terms(parsed, entry: item, &objects))), at: 0)
        }
        rules.append(
          Rule(
            name: "domain \(text)", vendorID: item.key, enabled: !item.isOff("status"),
            match: Match(clauses), action: .deny(.reject), origin: .implied,
            position: item.position))
      }
      if list == nil {
        rules.append(
          Rule(
            name: "domain filter \(number)",
            match: Match([
              .requires(
                Condition(.unresolved, "domain filter \(number) is not in the export"))
            ]), action: .deny(.reject), origin: .implied, position: entry.position))
      }
    }
    let blocked =
      entry.object("ftgd-dns")?.list("filters").filter {
        $0.word("action") == "block"
      } ?? []
    if let first = blocked.first {
      let terms = blocked.map { EndpointTerm.category("FortiGuard \($0.word("category") ?? "0")") }
      rules.append(
        Rule(
          name: "categories blocked",
          match: Match([.destination(EndpointList(terms)), doubt]), action: .deny(.reject),
          origin: .implied, position: first.position))
    }
    guard !rules.isEmpty else { return nil }
    names.insert(name)
    tables.append(
      Table(
        name: name, rules: rules,
        defaultAction: DefaultAction(.allow, name: "not stopped by the DNS filter")))
    return name
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
              .requires(Condition(.unmodelled, "\(what), which proxy policies then judge")),
            ]), action: .deny(.reject), origin: .implied, position: policy.position)
        ], defaultAction: DefaultAction(.allow, name: "not stopped by a proxy policy")))
    return name
  }
}
