// Check Point: access rulebases of the management API (R80 and later), as `mgmt_cli … --format json`
// prints them, in pages, alone or as an array of layers; and the files of the ShowPolicyPackage tool.
//
// Versions met in real exports: R80.40, R81. API: sc1.checkpoint.com/documents/latest/APIs. Semantics:
// sc1.checkpoint.com, R81 SecurityManagement guide, "Ordered Layers and Inline Layers": the layers of
// a package are passed in order and each must accept; in a layer the first matching rule decides;
// a rule with an inline layer hands the decision over for good; what matches nothing takes the
// layer's implicit cleanup action.
// Not modelled: implied rules, translation, threat prevention (noted); applications, categories,
// updatable objects, access roles, content, VPN and time (conditions).

import ImportKit

package struct CheckPointImporter: ExportImporter {
  package init() {}

  package let format = ImportFormat(
    id: "checkpoint", product: "Check Point Quantum", versions: "R80 to R82",
    howToExport: [
      "mgmt_cli show package name P details-level full --format json",
      "mgmt_cli show access-rulebase name L limit 500 offset 0 details-level full "
        + "use-object-dictionary true --format json, for every layer and inline layer, page by page",
      "mgmt_cli show dns-domains, show application-sites, show https-rulebase: likewise, details-level "
        + "full", "or the ShowPolicyPackage tool (show-policy-package.sh), all JSON files",
    ],
    pieces: "any number of pages, layers, packages and lists of objects of one management domain",
    importerVersion: 2)

  package let fileNamesMatter = true

  package func recognise(_ document: ExportDocument) -> Recognition {
    guard let tree = document.json else { return .no }
    var documents = CheckPointDocuments()
    documents.fileName = document.file
    for top in tree.tops { documents.collect(top) }
    if documents.isRecognised { return .yes }
    let root = tree.root
    // An empty list of objects is an answer too, and no reason to refuse its companions.
    if let list = root["objects"], list.isArray, list.count == 0, root["total"]?.int == 0 {
      return .yes
    }
    if let code = root["code"]?.string, root["message"] != nil,
      code.hasPrefix("generic_err") || code.hasPrefix("err_")
    {
      return .almost(
        reason: "the management server answered with the error `\(code)`",
        advice: "check the name of the layer and the rights of the user")
    }
    return .no
  }

  package func read(_ documents: [ExportDocument]) throws(ImportError) -> ImportedExport {
    var collected = CheckPointDocuments()
    for (number, document) in documents.enumerated() {
      collected.file = number
      collected.fileName = document.file
      for top in document.json?.tops ?? [] { collected.collect(top) }
    }
    guard collected.holdsRules else {
      throw ImportError(
        .incomplete, file: documents.first?.file ?? "",
        reason: collected.holdsTranslation
          ? "the export holds address translation, but no access rules"
          : "the export holds objects, but no access rules",
        advice:
          "give the rulebases too: mgmt_cli show access-rulebase name \"LAYER\" details-level full "
          + "--format json")
    }
    return ImportedExport(policies: CheckPointPolicyBuilder(documents: collected).build())
  }
}
