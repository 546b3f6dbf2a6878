import ImportKit

/// Configuration groups that are applied and not expanded.
///
/// "A configuration group holds statements that other parts of the configuration inherit"; with
/// `display inheritance` the device writes them where they count and leaves `groups` and
/// `apply-groups` out. Without it, what a group adds is missing in the place that it is for. Source:
/// juniper.net, "Use Configuration Groups to Quickly Configure Devices".
struct JunosGroups {
  /// Where a group may add rules that decide.
  enum Reach: Comparable {
    /// In the default only.
    case defaultPolicy
    /// Among the global policies, behind those of zone pairs.
    case global
    /// Among the policies of zone pairs.
    case zonePairs
  }

  /// A group that may change what the policies decide.
  struct Doubt {
    let reach: Reach
    let condition: Condition
    let position: SourcePosition
  }

  private(set) var doubts: [Doubt] = []
  private let draft: PolicyDraft

  /// - Parameter configuration: the root.
  init(_ configuration: JunosNode, draft: PolicyDraft) {
    self.draft = draft
    let groups = configuration.children("groups")
    var applied: [String: (position: SourcePosition, isInPolicies: Bool)] = [:]
    for child in configuration.children where child.name != "groups" {
      // What is applied to the whole configuration may bring anything.
      Self.collect(child, isInPolicies: child.name == "apply-groups", into: &applied)
    }
    guard !applied.isEmpty else { return }
    var defined: Set<String> = []
    var touching: String?
    for group in groups {
      let name = group.childText("name") ?? ""
      // A cluster applies `${node}`: each machine takes the group of its own name.
      let isOwn = applied["${node}"] != nil && name.hasPrefix("node")
      guard isOwn || applied[name] != nil else { continue }
      defined.insert(isOwn ? "${node}" : name)
      let parts = ["applications", "firewall", "logical-systems", "tenants"]
      let reach = Self.standsAhead(group) ? .zonePairs : Self.reach(of: group)
      let hasMore = group.children("security").flatMap(\.children)
        .contains { $0.name != "policies" }
      if reach != nil || hasMore || parts.contains(where: group.has) {
        touching = touching ?? name
      }
      if let reach {
        doubts.append(
          Doubt(
            reach: reach,
            condition: draft.doubt(
              .unresolved,
              "configuration group `\(name)` holds parts of the policy that are not expanded",
              at: group.position),
            position: group.position))
      }
    }
    for (name, place) in applied.sorted(by: { $0.key < $1.key })
    where place.isInPolicies && !defined.contains(name) {
      doubts.append(
        Doubt(
          reach: .zonePairs,
          condition: draft.doubt(
            .unresolved,
            "configuration group `\(name)` is applied to the policy and not in the export",
            at: place.position),
          position: place.position))
    }
    note(names: applied.keys.sorted(), touching: touching, at: applied.values.map(\.position).min())
  }

  private func note(names: [String], touching: String?, at position: SourcePosition?) {
    let shown = names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
    let effect =
      touching.map { "; `\($0)` holds parts of the policy, which are missing here" } ?? ""
    draft.note(
      .completeness,
      "configuration groups (\(shown)) are not expanded\(effect); export with "
        + "`| display inheritance | display xml`", at: position)
  }

  /// Every `apply-groups` below a statement. The depth is bounded by the reader of the syntax.
  private static func collect(
    _ node: JunosNode, isInPolicies: Bool,
    into applied: inout [String: (position: SourcePosition, isInPolicies: Bool)]
  ) {
    if node.name == "apply-groups" {
      let known = applied[node.text]
      applied[node.text] = (
        known?.position ?? node.position, isInPolicies || (known?.isInPolicies ?? false)
      )
      return
    }
    let inside = isInPolicies || ["security", "firewall", "logical-systems"].contains(node.name)
    for child in node.children { collect(child, isInPolicies: inside, into: &applied) }
  }

  /// Whether a group may add filters or translation, which a flow meets before any policy.
  private static func standsAhead(_ group: JunosNode) -> Bool {
    let holders = [group] + group.children("logical-systems") + group.children("tenants")
    return holders.contains { holder in
      holder.children("interfaces").flatMap(\.descendants).contains { $0.name == "filter" }
        || holder.children("firewall").flatMap(\.descendants).contains {
          $0.name == "discard" || $0.name == "reject"
        }
        || holder.children("security").flatMap { $0.children("nat") }.contains {
          $0.has("destination") || $0.has("static")
        }
    }
  }

  /// The earliest place where a group may add something that decides; nil where it adds none, as
  /// where it only switches logs on.
  private static func reach(of group: JunosNode) -> Reach? {
    let holders = [group] + group.children("logical-systems") + group.children("tenants")
    var reach: Reach?
    for policies in holders.flatMap({ $0.children("security") })
      .flatMap({ $0.children("policies") })
    {
      for section in policies.children {
        let found: Reach
        switch section.name {
        case "policy":
          guard section.children("policy").contains(where: decides) else { continue }
          found = .zonePairs
        case "global":
          guard section.children("policy").contains(where: decides) else { continue }
          found = .global
        case "default-policy": found = .defaultPolicy
        default: continue
        }
        reach = max(reach ?? found, found)
      }
    }
    return reach
  }

  private static func decides(_ policy: JunosNode) -> Bool {
    if policy.has("match") || policy.has("scheduler-name") { return true }
    guard let then = policy.child("then") else { return false }
    return ["permit", "deny", "reject"].contains(where: then.has)
  }

  /// Two rules that leave open what a group would decide, for one place among the policies.
  func rules(_ reach: Reach) -> [Rule] {
    doubts.filter { $0.reach == reach }.flatMap { doubt in
      [Action.deny(.drop), .allow].map { action in
        Rule(
          name: "unexpanded configuration groups", match: Match([.requires(doubt.condition)]),
          action: action, origin: .implied, position: doubt.position)
      }
    }
  }
}
