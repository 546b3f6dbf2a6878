import ImportKit

/// Puts together the policy of a network and one for each group policy that differs from it.
struct MerakiPolicyBuilder {
  typealias Item = MerakiDocuments.Item

  let documents: MerakiDocuments

  func build() -> [Policy] {
    guard documents.holdsAppliance else { return documents.rules[.wireless]?.map(wireless) ?? [] }
    return [network()] + documents.groupPolicies.filter(Self.differs).map { group($0) }
  }

  /// Rules of one SSID, which access points enforce in front of every other device: an ordered list
  /// with the default rule that the Dashboard appends (documentation.meraki.com, MR Firewall Rules).
  private func wireless(_ item: Item) -> Policy {
    let number = documents.rules[.wireless]?.firstIndex { $0.position == item.position } ?? 0
    let several = (documents.rules[.wireless]?.count ?? 0) > 1
    let rules = newRules(scope: several ? "ssid list \(number + 1)" : "ssid")
    let table = rules.layer3("layer 3", item.value["rules"], file: item.file)
    rules.draft.note(
      .completeness,
      "rules of one wireless network, which access points enforce; what stands behind them is not in "
        + "the export, nor are layer 7 rules; give GET …/wireless/ssids/N/firewall/l7FirewallRules")
    var policy = assemble([[table]], rules)
    policy.proposals = [
      ClientProposal(client: Client(), reason: "clients of the wireless network")
    ]
    return policy
  }

  private func newRules(scope: String) -> MerakiRules {
    let draft = PolicyDraft(Policy(scope: scope, format: "meraki"))
    return MerakiRules(objects: MerakiObjects(documents: documents, draft: draft))
  }

  /// Whether a group policy has rules or lists of its own.
  private static func differs(_ item: Item) -> Bool {
    if let word = item.value["firewallAndTrafficShaping"]?["settings"],
      word.string != "network default"
    {
      return true
    }
    return hasLists(item)
  }

  private static func hasLists(_ item: Item) -> Bool {
    item.value["contentFiltering"]?.members.contains { _, part in
      part["settings"].map { $0.string != "network default" } ?? false
    } ?? false
  }

  // MARK: Policies

  /// The tables of one kind of rule, the first being where a walk starts.
  private typealias Tables = [Table]

  private func network() -> Policy {
    let rules = newRules(scope: "network")
    var tables = [wayOut(layer3(rules), rules), layer7(rules)]
    if !documents.contentFiltering.isEmpty { tables.append(filtering(nil, rules)) }
    completeness(rules.draft)
    var policy = assemble(tables, rules)
    let own = documents.networks.filter { groupID($0) == nil }
    policy.proposals = proposals(own, policy, fallback: nil)
    return policy
  }

  private func group(_ item: Item) -> Policy {
    let name = item.value["name"]?.string ?? item.value["groupPolicyId"]?.scalarText ?? ""
    let rules = newRules(scope: "group policy \(name)")
    let draft = rules.draft
    let record = item.record
    for member in ["firewallAndTrafficShaping", "contentFiltering", "scheduling"] {
      _ = record.value(member)
    }
    let schedule = schedule(item, name, draft)
    let firewall = item.value["firewallAndTrafficShaping"]
    let setting = firewall?["settings"].map { $0.string ?? "{…}" } ?? "network default"
    var tables: [Tables] = []
    var later: [Table] = []
    switch setting {
    case "network default": tables = [wayOut(layer3(rules), rules), layer7(rules)]
    case "ignore":
      let none = Table(
        name: "group layer 3", rules: [],
        defaultAction: DefaultAction(
          .allow, name: "the group policy ignores the network's rules", position: item.position))
      let seventh = Table(
        name: "group layer 7", rules: [], defaultAction: none.defaultAction)
      tables =
        stages(
          group: none, network: wayOut(layer3(rules), rules), schedule, item, isDoubtful: false,
          draft)
        + stages(group: seventh, network: layer7(rules), schedule, item, isDoubtful: false, draft)
    case "custom":
      let third = rules.layer3(
        "group layer 3", firewall?["l3FirewallRules"], file: item.file)
      let seventh = Table(
        name: "group layer 7", rules: rules.layer7(firewall?["l7FirewallRules"], file: item.file),
        defaultAction: DefaultAction(.allow, name: "no layer 7 rule"))
      tables =
        stages(
          group: third, network: wayOut(layer3(rules), rules), schedule, item, isDoubtful: true,
          draft)
        + stages(group: seventh, network: layer7(rules), schedule, item, isDoubtful: true, draft)
      later = [stateless(third, draft)].filter { !$0.rules.isEmpty }
      draft.note(
        .reading,
        "the rules of group policy `\(name)` take the place of those of the network; "
          + "where those would deny, that is in doubt", at: firewall.map { item.at($0).position })
    default:
      let detail = "group policy `\(name)` has the firewall setting `\(setting)`"
      let unknown = Table(
        name: "group layer 3",
        rules: draft.eitherWay(
          Rule(
            name: name, match: Match(), action: .allow, origin: .implied, position: item.position),
          because: draft.doubt(.unmodelled, detail, at: item.position)),
        defaultAction: DefaultAction(.allow, name: "Default rule"))
      tables = [[unknown], layer7(rules)]
    }
    let usual = documents.contentFiltering.isEmpty ? nil : filtering(nil, rules)
    if Self.hasLists(item), let own = filtering(item, rules).first {
      tables += stages(
        group: own, network: usual ?? [], schedule, item, isDoubtful: false, draft)
    } else if let usual {
      tables.append(usual)
    }
    if let unread = draft.unread(
      record, of: "group policy `\(name)`", ignoring: Self.irrelevantInGroups)
    {
      let table = Table(
        name: "group policy",
        rules: [
          Rule(
            name: name, match: Match([.requires(unread)]), action: .deny(.drop), origin: .implied,
            position: item.position)
        ], defaultAction: DefaultAction(.allow, name: "group policy"))
      tables.append([table])
    }
    completeness(draft)
    var policy = assemble(tables, rules)
    policy.tables += later
    for table in later {
      policy.pipelines[0].stages.append(
        Stage(table: table.name, isAuxiliary: true, phase: .answer))
    }
    let own = documents.networks.filter {
      groupID($0) == item.value["groupPolicyId"]?.scalarText && groupID($0) != nil
    }
    policy.proposals = proposals(
      own, policy,
      fallback: "clients with the group policy `\(name)`; which they are is not in the "
        + "export")
    return policy
  }

  /// Members of a group policy that do not say which connections pass.
  private static let irrelevantInGroups = IrrelevantMembers([
    ("names the policy", ["groupPolicyId", "name"]),
    ("is about bandwidth or local services", ["bandwidth", "bonjourForwarding"]),
    (
      "asks clients on wireless networks to log in, which group policies only take away",
      [
        "splashAuthSettings"
      ]
    ),
    ("puts clients of access points into a VLAN", ["vlanTagging"]),
  ])

  /// "Layer 3 firewall rules configured in group policies are stateless" (documentation.meraki.com,
  /// Creating and Applying Group Policies): a denial of the clients' own addresses may stop answers,
  /// whose ports are those of the clients. Whether it does, the documentation does not say.
  private func stateless(_ table: Table, _ draft: PolicyDraft) -> Table {
    var rules: [Rule] = []
    for rule in table.rules {
      let isBound = rule.match.clauses.contains {
        if case .destination = $0 { true } else { false }
      }
      // A denial of everything else is how such policies are written, and they work.
      guard case .deny = rule.action, isBound else { continue }
      var turned = rule
      turned.origin = .implied
      turned.match.clauses = rule.match.clauses.compactMap { clause in
        switch clause {
        case .source(let list): .destination(list)
        case .destination(let list): .source(list)
        case .service(let list): Self.meansEphemeral(list) ? nil : .never("other ports")
        default: clause
        }
      }
      turned.match.clauses.append(
        .requires(
          draft.doubt(
            .unmodelled,
            "layer 3 rules of a group policy are stateless: whether answers to the clients meet "
              + "rule `\(rule.name)`", at: rule.position)))
      rules.append(turned)
    }
    return Table(
      name: "group layer 3, answers", rules: rules,
      defaultAction: DefaultAction(.allow, name: "Default rule"))
  }

  /// Whether a service list takes in TCP to ports that clients use.
  private static func meansEphemeral(_ list: ServiceList) -> Bool {
    list.terms.contains { term in
      guard case .service(let service) = term else { return true }
      let isTCP = service.protocol.map { $0 == Service.tcpNumber } ?? true
      return isTCP && !service.destinationPorts.isDisjoint(with: .ephemeral)
    }
  }

  private func groupID(_ network: Item) -> String? { network.value["groupPolicyId"]?.scalarText }

  private func assemble(_ tables: [Tables], _ rules: MerakiRules) -> Policy {
    var policy = rules.draft.finish()
    policy.tables = tables.flatMap { $0 }
    policy.pipelines = [
      Pipeline(
        traffic: .forwarded, mode: .allOf,
        // What follows the layer 3 rules can only deny: to pass there is not worth a word.
        stages: tables.enumerated().compactMap { number, list in
          list.first.map { Stage(table: $0.name, isAuxiliary: number > 0) }
        })
    ]
    policy.zones = documents.networks.map { item in
      let id = item.value["id"]?.scalarText
      return Zone(
        name: id.map { "VLAN \($0)" } ?? "LAN", alias: item.value["name"]?.string,
        networks: MerakiObjects.subnet(item), position: item.position)
    }
    return policy
  }

  // MARK: Rules of the network

  private func layer3(_ rules: MerakiRules) -> Table {
    if let item = documents.rules[.outbound]?.first {
      return rules.layer3("layer 3", item.value["rules"], file: item.file)
    }
    let detail = "the outbound layer 3 rules of the network are not in the export"
    return Table(
      name: "layer 3",
      rules: rules.draft.gap(detail, at: anyPosition),
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
  private func wayOut(_ layer3: Table, _ rules: MerakiRules) -> Tables {
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
        rules: rules.draft.gap(detail, at: hub.position),
        defaultAction: DefaultAction(.allow, name: "Default rule"))
    }
    let condition = rules.draft.doubt(
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

  private func layer7(_ rules: MerakiRules) -> Tables {
    let item = documents.rules[.layer7]?.first
    return [
      Table(
        name: "layer 7", rules: rules.layer7(item?.value["rules"], file: item?.file ?? 0),
        defaultAction: DefaultAction(.allow, name: "no layer 7 rule"))
    ]
  }

  // MARK: Rules of a group policy

  private func schedule(_ item: Item, _ name: String, _ draft: PolicyDraft) -> Condition? {
    guard let enabled = item.value["scheduling"]?["enabled"], enabled.bool != false else {
      return nil
    }
    return draft.doubt(.schedule, "group policy `\(name)` is in force at certain times only")
  }

  /// Stages for rules of a group policy: its own, outside of its schedule those of the network; then,
  /// where it has rules of its own, the network's in doubt. "Group policies override" is all that the
  /// documentation says, so what only the network denies is not called allowed.
  private func stages(
    group: Table, network: Tables, _ schedule: Condition?, _ item: Item, isDoubtful: Bool,
    _ draft: PolicyDraft
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
    let doubt = draft.doubt(
      .unmodelled, "whether rules of the network apply besides those of the group policy")
    let entry = Table(
      name: "\(start.name) besides",
      rules: [step("rules of the network", doubt, start.name)], defaultAction: group.defaultAction)
    result.append([entry] + (schedule == nil ? network : []))
    return result
  }

  // MARK: Content filtering

  /// The lists of the network, those of a group policy put before them or in their place.
  private func filtering(_ group: Item?, _ rules: MerakiRules) -> Tables {
    let base = documents.contentFiltering.first
    let part = group?.value["contentFiltering"]
    func items(_ owner: Item?, _ list: JSONValue?) -> [Item] {
      guard let owner, let list else { return [] }
      return list.elements.map { owner.at($0) }
    }
    func merged(
      _ own: JSONValue?, _ ownList: JSONValue?, _ baseList: JSONValue?
    ) -> [Item] {
      switch own?["settings"].map({ $0.string ?? "{…}" }) ?? "network default" {
      case "override": items(group, ownList)
      case "append": items(group, ownList) + items(base, baseList)
      case "network default": items(base, baseList)
      default:
        // A setting that is not known: its place in the list is an entry that is not understood.
        (own.flatMap { own in group.map { [$0.at(own)] } } ?? []) + items(group, ownList)
          + items(base, baseList)
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

  private func completeness(_ draft: PolicyDraft) {
    func missing(_ isMissing: Bool, _ text: String) {
      if isMissing { draft.note(.completeness, text) }
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
      draft.note(
        .reading,
        "taken for the outbound rules of the appliance: cellular, inbound and site-to-site "
          + "rules look the same, and neither the member nor the file name tells",
        at: item.position)
    }
    let apart: [(MerakiDocuments.RuleKind, String)] = [
      (.cellular, "cellular rules act on the cellular uplink only, and are not judged"),
      (.inbound, "inbound rules act on connections from outside, and are not judged"),
      (.wireless, "rules of a wireless network act on access points, and are not judged"),
    ]
    for (kind, text) in apart {
      for item in documents.rules[kind] ?? [] {
        draft.note(.advisory, text, at: item.position)
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
      draft.note(
        .advisory,
        "site-to-site rules act on traffic into the VPN, and are not judged: no default route leads "
          + "there as far as the export shows", at: item.position)
    }
  }
}
