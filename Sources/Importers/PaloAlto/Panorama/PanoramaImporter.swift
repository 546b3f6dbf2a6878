// Palo Alto Networks Panorama: the running configuration of the manager, as XML.
//
// Versions met in real exports: 6.0, 8.0, 10.0, 11.0. Documented by the product (API browser) and by
// the Panorama Administrator's Guide, "Device Group Hierarchy" and "Device Group Policies": a
// firewall takes the pre rules of `shared` and of its device groups from the top down, then its own
// rules, then the post rules from the bottom up, then the default rules.
//
// Each device group that firewalls can take their policy from becomes a scope; where rules are
// installed on some of its firewalls only, each of these becomes one. The rules of the firewalls
// themselves are not in this export, which every policy notes. Reading of rules and objects is
// shared with the PAN-OS importer.

import ImportKit

package struct PanoramaImporter: ExportImporter {
  package init() {}

  package let format = ImportFormat(
    id: "panorama", product: "Palo Alto Networks Panorama", versions: "6.0 to 11.x",
    howToExport: [
      "Panorama > Setup > Operations > Export named Panorama configuration snapshot: running-config.xml",
      "or the API of Panorama: type=export&category=configuration",
      "rules of the firewalls themselves are only in their own exports",
    ], pieces: "one file", importerVersion: 2)

  package let xmlRoots: Set<String> = ["config", "response"]

  package let prunedXMLNames = PANOSElements.pruned

  package func recognise(_ document: ExportDocument) -> Recognition {
    guard let root = document.xml, let config = PANOSElements.config(root),
      PANOSElements.isPanorama(config)
    else { return .no }
    let device = config.descend("devices", "entry")
    if device?.child("device-group") != nil || config.child("shared") != nil { return .yes }
    return .almost(
      reason: "this is a part of a Panorama configuration without `device-group` and `shared`, so "
        + "there is no security policy",
      advice: "export the whole running configuration, not a part of it")
  }

  package func read(_ documents: [ExportDocument]) throws(ImportError) -> ImportedExport {
    guard documents.count == 1, let document = documents.first, let root = document.xml,
      let config = PANOSElements.config(root)
    else {
      throw ImportError(
        .mixed, file: documents.last?.file ?? "",
        reason: "a Panorama configuration is one file, and \(documents.count) were given",
        advice: "give one file for each Panorama")
    }
    guard let policies = PanoramaReader(config: config).policies() else {
      throw ImportError(
        .tooLarge, file: document.file,
        reason: "the device groups take more rules from each other than can be read at once",
        advice: "export the merged configuration of the firewalls instead")
    }
    let device = config.descend("devices", "entry")
    return ImportedExport(
      deviceName: device?.descend("deviceconfig", "system", "hostname")?.text,
      policies: policies)
  }
}
