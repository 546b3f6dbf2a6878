import ImportKit

/// Port forwards on inside interfaces that catch the clients' own connections: where they send the
/// flow is not where the requirement wants it.
extension PFRuleTranslator {
  mutating func redirects() -> Table {
    var rules: [Rule] = []
    for element in root.all("nat", "rule")
    where !dialect.isOn(element.child("disabled")) && element.child("nordr") == nil {
      let interface = element.childText("interface") ?? ""
      let names = interface.split(separator: ",").map(String.init)
        .filter { !interfaces.leadsToInternet($0) }
      let members = names.flatMap { interfaces.members($0) }
      guard !members.isEmpty else { continue }
      let rule = PFRule(legacy: element, dialect: dialect)
      guard case .clauses(var clauses) = addressing(rule) else { continue }
      if let family = rule.family { clauses.append(.family(family)) }
      clauses.append(.from(ZoneList(members)))
      clauses.append(
        .requires(
          Condition(
            .unmodelled,
            "port forward on `\(interface)` to \(element.value("target") ?? "another host"): what "
              + "answers there decides")))
      rules.append(
        Rule(
          name: rule.name, match: Match(clauses), action: .deny(.drop), origin: .implied,
          position: SourcePosition(line: element.line)))
    }
    return Table(
      name: "port forwards", rules: rules,
      defaultAction: DefaultAction(.allow, name: "not redirected"))
  }
}
