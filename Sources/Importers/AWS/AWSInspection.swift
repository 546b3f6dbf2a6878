import ImportKit

/// Which TLS connections a firewall policy decrypts.
///
/// Source: docs.aws.amazon.com, Network Firewall developer guide, "TLS inspection configuration
/// settings": scopes say what is decrypted; a certificate authority makes it outbound inspection.
struct AWSInspection {
  private let documents: AWSDocuments

  init(_ documents: AWSDocuments) { self.documents = documents }

  /// Nil where the policy decrypts nothing.
  func table(for policy: AWSItem, notes: inout [Note]) -> Table? {
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
          rules.append(rule(scope, notes: &notes))
        }
      }
    } else {
      let what = "the TLS inspection configuration of the policy is not in the export"
      notes.append(
        Note(
          .completeness,
          what + "; give aws network-firewall describe-tls-inspection-configuration "
            + "as well", at: place))
      rules.append(
        Rule(
          name: "TLS inspection", match: Match([.requires(Condition(.unresolved, what))]),
          action: .inspect, origin: .implied, position: place))
    }
    guard !rules.isEmpty else { return nil }
    return Table(
      name: "TLS inspection", kind: .inspection, rules: rules,
      defaultAction: DefaultAction(.deny, name: "not decrypted"))
  }

  private func rule(_ scope: AWSItem, notes: inout [Note]) -> Rule {
    var clauses: [Clause] = []
    for (key, isSource) in [("Sources", true), ("Destinations", false)] {
      var terms: [EndpointTerm] = []
      for item in scope.items(key) {
        terms.append(
          item.text("AddressDefinition").map {
            AWSVariables.address($0, at: scope.position, notes: &notes)
          } ?? .condition(Condition(.unresolved, "an address that is not in the export")))
      }
      if terms.isEmpty || terms.contains(.any) { continue }
      clauses.append(isSource ? .source(EndpointList(terms)) : .destination(EndpointList(terms)))
    }
    var ports = PortSet()
    for item in scope.items("DestinationPorts") {
      guard let low = item.number("FromPort").flatMap({ UInt16(exactly: $0) }),
        let high = item.number("ToPort").flatMap({ UInt16(exactly: $0) }), low <= high
      else { continue }
      ports = ports.union(PortSet(low...high))
    }
    if !ports.isEmpty, !ports.isFull {
      clauses.append(.service(ServiceList([.service(.tcp(ports))])))
    }
    return Rule(
      name: "TLS inspection scope", match: Match(clauses), action: .inspect,
      position: scope.position)
  }
}
