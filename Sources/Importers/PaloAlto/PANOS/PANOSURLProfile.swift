import ImportKit

/// A URL filtering profile as a gate: what an allowed flow must pass besides.
///
/// Lists of the profile itself come first (releases before 9.0), then custom categories and URL
/// lists, then the vendor's categories. Where a URL is in several custom categories the most
/// severe action counts: block, override, continue, alert, allow. Source:
/// docs.paloaltonetworks.com, "URL Filtering Profiles" and "Guidelines for URL Category Exceptions".
/// `override` asks for a password and `continue` for a click: a service that runs unattended can
/// give neither, so both deny.
struct PANOSURLProfile {
  let profile: XMLElement
  let name: String

  private static let severity = ["block", "override", "continue", "alert", "allow"]

  mutating func table(named tableName: String, with objects: inout PANOSObjects) -> Table {
    var rules: [Rule] = []
    let blockListAction = profile.childText("action") ?? "block"
    rules += ownList("block-list", denies: blockListAction != "alert", objects: &objects)
    rules += ownList("allow-list", denies: false, objects: &objects)
    for action in Self.severity {
      let own = PANOSElements.members(profile.child(action)).filter {
        objects.isOwnCategory($0.text)
      }
      if !own.isEmpty { rules.append(rule(action, own, objects: &objects)) }
    }
    for action in Self.severity.prefix(3) {
      let vendor = PANOSElements.members(profile.child(action)).filter {
        !objects.isOwnCategory($0.text)
      }
      if !vendor.isEmpty { rules.append(rule(action, vendor, objects: &objects)) }
    }
    return Table(
      name: tableName, rules: rules,
      defaultAction: DefaultAction(
        .allow, name: "not blocked by the profile", position: SourcePosition(line: profile.line)))
  }

  private func rule(
    _ action: String, _ members: [XMLElement], objects: inout PANOSObjects
  ) -> Rule {
    let terms = members.map { objects.categoryTerm($0.text) }
    return Rule(
      name: "\(name): \(action)", match: Match([.destination(EndpointList(terms))]),
      action: action == "alert" || action == "allow" ? .allow : .deny(.reject), origin: .implied,
      position: SourcePosition(line: profile.child(action)?.line ?? profile.line))
  }

  private func ownList(
    _ element: String, denies: Bool, objects: inout PANOSObjects
  ) -> [Rule] {
    guard let list = profile.child(element) else { return [] }
    let terms = PANOSElements.members(list).map { objects.urlTerm($0, category: name) }
    guard !terms.isEmpty else { return [] }
    return [
      Rule(
        name: "\(name): \(element)", match: Match([.destination(EndpointList(terms))]),
        action: denies ? .deny(.reject) : .allow, origin: .implied,
        position: SourcePosition(line: list.line))
    ]
  }
}
