import ImportKit

/// A URL filtering profile as a gate: what an allowed flow must pass besides.
///
/// Lists of the profile itself come first (releases before 9.0), then custom categories, then external
/// lists, then the vendor's categories. "The action specified in the custom category takes precedence
/// over the external dynamic list" (docs.paloaltonetworks.com, "Use an External Dynamic List in a URL
/// Filtering Profile"). Where a URL is in several categories of one kind the most severe action counts:
/// block, override, continue, alert, allow ("URL Filtering Profiles", "Guidelines for URL Category
/// Exceptions"). `override` asks for a password and `continue` for a click: a service that runs
/// unattended can give neither, so both deny.
struct PANOSURLProfile {
  private let profile: ExportRecord
  private let name: String
  private let objects: PANOSObjects

  private static let severity = ["block", "override", "continue", "alert", "allow"]

  init(_ profile: XMLElement, name: String, objects: PANOSObjects) {
    self.profile = ExportRecord(profile)
    self.name = name
    self.objects = objects
  }

  func table(named tableName: String) -> Table {
    var rules: [Rule] = []
    let what = "URL filtering profile `\(name)`"
    let listAction = profile.text("action") ?? "block"
    rules += ownList("block-list", of: what, action: listAction)
    rules += ownList("allow-list", of: what, action: "allow")
    let lists = Self.severity.map { action in
      let element = profile.child(action)
      return (action: action, list: PANOSList(element), line: element?.line ?? 0)
    }
    for origin in [PANOSObjects.CategoryOrigin.custom, .externalList, .vendor] {
      for (action, list, line) in lists {
        let members = list.members.filter { objects.categoryOrigin($0.text) == origin }
        // The vendor's categories that nothing denies are let through by the default.
        let isIdle = origin == .vendor && !Self.denies(action)
        guard !members.isEmpty, !isIdle else { continue }
        rules.append(
          rule(action, members.map { objects.categoryTerm($0) }, at: line))
      }
    }
    var doubts = lists.compactMap { $0.list.odd }.map { objects.odd($0, in: what) }
    if let left = objects.draft.unread(profile, of: what, ignoring: PANOSMembers.urlProfile) {
      doubts.append(left)
    }
    return Table(
      name: tableName, rules: doubts.flatMap(either) + rules,
      defaultAction: DefaultAction(
        .allow, name: "not blocked by the profile", position: profile.position))
  }

  /// What is not understood may block as well as let through.
  private func either(_ doubt: Condition) -> [Rule] {
    [Action.deny(.reject), .allow].map { action in
      Rule(
        name: name, match: Match([.requires(doubt)]), action: action, origin: .implied,
        position: profile.position)
    }
  }

  private static func denies(_ action: String) -> Bool {
    action == "block" || action == "override" || action == "continue"
  }

  private func rule(_ action: String, _ terms: [EndpointTerm], at line: Int) -> Rule {
    Rule(
      name: "\(name): \(action)", match: Match([.destination(EndpointList(terms))]),
      action: Self.denies(action) ? .deny(.reject) : .allow, origin: .implied,
      position: SourcePosition(line: line))
  }

  private func ownList(_ element: String, of what: String, action: String) -> [Rule] {
    let container = profile.child(element)
    let list = PANOSList(container)
    var terms = list.members.flatMap { objects.urlTerms($0, category: name) }
    if let odd = list.odd { terms.append(.condition(objects.odd(odd, in: what))) }
    guard !terms.isEmpty else { return [] }
    let rule = Rule(
      name: "\(name): \(element)", match: Match([.destination(EndpointList(terms))]),
      action: Self.denies(action) ? .deny(.reject) : .allow, origin: .implied,
      position: SourcePosition(line: container?.line ?? profile.position.line))
    guard Self.denies(action) || action == "allow" || action == "alert" else {
      let doubt = objects.draft.doubt(
        .unmodelled, "\(what) treats its block list by `\(action)`", at: profile.position)
      return objects.draft.eitherWay(rule, because: doubt)
    }
    return [rule]
  }
}
