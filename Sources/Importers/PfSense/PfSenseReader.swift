import ImportKit
import NetworkSets
import PolicyModel
import XMLTree

/// Builds the one policy of a pfSense configuration.
struct PfSenseReader {
  let root: XMLElement
  let interfaces: PfSenseInterfaces
  var aliases: PfSenseAliases
  var notes: [Note] = []

  init(root: XMLElement) {
    self.root = root
    interfaces = PfSenseInterfaces(root)
    aliases = PfSenseAliases(root.child("aliases"))
  }

  mutating func read() -> Policy {
    var policy = Policy(
      scope: "pf", format: "pfsense", productVersion: root.childText("version") ?? "")
    var tables: [Table] = []
    var stages: [Stage] = []
    let packages = PfSensePackages(root)
    let layers = packages.table()
    if !layers.rules.isEmpty {
      tables.append(layers)
      stages.append(Stage(table: layers.name, isAuxiliary: true))
    }
    let redirects = redirectTable()
    if !redirects.rules.isEmpty {
      tables.append(redirects)
      stages.append(Stage(table: redirects.name, isAuxiliary: true))
    }
    if let off = root.descend("system", "disablefilter") {
      notes.append(
        Note(
          .completeness, "packet filtering is switched off: everything passes, and nothing is "
            + "translated", at: SourcePosition(line: off.line)))
      tables.append(
        Table(
          name: "in", rules: [],
          defaultAction: DefaultAction(
            .allow, name: "packet filter disabled", position: SourcePosition(line: off.line))))
      stages.append(Stage(table: "in"))
    } else {
      var rules = PfSenseRules(root: root, interfaces: interfaces, aliases: aliases)
      let (entering, leaving) = rules.tables()
      aliases = rules.aliases
      notes += rules.notes
      tables += [entering, leaving]
      stages += [Stage(table: entering.name), Stage(table: leaving.name, isAuxiliary: true)]
    }
    policy.tables = tables
    policy.pipelines = [Pipeline(traffic: .forwarded, mode: .allOf, stages: stages)]
    policy.zones = interfaces.zones
    policy.proposals = interfaces.proposals
    policy.endpointObjects = aliases.table.endpoints
    policy.serviceObjects = aliases.table.services
    policy.notes = notes + aliases.notes + packages.notes + interfaces.notes
    return policy
  }

  /// Port forwards on inside interfaces that catch the clients' own connections: where they send
  /// the flow is not where the requirement wants it.
  private mutating func redirectTable() -> Table {
    var rules: [Rule] = []
    var matcher = PfSenseRules(root: root, interfaces: interfaces, aliases: aliases)
    for element in root.child("nat")?.children("rule").map({ $0 }) ?? []
    where element.child("disabled") == nil && element.child("nordr") == nil {
      let interface = element.childText("interface") ?? ""
      guard !interfaces.leadsToInternet(interface) else { continue }
      guard case .clauses(var clauses) = matcher.addressing(element) else { continue }
      clauses.append(.from(ZoneList([interface])))
      clauses.append(
        .requires(
          Condition(
            .unmodelled,
            "port forward on `\(interface)` to \(element.childText("target") ?? "another host"): what "
              + "answers there decides")))
      rules.append(
        Rule(
          name: element.childText("descr") ?? "", match: Match(clauses), action: .deny(.drop),
          origin: .implied, position: SourcePosition(line: element.line)))
    }
    aliases = matcher.aliases
    return Table(
      name: "port forwards", rules: rules, defaultAction: DefaultAction(.allow, name: "not redirected"))
  }
}
