import ImportKit

/// The objects of a set of documents that matter, found wherever they stand.
struct AWSDocuments {
  private(set) var firewallPolicies: [AWSItem] = []
  private(set) var ruleGroups: [AWSItem] = []
  private(set) var inspections: [AWSItem] = []
  private(set) var firewalls: [AWSItem] = []
  private(set) var securityGroups: [AWSItem] = []
  /// Rules that stand apart from their groups.
  private(set) var securityGroupRules: [AWSItem] = []
  private(set) var networkACLs: [AWSItem] = []
  private(set) var networkACLEntries: [AWSItem] = []
  private(set) var networks: [AWSItem] = []
  private(set) var subnets: [AWSItem] = []
  private(set) var prefixLists: [AWSItem] = []
  private(set) var nameRules: [AWSItem] = []
  private(set) var nameRuleGroups: [AWSItem] = []
  private(set) var nameAssociations: [AWSItem] = []
  private(set) var domainLists: [AWSItem] = []
  /// Answers of `list-firewall-domains` and `get-managed-prefix-list-entries`, which do not say of
  /// which list.
  private(set) var looseDomains: [AWSItem] = []
  private(set) var looseEntries: [AWSItem] = []
  private(set) var brokenGroup: String?
  private(set) var holdsMetadataOnly = false
  /// Places at which an answer says that there is more.
  let doubts = Doubts()
  /// Lists of rules that go on in a further answer: of security groups, and of the DNS firewall.
  private(set) var cutSecurityGroupRules: SourcePosition?
  private(set) var cutNameRules: SourcePosition?
  /// Names of the files, which answers without an id are named by.
  var names: [String] = []
  var file = 0

  static let cut = "the answer was cut: it has a `NextToken`; export all pages"

  var holdsRules: Bool {
    !firewallPolicies.isEmpty || !ruleGroups.isEmpty || !securityGroups.isEmpty
      || !networkACLs.isEmpty || !nameRules.isEmpty || !securityGroupRules.isEmpty
  }

  var holdsCompanions: Bool {
    !firewalls.isEmpty || !networks.isEmpty || !subnets.isEmpty || !prefixLists.isEmpty
      || !domainLists.isEmpty || !looseDomains.isEmpty || !looseEntries.isEmpty
      || !inspections.isEmpty || !nameAssociations.isEmpty
  }

  var firewallName: String? { firewalls.first?.text("FirewallName") }

  mutating func collect(_ value: JSONValue, depth: Int = 0) {
    guard depth < 24 else { return }
    if value.isArray {
      for element in value.elements { collect(element, depth: depth + 1) }
      return
    }
    guard value.isObject else { return }
    if let resources = value["Resources"], resources.isObject, Self.isTemplate(resources) {
      let template = AWSTemplate(root: value)
      for (name, resource) in resources.members {
        add(resource, named: name, of: template)
      }
      return
    }
    let item = AWSItem(value, template: nil, file: file)
    if item.isCut {
      doubts.note(.completeness, Self.cut, at: item.position)
      if item.has("SecurityGroupRules") { cutSecurityGroupRules = item.position }
      if item.has("FirewallRules") { cutNameRules = item.position }
    }
    if take(value) { return }
    for (_, member) in value.members where member.isObject || member.isArray {
      collect(member, depth: depth + 1)
    }
  }

  private static func isTemplate(_ resources: JSONValue) -> Bool {
    resources.members.prefix(400).contains { $0.value["Type"]?.string?.hasPrefix("AWS::") ?? false }
  }

  /// Takes an object by its members, which differ between kinds; false where it is none of them.
  private mutating func take(_ value: JSONValue) -> Bool {
    let item = AWSItem(value, template: nil, file: file)
    if value["RuleGroup"]?["RulesSource"] != nil {
      if let rules = value["Rules"], !rules.isNull {
        brokenGroup = item.text("RuleGroupName") ?? "without a name"
      }
      ruleGroups.append(item)
    } else if value["FirewallPolicy"]?["StatelessDefaultActions"] != nil {
      firewallPolicies.append(item)
    } else if value["TLSInspectionConfiguration"]?["ServerCertificateConfigurations"] != nil {
      inspections.append(item)
    } else if value["IpPermissions"] != nil || value["IpPermissionsEgress"] != nil {
      securityGroups.append(item)
    } else if value["SecurityGroupRuleId"] != nil, value["IsEgress"] != nil {
      securityGroupRules.append(item)
    } else if value["NetworkAclId"] != nil, value["Entries"]?.isArray ?? false {
      networkACLs.append(item)
    } else if value["FirewallPolicyArn"] != nil, value["VpcId"] != nil {
      firewalls.append(item)
    } else if value["SubnetId"] != nil, value["CidrBlock"] != nil {
      subnets.append(item)
    } else if value["VpcId"] != nil, value["CidrBlock"] != nil, value["SubnetId"] == nil {
      networks.append(item)
    } else if value["PrefixListId"] != nil, value["Cidrs"] != nil || value["Entries"] != nil {
      prefixLists.append(item)
    } else if value["FirewallRuleGroupId"] != nil, value["Action"] != nil {
      nameRules.append(item)
    } else if value["FirewallRuleGroupId"] != nil, value["VpcId"] != nil {
      nameAssociations.append(item)
    } else if value["Domains"]?.isArray ?? false {
      if value["Id"] != nil || value["FirewallDomainListId"] != nil || value["Name"] != nil {
        domainLists.append(item)
      } else {
        looseDomains.append(item)
      }
    } else if value["Id"]?.string?.hasPrefix("rslvr-fdl-") ?? false {
      domainLists.append(item)
    } else if let entries = value["Entries"], entries.isArray,
      entries.elements.contains(where: { $0["Cidr"] != nil })
    {
      looseEntries.append(item)
    } else {
      if ["FirewallPolicies", "RuleGroups", "Firewalls"].contains(where: { name in
        value.member(name)?.elements.contains { $0["Arn"] != nil || $0["FirewallArn"] != nil }
          ?? false
      }) {
        holdsMetadataOnly = true
      }
      return false
    }
    return true
  }

  private mutating func add(_ resource: JSONValue, named name: String, of template: AWSTemplate) {
    guard let properties = resource["Properties"] else { return }
    let type = resource["Type"]?.string ?? ""
    var item = AWSItem(properties, template: template, file: file, logicalName: name)
    // "If the condition is false, CloudFormation doesn't create the resource" (user guide,
    // "Conditions", attribute `Condition`).
    if let condition = resource["Condition"] {
      switch condition.string.flatMap({ template.condition($0) }) {
      case true?: break
      case false?: return
      case nil:
        item.presence =
          "`\(name)` is there only if condition `\(condition.string ?? "?")` holds, which is not known"
      }
    }
    switch type {
    case "AWS::NetworkFirewall::FirewallPolicy": firewallPolicies.append(item)
    case "AWS::NetworkFirewall::RuleGroup": ruleGroups.append(item)
    case "AWS::NetworkFirewall::Firewall": firewalls.append(item)
    case "AWS::NetworkFirewall::TLSInspectionConfiguration": inspections.append(item)
    case "AWS::EC2::SecurityGroup": securityGroups.append(item)
    case "AWS::EC2::SecurityGroupEgress": securityGroupRules.append(item)
    case "AWS::EC2::NetworkAcl": networkACLs.append(item)
    case "AWS::EC2::NetworkAclEntry": networkACLEntries.append(item)
    case "AWS::EC2::VPC": networks.append(item)
    case "AWS::EC2::Subnet": subnets.append(item)
    case "AWS::EC2::PrefixList": prefixLists.append(item)
    case "AWS::Route53Resolver::FirewallDomainList": domainLists.append(item)
    case "AWS::Route53Resolver::FirewallRuleGroup":
      nameRuleGroups.append(item)
      for rule in item.items("FirewallRules") {
        var own = AWSItem(rule.value, template: template, file: file, logicalName: name)
        own.presence = item.presence
        nameRules.append(own)
      }
    case "AWS::Route53Resolver::FirewallRuleGroupAssociation": nameAssociations.append(item)
    default:
      // A type that is none says nothing; the members tell what the resource may be.
      guard !type.contains("::") else { return }
      item.presence = item.presence ?? "the type of resource `\(name)` is not known"
      if item.has("GroupId"), item.has("IpProtocol") { securityGroupRules.append(item) }
      if item.has("NetworkAclId") { networkACLEntries.append(item) }
    }
  }

  /// The resource that a value refers to: by logical name, or by the text of an id, ARN or name.
  static func matches(_ item: AWSItem, _ value: AWSValue, keys: [String]) -> Bool {
    switch value {
    case .reference(let name): return item.logicalName == name
    case .text(let text):
      let last =
        text.split(whereSeparator: { $0 == "/" || $0 == ":" }).last.map(String.init) ?? text
      return keys.contains { key in
        guard let own = item.text(key) else { return false }
        return own == text || own == last || own.hasSuffix("/" + last)
      }
    default: return false
    }
  }

  /// The firewall that uses a policy; nil where the export has none.
  private func firewall(with policy: AWSItem) -> AWSItem? {
    firewalls.first { firewall in
      let reference = firewall.member("FirewallPolicyArn")
      if case .reference(let name) = reference { return policy.logicalName == name }
      return Self.matches(
        policy.object("FirewallPolicyResponse") ?? policy, reference,
        keys: ["FirewallPolicyArn", "FirewallPolicyName"])
    }
  }

  /// The id or logical name of the VPC in which a policy is used.
  func network(ofFirewallWith policy: AWSItem) -> String? {
    switch firewall(with: policy)?.member("VpcId") {
    case .text(let id)?: id
    case .reference(let name)?: name
    default: nil
    }
  }

  /// The networks of the VPC of a firewall: what HOME_NET is where nobody sets it.
  func homeNetworks(for policy: AWSItem) -> (entries: [AWSValue], network: AWSItem)? {
    guard let firewall = firewall(with: policy) else { return nil }
    let place = firewall.member("VpcId")
    guard let network = networks.first(where: { Self.matches($0, place, keys: ["VpcId"]) }) else {
      return nil
    }
    var entries = network.entries("CidrBlock")
    let first = network.text("CidrBlock")
    for more in network.items("CidrBlockAssociationSet") {
      // The first range of a VPC stands in its list of ranges again.
      if let text = more.text("CidrBlock"), text == first { continue }
      entries.append(more.member("CidrBlock"))
    }
    return entries.isEmpty ? nil : (entries, network)
  }

  /// The ranges of a prefix list.
  struct PrefixList {
    let item: AWSItem
    let entries: [AWSValue]

    var position: SourcePosition { item.position }

    private static let irrelevant = IrrelevantMembers([
      (
        reason: "names and states of the list",
        names: [
          "PrefixListId", "PrefixListName", "PrefixListArn", "State", "StateMessage", "Version",
          "MaxEntries", "OwnerId", "AddressFamily", "Tags", "NextToken",
          "IpamPrefixListResolverTargetId",
        ]
      )
    ])

    func terms(in draft: PolicyDraft) -> [EndpointTerm] {
      var terms = entries.map { entry -> EndpointTerm in
        guard case .text(let text) = entry else {
          return .condition(draft.doubt(.unresolved, entry.missing, at: position))
        }
        return AWSVariables.address(text, at: position, in: draft)
      }
      if item.isCut {
        terms.append(.condition(draft.doubt(.missingPart, AWSDocuments.cut, at: position)))
      }
      if let left = item.unread(of: "a prefix list", ignoring: Self.irrelevant, in: draft) {
        terms.append(.condition(left))
      }
      return terms
    }
  }

  /// Nil where the export does not have it.
  func prefixList(_ reference: AWSValue) -> PrefixList? {
    func list(_ item: AWSItem) -> PrefixList {
      PrefixList(
        item: item, entries: item.entries("Cidrs") + item.items("Entries").map { $0.member("Cidr") }
      )
    }
    let found = prefixLists.first { item in
      Self.matches(item, reference, keys: ["PrefixListId", "PrefixListName", "PrefixListArn"])
    }
    if let found { return list(found) }
    // `get-managed-prefix-list-entries` does not repeat the id: one answer belongs to the one list.
    guard prefixLists.isEmpty, looseEntries.count == 1, wantedPrefixLists.count == 1 else {
      return nil
    }
    return list(looseEntries[0])
  }

  /// The ids of prefix lists that security groups name.
  private var wantedPrefixLists: Set<String> {
    var ids: Set<String> = []
    for group in securityGroups {
      for permission in group.items("IpPermissionsEgress") + group.items("IpPermissions") {
        for list in permission.items("PrefixListIds") { ids.formUnion(list.texts("PrefixListId")) }
      }
    }
    return ids
  }
}
