// firewalld: the folder /etc/firewalld, with /usr/lib/firewalld where it comes along; zones,
// policies, services, ipsets, direct rules and firewalld.conf. Single files are read as far as they
// go, and what is missing is named.
//
// Releases met: 0.6 to 2.3. Formats: firewalld.zone(5), firewalld.policy(5), firewalld.service(5),
// firewalld.ipset(5), firewalld.direct(5), firewalld.conf(5). The order in which things act is
// described at FWDPolicyBuilder.
// Names of things are names of files; local files replace vendor files of the same name; what no
// file says is as every installation has it (FWDBuiltIns).
// Not modelled: bindings that NetworkManager makes at run time (noted), runtime changes, passthrough
// commands (conditions), rules for bridges.

import ImportKit

package struct FirewalldImporter: ExportImporter {
  package init() {}

  package let format = ImportFormat(
    id: "firewalld", product: "firewalld", versions: "0.6 to 2.3",
    howToExport: [
      "tar cf firewalld.tar -C / etc/firewalld usr/lib/firewalld, unpacked into a folder",
      "firewall-cmd --runtime-to-permanent first, where changes were made at run time",
    ],
    pieces: "a folder with zones, policies, services, ipsets, direct.xml and firewalld.conf",
    importerVersion: 2)

  package let xmlRoots: Set<String> = [
    "zone", "policy", "service", "ipset", "icmptype", "helper", "direct", "whitelist",
  ]

  /// The elements by which a root of that name is firewalld's and nobody else's.
  private static let children: [String: Set<String>] = [
    "zone": [
      "short", "description", "interface", "source", "service", "port", "protocol", "source-port",
      "icmp-block", "icmp-block-inversion", "masquerade", "forward", "forward-port", "rule",
    ],
    "policy": [
      "short", "description", "ingress-zone", "egress-zone", "disable", "service", "port",
      "protocol",
      "source-port", "icmp-block", "masquerade", "forward-port", "rule",
    ],
    "service": [
      "short", "description", "port", "protocol", "source-port", "module", "destination", "include",
      "helper",
    ],
    "ipset": ["short", "description", "option", "entry"],
    "icmptype": ["short", "description", "destination"],
    "helper": ["short", "description", "port"],
    "direct": ["chain", "rule", "passthrough"],
    "whitelist": ["command", "selinux", "user"],
  ]

  private static let settings: Set<Substring> = [
    "DefaultZone", "CleanupOnExit", "Lockdown", "IPv6_rpfilter", "FirewallBackend", "LogDenied",
    "IndividualCalls", "MinimalMark",
  ]

  package let fileNamesMatter = true

  package func recognise(_ document: ExportDocument) -> Recognition {
    if let root = document.xml {
      guard let expected = Self.children[root.name] else { return .no }
      // An empty zone is a zone; what has mostly other elements is something else.
      let known = root.children.count { expected.contains($0.name) }
      let unknown = root.children.count { !expected.contains($0.name) }
      if unknown == 0 { return .yes }
      let isAtHome = root.attribute("target") != nil || document.file.contains("firewalld")
      return unknown <= max(known, isAtHome ? 1 : 0) ? .yes : .no
    }
    guard let lines = document.lines else { return .no }
    let keys = lines.prefix(500).compactMap { line -> Substring? in
      line.firstIndex(of: "=").map { line[..<$0] }
    }
    return keys.count { Self.settings.contains($0) } >= 2 ? .yes : .no
  }

  package func read(_ documents: [ExportDocument]) throws(ImportError) -> ImportedExport {
    let draft = PolicyDraft(Policy(scope: "firewalld", format: "firewalld"))
    var reader = FWDReader(draft)
    for (number, document) in documents.enumerated() { reader.read(document, file: number) }
    let configuration = reader.configuration
    let hasRules =
      !configuration.zones.isEmpty || !configuration.policies.isEmpty
      || !configuration.direct.isEmpty
    let isWhole = configuration.settings != nil
    guard hasRules || isWhole else {
      throw ImportError(
        .incomplete, file: documents.first?.file ?? "",
        reason: "a service, ipset or other definition of firewalld alone holds no policy",
        advice: "give the whole folder /etc/firewalld")
    }
    if !isWhole {
      draft.note(
        .completeness,
        "firewalld.conf is not in the export, so this may be a part of the configuration only; give "
          + "the whole folder /etc/firewalld")
    }
    var builder = FWDPolicyBuilder(configuration, isWhole: isWhole, draft: draft)
    return ImportedExport(policies: [builder.build(isWhole: isWhole)])
  }
}
