import ImportKit

/// Security groups: what interfaces that are in a group may reach.
///
/// Source: docs.aws.amazon.com, VPC user guide, "Security group rules": rules allow only, all of them
/// count and have no order; what none allows is denied; answers pass.
enum AWSSecurityGroups {
  static func build(_ documents: AWSDocuments) -> [Policy] {
    // Outbound rules that stand apart, by the group that they name.
    var apart: [String: [AWSItem]] = [:]
    var order: [AWSItem] = []
    for rule in documents.securityGroupRules {
      if let egress = rule.text("IsEgress"), egress != "true" { continue }
      let key: String
      switch rule.member("GroupId") {
      case .reference(let logical): key = "resource \(logical)"
      case .text(let id): key = id
      default: continue
      }
      if apart[key] == nil { order.append(rule) }
      apart[key, default: []].append(rule)
    }
    // describe-security-group-rules alone: the groups are only named.
    if documents.securityGroups.isEmpty {
      return order.compactMap { first in
        guard let id = first.text("GroupId"), let rules = apart[id] else { return nil }
        return policy(named: id, at: first.position, rules, documents)
      }
    }
    return documents.securityGroups.map { group in
      let keys = [group.logicalName.map { "resource \($0)" }, group.text("GroupId")]
      return policy(
        group, documents: documents, apart: keys.compactMap { $0 }.flatMap { apart[$0] ?? [] })
    }
  }

  private static func policy(
    _ group: AWSItem, documents: AWSDocuments, apart: [AWSItem]
  ) -> Policy {
    let id = group.text("GroupId")
    let name = group.text("GroupName") ?? group.logicalName
    let scope = [id, name].compactMap { $0 }.joined(separator: " ")
    var rules = group.items("IpPermissionsEgress") + group.items("SecurityGroupEgress")
    if rules.isEmpty || group.logicalName != nil { rules += apart }
    // "When you create a security group, it has an outbound rule that allows all outbound traffic";
    // a template that says nothing about outbound traffic keeps it.
    let keepsDefault =
      group.logicalName != nil && group.value["SecurityGroupEgress"] == nil && apart.isEmpty
    return policy(
      named: scope.isEmpty ? "security group" : scope, at: group.position, rules, documents,
      keepsDefault: keepsDefault)
  }

  private static func policy(
    named scope: String, at position: SourcePosition, _ permissions: [AWSItem],
    _ documents: AWSDocuments, keepsDefault: Bool = false
  ) -> Policy {
    var policy = Policy(scope: scope, format: "aws")
    var objects = ObjectTable()
    var notes = documents.truncations
    var rules = permissions.map { rule($0, documents, &objects, &notes) }
    if keepsDefault {
      rules.append(
        Rule(
          name: "default outbound rule", match: Match(), action: .allow, origin: .implied,
          position: position))
    }
    policy.tables = [
      Table(
        name: "outbound", rules: rules,
        defaultAction: DefaultAction(.deny, name: "no outbound rule matches"))
    ]
    policy.pipelines = [
      Pipeline(traffic: .forwarded, mode: .allOf, stages: [Stage(table: "outbound")])
    ]
    policy.endpointObjects = objects.endpoints
    policy.proposals = [
      ClientProposal(
        client: Client(),
        reason: "interfaces in this security group; one in several may do what any of them allows")
    ]
    policy.notes = notes
    return policy
  }

  private static func rule(
    _ item: AWSItem, _ documents: AWSDocuments, _ objects: inout ObjectTable, _ notes: inout [Note]
  ) -> Rule {
    let place = item.position
    var terms: [EndpointTerm] = []
    var labels: [String] = []
    for (list, key) in [("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")] {
      for range in item.items(list) {
        if let text = range.text(key) {
          terms.append(AWSVariables.address(text, at: place, notes: &notes))
        } else {
          terms.append(unknown(range.member(key), place, &notes))
        }
        if let text = range.text("Description") { labels.append(text) }
      }
    }
    for key in ["CidrIp", "CidrIpv6", "CidrIpv4"] where item.value.member(key) != nil {
      switch item.member(key) {
      case .null: break
      case .text(let text): terms.append(AWSVariables.address(text, at: place, notes: &notes))
      case let other: terms.append(unknown(other, place, &notes))
      }
    }
    for list in item.items("PrefixListIds") {
      terms.append(prefixList(list.member("PrefixListId"), place, documents, &objects, &notes))
      if let text = list.text("Description") { labels.append(text) }
    }
    for key in ["PrefixListId", "DestinationPrefixListId"] {
      let value = item.member(key)
      if case .null = value { continue }
      terms.append(prefixList(value, place, documents, &objects, &notes))
    }
    // A reference to a group stands for the private addresses of its interfaces.
    var groups = item.items("UserIdGroupPairs").map { $0.member("GroupId") }
    groups += [item.member("DestinationSecurityGroupId")]
    groups += item.object("ReferencedGroupInfo").map { [$0.member("GroupId")] } ?? []
    for value in groups {
      let name: String
      switch value {
      case .text(let text): name = text
      case .reference(let logical): name = logical
      default: continue
      }
      terms.append(.object(members(of: name, place, &objects)))
    }
    var clauses: [Clause] = []
    if terms.isEmpty {
      clauses.append(.never("the rule names no destination"))
    } else if !terms.contains(.any) {
      clauses.append(.destination(EndpointList(terms)))
    }
    clauses += AWSServices.clauses(
      item.text("IpProtocol"), from: item.number("FromPort"), to: item.number("ToPort"))
    return Rule(
      name: item.text("SecurityGroupRuleId") ?? item.text("Description") ?? labels.first ?? "",
      match: Match(clauses), action: .allow,
      comment: item.text("Description") ?? labels.joined(separator: "; "), position: place)
  }

  private static func members(
    of group: String, _ position: SourcePosition, _ objects: inout ObjectTable
  ) -> Int {
    let id = "security group/\(group)"
    if let known = objects.endpoint(id) { return known }
    let number = objects.addEndpoint(
      id: id, name: group, kind: "security group members", position: position)
    objects.setEndpoint(
      number, EndpointList([.addresses(SpecialPurposeAddresses.privateUse)]))
    return number
  }

  private static func unknown(
    _ value: AWSValue, _ position: SourcePosition, _ notes: inout [Note]
  ) -> EndpointTerm {
    var what = "an address that is not in the export"
    if case .unknown(let text) = value { what = text }
    if case .reference(let name) = value { what = "an address of resource `\(name)`" }
    notes.append(Note(.unresolved, what, at: position))
    return .condition(Condition(.unresolved, what))
  }

  private static func prefixList(
    _ value: AWSValue, _ position: SourcePosition, _ documents: AWSDocuments,
    _ objects: inout ObjectTable, _ notes: inout [Note]
  ) -> EndpointTerm {
    var name = "a prefix list"
    if case .text(let text) = value { name = text }
    if case .reference(let logical) = value { name = logical }
    if let known = objects.endpoint("prefix list/\(name)") { return .object(known) }
    guard let list = documents.prefixList(value) else {
      let what = "prefix list `\(name)` is not in the export"
      notes.append(
        Note(.unresolved, what + "; give aws ec2 describe-prefix-lists as well", at: position))
      return .condition(Condition(.externalList, what))
    }
    let number = objects.addEndpoint(
      id: "prefix list/\(name)", name: name, kind: "prefix list", position: list.position)
    objects.setEndpoint(
      number,
      EndpointList(list.texts.map { AWSVariables.address($0, at: list.position, notes: &notes) }))
    return .object(number)
  }
}

/// Protocol and ports as access lists write them.
enum AWSServices {
  /// `-1` is every protocol; ports count for TCP and UDP only. No port range means every port.
  static func clauses(
    _ word: String?, from low: Int?, to high: Int?, areSourcePorts: Bool = false
  ) -> [Clause] {
    guard let number = number(word ?? "-1") else {
      return [.requires(Condition(.unresolved, "protocol `\(word ?? "")` is not known"))]
    }
    guard let number else { return [] }
    var ports = PortSet.full
    if number == 6 || number == 17, let low, low >= 0 {
      let high = high ?? low
      guard let first = UInt16(exactly: low), let last = UInt16(exactly: high), first <= last else {
        return [.requires(Condition(.unresolved, "ports \(low)-\(high) are not readable"))]
      }
      ports = PortSet(first...last)
    }
    let service =
      areSourcePorts
      ? Service(protocol: number, sourcePorts: ports)
      : Service(protocol: number, destinationPorts: ports)
    return [.service(ServiceList([.service(service)]))]
  }

  /// The inner nil stands for every protocol, the outer for a word that is not known.
  private static func number(_ word: String) -> UInt8?? {
    switch word.lowercased() {
    case "-1", "all": .some(nil)
    case "tcp": .some(6)
    case "udp": .some(17)
    case "icmp": .some(1)
    case "icmpv6": .some(58)
    default: UInt8(word).map { .some($0) }
    }
  }
}

/// Network access lists: what may leave a subnet, and what may come back.
///
/// Source: docs.aws.amazon.com, VPC user guide, "Network ACLs": numbered rules, lowest first, the
/// first that matches decides; stateless, so answers are judged by the inbound rules, against the
/// client's ephemeral port.
enum AWSNetworkACLs {
  static func build(_ documents: AWSDocuments) -> [Policy] {
    documents.networkACLs.map { policy($0, documents) }
  }

  private static func policy(_ item: AWSItem, _ documents: AWSDocuments) -> Policy {
    let id = item.text("NetworkAclId") ?? item.logicalName ?? "network ACL"
    let name = item.items("Tags").first { $0.text("Key") == "Name" }?.text("Value")
    var policy = Policy(scope: [id, name].compactMap { $0 }.joined(separator: " "), format: "aws")
    var notes = documents.truncations
    var entries = item.items("Entries")
    if let logical = item.logicalName {
      entries += documents.networkACLEntries.filter {
        if case .reference(logical) = $0.member("NetworkAclId") { true } else { false }
      }
    }
    let ordered = entries.enumerated().sorted {
      ($0.element.number("RuleNumber") ?? .max, $0.offset)
        < ($1.element.number("RuleNumber") ?? .max, $1.offset)
    }.map(\.element)
    func table(_ label: String, egress: Bool) -> Table {
      Table(
        name: label,
        rules: ordered.filter { ($0.text("Egress") == "true") == egress }.map {
          rule($0, egress: egress, &notes)
        }, defaultAction: DefaultAction(.deny, name: "no \(label) rule matches"))
    }
    policy.tables = [table("outbound", egress: true), table("inbound", egress: false)]
    policy.pipelines = [
      Pipeline(
        traffic: .forwarded, mode: .allOf,
        stages: [
          Stage(table: "outbound"), Stage(table: "inbound", isAuxiliary: true, phase: .answer),
        ])
    ]
    let associated = item.items("Associations").compactMap { $0.text("SubnetId") }
    let networks = documents.subnets.filter { subnet in
      subnet.text("SubnetId").map { associated.contains($0) } ?? false
    }.flatMap { $0.texts("CidrBlock") }.compactMap { AddressSet(parsing: $0) }
    let known = networks.isEmpty ? nil : networks.reduce(AddressSet()) { $0.union($1) }
    policy.proposals = [
      ClientProposal(
        client: Client(networks: known),
        reason: associated.isEmpty
          ? "the list is attached to no subnet in the export; every client"
          : "the subnets of the list: \(associated.joined(separator: ", "))")
    ]
    policy.notes = notes
    return policy
  }

  private static func rule(_ item: AWSItem, egress: Bool, _ notes: inout [Note]) -> Rule {
    let place = item.position
    var clauses: [Clause] = []
    var terms: [EndpointTerm] = []
    for key in ["CidrBlock", "Ipv6CidrBlock"] {
      switch item.member(key) {
      case .null: break
      case .text(let text): terms.append(AWSVariables.address(text, at: place, notes: &notes))
      case .unknown(let what): terms.append(.condition(Condition(.unresolved, what)))
      default: terms.append(.condition(Condition(.unresolved, "an address of the template")))
      }
    }
    if terms.isEmpty { terms = [.condition(Condition(.unresolved, "the rule has no address"))] }
    // Outbound rules name the server as destination; inbound ones see it as the source of answers.
    clauses.append(.destination(EndpointList(terms)))
    let range = item.object("PortRange")
    clauses += AWSServices.clauses(
      item.text("Protocol"), from: range?.number("From"), to: range?.number("To"),
      areSourcePorts: !egress)
    let number = item.text("RuleNumber") ?? "?"
    let allows = item.text("RuleAction")?.lowercased() == "allow"
    return Rule(
      name: "\(egress ? "outbound" : "inbound") rule \(number == "32767" ? "*" : number)",
      vendorID: number, match: Match(clauses), action: allows ? .allow : .deny(.drop),
      position: place)
  }
}
