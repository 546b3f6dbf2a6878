import ImportKit

/// Rules of the prefilter policy.
extension FMCRules {
  /// FASTPATH passes everything else by, ANALYZE goes on to access control. Source:
  /// docs.defenseorchestrator.com, "Prefilter rule components".
  mutating func prefilterRules(_ item: Item) -> [Rule] {
    let record = item.record
    var rule = Rule(
      name: item.name, vendorID: item.id, match: Match(), action: .allow, position: item.position)
    guard let word = actionWord(record) else {
      return draft.eitherWay(
        rule,
        because: draft.doubt(
          .unresolved, "the action of prefilter rule `\(item.name)` is not in the export",
          at: item.position))
    }
    var clauses = zoneClauses(item, record, "sourceInterfaces", "destinationInterfaces")
    clauses += networkClauses(item, record)
    clauses += portClauses(item, record)
    for (name, kind, words) in [
      ("vlanTags", Condition.Kind.interfaceBinding, "only for VLAN"),
      ("timeRangeObjects", .schedule, "time range"),
    ] {
      guard let cell = cell(item, record, name, &clauses), !cell.isEmpty else { continue }
      let shown = (cell.objects + cell.literals).map(\.name).joined(separator: ", ")
      clauses.append(.requires(draft.doubt(kind, "\(words) \(shown)")))
    }
    clauses += enabled(item, record, isRequired: true, &rule)
    switch record.text("ruleType")?.uppercased() {
    case "TUNNEL":
      _ = (record.value("encapsulationPorts"), record.value("tunnelZone"))
      clauses.append(.never("a tunnel rule is for encapsulated traffic"))
    case "PREFILTER": break
    case nil where !record.has("ruleType") && item.type == "prefilterrule": break
    default:
      clauses.append(
        .requires(
          draft.doubt(
            .unmodelled, "prefilter rule `\(item.name)` is of an unknown type", at: item.position)))
    }
    // Only tunnels are matched in both directions.
    _ = record.text("bidirectional")
    clauses += draft.unreadClauses(
      record, of: "prefilter rule `\(item.name)`", ignoring: Self.irrelevant)
    rule.match = Match(clauses)
    switch word {
    case "FASTPATH": rule.action = .allow
    case "ANALYZE": rule.action = .return
    case "BLOCK": rule.action = .deny(.drop)
    default:
      return draft.eitherWay(
        rule,
        because: draft.doubt(
          .unmodelled, "prefilter rule `\(item.name)` has the action `\(word)`", at: item.position))
    }
    return [rule]
  }
}
