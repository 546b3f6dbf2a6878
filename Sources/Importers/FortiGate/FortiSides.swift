import ImportKit

/// Sources, destinations and services of a policy, for each address family.
extension FortiRules {
  /// The clauses for one address family.
  struct Family {
    var clauses: [Clause]
  }

  struct Side {
    let space: FortiObjects.Space
    let family: AddressFamily
    let source: String
    let target: String
    let service: String
  }

  mutating func families(of policy: FortiEntry, kind: Kind) -> [Family] {
    let sides: [Side]
    if kind == .policy6 {
      sides = [Side(space: .v6, family: .ipv6, source: "srcaddr", target: "dstaddr", service: "")]
    } else {
      let consolidated = policy.has("srcaddr4") || policy.has("dstaddr4")
      sides = [
        Side(
          space: .v4, family: .ipv4, source: consolidated ? "srcaddr4" : "srcaddr",
          target: consolidated ? "dstaddr4" : "dstaddr", service: "internet-service"),
        Side(
          space: .v6, family: .ipv6, source: "srcaddr6", target: "dstaddr6",
          service: "internet-service6"),
      ]
    }
    var result: [Family] = []
    for side in sides {
      if let clauses = clauses(for: side, of: policy) { result.append(Family(clauses: clauses)) }
    }
    if result.isEmpty {
      let missing = draft.doubt(
        .unresolved, "the policy has no source or no destination in the export",
        at: policy.position)
      result = [Family(clauses: [.requires(missing)] + serviceClauses(policy, byInternet: false))]
    }
    return result
  }

  /// Nil where the policy says nothing about the family.
  mutating func clauses(for side: Side, of policy: FortiEntry) -> [Clause]? {
    let sources = policy.names(side.source)
    let targets = policy.names(side.target)
    let six = side.service == "internet-service6"
    let byInternet =
      !side.service.isEmpty && policy.isOn(six ? "internet-service6" : "internet-service")
    let fromInternet =
      !side.service.isEmpty && policy.isOn(six ? "internet-service6-src" : "internet-service-src")
    guard byInternet || !targets.isEmpty, fromInternet || !sources.isEmpty else { return nil }
    var clauses: [Clause] = [.family(side.family)]
    if fromInternet {
      let negated = policy.flag(
        six ? "internet-service6-src-negate" : "internet-service-src-negate")
      let terms = internetServices(policy, six: six, source: true)
      clauses.append(sided(terms, negated: negated, isSource: true, policy))
    } else {
      let negated = self.negated(policy, "srcaddr", six: six)
      let terms = sources.map { objects.address($0, side.space, at: policy.position) }
      if negated != false || !terms.contains(.any) {
        clauses.append(sided(terms, negated: negated, isSource: true, policy))
      }
    }
    if byInternet {
      // "When enabled, destination address and service are not used." Source: docs.fortinet.com,
      // FortiOS CLI Reference, config firewall policy, internet-service.
      policy.ignore("dstaddr", "dstaddr6", "service", "service-negate", "dstaddr-negate")
      let negated = policy.flag(six ? "internet-service6-negate" : "internet-service-negate")
      let terms = internetServices(policy, six: six, source: false)
      clauses.append(sided(terms, negated: negated, isSource: false, policy))
    } else {
      let negated = self.negated(policy, "dstaddr", six: six)
      let terms = targets.map { objects.address($0, side.space, at: policy.position) }
      if negated != false || !terms.contains(.any) {
        clauses.append(sided(terms, negated: negated, isSource: false, policy))
      }
    }
    return clauses + serviceClauses(policy, byInternet: byInternet)
  }

  /// Nil where a switch is neither on nor off.
  func negated(_ policy: FortiEntry, _ name: String, six: Bool) -> Bool? {
    guard let plain = policy.flag("\(name)-negate") else { return nil }
    guard six else { return plain }
    guard let own = policy.flag("\(name)6-negate") else { return nil }
    return plain || own
  }

  /// A side of which it is not known whether it is negated may be anything.
  func sided(
    _ terms: [EndpointTerm], negated: Bool?, isSource: Bool, _ policy: FortiEntry
  ) -> Clause {
    guard let negated else {
      return .requires(
        draft.doubt(
          .unmodelled, "whether a side of policy \(Self.title(policy)) is negated is not readable",
          at: policy.position))
    }
    let list = EndpointList(terms, negated: negated)
    return isSource ? .source(list) : .destination(list)
  }

  /// Lists of addresses and ports that Fortinet maintains, by whatever setting names them.
  mutating func internetServices(
    _ policy: FortiEntry, six: Bool, source: Bool
  ) -> [EndpointTerm] {
    let names: [String] =
      switch (six, source) {
      case (false, false):
        [
          "internet-service-name", "internet-service-id", "internet-service-group",
          "internet-service-fortiguard",
        ]
      case (false, true):
        [
          "internet-service-src-name", "internet-service-src-id", "internet-service-src-group",
          "internet-service-src-fortiguard",
        ]
      case (true, false):
        ["internet-service6-name", "internet-service6-group", "internet-service6-fortiguard"]
      case (true, true):
        [
          "internet-service6-src-name", "internet-service6-src-group",
          "internet-service6-src-fortiguard",
        ]
      }
    let custom: [String] =
      switch (six, source) {
      case (false, false): ["internet-service-custom", "internet-service-custom-group"]
      case (false, true): ["internet-service-src-custom", "internet-service-src-custom-group"]
      case (true, false): ["internet-service6-custom", "internet-service6-custom-group"]
      case (true, true): ["internet-service6-src-custom", "internet-service6-src-custom-group"]
      }
    var terms: [EndpointTerm] = names.flatMap { policy.names($0) }
      .map { .tag("internet service \($0)") }
    for name in custom.flatMap({ policy.names($0) }) {
      terms.append(
        .condition(
          draft.doubt(
            .unmodelled, "custom Internet service `\(name)`: pairs of addresses and ports",
            at: policy.position)))
    }
    if terms.isEmpty {
      terms = [
        .condition(
          draft.doubt(.unresolved, "the policy names no Internet service", at: policy.position))
      ]
    }
    return terms
  }

  mutating func serviceClauses(_ policy: FortiEntry, byInternet: Bool) -> [Clause] {
    guard !byInternet else { return [] }
    let names = policy.names("service").filter { $0 != "App Default" }
    guard !names.isEmpty else {
      guard policy.json != nil, !policy.has("service"), !policy.has("application") else {
        return []
      }
      return [
        .requires(
          draft.doubt(
            .unresolved, "policy \(Self.title(policy)) has no `service` in the export",
            at: policy.position))
      ]
    }
    let terms = names.map { objects.service($0, at: policy.position) }
    guard let negated = policy.flag("service-negate") else {
      return [
        .requires(
          draft.doubt(
            .unmodelled,
            "whether the services of policy \(Self.title(policy)) are negated is not readable",
            at: policy.position))
      ]
    }
    if terms.contains(.any), !negated { return [] }
    return [.service(ServiceList(terms, negated: negated))]
  }
}
