import ImportKit

/// Rules of the HTTPS inspection layers.
extension CheckPointRules {
  mutating func inspectionRules(of layer: CheckPointLayer) -> [Rule] {
    var result: [Rule] = []
    for element in layer.elements {
      switch element {
      case .gap(let first, let last, let position):
        let range = Self.range(first, last)
        let doubt = draft.doubt(
          .missingPart, "HTTPS inspection layer `\(layer.name)`: \(range) not in the export",
          at: position)
        result += either(
          Rule(
            name: "(\(range))", match: Match(), action: .inspect, origin: .implied,
            position: position), because: doubt)
      case .rule(let item): result += inspectionRules(item)
      }
    }
    return result
  }

  /// A rule may inspect, bypass or not match at all.
  private func either(_ rule: Rule, because doubt: Condition) -> [Rule] {
    // The two must not hang on the same words, or the second could never decide.
    [
      (Action.inspect, doubt),
      (.bypass, draft.doubt(doubt.kind, "\(doubt.detail) (may bypass)", at: rule.position)),
    ].map { action, doubt in
      var rule = rule
      rule.action = action
      rule.match.clauses.append(.requires(doubt))
      return rule
    }
  }

  private mutating func inspectionRules(_ item: Item) -> [Rule] {
    let record = item.record
    var rule = Rule(
      name: Self.name(of: item), vendorID: item.uid, match: Match(), action: .inspect,
      comment: record.text("comments") ?? "", origin: .implied, position: item.position)
    var clauses = sideClauses(item, record)
    let word = actionWord(item, record)
    for name in ["service", "site-category"] {
      let cell = objects.serviceCell(record.value(name), file: item.file, at: item.position)
      guard let negated = isNegated(record, "\(name)-negate") else {
        clauses.append(notReadable("`\(name)-negate`", item))
        continue
      }
      // What is inspected is https.
      let sites = cell.sites[.https] ?? []
      if negated {
        if cell.isAny { clauses.append(.never("every \(name), negated")) }
        if !cell.services.isEmpty {
          clauses.append(.service(ServiceList(cell.services, negated: true)))
        }
        if !sites.isEmpty { clauses.append(.destination(EndpointList(sites, negated: true))) }
        clauses += cell.doubts.map { .requires($0) }
      } else if !cell.isAny {
        if !cell.services.isEmpty { clauses.append(.service(ServiceList(cell.services))) }
        let terms =
          sites
          + cell.applications.map {
            .condition(draft.doubt(.application, "only what is recognised as \($0)"))
          } + cell.doubts.map { .condition($0) }
        if !terms.isEmpty { clauses.append(.destination(EndpointList(terms))) }
      }
    }
    _ = record.value("blade")
    clauses += conditionClauses(item, record)
    clauses += enabled(item, record, &rule)
    clauses += draft.unreadClauses(
      record, of: "HTTPS rule `\(rule.name)`", ignoring: Self.irrelevant)
    rule.match = Match(clauses)
    switch word {
    case "bypass": rule.action = .bypass
    case "inspect": rule.action = .inspect
    default:
      return either(
        rule,
        because: draft.doubt(
          .unmodelled, "HTTPS rule `\(rule.name)` has the action `\(word)`", at: item.position))
    }
    return [rule]
  }
}
