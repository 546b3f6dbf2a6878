import ImportKit

/// Port forwards on inside interfaces that catch the clients' own connections: where they send the
/// flow is not where the requirement wants it.
extension PFRuleTranslator {
  /// Members of port forwards that do not say which packets are caught.
  private static let irrelevant = PFRule.irrelevant.union(
    IrrelevantMembers([
      (
        "says where the packets are sent; that they are is the condition",
        [
          "target", "target_subnet", "local-port", "poolopts", "source_hash_key", "localport",
        ]
      ),
      (
        "adds rules for packets from inside to the firewall's own addresses",
        [
          "natreflection", "enablenatreflectionhelper", "staticnatport",
        ]
      ),
      ("lets what is sent on pass without a filter rule", ["pass"]),
    ]))

  /// Translation rules are first match, so a rule that forbids translation (`nordr`) keeps its flows
  /// from those after it (pf.conf(5), "TRANSLATION").
  mutating func redirects() -> Table {
    var rules: [Rule] = []
    for element in root.all("nat", "rule") {
      let disabled = product.read(element.child("disabled"))
      guard disabled != .on else { continue }
      let record = ExportRecord(element)
      _ = (record.child("disabled"), record.child("nordr"))
      let keeps = product.read(element.child("nordr"))
      let interface = element.word("interface") ?? ""
      guard var clauses = entering(interface) else { continue }
      let rule = PFRule(
        legacy: record, product: product, draft: draft, ignoring: Self.irrelevant)
      switch addressing(rule) {
      case .clauses(let more): clauses += more
      case .notLoaded: continue
      }
      if let family = rule.family { clauses.append(.family(family)) }
      clauses += rule.conditions.map { .requires($0) }
      let position = SourcePosition(line: element.line)
      func make(_ condition: Condition?, _ action: Action) -> Rule {
        Rule(
          name: rule.name, match: Match(clauses + (condition.map { [.requires($0)] } ?? [])),
          action: action, origin: .implied, position: position)
      }
      // A switch that is not understood leaves both open, and what the port forward does is a
      // condition already.
      if keeps == .on, disabled == .off {
        rules.append(make(nil, .allow))
        continue
      }
      let target = element.value("target") ?? "another host"
      rules.append(
        make(
          draft.doubt(
            .unmodelled,
            "port forward on `\(interface)` to \(target): what answers there decides",
            at: position), .deny(.drop)))
    }
    return Table(
      name: "port forwards", rules: rules,
      defaultAction: DefaultAction(.allow, name: "not redirected"))
  }

  /// Clauses for the inside interfaces of a port forward; nil where it has none. Without an interface
  /// it is for all of them in OPNsense, for `wan` in pfSense.
  private func entering(_ list: String) -> [Clause]? {
    let names = PFText.words(list)
    if names.isEmpty { return product.dialect == .opnSense ? [] : nil }
    let inside = names.filter { !interfaces.leadsToInternet($0) }
    guard inside.allSatisfy(interfaces.isKnown) else { return [] }
    let members = inside.flatMap { interfaces.members($0) }
    return members.isEmpty ? nil : [.from(ZoneList(members))]
  }
}
