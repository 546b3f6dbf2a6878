// Acme Edge, an invented cloud firewall: the worked example of CONTRIBUTING.md.
//
// Format: one JSON object with the member `acme` (schema version), `rules` in order, the first match
// wins, and `default` for the rest. Source: invented.

import ImportKit

package struct AcmeImporter: ExportImporter {
  package init() {}

  package let format = ImportFormat(
    id: "acme", product: "Acme Edge", versions: "1",
    howToExport: ["acme edge export > edge.json"], pieces: "one file a device", importerVersion: 1,
    notInExport: "what stands in front of the edge is not in the export")

  package func recognise(_ document: ExportDocument) -> Recognition {
    guard let root = document.json?.root, root["acme"] != nil else { return .no }
    guard root["rules"]?.isArray == true else {
      return .almost(reason: "it has no `rules`", advice: "export the whole edge")
    }
    return .yes
  }

  package func read(_ documents: [ExportDocument]) throws(ImportError) -> ImportedExport {
    guard documents.count == 1, let root = documents[0].json?.root else {
      throw ImportError(
        .mixed, file: documents.last?.file ?? "-", reason: "an edge has one file",
        advice: "give the files one at a time")
    }
    return ImportedExport(
      deviceName: root["name"]?.string, policies: [AcmePolicy().build(ExportRecord(root))])
  }
}

/// Turns the export into the neutral model. Every word that is not understood becomes a doubt where
/// it stands: the draft sees to that.
struct AcmePolicy {
  private let draft = PolicyDraft(Policy(scope: "edge", format: "acme"))

  /// Members of a rule that say nothing about which packets it is for.
  private static let irrelevant: IrrelevantMembers = [
    "owner": "who wrote it", "hits": "a counter",
  ]

  func build(_ export: ExportRecord) -> Policy {
    var rules: [Rule] = []
    for record in export.records("rules") { rules += self.rules(record) }
    let table = Table(name: "rules", rules: rules, defaultAction: last(export))
    draft.policy.tables = [table]
    draft.policy.pipelines = [
      Pipeline(traffic: .forwarded, mode: .allOf, stages: [Stage(table: table.name)])
    ]
    draft.policy.proposals = [
      ClientProposal(client: Client(), reason: "the rules name no sources; every client")
    ]
    return draft.finish()
  }

  private func rules(_ record: ExportRecord) -> [Rule] {
    let name = record.text("name") ?? ""
    let what = "rule `\(name)`"
    var clauses: [Clause] = []
    if let hosts = record.value("to") {
      clauses.append(.destination(EndpointList(hosts.elements.map { host($0, what, record) })))
    }
    let word = record.text("protocol")
    let ports = record.text("ports")
    if word != nil || ports != nil {
      let service = draft.service(
        protocol: word, destinationPorts: ports, in: what, at: record.position)
      clauses.append(.service(ServiceList([service])))
    }
    // A switch is read by its value; a value that is none stays a doubt.
    let state = record.text("enabled") ?? "true"
    if state != "true", state != "false" {
      let doubt = draft.doubt(.notInForce, "\(what) is `\(state)`", at: record.position)
      clauses.append(.requires(doubt))
    }
    let action = record.text("action") ?? ""
    clauses += draft.unreadClauses(record, of: what, ignoring: Self.irrelevant)
    let rule = Rule(
      name: name, enabled: state != "false", match: Match(clauses),
      action: action == "deny" ? .deny(.drop) : .allow, position: record.position)
    if action == "allow" || action == "deny" { return [rule] }
    return draft.eitherWay(
      rule, because: draft.doubt(.unmodelled, "\(what) has the action `\(action)`"))
  }

  /// `*.example.com` is names below it, as Acme's manual says; anything odd may be what it resembles.
  private func host(_ value: JSONValue, _ what: String, _ record: ExportRecord) -> EndpointTerm {
    let text = value.scalarText ?? ""
    if text == "*" { return .any }
    if let set = AddressSet(parsing: text) { return .addresses(set) }
    if text.utf8.starts(with: "*.".utf8), let name = HostName(String(text.dropFirst(2))) {
      return .host(.subdomains(name), .observed)
    }
    if let name = HostName(text) { return .host(.exact(name), .observed) }
    return draft.oddHost(text, in: what, at: record.position)
  }

  private func last(_ export: ExportRecord) -> DefaultAction {
    let allows = export.text("default") == "allow"
    return DefaultAction(allows ? .allow : .deny, name: "default", position: export.position)
  }
}
