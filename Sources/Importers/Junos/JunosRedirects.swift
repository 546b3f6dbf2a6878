import ImportKit

/// Destination and static translation that may catch the clients' own connections: what answers
/// there is not what the requirement wants.
///
/// Destination translation stands before the policies. Source: juniper.net, "NAT Overview", order
/// of processing.
struct JunosRedirects {
  private(set) var table: Table?

  private let draft: PolicyDraft

  init(security: [JunosNode], zones: JunosZones, draft: PolicyDraft) {
    self.draft = draft
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
          let isOpen =
            sides.contains { $0.has("routing-instance") }
            || !zones.names.isEmpty
              && sides.flatMap { $0.texts("zone") }.contains {
                !zones.names.contains($0)
              }
            || sides.flatMap { $0.texts("interface") }.contains { zones.byInterface[$0] == nil }
          guard isOpen || !inside.isEmpty else { continue }
          for rule in set.children("rule") {
            rules += self.rules(rule, kind: kind, from: isOpen ? [] : inside, own: zones.own)
          }
        }
      }
    }
    // "Advanced policy-based routing": flows of a zone leave by another routing instance, and so by
    // another zone perhaps, by the application that the device recognises.
    for (zone, profile, position) in zones.steered {
      let rule = Rule(
        name: "advanced policy-based routing \(profile)", match: Match([.from(ZoneList([zone]))]),
        action: .allow, origin: .implied, position: position)
      rules += draft.eitherWay(
        rule,
        because: draft.doubt(
          .interfaceBinding,
          "advanced policy-based routing `\(profile)` of zone `\(zone)` may send the flow another way",
          at: position))
    }
    guard !rules.isEmpty else { return }
    table = Table(
      name: "destination translation", rules: rules,
      defaultAction: DefaultAction(.allow, name: "not translated"))
  }

  /// The rules for one rule of translation; none where it is only for addresses of the device's own
  /// networks.
  private func rules(
    _ node: JunosNode, kind: String, from zones: [String], own: AddressSet
  ) -> [Rule] {
    let record = JunosRecord(node)
    let name = record.text("name") ?? ""
    let what = "\(kind) NAT rule `\(name)`"
    var clauses: [Clause] = zones.isEmpty ? [] : [.from(ZoneList(zones))]
    if let match = node.children.first(where: { $0.name.hasSuffix("rule-match") }) {
      let inner = record.record(match.name) ?? JunosRecord(match)
      guard let own = matchClauses(inner, of: what, own: own) else { return [] }
      clauses += own
    } else {
      clauses.append(
        .requires(draft.doubt(.missingPart, "\(what) has no match", at: node.position)))
    }
    let then = record.record("then")
    // The action stands in a statement named after the kind: `destination-nat`, `static-nat`.
    let action = then?.node.children.first { $0.name.hasSuffix("-nat") }
    let isOff = action?.has("off") ?? false
    if let action { _ = then?.child(action.name) }
    if let left = draft.unread(record, of: what, ignoring: JunosMembers.redirect) {
      clauses.append(.requires(left))
    }
    let rule = Rule(
      name: name, enabled: !node.isInactive, match: Match(clauses), action: .allow,
      origin: .implied, position: node.position)
    if isOff { return [rule] }
    return draft.eitherWay(
      rule,
      because: draft.doubt(
        .unmodelled,
        "\(what) sends the flow to another host: what answers there decides", at: node.position))
  }

  /// Nil where the rule is only for addresses of the device's own networks.
  private func matchClauses(
    _ match: JunosRecord, of what: String, own: AddressSet
  ) -> [Clause]? {
    var clauses: [Clause] = []
    let nodes = match.children("destination-address")
    let sets = nodes.map { AddressSet(parsing: $0.child("dst-addr")?.text ?? $0.text) }
    let isNamed = match.has("destination-address-name")
    if !nodes.isEmpty, !sets.contains(nil), !isNamed {
      let foreign = sets.compactMap { $0 }.reduce(AddressSet()) { $0.union($1) }.subtracting(own)
      guard !foreign.isEmpty else { return nil }
      clauses.append(.destination(EndpointList([.addresses(foreign)])))
    } else if !nodes.isEmpty || isNamed {
      clauses.append(
        .requires(
          draft.doubt(
            .unmodelled, "the destination of \(what) is not read", at: match.position)))
    }
    for name in ["source-address", "source-address-name", "source-port"] where match.has(name) {
      clauses.append(
        .requires(
          draft.doubt(.unmodelled, "\(what) is for some sources only", at: match.position)))
    }
    let protocols = match.texts("protocol")
    if !protocols.isEmpty {
      clauses.append(
        .service(
          ServiceList(
            protocols.map { draft.service(protocol: $0, in: what, at: match.position) })))
    }
    let ports = match.children("destination-port")
    if !ports.isEmpty {
      clauses.append(
        .service(
          ServiceList(
            ports.map { node in
              let low = node.child("low")?.text ?? node.child("name")?.text ?? node.text
              let text = node.descend("to", "high").map { "\(low)-\($0.text)" } ?? low
              return draft.service(
                protocol: nil, destinationPorts: text, in: what, at: node.position)
            })))
    }
    if match.has("application") {
      clauses.append(
        .requires(
          draft.doubt(.unmodelled, "\(what) is for some applications only", at: match.position)))
    }
    return clauses
  }
}
