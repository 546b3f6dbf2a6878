// Amazon Web Services: Network Firewall, security groups, network ACLs and Route 53 Resolver DNS
// Firewall, as the `aws` command line prints them, as CloudFormation templates in JSON, and inside
// the wrappers of recorders and collectors.
//
// Semantics: docs.aws.amazon.com, Network Firewall developer guide, "How AWS Network Firewall filters
// network traffic", "Managing evaluation order for Suricata compatible rules", "Stateful domain list
// rule groups"; VPC user guide, "Security group rules", "Network ACLs"; Route 53 developer guide,
// "Resolver DNS Firewall"; Suricata user guide, "Rules".
// Each policy, security group, network ACL is a scope of its own: which of them stand on the way of
// a client is a matter of routes and interfaces, which Sallyport is told by the order of devices.
// Every packet meets the rules anew: each phase of a connection has stages of its own where something
// can stop it there, and a pass carries over as Suricata carries it. Resources whose condition is
// false are left out; what is missing or not understood is a condition where it would stand.
// Not modelled: managed threat lists (noted), payload contents, signatures, flow bits, and what only
// the running service knows (conditions).

import ImportKit

package struct AWSImporter: ExportImporter {
  package init() {}

  package let format = ImportFormat(
    id: "aws", product: "Amazon Web Services network security",
    versions:
      "Network Firewall, security groups, network ACLs, Route 53 DNS Firewall; APIs 2016 to 2024",
    howToExport: [
      "aws network-firewall describe-firewall-policy --firewall-policy-name P",
      "aws network-firewall describe-rule-group --rule-group-arn A, for every group of the policy",
      "aws network-firewall describe-firewall --firewall-name F; aws ec2 describe-vpcs (for HOME_NET)",
      "aws ec2 describe-security-groups; aws ec2 describe-network-acls",
      "aws ec2 describe-prefix-lists",
      "aws route53resolver list-firewall-rules --firewall-rule-group-id G; list-firewall-domain-lists; "
        + "list-firewall-domains --firewall-domain-list-id D",
      "or a CloudFormation template in JSON: aws cloudformation get-template --stack-name S",
    ],
    pieces:
      "policies with their rule groups, firewalls, VPCs, prefix lists, domain lists, as separate "
      + "files or one template", importerVersion: 4,
    notInExport:
      "routes, which decide whether traffic passes the firewall at all, entries of managed rule "
      + "groups and of managed prefix lists are not in the export; see `aws ec2 "
      + "describe-route-tables` and `aws ec2 get-managed-prefix-list-entries`")

  package func recognise(_ document: ExportDocument) -> Recognition {
    guard let tree = document.json else { return .no }
    var documents = AWSDocuments()
    for top in tree.tops { documents.collect(top) }
    if let broken = documents.brokenGroup {
      return .almost(
        reason:
          "rule group `\(broken)` has both `Rules` and `RuleGroup`, which the service refuses",
        advice: "export the group that the service holds: aws network-firewall describe-rule-group")
    }
    if documents.holdsRules || documents.holdsCompanions { return .yes }
    if documents.holdsMetadataOnly {
      return .almost(
        reason: "this lists names of firewalls, policies or groups without their contents",
        advice: "export the contents: aws network-firewall describe-firewall-policy and "
          + "describe-rule-group")
    }
    return .no
  }

  package func read(_ documents: [ExportDocument]) throws(ImportError) -> ImportedExport {
    var collected = AWSDocuments()
    collected.names = documents.map(\.file)
    for (number, document) in documents.enumerated() {
      collected.file = number
      for top in document.json?.tops ?? [] { collected.collect(top) }
    }
    guard collected.holdsRules else {
      throw ImportError(
        .incomplete, file: documents.first?.file ?? "",
        reason: "the export holds networks or lists, but no rules",
        advice: "give the policies, groups or access lists too; see `sallyport formats`")
    }
    return ImportedExport(
      deviceName: collected.firewallName, policies: AWSPolicies.build(collected))
  }
}

/// The scopes of an export.
enum AWSPolicies {
  static func build(_ documents: AWSDocuments) -> [Policy] {
    var policies: [Policy] = []
    let names = AWSDNSFirewall(documents)
    var isHeld = false
    for item in documents.firewallPolicies {
      var builder = AWSFirewallBuilder(
        documents: documents, scope: AWSFirewallBuilder.scope(item))
      policies.append(builder.build(item, names: names))
      if names.belongs(toFirewallIn: documents.network(ofFirewallWith: item)) { isHeld = true }
    }
    if documents.firewallPolicies.isEmpty {
      for item in documents.ruleGroups {
        var builder = AWSFirewallBuilder(documents: documents, scope: AWSRuleGroups.name(item))
        policies.append(builder.build(loneGroup: item))
      }
    }
    if !isHeld { policies += names.policies() }
    policies += AWSSecurityGroups.build(documents)
    policies += AWSNetworkACLs.build(documents)
    // Scopes are told apart by their names.
    var seen: [String: Int] = [:]
    for index in policies.indices {
      let count = seen[policies[index].scope, default: 0] + 1
      seen[policies[index].scope] = count
      if count > 1 { policies[index].scope += " (\(count))" }
    }
    return policies
  }
}
