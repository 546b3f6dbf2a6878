import ImportKit

/// Route 53 Resolver DNS Firewall: which names a VPC's resolver answers.
///
/// Source: docs.aws.amazon.com, Route 53 developer guide, "How Resolver DNS Firewall works" and
/// "Rule settings in DNS Firewall": groups by the priority of their association, rules by priority,
/// low first; ALLOW and ALERT let the query through, BLOCK does not; what no rule names is answered.
/// By default the names to which an answer redirects are looked up in the same way.
struct AWSDNSFirewall {
  static let table = "DNS firewall"
  private static let redirections = "DNS firewall, redirections"
  private let documents: AWSDocuments

  init(_ documents: AWSDocuments) { self.documents = documents }

  /// A policy of its own, for exports without a firewall policy.
  func policy() -> Policy? {
    var objects = ObjectTable()
    var notes: [Note] = []
    guard let tables = tables(&objects, &notes) else { return nil }
    var policy = Policy(scope: "DNS firewall", format: "aws")
    policy.tables = tables
    policy.pipelines = [
      Pipeline(traffic: .forwarded, mode: .allOf, stages: [Stage(table: Self.table)])
    ]
    policy.endpointObjects = objects.endpoints
    policy.proposals = [
      ClientProposal(client: Client(), reason: "every client that asks the resolver of the VPC")
    ]
    policy.notes = documents.truncations + notes
    return policy
  }

  /// Nil where the export has no such rules.
  func tables(_ objects: inout ObjectTable, _ notes: inout [Note]) -> [Table]? {
    let ordered = documents.nameRules.enumerated().sorted { one, two in
      (groupPriority(one.element), one.element.number("Priority") ?? .max, one.offset)
        < (groupPriority(two.element), two.element.number("Priority") ?? .max, two.offset)
    }.map(\.element)
    guard let first = ordered.first else { return nil }
    var rules: [Rule] = []
    var blocksAll = false
    for item in ordered {
      let rule = self.rule(item, &objects, &notes)
      rules.append(rule)
      if case .deny = rule.action, holdsEverything(rule, objects) { blocksAll = true }
    }
    notes.append(
      Note(
        .advisory,
        "the DNS firewall sees the queries to the resolver of the VPC only; clients that ask "
          + "other DNS servers are not held", at: first.position))
    var tables = [
      Table(
        name: Self.table, rules: rules,
        defaultAction: DefaultAction(.allow, name: "no DNS firewall rule matches"))
    ]
    guard blocksAll else { return tables }
    // Where everything else is blocked, a name passes only if those to which it redirects do.
    for index in tables[0].rules.indices {
      guard case .allow = tables[0].rules[index].action,
        ordered[index].text("FirewallDomainRedirectionAction") != "TRUST_REDIRECTION_DOMAIN"
      else { continue }
      tables[0].rules[index].action = .allow(gates: [Self.redirections])
    }
    tables.append(
      Table(
        name: Self.redirections,
        rules: [
          Rule(
            name: "names to which the host redirects",
            match: Match([
              .requires(
                Condition(
                  .resolvedName,
                  "the names to which the host redirects (CNAME) are looked up in the lists too, and "
                    + "which they are is not in the export"))
            ]), action: .deny(.drop), origin: .implied, position: first.position)
        ], defaultAction: DefaultAction(.allow, name: "no redirection is blocked")))
    return tables
  }

  private func holdsEverything(_ rule: Rule, _ objects: ObjectTable) -> Bool {
    rule.match.clauses.allSatisfy { clause in
      guard case .destination(let list) = clause else { return false }
      return list.terms.contains { term in
        if case .object(let number) = term {
          return objects.endpoints[number].list.terms.contains(.host(.any, .observed))
        }
        return false
      }
    }
  }

  private func groupPriority(_ rule: AWSItem) -> Int {
    let association = documents.nameAssociations.first { association in
      switch association.member("FirewallRuleGroupId") {
      case .reference(let name): return rule.logicalName == name
      case .text(let id): return rule.text("FirewallRuleGroupId") == id
      default: return false
      }
    }
    return association?.number("Priority") ?? 0
  }

  private func rule(
    _ item: AWSItem, _ objects: inout ObjectTable, _ notes: inout [Note]
  ) -> Rule {
    let name = item.text("Name") ?? "priority \(item.text("Priority") ?? "?")"
    var clauses: [Clause] = []
    switch item.text("Qtype") {
    case nil: break
    case "A"?, "1"?: clauses.append(.family(.ipv4))
    case "AAAA"?, "28"?: clauses.append(.family(.ipv6))
    case let type?: clauses.append(.never("for DNS queries of type \(type)"))
    }
    let action: Action
    switch item.text("Action")?.uppercased() {
    case "ALLOW", "ALERT": action = .allow
    case "BLOCK": action = .deny(.drop)
    default:
      clauses.append(.requires(Condition(.unmodelled, "the action of DNS rule `\(name)`")))
      action = .deny(.drop)
    }
    if let threat = item.text("DnsThreatProtection") {
      clauses.append(
        .requires(
          Condition(.category, "names that the service takes for \(threat), whichever these are")))
    } else {
      clauses += list(item.member("FirewallDomainListId"), item, &objects, &notes)
    }
    return Rule(
      name: name, vendorID: item.text("FirewallDomainListId"), match: Match(clauses),
      action: action, position: item.position)
  }

  private func list(
    _ reference: AWSValue, _ rule: AWSItem, _ objects: inout ObjectTable, _ notes: inout [Note]
  ) -> [Clause] {
    let label: String
    switch reference {
    case .text(let id): label = id
    case .reference(let name): label = name
    case .unknown(let what): return [.requires(Condition(.unresolved, what))]
    default: return [.requires(Condition(.unresolved, "a domain list that is not named"))]
    }
    let id = "domain list/\(label)"
    if let known = objects.endpoint(id) { return [.destination(EndpointList([.object(known)]))] }
    let found = documents.domainLists.filter {
      AWSDocuments.matches($0, reference, keys: ["Id", "FirewallDomainListId", "Name"])
    }
    let name = found.compactMap { $0.text("Name") }.first ?? label
    let isManaged =
      name.hasPrefix("AWSManagedDomains")
      || found.contains { !($0.text("ManagedOwnerName") ?? "").isEmpty }
    if isManaged {
      notes.append(
        Note(
          .advisory,
          "managed domain list `\(name)`: its domains act against threats and are not in the "
            + "export", at: rule.position))
      return [.never("for domains of the managed threat list \(name)")]
    }
    guard let source = found.first(where: { $0.value["Domains"] != nil }) ?? loose(reference) else {
      let what = "domain list `\(name)` is not in the export"
      notes.append(
        Note(
          .unresolved, what + "; give aws route53resolver list-firewall-domains for it as well",
          at: rule.position))
      return [.requires(Condition(.externalList, what))]
    }
    let number = objects.addEndpoint(
      id: id, name: name, kind: "domain list", position: source.position)
    var terms: [EndpointTerm] = []
    for entry in source.entries("Domains") {
      guard case .text(let text) = entry else {
        let what = "a domain that is not in the template"
        notes.append(Note(.unresolved, what, at: source.position))
        terms.append(.condition(Condition(.unresolved, what)))
        continue
      }
      if let pattern = AWSNames.domain(text) {
        terms.append(.host(pattern, .observed))
      } else {
        notes.append(
          Note(.unresolved, "domain `\(text)` is outside the grammar", at: source.position))
        terms.append(.host(.glob(text.lowercased()), .doubtful))
      }
    }
    objects.setEndpoint(number, EndpointList(terms))
    return [.destination(EndpointList([.object(number)]))]
  }

  /// `list-firewall-domains` does not repeat the id: one answer belongs to the one list that has no
  /// domains yet.
  private func loose(_ reference: AWSValue) -> AWSItem? {
    guard documents.looseDomains.count == 1, case .text(let id) = reference else { return nil }
    let known = documents.domainLists.filter { $0.value["Domains"] != nil }
    let managed = documents.domainLists.filter {
      $0.text("Name")?.hasPrefix("AWSManagedDomains") ?? false
        || !($0.text("ManagedOwnerName") ?? "").isEmpty
    }
    let open = Set(documents.nameRules.compactMap { $0.text("FirewallDomainListId") }).filter {
      other in
      !(known + managed).contains {
        AWSDocuments.matches($0, .text(other), keys: ["Id", "FirewallDomainListId", "Name"])
      }
    }
    return open == [id] ? documents.looseDomains[0] : nil
  }
}
