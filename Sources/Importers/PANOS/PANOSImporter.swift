// Palo Alto Networks PAN-OS: the running or candidate configuration of one firewall, as XML.
//
// Versions met in real exports: 5.0, 8.0, 8.1, 9.0, 10.2, 11.0. The format is documented by the
// product itself (API browser, `show config running`); rule semantics by the PAN-OS Administrator's
// Guide, "Security Policy" (first match, top down; intrazone-default allows, interzone-default
// denies), quoted beside the code that uses them.
//
// A security rule becomes a rule; the URL filtering profile of an allow rule becomes a gate table
// that must let the flow pass as well; the decryption rulebase becomes the inspection table.
// App-IDs, predefined URL categories, external lists, users and schedules are conditions.
// Not modelled here: application override, authentication policy, policy-based forwarding (noted
// where present), and the rules that a Panorama pushes (noted: they are not in the export).

import ImportKit
import PolicyModel
import XMLTree

package struct PANOSImporter: ExportImporter {
  package init() {}

  package let format = ImportFormat(
    id: "panos", product: "Palo Alto Networks PAN-OS firewall", versions: "5.0 to 11.x",
    howToExport: [
      "Device > Setup > Operations > Export named configuration snapshot: running-config.xml",
      "or the API: type=export&category=configuration",
      "on a firewall managed by Panorama, export the merged configuration",
    ], pieces: "one file", importerVersion: 1)

  package let xmlRoots: Set<String> = ["config", "response"]

  package let prunedXMLNames = PANOSElements.pruned

  package func recognise(_ document: ExportDocument) -> Recognition {
    guard let root = document.xml, let config = PANOSElements.config(root) else { return .no }
    if config.descend("devices", "entry", "vsys") != nil { return .yes }
    let isPanorama =
      config.descend("devices", "entry", "device-group") != nil
      || config.descend("devices", "entry", "template") != nil || config.child("panorama") != nil
    if isPanorama {
      return .almost(
        reason: "this is a Panorama configuration, and holds device groups instead of a firewall",
        advice: "export the merged running configuration of each firewall")
    }
    guard config.child("devices") != nil || config.child("mgt-config") != nil else { return .no }
    return .almost(
      reason: "`config/devices/entry/vsys` is missing, so there is no security policy",
      advice: "export the whole running configuration, not a part of it")
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
    let device = config.descend("devices", "entry")
    var policies: [Policy] = []
    for vsys in PANOSElements.entries(device?.child("vsys")) {
      var reader = PANOSVsysReader(config: config, device: device, vsys: vsys, version: version)
      policies.append(reader.read())
    }
    guard !policies.isEmpty else {
      throw ImportError(
        .incomplete, file: document.file, position: "\(config.line)",
        reason: "the configuration has no virtual system, hence no security policy")
    }
    return ImportedExport(
      deviceName: device?.descend("deviceconfig", "system", "hostname")?.text, policies: policies)
  }
}

/// Element names that several files of this folder share.
enum PANOSElements {
  /// Contents never read: bulk, and places where secrets stand.
  static let pruned: Set<String> = [
    "mgt-config", "reports", "report-group", "email-scheduler", "log-settings", "certificate",
    "ssl-tls-service-profile", "local-user-database", "authentication-profile",
    "authentication-sequence", "certificate-profile", "server-profile", "admin-role",
    "response-page", "global-protect", "user-id-agent", "password-complexity", "botnet",
    "application-status", "phash", "private-key", "public-key", "password", "secret",
    "bind-password", "pre-shared-key", "auth-password", "priv-password", "snmp-community-string",
    "auth-key", "api-key", "passphrase", "authcode", "ike", "ssh", "snmp-setting",
  ]

  /// The `config` element, inside an API response if need be.
  static func config(_ root: XMLElement) -> XMLElement? {
    if root.name == "config" { return root }
    guard root.name == "response" else { return nil }
    return root.descend("result", "config")
  }

  /// The texts of `member` elements, in order.
  static func members(_ element: XMLElement?) -> [XMLElement] {
    element.map { Array($0.children("member")) } ?? []
  }

  /// The `entry` children, in order.
  static func entries(_ element: XMLElement?) -> [XMLElement] {
    element.map { Array($0.children("entry")) } ?? []
  }

  /// Whether a yes/no element says yes; `disabled` = no is common, so presence proves nothing.
  static func isYes(_ element: XMLElement?) -> Bool { element?.text == "yes" }
}
