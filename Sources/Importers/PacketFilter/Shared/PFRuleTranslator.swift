import ImportKit

/// Translates rules into the tables of what enters and what leaves.
struct PFRuleTranslator {
  let root: XMLElement
  let dialect: PFDialect
  let interfaces: PFInterfaces
  var aliases: PFAliases
  var notes: [Note] = []
  private let schedules: [String: XMLElement]

  init(root: XMLElement, dialect: PFDialect, interfaces: PFInterfaces, aliases: PFAliases) {
    self.root = root
    self.dialect = dialect
    self.interfaces = interfaces
    self.aliases = aliases
    var schedules: [String: XMLElement] = [:]
    for element in root.all("schedules", "schedule") {
      guard let name = element.childText("name"), schedules[name] == nil else { continue }
      schedules[name] = element
    }
    self.schedules = schedules
  }

  /// The tables for packets that enter and that leave, from rules in the order of the product.
  ///
  /// What enters and meets no rule is denied; what leaves is let out by an automatic rule that is
  /// not quick, so any user rule for the outgoing direction comes before it.
  mutating func tables(_ ordered: [PFRule]) -> (entering: Table, leaving: Table) {
    var entering: [(rule: Rule, isQuick: Bool)] = []
    var leaving: [(rule: Rule, isQuick: Bool)] = []
    var routed: [Rule] = []
    for rule in ordered {
      for translated in translate(rule) {
        if rule.direction != .out {
          entering.append((translated, rule.isQuick))
          routed += doubtAboutWayOut(rule, translated)
        }
        if rule.direction != .in {
          leaving += turnedOutward(translated, family: rule.family).map { ($0, rule.isQuick) }
        }
      }
    }
    let outward = Self.firstMatch(leaving)
    // Which interface a flow leaves by matters only where rules tell the interfaces apart.
    let isTold = outward.contains { rule in
      rule.enabled && rule.match.clauses.contains { if case .to = $0 { true } else { false } }
    }
    return (
      Table(
        name: "in", rules: automaticBlocks() + Self.firstMatch(entering),
        defaultAction: DefaultAction(.deny, name: "default deny rule")),
      Table(
        name: "out", rules: (isTold ? routed : []) + outward,
        defaultAction: DefaultAction(.allow, name: "let out anything from firewall host itself"))
    )
  }

  /// The first-match list that equals pf's "last match wins, unless quick" (pf.conf(5)).
  private static func firstMatch(_ entries: [(rule: Rule, isQuick: Bool)]) -> [Rule] {
    entries.filter(\.isQuick).map(\.rule) + entries.filter { !$0.isQuick }.reversed().map(\.rule)
  }

  // MARK: Automatic rules

  /// Quick rules that the products add in front: no IPv6 unless it is allowed, no private and no
  /// bogon sources where an interface asks for that.
  private func automaticBlocks() -> [Rule] {
    var rules: [Rule] = []
    let system = root.child("system")
    if let system, system.child("ipv6allow") == nil {
      rules.append(
        Rule(
          name: "block all IPv6", match: Match([.family(.ipv6)]), action: .deny(.drop),
          origin: .implied, position: SourcePosition(line: system.line)))
    }
    for interface in interfaces.all where interface.enabled {
      if let element = interface.element.child("blockpriv"), dialect.isOn(element) {
        rules.append(
          Rule(
            name: "block private networks on \(interface.key)",
            match: Match([
              .from(ZoneList([interface.key])),
              .source(EndpointList([.addresses(privateSources)])),
            ]), action: .deny(.drop), origin: .implied,
            position: SourcePosition(line: element.line)))
      }
      if let element = interface.element.child("blockbogons"), dialect.isOn(element) {
        rules.append(
          Rule(
            name: "block bogon networks on \(interface.key)",
            match: Match([
              .from(ZoneList([interface.key])),
              .source(
                EndpointList(
                  [
                    .condition(
                      Condition(.externalList, "bogon networks, updated from the Internet"))
                  ],
                  except: [.addresses(SpecialPurposeAddresses.privateUse)])),
            ]), action: .deny(.drop), origin: .implied,
            position: SourcePosition(line: element.line)))
      }
    }
    return rules
  }

  /// Sources: pfSense filter.inc, "block private networks"; OPNsense filter.lib.inc, `$privtmpl`.
  private var privateSources: AddressSet {
    let shared = ["10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]
    return (shared + (dialect == .opnSense ? ["100.64.0.0/10"] : []))
      .compactMap { AddressSet(parsing: $0) }.reduce(AddressSet()) { $0.union($1) }
  }

  // MARK: Rules

  /// One rule, or two where the type is not known and hence either way is possible.
  private mutating func translate(_ rule: PFRule) -> [Rule] {
    var clauses = interfaceClauses(rule)
    if let family = rule.family { clauses.append(.family(family)) }
    switch addressing(rule) {
    case .clauses(let more): clauses += more
    case .notLoaded(let why): clauses.append(.never(why))
    }
    if let clause = scheduleClause(rule) { clauses.append(clause) }
    clauses += rule.conditions
    noteGateway(rule)
    let actions: [Action]
    switch rule.type {
    case "block": actions = [.deny(.drop)]
    case "reject": actions = [.deny(.reject)]
    case "match": actions = [.continue]
    case "pass", "": actions = [.allow]
    default:
      // "type other than pass, block, reject, match, or missing = pass" (pfSense, filter.inc);
      // OPNsense writes the word into its rules as it is.
      guard dialect == .opnSense else {
        actions = [.allow]
        break
      }
      let text = "rule `\(rule.name)` has the type `\(rule.type)`"
      aliases.note(.unmodelled, text, line: rule.line)
      clauses.append(.requires(Condition(.unmodelled, "\(text), which is not known")))
      actions = [.deny(.drop), .allow]
    }
    return actions.map { action in
      Rule(
        name: rule.name, vendorID: rule.id, enabled: rule.isEnabled, match: Match(clauses),
        action: action, position: SourcePosition(line: rule.line))
    }
  }

  private func interfaceClauses(_ rule: PFRule) -> [Clause] {
    let names = rule.interfaces
    guard !names.isEmpty else {
      if rule.isFloating || dialect == .opnSense { return [] }
      return [.never("the rule names no interface")]
    }
    let bound = names.map { interfaces.members($0) }.filter { !$0.isEmpty }
    guard !bound.isEmpty else {
      let list = names.joined(separator: ", ")
      if rule.isFloating && dialect == .pfSense {
        // filter.inc writes such a rule without an interface; whether every release does is not
        // known.
        return [
          .requires(
            Condition(
              .interfaceBinding,
              "floating rule for \(list), which is missing or not enabled: "
                + "pfSense may load it for every interface"))
        ]
      }
      return [.never("interface \(list) is missing or not enabled")]
    }
    guard rule.interfacesAreNegated else { return [.from(ZoneList(bound.flatMap { $0 }))] }
    // Each interface becomes a rule of its own, "on ! one" and "on ! other": together they hold
    // everywhere but on what is common to all of them. Source: opnsense/core, Rule.php, `reader`.
    let common = bound.dropFirst().reduce(Set(bound[0])) { $0.intersection($1) }
    return common.isEmpty ? [] : [.from(ZoneList(common.sorted(), negated: true))]
  }

  /// "Outside the schedule the rule does not exist" (docs.netgate.com, Time Based Rules); a schedule
  /// that is not defined has no effect (filter.inc of both products).
  private mutating func scheduleClause(_ rule: PFRule) -> Clause? {
    guard let name = rule.schedule else { return nil }
    guard let schedule = schedules[name] else {
      aliases.note(
        .unresolved,
        "schedule `\(name)` is not defined: \(dialect.product) takes the rule at any "
          + "time", line: rule.line)
      return nil
    }
    let hours = schedule.children("timerange").compactMap { $0.value("hour") }
    let shown = hours.isEmpty ? "" : " (\(hours.prefix(3).joined(separator: ", ")))"
    return .requires(Condition(.schedule, "schedule `\(name)`\(shown)"))
  }

  // MARK: Addresses and ports

  enum Addressing {
    case clauses([Clause])
    /// The product writes no pf rule for it.
    case notLoaded(String)
  }

  mutating func addressing(_ rule: PFRule) -> Addressing {
    var clauses: [Clause] = []
    for (side, isSource) in [(rule.source, true), (rule.destination, false)] {
      switch endpoints(side, isSource: isSource) {
      case .any: break
      case .list(let list): clauses.append(isSource ? .source(list) : .destination(list))
      case .notLoaded(let why): return .notLoaded(why)
      }
    }
    switch services(rule) {
    case .lists(let lists): clauses += lists.map { .service($0) }
    case .notLoaded(let why): return .notLoaded(why)
    }
    return .clauses(clauses)
  }

  private enum EndpointResult {
    case any
    case list(EndpointList)
    case notLoaded(String)
  }

  private mutating func endpoints(_ side: PFRule.Side, isSource: Bool) -> EndpointResult {
    guard let items = side.items else {
      return .notLoaded("the \(isSource ? "source" : "destination") names nothing")
    }
    var terms: [EndpointTerm] = []
    for item in items {
      if let term = term(item, side: side, isSource: isSource) { terms.append(term) }
    }
    guard !terms.isEmpty else {
      return .notLoaded(
        "\(Self.text(items)) cannot be resolved, so \(dialect.product) leaves the rule out")
    }
    // Neither product negates `any` (filter_generate_address; Rule.php, mapAddressInfo).
    if terms.contains(.any) { return .any }
    guard side.isNegated else { return .list(EndpointList(terms)) }
    return .list(terms.count == 1 ? EndpointList(terms, negated: true) : anyNegation(of: terms))
  }

  private static func text(_ items: [PFRule.Side.Item]) -> String {
    let words = items.map { item in
      switch item {
      case .any: "any"
      case .network(let text): "network `\(text)`"
      case .address(let text), .name(let text): "address `\(text)`"
      }
    }
    return words.joined(separator: ", ")
  }

  /// "not A" or "not B": OPNsense makes a rule of each entry of a list before it negates, so that a
  /// negated list holds everything but what is in all its entries. Source: opnsense/core,
  /// Rule.php, `reader` and `mapAddressInfo`.
  private mutating func anyNegation(of terms: [EndpointTerm]) -> EndpointList {
    var common: AddressSet?
    var negations: [EndpointTerm] = []
    for term in terms {
      if case .addresses(let set) = term {
        common = common.map { $0.intersection(set) } ?? set
      } else {
        negations.append(negation(of: term))
      }
    }
    if let common {
      if common.isEmpty { return EndpointList([.any]) }
      negations.insert(negation(of: .addresses(common)), at: 0)
    }
    return EndpointList(negations)
  }

  private mutating func negation(of term: EndpointTerm) -> EndpointTerm {
    let id: String
    switch term {
    case .object(let number): id = "not \(aliases.table.endpoints[number].id)"
    case .addresses(let set): id = "not \(set.texts.joined(separator: " "))"
    case .condition(let condition): id = "not \(condition.kind.rawValue) \(condition.detail)"
    default: id = "not \(term)"
    }
    if let known = aliases.table.endpoint(id) { return .object(known) }
    let number = aliases.table.addEndpoint(id: id, name: id, kind: "negation", position: nil)
    aliases.table.setEndpoint(number, EndpointList([term], negated: true))
    return .object(number)
  }

  /// One entry of a side; nil where the product does not understand it.
  private mutating func term(
    _ item: PFRule.Side.Item, side: PFRule.Side, isSource: Bool
  ) -> EndpointTerm? {
    let found: EndpointTerm?
    let text: String
    switch item {
    case .any: return .any
    case .network(let name):
      text = name
      // pfSense knows only words here; OPNsense whatever an address may be.
      found =
        networkTerm(name, isSource: isSource)
        ?? (dialect == .opnSense ? addressTerm(name, isNegated: side.isNegated) : nil)
    case .address(let name):
      text = name
      found = addressTerm(name, isNegated: side.isNegated)
    case .name(let name):
      text = name
      found =
        name == "any"
        ? .any
        : networkTerm(name, isSource: isSource) ?? addressTerm(name, isNegated: side.isNegated)
    }
    if found == nil {
      let what: String
      if TemplateMarker.isPresent(in: text) {
        what = "is an unfilled template marker"
      } else if case .network = item, dialect == .pfSense {
        what = "is not a word for a network"
      } else {
        what = "is neither an address nor an alias"
      }
      aliases.note(
        .unresolved, "`\(text)` \(what); \(dialect.product) leaves the rule out", line: side.line)
    }
    return found
  }

  private mutating func addressTerm(_ text: String, isNegated: Bool) -> EndpointTerm? {
    if let set = AddressSet(parsing: text) { return .addresses(set) }
    guard let object = aliases.addressObject(text) else { return nil }
    if isNegated, aliases.isDisabled(text) {
      return .condition(
        Condition(
          .unresolved, "alias `\(text)` is switched off, and the rule means what is not in it"))
    }
    return .object(object)
  }

  /// A word for the firewall's own networks: `lan`, `wanip`, `(self)`, a VPN or group. As a
  /// destination the firewall's own addresses and the networks attached to it are never an Internet
  /// host.
  private mutating func networkTerm(_ text: String, isSource: Bool) -> EndpointTerm? {
    if text == "(self)" {
      return .addresses(isSource ? interfaces.ownAddresses : AddressSet())
    }
    // OPNsense offers the network of every interface as an alias of its own, too.
    let name =
      dialect == .opnSense && text.hasPrefix("__") && text.hasSuffix("_network")
      ? String(text.dropFirst(2).dropLast(8)) : text
    if let interface = interfaces.interface(name) {
      guard isSource else { return .addresses(AddressSet()) }
      return sourceTerm(
        interface.networks, of: interface,
        open: "network of interface `\(name)`: its address is not in the export")
    }
    if name.hasSuffix("ip"), let interface = interfaces.interface(String(name.dropLast(2))) {
      guard isSource else { return .addresses(AddressSet()) }
      return sourceTerm(
        interface.addresses, of: interface,
        open: "address of interface `\(interface.key)` is not in the export")
    }
    if interfaces.isGroup(name) {
      if let networks = interfaces.networks(ofGroup: name) {
        return .addresses(isSource ? networks : AddressSet())
      }
      return .condition(Condition(.unresolved, "networks of `\(name)` are not in the export"))
    }
    return nil
  }

  /// What is known of an interface's addresses, and a doubt in the families where they are assigned
  /// at run time.
  private mutating func sourceTerm(
    _ known: AddressSet?, of interface: PFInterfaces.Interface, open text: String
  ) -> EndpointTerm {
    let doubt = EndpointTerm.condition(Condition(.unresolved, text))
    guard let known else { return doubt }
    let open = interface.openFamilies.filter { known.isEmpty(in: $0) }
    guard let family = open.first else { return .addresses(known) }
    let id = "\(text) (\(family.rawValue))"
    if let number = aliases.table.endpoint(id) { return .object(number) }
    // The doubt is taken out of the family that is known.
    let settled =
      family == .ipv4
      ? AddressSet(v4: IntervalSet(), v6: .full) : AddressSet(v4: .full, v6: IntervalSet())
    let inner = aliases.table.addEndpoint(
      id: "doubt about \(id)", name: interface.key, kind: "interface", position: nil)
    aliases.table.setEndpoint(inner, EndpointList([doubt], except: [.addresses(settled)]))
    let number = aliases.table.addEndpoint(
      id: id, name: interface.key, kind: "interface",
      position: SourcePosition(line: interface.element.line))
    aliases.table.setEndpoint(number, EndpointList([.addresses(known), .object(inner)]))
    return .object(number)
  }

  private enum Services {
    case lists([ServiceList])
    case notLoaded(String)
  }

  /// Ports count for protocols that have ports only.
  private mutating func services(_ rule: PFRule) -> Services {
    let name = rule.protocol
    guard name != "any", !name.isEmpty else { return .lists([]) }
    let numbers: [UInt8]
    switch name {
    case "tcp": numbers = [6]
    case "udp": numbers = [17]
    case "tcp/udp": numbers = [6, 17]
    default:
      let number = Self.protocolNumbers[name] ?? UInt8(name) ?? 255
      return .lists([ServiceList([.service(Service(protocol: number))])])
    }
    var lists: [ServiceList] = []
    switch aliases.ports(rule.destination.port) {
    case .set(let ports):
      lists.append(
        ServiceList(numbers.map { .service(Service(protocol: $0, destinationPorts: ports)) }))
    case .object(let object):
      lists.append(ServiceList(numbers.map { .service(Service(protocol: $0)) }))
      lists.append(ServiceList([.object(object)]))
    case .unresolvable: return unresolvedPort(rule.destination, "destination")
    }
    switch aliases.ports(rule.source.port) {
    case .unresolvable: return unresolvedPort(rule.source, "source")
    case .set, .object:
      guard let ports = aliases.settledPorts(rule.source.port) else {
        lists.append(
          ServiceList([
            .condition(Condition(.unresolved, "source ports `\(rule.source.port)` are open"))
          ]))
        break
      }
      if !ports.isFull {
        lists.append(
          ServiceList(numbers.map { .service(Service(protocol: $0, sourcePorts: ports)) }))
      }
    }
    return .lists(lists)
  }

  private mutating func unresolvedPort(_ side: PFRule.Side, _ name: String) -> Services {
    aliases.note(
      .unresolved,
      "\(name) port `\(side.port)` is neither a port nor an alias; \(dialect.product) leaves the "
        + "rule out", line: side.line)
    return .notLoaded(
      "\(name) port `\(side.port)` cannot be resolved, so \(dialect.product) leaves the rule out")
  }

  private static let protocolNumbers: [String: UInt8] = [
    "icmp": 1, "igmp": 2, "ipencap": 4, "ipv6": 41, "gre": 47, "esp": 50, "ah": 51,
    "icmp6": 58, "ipv6-icmp": 58, "ospf": 89, "pim": 103, "carp": 112, "pfsync": 240, "sctp": 132,
  ]
}
