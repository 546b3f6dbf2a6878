// Fortinet FortiGate: configuration text (a backup, or what `show` prints), answers of the REST API
// (`/api/v2/cmdb/…`: one, an array of them for several VDOMs, bare results), and FortiManager's
// JSON-RPC answers, in words or numbers.
//
// Versions met in real exports: FortiOS 6.2, 6.4, 7.0; FortiManager 6 and 7. Tables and settings:
// docs.fortinet.com, FortiOS CLI Reference. Policies are matched in the order in which they stand
// (never by their number) and what matches none is denied by the implicit policy 0.
// Not modelled: local-in policies (traffic to the FortiGate itself), IPS and antivirus (noted), proxy
// policies, categories, applications and the contents of FortiGuard lists (conditions).

import ImportKit

package struct FortiGateImporter: ExportImporter {
  package init() {}

  package let format = ImportFormat(
    id: "fortigate", product: "Fortinet FortiGate",
    versions: "FortiOS 5.4 to 7.x, FortiManager 6 and 7",
    howToExport: [
      "System > Settings > Configuration > Backup (FortiOS format, without password), all VDOMs",
      "or the answers of GET /api/v2/cmdb/firewall/policy?vdom=* and of firewall/address, "
        + "firewall/addrgrp, firewall.service/custom, firewall.service/group, system/interface, "
        + "webfilter/profile, webfilter/urlfilter, firewall/ssl-ssh-profile",
      "or FortiManager JSON-RPC `get` with verbose 1 on /pm/config/adom/A/pkg/P/firewall/policy and "
        + "/pm/config/adom/A/obj/firewall/address and the other tables of objects",
    ],
    pieces: "one backup; or any number of API answers of one device, or of one administrative "
      + "domain", importerVersion: 3,
    notInExport:
      "what the firewall loads at run time is not in the export: FortiGuard categories of hosts, "
      + "contents of external feeds, addresses of FQDN objects (`diagnose firewall fqdn list`)")

  package func recognise(_ document: ExportDocument) -> Recognition {
    if let tree = document.json {
      var tables = FortiTables()
      for top in tree.tops { tables.collect(top) }
      return recognition(of: tables)
    }
    guard let text = document.text else { return .no }
    let head = String(decoding: text.prefix(200_000), as: UTF8.self)
    if head.hasPrefix("#FGBK|") {
      return .almost(
        reason: "the backup is encrypted with a password",
        advice: "make the backup again without a password")
    }
    guard head.contains("config ") else {
      guard head.hasPrefix("#config-version=") else { return .no }
      return .almost(
        reason: "this is a backup in YAML", advice: "make the backup again in FortiOS format")
    }
    if head.hasPrefix("#config-version=") { return .yes }
    // Without its head, `config …` could be many products'.
    let marks = ["\nconfig firewall ", "\nconfig system ", "\nconfig vdom"]
    guard head.contains("\n    edit ") || head.contains("\nedit ") else { return .no }
    return marks.contains { ("\n" + head).contains($0) } ? .yes : .no
  }

  private func recognition(of tables: FortiTables) -> Recognition {
    if !tables.isEmpty { return .yes }
    for finding in tables.findings {
      switch finding {
      case .monitor:
        return .almost(
          reason: "these are monitor counters of policies, not their configuration",
          advice: "use /api/v2/cmdb/firewall/policy instead of /api/v2/monitor/firewall/policy")
      case .failure(let reason):
        return .almost(
          reason: reason, advice: "check the rights of the API user and the address that was asked")
      case .tables, .nothing: continue
      }
    }
    return .no
  }

  package func read(_ documents: [ExportDocument]) throws(ImportError) -> ImportedExport {
    var tables = FortiTables()
    for (number, document) in documents.enumerated() {
      tables.file = number
      if let tree = document.json {
        for top in tree.tops { tables.collect(top) }
      } else if let text = document.text {
        do throws(FortiText.Failure) {
          tables.collect(try FortiText(text, keeping: FortiTables.known))
        } catch {
          throw ImportError(
            error.isTooDeep ? .tooLarge : .malformed, file: document.file,
            position: "\(error.line)", reason: error.reason,
            advice: "export the configuration again and compare its size")
        }
      }
    }
    guard tables.holdsPolicy else {
      throw ImportError(
        .incomplete, file: documents.first?.file ?? "",
        reason: "the export holds objects, but no firewall policy",
        advice: "give the policies too: GET /api/v2/cmdb/firewall/policy?vdom=*, or a whole backup")
    }
    let hostName = tables.table("system global", in: nil).lazy.compactMap { $0.word("hostname") }
      .first
    let policies = FortiPolicyBuilder.scopes(of: tables).map { scope in
      var builder = FortiPolicyBuilder(tables: tables, scope: scope)
      return builder.build()
    }
    return ImportedExport(deviceName: hostName, policies: policies)
  }
}
