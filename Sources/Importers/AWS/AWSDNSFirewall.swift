import ImportKit

/// Route 53 Resolver DNS Firewall: which names a VPC's resolver answers.
///
/// Source: docs.aws.amazon.com, Route 53 developer guide, "How Resolver DNS Firewall works" and
/// "Rule settings in DNS Firewall": groups by the priority of their association, rules by priority,
/// low first; ALLOW and ALERT let the query through, BLOCK does not; what no rule names is answered.
/// By default the names to which an answer redirects are looked up in the same way. Groups act where
/// they are associated with a VPC, so that each VPC has a policy of its own.
struct AWSDNSFirewall {
  static let table = "DNS firewall"
  private static let redirections = "DNS firewall, redirections"
  private let documents: AWSDocuments

  init(_ documents: AWSDocuments) { self.documents = documents }

  /// The VPCs that groups of rules are associated with; nil where the export has no associations.
  private var networks: [String]? {
    guard !documents.nameAssociations.isEmpty else { return nil }
    var names: [String] = []
    for item in documents.nameAssociations {
      let name = Self.network(item)
      if !names.contains(name) { names.append(name) }
    }
    return names
  }

  private static func network(_ association: AWSItem) -> String {
    switch association.member("VpcId") {
    case .text(let id): id
    case .reference(let name): name
    default: "a VPC that is not known"
    }
  }

  /// Policies of their own, one a VPC.
  func policies() -> [Policy] {
    guard holdsRules else { return [] }
    guard let networks, networks.count > 1 else {
      return policy(networks?.first).map { [$0] } ?? []
    }
    return networks.compactMap { policy($0, scope: "DNS firewall \($0)") }
  }

  private var holdsRules: Bool { !documents.nameRules.isEmpty || documents.cutNameRules != nil }

  private func policy(_ network: String?, scope: String = "DNS firewall") -> Policy? {
    let doubts = Doubts()
    doubts.add(documents.doubts.notes)
    let draft = PolicyDraft(Policy(scope: scope, format: "aws"), doubts: doubts)
    guard let tables = tables(of: network, in: draft) else { return nil }
    draft.policy.tables = tables
    draft.policy.pipelines = [
      Pipeline(traffic: .forwarded, mode: .allOf, stages: [Stage(table: Self.table)])
    ]
    draft.policy.proposals = [
      ClientProposal(client: Client(), reason: "every client that asks the resolver of the VPC")
    ]
    return draft.finish()
  }

  /// Whether the rules stand in front of one firewall: all are of its VPC, or of the only one.
  func belongs(toFirewallIn vpc: String?) -> Bool {
    guard holdsRules else { return false }
    guard let networks else { return true }
    if let vpc { return networks.contains(vpc) }
    return networks.count == 1
  }

  func tables(forFirewallIn vpc: String?, in draft: PolicyDraft) -> [Table]? {
    guard belongs(toFirewallIn: vpc) else { return nil }
    return tables(of: vpc ?? networks?.first, in: draft)
  }

  // MARK: Rules of a VPC

  private struct Placed {
    let group: Int
    let own: Int
    let rules: [Rule]
    let trustsRedirections: Bool
  }

  /// Nil where the VPC has no rules.
  private func tables(of network: String?, in draft: PolicyDraft) -> [Table]? {
    var placed: [Placed] = []
    var early: [Rule] = []
    var first: SourcePosition?
    for item in documents.nameRules {
      guard let association = association(of: item, in: network) else { continue }
      first = first ?? item.position
      var rules = self.rules(item, in: draft)
      if let doubt = association.doubt {
        rules = draft.perhapsInForce(
          rules, because: draft.doubt(.unresolved, doubt, at: item.position))
      }
      guard let own = item.number("Priority"), let group = association.priority else {
        let doubt = draft.doubt(
          .unresolved,
          "the priority of the DNS rule of line \(item.position.line), or of its group, is not known",
          at: item.position)
        early += draft.perhapsInForce(rules, because: doubt)
        placed.append(
          Placed(group: .max, own: .max, rules: rules, trustsRedirections: trusts(item)))
        continue
      }
      placed.append(
        Placed(group: group, own: own, rules: rules, trustsRedirections: trusts(item)))
    }
    for association in documents.nameAssociations where isMissing(association, in: network) {
      let name = association.text("FirewallRuleGroupId") ?? "a group"
      let gap = draft.gap(
        "rules of DNS firewall group `\(name)` are not in the export; give aws route53resolver "
          + "list-firewall-rules for it as well", at: association.position)
      first = first ?? association.position
      if let priority = association.number("Priority") {
        placed.append(
          Placed(group: priority, own: 0, rules: gap, trustsRedirections: true))
      } else {
        early += gap
      }
    }
    if let cut = documents.cutNameRules {
      first = first ?? cut
      early += draft.gap(AWSDocuments.cut, at: cut)
    }
    guard let first else { return nil }
    // Swift's sort is stable, so equal priorities keep the order of the export.
    placed.sort { ($0.group, $0.own) < ($1.group, $1.own) }
    draft.note(
      .advisory,
      "the DNS firewall sees the queries to the resolver of the VPC only; clients that ask "
        + "other DNS servers are not held", at: first)
    let blocksAll = placed.contains { entry in
      entry.rules.contains { rule in
        if case .deny = rule.action { holdsEverything(rule, draft) } else { false }
      }
    }
    var rules = early
    for entry in placed {
      for rule in entry.rules {
        var rule = rule
        if blocksAll, !entry.trustsRedirections, case .allow = rule.action {
          // Where everything else is blocked, a name passes only if those to which it redirects do.
          rule.action = .allow(gates: [Self.redirections])
        }
        rules.append(rule)
      }
    }
    let main = Table(
      name: Self.table, rules: rules,
      defaultAction: DefaultAction(.allow, name: "no DNS firewall rule matches"))
    guard blocksAll else { return [main] }
    let redirected = Rule(
      name: "names to which the host redirects",
      match: Match([
        .requires(
          draft.doubt(
            .resolvedName,
            "the names to which the host redirects (CNAME) are looked up in the lists too, and "
              + "which they are is not in the export"))
      ]), action: .deny(.drop), origin: .implied, position: first)
    return [
      main,
      Table(
        name: Self.redirections, rules: [redirected],
        defaultAction: DefaultAction(.allow, name: "no redirection is blocked")),
    ]
  }

  private func trusts(_ item: AWSItem) -> Bool {
    item.text("FirewallDomainRedirectionAction") == "TRUST_REDIRECTION_DOMAIN"
  }

  /// Where the group of a rule stands among those of a VPC; nil where it is not associated with it.
  private func association(
    of rule: AWSItem, in network: String?
  ) -> (priority: Int?, doubt: String?)? {
    guard let network else { return (0, nil) }
    guard let group = Self.group(rule) else {
      return (nil, "which group a DNS rule belongs to is not known")
    }
    let own = documents.nameAssociations.filter { Self.network($0) == network }
    guard let found = own.first(where: { Self.group($0) == group }) else {
      let isOpen = own.contains { Self.group($0) == nil }
      return isOpen ? (nil, "which group is associated with the VPC is not known") : nil
    }
    return (found.number("Priority"), found.presence)
  }

  private static func group(_ item: AWSItem) -> String? {
    if case .text(let id) = item.member("FirewallRuleGroupId") { return id }
    if case .reference(let name) = item.member("FirewallRuleGroupId") { return name }
    return item.logicalName
  }

  private func isMissing(_ association: AWSItem, in network: String?) -> Bool {
    guard network == nil || Self.network(association) == network else { return false }
    guard let group = Self.group(association) else { return true }
    let isDefined = documents.nameRuleGroups.contains { $0.logicalName == group }
    return !isDefined && !documents.nameRules.contains { Self.group($0) == group }
  }

  private func holdsEverything(_ rule: Rule, _ draft: PolicyDraft) -> Bool {
    rule.match.clauses.allSatisfy { clause in
      switch clause {
      case .family, .requires: return true
      case .destination(let list):
        return list.terms.contains { term in
          guard case .object(let number) = term else { return false }
          // An entry that is not readable may be the star for everything.
          return draft.objects.endpoints[number].list.terms.contains { term in
            if case .condition = term { return true }
            return term == .host(.any, .observed)
          }
        }
      default: return false
      }
    }
  }

  private func rules(_ item: AWSItem, in draft: PolicyDraft) -> [Rule] {
    let name = item.text("Name") ?? "priority \(item.text("Priority") ?? "?")"
    let what = "DNS rule `\(name)`"
    var clauses = item.presenceClauses(in: draft)
    if item.has("Qtype") { clauses += Self.type(item.member("Qtype"), what, item, draft) }
    let word = item.text("Action")?.uppercased()
    if let threat = item.text("DnsThreatProtection") {
      clauses.append(
        .requires(
          draft.doubt(
            .category, "names that the service takes for \(threat), whichever these are")))
    } else {
      clauses += AWSDomainLists(documents: documents, draft: draft).clauses(for: item)
    }
    _ = item.member("FirewallDomainRedirectionAction")
    if let left = item.unread(of: what, ignoring: AWSIrrelevant.rule, in: draft) {
      clauses.append(.requires(left))
    }
    var rule = Rule(
      name: name, vendorID: item.text("FirewallDomainListId"), match: Match(clauses),
      action: .allow, position: item.position)
    switch word {
    case "ALLOW", "ALERT": return [rule]
    case "BLOCK":
      rule.action = .deny(.drop)
      return [rule]
    default:
      return draft.eitherWay(
        rule, because: draft.doubt(.unmodelled, "the action of \(what)", at: item.position))
    }
  }

  /// Types of queries other than for addresses. Source: Route 53 API reference, CreateFirewallRule,
  /// `Qtype`: names, and `TYPE` with a number.
  private static let others: Set<String> = [
    "CAA", "CNAME", "DS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "TXT", "HTTPS", "SVCB",
    "TLSA", "SSHFP", "DNSKEY",
  ]

  private static func type(
    _ value: AWSValue, _ what: String, _ item: AWSItem, _ draft: PolicyDraft
  ) -> [Clause] {
    if case .text(let text) = value {
      let word = text.uppercased()
      switch word {
      case "A", "1", "TYPE1": return [.family(.ipv4)]
      case "AAAA", "28", "TYPE28": return [.family(.ipv6)]
      default:
        let number = word.hasPrefix("TYPE") ? UInt16(word.dropFirst(4)) : UInt16(word)
        if others.contains(word) || number.map({ $0 != 255 }) ?? false {
          return [.never("for DNS queries of type \(word)")]
        }
      }
    }
    return [
      .requires(
        draft.doubt(.unresolved, "the query type of \(what) is not known", at: item.position))
    ]
  }
}
