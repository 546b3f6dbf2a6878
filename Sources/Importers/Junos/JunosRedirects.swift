import ImportKit

/// Destination and static translation that may catch the clients' own connections: what answers
/// there is not what the requirement wants.
///
/// Destination translation stands before the policies. Source: juniper.net, "NAT Overview", order
/// of processing.
struct JunosRedirects {
  private(set) var table: Table?

  init(security: [JunosNode], zones: JunosZones) {
    var rules: [Rule] = []
    for section in security {
      for kind in ["static", "destination"] {
        for set in section.descend("nat", kind)?.children("rule-set") ?? [] {
          let sides = set.children("from")
          let named =
            sides.flatMap { $0.texts("zone") }
            + sides.flatMap { $0.texts("interface") }.compactMap { zones.byInterface[$0] }
          let inside = named.filter { !zones.leadsToInternet($0) }
          // Routing instances are not followed to their zones: the translation may be for any.
          let isOpen = sides.contains { $0.has("routing-instance") }
          guard isOpen || !inside.isEmpty else { continue }
          for rule in set.children("rule") {
            guard
              let redirect = Self.rule(rule, kind: kind, from: isOpen ? [] : inside, own: zones.own)
            else { continue }
            rules.append(redirect)
          }
        }
      }
    }
    guard !rules.isEmpty else { return }
    table = Table(
      name: "destination translation", rules: rules,
      defaultAction: DefaultAction(.allow, name: "not translated"))
  }

  /// Nil where the rule is only for addresses of the device's own networks.
  private static func rule(
    _ node: JunosNode, kind: String, from zones: [String], own: AddressSet
  ) -> Rule? {
    let name = node.childText("name") ?? ""
    let then = node.children("then").flatMap(\.children).first
    let isOff = then?.has("off") ?? false
    guard let match = node.children.first(where: { $0.name.hasSuffix("rule-match") }) else {
      return nil
    }
    var clauses: [Clause] = zones.isEmpty ? [] : [.from(ZoneList(zones))]
    var destination = AddressSet()
    var isRead = true
    for address in match.children("destination-address") {
      let text = address.child("dst-addr")?.text ?? address.text
      guard let set = AddressSet(parsing: text) else {
        isRead = false
        continue
      }
      destination = destination.union(set)
    }
    if match.has("destination-address-name") { isRead = false }
    if isRead, !match.children("destination-address").isEmpty {
      let foreign = destination.subtracting(own)
      guard !foreign.isEmpty else { return nil }
      clauses.append(.destination(EndpointList([.addresses(foreign)])))
    }
    let ports = match.children("destination-port").map { node -> PortSet? in
      let low = node.child("low")?.text ?? node.text
      guard let high = node.descend("to", "high")?.text else { return PortSet(parsing: low) }
      return PortSet(parsing: "\(low)-\(high)")
    }
    if !ports.isEmpty, ports.allSatisfy({ $0 != nil }) {
      let set = ports.reduce(PortSet()) { $0.union($1 ?? PortSet()) }
      clauses.append(
        .service(ServiceList([.service(Service(protocol: nil, destinationPorts: set))])))
    }
    let condition = Condition(
      .unmodelled,
      "\(kind) NAT rule `\(name)` sends the flow to another host: what answers there "
        + "decides")
    if !isOff { clauses.append(.requires(condition)) }
    return Rule(
      name: name, enabled: !node.isInactive, match: Match(clauses),
      action: isOff ? .allow : .deny(.drop), origin: .implied, position: node.position)
  }
}
