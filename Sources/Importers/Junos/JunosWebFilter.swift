import ImportKit

/// Web filtering: URL patterns, custom categories, and the profiles that UTM policies name.
final class JunosWebFilter {
  let draft: PolicyDraft
  private let grammar: JunosVersion.PatternGrammar
  let readsTLSNames: Bool
  private var patterns: [String: JunosNode] = [:]
  private var categories: [String: JunosNode] = [:]
  /// The web-filtering profile of each UTM policy.
  private var policies: [String: JunosNode] = [:]
  private var profiles: [String: JunosNode] = [:]
  /// Sections that may hold the block and allow lists for all profiles.
  private(set) var sections: [JunosNode] = []

  init(_ security: [JunosNode], version: JunosVersion, draft: PolicyDraft) {
    self.draft = draft
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
  func categoryTerm(_ node: JunosNode) -> EndpointTerm {
    let name = node.text
    guard let category = categories[name] else {
      // The vendor's words hold no blanks or signs; anything else is a list that is not here.
      guard JunosPolicies.isName(name) else {
        return .condition(
          draft.doubt(.unresolved, "URL category `\(name)` is not defined", at: node.position))
      }
      return .category(name)
    }
    let id = "custom-url-category/\(name)"
    if let known = draft.objects.endpoint(id) { return .object(known) }
    let number = draft.objects.addEndpoint(
      id: id, name: name, kind: "custom-url-category", position: category.position)
    let record = JunosRecord(category)
    _ = record.child("name")
    var terms = record.children("value").map { patternList($0) }
    if let left = draft.unread(
      record, of: "URL category `\(name)`", ignoring: JunosMembers.address)
    {
      terms = terms.filter { if case .condition = $0 { true } else { false } }
      terms.append(.condition(left))
    }
    draft.objects.setEndpoint(number, EndpointList(terms))
    return .object(number)
  }

  private func patternList(_ node: JunosNode) -> EndpointTerm {
    let name = node.text
    guard let list = patterns[name] else {
      return .condition(
        draft.doubt(
          .unresolved, "URL pattern list `\(name)` is not defined", at: node.position))
    }
    let id = "url-pattern/\(name)"
    if let known = draft.objects.endpoint(id) { return .object(known) }
    let number = draft.objects.addEndpoint(
      id: id, name: name, kind: "url-pattern", position: list.position)
    let record = JunosRecord(list)
    _ = record.child("name")
    var terms = record.children("value").flatMap { value -> [EndpointTerm] in
      JunosURLPattern.terms(value.text, grammar: grammar) ?? [outsideGrammar(value, in: name)]
    }
    if let left = draft.unread(
      record, of: "URL pattern list `\(name)`", ignoring: JunosMembers.address)
    {
      terms = terms.filter { if case .condition = $0 { true } else { false } }
      terms.append(.condition(left))
    }
    draft.objects.setEndpoint(number, EndpointList(terms))
    return .object(number)
  }

  /// A value that the release would refuse, or reads in a way that is not documented: it can only mean
  /// hosts that hold what its host part says.
  private func outsideGrammar(_ value: JunosNode, in list: String) -> EndpointTerm {
    let text = value.text
    let what =
      "URL pattern `\(text)` in `\(list)` is outside the grammar"
      + (grammar == .unknown
        ? ", as far as it can be told without a release" : " of the release")
    let rest = text.firstRange(of: "://").map { text[$0.upperBound...] } ?? text[...]
    let host = String(rest.prefix { $0 != "/" })
    guard let run = PolicyDraft.longestHostRun(host), run.contains("."),
      !TemplateMarker.isPresent(in: text)
    else { return .condition(draft.doubt(.unmodelled, what, at: value.position)) }
    draft.note(.unmodelled, what, at: value.position)
    return draft.oddHost(host, in: "URL pattern list `\(list)`", at: value.position)
  }

  // MARK: Profiles

  /// The gate of a UTM policy; nil where it filters no URLs.
  ///
  /// "A URL is first compared to the blocklist URLs … the allowlist … the custom category … the
  /// defined default action" (juniper.net, "Local Web Filtering"); the vendor's categories come
  /// before the default.
  func gate(
    _ policy: String, named tableName: String, at position: SourcePosition
  ) -> Table? {
    guard let node = policies[policy] else {
      return open(
        tableName, at: position,
        draft.doubt(.category, "UTM policy `\(policy)` is predefined or not in the export"))
    }
    // Later releases name the profile of each kind of filter under `web-filtering`.
    guard let reference = node.descend("web-filtering", "http-profile") else {
      guard let odd = node.child("web-filtering"), !odd.children.isEmpty || !odd.text.isEmpty
      else { return nil }
      return open(
        tableName, at: odd.position,
        draft.doubt(
          .unmodelled, "UTM policy `\(policy)` filters the web in a way that is not understood",
          at: odd.position))
    }
    guard let profile = profiles[reference.text] else {
      return open(
        tableName, at: reference.position,
        draft.doubt(
          .category, "web-filtering profile `\(reference.text)` is predefined or not in the export")
      )
    }
    return JunosWebProfile(filter: self, profile: profile).table(named: tableName)
  }

  /// Whether a category is the administrator's, or may be one that is not in the export: those of the
  /// vendor's service start with `Enhanced_` (juniper.net, "Enhanced Web Filtering Overview").
  func isOwn(_ category: String) -> Bool {
    categories[category] != nil || !category.hasPrefix("Enhanced_")
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
}
