import ImportKit

/// SSL/SSH inspection profiles: which of them decrypt, and what they exempt.
struct FortiInspection {
  /// What a profile does with TLS.
  enum Level: Equatable {
    /// It does not look at TLS at all.
    case none
    /// It reads names and certificates.
    case certificate
    /// It decrypts, as the table of this name says.
    case deep(table: String)
    /// The export does not tell; perhaps it decrypts.
    case unknown(String)
  }

  private(set) var tables: [Table] = []
  private var known: [String: Level] = [:]

  var decrypts: Bool {
    known.values.contains { level in
      switch level {
      case .deep, .unknown: true
      case .none, .certificate: false
      }
    }
  }

  mutating func level(
    of profile: String?, at policy: FortiEntry, objects: inout FortiObjects
  ) -> Level {
    guard let profile, !profile.isEmpty else { return .none }
    if let level = known[profile] { return level }
    let level = read(profile, at: policy, objects: &objects)
    known[profile] = level
    return level
  }

  private mutating func read(
    _ profile: String, at policy: FortiEntry, objects: inout FortiObjects
  ) -> Level {
    guard let entry = objects.find(profile, in: "firewall ssl-ssh-profile") else {
      // Three profiles come with every unit and are read-only.
      switch profile {
      case "no-inspection": return .none
      case "certificate-inspection": return .certificate
      case "deep-inspection", "custom-deep-inspection":
        return .unknown("`\(profile)` decrypts but for its exemptions, which are not in the export")
      default:
        return .unknown("SSL inspection profile `\(profile)` is not in the export")
      }
    }
    let ssl = entry.object("ssl")
    let all = ssl?.word("inspect-all") ?? "disable"
    let https = entry.object("https")
    let status = https?.word("status") ?? Self.factoryStatus(of: profile)
    // A word that is not one of these leaves open whether it decrypts.
    let words = ["disable", "certificate-inspection", "deep-inspection", "enable"]
    for (group, name) in [(ssl, "inspect-all"), (https, "status")] {
      guard let group, group.has(name) else { continue }
      if !words.contains(group.word(name) ?? "") {
        return .unknown("SSL inspection profile `\(profile)`: `\(name)` is not readable")
      }
    }
    for group in [ssl, https].compactMap({ $0 }) {
      if group.leftOver(
        "SSL inspection profile `\(profile)`", objects.draft, ignoring: Self.irrelevant) != nil
      {
        return .unknown("SSL inspection profile `\(profile)` has settings that are not understood")
      }
    }
    let certificateMode = entry.word("server-cert-mode")
    _ = entry.list("ssl-exempt")
    entry.ignore("allowlist", "whitelist")
    if entry.leftOver(
      "SSL inspection profile `\(profile)`", objects.draft, ignoring: Self.irrelevant) != nil
    {
      return .unknown("SSL inspection profile `\(profile)` has settings that are not understood")
    }
    if entry.object("ssl")?.isNumber("inspect-all") ?? false || https?.isNumber("status") ?? false {
      return .unknown("SSL inspection profile `\(profile)` is written in numbers")
    }
    if certificateMode == "replace" {
      // It shows the certificate of one's own server: meant for traffic from outside.
      return .certificate
    }
    guard all == "deep-inspection" || status == "deep-inspection" else {
      return status == "certificate-inspection" || all == "certificate-inspection"
        ? .certificate : .none
    }
    var ports = PortSet()
    for text in https?.values("ports") ?? [] {
      if let set = PortSet(parsing: text) { ports = ports.union(set) }
    }
    if ports.isEmpty { ports = PortSet(443) }
    let name = "SSL inspection \(profile)"
    var rules = exemptions(of: entry, objects: &objects)
    rules.append(
      Rule(
        name: "deep inspection",
        match: Match(
          all == "deep-inspection" ? [] : [.service(ServiceList([.service(.tcp(ports))]))]),
        action: .inspect, origin: .implied, position: entry.position))
    tables.append(
      Table(
        name: name, kind: .inspection, rules: rules,
        defaultAction: DefaultAction(.deny, name: "not decrypted", position: entry.position)))
    return .deep(table: name)
  }

  /// Settings of profiles that do not tell whether a flow is decrypted.
  private static let irrelevant = FortiIrrelevant.common.union(
    IrrelevantMembers([
      (
        "what happens to servers and clients with faults in their certificates or TLS",
        [
          "allow-invalid-server-cert", "cert-probe-failure", "cert-validation-failure",
          "cert-validation-timeout", "client-cert-request", "client-certificate",
          "encrypted-client-hello", "expired-server-cert", "invalid-server-cert",
          "min-allowed-ssl-version", "revoked-server-cert", "sni-server-cert-check",
          "unsupported-ssl", "unsupported-ssl-cipher", "unsupported-ssl-negotiation",
          "unsupported-ssl-version", "untrusted-cert", "untrusted-server-cert",
          "block-blacklisted-certificates", "block-blocklisted-certificates", "ech-outer-sni",
        ]
      ),
      (
        "other protocols than HTTPS",
        [
          "ftps", "imaps", "pop3s", "smtps", "ssh", "dot", "quic", "udp-not-quic", "ports",
          "mapi-over-https", "rpc-over-https", "proxy-after-tcp-handshake",
        ]
      ),
      (
        "certificates that are shown, and logging",
        [
          "caname", "untrusted-caname", "server-cert", "ssl-anomalies-log", "ssl-anomaly-log",
          "ssl-exemption-ip-rating", "ssl-exemption-log", "ssl-exemptions-log",
          "ssl-handshake-log", "ssl-negotiation-log", "ssl-server-cert-log", "ssl-server",
          "use-ssl-server", "supported-alpn",
        ]
      ),
    ]))

  /// What `config https` says where the text leaves it out.
  private static func factoryStatus(of profile: String) -> String {
    switch profile {
    case "no-inspection": "disable"
    case "certificate-inspection": "certificate-inspection"
    default: "deep-inspection"
    }
  }

  private func exemptions(of entry: FortiEntry, objects: inout FortiObjects) -> [Rule] {
    var rules: [Rule] = []
    for item in entry.list("ssl-exempt") {
      let term: EndpointTerm
      switch item.word("type") ?? "fortiguard-category" {
      case "fortiguard-category":
        rules.append(
          exemption(item, FortiCategories.terms(item.word("fortiguard-category") ?? "0"), objects))
        continue
      case "address":
        term = objects.address(item.word("address") ?? "", .v4, at: item.position)
      case "address6":
        term = objects.address(item.word("address6") ?? "", .v6, at: item.position)
      case "wildcard-fqdn": term = wildcardFQDN(item.word("wildcard-fqdn") ?? "", item, &objects)
      case "regex":
        let text = item.word("regex") ?? ""
        if let regex = try? RegularExpression(text) {
          term = .host(.regex(regex), .observed)
        } else {
          term = .condition(
            objects.doubt(.unmodelled, "exemption by the expression `\(text)`", at: item.position))
        }
      case let other:
        term = .condition(
          objects.doubt(.unmodelled, "exemption of the kind `\(other)`", at: item.position))
      }
      rules.append(exemption(item, [term], objects))
    }
    if entry.isOn("allowlist") || entry.isOn("whitelist") {
      rules.append(
        Rule(
          name: "reputable sites",
          match: Match([
            .requires(
              objects.doubt(
                .externalList,
                "sites that FortiGuard lists as reputable are exempt; the list is "
                  + "not in the export"))
          ]), action: .bypass, origin: .implied, position: entry.position))
    }
    return rules
  }

  private func exemption(
    _ item: FortiEntry, _ terms: [EndpointTerm], _ objects: FortiObjects
  ) -> Rule {
    item.ignore("fortiguard-category", "address", "address6", "wildcard-fqdn", "regex", "type")
    let left = item.leftOver(
      "exemption \(item.key)", objects.draft, ignoring: FortiIrrelevant.common)
    return Rule(
      name: "exemption \(item.key)", vendorID: item.key,
      match: Match(
        [.destination(EndpointList(terms))] + (left.map { [.requires($0)] } ?? [])),
      action: .bypass, origin: .implied, position: item.position)
  }

  /// Objects for exemptions are compared with the name of the server, not with addresses.
  private func wildcardFQDN(
    _ name: String, _ item: FortiEntry, _ objects: inout FortiObjects
  ) -> EndpointTerm {
    let id = "wildcard-fqdn/\(name)"
    if let known = objects.draft.objects.endpoint(id) { return .object(known) }
    if let entry = objects.find(name, in: "firewall wildcard-fqdn custom") {
      let number = objects.draft.objects.addEndpoint(
        id: id, name: name, kind: "wildcard FQDN", position: entry.position)
      let text = entry.word("wildcard-fqdn") ?? ""
      objects.draft.objects.setEndpoint(
        number,
        EndpointList([
          FortiNames.wildcardFQDN(text).map { .host($0, .observed) }
            ?? objects.draft.oddHost(text, in: "wildcard FQDN `\(name)`", at: entry.position)
        ]))
      return .object(number)
    }
    if let entry = objects.find(name, in: "firewall wildcard-fqdn group") {
      let number = objects.draft.objects.addEndpoint(
        id: id, name: name, kind: "wildcard FQDN group", position: entry.position)
      // Groups of these hold objects only, so this goes one level deep.
      let members = entry.names("member").filter { $0 != name }
      objects.draft.objects.setEndpoint(
        number,
        EndpointList(
          members.map { member in
            objects.find(member, in: "firewall wildcard-fqdn custom") == nil
              ? .condition(
                objects.doubt(
                  .unresolved, "wildcard FQDN `\(member)` is not in the export",
                  at: entry.position))
              : wildcardFQDN(member, item, &objects)
          }))
      return .object(number)
    }
    return .condition(
      objects.doubt(
        .unresolved, "wildcard FQDN `\(name)` is not in the export", at: item.position))
  }
}
