import ImportKit

/// The options of match modules.
extension IPTMatcher {
  /// Modules that match by standing there, without an option.
  mutating func addBare(_ module: String) {
    switch module {
    case "tcp", "udp", "udplite", "icmp", "icmp6", "ipv6-icmp", "sctp", "dccp", "esp", "ah",
      "comment", "state", "conntrack", "multiport", "iprange", "limit", "standard":
      // `limit` without options means 3 an hour, which still lets a first packet through or not.
      if module == "limit" { require(.unmodelled, "holds within a rate limit only") }
    case "rpfilter": break
    default: doubt("module `\(module)`")
    }
  }

  mutating func addModuleOption(_ option: IPTOption) {
    switch option.module {
    case "", "tcp", "udp", "udplite", "sctp", "dccp", "multiport", "icmp", "icmp6", "ipv6-icmp":
      addTransport(option)
    case "state", "conntrack": addConnection(option)
    case "iprange": addRange(option)
    case "set": addSet(option)
    case "addrtype": addAddressType(option)
    case "owner": addOwner(option)
    case "limit", "hashlimit", "quota", "quota2", "rateest":
      once(option) { $0.require(.unmodelled, "holds within a rate limit only") }
    case "connlimit":
      once(option) { $0.require(.unmodelled, "holds for a limited number of connections") }
    case "recent":
      // `--set` only writes the address down, and always matches.
      guard ["--rcheck", "--update", "--remove"].contains(option.name) else { return }
      once(option) { $0.require(.externalList, "depends on the list of recently seen addresses") }
    case "statistic", "random", "nth":
      once(option) { $0.require(.unmodelled, "holds for a share of the packets only") }
    case "time": once(option) { $0.require(.schedule, "at certain times only") }
    case "mac":
      require(
        .unmodelled,
        "only \(option.negated ? "not " : "")for the network card `\(option.value)`")
    case "mark", "connmark":
      require(
        .unmodelled,
        "only packets \(option.negated ? "without" : "with") the mark `\(option.value)`")
    case "geoip": addCountry(option)
    case "physdev":
      require(
        .interfaceBinding, "depends on the bridge port (`\(option.name) \(option.value)`)")
    case "policy":
      once(option) { $0.require(.interfaceBinding, "depends on whether IPsec carries the packet") }
    case "string", "webstr", "tls", "u32", "bpf", "ndpi", "layer7", "ipp2p":
      let words = option.values.joined(separator: " ")
      switch option.name {
      case "--string", "--hex-string", "--tls-host", "--url", "--host", "--u32":
        let not = option.negated ? "not " : ""
        require(
          .unmodelled, "only packets that \(not)match `\(option.name) \(Self.shown(words))`")
      case "--proto", "--l7proto", "--l7", "--edk":
        require(.application, "only traffic recognised as `\(words)`")
      default: once(option) { $0.require(.unmodelled, "depends on the contents of packets") }
      }
    case "pkttype":
      settle(
        option.value == "unicast" || option.value == "host", option,
        otherwise: "not for packets of type \(option.value)")
    case "rpfilter":
      // The client's address is taken to be genuine, so the reverse path is right.
      if option.name == "--invert" { never("only packets that fail the reverse-path check") }
    case "comment", "nfacct": break
    default:
      once(option) { $0.doubt("module `\(option.module)`") }
    }
  }

  /// A text that packets must contain, where it reads like a host name; anything else may be the
  /// secret of a port-knocking rule.
  private static func shown(_ text: String) -> String {
    HostName(text) != nil && text.contains(".") ? text : "…"
  }

  /// Runs a step for the first option of a module only, so that its settings do not repeat it.
  private mutating func once(_ option: IPTOption, _ step: (inout IPTMatcher) -> Void) {
    var next = self
    step(&next)
    guard let added = next.clauses.last, !clauses.contains(added) else { return }
    self = next
  }

  // MARK: Ports and flags

  private mutating func addTransport(_ option: IPTOption) {
    switch option.name {
    case "--dport", "--destination-port", "--dports", "--destination-ports":
      addPorts(option) { Service(protocol: $0, destinationPorts: $1) }
    case "--sport", "--source-port", "--sports", "--source-ports":
      addPorts(option) { Service(protocol: $0, sourcePorts: $1) }
    case "--port", "--ports": addEitherPort(option)
    case "--syn": settle(true, option, otherwise: "not for the first packet of a connection")
    case "--tcp-flags": addFlags(option)
    case "--tcp-option":
      require(.unmodelled, "only packets with the TCP option `\(option.value)`")
    case "--icmp-type", "--icmpv6-type", "--chunk-types", "--dccp-types", "--ahspi", "--espspi":
      never("looks at `\(option.name)`, which TCP does not have")
    default: doubt("option `\(option.name)`")
    }
  }

  private func portSet(_ option: IPTOption) -> PortSet? {
    var ports = PortSet()
    for part in option.value.split(separator: ",") {
      guard let set = LinuxNames.ports(String(part)) else { return nil }
      ports = ports.union(set)
    }
    return ports.isEmpty ? nil : ports
  }

  private var transportNumbers: [String: UInt8] {
    ["tcp": 6, "udp": 17, "dccp": 33, "sctp": 132, "udplite": 136]
  }

  private mutating func addPorts(_ option: IPTOption, _ make: (UInt8?, PortSet) -> Service) {
    guard let ports = portSet(option) else {
      append(.service(ServiceList([.condition(unreadable("port `\(option.value)`"))])))
      return
    }
    let wanted = option.negated ? ports.complement() : ports
    append(.service(ServiceList([.service(make(transportNumbers[option.module], wanted))])))
  }

  /// `--ports` of multiport: the source or the destination port is one of them.
  private mutating func addEitherPort(_ option: IPTOption) {
    guard let ports = portSet(option) else {
      append(.service(ServiceList([.condition(unreadable("port `\(option.value)`"))])))
      return
    }
    append(
      .service(
        ServiceList(
          [
            .service(Service(protocol: nil, destinationPorts: ports)),
            .service(Service(protocol: nil, sourcePorts: ports)),
          ], negated: option.negated)))
  }

  /// `--tcp-flags MASK SET`: of the flags of MASK exactly those of SET are on. A first packet has
  /// SYN and nothing else.
  private mutating func addFlags(_ option: IPTOption) {
    guard option.values.count == 2, let mask = Self.flags(option.values[0]),
      let wanted = Self.flags(option.values[1])
    else {
      doubt("`--tcp-flags \(option.values.joined(separator: " "))`")
      return
    }
    settle(
      Self.synFlag & mask == wanted, option,
      otherwise: "for other TCP flags than those of a first packet")
  }

  private static let synFlag: UInt8 = 2

  private static func flags(_ text: String) -> UInt8? {
    let bits: [String: UInt8] = [
      "FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ALL": 63, "NONE": 0,
    ]
    var result: UInt8 = 0
    for name in text.split(separator: ",") {
      guard let bit = bits[name.uppercased()] else { return nil }
      result |= bit
    }
    return result
  }

  // MARK: Connections

  private mutating func addConnection(_ option: IPTOption) {
    switch option.name {
    case "--state", "--ctstate": addState(option)
    case "--ctdir":
      settle(
        option.value.uppercased() == "ORIGINAL", option, otherwise: "for replies only")
    case "--ctstatus":
      let words = option.value.uppercased().split(separator: ",")
      if words.contains("NONE") {
        doubt("`--ctstatus \(option.value)`")
      } else {
        settle(false, option, otherwise: "not for a connection that starts")
      }
    case "--ctproto": addConnectionProtocol(option)
    default: doubt("option `\(option.name)`")
    }
  }

  /// The first packet of a connection has the state `NEW`; with tracking switched off, `UNTRACKED`.
  private mutating func addState(_ option: IPTOption) {
    let states = Set(option.value.uppercased().split(separator: ",").map(String.init))
    let isNew = states.contains("NEW")
    let isUntracked = states.contains("UNTRACKED")
    if place.mayBeUntracked, isNew != isUntracked {
      require(.unmodelled, "depends on whether the table raw switches connection tracking off")
      return
    }
    if !isNew, !states.isDisjoint(with: ["DNAT", "SNAT"]) {
      require(.unmodelled, "only connections whose addresses are translated")
      return
    }
    settle(
      isNew, option,
      otherwise:
        "for connection state \(option.negated ? "other than " : "")\(option.value), not for a "
        + "new connection")
  }

  private mutating func addConnectionProtocol(_ option: IPTOption) {
    guard let number = LinuxNames.protocolNumber(option.value), let number else {
      doubt("`--ctproto \(option.value)`")
      return
    }
    append(.service(ServiceList([.service(Service(protocol: number))], negated: option.negated)))
  }

  // MARK: Addresses

  private mutating func addRange(_ option: IPTOption) {
    let isSource = option.name == "--src-range"
    guard isSource || option.name == "--dst-range", let set = AddressSet(parsing: option.value)
    else {
      doubt("`\(option.name) \(option.value)`", .unresolved)
      return
    }
    let list = EndpointList([.addresses(set)], negated: option.negated)
    append(isSource ? .source(list) : .destination(list))
  }

  /// `--match-set NAME src,dst`: the contents of sets are not part of a dump.
  private mutating func addSet(_ option: IPTOption) {
    guard option.name == "--match-set" || option.name == "--set", option.values.count >= 2 else {
      if option.name.hasPrefix("--return-nomatch") || option.name.hasPrefix("--update") { return }
      doubt("option `\(option.name)` of a set")
      return
    }
    let name = option.values[0]
    let directions = option.values[1].split(separator: ",").map(String.init)
    let not = option.negated ? "not " : ""
    switch sets.list(named: name, directions: directions) {
    case .addresses(let list, let isSource):
      let whole = EndpointList(list.terms, except: list.exceptions, negated: option.negated)
      append(isSource ? .source(whole) : .destination(whole))
    case .unreadable(let why):
      require(.externalList, "only if \(not)in the ipset `\(name)`, \(why)")
    case nil:
      require(
        .externalList,
        "only if \(not)in the ipset `\(name)`, whose contents are not in the dump (ipset save)")
    }
  }

  /// A host on the Internet is reached by routing, so its address is of type unicast; the address of
  /// the machine itself is of type local.
  private mutating func addAddressType(_ option: IPTOption) {
    let types = Set(option.value.uppercased().split(separator: ",").map(String.init))
    switch option.name {
    case "--dst-type":
      settle(
        types.contains("UNICAST"), option,
        otherwise:
          "the destination is \(option.negated ? "a unicast" : "no \(option.value)") address")
    case "--src-type":
      markTrafficDependent()
      switch place.traffic {
      case .forwarded:
        settle(
          types.contains("UNICAST"), option, otherwise: "not for the addresses of clients")
      case .host:
        settle(types.contains("LOCAL"), option, otherwise: "not for the machine's own addresses")
      case nil: doubt("`--src-type \(option.value)`")
      }
    case "--limit-iface-in", "--limit-iface-out": break
    default: doubt("option `\(option.name)`")
    }
  }

  private mutating func addOwner(_ option: IPTOption) {
    markTrafficDependent()
    if place.traffic == .forwarded {
      // A routed packet has no owner on this machine.
      if !option.negated { never("only for processes of this machine") }
      return
    }
    let what = ([option.name] + option.values).joined(separator: " ")
    require(
      .user, "\(option.negated ? "any process but" : "only processes with") `\(what)`")
  }

  private mutating func addCountry(_ option: IPTOption) {
    let isSource = option.name.hasPrefix("--s")
    let not = option.negated ? "not " : ""
    require(
      .externalList,
      "only \(isSource ? "sources" : "destinations") \(not)in the countries \(option.value), by a list "
        + "outside the dump")
  }
}
