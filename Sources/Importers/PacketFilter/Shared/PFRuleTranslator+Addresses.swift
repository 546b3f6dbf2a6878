import ImportKit

/// Addresses and ports of rules.
extension PFRuleTranslator {
  enum Addressing {
    case clauses([Clause])
    /// The product writes no pf rule for it.
    case notLoaded(String)
  }

  /// - Parameter isTurned: for packets from the server, told from the client's view: what the rule
  ///   calls its source is where the client connects to, and the other way round.
  func addressing(_ rule: PFRule, isTurned: Bool = false) -> Addressing {
    var clauses: [Clause] = []
    for (side, isSource) in [(rule.source, !isTurned), (rule.destination, isTurned)] {
      switch endpoints(side, isSource: isSource) {
      case .any: break
      case .list(let list): clauses.append(isSource ? .source(list) : .destination(list))
      case .notLoaded(let why): return .notLoaded(why)
      }
    }
    return .clauses(clauses + services(rule, isTurned: isTurned).map { .service($0) })
  }

  private enum EndpointResult {
    case any
    case list(EndpointList)
    case notLoaded(String)
  }

  private func endpoints(_ side: PFRule.Side, isSource: Bool) -> EndpointResult {
    guard let items = side.items else {
      return .notLoaded("the \(isSource ? "source" : "destination") names nothing")
    }
    if dialect == .pfSense, case .network(let text)? = items.first,
      AddressSet(parsing: text) != nil
    {
      let why = "`\(text)` is not a word for a network; pfSense leaves the rule out"
      draft.note(.unresolved, why, at: SourcePosition(line: side.line))
      return .notLoaded(why)
    }
    let terms = items.map { term($0, side: side, isSource: isSource) }
    // Neither product negates `any` (filter_generate_address; Rule.php, mapAddressInfo).
    if terms.contains(.any) { return .any }
    switch side.isNegated {
    case .off: return .list(EndpointList(terms))
    case .on:
      return .list(terms.count == 1 ? EndpointList(terms, negated: true) : anyNegation(of: terms))
    case .unknown(let word):
      let text = "whether \(Self.text(items)) is negated: `not` is `\(word)`"
      return .list(
        EndpointList([
          .condition(draft.doubt(.unmodelled, text, at: SourcePosition(line: side.line)))
        ]))
    }
  }

  private static func text(_ items: [PFRule.Side.Item]) -> String {
    let words = items.map { item in
      switch item {
      case .any: "any"
      case .network(let text): "network `\(text)`"
      case .address(let text), .name(let text): "address `\(text)`"
      }
    }
    return words.joined(separator: ", ")
  }

  /// "not A" or "not B": OPNsense makes a rule of each entry of a list before it negates, so that a
  /// negated list holds everything but what is in all its entries. Source: opnsense/core,
  /// Rule.php, `reader` and `mapAddressInfo`.
  private func anyNegation(of terms: [EndpointTerm]) -> EndpointList {
    var common: AddressSet?
    var negations: [EndpointTerm] = []
    for term in terms {
      if case .addresses(let set) = term {
        common = common.map { $0.intersection(set) } ?? set
      } else {
        negations.append(negation(of: term))
      }
    }
    if let common {
      if common.isEmpty { return EndpointList([.any]) }
      negations.insert(negation(of: .addresses(common)), at: 0)
    }
    return EndpointList(negations)
  }

  private func negation(of term: EndpointTerm) -> EndpointTerm {
    let id: String
    switch term {
    case .object(let number): id = "not \(draft.objects.endpoints[number].id)"
    case .addresses(let set): id = "not \(set.texts.joined(separator: " "))"
    case .condition(let condition): id = "not \(condition.kind.rawValue) \(condition.detail)"
    default: id = "not \(term)"
    }
    if let known = draft.objects.endpoint(id) { return .object(known) }
    let number = draft.objects.addEndpoint(id: id, name: id, kind: "negation", position: nil)
    draft.objects.setEndpoint(number, EndpointList([term], negated: true))
    return .object(number)
  }

  /// One entry of a side.
  ///
  /// Both products leave out a rule whose entry they cannot resolve; whether the device could, where
  /// the export cannot, is open.
  private func term(
    _ item: PFRule.Side.Item, side: PFRule.Side, isSource: Bool
  ) -> EndpointTerm {
    let text: String
    var isWord = false
    switch item {
    case .any: return .any
    case .network(let name):
      text = name
      if dialect == .opnSense, name == "any" { return .any }
      if let found = networkTerm(name, isSource: isSource) { return found }
      // pfSense knows only words here; OPNsense whatever an address may be.
      isWord = dialect == .pfSense
    case .address(let name):
      text = name
      if dialect == .opnSense, name == "any" { return .any }
    case .name(let name):
      text = name
      if name == "any" { return .any }
      if let found = networkTerm(name, isSource: isSource) { return found }
    }
    if !isWord, let found = addressTerm(text, isNegated: side.isNegated != .off) { return found }
    let position = SourcePosition(line: side.line)
    let what =
      TemplateMarker.isPresent(in: text)
      ? "is an unfilled template marker"
      : isWord ? "is not a word for a network" : "is neither an address nor an alias of the export"
    return .condition(
      draft.doubt(
        .unresolved,
        "`\(text)` \(what); \(dialect.product) leaves out a rule that it cannot resolve",
        at: position))
  }

  private func addressTerm(_ text: String, isNegated: Bool) -> EndpointTerm? {
    if let set = AddressSet(parsing: text) { return .addresses(set) }
    guard let object = aliases.addressObject(text) else { return nil }
    if isNegated, aliases.isDisabled(text) {
      return .condition(
        draft.doubt(
          .unresolved, "alias `\(text)` is switched off, and the rule means what is not in it"))
    }
    return .object(object)
  }

  /// A word for the firewall's own networks: `lan`, `wanip`, `(self)`, a VPN or group. As a
  /// destination the firewall's own addresses and the networks attached to it are never an Internet
  /// host.
  private func networkTerm(_ text: String, isSource: Bool) -> EndpointTerm? {
    if text == "(self)" {
      return .addresses(isSource ? interfaces.ownAddresses : AddressSet())
    }
    // OPNsense offers the network of every interface as an alias of its own, too.
    let name =
      dialect == .opnSense && text.hasPrefix("__") && text.hasSuffix("_network")
      ? String(text.dropFirst(2).dropLast(8)) : text
    if let interface = interfaces.interface(name) {
      guard isSource else { return .addresses(AddressSet()) }
      return sourceTerm(
        interface.networks, of: interface,
        open: "network of interface `\(name)`: its address is not in the export")
    }
    if name.hasSuffix("ip"), let interface = interfaces.interface(String(name.dropLast(2))) {
      guard isSource else { return .addresses(AddressSet()) }
      return sourceTerm(
        interface.addresses, of: interface,
        open: "address of interface `\(interface.key)` is not in the export")
    }
    if interfaces.isGroup(name) {
      if let networks = interfaces.networks(ofGroup: name) {
        return .addresses(isSource ? networks : AddressSet())
      }
      return .condition(
        draft.doubt(.unresolved, "networks of `\(name)` are not in the export"))
    }
    return nil
  }

  /// What is known of an interface's addresses, and a doubt in the families where they are assigned
  /// at run time.
  private func sourceTerm(
    _ known: AddressSet?, of interface: PFInterfaces.Interface, open text: String
  ) -> EndpointTerm {
    let doubt = { EndpointTerm.condition(draft.doubt(.unresolved, text)) }
    guard let known else { return doubt() }
    let open = interface.openFamilies.filter { known.isEmpty(in: $0) }
    guard let family = open.first else { return .addresses(known) }
    let id = "\(text) (\(family.rawValue))"
    if let number = draft.objects.endpoint(id) { return .object(number) }
    // The doubt is taken out of the family that is known.
    let settled =
      family == .ipv4
      ? AddressSet(v4: IntervalSet(), v6: .full) : AddressSet(v4: .full, v6: IntervalSet())
    let inner = draft.objects.addEndpoint(
      id: "doubt about \(id)", name: interface.key, kind: "interface", position: nil)
    draft.objects.setEndpoint(inner, EndpointList([doubt()], except: [.addresses(settled)]))
    let number = draft.objects.addEndpoint(
      id: id, name: interface.key, kind: "interface", position: nil)
    draft.objects.setEndpoint(number, EndpointList([.addresses(known), .object(inner)]))
    return .object(number)
  }

  // MARK: Protocols and ports

  /// Ports count for protocols that have ports only.
  private func services(_ rule: PFRule, isTurned: Bool) -> [ServiceList] {
    let position = rule.position
    // A list of protocols is divided at commas (OPNsense, Rule.php, parseReplaceSimple).
    let words = rule.protocol.split(separator: ",").map(String.init)
    var numbers: [UInt8] = []
    var unknown: ServiceTerm?
    for word in words {
      switch word {
      case "any": return []
      case "tcp/udp": numbers += [Service.tcpNumber, Service.udpNumber]
      default:
        guard let number = IPProtocol.number(of: word) else {
          unknown = .condition(
            draft.doubt(
              .unmodelled, "protocol `\(word)` in \(PFRule.words(rule.name)) is not known",
              at: position))
          continue
        }
        numbers.append(number)
      }
    }
    guard !numbers.isEmpty || unknown != nil else { return [] }
    var lists = [
      ServiceList(
        numbers.map { .service(Service(protocol: $0)) } + (unknown.map { [$0] } ?? []))
    ]
    // What a rule says of ports of other protocols says nothing about TCP; if one that is not known
    // should be TCP, its ports count.
    guard
      unknown != nil || numbers.contains(Service.tcpNumber) || numbers.contains(Service.udpNumber)
    else { return lists }
    func open(_ side: PFRule.Side, _ name: String) -> ServiceList {
      ServiceList([
        .condition(
          draft.doubt(
            .unresolved,
            "\(name) port `\(side.port)` is neither a port nor an alias of the export; "
              + "\(dialect.product) leaves out a rule that it cannot resolve",
            at: SourcePosition(line: side.line)))
      ])
    }
    for (side, name, isSource) in [
      (rule.destination, "destination", isTurned), (rule.source, "source", !isTurned),
    ] {
      switch aliases.ports(side.port) {
      case .set(let ports):
        if ports.isFull { continue }
        lists.append(ServiceList([Self.service(ports, isSource: isSource)]))
      case .object(let object):
        guard isSource else {
          lists.append(ServiceList([.object(object)]))
          continue
        }
        guard let ports = aliases.settledPorts(side.port) else {
          lists.append(
            ServiceList([
              .condition(
                draft.doubt(
                  .unresolved, "\(name) ports `\(side.port)` are open",
                  at: SourcePosition(line: side.line)))
            ]))
          continue
        }
        lists.append(ServiceList([Self.service(ports, isSource: true)]))
      case .unresolvable: lists.append(open(side, name))
      }
    }
    return lists
  }

  private static func service(_ ports: PortSet, isSource: Bool) -> ServiceTerm {
    .service(
      Service(
        protocol: nil, destinationPorts: isSource ? .full : ports,
        sourcePorts: isSource ? ports : .full))
  }
}
