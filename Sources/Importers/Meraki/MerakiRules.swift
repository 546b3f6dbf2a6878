import ImportKit

/// Translates layer 3 rules, layer 7 rules and content filtering.
struct MerakiRules {
  typealias Item = MerakiDocuments.Item

  var objects: MerakiObjects

  /// What is not known may allow as well as deny.
  static func unknownRules(
    _ name: String, _ condition: Condition, at position: SourcePosition,
    origin: Rule.Origin = .implied, clauses: [Clause] = []
  ) -> [Rule] {
    [Action.allow, .deny(.drop)].map { action in
      Rule(
        name: name, match: Match(clauses + [.requires(condition)]), action: action,
        origin: action == .allow ? .implied : origin, position: position)
    }
  }

  // MARK: Layer 3

  /// "Rules are evaluated from top to bottom … The first rule that matches is applied … If no rules
  /// match, the default rule (allow all traffic) is applied" (Using Layer 3 Firewall Rules).
  ///
  /// The Dashboard appends that default to what it answers; it cannot be edited.
  mutating func layer3(_ name: String, _ list: JSONValue?, file: Int) -> Table {
    var rules = list?.elements.flatMap { layer3(Item(value: $0, file: file)) } ?? []
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

  private mutating func layer3(_ item: Item) -> [Rule] {
    let name = name(item)
    var clauses: [Clause] = []
    if let cell = item.value["srcCidr"] {
      let terms = objects.terms(cell, file: item.file, takesNames: false)
      if !terms.contains(.any) { clauses.append(.source(EndpointList(terms))) }
    }
    if let cell = item.value["destCidr"] {
      let terms = objects.terms(cell, file: item.file, takesNames: true)
      if !terms.contains(.any) { clauses.append(.destination(EndpointList(terms))) }
    }
    if let service = service(item) { clauses.append(.service(ServiceList([service]))) }
    let action: Action
    switch item.value["policy"]?.string?.lowercased() {
    case "allow": action = .allow
    case "deny": action = .deny(.drop)
    default:
      let word = item.value["policy"]?.scalarText ?? ""
      let detail = "rule `\(name)` has the policy `\(word)`"
      objects.note(.unmodelled, detail, at: item.position)
      return Self.unknownRules(
        name, Condition(.unmodelled, detail), at: item.position, origin: .written, clauses: clauses)
    }
    return [Rule(name: name, match: Match(clauses), action: action, position: item.position)]
  }

  private func name(_ item: Item) -> String {
    let comment = item.value["comment"]?.string ?? ""
    return comment.isEmpty ? "rule \(item.value.ordinal + 1)" : comment
  }

  /// Nil for every service.
  private mutating func service(_ item: Item) -> ServiceTerm? {
    let word = item.value["protocol"]?.scalarText ?? "any"
    let destination = MerakiNames.ports(item.value["destPort"]?.scalarText)
    let source = MerakiNames.ports(item.value["srcPort"]?.scalarText)
    let number = MerakiNames.protocolNumber(word)
    guard let destination, let source, number != nil || word.lowercased() == "any" else {
      let detail = "rule `\(name(item))` has a protocol or port that is not understood"
      objects.note(.unmodelled, detail, at: item.position)
      return .condition(Condition(.unmodelled, detail))
    }
    if number == nil, destination.isFull, source.isFull { return nil }
    return .service(Service(protocol: number, destinationPorts: destination, sourcePorts: source))
  }

  // MARK: Layer 7

  /// Deny only (json.md section 6); all of them act on what layer 3 lets pass.
  mutating func layer7(_ list: JSONValue?, file: Int) -> [Rule] {
    guard let list else { return [] }
    return list.elements.map { layer7(Item(value: $0, file: file)) }
  }

  private mutating func layer7(_ item: Item) -> Rule {
    let type = item.value["type"]?.string ?? ""
    let value = item.value["value"]
    let text = value?.scalarText ?? value?["name"]?.string ?? value?["id"]?.scalarText ?? ""
    var clauses: [Clause]
    switch type {
    case "application", "applicationCategory":
      clauses = [.application([text])]
    case "host":
      clauses = host(text)
    case "port":
      clauses =
        MerakiNames.ports(text).map {
          [.service(ServiceList([.service(Service(protocol: nil, destinationPorts: $0))]))]
        } ?? []
    case "ipRange", "remoteIpRange":
      clauses = range(text)
    case "blockedCountries", "blacklistedCountries":
      clauses = [.destination(EndpointList(countries(value)))]
    case "allowedCountries", "whitelistedCountries":
      clauses = [.destination(EndpointList(countries(value), negated: true))]
    default:
      clauses = []
    }
    if clauses.isEmpty {
      let detail = "layer 7 rule of type `\(type)` with a value that is not understood"
      objects.note(.unmodelled, detail, at: item.position)
      clauses = [.requires(Condition(.unmodelled, detail))]
    }
    let shown = text.isEmpty ? countryNames(value).joined(separator: ", ") : text
    var rule = Rule(
      name: "\(type) \(shown)", match: Match(clauses), action: .deny(.drop), position: item.position
    )
    let policy = item.value["policy"]?.string?.lowercased()
    if policy != "deny" {
      // The API has no other word; one that comes later is not guessed at.
      let detail = "layer 7 rule with the policy `\(policy ?? "")`"
      objects.note(.unmodelled, detail, at: item.position)
      rule.match.clauses.append(.requires(Condition(.unmodelled, detail)))
    }
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

  private func countryNames(_ value: JSONValue?) -> [String] {
    guard let value else { return [] }
    if value.isArray { return value.elements.compactMap(\.string) }
    return value.string.map { $0.split(separator: ",").map(String.init) } ?? []
  }

  private func countries(_ value: JSONValue?) -> [EndpointTerm] {
    countryNames(value).map { .tag("country \($0)") }
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
  mutating func contentFiltering(_ filtering: Filtering) -> [Rule] {
    let web = Clause.service(ServiceList([.service(.tcp(PortSet(parsing: "80,443") ?? .full))]))
    var rules: [Rule] = []
    for (items, word, action) in [
      (filtering.allowed, "allowed URL", Action.allow),
      (filtering.blocked, "blocked URL", .deny(.reject)),
    ] {
      for item in items {
        let text = item.value.string ?? ""
        guard let patterns = MerakiNames.urls(text) else {
          let detail = "URL pattern `\(text)` is not understood"
          objects.note(.unmodelled, detail, at: item.position)
          rules.append(
            Rule(
              name: "\(word) \(text)",
              match: Match([web, .requires(Condition(.unmodelled, detail))]),
              action: action, position: item.position))
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
        item.value["name"]?.string ?? item.value["id"]?.scalarText ?? item.value.string ?? ""
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
