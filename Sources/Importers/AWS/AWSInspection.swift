import ImportKit

/// Which TLS connections a firewall policy decrypts.
///
/// Source: docs.aws.amazon.com, Network Firewall developer guide, "TLS inspection configuration
/// settings": scopes say what is decrypted; a certificate authority makes it outbound inspection.
struct AWSInspection {
  let documents: AWSDocuments
  let draft: PolicyDraft

  /// Nil where the policy decrypts nothing.
  func table(for policy: AWSItem) -> Table? {
    let reference = policy.member("TLSInspectionConfigurationArn")
    if case .null = reference { return nil }
    let place = policy.position(of: policy.value["TLSInspectionConfigurationArn"] ?? policy.value)
    let found = documents.inspections.first { item in
      AWSDocuments.matches(
        item, reference, keys: ["TLSInspectionConfigurationName", "TLSInspectionConfigurationArn"])
        || item.object("TLSInspectionConfigurationResponse").map { response in
          AWSDocuments.matches(
            response, reference,
            keys: ["TLSInspectionConfigurationArn", "TLSInspectionConfigurationName"])
        } ?? false
    }
    var rules: [Rule] = []
    if let found {
      let list = found.object("TLSInspectionConfiguration")?.items(
        "ServerCertificateConfigurations")
      for configuration in list ?? [] {
        if case .null = configuration.member("CertificateAuthorityArn") { continue }
        for scope in configuration.items("Scopes") {
          rules.append(rule(scope))
        }
      }
    } else {
      let what = "the TLS inspection configuration of the policy is not in the export"
      let doubt = draft.doubt(
        .missingPart,
        what + "; give aws network-firewall describe-tls-inspection-configuration as well",
        at: place)
      rules.append(
        Rule(
          name: "TLS inspection", match: Match([.requires(doubt)]),
          action: .inspect, origin: .implied, position: place))
    }
    guard !rules.isEmpty else { return nil }
    return Table(
      name: "TLS inspection", kind: .inspection, rules: rules,
      defaultAction: DefaultAction(.deny, name: "not decrypted"))
  }

  private func rule(_ scope: AWSItem) -> Rule {
    var clauses: [Clause] = []
    for (key, isSource) in [("Sources", true), ("Destinations", false)] {
      let list = scope.list(key)
      var terms = list.items.map { item in
        item.text("AddressDefinition").map {
          AWSVariables.address($0, at: scope.position, in: draft)
        } ?? open("an address of the TLS inspection is not in the export", scope.position)
      }
      if list.isOpen {
        terms.append(open("`\(key)` of the TLS inspection is not known", scope.position))
      }
      if terms.isEmpty || terms.contains(.any) { continue }
      clauses.append(isSource ? .source(EndpointList(terms)) : .destination(EndpointList(terms)))
    }
    var ports = PortSet()
    for item in scope.items("DestinationPorts") {
      guard let low = item.number("FromPort").flatMap({ UInt16(exactly: $0) }),
        let high = item.number("ToPort").flatMap({ UInt16(exactly: $0) }), low <= high
      else {
        clauses.append(
          .requires(
            draft.doubt(.unresolved, "ports of the TLS inspection are not known", at: item.position)
          ))
        ports = .full
        continue
      }
      ports = ports.union(PortSet(low...high))
    }
    if !ports.isEmpty, !ports.isFull {
      clauses.append(.service(ServiceList([.service(.tcp(ports))])))
    }
    let known: IrrelevantMembers = ["Protocols": "TCP is all that there is"]
    if let left = scope.unread(of: "the TLS inspection", ignoring: known, in: draft) {
      clauses.append(.requires(left))
    }
    return Rule(
      name: "TLS inspection scope", match: Match(clauses), action: .inspect,
      position: scope.position)
  }

  private func open(_ what: String, _ position: SourcePosition) -> EndpointTerm {
    .condition(draft.doubt(.unresolved, what, at: position))
  }
}
