// Palo Alto Networks PAN-OS: the running or candidate configuration of one firewall, as XML.
//
// Versions met in real exports: 5.0, 8.0, 8.1, 9.0, 10.2, 11.0. The format is documented by the
// product itself (API browser, `show config running`); rule semantics by the PAN-OS Administrator's
// Guide, "Security Policy" (first match, top down; intrazone-default allows, interzone-default
// denies), quoted beside the code that uses them.
//
// A security rule becomes a rule, or several where parts of it are certain and in doubt side by side;
// the URL filtering profile of an allow rule becomes a gate table that must let the flow pass as
// well; the decryption rulebase becomes the inspection table. Policy-based forwarding,
// destination translation, DoS protection and authentication are stages ahead of the policy.
// App-IDs, predefined URL categories, external lists, users and recurring schedules are conditions.
// In a merged configuration the rules that a Panorama has pushed stand around the local ones; where
// the export names a Panorama and holds nothing of it, gaps stand there.
// Not judged: threat and file blocking profiles, zone protection and rates (they stop attacks and floods), SD-WAN, QoS
// and tunnel inspection (they steer and mark). The other files of this folder also serve the
// Panorama importer.

import ImportKit

package struct PANOSImporter: ExportImporter {
  package init() {}

  package let format = ImportFormat(
    id: "panos", product: "Palo Alto Networks PAN-OS firewall", versions: "5.0 to 11.x",
    howToExport: [
      "Device > Setup > Operations > Export named configuration snapshot: running-config.xml",
      "or the API: type=export&category=configuration",
      "on a firewall managed by Panorama, `show config merged` (`set cli config-output-format xml`),",
      "else the rules that Panorama pushes are missing",
    ], pieces: "one file", importerVersion: 3)

  package let xmlRoots: Set<String> = ["config", "response"]

  package let prunedXMLNames = PANOSElements.pruned

  package func recognise(_ document: ExportDocument) -> Recognition {
    guard let root = document.xml else { return .no }
    guard let config = PANOSElements.config(root) else {
      return Self.part(root) ?? Self.answer(root)
    }
    if PANOSElements.isPanorama(config) { return .no }
    if config.descend("devices", "entry", "vsys") != nil { return .yes }
    if let attribute = ["fawkes-config-version", "fawkes-config"].first(where: {
      config.attribute($0) != nil
    }) {
      return .almost(
        reason: "this is the base configuration of a cloud-managed service such as Prisma Access "
          + "(`\(attribute)`), and holds neither virtual systems nor device groups",
        advice: "export the configuration of the firewalls, or of the Panorama that manages them")
    }
    guard config.child("devices") != nil || config.child("mgt-config") != nil else { return .no }
    return .almost(
      reason: "`config/devices/entry/vsys` is missing, so there is no security policy",
      advice: "export the whole running configuration, not a part of it")
  }

  /// A branch of a configuration that somebody saved alone; nil where the root is something else.
  private static func part(_ root: XMLElement) -> Recognition? {
    let branches = ["rulebase", "pre-rulebase", "post-rulebase", "vsys", "device-group"]
    let isBranch =
      branches.contains(root.name)
      || root.name == "entry" && branches.contains { root.child($0) != nil }
    let known = branches + ["entry", "security", "decryption", "nat", "default-security-rules"]
    guard isBranch, root.children.contains(where: { known.contains($0.name) }) else { return nil }
    return .almost(
      reason: "this is one branch (`\(root.name)`) of a configuration: zones, objects or rules are "
        + "missing", advice: "export the whole running configuration: running-config.xml")
  }

  /// What an answer of the API that holds no configuration is.
  private static func answer(_ root: XMLElement) -> Recognition {
    guard root.name == "response", root.attribute("status") != nil else { return .no }
    if root.descend("result", "policy", "panorama") != nil {
      return .almost(
        reason: "this is only what a Panorama has pushed to the firewall, without its own rules",
        advice: "export the merged configuration (`show config merged`)")
    }
    if root.attribute("status") == "error" {
      return .almost(
        reason: "this is an error message of the API, and no configuration",
        advice: "check the request and its key, and export again")
    }
    let what = root.child("result")?.children.first { _ in true }?.name
    return .almost(
      reason: "this is an answer of the API" + (what.map { " (`\($0)`)" } ?? "")
        + " without a `config` element",
      advice: "export the whole configuration: type=export&category=configuration")
  }

  package func read(_ documents: [ExportDocument]) throws(ImportError) -> ImportedExport {
    guard documents.count == 1, let document = documents.first, let root = document.xml,
      let config = PANOSElements.config(root)
    else {
      throw ImportError(
        .mixed, file: documents.last?.file ?? "",
        reason: "a PAN-OS configuration is one file, and \(documents.count) were given",
        advice: "give one file for each device")
    }
    let version = config.attribute("detail-version") ?? config.attribute("version") ?? ""
    let sharedPlaces = PANOSVsysReader.sharedPlaces(config)
    let devices = PANOSElements.entries(config.child("devices"))
    let policies = devices.flatMap { device in
      PANOSElements.entries(device.child("vsys")).map { vsys in
        PANOSVsysReader(
          config: config, device: device, vsys: vsys, version: version, sharedPlaces: sharedPlaces
        ).read()
      }
    }
    guard !policies.isEmpty else {
      throw ImportError(
        .incomplete, file: document.file, position: "\(config.line)",
        reason: "the configuration has no virtual system, hence no security policy")
    }
    return ImportedExport(
      deviceName: devices.first?.descend("deviceconfig", "system", "hostname")?.text,
      policies: policies)
  }
}
