import ImportKit

/// Stateless filters on interfaces, which a packet passes before and after the policies.
///
/// "A firewall filter evaluates terms in order; a packet that matches none is discarded". Source:
/// juniper.net, "Understanding How Firewall Filters Test Packets". Protocols, ports and addresses
/// are read; a term that asks for anything else is a condition.
struct JunosFilters {
  private var filters: [String: JunosNode] = [:]
  private var prefixLists: [String: JunosNode] = [:]
  private(set) var tables: [Table] = []
  private(set) var stages: [Stage] = []
  /// Tables that let what a filter forwards packet by packet pass without the policies.
  private(set) var bypasses: [Table] = []
  /// An interface to the Internet with a filter on what comes in, which replies must pass.
  private(set) var replyFilter: String?

  init(
    firewall: [JunosNode], policyOptions: [JunosNode], interfaces: [JunosNode], zones: JunosZones
  ) {
    for section in firewall {
      for family in ["inet", "inet6"] {
        for node in section.descend("family", family)?.children("filter") ?? [] {
          if let name = node.childText("name") { filters["\(family)/\(name)"] = node }
        }
      }
      for node in section.children("filter") {
        if let name = node.childText("name") { filters["inet/\(name)"] = node }
      }
    }
    for section in policyOptions {
      for node in section.children("prefix-list") {
        if let name = node.childText("name") { prefixLists[name] = node }
      }
    }
    for direction in ["input", "output"] {
      for family in ["inet", "inet6"] {
        addStage(direction: direction, family: family, interfaces: interfaces, zones: zones)
      }
    }
  }

  private mutating func addStage(
    direction: String, family: String, interfaces: [JunosNode], zones: JunosZones
  ) {
    var rules: [Rule] = []
    var bypass: [Rule] = []
    var counts: [String: Int] = [:]
    for zone in zones.byInterface.values { counts[zone, default: 0] += 1 }
    let shared = Set(counts.filter { $0.value > 1 }.keys)
    for interface in interfaces.flatMap({ $0.children("interface") }) {
      for unit in interface.children("unit") {
        let name = "\(interface.childText("name") ?? "").\(unit.childText("name") ?? "")"
        guard let bound = unit.descend("family", family, "filter") else { continue }
        let used =
          bound.children(direction).map { $0.childText("filter-name") ?? $0.text }
          + bound.texts("\(direction)-list")
        // Filters on interfaces of no zone touch no traffic through the device.
        guard !used.isEmpty, let zone = zones.byInterface[name] else { continue }
        if direction == "input", zones.leadsToInternet(zone) { replyFilter = replyFilter ?? name }
        let terms = boundRules(
          used, family: family, zone: zone, interface: name, direction, bound,
          isShared: shared.contains(zone))
        rules += terms.map(\.rule)
        // "Selective stateless packet-based services": packets that a filter on the way in marks
        // with `packet-mode` skip the flow module, and so the policies. Source: juniper.net,
        // "Understanding Selective Stateless Packet-Based Services".
        guard direction == "input", terms.contains(where: \.isPacketMode) else { continue }
        bypass += terms.map { term in
          var rule = term.rule
          if rule.action != .continue { rule.action = term.isPacketMode ? .allow : .return }
          return rule
        }
      }
    }
    if !bypass.isEmpty {
      bypasses.append(
        Table(
          name: "packet mode \(family)", rules: bypass,
          defaultAction: DefaultAction(.none, name: "not in packet mode")))
    }
    guard !rules.isEmpty else { return }
    let name = "filters \(family) \(direction)"
    tables.append(
      Table(name: name, rules: rules, defaultAction: DefaultAction(.allow, name: "no filter")))
    stages.append(
      Stage(table: name, families: [family == "inet" ? .ipv4 : .ipv6], isAuxiliary: true))
  }

  /// A term of a filter, and whether what it accepts skips the policies.
  private struct Term {
    let rule: Rule
    var isPacketMode = false
  }

  /// The terms of the filters of one interface. Where a zone has several interfaces, it is open
  /// which one a flow uses, so nothing is decided for sure.
  private func boundRules(
    _ used: [String], family: String, zone: String, interface: String, _ direction: String,
    _ bound: JunosNode, isShared: Bool
  ) -> [Term] {
    let zones = ZoneList([zone])
    var binding: [Clause] = [direction == "input" ? .from(zones) : .to(zones)]
    if isShared {
      binding.append(
        .requires(
          Condition(
            .interfaceBinding,
            "zone `\(zone)` has several interfaces, and the filter is on "
              + interface)))
    }
    let text = "filter `\(used.joined(separator: ", "))` on \(interface)"
    let nodes = used.map { filters["\(family)/\($0)"] }
    let known = nodes.compactMap { $0 }
    let isPlain =
      known.count == used.count && known.allSatisfy { Self.passesEverything($0) }
    if isPlain { return [] }
    let condition = Condition(.unmodelled, "stateless \(text)")
    guard known.count == used.count, used.count == 1, let filter = known.first,
      let terms = terms(filter, binding: binding, interface: interface)
    else {
      let open = Match(binding + [.requires(condition)])
      let denies = Term(
        rule: Rule(
          name: text, match: open, action: .deny(.drop), origin: .implied,
          position: bound.position))
      let bypasses = known.contains { filter in
        filter.children("term").contains { $0.descend("then", "packet-mode") != nil }
      }
      guard bypasses else { return [denies] }
      return [
        denies,
        Term(
          rule: Rule(
            name: text, match: open, action: .allow, origin: .implied, position: bound.position),
          isPacketMode: true),
      ]
    }
    return terms
  }

  /// Whether the first term accepts whatever comes: a filter that counts or classifies only.
  private static func passesEverything(_ filter: JunosNode) -> Bool {
    for term in filter.children("term") {
      let then = term.child("then")
      if then?.has("packet-mode") ?? false { return false }
      if then?.has("discard") ?? false || then?.has("reject") ?? false { return false }
      if !term.has("from"), then?.has("accept") ?? false { return true }
    }
    return false
  }

  /// Nil where a term hands over to something that is not read.
  private func terms(
    _ filter: JunosNode, binding: [Clause], interface: String
  ) -> [Term]? {
    let name = filter.childText("name") ?? ""
    var rules: [Term] = []
    for term in filter.children("term") {
      guard !term.has("filter") else { return nil }
      let label = "\(name): \(term.childText("name") ?? "")"
      let then = term.child("then")
      let action: Action
      if then?.has("discard") ?? false {
        action = .deny(.drop)
      } else if then?.has("reject") ?? false {
        action = .deny(.reject)
      } else if then?.has("next") ?? false {
        action = .continue
      } else {
        // A term that names no terminating action accepts.
        action = .allow
      }
      let clauses =
        term.child("from").map { fromClauses($0, label: label, accepts: action == .allow) } ?? []
      rules.append(
        Term(
          rule: Rule(
            name: label, match: Match(binding + clauses), action: action, origin: .implied,
            position: term.position),
          isPacketMode: action == .allow && (then?.has("packet-mode") ?? false)))
    }
    rules.append(
      Term(
        rule: Rule(
          name: "\(name): end of filter", match: Match(binding), action: .deny(.drop),
          origin: .implied, position: filter.position)))
    return rules
  }

  private func fromClauses(_ from: JunosNode, label: String, accepts: Bool) -> [Clause] {
    var clauses: [Clause] = []
    var read: Set<String> = []
    let numbers = (from.texts("protocol") + from.texts("next-header"))
      .map { JunosPredefined.protocolNumber($0) }
    let ports = from.children("destination-port").map { JunosApplications.ports($0) }
    if numbers.allSatisfy({ $0 != nil }), ports.allSatisfy({ $0 != nil }) {
      let set =
        ports.isEmpty ? PortSet.full : ports.reduce(PortSet()) { $0.union($1 ?? PortSet()) }
      let known = numbers.isEmpty ? [nil] : numbers
      if !numbers.isEmpty || !ports.isEmpty {
        clauses.append(
          .service(
            ServiceList(known.map { .service(Service(protocol: $0, destinationPorts: set)) })))
      }
      read = ["protocol", "next-header", "destination-port"]
    }
    for (names, isSource) in [
      (["source-address", "source-prefix-list"], true),
      (["destination-address", "destination-prefix-list"], false),
    ] {
      guard let list = addresses(from, names) else { continue }
      clauses.append(isSource ? .source(list) : .destination(list))
      read.formUnion(names)
    }
    // A first packet is not yet part of a connection. A term that drops the rest of connections
    // stays a doubt: the first packet alone is no connection.
    if accepts, from.has("tcp-established") {
      clauses.append(.never("asks for established connections, which a first packet does not have"))
      read.insert("tcp-established")
    }
    for child in from.children where !read.contains(child.name) {
      let value = child.text.isEmpty ? "" : " " + child.text
      clauses.append(
        .requires(Condition(.unmodelled, "`\(child.name)\(value)` in filter term `\(label)`")))
    }
    return clauses
  }

  /// Nil where there is nothing, or something that is not read.
  private func addresses(_ from: JunosNode, _ names: [String]) -> EndpointList? {
    let literal = from.children(names[0])
    let lists = from.children(names[1])
    guard !literal.isEmpty || !lists.isEmpty else { return nil }
    var set = AddressSet()
    for node in literal {
      guard !node.has("except"), let found = AddressSet(parsing: node.text) else { return nil }
      set = set.union(found)
    }
    for node in lists {
      guard !node.has("except"), let list = prefixLists[node.text], !list.has("apply-path") else {
        return nil
      }
      for text in list.names("prefix-list-item") {
        guard let found = AddressSet(parsing: text) else { return nil }
        set = set.union(found)
      }
    }
    return EndpointList([.addresses(set)])
  }
}
