// nftables: the ruleset as `nft -j list ruleset` prints it.
//
// Versions met in real dumps: nft 0.9 to 1.1 (json_schema_version 1). Format: libnftables-json(5).
// Semantics: nft(8). Chains of one hook run in ascending priority, of all families that take the
// packet; `accept` ends the current base chain only, `drop` is final; the policy decides at the end
// of a base chain. Every packet of a connection is judged, the answers to the machine's own traffic
// by input; marks and tracking are followed from the rule that sets them to the rule that asks
// (NFCompiler).
// Not modelled: sockets, load balancing and other state outside the ruleset (conditions);
// flowtables change no verdict.

import ImportKit

package struct NFTablesImporter: ExportImporter {
  package init() {}

  package let format = ImportFormat(
    id: "nftables", product: "Linux nftables", versions: "nft 0.9 to 1.1, JSON schema 1",
    howToExport: ["nft -j list ruleset > ruleset.json (as root)"], pieces: "one file",
    importerVersion: 3,
    notInExport:
      "whether the machine routes at all (sysctl net.ipv4.ip_forward and "
      + "net.ipv6.conf.all.forwarding), and programs attached outside of nftables (tc, XDP), are not "
      + "in the dump")

  package func recognise(_ document: ExportDocument) -> Recognition {
    guard let tree = document.json, let list = tree.root["nftables"], list.isArray else {
      return .no
    }
    let kinds = Set(list.elements.prefix(200).flatMap { $0.members.map(\.key) })
    if !kinds.isDisjoint(with: ["chain", "table", "metainfo", "rule"]) { return .yes }
    return .almost(
      reason: "`nftables` holds neither tables nor chains",
      advice: "export with: nft -j list ruleset")
  }

  package func read(_ documents: [ExportDocument]) throws(ImportError) -> ImportedExport {
    guard documents.count == 1, let document = documents.first, let root = document.json?.root,
      let list = root["nftables"]
    else {
      throw ImportError(
        .mixed, file: documents.last?.file ?? "",
        reason: "an nftables ruleset is one file, and \(documents.count) were given",
        advice: "give one file for each machine")
    }
    let draft = PolicyDraft(Policy(scope: "ruleset", format: "nftables"))
    let ruleset = NFTRuleset(list, draft: draft)
    draft.policy.productVersion = ruleset.version
    var builder = NFTPolicyBuilder(ruleset, draft: draft)
    return ImportedExport(policies: [builder.build()])
  }
}
