import ImportKit
import NetworkSets
import PolicyModel
import XMLTree

/// Translates `filter/rule` into what enters and what leaves.
struct PfSenseRules {
  let root: XMLElement
  let interfaces: PfSenseInterfaces
  var aliases: PfSenseAliases
  var notes: [Note] = []

  init(root: XMLElement, interfaces: PfSenseInterfaces, aliases: PfSenseAliases) {
    self.root = root
    self.interfaces = interfaces
    self.aliases = aliases
  }

  private struct Entry {
    let rule: Rule
    let quick: Bool
    let direction: String
  }

  /// The tables for packets that enter and that leave.
  ///
  /// Order: floating rules, then those of interface groups and VPN tabs, then those of interfaces,
  /// each in document order (filter.inc, filter_rules_generate). What enters and meets no rule is
  /// denied; what leaves is let out by an automatic rule that is not quick, so any user rule for
  /// the outgoing direction comes before it.
  mutating func tables() -> (entering: Table, leaving: Table) {
    var floating: [Entry] = []
    var grouped: [Entry] = []
    var single: [Entry] = []
    for element in root.child("filter")?.children("rule").map({ $0 }) ?? [] {
      let isFloating = element.child("floating").map { $0.text != "no" } ?? false
      let key = element.childText("interface") ?? ""
      if isFloating {
        floating += floatingEntries(element)
      } else if interfaces.isGroup(key) {
        grouped.append(entry(element, bindings: [key]))
      } else {
        single.append(entry(element, bindings: [key]))
      }
    }
    let ordered = floating + grouped + single
    let enteringRules = automaticBlocks() + Self.firstMatch(ordered.filter { $0.direction != "out" })
    let leavingRules = Self.firstMatch(ordered.filter { $0.direction != "in" }).map(Self.turnedOutward)
    return (
      Table(
        name: "in", rules: enteringRules,
        defaultAction: DefaultAction(.deny, name: "default deny rule")),
      Table(
        name: "out", rules: leavingRules,
        defaultAction: DefaultAction(.allow, name: "let out anything from firewall host itself"))
    )
  }

  /// The first-match list that equals pf's "last match wins, unless quick" (pf.conf(5)).
  private static func firstMatch(_ entries: [Entry]) -> [Rule] {
    entries.filter(\.quick).map(\.rule) + entries.filter { !$0.quick }.reversed().map(\.rule)
  }

  /// A rule bound to interfaces, for packets that leave by them.
  private static func turnedOutward(_ rule: Rule) -> Rule {
    var rule = rule
    rule.match.clauses = rule.match.clauses.map {
      if case .from(let zones) = $0 { .to(zones) } else { $0 }
    }
    return rule
  }

  /// Block private and bogon networks: automatic quick rules of the interfaces that ask for it.
  private func automaticBlocks() -> [Rule] {
    var rules: [Rule] = []
    for interface in interfaces.all where interface.enabled {
      if let element = interface.element.child("blockpriv") {
        rules.append(
          Rule(
            name: "block private networks on \(interface.key)",
            match: Match([
              .from(ZoneList([interface.key])),
              .source(EndpointList([.addresses(SpecialPurposeAddresses.privateUse)])),
            ]), action: .deny(.drop), origin: .implied,
            position: SourcePosition(line: element.line)))
      }
      if let element = interface.element.child("blockbogons") {
        rules.append(
          Rule(
            name: "block bogon networks on \(interface.key)",
            match: Match([
              .from(ZoneList([interface.key])),
              .source(
                EndpointList(
                  [.condition(Condition(.externalList, "bogon networks, updated from the Internet"))],
                  except: [.addresses(SpecialPurposeAddresses.privateUse)])),
            ]), action: .deny(.drop), origin: .implied,
            position: SourcePosition(line: element.line)))
      }
    }
    return rules
  }

  private mutating func floatingEntries(_ element: XMLElement) -> [Entry] {
    let names = (element.childText("interface") ?? "").split(separator: ",").map(String.init)
    return [entry(element, bindings: names.filter { !$0.isEmpty && $0 != "any" }, floating: true)]
  }

  private mutating func entry(
    _ element: XMLElement, bindings: [String], floating: Bool = false
  ) -> Entry {
    var clauses: [Clause] = []
    if !bindings.isEmpty {
      let members = bindings.flatMap { interfaces.members($0) }
      if members.isEmpty {
        clauses.append(
          .never("interface \(bindings.joined(separator: ", ")) is missing or not enabled"))
      } else {
        clauses.append(.from(ZoneList(members)))
      }
    }
    // A missing family means IPv4.
    switch element.childText("ipprotocol") ?? "inet" {
    case "inet6": clauses.append(.family(.ipv6))
    case "inet46": break
    default: clauses.append(.family(.ipv4))
    }
    switch addressing(element) {
    case .clauses(let more): clauses += more
    case .notLoaded(let why): clauses.append(.never(why))
    }
    clauses += specialClauses(element)
    let direction = floating ? (element.childText("direction") ?? "any") : "in"
    let quick = !floating || element.child("quick").map { $0.text != "no" } ?? false
    return Entry(
      rule: Rule(
        name: element.childText("descr") ?? "", vendorID: element.childText("tracker"),
        enabled: element.child("disabled") == nil, match: Match(clauses),
        action: Self.action(element), position: SourcePosition(line: element.line)),
      quick: quick, direction: direction.isEmpty ? "any" : direction)
  }

  /// "type other than pass, block, reject, match, or missing = pass" (filter.inc).
  private static func action(_ element: XMLElement) -> Action {
    switch element.childText("type") ?? "pass" {
    case "block": .deny(.drop)
    case "reject": .deny(.reject)
    case "match": .continue
    default: .allow
    }
  }

  // MARK: Addresses and ports

  enum Addressing {
    case clauses([Clause])
    /// pfSense writes no pf rule for it.
    case notLoaded(String)
  }

  mutating func addressing(_ element: XMLElement) -> Addressing {
    var clauses: [Clause] = []
    for (name, isSource) in [("source", true), ("destination", false)] {
      guard let side = element.child(name) else { continue }
      switch endpoints(side, isSource: isSource) {
      case .any: break
      case .list(let list): clauses.append(isSource ? .source(list) : .destination(list))
      case .notLoaded(let why): return .notLoaded(why)
      }
    }
    switch service(element) {
    case .any: break
    case .lists(let lists): clauses += lists.map { .service($0) }
    case .notLoaded(let why): return .notLoaded(why)
    }
    return .clauses(clauses)
  }

  private enum Side {
    case any
    case list(EndpointList)
    case notLoaded(String)
  }

  private mutating func endpoints(_ side: XMLElement, isSource: Bool) -> Side {
    let negated = side.child("not") != nil
    if side.child("any") != nil {
      return negated ? .list(EndpointList([.any], negated: true)) : .any
    }
    if let network = side.childText("network"), !network.isEmpty {
      guard let term = networkTerm(network, isSource: isSource) else {
        return .notLoaded("network `\(network)` is not one that pfSense understands there")
      }
      return .list(EndpointList([term], negated: negated))
    }
    let address = side.childText("address") ?? ""
    if address.isEmpty { return .any }
    if let set = AddressSet(parsing: address) {
      return .list(EndpointList([.addresses(set)], negated: negated))
    }
    if let object = aliases.addressObject(address) {
      return .list(EndpointList([.object(object)], negated: negated))
    }
    aliases.note(
      .unresolved, "address `\(address)` is neither an address nor an alias; pfSense leaves the rule "
        + "out", line: side.line)
    return .notLoaded("address `\(address)` cannot be resolved, so pfSense leaves the rule out")
  }

  /// A keyword of the `network` element: `lan`, `wanip`, `(self)`, a VPN. As a destination the
  /// firewall's own addresses and the networks attached to it are never an Internet host.
  private func networkTerm(_ text: String, isSource: Bool) -> EndpointTerm? {
    if text == "(self)" {
      return .addresses(isSource ? interfaces.ownAddresses : AddressSet())
    }
    if let interface = interfaces.interface(text) {
      guard isSource else { return .addresses(AddressSet()) }
      return interface.networks.map { .addresses($0) }
        ?? .condition(
          Condition(.unresolved, "network of interface `\(text)`: its address is not in the export"))
    }
    if text.hasSuffix("ip"), let interface = interfaces.interface(String(text.dropLast(2))) {
      guard isSource else { return .addresses(AddressSet()) }
      return interface.addresses.map { .addresses($0) }
        ?? .condition(
          Condition(.unresolved, "address of interface `\(interface.key)` is not in the export"))
    }
    if interfaces.isGroup(text) {
      return .condition(Condition(.unresolved, "networks of `\(text)` are not in the export"))
    }
    return nil
  }

  private enum Services {
    case any
    case lists([ServiceList])
    case notLoaded(String)
  }

  /// Ports count for protocols that have ports only.
  private mutating func service(_ element: XMLElement) -> Services {
    let name = (element.childText("protocol") ?? "any").lowercased()
    guard name != "any", !name.isEmpty else { return .any }
    let numbers: [UInt8]
    switch name {
    case "tcp": numbers = [6]
    case "udp": numbers = [17]
    case "tcp/udp": numbers = [6, 17]
    default:
      return .lists([
        ServiceList([.service(Service(protocol: Self.protocolNumbers[name] ?? 255))])
      ])
    }
    var destination = ServiceList(numbers.map { .service(Service(protocol: $0)) })
    var lists: [ServiceList] = []
    switch aliases.ports(element.child("destination")?.childText("port") ?? "") {
    case .set(let ports):
      destination = ServiceList(
        numbers.map { .service(Service(protocol: $0, destinationPorts: ports)) })
    case .object(let object): lists.append(ServiceList([.object(object)]))
    case .unresolvable: return unresolvedPort(element, "destination")
    }
    lists.insert(destination, at: 0)
    switch aliases.ports(element.child("source")?.childText("port") ?? "") {
    case .set(let ports):
      if !ports.isFull {
        lists.append(
          ServiceList(numbers.map { .service(Service(protocol: $0, sourcePorts: ports)) }))
      }
    case .object:
      lists.append(
        ServiceList([
          .condition(
            Condition(
              .unmodelled,
              "source ports `\(element.child("source")?.childText("port") ?? "")`: which port the "
                + "client uses is open"))
        ]))
    case .unresolvable: return unresolvedPort(element, "source")
    }
    return .lists(lists)
  }

  private mutating func unresolvedPort(_ element: XMLElement, _ side: String) -> Services {
    let text = element.child(side)?.childText("port") ?? ""
    aliases.note(
      .unresolved, "\(side) port `\(text)` is neither a port nor an alias; pfSense leaves the rule out",
      line: element.line)
    return .notLoaded("\(side) port `\(text)` cannot be resolved, so pfSense leaves the rule out")
  }

  private static let protocolNumbers: [String: UInt8] = [
    "icmp": 1, "igmp": 2, "ipencap": 4, "ipv6": 41, "gre": 47, "esp": 50, "ah": 51, "icmp6": 58,
    "ospf": 89, "pim": 103, "carp": 112, "pfsync": 240, "sctp": 132,
  ]

  // MARK: Further conditions

  private mutating func specialClauses(_ element: XMLElement) -> [Clause] {
    var clauses: [Clause] = []
    func text(_ name: String) -> String? {
      element.childText(name).flatMap { $0.isEmpty ? nil : $0 }
    }
    if let schedule = text("sched") {
      // "Outside the schedule the rule does not exist" (docs.netgate.com, Time Based Rules).
      clauses.append(.requires(Condition(.schedule, "schedule `\(schedule)`")))
    }
    if let tag = text("tagged") {
      clauses.append(.requires(Condition(.unmodelled, "only packets tagged `\(tag)` by another rule")))
    }
    if let system = text("os") {
      clauses.append(.requires(Condition(.unmodelled, "only clients that look like \(system)")))
    }
    for (name, meaning) in [("dscp", "DSCP value"), ("vlanprio", "VLAN priority")] {
      if let value = text(name) {
        clauses.append(.requires(Condition(.unmodelled, "only packets with \(meaning) \(value)")))
      }
    }
    if element.child("tcpflags_any") == nil, let flags = text("tcpflags1"),
      (element.childText("protocol") ?? "").hasPrefix("tcp")
    {
      let set = flags.split { $0 == " " || $0 == "," }
      if set != ["syn"] {
        clauses.append(.never("wants the TCP flags \(flags), which a first packet does not have"))
      }
    }
    if let gateway = text("gateway"), gateway != "default" {
      notes.append(
        Note(
          .advisory, "rule `\(element.childText("descr") ?? "")` sends its traffic by the gateway "
            + "`\(gateway)`: outgoing floating rules of that interface count",
          at: SourcePosition(line: element.line)))
    }
    return clauses
  }
}
