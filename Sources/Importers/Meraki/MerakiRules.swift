import ImportKit

/// Translates layer 3 rules, layer 7 rules and content filtering.
struct MerakiRules {
  typealias Item = MerakiDocuments.Item

  var objects: MerakiObjects

  var draft: PolicyDraft { objects.draft }

  /// Members of rules that do not say which packets they are for.
  private static let irrelevant = IrrelevantMembers([
    ("names the rule, or says what is logged", ["comment", "syslogEnabled", "name", "ruleNumber"])
  ])

  // MARK: Layer 3

  /// "Rules are evaluated from top to bottom … The first rule that matches is applied … If no rules
  /// match, the default rule (allow all traffic) is applied" (Using Layer 3 Firewall Rules).
  ///
  /// The Dashboard appends that default to what it answers; it cannot be edited.
  func layer3(_ name: String, _ list: JSONValue?, file: Int) -> Table {
    var rules = list?.elements.flatMap { layer3(Item($0, file: file)) } ?? []
    var position: SourcePosition?
    if let last = rules.last, last.name == "Default rule", last.action == .allow,
      last.match.clauses.isEmpty
    {
      position = last.position
      rules.removeLast()
    }
    return Table(
      name: name, rules: rules,
      defaultAction: DefaultAction(.allow, name: "Default rule", position: position))
  }

  private func layer3(_ item: Item) -> [Rule] {
    let record = item.record
    let name = name(item)
    let what = "rule `\(name)`"
    var clauses: [Clause] = []
    if let cell = record.value("srcCidr") {
      let terms = objects.terms(cell, file: item.file, takesNames: false)
      if !terms.contains(.any) { clauses.append(.source(EndpointList(terms))) }
    }
    if let cell = record.value("destCidr") {
      let terms = objects.terms(cell, file: item.file, takesNames: true)
      if !terms.contains(.any) { clauses.append(.destination(EndpointList(terms))) }
    }
    let word = text(record, "protocol") ?? "any"
    let service = draft.service(
      protocol: word.lowercased() == "any" ? nil : word == "icmp4" ? "icmp" : word,
      destinationPorts: MerakiNames.ports(text(record, "destPort")),
      sourcePorts: MerakiNames.ports(text(record, "srcPort")), in: what, at: item.position)
    if service != .service(Service(protocol: nil)) {
      clauses.append(.service(ServiceList([service])))
    }
    let policy = text(record, "policy") ?? ""
    clauses += draft.unreadClauses(record, of: what, ignoring: Self.irrelevant)
    var rule = Rule(name: name, match: Match(clauses), action: .allow, position: item.position)
    switch policy.lowercased() {
    case "allow": return [rule]
    case "deny":
      rule.action = .deny(.drop)
      return [rule]
    default:
      let detail = "\(what) has the policy `\(policy)`"
      return draft.eitherWay(
        rule, because: draft.doubt(.unmodelled, detail, at: item.position))
    }
  }

  /// The text of a member; an array of texts as a list; what is neither equals no known word.
  private func text(_ record: ExportRecord, _ name: String) -> String? {
    guard let value = record.value(name) else { return nil }
    if value.isArray { return value.elements.map { $0.scalarText ?? "{…}" }.joined(separator: ",") }
    return value.scalarText ?? "{…}"
  }

  private func name(_ item: Item) -> String {
    let comment = item.value["comment"]?.string ?? ""
    return comment.isEmpty ? "rule \(item.value.ordinal + 1)" : comment
  }

  // MARK: Layer 7

  /// Deny only (json.md section 6); all of them act on what layer 3 lets pass.
  func layer7(_ list: JSONValue?, file: Int) -> [Rule] {
    guard let list else { return [] }
    return list.elements.map { layer7(Item($0, file: file)) }
  }

  private func layer7(_ item: Item) -> Rule {
    let record = item.record
    let type = self.text(record, "type") ?? ""
    let value = record.value("value")
    let text =
      value?.scalarText ?? value?["name"]?.string ?? value?["id"]?.scalarText ?? ""
    var clauses: [Clause]
    switch type {
    case "application", "applicationCategory":
      clauses = text.isEmpty ? [] : [.application([text])]
    case "host":
      clauses = host(text)
    case "port":
      clauses =
        PortSet(parsing: text).map {
          [.service(ServiceList([.service(Service(protocol: nil, destinationPorts: $0))]))]
        } ?? []
    case "ipRange", "remoteIpRange":
      clauses = range(text)
    case "blockedCountries", "blacklistedCountries":
      clauses = countries(value).map { [.destination(EndpointList($0))] } ?? []
    case "allowedCountries", "whitelistedCountries":
      clauses = countries(value).map { [.destination(EndpointList($0, negated: true))] } ?? []
    default:
      clauses = []
    }
    if clauses.isEmpty {
      let detail = "layer 7 rule of type `\(type)` with a value that is not understood"
      clauses = [.requires(draft.doubt(.unmodelled, detail, at: item.position))]
    }
    let shown = text.isEmpty ? (countryNames(value) ?? []).joined(separator: ", ") : text
    var rule = Rule(
      name: "\(type) \(shown)", match: Match(clauses), action: .deny(.drop), position: item.position
    )
    let policy = self.text(record, "policy")?.lowercased()
    if policy != "deny" {
      // The API has no other word; one that comes later is not guessed at.
      let detail = "layer 7 rule with the policy `\(policy ?? "")`"
      rule.match.clauses.append(.requires(draft.doubt(.unmodelled, detail, at: item.position)))
    }
    rule.match.clauses += draft.unreadClauses(
      record, of: "layer 7 rule `\(rule.name)`", ignoring: Self.irrelevant)
    return rule
  }

  /// An HTTP host name. Whether names below it are meant is written nowhere that could be cited.
  private func host(_ text: String) -> [Clause] {
    guard let name = HostName(text.lowercased()) else { return [] }
    return [
      .destination(
        EndpointList([.host(.exact(name), .observed), .host(.subdomains(name), .doubtful)]))
    ]
  }

  /// `10.11.12.0/24`, or with a port behind a colon.
  private func range(_ text: String) -> [Clause] {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let set = AddressSet(parsing: parts[0]) else { return [] }
    let destination = Clause.destination(EndpointList([.addresses(set)]))
    guard parts.count == 2 else { return [destination] }
    guard let ports = PortSet(parsing: parts[1]) else { return [] }
    return [
      destination,
      .service(ServiceList([.service(Service(protocol: nil, destinationPorts: ports))])),
    ]
  }

  /// Nil where one is no text.
  private func countryNames(_ value: JSONValue?) -> [String]? {
    guard let value else { return nil }
    if value.isArray {
      let names = value.elements.map(\.string)
      return names.contains(nil) ? nil : names.compactMap { $0 }
    }
    return value.string.map { $0.split(separator: ",").map(String.init) }
  }

  private func countries(_ value: JSONValue?) -> [EndpointTerm]? {
    countryNames(value)?.map { .tag("country \($0)") }
  }

  // MARK: Content filtering

  /// The lists in force, each entry with its place.
  struct Filtering {
    var allowed: [Item] = []
    var blocked: [Item] = []
    var categories: [Item] = []
  }

  /// "Being on the whitelist takes precedence over the block list" (URL Filtering); URL rules come
  /// before categories (URL Block List and Allow List Patterns). Web traffic only.
  func contentFiltering(_ filtering: Filtering) -> [Rule] {
    let web = Clause.service(ServiceList([.service(.tcp(PortSet(parsing: "80,443") ?? .full))]))
    var rules: [Rule] = []
    for (items, word, action) in [
      (filtering.allowed, "allowed URL", Action.allow),
      (filtering.blocked, "blocked URL", .deny(.reject)),
    ] {
      for item in items {
        let text = item.value.scalarText ?? "{…}"
        guard let patterns = MerakiNames.urls(text) else {
          let detail = "URL pattern `\(text)` is not understood"
          rules.append(
            Rule(
              name: "\(word) \(text)",
              match: Match([
                web, .requires(draft.doubt(.unmodelled, detail, at: item.position)),
              ]), action: action, position: item.position))
          continue
        }
        rules.append(
          Rule(
            name: "\(word) \(text)",
            match: Match([web, .destination(EndpointList(patterns.map { .url($0) }))]),
            action: action, position: item.position))
      }
    }
    for item in filtering.categories {
      let name =
        item.value["name"]?.string ?? item.value["id"]?.scalarText ?? item.value.string ?? "{…}"
      rules.append(
        Rule(
          name: "blocked category \(name)",
          match: Match([web, .destination(EndpointList([.category(name)]))]),
          action: .deny(.reject),
          position: item.position))
    }
    return rules
  }
}
