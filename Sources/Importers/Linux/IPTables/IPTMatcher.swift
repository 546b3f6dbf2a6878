import ImportKit

/// In which situation a rule is looked at: which traffic comes by, and at which hooks.
struct IPTPlace {
  let family: AddressFamily
  /// Hooks of the kernel from which the rule's chain can be reached, for the traffic meant.
  let hooks: Set<String>
  /// Nil where the chain serves routed and own traffic alike.
  let traffic: TrafficKind?
  /// By which packet, and what is known of it. Of several hooks it names one; tables of one name
  /// have one priority at all hooks that matter to it.
  let view: NFView

  /// Whether a packet has an entering interface there: nil where that differs between the hooks.
  var knowsEntering: Bool? { Self.all(hooks, in: ["PREROUTING", "INPUT", "FORWARD"]) }
  var knowsLeaving: Bool? { Self.all(hooks, in: ["FORWARD", "OUTPUT", "POSTROUTING"]) }

  private static func all(_ hooks: Set<String>, in known: Set<String>) -> Bool? {
    if hooks.isSubset(of: known) { return true }
    return hooks.isDisjoint(with: known) ? false : nil
  }
}

/// Translates the options of a rule into clauses, as one packet of a TCP connection to the Internet
/// meets it.
///
/// What that packet settles (flags, state, direction, address types) is settled here; what depends
/// on anything else becomes a condition. Source: iptables(8), iptables-extensions(8).
struct IPTMatcher {
  let place: IPTPlace
  let position: SourcePosition
  /// Sets of addresses that came with the dump, by name; others are conditions.
  let sets: IPSetCollection
  let draft: PolicyDraft
  private(set) var clauses: [Clause] = []
  private(set) var entering: [String] = []
  private(set) var leaving: [String] = []
  private(set) var sources: AddressSet?
  /// Whether something was not understood, which in a rule without a target may have been one.
  private(set) var isPuzzling = false

  init(
    _ rule: IPTArguments, place: IPTPlace, position: SourcePosition, sets: IPSetCollection,
    draft: PolicyDraft
  ) {
    self.place = place
    self.position = position
    self.sets = sets
    self.draft = draft
    if let why = rule.doubt {
      require(.unresolved, why)
      return
    }
    if let word = rule.strayWord {
      // It may have been an option, or the negation of one.
      doubt("the word `\(word)`, which belongs to no option")
      return
    }
    for module in rule.bareModules { addBare(module) }
    for option in rule.options { add(option) }
  }

  var view: NFView { place.view }

  /// Something that is not understood.
  mutating func doubt(_ what: String, _ kind: Condition.Kind = .unmodelled) {
    isPuzzling = true
    require(kind, "\(what) is not modelled")
  }

  /// A condition in words of its own.
  mutating func require(_ kind: Condition.Kind, _ detail: String) {
    clauses.append(.requires(draft.doubt(kind, detail, at: position)))
  }

  mutating func never(_ why: String) { clauses.append(.never(why)) }

  /// A test whose answer is known.
  mutating func settle(_ holds: Bool, _ option: IPTOption, otherwise why: String) {
    if holds == option.negated { never(why) }
  }

  mutating func append(_ clause: Clause) { clauses.append(clause) }

  // MARK: Options of the rule itself

  private mutating func add(_ option: IPTOption) {
    switch option.name {
    case "-p", "--protocol": addProtocol(option)
    case "-s", "--source", "--src": addAddress(option, isSource: true)
    case "-d", "--destination", "--dst": addAddress(option, isSource: false)
    case "-i", "--in-interface": addInterface(option, isEntering: true)
    case "-o", "--out-interface": addInterface(option, isEntering: false)
    case "-f", "--fragment":
      // The packets of a TCP connection come in one piece.
      if !option.negated { never("for fragments only") }
    case "-4", "--ipv4": if place.family == .ipv6 { never("for IPv4 only") }
    case "-6", "--ipv6": if place.family == .ipv4 { never("for IPv6 only") }
    default: addModuleOption(option)
    }
  }

  private mutating func addProtocol(_ option: IPTOption) {
    let word = option.value
    if ["all", "0"].contains(word.lowercased()) {
      if option.negated { never("for no protocol at all") }
      return
    }
    guard let number = IPProtocol.number(of: word) else {
      doubt("protocol `\(word)`", .unresolved)
      return
    }
    append(.service(ServiceList([.service(Service(protocol: number))], negated: option.negated)))
  }

  private mutating func addAddress(_ option: IPTOption, isSource: Bool) {
    // Several words are an address only where a template left a marker.
    let text = option.values.joined(separator: " ")
    let parts = text.split(separator: ",").map(String.init)
    if option.negated, parts.count > 1 {
      // "! not allowed with multiple source or destination IP addresses": the rule does not load.
      never("iptables refuses `!` with several addresses")
      return
    }
    guard !parts.isEmpty else {
      doubt("`\(option.name)` without an address", .unresolved)
      return
    }
    var terms: [EndpointTerm] = []
    for part in parts {
      switch AddressSet.parse(part) {
      case .success(let set):
        terms.append(.addresses(set))
        if isSource, !option.negated { sources = (sources ?? AddressSet()).union(set) }
      case .failure:
        if let host = HostName(part), part.contains(where: \.isLetter), !part.contains("/") {
          // A name is looked up once, when the rule is loaded.
          terms.append(.host(.exact(host), .resolved))
        } else {
          terms.append(.condition(unreadable("address `\(part)`")))
        }
      }
    }
    // `0.0.0.0/0`, which old versions print, says nothing.
    if parts.count == 1, ["0.0.0.0/0", "::/0", "0/0"].contains(option.value) {
      if option.negated { never("for no address at all") }
      return
    }
    addAddresses(EndpointList(terms, negated: option.negated), isSource: isSource)
  }

  /// Addresses as they stand in the packet.
  mutating func addAddresses(_ list: EndpointList, isSource: Bool) {
    if view.hasOtherClientAddress, view.isClient(source: isSource) {
      require(.unmodelled, "asks for the client's address where it is translated to another")
      return
    }
    append(view.addresses(list, isSource: isSource))
  }

  mutating func unreadable(_ what: String) -> Condition {
    let marker = TemplateMarker.isPresent(
      in: what.drop { $0 != "`" }.dropFirst().prefix { $0 != "`" })
    let text = marker ? "\(what) is an unfilled template marker" : "\(what) is not readable"
    return draft.doubt(.unresolved, text, at: position)
  }

  private mutating func addInterface(_ option: IPTOption, isEntering: Bool) {
    let name = option.value
    if name == "+" {
      // A plus alone stands for every interface, and for none.
      if option.negated { never("for no interface at all") }
      return
    }
    guard !name.isEmpty, !TemplateMarker.isPresent(in: name) else {
      append(.requires(unreadable("interface `\(name)`")))
      return
    }
    let pattern = name.hasSuffix("+") ? name.dropLast() + "*" : name
    switch isEntering ? place.knowsEntering : place.knowsLeaving {
    case false:
      // The kernel compares with an empty name, from which every name differs.
      if !option.negated {
        never("the \(isEntering ? "entering" : "leaving") interface is not known at this hook")
      }
    // A packet of the machine itself has no entering interface, and so has a client at `HOST`: a
    // rule that asks for one means the same at every hook.
    case nil where !isEntering || option.negated:
      require(
        .interfaceBinding,
        "`\(option.negated ? "! " : "")\(option.name) \(name)` in a chain of several hooks")
    default:
      if name == "lo" {
        // Neither a client's packet nor one to the Internet ever crosses the loopback interface.
        if !option.negated { never("loopback traffic") }
        return
      }
      let list = ZoneList([String(pattern)], negated: option.negated)
      append(view.interface(list, isEntering: isEntering))
      if isEntering {
        if !option.negated { entering.append(String(pattern)) }
      } else if !option.negated {
        leaving.append(String(pattern))
      }
    }
  }
}
