import ImportKit

/// Translates rules into the model's words.
struct WFRuleTranslator {
  let configuration: WFConfiguration
  let draft: PolicyDraft

  init(_ configuration: WFConfiguration, draft: PolicyDraft) {
    self.configuration = configuration
    self.draft = draft
  }

  func rule(_ rule: WFRule) -> [Rule] {
    var clauses: [Clause] = []
    if let never = rule.never { clauses.append(.never(never)) }
    clauses += services(rule)
    clauses += destinations(rule)
    if !rule.localAddresses.isEmpty {
      let terms = rule.localAddresses.compactMap { term($0, rule) }
      if !terms.contains(.any) { clauses.append(.source(EndpointList(terms))) }
    }
    switch WFPrograms.binding(program: rule.program, service: rule.service, package: rule.package) {
    case .none: break
    case .part(let name): clauses.append(.application([name]))
    case .foreign(let what): clauses.append(.never("for \(what), which is not Defender"))
    case .unknown(let what):
      clauses.append(
        .requires(
          draft.doubt(
            .unmodelled, "\(rule.words) is for the \(what), which is not understood",
            at: rule.position)))
    }
    let interfaces = rule.interfaces.filter { !["any", "all", ""].contains($0.lowercased()) }
    if !interfaces.isEmpty {
      clauses.append(
        .requires(
          draft.doubt(
            .interfaceBinding, "only by the interfaces \(interfaces.joined(separator: ", "))")))
    }
    clauses += rule.conditions.map { .requires($0) }
    guard let action = rule.action else {
      let text = "the action of the rule `\(rule.name)` is not in the export"
      return draft.eitherWay(
        make(rule, clauses, .allow), because: draft.doubt(.unresolved, text, at: rule.position))
    }
    switch action {
    case .allow: return [make(rule, clauses, .allow)]
    case .block: return [make(rule, clauses, .deny(.drop))]
    case .bypass:
      let secured = draft.doubt(
        .unmodelled, "overrides block rules, for connections that IPsec authenticates only")
      return [make(rule, clauses + [.requires(secured)], .allow)]
    }
  }

  private func make(_ rule: WFRule, _ clauses: [Clause], _ action: Action) -> Rule {
    Rule(
      name: rule.name.isEmpty ? rule.id ?? "rule" : rule.name, vendorID: rule.id,
      enabled: rule.enabled, match: Match(clauses), action: action, position: rule.position)
  }

  // MARK: Protocol and ports

  private func services(_ rule: WFRule) -> [Clause] {
    let number: UInt8?
    switch rule.protocol?.lowercased() {
    case nil, "any", "256", "": number = nil
    case "icmpv4": number = 1
    case let text?:
      guard let value = IPProtocol.number(of: text) else {
        return [
          .requires(
            draft.doubt(
              .unmodelled, "protocol `\(text)` in \(rule.words) is not known",
              at: rule.position))
        ]
      }
      number = value
    }
    var terms: [ServiceTerm] = []
    let remote = ports(rule.remotePorts, rule, &terms)
    let local = ports(rule.localPorts, rule, &terms)
    if remote.isFull, local.isFull, number == nil, terms.isEmpty { return [] }
    if !remote.isEmpty, !local.isEmpty {
      terms.insert(
        .service(Service(protocol: number, destinationPorts: remote, sourcePorts: local)), at: 0)
    }
    var clauses = [Clause.service(ServiceList(terms))]
    if let number, terms.count > 1 || remote.isEmpty {
      clauses.append(.service(ServiceList([.service(Service(protocol: number))])))
    }
    return clauses
  }

  /// Every port where nothing is listed; what is not a number becomes a condition in `terms`.
  private func ports(
    _ texts: [String], _ rule: WFRule, _ terms: inout [ServiceTerm]
  ) -> PortSet {
    let parts = texts.flatMap { $0.split(separator: ",") }
      .map { String($0.filter { $0 != " " }) }.filter { !$0.isEmpty }
    if parts.isEmpty || parts.contains(where: { ["any", "*"].contains($0.lowercased()) }) {
      return .full
    }
    var result = PortSet()
    for part in parts {
      if let set = PortSet(parsing: part) {
        result = result.union(set)
      } else {
        // Such as RPC, IPHTTPSOut, Teredo: ports that Windows keeps under a name.
        terms.append(
          .condition(draft.doubt(.unmodelled, "port keyword `\(part)`", at: rule.position)))
      }
    }
    return result
  }

  // MARK: Addresses

  /// Addresses and dynamic keywords are alternatives of one list.
  private func destinations(_ rule: WFRule) -> [Clause] {
    guard !rule.remoteAddresses.isEmpty || !rule.keywords.isEmpty else { return [] }
    var terms: [EndpointTerm] = []
    for address in rule.remoteAddresses {
      if let term = term(address, rule) { terms.append(term) }
    }
    if terms.contains(.any) { return [] }
    for id in rule.keywords { terms.append(keyword(id, rule)) }
    if terms.isEmpty { return [.never("for addresses of the local network only")] }
    return [.destination(EndpointList(terms))]
  }

  /// Keywords that stand for hosts beside the computer, none of them on the Internet.
  private static let localKeywords: Set<String> = [
    "localsubnet", "localsubnet4", "localsubnet6", "dns", "dhcp", "wins", "defaultgateway",
    "playtodevice", "ply2renders", "captiveportal",
  ]

  /// Nil for addresses that no host on the Internet can have.
  private func term(_ address: WFAddressText, _ rule: WFRule) -> EndpointTerm? {
    let text = address.text.filter { $0 != " " }
    switch text.lowercased() {
    case "any", "*":
      switch address.scope {
      case .both: return .any
      case .ipv4: return .addresses(AddressSet(v4: .full))
      case .ipv6: return .addresses(AddressSet(v4: IntervalSet(), v6: .full))
      }
    case "internet":
      let all = SpecialPurposeAddresses.internet
      switch address.scope {
      case .both: return .addresses(all)
      case .ipv4: return .addresses(AddressSet(v4: all.v4))
      case .ipv6: return .addresses(AddressSet(v4: IntervalSet(), v6: all.v6))
      }
    case "intranet", "rmtintranet", "intranetremoteaccess":
      return .condition(
        draft.doubt(
          .unresolved, "`\(text)`: the subnets of network isolation are not in the export",
          at: rule.position))
    case let word where Self.localKeywords.contains(word): return nil
    default: break
    }
    if let set = AddressSet(parsing: text) { return .addresses(set) }
    let what =
      TemplateMarker.isPresent(in: text)
      ? "address `\(text)` is an unfilled template marker" : "address `\(text)` is not readable"
    return .condition(draft.doubt(.unresolved, what, at: rule.position))
  }

  /// Source: learn.microsoft.com, "Windows Firewall dynamic keywords": an AutoResolve address holds a
  /// host name, or `*.` and a domain, whose addresses are learnt from the DNS answers that network
  /// protection sees. Whether the star includes the domain itself is not said.
  private func keyword(_ id: String, _ rule: WFRule) -> EndpointTerm {
    let key = id.lowercased().filter { $0 != "{" && $0 != "}" }
    if let known = draft.objects.endpoint(key) { return .object(known) }
    guard let found = configuration.keywords[key] else {
      let text = "dynamic keyword address \(id) is not in the export"
      return .condition(draft.doubt(.unresolved, text, at: rule.position))
    }
    let number = draft.objects.addEndpoint(
      id: key, name: found.keyword, kind: "dynamic keyword address", position: found.position)
    var terms: [EndpointTerm] = []
    if found.autoResolves {
      if found.keyword.hasPrefix("*."), let host = HostName(found.keyword.dropFirst(2)) {
        terms = [.host(.subdomains(host), .resolved), .host(.exact(host), .doubtful)]
      } else if let host = HostName(found.keyword) {
        terms = [.host(.exact(host), .resolved)]
      } else {
        terms = [
          draft.oddHost(found.keyword, in: "a dynamic keyword address", at: found.position)
        ]
      }
    } else {
      terms = found.addresses.flatMap { $0.split(separator: ",") }
        .compactMap { term(WFAddressText(String($0)), rule) }
    }
    var list = EndpointList(terms)
    if let doubt = found.doubt {
      list.terms.append(.condition(doubt))
      list.exceptions.append(.condition(doubt))
    }
    draft.objects.setEndpoint(number, list)
    return .object(number)
  }
}
