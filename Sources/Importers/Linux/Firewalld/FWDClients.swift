import ImportKit

/// Which zones a client may be in, and which clients the files suggest.
struct FWDClients {
  let configuration: FWDConfiguration
  let zones: [Zone]
  let proposals: [ClientProposal]
  private let draft: PolicyDraft

  init(
    configuration: FWDConfiguration, zones: [FWDConfiguration.Zone],
    policies: [FWDConfiguration.Policy], bindings: FWDBindings, direct: IPTClients,
    draft: PolicyDraft
  ) {
    self.draft = draft
    self.configuration = configuration
    let forwarding = policies.filter { !$0.isDisabled && FWDPolicyBuilder.isForwarding($0) }
    let (outward, isGuess) = Self.outward(
      zones, forwarding, defaultZone: configuration.defaultZone ?? bindings.defaultZone)
    self.zones = Self.zones(zones, outward: outward, direct: direct)
    var proposals = Self.forwarded(zones, forwarding, outward: outward)
    if proposals.isEmpty, !direct.isEmpty {
      proposals = direct.proposals.filter { $0.client.traffic == .forwarded }
    }
    let ownRules = policies.contains { !$0.isDisabled && $0.ingress.contains("HOST") }
    if proposals.isEmpty || ownRules || isGuess {
      proposals.append(
        ClientProposal(
          client: Client(traffic: .host),
          reason: proposals.isEmpty
            ? "no file shows that the machine routes, so its own traffic"
            : ownRules
              ? "traffic of the machine itself, which has policies of its own"
              : "traffic of the machine itself"))
    }
    self.proposals = proposals
    note(zones)
  }

  /// Zones by which the way to the Internet leaves: where addresses are masqueraded, by a file of the
  /// machine or with something bound to the zone; else where policies lead from zones that they
  /// name; else the default zone. A policy from ANY to a zone opens that zone to others, and shows
  /// no way out (as libvirt's policies for machines behind it do).
  private static func outward(
    _ zones: [FWDConfiguration.Zone], _ policies: [FWDConfiguration.Policy], defaultZone: String?
  ) -> (names: [String], isGuess: Bool) {
    var names = zones.filter { zone in
      zone.masquerade != nil && (!zone.isBuiltIn || !zone.interfaces.isEmpty)
    }.filter { zone in
      // The standard zone external masquerades without anybody having asked for it.
      zone.name != "external" || !zone.interfaces.isEmpty || !zone.sources.isEmpty
        || policies.contains { $0.egress.contains("external") }
    }.map(\.name)
    func add(_ policy: FWDConfiguration.Policy) {
      for name in policy.egress where name != "ANY" && name != "HOST" && !names.contains(name) {
        names.append(name)
      }
    }
    for policy in policies where policy.masquerade != nil { add(policy) }
    if names.isEmpty {
      for policy in policies where !policy.ingress.contains("ANY") { add(policy) }
    }
    guard names.isEmpty, !policies.isEmpty, let defaultZone else { return (names, false) }
    // Without another zone that clients may be in, it is as well theirs.
    let others = zones.contains {
      $0.name != defaultZone && !($0.interfaces.isEmpty && $0.sources.isEmpty)
    }
    return others ? ([defaultZone], true) : ([], false)
  }

  private static func forwarded(
    _ zones: [FWDConfiguration.Zone], _ policies: [FWDConfiguration.Policy], outward: [String]
  ) -> [ClientProposal] {
    guard !policies.isEmpty || !outward.isEmpty else { return [] }
    var inside: [String] = []
    for policy in policies {
      inside += policy.ingress.filter { $0 != "ANY" && !inside.contains($0) }
    }
    for zone in zones
    where !(zone.interfaces.isEmpty && zone.sources.isEmpty) && !inside.contains(zone.name) {
      inside.append(zone.name)
    }
    inside.removeAll { outward.contains($0) }
    let ways: [String?] = outward.isEmpty ? [nil] : outward
    var result: [ClientProposal] = []
    for from in inside {
      for to in ways where result.count < SourceProposals.limit {
        let binding = zones.first { $0.name == from }.map(Self.binding) ?? "zone `\(from)`"
        result.append(
          ClientProposal(
            client: Client(fromZone: from, toZone: to),
            reason: "routed traffic from \(binding)" + (to.map { " to the zone `\($0)`" } ?? "")))
      }
    }
    if result.isEmpty {
      result.append(
        ClientProposal(
          client: Client(toZone: outward.first),
          reason: "routed traffic from any zone"
            + (outward.first.map { " to the zone `\($0)`" } ?? "")))
    }
    return result
  }

  private static func binding(_ zone: FWDConfiguration.Zone) -> String {
    let bound =
      zone.interfaces
      + zone.sources.map { source in
        switch source.kind {
        case .address(let text): text
        case .ipset(let name): "ipset \(name)"
        case .mac(let text): text
        }
      }
    return "the zone `\(zone.name)`"
      + (bound.isEmpty
        ? ", to which no file binds an interface" : " (\(bound.joined(separator: ", ")))")
  }

  private static func zones(
    _ zones: [FWDConfiguration.Zone], outward: [String], direct: IPTClients
  ) -> [Zone] {
    // Where addresses are bound to zones, an interface alone does not tell the zone.
    let byInterface = zones.allSatisfy(\.sources.isEmpty)
    var result = zones.map { zone in
      let networks = zone.sources.reduce(into: AddressSet()) { union, source in
        if case .address(let text) = source.kind, let set = AddressSet(parsing: text) {
          union = union.union(set)
        }
      }
      return Zone(
        name: zone.name,
        alias: byInterface && zone.interfaces.count == 1 ? zone.interfaces[0] : nil,
        networks: networks.isEmpty ? nil : networks, leadsToInternet: outward.contains(zone.name),
        position: zone.isBuiltIn ? nil : zone.position)
    }
    var known = Set(result.map(\.name) + result.compactMap(\.alias))
    let interfaces = zones.filter { !byInterface || $0.interfaces.count > 1 }.flatMap(\.interfaces)
    for name in interfaces + direct.zones.map(\.name)
    where !name.hasSuffix("+") && known.insert(name).inserted {
      result.append(Zone(name: name))
    }
    return result
  }

  private func note(_ all: [FWDConfiguration.Zone]) {
    draft.note(
      .completeness,
      "changes that were made at run time only, and rules of other programs (containers, nft, "
        + "iptables), are not in these files; see firewall-cmd --list-all-zones and `nft list ruleset`"
    )
    let isBound = all.contains { !$0.interfaces.isEmpty || !$0.sources.isEmpty }
    let unbound = all.filter { $0.interfaces.isEmpty && $0.sources.isEmpty && !$0.isBuiltIn }
    if !all.isEmpty, !isBound || !unbound.isEmpty {
      let which =
        isBound
        ? "no file binds an interface to \(unbound.map { "`\($0.name)`" }.joined(separator: ", "))"
        : "no file binds an interface to any zone"
      draft.note(
        .completeness,
        "\(which): NetworkManager or a change at run time may; see firewall-cmd --get-active-zones, "
          + "and name the client's zone with --from-zone")
    }
    let bySource = all.filter { !$0.sources.isEmpty }
    if !bySource.isEmpty {
      draft.note(
        .reading,
        "clients are in \(bySource.map { "`\($0.name)`" }.joined(separator: ", ")) by their address, "
          + "whatever the interface", at: bySource[0].sources[0].position)
    }
  }
}
