// Microsoft Azure network security groups, with default rules, service tags and application security
// groups; as az-cli output, REST response, PowerShell JSON, ARM template, and the rules in effect at a
// network interface.
//
// Semantics: learn.microsoft.com, "Network security groups" and "How network security groups filter
// network traffic": rules by priority and direction, low numbers first, the first that matches
// decides; stateful, so only outbound rules concern connections that clients open; the groups of the
// subnet and of the interface must both allow.
// Not modelled: the members of service tags (lists that Microsoft publishes, see `--tags`).

import ImportKit

package struct AzureNSGImporter: ExportImporter {
  package init() {}

  package let format = ImportFormat(
    id: "azure-nsg", product: "Microsoft Azure network security groups",
    versions: "API 2018 to 2024, az-cli and PowerShell",
    howToExport: [
      "az network nsg show -g GROUP -n NSG -o json, or az network nsg list -g GROUP -o json",
      "az network nic list-effective-nsg -g GROUP -n NIC -o json (both groups on the way)",
      "Get-AzNetworkSecurityGroup | ConvertTo-Json -Depth 20",
      "az network nic list -g GROUP -o json (members of application security groups)",
    ],
    pieces: "any number of groups, with network interfaces; or a template with its parameters file",
    importerVersion: 3,
    notInExport:
      "routes, and security admin rules of a network manager, which act before security groups, "
      + "are not in the export; see `az network nic show-effective-route-table` and `az network nic "
      + "list-effective-nsg`")

  package func recognise(_ document: ExportDocument) -> Recognition {
    guard document.json != nil else { return .no }
    let finder = AzureResources([document])
    // A template with a firewall is read as that, security groups included.
    if finder.holdsPolicy { return .no }
    if finder.holdsSecurityGroups || finder.isParametersFile || !finder.interfaces.isEmpty {
      return .yes
    }
    return .no
  }

  package func read(_ documents: [ExportDocument]) throws(ImportError) -> ImportedExport {
    let policies = AzureSecurityGroups.build(AzureResources(documents))
    guard !policies.isEmpty else {
      throw ImportError(
        .incomplete, file: documents.first?.file ?? "",
        reason: "the export holds interfaces or parameters, but no security group",
        advice: "give the security groups too: az network nsg list -o json")
    }
    return ImportedExport(policies: policies)
  }
}
