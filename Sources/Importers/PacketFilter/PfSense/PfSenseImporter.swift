// Netgate pfSense: config.xml, as Diagnostics > Backup & Restore downloads it.
//
// Schema versions met in real exports: 2.9, 15.4, 18.2, 18.9, 21.02, 23.09. The format is documented
// by the product's own source (src/etc/inc/filter.inc writes pf rules from it), the order of rules by
// docs.netgate.com, "Firewall Rule Processing Order" and "Floating Rules".
//
// What OPNsense has in common with it is in ../PacketFilter. Not modelled: what packages such as
// squid, pfBlockerNG and snort do (conditions), limiters and policy routing (a gateway changes the
// way out, not the verdict; noted).

import ImportKit

package struct PfSenseImporter: ExportImporter {
  package init() {}

  package let format = ImportFormat(
    id: "pfsense", product: "Netgate pfSense", versions: "config versions 2.9 to 23.x",
    howToExport: [
      "Diagnostics > Backup & Restore > Backup area ALL, without encryption; skipping RRD data is fine",
      "or copy /cf/conf/config.xml from the firewall",
    ], pieces: "one file", importerVersion: 3)

  package let xmlRoots: Set<String> = ["pfsense"]

  package let prunedXMLNames: Set<String> = [
    "rrddata", "sshdata", "cert", "ca", "crl", "bcrypt-hash", "sha512-hash", "md5-hash", "password",
    "prv", "pre-shared-key", "shared_key", "tls", "rocommunity", "ldap_bindpw", "radius_secret",
    "crypto_password", "crypto_password2", "passwordagain", "authorizedkeys", "user", "authserver",
    "ipsec", "openvpn", "dhcpd", "dhcpdv6", "snmpd", "rrd", "widgets", "cron", "sysctl",
    "wizardtemppassword",
  ]

  package func recognise(_ document: ExportDocument) -> Recognition {
    guard let root = document.xml else { return .no }
    if root.name == "pfsense" { return .yes }
    // A backup of a single area has that area's element as its root.
    if ["filter", "aliases", "nat", "interfaces"].contains(root.name),
      root.child("rule") != nil || root.child("alias") != nil || root.child("lan") != nil
    {
      return .almost(
        reason: "this looks like the backup of one area (`\(root.name)`) only",
        advice: "make the backup again with the area ALL")
    }
    return .no
  }

  package func read(_ documents: [ExportDocument]) throws(ImportError) -> ImportedExport {
    guard documents.count == 1, let document = documents.first, let root = document.xml else {
      throw ImportError(
        .mixed, file: documents.last?.file ?? "",
        reason: "a pfSense configuration is one file, and \(documents.count) were given",
        advice: "give one file for each firewall")
    }
    guard root.child("filter") != nil || root.child("interfaces") != nil else {
      throw ImportError(
        .incomplete, file: document.file, position: "\(root.line)",
        reason: "the configuration has neither `filter` nor `interfaces`",
        advice: "make the backup again with the area ALL")
    }
    let policy = PfSenseReader(root: root).read()
    let system = root.child("system")
    let names = [system?.word("hostname"), system?.word("domain")].compactMap { $0 }
    return ImportedExport(
      deviceName: names.first.flatMap { $0.isEmpty ? nil : names.joined(separator: ".") },
      takenAt: root.descend("revision", "time").flatMap { Int($0.text) }
        .flatMap { Timestamp.iso(secondsSince1970: $0) }, policies: [policy])
  }
}
