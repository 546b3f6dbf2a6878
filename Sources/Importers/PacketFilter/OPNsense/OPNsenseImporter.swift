// OPNsense: config.xml, as System > Configuration > Backups downloads it.
//
// Versions met in real exports: schema 11.2 (2015) to the development tree of 26.x. The format is
// documented by the product's own source: library/OPNsense/Firewall/{Rule,FilterRule}.php and
// inc/filter.inc write pf rules from it, models/OPNsense/Firewall/*.xml define the newer stores.
//
// Rules stand in two stores at once: `filter/rule` as in pfSense, and `OPNsense/Firewall/Filter`.
// What pfSense has in common is in ../PacketFilter. Proxy, DNS block lists, intrusion prevention and
// captive portals are conditions.

import ImportKit

package struct OPNsenseImporter: ExportImporter {
  package init() {}

  package let format = ImportFormat(
    id: "opnsense", product: "OPNsense", versions: "schema 11.2 to 26.x",
    howToExport: [
      "System > Configuration > Backups > Download configuration, without encryption",
      "or copy /conf/config.xml from the firewall",
    ], pieces: "one file", importerVersion: 2)

  package let xmlRoots: Set<String> = ["opnsense"]

  package let prunedXMLNames: Set<String> = [
    "rrddata", "sshdata", "cert", "ca", "crl", "password", "prv", "otp_seed", "apikeys",
    "pre-shared-key", "preSharedKey", "psk", "privkey", "shared_key", "sharedkey", "tls",
    "static_keys", "rocommunity", "radius_secret", "ldap_bindpw", "authorizedkeys", "user",
    "authserver", "dhcpd", "dhcpdv6", "snmpd", "netsnmp", "rrd", "widgets", "cron", "sysctl",
    "monit", "AcmeClient", "Nut",
    "secret", "apikey", "api_key", "bindpw", "passwordenc",
  ]

  package func recognise(_ document: ExportDocument) -> Recognition {
    document.xml?.name == "opnsense" ? .yes : .no
  }

  package func read(_ documents: [ExportDocument]) throws(ImportError) -> ImportedExport {
    guard documents.count == 1, let document = documents.first, let root = document.xml else {
      throw ImportError(
        .mixed, file: documents.last?.file ?? "",
        reason: "an OPNsense configuration is one file, and \(documents.count) were given",
        advice: "give one file for each firewall")
    }
    guard
      root.child("filter") != nil || root.child("interfaces") != nil
        || root.descend("OPNsense", "Firewall") != nil
    else {
      throw ImportError(
        .incomplete, file: document.file, position: "\(root.line)",
        reason: "the configuration has neither `filter` nor `interfaces` nor `OPNsense/Firewall`",
        advice: "download the whole configuration")
    }
    let system = root.child("system")
    let names = [system?.word("hostname"), system?.word("domain")].compactMap { $0 }
    return ImportedExport(
      deviceName: names.first.flatMap { $0.isEmpty ? nil : names.joined(separator: ".") },
      takenAt: root.descend("revision", "time").flatMap { Double($0.text) }
        .flatMap { $0 >= 0 && $0 < 1e12 ? Timestamp.iso(secondsSince1970: Int($0)) : nil },
      policies: [OPNsenseReader(root: root).read()])
  }
}
