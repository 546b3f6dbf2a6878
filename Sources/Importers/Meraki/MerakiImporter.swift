// Cisco Meraki MX (and Z): answers of the Dashboard API.
//
// Answers read: appliance/firewall l3FirewallRules, l7FirewallRules, cellularFirewallRules,
// inboundFirewallRules; appliance/contentFiltering; groupPolicies; appliance/vlans and singleLan;
// organizations policyObjects and policyObjects/groups; appliance/vpn vpnFirewallRules and
// siteToSiteVpn; networks/N. Sources: developer.cisco.com/meraki/api-v1 for the shapes;
// documentation.meraki.com for what they mean (named beside the code).
//
// Order: layer 3 rules, then layer 7 rules; content filtering works on its own, and what one of them
// denies is denied. "Unless traffic is explicitly blocked by at least one rule, it will be allowed
// through by a default allow all rule" (Layer 3 and 7 Firewall Processing Order).
// Rules of a wireless network (SSID) are judged where no rules of an appliance are there.
// Not modelled: switches, threat protection, traffic shaping, organisation-wide
// group policies, VPN exclusions (a condition where a full tunnel is set).

import ImportKit

package struct MerakiImporter: ExportImporter {
  package init() {}

  package let format = ImportFormat(
    id: "meraki", product: "Cisco Meraki MX",
    versions: "Dashboard API v1 (v0 names of L7 types too)",
    howToExport: [
      "GET /networks/N/appliance/firewall/l3FirewallRules, saved as l3FirewallRules.json",
      "GET /networks/N/appliance/firewall/l7FirewallRules",
      "GET /networks/N/appliance/contentFiltering",
      "GET /networks/N/groupPolicies",
      "GET /networks/N/appliance/vlans (or …/appliance/singleLan)",
      "GET /organizations/O/policyObjects and /organizations/O/policyObjects/groups",
      "GET /networks/N/appliance/vpn/siteToSiteVpn, and for a full tunnel "
        + "/organizations/O/appliance/vpn/vpnFirewallRules, saved as vpnFirewallRules.json",
    ],
    pieces: "any number of answers about one network, each in a file or all in one object with the "
      + "request's last word as name; outbound, cellular, inbound and site-to-site rules look alike, "
      + "so the word in the object or the file name tells them apart", importerVersion: 2)

  package let fileNamesMatter = true

  package func recognise(_ document: ExportDocument) -> Recognition {
    guard let tree = document.json else { return .no }
    var documents = MerakiDocuments()
    for top in tree.tops { documents.collect(top, file: 0, name: "") }
    if documents.isRecognised { return .yes }
    guard let failure = documents.failure else { return .no }
    return .almost(
      reason: "the Dashboard answered with an error: \(failure)",
      advice: "check the network id and the rights of the API key, and ask again")
  }

  package func read(_ documents: [ExportDocument]) throws(ImportError) -> ImportedExport {
    var collected = MerakiDocuments()
    for (number, document) in documents.enumerated() {
      for top in document.json?.tops ?? [] {
        collected.collect(top, file: number, name: document.file)
      }
    }
    for (kind, lists) in collected.rules where lists.count > 1 && kind != .wireless {
      let names = lists.map { documents[$0.file].file }
      throw ImportError(
        .mixed, file: names[1], position: lists[1].value.pointer,
        reason: "\(names[0]) holds \(kind.words) already, and nothing says that these are others",
        advice: "give the files of one network, named after the request: l3FirewallRules.json, "
          + "cellularFirewallRules.json, inboundFirewallRules.json, vpnFirewallRules.json")
    }
    guard collected.holdsPolicy else {
      throw ImportError(
        .incomplete, file: documents.first?.file ?? "",
        reason: "\(collected.words) without the rules of the appliance: they hold no policy",
        advice: "give GET /networks/N/appliance/firewall/l3FirewallRules too")
    }
    let policies = MerakiPolicyBuilder(documents: collected).build()
    return ImportedExport(deviceName: collected.networkName, policies: policies)
  }
}
