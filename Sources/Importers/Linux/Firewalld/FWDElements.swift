import ImportKit

/// Translates the elements of zones and policies into rules, in the order in which they act.
///
/// Order: firewalld.richlanguage(5): rules with a negative priority, then logging, then rules that
/// deny, then those that allow (with services and ports), then rules with a positive priority.
/// Rules of equal priority have no order among themselves that the product promises; the file's is
/// kept.
struct FWDElements {
  let configuration: FWDConfiguration
  private let draft: PolicyDraft

  init(_ configuration: FWDConfiguration, draft: PolicyDraft) {
    self.configuration = configuration
    self.draft = draft
  }

  mutating func rules(_ elements: [FWDConfiguration.Element]) -> [Rule] {
    let ordered = elements.enumerated().sorted { left, right in
      let first = Self.rank(left.element)
      let second = Self.rank(right.element)
      return first == second ? left.offset < right.offset : first < second
    }
    return ordered.flatMap { rules($0.element) }
  }

  /// Where an element acts: before all (negative), in the middle by what it does, at the end.
  private static func rank(_ element: FWDConfiguration.Element) -> (Int, Int) {
    if element.priority != 0 { return (element.priority, 0) }
    switch element.verdict {
    case .none: return (0, 0)
    case .reject, .drop, .open: return (0, 1)
    case .accept: return (0, 2)
    }
  }

  private mutating func rules(_ element: FWDConfiguration.Element) -> [Rule] {
    var base: [Clause] = element.doubts.map { .requires($0) }
    if let word = element.family, !word.isEmpty {
      if let family = AddressFamily(rawValue: word.lowercased()) {
        base.append(.family(family))
      } else {
        base.append(
          .requires(draft.doubt(.unresolved, "family `\(word)` is not known", at: element.position))
        )
      }
    }
    if let source = element.source { base += clauses(source, isSource: true, at: element.position) }
    if let destination = element.destination {
      base += clauses(destination, isSource: false, at: element.position)
    }
    if let limit = element.limit, element.verdict != .none {
      base.append(
        .requires(draft.doubt(.unmodelled, "holds up to \(limit) only", at: element.position)))
    }
    let action: Action =
      switch element.verdict {
      case .accept: .allow
      case .reject: .deny(.reject)
      case .drop: .deny(.drop)
      case .none: .continue
      case .open: .allow
      }
    // One element of the file stays one rule, however many services it brings.
    let made = alternatives(element).enumerated().map { number, part in
      Rule(
        name: element.isRich ? "rich rule, \(part.name)" : part.name,
        match: Match(base + part.clauses), action: action,
        origin: number == 0 ? .written : .implied, position: element.position)
    }
    // What leaves open whether a rule that denies applies is in its match already.
    guard element.verdict == .open || (element.verdict == .none && !element.doubts.isEmpty) else {
      return made
    }
    let doubt = draft.doubt(
      .unmodelled,
      "an element of a zone or policy is not understood, and may accept as well as deny",
      at: element.position)
    return made.flatMap { draft.eitherWay($0, because: doubt) }
  }

  /// What an element asks of the packet; several where a service has several destinations.
  private mutating func alternatives(
    _ element: FWDConfiguration.Element
  ) -> [(name: String, clauses: [Clause])] {
    switch element.what {
    case .service(let name): return services(name, at: element.position)
    case .port(let port, let word):
      return [("port \(port)/\(word)", [service(port, word, at: element.position)])]
    case .sourcePort(let port, let word):
      return [
        ("source port \(port)/\(word)", [service(port, word, isSource: true, at: element.position)])
      ]
    case .protocol(let word):
      return [("protocol \(word)", [self.protocol(word, at: element.position)])]
    case .icmp(let name): return [("ICMP \(name)", [.never("looks at ICMP")])]
    case .forwardPort(let port, let word):
      // The translation is a stage of its own; here the element lets nothing pass and stops nothing.
      return [("forward port \(port)/\(word)", [.never("concerns the translation of addresses")])]
    case .masquerade: return [("masquerade", [.never("concerns the translation of addresses")])]
    case .everything: return [("any service", [])]
    case .passive(let name): return [(name, [.never("changes packets only")])]
    case .unknown(let name):
      return [
        (
          name,
          [
            .requires(
              draft.doubt(.unmodelled, "element `\(name)` is not modelled", at: element.position))
          ]
        )
      ]
    }
  }

  // MARK: Services

  private mutating func services(
    _ name: String, at position: SourcePosition
  ) -> [(name: String, clauses: [Clause])] {
    var result: [(name: String, clauses: [Clause])] = []
    var seen: Set<String> = []
    var queue = [name]
    while let next = queue.popLast() {
      guard seen.insert(next).inserted else { continue }
      let label = next == name ? "service \(name)" : "service \(name), included \(next)"
      guard let found = configuration.services[next] ?? FWDBuiltIns.service(next) else {
        let text =
          TemplateMarker.isPresent(in: next)
          ? "service `\(next)` is an unfilled template marker"
          : "service `\(next)` is not in the export (usr/lib/firewalld/services)"
        let unknown = ServiceTerm.condition(draft.doubt(.unresolved, text, at: position))
        result.append((label, [.service(ServiceList([unknown]))]))
        continue
      }
      queue += found.includes.reversed()
      let number = object(found, at: position)
      guard !draft.objects.services[number].list.terms.isEmpty else { continue }
      let ports = Clause.service(ServiceList([.object(number)]))
      if found.destinations.isEmpty {
        result.append((label, [ports]))
        continue
      }
      for family in AddressFamily.allCases {
        guard let text = found.destinations[family.rawValue] else { continue }
        let destination = EndpointList([term(text, at: found.position ?? position)])
        result.append((label, [ports, .family(family), .destination(destination)]))
      }
    }
    if result.isEmpty { result.append(("service \(name)", [.never("the service has no port")])) }
    return result
  }

  private mutating func object(
    _ service: FWDConfiguration.Service, at position: SourcePosition
  ) -> Int {
    if let known = draft.objects.service(service.name) { return known }
    let number = draft.objects.addService(
      id: service.name, name: service.name, kind: "service", position: service.position)
    let place = service.position ?? position
    var terms = service.ports.map { term($0.port, $0.protocol, isSource: false, at: place) }
    terms += service.sourcePorts.map { term($0.port, $0.protocol, isSource: true, at: place) }
    for word in service.protocols { terms.append(protocolTerm(word, at: place)) }
    if let unread = service.unread { terms.append(.condition(unread)) }
    draft.objects.setService(number, ServiceList(terms))
    return number
  }

  private mutating func service(
    _ port: String, _ word: String, isSource: Bool = false, at position: SourcePosition
  ) -> Clause {
    .service(ServiceList([term(port, word, isSource: isSource, at: position)]))
  }

  private mutating func term(
    _ port: String, _ word: String, isSource: Bool, at position: SourcePosition
  ) -> ServiceTerm {
    guard let number = IPProtocol.number(of: word), let ports = LinuxNames.ports(port) else {
      return .condition(unreadable("port `\(port)/\(word)`", port + word, at: position))
    }
    return .service(
      isSource
        ? Service(protocol: number, sourcePorts: ports)
        : Service(protocol: number, destinationPorts: ports))
  }

  private mutating func `protocol`(_ word: String, at position: SourcePosition) -> Clause {
    .service(ServiceList([protocolTerm(word, at: position)]))
  }

  private mutating func protocolTerm(_ word: String, at position: SourcePosition) -> ServiceTerm {
    if ["all", "0"].contains(word.lowercased()) { return .any }
    guard let number = IPProtocol.number(of: word) else {
      return .condition(unreadable("protocol `\(word)`", word, at: position))
    }
    return .service(Service(protocol: number))
  }

  // MARK: Addresses

  mutating func clauses(
    _ address: FWDConfiguration.Address, isSource: Bool, at position: SourcePosition
  ) -> [Clause] {
    let list: EndpointList
    switch address.kind {
    case .address(let text):
      list = EndpointList([term(text, at: position)], negated: address.inverted)
    case .ipset(let name):
      list = EndpointList([ipset(name, at: position)], negated: address.inverted)
    case .mac(let text):
      let not = address.inverted ? "not " : ""
      return [
        .requires(
          draft.doubt(.unmodelled, "only \(not)for the network card `\(text)`", at: position))
      ]
    }
    return [isSource ? .source(list) : .destination(list)]
  }

  func term(_ text: String, at position: SourcePosition) -> EndpointTerm {
    if let set = AddressSet(parsing: text) { return .addresses(set) }
    return .condition(unreadable("address `\(text)`", text, at: position))
  }

  func ipset(_ name: String, at position: SourcePosition) -> EndpointTerm {
    if let known = draft.objects.endpoint(name) { return .object(known) }
    guard let set = configuration.ipsets[name] else {
      return .condition(
        draft.doubt(.unresolved, "the ipset `\(name)` is not in the export", at: position))
    }
    let number = draft.objects.addEndpoint(
      id: name, name: name, kind: "ipset", position: set.position)
    var terms: [EndpointTerm] = []
    func open(_ kind: Condition.Kind, _ why: String) {
      terms.append(.condition(draft.doubt(kind, "the ipset `\(name)` \(why)", at: set.position)))
    }
    if ["hash:ip", "hash:net"].contains(set.type) {
      terms = set.entries.map { term($0, at: set.position) }
    } else {
      open(.unmodelled, "is of the type \(set.type)")
    }
    if set.hasTimeout || set.entries.isEmpty {
      open(
        .externalList, set.hasTimeout ? "changes at run time" : "has no entries in its file")
    }
    if let option = set.oddOption { open(.unmodelled, "has the option `\(option)`") }
    if let unread = set.unread { terms.append(.condition(unread)) }
    draft.objects.setEndpoint(number, EndpointList(terms))
    return .object(number)
  }

  private func unreadable(
    _ what: String, _ value: String, at position: SourcePosition
  ) -> Condition {
    draft.doubt(
      .unresolved,
      TemplateMarker.isPresent(in: value)
        ? "\(what) is an unfilled template marker" : "\(what) is not readable", at: position)
  }
}
