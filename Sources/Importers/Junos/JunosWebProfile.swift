import ImportKit

/// Builds the gate table of one web-filtering profile.
final class JunosWebProfile {
  private let filter: JunosWebFilter
  private let profile: JunosRecord
  private let name: String
  private var rules: [Rule] = []

  private var draft: PolicyDraft { filter.draft }

  init(filter: JunosWebFilter, profile: JunosNode) {
    self.filter = filter
    self.profile = JunosRecord(profile)
    name = profile.childText("name") ?? ""
  }

  func table(named tableName: String) -> Table {
    _ = profile.child("name")
    if !filter.readsTLSNames { leaveTLSOpen() }
    for (element, action) in [
      ("url-blacklist", Action.deny(.reject)), ("url-blocklist", .deny(.reject)),
      ("url-whitelist", .allow), ("url-allowlist", .allow),
    ] {
      for section in filter.sections {
        guard let node = section.child(element) else { continue }
        add(element, [filter.categoryTerm(node)], action, at: node.position)
      }
    }
    categories()
    if let filterSet = profile.child("base-filter") {
      addDoubt(
        draft.doubt(.category, "base filter `\(filterSet.text)` of the vendor"),
        at: filterSet.position)
    }
    if let reputation = profile.child("site-reputation-action"),
      reputation.children.contains(where: { Self.denies($0.text) != .no })
    {
      addDoubt(
        draft.doubt(.category, "the vendor's reputation of the host"), at: reputation.position)
    }
    // What happens when the vendor's service does not answer is no matter of the policy.
    _ = profile.child("fallback-settings")
    let action = defaultAction()
    if let left = draft.unread(
      profile, of: "web-filtering profile `\(name)`", ignoring: JunosMembers.webProfile)
    {
      rules.insert(contentsOf: either(left), at: 0)
    }
    return Table(name: tableName, rules: rules, defaultAction: action)
  }

  private func either(_ doubt: Condition) -> [Rule] {
    [Action.deny(.reject), .allow].map { action in
      Rule(
        name: name, match: Match([.requires(doubt)]), action: action, origin: .implied,
        position: profile.position)
    }
  }

  /// Two rules that leave TLS open, where a release may compare addresses and no names.
  private func leaveTLSOpen() {
    let condition = draft.doubt(
      .unmodelled,
      "releases before 15.1X49 may filter TLS by the address of the server and not by its name",
      at: profile.position)
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
  private func defaultAction() -> DefaultAction {
    guard let node = profile.child("default") else {
      addDoubt(
        draft.doubt(
          .unmodelled,
          "profile `\(name)` names no default action for hosts in none of its categories",
          at: profile.position), at: profile.position)
      return DefaultAction(.allow, name: "not blocked by the profile")
    }
    let denies = Self.denies(node.text)
    if denies == .perhaps { addDoubt(unknownAction(node), at: node.position) }
    return DefaultAction(
      denies == .yes ? .deny : .allow, name: "default \(node.text)", position: node.position)
  }

  private func unknownAction(_ node: JunosNode) -> Condition {
    draft.doubt(
      .unmodelled, "profile `\(name)` has the action `\(node.text)`, which is not known",
      at: node.position)
  }

  /// `quarantine` shows a page that somebody must confirm, which a service cannot.
  private static func denies(_ action: String) -> Truth {
    switch action {
    case "block", "quarantine": .yes
    case "permit", "log-and-permit": .no
    default: .perhaps
    }
  }

  private func add(
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

  private func addDoubt(_ condition: Condition, at position: SourcePosition) {
    rules.append(
      Rule(
        name: name, match: Match([.requires(condition)]), action: .deny(.reject),
        origin: .implied, position: position))
  }

  /// Own categories first, then the vendor's. Where a host is in own categories with different
  /// actions, 20.4R1 and later take the pattern that fits best and earlier releases are silent:
  /// both stay possible.
  private func categories() {
    var blocked: [EndpointTerm] = []
    var permitted: [EndpointTerm] = []
    var vendorBlocked: [EndpointTerm] = []
    var vendorPermitted: [EndpointTerm] = []
    var position = profile.position
    for node in profile.children("category") {
      guard let category = node.child("name") else { continue }
      position = node.position
      let record = JunosRecord(node)
      _ = record.child("name")
      let action = record.child("action")
      let term = filter.categoryTerm(category)
      var doubt = draft.unread(
        record, of: "category `\(category.text)` of profile `\(name)`",
        ignoring: JunosMembers.webProfile)
      let denies = action.map { Self.denies($0.text) } ?? .perhaps
      if denies == .perhaps { doubt = doubt ?? unknownAction(action ?? node) }
      if let doubt {
        // A category whose action is open may do either with its hosts.
        add("category \(category.text)", [term], .deny(.reject), at: position, if: doubt)
        add("category \(category.text)", [term], .allow, at: position, if: doubt)
        continue
      }
      switch (filter.isOwn(category.text), denies == .yes) {
      case (true, true): blocked.append(term)
      case (true, false): permitted.append(term)
      case (false, true): vendorBlocked.append(term)
      case (false, false): vendorPermitted.append(term)
      }
    }
    add("own categories, block", blocked, .deny(.reject), at: position, but: permitted)
    add("own categories, permit", permitted, .allow, at: position, but: blocked)
    if !blocked.isEmpty, !permitted.isEmpty {
      let condition = draft.doubt(
        .unmodelled, "the host is in several own categories of `\(name)` with different actions",
        at: position)
      add("own categories, both", blocked, .deny(.reject), at: position, if: condition)
      add("own categories, both", permitted, .allow, at: position)
    }
    add("categories, block", vendorBlocked, .deny(.reject), at: position)
    add("categories, permit", vendorPermitted, .allow, at: position)
  }
}
