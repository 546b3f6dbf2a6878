import ImportKit

/// Puts the one policy of a configuration together.
struct PFPolicyBuilder {
  let root: XMLElement
  let interfaces: PFInterfaces
  let aliases: PFAliases
  /// The rules in the order in which the product loads them.
  let rules: [PFRule]
  let addOns: PFAddOns

  private var draft: PolicyDraft { aliases.draft }
  private var product: PFProduct { aliases.product }

  func policy() -> Policy {
    var translator = PFRuleTranslator(root: root, interfaces: interfaces, aliases: aliases)
    var tables: [Table] = []
    var stages: [Stage] = []
    for table in [addOns.table, translator.redirects()] where !table.rules.isEmpty {
      tables.append(table)
      stages.append(Stage(table: table.name, isAuxiliary: true))
    }
    if let off = root.descend("system", "disablefilter") {
      let position = SourcePosition(line: off.line)
      draft.note(
        .completeness,
        "packet filtering is switched off: everything passes, and nothing is "
          + "translated", at: position)
      tables.append(
        Table(
          name: "in", rules: [],
          defaultAction: DefaultAction(.allow, name: "packet filter disabled", position: position)))
      stages.append(Stage(table: "in"))
    } else {
      let filter = translator.filter(rules)
      tables += filter.tables
      stages += filter.stages
    }
    let inspection = addOns.inspectionTable
    runTimeNotes()
    var policy = draft.finish()
    policy.tables = tables + (inspection.map { [$0] } ?? [])
    policy.pipelines = [
      Pipeline(
        traffic: .forwarded, mode: .allOf, stages: stages, inspection: inspection?.name)
    ]
    policy.zones = interfaces.zones
    policy.proposals = interfaces.proposals
    return policy
  }

  /// What no configuration of these products holds, and settings that make the way out doubtful.
  private func runTimeNotes() {
    let menu =
      product.dialect == .pfSense ? "Diagnostics > Tables" : "Firewall > Diagnostics > Aliases"
    draft.note(
      .completeness,
      "the export does not contain what the firewall loads at run time: addresses of names in "
        + "aliases, contents of URL tables and block lists; see \(menu), and `pfctl -sr` for the "
        + "rules in force")
    if let mode = root.descend("nat", "outbound", "mode"), mode.text == "disabled" {
      draft.note(
        .advisory,
        "outgoing translation is switched off: private addresses reach the Internet only where "
          + "another device translates them", at: SourcePosition(line: mode.line))
    }
  }
}
