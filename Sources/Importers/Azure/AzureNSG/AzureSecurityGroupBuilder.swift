import ImportKit

/// Translates the rules of security groups.
struct AzureSecurityGroupBuilder {
  let resources: AzureResources
  let draft: PolicyDraft
  private var sources: [(AddressSet, String)] = []
  /// Rules of unknown contents, ahead of the others.
  private var first: [Rule] = []

  init(resources: AzureResources, scope: String) {
    self.resources = resources
    let doubts = Doubts()
    doubts.add(resources.doubts.notes)
    draft = PolicyDraft(Policy(scope: scope, format: "azure-nsg"), doubts: doubts)
  }

  mutating func finish() -> Policy {
    let names = draft.policy.tables.map(\.name)
    draft.policy.pipelines = [
      Pipeline(traffic: .forwarded, mode: .allOf, stages: names.map { Stage(table: $0) })
    ]
    draft.policy.proposals = SourceProposals.make(sources)
    if names.count == 1 {
      draft.note(
        .advisory,
        "a subnet and a network interface may each have a security group, and both must "
          + "allow; give them as two devices, or the rules in effect at the interface")
    }
    return draft.finish()
  }

  /// A part of the group that is not in the export: it may stand at any priority.
  mutating func addGap(
    _ what: String, kind: Condition.Kind = .missingPart, at position: SourcePosition
  ) {
    first += draft.gap(what, kind: kind, at: position)
  }

  // MARK: Tables

  private struct Placed {
    let item: AzureItem
    let isDefault: Bool
  }

  /// Adds a group as a table.
  ///
  /// - Parameters:
  ///   - group: nil where only loose rules of it are in the export.
  ///   - name: of the table; a second one of the name gets a number.
  mutating func addTable(of group: AzureItem?, named name: String, looseRules: [AzureItem]) {
    var placed: [Placed] = []
    var hasDefaults = false
    let place = group?.position ?? looseRules.first?.position ?? SourcePosition(line: 0)
    if let group {
      for (key, isDefault) in [
        ("securityRules", false), ("defaultSecurityRules", true), ("effectiveSecurityRules", false),
      ] {
        let items = self.items(key, of: group)
        if isDefault && !items.isEmpty { hasDefaults = true }
        placed += items.map { Placed(item: $0, isDefault: isDefault) }
      }
      // What is in effect has the default rules among the others.
      if group.value.member("effectiveSecurityRules") != nil { hasDefaults = true }
      addPresence(of: group)
    }
    placed += looseRules.map { Placed(item: $0, isDefault: false) }
    for gap in resources.gaps where gap.kind == .securityRules {
      addGap(gap.what, at: gap.position)
    }
    var rules = first + adminRules() + ordered(placed, at: place)
    first = []
    if !hasDefaults { rules += defaults(at: place) }
    let number = draft.policy.tables.count + 1
    let label = draft.policy.tables.contains { $0.name == name } ? "\(name) (\(number))" : name
    draft.policy.tables.append(
      Table(
        name: label, rules: rules, defaultAction: DefaultAction(.deny, name: "no rule matches")))
  }

  private mutating func items(_ key: String, of group: AzureItem) -> [AzureItem] {
    let list =
      group.properties.member(key) == nil
      ? group.list(key, what: "`\(key)` of the group")
      : group.properties.list(key, what: "`\(key)` of the group")
    switch list {
    case .items(let items): return items
    case .missing:
      // An answer of the service always has its list; a template says nothing where there is none.
      if key == "securityRules", group.member("etag") != nil || group.text("id") != nil,
        group.value.member("effectiveSecurityRules") == nil
      {
        addGap("`securityRules` of the group are not in the export", at: group.position)
      }
      return []
    case .unknown(let text, let items):
      addGap(text, at: group.position)
      return items
    }
  }

  /// A group that is perhaps not there lets everything pass where it is not.
  private mutating func addPresence(of group: AzureItem) {
    let what = "security group `\(group.lastName ?? "")`"
    for doubt in group.doubts {
      first.append(
        Rule(
          name: "(not deployed)", match: Match([.requires(doubt)]), action: .allow,
          origin: .implied, position: group.position))
    }
    for doubt in group.inForceDoubts(of: what, in: draft).dropFirst(group.doubts.count) {
      addGap(doubt.detail, kind: .notInForce, at: group.position)
    }
  }

  /// The outbound rules by priority. One whose priority is open perhaps comes first, and last before
  /// the defaults at the latest.
  private mutating func ordered(_ placed: [Placed], at place: SourcePosition) -> [Rule] {
    var inbound = 0
    var early: [Rule] = []
    var known: [(priority: Int, rules: [Rule])] = []
    var late: [Rule] = []
    var lastOfAll: [Rule] = []
    for entry in placed {
      let properties = entry.item.properties
      if properties.text("direction")?.lowercased() == "inbound" {
        inbound += 1
        continue
      }
      let given = properties.member("priority")
      let made = rules(entry.item, priority: given?.number, isDefault: entry.isDefault)
      if let priority = given?.number {
        known.append((priority, made))
      } else {
        let doubt = draft.doubt(
          .unresolved,
          "the priority of rule `\(entry.item.lastName ?? "")` (line \(entry.item.position.line)) is "
            + "not known, and so its place in the order",
          at: entry.item.position)
        early += draft.perhapsInForce(made, because: doubt)
        let last = made.map { rule in
          var rule = rule
          rule.origin = .implied
          return rule
        }
        if entry.isDefault { lastOfAll += last } else { late += last }
      }
    }
    if inbound > 0 {
      draft.note(
        .reading,
        "\(inbound) inbound rules are left out: they do not concern connections that clients "
          + "open", at: place)
    }
    // Swift's sort is stable, so equal priorities keep the order of the export.
    known.sort { $0.priority < $1.priority }
    let limit = 65000
    return early + known.filter { $0.priority < limit }.flatMap(\.rules) + late
      + known.filter { $0.priority >= limit }.flatMap(\.rules) + lastOfAll
  }

  /// The default rules of every group, for templates that do not repeat them.
  private func defaults(at position: SourcePosition) -> [Rule] {
    let all: [(String, [Clause], Action)] = [
      ("65000 AllowVnetOutBound", [.destination(EndpointList([Self.privateUse]))], .allow),
      ("65001 AllowInternetOutBound", [.destination(EndpointList([Self.internet]))], .allow),
      ("65500 DenyAllOutBound", [], .deny(.drop)),
    ]
    return all.map { name, clauses, action in
      Rule(
        name: name, match: Match(clauses), action: action, origin: .implied, position: position)
    }
  }

  // MARK: Rules

  private mutating func rules(_ item: AzureItem, priority: Int?, isDefault: Bool) -> [Rule] {
    let properties = item.properties
    let label = item.lastName ?? "rule"
    let what = "rule `\(label)`"
    var clauses: [Clause] = []
    let source = terms("source", properties, what, isSource: true)
    if !source.contains(.any) { clauses.append(.source(EndpointList(source))) }
    let destination = terms("destination", properties, what, isSource: false)
    if !destination.contains(.any) { clauses.append(.destination(EndpointList(destination))) }
    clauses += services(properties, what).clauses
    let direction = properties.text("direction")
    if direction?.lowercased() != "outbound" {
      let word = direction.map { "direction `\($0)` of \(what)" } ?? "the direction of \(what)"
      clauses.append(
        .requires(draft.doubt(.unresolved, "\(word) is not known", at: item.position)))
    }
    clauses += item.inForceDoubts(of: what, in: draft).map { .requires($0) }
    let access = properties.text("access")?.lowercased()
    let comment = properties.text("description") ?? ""
    // The members stand in `properties` (REST, templates), or in the rule itself.
    for part in item.member("properties") == nil ? [properties] : [properties, item] {
      if let left = part.unread(of: what, ignoring: AzureIrrelevant.securityRule, in: draft) {
        clauses.append(.requires(left))
      }
    }
    let number = priority.map { "\($0) " } ?? ""
    var rule = Rule(
      name: number + label, match: Match(clauses), action: .allow, comment: comment,
      origin: isDefault || (priority ?? 0) >= 65000 ? .implied : .written, position: item.position)
    switch access {
    case "allow": return [rule]
    case "deny":
      rule.action = .deny(.drop)
      return [rule]
    default:
      let doubt = draft.doubt(
        .unresolved, "whether \(what) allows or denies is not known", at: item.position)
      return draft.eitherWay(rule, because: doubt)
    }
  }

  private func services(_ item: AzureItem, _ what: String) -> AzureServices {
    func entries(_ name: String) -> [AzureItem.Entry] {
      item.entries(name) + item.entries(name + "s")
    }
    var services = AzureServices()
    services.readProtocols(item.entries("protocol"), of: what, at: item.position, draft)
    services.readPorts(entries("destinationPortRange"), of: what, at: item.position, draft)
    services.readSourcePorts(entries("sourcePortRange"), of: what, at: item.position, draft)
    return services
  }

  // MARK: Rules of a network manager

  /// Security admin rules act before security groups: `AlwaysAllow` and `Deny` decide, `Allow` hands
  /// on to the group. Source: learn.microsoft.com, "Security admin rules in Azure Virtual Network
  /// Manager". To which networks a configuration is deployed is not in the rule.
  private mutating func adminRules() -> [Rule] {
    var found: [(priority: Int, rule: Rule)] = []
    for item in resources.adminRules {
      let properties = item.properties
      if properties.text("direction")?.lowercased() == "inbound" { continue }
      let what = "security admin rule `\(item.lastName ?? "")`"
      let doubt = draft.doubt(
        .notInForce, "\(what) acts before the group where its configuration is deployed",
        at: item.position)
      var services = AzureServices()
      services.readProtocols(properties.entries("protocol"), of: what, at: item.position, draft)
      services.readPorts(
        properties.entries("destinationPortRanges"), of: what, at: item.position, draft)
      let targets = (properties.member("destinations")?.elements ?? []).map { element in
        element.member("addressPrefix")?.text.map {
          address(.text($0), item, what, isSource: false)
        } ?? .condition(draft.doubt(.unresolved, "\(what) has no address", at: item.position))
      }
      var clauses = [Clause.requires(doubt)] + services.clauses
      if !targets.contains(.any) { clauses.append(.destination(EndpointList(targets))) }
      let rule = Rule(
        name: "\(item.lastName ?? "admin rule")", match: Match(clauses), action: .allow,
        origin: .implied, position: item.position)
      let priority = properties.member("priority")?.number ?? 0
      switch properties.text("access")?.lowercased() {
      case "alwaysallow": found.append((priority, rule))
      case "allow": break
      case "deny":
        var denying = rule
        denying.action = .deny(.drop)
        found.append((priority, denying))
      default: found += draft.eitherWay(rule, because: doubt).map { (priority, $0) }
      }
    }
    return found.sorted { $0.priority < $1.priority }.map(\.rule)
  }

  mutating func remember(_ set: AddressSet) { sources.append((set, "")) }

  mutating func remember(_ set: AddressSet, _ name: String) { sources.append((set, name)) }
}
