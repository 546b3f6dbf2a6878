// Juniper Junos on SRX firewalls: the configuration as XML (`show configuration | display xml`,
// NETCONF get-configuration) or as JSON (`| display json`).
//
// Versions met in real exports: 12.1X46 and 18.4; the JSON form is read after its documentation.
// Element names are matched without their namespaces, which change with every release. Both forms
// are read through ``JunosNode``, so that the translation exists once.
//
// Zone-pair policies, then global policies, then the default policy; first match. Web filtering of a
// permit is a gate, SSL proxy profiles make the inspection table, stateless filters on interfaces and
// of the forwarding table are stages for the first packet, the answer and what follows. Each logical
// system and tenant is a scope. Application firewall, authentication, tunnels, security
// intelligence and configuration groups that are not expanded are conditions. Not judged: services
// that look for attacks, screens and policers (they stop attacks and floods).

import ImportKit

package struct JunosSRXImporter: ExportImporter {
  package init() {}

  package let format = ImportFormat(
    id: "junos-srx", product: "Juniper Junos SRX", versions: "12.1 to 24.x, XML and JSON",
    howToExport: [
      "show configuration | display inheritance | display xml | no-more",
      "or `| display json | no-more`, or NETCONF get-configuration",
      "give the whole configuration: policies alone lack address books and applications",
    ], pieces: "one file", importerVersion: 2)

  package let xmlRoots: Set<String> = ["rpc-reply", "configuration", "data"]

  package let prunedXMLNames: Set<String> = [
    "encrypted-password", "secret", "ascii-text", "hexadecimal", "community", "authentication-key",
    "pre-shared-key", "ssh-rsa", "ssh-dsa", "ssh-ecdsa", "ssh-ed25519", "private-key", "password",
    "simple-password", "md5", "radius-server", "tacplus-server", "snmp", "login",
    "root-authentication", "certificates", "ike", "ipsec", "syslog", "access", "event-options",
    "chassis", "trusted-key", "shared-secret",
  ]

  /// The `configuration` node inside whatever wraps it.
  private static func configuration(_ document: ExportDocument) -> JunosNode? {
    if let root = document.xml {
      if root.name == "configuration" { return JunosNode(root) }
      guard root.name == "rpc-reply" || root.name == "data" else { return nil }
      return (root.child("configuration") ?? root.descend("data", "configuration"))
        .map { JunosNode($0) }
    }
    guard let json = document.json?.root, json.isObject else { return nil }
    let holder = json["rpc-reply"] ?? json["data"] ?? json
    guard let value = holder["configuration"] ?? json["configuration"] else { return nil }
    // The older style puts even the only configuration into an array.
    let inner = value.isArray ? value.elements.first { _ in true } : value
    guard let inner, inner.isObject else { return nil }
    return JunosNode(name: "configuration", inner)
  }

  package func recognise(_ document: ExportDocument) -> Recognition {
    guard let node = Self.configuration(document) else { return Self.reply(document) }
    let hasSecurity =
      !node.all("security").isEmpty
      || (node.all("logical-systems") + node.all("tenants")).contains {
        !$0.all("security").isEmpty
      }
    if hasSecurity { return .yes }
    let isJunos = ["version", "system", "interfaces", "routing-options", "applications", "groups"]
      .contains { !node.all($0).isEmpty }
    guard isJunos else { return .no }
    return .almost(
      reason: "this Junos configuration has no `security` section: it is a part, or the device is "
        + "a router or switch without security policies",
      advice: "export the whole configuration of the SRX: show configuration | display xml")
  }

  /// A reply of the device that holds something else.
  private static func reply(_ document: ExportDocument) -> Recognition {
    guard let root = document.xml, root.name == "rpc-reply" else { return .no }
    if root.child("rpc-error") != nil {
      return .almost(
        reason: "this is an error message of the device, and no configuration",
        advice: "check the rights of the account, and export again")
    }
    let name = root.children.first { _ in true }?.name
    return .almost(
      reason: "this reply of the device holds no `configuration`"
        + (name.map { " but `\($0)`" } ?? ""),
      advice: "export with: show configuration | display xml | no-more")
  }

  package func read(_ documents: [ExportDocument]) throws(ImportError) -> ImportedExport {
    guard documents.count == 1, let document = documents.first,
      let node = Self.configuration(document)
    else {
      throw ImportError(
        .mixed, file: documents.last?.file ?? "",
        reason: "a Junos configuration is one file, and \(documents.count) were given",
        advice: "give one file for each device")
    }
    let system = node.child("system")
    return ImportedExport(
      deviceName: system?.childText("host-name"),
      takenAt: Self.commitTime(document), policies: JunosReader(configuration: node).policies())
  }

  /// When the configuration was committed, where the export says it.
  private static func commitTime(_ document: ExportDocument) -> String? {
    let root = document.xml
    let element = root?.name == "configuration" ? root : root?.child("configuration")
    return (element?.attribute("commit-seconds") ?? element?.attribute("changed-seconds"))
      .flatMap { Int($0) }.flatMap { Timestamp.iso(secondsSince1970: $0) }
  }
}
