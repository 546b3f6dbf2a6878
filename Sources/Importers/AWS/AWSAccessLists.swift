import ImportKit

/// Security groups: what interfaces that are in a group may reach.
///
/// Source: docs.aws.amazon.com, VPC user guide, "Security group rules": rules allow only, all of them
/// count and have no order; what none allows is denied; answers pass.
enum AWSSecurityGroups {
  static func build(_ documents: AWSDocuments) -> [Policy] {
    // Outbound rules that stand apart, by the group that they name; under no name those of which the
    // group is not known.
    var apart: [String: [AWSItem]] = [:]
    var order: [AWSItem] = []
    for rule in documents.securityGroupRules {
      if rule.has("IsEgress"), rule.flag("IsEgress") == false { continue }
      let key: String
      switch rule.member("GroupId") {
      case .reference(let logical): key = "resource \(logical)"
      case .text(let id): key = id
      default: key = ""
      }
      if apart[key] == nil { order.append(rule) }
      apart[key, default: []].append(rule)
    }
    // describe-security-group-rules alone: the groups are only named.
    if documents.securityGroups.isEmpty {
      return order.compactMap { first in
        guard let id = first.text("GroupId"), let rules = apart[id] else { return nil }
        var builder = AWSSecurityGroupBuilder(documents, scope: id)
        return builder.build(at: first.position, rules, isCut: documents.cutSecurityGroupRules)
      }
    }
    return documents.securityGroups.map { group in
      let keys = [group.logicalName.map { "resource \($0)" }, group.text("GroupId")]
      return policy(
        group, documents, apart: keys.compactMap { $0 }.flatMap { apart[$0] ?? [] },
        homeless: apart[""] ?? [])
    }
  }

  private static func policy(
    _ group: AWSItem, _ documents: AWSDocuments, apart: [AWSItem], homeless: [AWSItem]
  ) -> Policy {
    let id = group.text("GroupId")
    let name = group.text("GroupName") ?? group.logicalName
    let scope = [id, name].compactMap { $0 }.joined(separator: " ")
    var builder = AWSSecurityGroupBuilder(
      documents, scope: scope.isEmpty ? "security group" : scope)
    let lists = ["IpPermissionsEgress", "SecurityGroupEgress"].map { group.list($0) }
    var rules = lists.flatMap(\.items)
    if rules.isEmpty || group.logicalName != nil { rules += apart }
    for rule in homeless {
      var rule = rule
      rule.presence = "which security group the rule belongs to is not known"
      rules.append(rule)
    }
    if lists.contains(where: \.isOpen) {
      builder.addGap("outbound rules of the group are not all in the export", at: group.position)
    }
    // "When you create a security group, it has an outbound rule that allows all outbound traffic";
    // a template that says nothing about outbound traffic keeps it. An answer always has its list.
    if group.logicalName != nil {
      if !group.has("SecurityGroupEgress"), apart.allSatisfy({ $0.presence != nil }) {
        builder.addDefault(at: group.position, perhaps: !(apart + homeless).isEmpty)
      }
    } else if !group.has("IpPermissionsEgress"), group.value.member("IpPermissionsEgress") == nil,
      apart.isEmpty
    {
      builder.addGap("outbound rules of the group are not in the export", at: group.position)
    }
    return builder.build(at: group.position, rules, isCut: nil)
  }
}

/// Translates the rules of one security group.
struct AWSSecurityGroupBuilder {
  private let documents: AWSDocuments
  private let draft: PolicyDraft
  private var last: [Rule] = []

  init(_ documents: AWSDocuments, scope: String) {
    self.documents = documents
    let doubts = Doubts()
    doubts.add(documents.doubts.notes)
    draft = PolicyDraft(Policy(scope: scope, format: "aws"), doubts: doubts)
  }

  /// Rules that are not in the export can only allow.
  mutating func addGap(_ what: String, at position: SourcePosition) {
    last += draft.gap(what, at: position).filter { $0.action == .allow }
  }

  mutating func addDefault(at position: SourcePosition, perhaps: Bool) {
    var match = Match()
    if perhaps {
      match.clauses.append(
        .requires(
          draft.doubt(
            .notInForce, "whether the group keeps its default outbound rule is not known",
            at: position)))
    }
    last.append(
      Rule(
        name: "default outbound rule", match: match, action: .allow, origin: .implied,
        position: position))
  }

  mutating func build(
    at position: SourcePosition, _ permissions: [AWSItem], isCut: SourcePosition?
  ) -> Policy {
    if let isCut { addGap(AWSDocuments.cut, at: isCut) }
    draft.policy.tables = [
      Table(
        name: "outbound", rules: permissions.map { rule($0) } + last,
        defaultAction: DefaultAction(.deny, name: "no outbound rule matches"))
    ]
    draft.policy.pipelines = [
      Pipeline(traffic: .forwarded, mode: .allOf, stages: [Stage(table: "outbound")])
    ]
    draft.policy.proposals = [
      ClientProposal(
        client: Client(),
        reason: "interfaces in this security group; one in several may do what any of them allows")
    ]
    return draft.finish()
  }

  private func rule(_ item: AWSItem) -> Rule {
    let place = item.position
    let name = item.text("SecurityGroupRuleId") ?? item.text("Description")
    let what = name.map { "rule `\($0)`" } ?? "a rule"
    var terms: [EndpointTerm] = []
    var labels: [String] = []
    for (key, member) in [("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")] {
      let list = item.list(key)
      for range in list.items {
        terms.append(address(range.member(member), place))
        if let text = range.text("Description") { labels.append(text) }
        if let left = range.unread(of: what, ignoring: AWSIrrelevant.rule, in: draft) {
          terms.append(.condition(left))
        }
      }
      if list.isOpen { terms.append(address(.unknown("`\(key)` of \(what) is not known"), place)) }
    }
    for key in ["CidrIp", "CidrIpv6", "CidrIpv4"] where item.has(key) {
      terms.append(address(item.member(key), place))
    }
    for list in item.items("PrefixListIds") {
      terms.append(prefixList(list.member("PrefixListId"), place))
      if let text = list.text("Description") { labels.append(text) }
    }
    for key in ["PrefixListId", "DestinationPrefixListId"] where item.has(key) {
      terms.append(prefixList(item.member(key), place))
    }
    // A reference to a group stands for the private addresses of its interfaces.
    var groups = item.items("UserIdGroupPairs").map { $0.member("GroupId") }
    groups += [item.member("DestinationSecurityGroupId")]
    groups += item.object("ReferencedGroupInfo").map { [$0.member("GroupId")] } ?? []
    for value in groups {
      switch value {
      case .text(let text): terms.append(.object(members(of: text, place)))
      case .reference(let logical): terms.append(.object(members(of: logical, place)))
      case .null: break
      default: terms.append(.addresses(SpecialPurposeAddresses.privateUse))
      }
    }
    var clauses: [Clause] = []
    if terms.isEmpty {
      clauses.append(.never("the rule names no destination"))
    } else if !terms.contains(.any) {
      clauses.append(.destination(EndpointList(terms)))
    }
    clauses += AWSServices(draft: draft, what: what, position: place).clauses(
      item.member("IpProtocol"), from: item.member("FromPort"), to: item.member("ToPort"))
    let comment = item.text("Description") ?? labels.joined(separator: "; ")
    clauses += item.presenceClauses(in: draft)
    if let left = item.unread(of: what, ignoring: AWSIrrelevant.rule, in: draft) {
      clauses.append(.requires(left))
    }
    return Rule(
      name: name ?? labels.first ?? "", match: Match(clauses), action: .allow, comment: comment,
      position: place)
  }

  private func address(_ value: AWSValue, _ position: SourcePosition) -> EndpointTerm {
    guard case .text(let text) = value else {
      return .condition(draft.doubt(.unresolved, value.missing, at: position))
    }
    return AWSVariables.address(text, at: position, in: draft)
  }

  private func members(of group: String, _ position: SourcePosition) -> Int {
    let id = "security group/\(group)"
    if let known = draft.objects.endpoint(id) { return known }
    let number = draft.objects.addEndpoint(
      id: id, name: group, kind: "security group members", position: position)
    draft.objects.setEndpoint(
      number, EndpointList([.addresses(SpecialPurposeAddresses.privateUse)]))
    return number
  }

  private func prefixList(_ value: AWSValue, _ position: SourcePosition) -> EndpointTerm {
    var name = "a prefix list"
    if case .text(let text) = value { name = text }
    if case .reference(let logical) = value { name = logical }
    if let known = draft.objects.endpoint("prefix list/\(name)") { return .object(known) }
    guard let list = documents.prefixList(value) else {
      let what = "prefix list `\(name)` is not in the export"
      draft.note(.unresolved, what + "; give aws ec2 describe-prefix-lists as well", at: position)
      return .condition(draft.doubt(.externalList, what))
    }
    let number = draft.objects.addEndpoint(
      id: "prefix list/\(name)", name: name, kind: "prefix list", position: list.position)
    draft.objects.setEndpoint(number, EndpointList(list.terms(in: draft)))
    return .object(number)
  }
}
