import ImportKit

/// Puts the one policy of a configuration together.
struct PFPolicyBuilder {
  let root: XMLElement
  let dialect: PFDialect
  let interfaces: PFInterfaces
  let aliases: PFAliases
  /// The rules in the order in which the product loads them.
  let rules: [PFRule]
  let addOns: PFAddOns

  func policy(format: String) -> Policy {
    var policy = Policy(
      scope: "pf", format: format, productVersion: root.childText("version") ?? "")
    var translator = PFRuleTranslator(
      root: root, dialect: dialect, interfaces: interfaces, aliases: aliases)
    var tables: [Table] = []
    var stages: [Stage] = []
    for table in [addOns.table, translator.redirects()] where !table.rules.isEmpty {
      tables.append(table)
      stages.append(Stage(table: table.name, isAuxiliary: true))
    }
    var ownNotes = addOns.notes
    if let off = root.descend("system", "disablefilter") {
      ownNotes.append(
        Note(
          .completeness,
          "packet filtering is switched off: everything passes, and nothing is "
            + "translated", at: SourcePosition(line: off.line)))
      tables.append(
        Table(
          name: "in", rules: [],
          defaultAction: DefaultAction(
            .allow, name: "packet filter disabled", position: SourcePosition(line: off.line))))
      stages.append(Stage(table: "in"))
    } else {
      let (entering, leaving) = translator.tables(rules)
      tables += [entering, leaving]
      stages += [Stage(table: entering.name), Stage(table: leaving.name, isAuxiliary: true)]
    }
    let inspection = addOns.inspectionTable
    policy.tables = tables + (inspection.map { [$0] } ?? [])
    policy.pipelines = [
      Pipeline(
        traffic: .forwarded, mode: .allOf, stages: stages, inspection: inspection?.name)
    ]
    policy.zones = interfaces.zones
    policy.proposals = interfaces.proposals
    policy.endpointObjects = translator.aliases.table.endpoints
    policy.serviceObjects = translator.aliases.table.services
    policy.notes = ownNotes + translator.notes + translator.aliases.notes + interfaces.notes
    policy.notes += runTimeNotes()
    return policy
  }

  /// What no configuration of these products holds, and settings that make the way out doubtful.
  private func runTimeNotes() -> [Note] {
    let menu =
      dialect == .pfSense ? "Diagnostics > Tables" : "Firewall > Diagnostics > Aliases"
    var notes = [
      Note(
        .completeness,
        "the export does not contain what the firewall loads at run time: addresses of names in "
          + "aliases, contents of URL tables and block lists; see \(menu), and `pfctl -sr` for the "
          + "rules in force")
    ]
    if let mode = root.descend("nat", "outbound", "mode"), mode.text == "disabled" {
      notes.append(
        Note(
          .advisory,
          "outgoing translation is switched off: private addresses reach the Internet only where "
            + "another device translates them", at: SourcePosition(line: mode.line)))
    }
    return notes
  }
}
