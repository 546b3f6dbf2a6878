import ImportKit

/// Web filtering: URL patterns, custom categories, and the profiles that UTM policies name.
struct JunosWebFilter {
  private let grammar: JunosVersion.PatternGrammar
  private let readsTLSNames: Bool
  private var patterns: [String: JunosNode] = [:]
  private var categories: [String: JunosNode] = [:]
  /// The web-filtering profile of each UTM policy.
  private var policies: [String: JunosNode] = [:]
  private var profiles: [String: JunosNode] = [:]
  /// Sections that may hold the block and allow lists for all profiles.
  private var sections: [JunosNode] = []

  init(_ security: [JunosNode], version: JunosVersion) {
    grammar = version.grammar
    readsTLSNames = version.readsTLSNames
    for section in security {
      for utm in section.children("utm") {
        for objects in utm.children("custom-objects") {
          for node in objects.children("url-pattern") {
            if let name = node.childText("name"), patterns[name] == nil { patterns[name] = node }
          }
          for node in objects.children("custom-url-category") {
            if let name = node.childText("name"), categories[name] == nil {
              categories[name] = node
            }
          }
        }
        for node in utm.children("utm-policy") {
          if let name = node.childText("name"), policies[name] == nil { policies[name] = node }
        }
        let places =
          [utm.descend("feature-profile", "web-filtering")]
          + [utm.descend("default-configuration", "web-filtering")]
        for filtering in places.compactMap({ $0 }) {
          sections.append(filtering)
          for engine in filtering.children {
            for node in engine.children("profile") {
              if let name = node.childText("name"), profiles[name] == nil { profiles[name] = node }
            }
          }
        }
      }
    }
  }

  // MARK: Categories

  /// One name of a category: the administrator's, else the vendor's.
  func categoryTerm(_ node: JunosNode, into context: inout JunosContext) -> EndpointTerm {
    categoryTerm(node.text, into: &context)
  }

  private func categoryTerm(_ name: String, into context: inout JunosContext) -> EndpointTerm {
    guard let node = categories[name] else { return .category(name) }
    let id = "custom-url-category/\(name)"
    if let known = context.objects.endpoint(id) { return .object(known) }
    let number = context.objects.addEndpoint(
      id: id, name: name, kind: "custom-url-category", position: node.position)
    let terms = node.children("value").map { patternList($0, into: &context) }
    context.objects.setEndpoint(number, EndpointList(terms))
    return .object(number)
  }

  private func patternList(_ node: JunosNode, into context: inout JunosContext) -> EndpointTerm {
    let name = node.text
    guard let list = patterns[name] else {
      let text = "URL pattern list `\(name)` is not defined"
      context.note(.unresolved, text, at: node.position)
      return .condition(Condition(.unresolved, text))
    }
    let id = "url-pattern/\(name)"
    if let known = context.objects.endpoint(id) { return .object(known) }
    let number = context.objects.addEndpoint(
      id: id, name: name, kind: "url-pattern", position: list.position)
    var terms: [EndpointTerm] = []
    for value in list.children("value") {
      if let read = JunosURLPattern.terms(value.text, grammar: grammar) {
        terms += read
      } else {
        let text =
          "URL pattern `\(value.text)` in `\(name)` is outside the grammar"
          + (grammar == .unknown
            ? ", as far as it can be told without a release" : " of the release")
        context.note(.unmodelled, text, at: value.position)
        terms.append(.condition(Condition(.unmodelled, text)))
      }
    }
    context.objects.setEndpoint(number, EndpointList(terms))
    return .object(number)
  }

  // MARK: Profiles

  /// The gate of a UTM policy; nil where it filters no URLs.
  ///
  /// "A URL is first compared to the blocklist URLs … the allowlist … the custom category … the
  /// defined default action" (juniper.net, "Local Web Filtering"); the vendor's categories come
  /// before the default.
  func gate(
    _ policy: String, named tableName: String, at position: SourcePosition,
    into context: inout JunosContext
  ) -> Table? {
    guard let node = policies[policy] else {
      return open(
        tableName, at: position,
        Condition(.category, "UTM policy `\(policy)` is predefined or not in the export"))
    }
    guard let reference = node.descend("web-filtering", "http-profile") else { return nil }
    guard let profile = profiles[reference.text] else {
      return open(
        tableName, at: reference.position,
        Condition(
          .category, "web-filtering profile `\(reference.text)` is predefined or not in the export")
      )
    }
    var builder = Builder(filter: self, profile: profile, context: context)
    let table = builder.table(named: tableName)
    context = builder.context
    return table
  }

  private func open(
    _ name: String, at position: SourcePosition, _ condition: Condition
  ) -> Table {
    Table(
      name: name,
      rules: [
        Rule(
          name: name, match: Match([.requires(condition)]), action: .deny(.reject),
          origin: .implied, position: position)
      ], defaultAction: DefaultAction(.allow, name: "not blocked by the profile"))
  }

  /// Builds the table of one profile.
  private struct Builder {
    let filter: JunosWebFilter
    let profile: JunosNode
    var context: JunosContext
    private var rules: [Rule] = []
    private let name: String

    init(filter: JunosWebFilter, profile: JunosNode, context: JunosContext) {
      self.filter = filter
      self.profile = profile
      self.context = context
      name = profile.childText("name") ?? ""
    }

    mutating func table(named tableName: String) -> Table {
      if !filter.readsTLSNames { leaveTLSOpen() }
      for (element, action) in [
        ("url-blacklist", Action.deny(.reject)), ("url-blocklist", .deny(.reject)),
        ("url-whitelist", .allow), ("url-allowlist", .allow),
      ] {
        for section in filter.sections {
          guard let node = section.child(element) else { continue }
          add(element, [filter.categoryTerm(node, into: &context)], action, at: node.position)
        }
      }
      categories()
      if let filterSet = profile.child("base-filter") {
        addDoubt(
          Condition(.category, "base filter `\(filterSet.text)` of the vendor"),
          at: filterSet.position)
      }
      if let reputation = profile.child("site-reputation-action"),
        reputation.children.contains(where: { Self.denies($0.text) })
      {
        addDoubt(
          Condition(.category, "the vendor's reputation of the host"), at: reputation.position)
      }
      return Table(name: tableName, rules: rules, defaultAction: defaultAction())
    }

    /// Two rules that leave TLS open, where a release may compare addresses and no names.
    private mutating func leaveTLSOpen() {
      let condition = Condition(
        .unmodelled,
        "releases before 15.1X49 may filter TLS by the address of the server and not by "
          + "its name")
      for action in [Action.deny(.reject), .allow] {
        rules.append(
          Rule(
            name: "\(name): TLS",
            match: Match([
              .service(ServiceList([.service(.tcp(PortSet(443)))])), .requires(condition),
            ]), action: action, origin: .implied, position: profile.position))
      }
    }

    /// What becomes of hosts that no list and no category names; a profile that does not say is
    /// left open.
    private mutating func defaultAction() -> DefaultAction {
      guard let node = profile.child("default") else {
        addDoubt(
          Condition(
            .unmodelled,
            "profile `\(name)` names no default action for hosts in none of its "
              + "categories"), at: profile.position)
        return DefaultAction(.allow, name: "not blocked by the profile")
      }
      return DefaultAction(
        Self.denies(node.text) ? .deny : .allow, name: "default \(node.text)",
        position: node.position)
    }

    /// `quarantine` shows a page that somebody must confirm, which a service cannot.
    private static func denies(_ action: String) -> Bool {
      action == "block" || action == "quarantine"
    }

    private mutating func add(
      _ label: String, _ terms: [EndpointTerm], _ action: Action, at position: SourcePosition,
      but others: [EndpointTerm] = [], if condition: Condition? = nil
    ) {
      guard !terms.isEmpty else { return }
      var clauses: [Clause] = [.destination(EndpointList(terms))]
      if !others.isEmpty { clauses.append(.destination(EndpointList(others, negated: true))) }
      if let condition { clauses.append(.requires(condition)) }
      rules.append(
        Rule(
          name: "\(name): \(label)", match: Match(clauses), action: action, origin: .implied,
          position: position))
    }

    private mutating func addDoubt(_ condition: Condition, at position: SourcePosition) {
      rules.append(
        Rule(
          name: name, match: Match([.requires(condition)]), action: .deny(.reject),
          origin: .implied, position: position))
    }

    /// Own categories first, then the vendor's. Where a host is in own categories with different
    /// actions, 20.4R1 and later take the pattern that fits best and earlier releases are silent:
    /// both stay possible.
    private mutating func categories() {
      var blocked: [EndpointTerm] = []
      var permitted: [EndpointTerm] = []
      var vendorBlocked: [EndpointTerm] = []
      var vendorPermitted: [EndpointTerm] = []
      var position = profile.position
      for node in profile.children("category") {
        guard let category = node.childText("name") else { continue }
        position = node.position
        let denies = Self.denies(node.childText("action") ?? "")
        let term = filter.categoryTerm(category, into: &context)
        switch (filter.categories[category] != nil, denies) {
        case (true, true): blocked.append(term)
        case (true, false): permitted.append(term)
        case (false, true): vendorBlocked.append(term)
        case (false, false): vendorPermitted.append(term)
        }
      }
      add("own categories, block", blocked, .deny(.reject), at: position, but: permitted)
      add("own categories, permit", permitted, .allow, at: position, but: blocked)
      if !blocked.isEmpty, !permitted.isEmpty {
        let condition = Condition(
          .unmodelled, "the host is in several own categories of `\(name)` with different actions")
        add("own categories, both", blocked, .deny(.reject), at: position, if: condition)
        add("own categories, both", permitted, .allow, at: position)
      }
      add("categories, block", vendorBlocked, .deny(.reject), at: position)
      add("categories, permit", vendorPermitted, .allow, at: position)
    }
  }
}
