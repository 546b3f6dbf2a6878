// Microsoft Azure Firewall: firewall policies with their rule collection groups and IP groups, and
// classic firewalls with rules of their own; as ARM template (portal «Export template», compiled
// Bicep), REST response or az-cli output, whole or as separate files.
//
// Processing: learn.microsoft.com, "Configure Azure Firewall rules": "DNAT rules, then network rules,
// then application rules, regardless of rule collection group or rule collection priority and
// policy inheritance"; inside a type the parent policy first, then groups, then collections by
// priority, low numbers first; rules are terminating; what matches nothing is denied.
// Name grammar: learn.microsoft.com, Azure Firewall FAQ, "How do wildcards work in target URLs and
// target FQDNs in application rules?".
// Parts that are not in force (drafts, resources whose condition is false, references to what exists
// already) are left out; what is missing (a parent policy, a listed group, a further page) is a
// condition where it would stand.
// Not modelled: threat intelligence (noted), what signatures of intrusion prevention match, the
// contents of web categories and tags (conditions).

import ImportKit

package struct AzureFirewallImporter: ExportImporter {
  package init() {}

  package let format = ImportFormat(
    id: "azure-firewall", product: "Microsoft Azure Firewall",
    versions: "policies (Standard, Premium) and classic firewalls, API 2018 to 2024",
    howToExport: [
      "portal: the firewall policy > Export template, with all rule collection groups",
      "az network firewall policy show -g GROUP -n POLICY -o json",
      "az network firewall policy rule-collection-group list -g GROUP --policy-name POLICY -o json",
      "az network ip-group list -g GROUP -o json",
    ],
    pieces:
      "a template, with its parameters file if need be; or policy, groups, IP groups and parent "
      + "policy as separate files", importerVersion: 3,
    notInExport:
      "routes, which decide whether a subnet's traffic passes the firewall, and the contents of "
      + "FQDN tags, web categories and service tags are not in the export; see `az network "
      + "route-table list` and `az network list-service-tags --location REGION`")

  package func recognise(_ document: ExportDocument) -> Recognition {
    guard document.json != nil else { return .no }
    let found = AzureResources([document])
    if found.holdsPolicy || found.holdsSecurityGroups || !found.ipGroups.isEmpty
      || !found.firewalls.isEmpty || found.isParametersFile || found.holdsDrafts
    {
      return .yes
    }
    return .no
  }

  package func read(_ documents: [ExportDocument]) throws(ImportError) -> ImportedExport {
    let resources = AzureResources(documents)
    guard resources.holdsPolicy else { throw missing(resources, documents.first?.file ?? "") }
    // A template often holds the security groups of the subnets too: scopes of their own.
    let policies = AzurePolicyBuilder.build(resources) + AzureSecurityGroups.build(resources)
    return ImportedExport(deviceName: resources.firewallName, policies: policies)
  }
  private func missing(_ resources: AzureResources, _ file: String) -> ImportError {
    if let firewall = resources.firewalls.first {
      let id = firewall.properties.object("firewallPolicy")?.text("id")
      let name = id.flatMap(AzureName.last) ?? "POLICY"
      return ImportError(
        .incomplete, file: file,
        reason: "firewall `\(firewall.lastName ?? "")` has its rules in policy `\(name)`, which is "
          + "not in the export",
        advice:
          "give the policy and its groups too: az network firewall policy show -n \(name), az "
          + "network firewall policy rule-collection-group list --policy-name \(name)")
    }
    if resources.holdsDrafts {
      return ImportError(
        .incomplete, file: file,
        reason: "only drafts were given, which are not in force until deployed",
        advice: "give the live policy: az network firewall policy rule-collection-group list")
    }
    return ImportError(
      .incomplete, file: file,
      reason: "only IP groups or parameters were given, and no rules",
      advice: "give the rule collection groups too: az network firewall policy "
        + "rule-collection-group list")
  }
}
