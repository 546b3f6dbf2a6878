// Cisco Secure Firewall (Firepower): answers of the REST API of the Management Center (FMC, cdFMC) and
// of the on-box Device Manager (FDM).
//
// Answers met: accessrules with and without expanded=true, accesspolicies, defaultactions, urls, fqdns
// (FMC 6.x and 7.x). Order: prefilter rules, security intelligence, decryption, access rules from top
// to bottom with those of parent policies around them, then the default action; MONITOR does not
// stop. Source: docs.defenseorchestrator.com (cdFMC), "Access Control Rules", "Prefiltering".
// Not modelled: decryption and identity policies (conditions), security intelligence, intrusion and
// file policies (noted), applications, categories, users, tags, dynamic objects (conditions).

import ImportKit

package struct FMCImporter: ExportImporter {
  package init() {}

  package let format = ImportFormat(
    id: "cisco-fmc", product: "Cisco Secure Firewall (FMC, FDM)",
    versions: "FMC 6.x and 7.x, FDM 6.x and 7.x",
    howToExport: [
      "GET /api/fmc_config/v1/domain/D/policy/accesspolicies/P",
      "GET …/policy/accesspolicies/P/accessrules?expanded=true&limit=1000&offset=0, all pages, of the "
        + "policy and its parents",
      "GET …/policy/prefilterpolicies/F/prefilterrules?expanded=true&limit=1000",
      "GET …/object/networkaddresses, networkgroups, protocolportobjects, portobjectgroups, urls, "
        + "urlgroups (expanded=true&limit=1000)",
      "GET /api/fmc_platform/v1/info/serverversion",
      "on-box manager: GET /api/fdm/latest/policy/accesspolicies and …/accessrules, and the objects",
    ],
    pieces: "any number of answers of one manager", importerVersion: 3,
    notInExport:
      "what the system loads at run time is not in the export: Security Intelligence feeds, URL "
      + "categories and reputations of hosts, addresses of FQDN objects (`show fqdn` on the device)"
  )

  package func recognise(_ document: ExportDocument) -> Recognition {
    guard let tree = document.json else { return .no }
    var documents = FMCDocuments()
    for top in tree.tops { documents.collect(top) }
    if documents.isRecognised { return .yes }
    guard let failure = documents.failure else { return .no }
    return .almost(
      reason: "the manager answered with an error: \(failure)",
      advice: "check the address that was asked and the rights of the user")
  }

  package func read(_ documents: [ExportDocument]) throws(ImportError) -> ImportedExport {
    var collected = FMCDocuments()
    for (number, document) in documents.enumerated() {
      collected.file = number
      for top in document.json?.tops ?? [] { collected.collect(top) }
    }
    collected.finish()
    guard collected.holdsRules else {
      throw ImportError(
        .incomplete, file: documents.first?.file ?? "",
        reason: "the export holds objects or policies, but no access rules",
        advice:
          "give the rules too: GET …/policy/accesspolicies/P/accessrules?expanded=true&limit=1000")
    }
    return ImportedExport(policies: FMCPolicyBuilder(documents: collected).build())
  }
}
