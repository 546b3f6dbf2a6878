import ImportKit

/// Puts together the policy of a network and one for each group policy that differs from it.
struct MerakiPolicyBuilder {
  typealias Item = MerakiDocuments.Item

  let documents: MerakiDocuments

  func build() -> [Policy] {
    [network()] + documents.groupPolicies.filter(Self.differs).map { group($0) }
  }

  /// Whether a group policy has rules or lists of its own.
  private static func differs(_ item: Item) -> Bool {
    if let word = item.value["firewallAndTrafficShaping"]?["settings"]?.string,
      word != "network default"
    {
      return true
    }
    return hasLists(item)
  }

  private static func hasLists(_ item: Item) -> Bool {
    item.value["contentFiltering"]?.members.contains { _, part in
      (part["settings"]?.string ?? "network default") != "network default"
    } ?? false
  }

  // MARK: Policies

  /// The tables of one kind of rule, the first being where a walk starts.
  private typealias Tables = [Table]

  private func network() -> Policy {
    var rules = MerakiRules(objects: MerakiObjects(documents: documents))
    var tables = [wayOut(layer3(&rules), &rules), layer7(&rules)]
    if !documents.contentFiltering.isEmpty { tables.append(filtering(nil, &rules)) }
    var policy = assemble(scope: "network", tables, rules)
    let own = documents.networks.filter { groupID($0) == nil }
    policy.proposals = proposals(own, policy, fallback: nil)
    policy.notes += completeness() + rules.objects.notes
    return policy
  }

  private func group(_ item: Item) -> Policy {
    var rules = MerakiRules(objects: MerakiObjects(documents: documents))
    let name = item.value["name"]?.string ?? item.value["groupPolicyId"]?.scalarText ?? ""
    let schedule = schedule(item, name)
    let firewall = item.value["firewallAndTrafficShaping"]
    let setting = firewall?["settings"]?.string ?? "network default"
    var tables: [Tables] = []
    var notes: [Note] = []
    switch setting {
    case "network default": tables = [wayOut(layer3(&rules), &rules), layer7(&rules)]
    case "ignore":
      let none = Table(
        name: "group layer 3", rules: [],
        defaultAction: DefaultAction(
          .allow, name: "the group policy ignores the network's rules", position: item.position))
      let seventh = Table(
        name: "group layer 7", rules: [], defaultAction: none.defaultAction)
      tables =
        stages(
          group: none, network: wayOut(layer3(&rules), &rules), schedule, item, isDoubtful: false)
        + stages(group: seventh, network: layer7(&rules), schedule, item, isDoubtful: false)
    case "custom":
      let third = rules.layer3(
        "group layer 3", firewall?["l3FirewallRules"], file: item.file)
      let seventh = Table(
        name: "group layer 7", rules: rules.layer7(firewall?["l7FirewallRules"], file: item.file),
        defaultAction: DefaultAction(.allow, name: "no layer 7 rule"))
      tables =
        stages(
          group: third, network: wayOut(layer3(&rules), &rules), schedule, item, isDoubtful: true)
        + stages(group: seventh, network: layer7(&rules), schedule, item, isDoubtful: true)
      notes.append(
        Note(
          .reading,
          "the rules of group policy `\(name)` take the place of those of the network; "
            + "where those would deny, that is in doubt", at: firewall.map { item.at($0).position })
      )
    default:
      let detail = "group policy `\(name)` has the firewall setting `\(setting)`"
      notes.append(Note(.unmodelled, detail, at: item.position))
      let unknown = Table(
        name: "group layer 3",
        rules: MerakiRules.unknownRules(name, Condition(.unmodelled, detail), at: item.position),
        defaultAction: DefaultAction(.allow, name: "Default rule"))
      tables = [[unknown], layer7(&rules)]
    }
    let usual = documents.contentFiltering.isEmpty ? nil : filtering(nil, &rules)
    if Self.hasLists(item), let own = filtering(item, &rules).first {
      tables += stages(
        group: own, network: usual ?? [], schedule, item, isDoubtful: false)
    } else if let usual {
      tables.append(usual)
    }
    var policy = assemble(scope: "group policy \(name)", tables, rules)
    let own = documents.networks.filter {
      groupID($0) == item.value["groupPolicyId"]?.scalarText && groupID($0) != nil
    }
    policy.proposals = proposals(
      own, policy,
      fallback: "clients with the group policy `\(name)`; which they are is not in the "
        + "export")
    if setting == "custom" {
      notes.append(
        Note(
          .advisory,
          "layer 3 rules of a group policy are stateless: a rule for the addresses of the "
            + "clients can stop answers", at: item.position))
    }
    policy.notes += notes + completeness() + rules.objects.notes
    return policy
  }

  private func groupID(_ network: Item) -> String? { network.value["groupPolicyId"]?.scalarText }

  private func assemble(scope: String, _ tables: [Tables], _ rules: MerakiRules) -> Policy {
    var policy = Policy(scope: scope, format: "meraki")
    policy.tables = tables.flatMap { $0 }
    policy.pipelines = [
      Pipeline(
        traffic: .forwarded, mode: .allOf,
        // What follows the layer 3 rules can only deny: to pass there is not worth a word.
        stages: tables.enumerated().compactMap { number, list in
          list.first.map { Stage(table: $0.name, isAuxiliary: number > 0) }
        })
    ]
    policy.endpointObjects = rules.objects.table.endpoints
    policy.serviceObjects = rules.objects.table.services
    policy.zones = documents.networks.map { item in
      let id = item.value["id"]?.scalarText
      return Zone(
        name: id.map { "VLAN \($0)" } ?? "LAN", alias: item.value["name"]?.string,
        networks: MerakiObjects.subnet(item), position: item.position)
    }
    return policy
  }

  // MARK: Rules of the network

  private func layer3(_ rules: inout MerakiRules) -> Table {
    if let item = documents.rules[.outbound]?.first {
      return rules.layer3("layer 3", item.value["rules"], file: item.file)
    }
    let detail = "the outbound layer 3 rules of the network are not in the export"
    return Table(
      name: "layer 3",
      rules: MerakiRules.unknownRules(
        "(not in the export)", Condition(.unresolved, detail), at: anyPosition),
      defaultAction: DefaultAction(.allow, name: "Default rule"))
  }

  /// A place for rules that stand for missing ones.
  private var anyPosition: SourcePosition {
    (documents.rules.values.first?.first ?? documents.contentFiltering.first
      ?? documents.groupPolicies.first)?.position ?? SourcePosition(line: 1)
  }

  /// With a default route into the VPN the site-to-site rules come in the place of the outbound ones:
  /// "When traffic passing through the MX matches a site-to-site VPN route, VPN firewall rules are
  /// applied" (Site-to-site VPN Firewall Rule Behavior), and outbound rules "do not apply to VPN
  /// traffic" (MX Firewall Settings). What VPN exclusions send out locally is not in the export.
  private func wayOut(_ layer3: Table, _ rules: inout MerakiRules) -> Tables {
    guard let setting = documents.siteToSite, let hub = defaultRoute(setting) else {
      return [layer3]
    }
    let vpn: Table
    if let item = documents.rules[.siteToSite]?.first {
      vpn = rules.layer3("site-to-site", item.value["rules"], file: item.file)
    } else {
      let detail =
        "the site-to-site rules are not in the export; give GET "
        + "/organizations/O/appliance/vpn/vpnFirewallRules"
      vpn = Table(
        name: "site-to-site",
        rules: MerakiRules.unknownRules(
          "(not in the export)", Condition(.unresolved, detail), at: hub.position),
        defaultAction: DefaultAction(.allow, name: "Default rule"))
    }
    let condition = Condition(
      .interfaceBinding,
      "the default route leads into the VPN, and no VPN exclusion takes this traffic "
        + "out locally")
    return [
      Table(
        name: "way out",
        rules: [
          Rule(
            name: "default route to hub \(hub.value["hubId"]?.string ?? "")",
            match: Match([.requires(condition)]), action: .goto(vpn.name), origin: .implied,
            position: hub.position),
          Rule(
            name: "local way out", match: Match(), action: .goto(layer3.name), origin: .implied,
            position: hub.position),
        ], defaultAction: DefaultAction(.allow, name: "Default rule")), vpn, layer3,
    ]
  }

  private func defaultRoute(_ setting: Item) -> Item? {
    guard setting.value["mode"]?.string != "none" else { return nil }
    return setting.value["hubs"]?.elements.first { $0["useDefaultRoute"]?.bool == true }
      .map { setting.at($0) }
  }

  private func layer7(_ rules: inout MerakiRules) -> Tables {
    let item = documents.rules[.layer7]?.first
    return [
      Table(
        name: "layer 7", rules: rules.layer7(item?.value["rules"], file: item?.file ?? 0),
        defaultAction: DefaultAction(.allow, name: "no layer 7 rule"))
    ]
  }

  // MARK: Rules of a group policy

  private func schedule(_ item: Item, _ name: String) -> Condition? {
    guard item.value["scheduling"]?["enabled"]?.bool == true else { return nil }
    return Condition(.schedule, "group policy `\(name)` is in force at certain times only")
  }

  /// Stages for rules of a group policy: its own, outside of its schedule those of the network; then,
  /// where it has rules of its own, the network's in doubt. "Group policies override" is all that the
  /// documentation says, so what only the network denies is not called allowed.
  private func stages(
    group: Table, network: Tables, _ schedule: Condition?, _ item: Item, isDoubtful: Bool
  ) -> [Tables] {
    guard let start = network.first else { return [[group]] }
    func step(_ name: String, _ condition: Condition?, _ target: String) -> Rule {
      Rule(
        name: name, match: Match(condition.map { [.requires($0)] } ?? []), action: .goto(target),
        origin: .implied, position: item.position)
    }
    var result: [Tables] = []
    if let schedule {
      let entry = Table(
        name: "\(group.name) by schedule",
        rules: [
          step("inside of the schedule", schedule, group.name),
          step("outside of the schedule", nil, start.name),
        ], defaultAction: group.defaultAction)
      result.append([entry, group] + network)
    } else {
      result.append([group])
    }
    guard isDoubtful else { return result }
    let doubt = Condition(
      .unmodelled, "whether rules of the network apply besides those of the group policy")
    let entry = Table(
      name: "\(start.name) besides",
      rules: [step("rules of the network", doubt, start.name)], defaultAction: group.defaultAction)
    result.append([entry] + (schedule == nil ? network : []))
    return result
  }

  // MARK: Content filtering

  /// The lists of the network, those of a group policy put before them or in their place.
  private func filtering(_ group: Item?, _ rules: inout MerakiRules) -> Tables {
    let base = documents.contentFiltering.first
    let part = group?.value["contentFiltering"]
    func items(_ owner: Item?, _ list: JSONValue?) -> [Item] {
      guard let owner, let list else { return [] }
      return list.elements.map { owner.at($0) }
    }
    func merged(
      _ own: JSONValue?, _ ownList: JSONValue?, _ baseList: JSONValue?
    ) -> [Item] {
      switch own?["settings"]?.string ?? "network default" {
      case "override": items(group, ownList)
      case "append": items(group, ownList) + items(base, baseList)
      default: items(base, baseList)
      }
    }
    let allowed = part?["allowedUrlPatterns"]
    let blocked = part?["blockedUrlPatterns"]
    let categories = part?["blockedUrlCategories"]
    let lists = MerakiRules.Filtering(
      allowed: merged(allowed, allowed?["patterns"], base?.value["allowedUrlPatterns"]),
      blocked: merged(blocked, blocked?["patterns"], base?.value["blockedUrlPatterns"]),
      categories: merged(categories, categories?["categories"], base?.value["blockedUrlCategories"])
    )
    return [
      Table(
        name: group == nil ? "content filtering" : "group content filtering",
        rules: rules.contentFiltering(lists),
        defaultAction: DefaultAction(.allow, name: "no entry matches"))
    ]
  }

  // MARK: Clients and notes

  private func proposals(
    _ networks: [Item], _ policy: Policy, fallback: String?
  ) -> [ClientProposal] {
    let known = networks.compactMap { item in
      MerakiObjects.subnet(item).map { subnet in
        ClientProposal(
          client: Client(networks: subnet),
          reason: "`\(item.value["name"]?.string ?? "LAN")` in the export")
      }
    }
    if !known.isEmpty { return known }
    if let fallback { return [ClientProposal(client: Client(), reason: fallback)] }
    var sources: [(AddressSet, String)] = []
    for table in policy.tables {
      for rule in table.rules {
        for case .source(let list) in rule.match.clauses {
          for case .addresses(let set) in list.terms { sources.append((set, "")) }
        }
      }
    }
    return SourceProposals.make(sources)
  }

  private func completeness() -> [Note] {
    var notes: [Note] = []
    func missing(_ isMissing: Bool, _ text: String) {
      if isMissing { notes.append(Note(.completeness, text)) }
    }
    missing(
      documents.rules[.outbound] == nil,
      "the outbound layer 3 rules are not in the export; give GET …/appliance/firewall/l3FirewallRules"
    )
    missing(
      documents.rules[.layer7] == nil,
      "layer 7 rules are not in the export, and they can deny what layer 3 allows; give GET "
        + "…/appliance/firewall/l7FirewallRules")
    missing(
      documents.contentFiltering.isEmpty,
      "content filtering is not in the export, and it can deny what the rules allow; give GET "
        + "…/appliance/contentFiltering")
    missing(
      documents.groupPolicies.isEmpty,
      "group policies are not in the export, and clients can have one with other rules; give GET "
        + "/networks/N/groupPolicies")
    missing(
      documents.networks.isEmpty,
      "the networks of the clients are not in the export; give GET …/appliance/vlans")
    missing(
      documents.siteToSite == nil,
      "whether the default route leads into a VPN is not in the export; give GET "
        + "…/appliance/vpn/siteToSiteVpn")
    for item in documents.unnamed where item.file == documents.rules[.outbound]?.first?.file {
      notes.append(
        Note(
          .reading,
          "taken for the outbound rules of the appliance: cellular, inbound and site-to-site "
            + "rules look the same, and neither the member nor the file name tells",
          at: item.position))
    }
    let apart: [(MerakiDocuments.RuleKind, String)] = [
      (.cellular, "cellular rules act on the cellular uplink only, and are not judged"),
      (.inbound, "inbound rules act on connections from outside, and are not judged"),
      (.wireless, "rules of a wireless network act on access points, and are not judged"),
    ]
    for (kind, text) in apart {
      for item in documents.rules[kind] ?? [] {
        notes.append(Note(.advisory, text, at: item.position))
      }
    }
    missing(
      documents.rules[.siteToSite] == nil
        && documents.siteToSite.flatMap { defaultRoute($0) } != nil,
      "the default route leads into the VPN, and the site-to-site rules are not in the export; give GET "
        + "/organizations/O/appliance/vpn/vpnFirewallRules")
    if let item = documents.rules[.siteToSite]?.first,
      documents.siteToSite.flatMap({ defaultRoute($0) }) == nil
    {
      notes.append(
        Note(
          .advisory,
          "site-to-site rules act on traffic into the VPN, and are not judged: no default route leads "
            + "there as far as the export shows", at: item.position))
    }
    return notes
  }
}
