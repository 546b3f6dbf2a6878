import ImportKit

/// The options of match modules.
extension IPTMatcher {
  /// Modules that match by standing there, without an option.
  mutating func addBare(_ module: String) {
    switch module {
    case "tcp", "udp", "udplite", "icmp", "icmp6", "ipv6-icmp", "sctp", "dccp", "esp", "ah",
      "comment", "state", "conntrack", "multiport", "iprange", "limit", "standard":
      // `limit` without options means 3 an hour, which still lets a packet through or not.
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
      switch option.name {
      case "--set", "--name", "--rsource", "--rdest", "--mask": break
      case "--rcheck", "--update", "--remove", "--seconds", "--reap", "--hitcount", "--rttl":
        once(option) {
          $0.require(.externalList, "depends on the list of recently seen addresses")
        }
      default: doubt("option `\(option.name)`")
      }
    case "statistic", "random", "nth":
      once(option) { $0.require(.unmodelled, "holds for a share of the packets only") }
    case "time": once(option) { $0.require(.schedule, "at certain times only") }
    case "mac":
      require(
        .unmodelled,
        "only \(option.negated ? "not " : "")for the network card `\(option.value)`")
    case "mark": addMark(option, .packet)
    case "connmark": addMark(option, .connection)
    case "geoip": addCountry(option)
    case "physdev":
      require(
        .interfaceBinding, "depends on the bridge port (`\(option.name) \(option.value)`)")
    case "policy":
      once(option) { $0.require(.interfaceBinding, "depends on whether IPsec carries the packet") }
    case "string": addText(option)
    case "tls", "webstr", "ndpi", "layer7", "ipp2p": addContents(option)
    case "u32", "bpf":
      once(option) { $0.require(.unmodelled, "depends on the contents of packets") }
    case "pkttype":
      settle(
        option.value == "unicast" || option.value == "host", option,
        otherwise: "not for packets of type \(option.value)")
    case "rpfilter":
      // The addresses are taken to be genuine, so the reverse path is right.
      switch option.name {
      case "--invert": never("only packets that fail the reverse-path check")
      case "--loose", "--validmark", "--accept-local": break
      default: doubt("option `\(option.name)`")
      }
    case "comment", "nfacct": break
    default:
      once(option) { $0.doubt("module `\(option.module)`") }
    }
  }

  /// `--mark value[/mask]`.
  private mutating func addMark(_ option: IPTOption, _ kind: NFMarkKind) {
    let detail =
      "only packets \(option.negated ? "without" : "with") the \(kind.words) `\(option.value)`"
    guard option.name == "--mark", let (value, mask) = IPTEffect.valueAndMask(option.value) else {
      require(.unmodelled, detail)
      return
    }
    if kind == .connection {
      guard let isTracked = view.tracking.isTracked else { return require(.unmodelled, detail) }
      // Without a connection the match fails, with or without `!` (xt_connmark.c).
      guard isTracked else { return never("for packets of tracked connections only") }
    }
    guard let own = kind == .packet ? view.state.mark : view.state.connectionMark else {
      return require(.unmodelled, detail)
    }
    settle(own & mask == value, option, otherwise: detail)
  }

  /// A text that packets must contain. Where it reads like a host name, only packets can that carry
  /// the name of such a host: the client's on 443. Anything else may be the secret of a
  /// port-knocking rule, and is not told.
  private mutating func addText(_ option: IPTOption) {
    guard option.name == "--string" || option.name == "--hex-string" else {
      // Settings of the search: where, how, and whether case counts.
      let known = ["--algo", "--from", "--to", "--icase"]
      if !known.contains(option.name) { doubt("option `\(option.name)`") }
      return
    }
    guard view.packet.hasPayload else {
      if !option.negated { never("for packets that carry data, which this one does not") }
      return
    }
    let text = option.values.joined(separator: " ")
    let not = option.negated ? "not " : ""
    require(.unmodelled, "only packets that \(not)contain `\(Self.shown(text))`")
    guard option.name == "--string", !option.negated, Self.shown(text) != "…",
      let run = PolicyDraft.longestHostRun(text), run.utf8.count == text.utf8.count
    else { return }
    // What is in clear of TLS and HTTP holds the name of the host asked for, and no other that
    // reads like one: of other hosts the text says nothing.
    let named = EndpointList([.host(.substring(run), .observed)])
    append(.destination(named))
  }

  /// Matches of modules outside the kernel that recognise names or protocols.
  private mutating func addContents(_ option: IPTOption) {
    guard view.packet.hasPayload else {
      return once(option) { $0.never("for packets that carry data, which this one does not") }
    }
    let words = option.values.joined(separator: " ")
    switch option.name {
    case "--tls-host", "--url", "--host":
      let not = option.negated ? "not " : ""
      require(
        .unmodelled, "only packets that \(not)match `\(option.name) \(Self.shown(words))`")
    case "--proto", "--l7proto", "--l7", "--edk":
      require(.application, "only traffic recognised as `\(words)`")
    default: once(option) { $0.require(.unmodelled, "depends on the contents of packets") }
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
      addPorts(option, isSource: false)
    case "--sport", "--source-port", "--sports", "--source-ports":
      addPorts(option, isSource: true)
    case "--port", "--ports": addEitherPort(option)
    case "--syn":
      // SYN without ACK, RST and FIN.
      settle(
        view.packet.flags & 0x17 == NFPacket.synchronise, option,
        otherwise: option.negated
          ? "not for the first packet of a connection" : "for the first packet of a connection only"
      )
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

  private mutating func addPorts(_ option: IPTOption, isSource: Bool) {
    guard let ports = portSet(option) else {
      append(.service(ServiceList([.condition(unreadable("port `\(option.value)`"))])))
      return
    }
    let wanted = option.negated ? ports.complement() : ports
    let number = transportNumbers[option.module]
    append(
      .service(
        ServiceList([.service(view.service(number, ports: wanted, isSource: isSource))])))
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

  /// `--tcp-flags MASK SET`: of the flags of MASK exactly those of SET are on.
  private mutating func addFlags(_ option: IPTOption) {
    guard option.values.count == 2, let mask = Self.flags(option.values[0]),
      let wanted = Self.flags(option.values[1])
    else {
      doubt("`--tcp-flags \(option.values.joined(separator: " "))`")
      return
    }
    settle(
      view.packet.flags & mask == wanted, option,
      otherwise: "for other TCP flags than those of \(view.packet.words)")
  }

  static func flags(_ text: String) -> UInt8? {
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
      guard let isTracked = view.tracking.isTracked else {
        return require(.unmodelled, "depends on how half-tracked connections are taken")
      }
      guard isTracked, let isOriginal = view.tracking.isOriginal else {
        return never("for packets of tracked connections only")
      }
      // One of two words, in any case; `!` is refused by iptables.
      let wantsOriginal = option.value.uppercased() == "ORIGINAL"
      guard wantsOriginal || option.value.uppercased() == "REPLY" else {
        return doubt("`--ctdir \(option.value)`")
      }
      settle(
        wantsOriginal == isOriginal, option,
        otherwise: wantsOriginal != option.negated
          ? "for packets of the side that began only" : "for replies only")
    case "--ctstatus": addStatus(option)
    case "--ctproto": addConnectionProtocol(option)
    case "--ctorigsrc", "--ctorigdst", "--ctreplsrc", "--ctrepldst", "--ctorigsrcport",
      "--ctorigdstport", "--ctreplsrcport", "--ctrepldstport":
      addTuple(option)
    default: doubt("option `\(option.name)`")
    }
  }

  private mutating func addState(_ option: IPTOption) {
    let words = option.value.uppercased().split(separator: ",").map(String.init)
    let states = Set(words)
    let known: Set<String> = [
      "NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED", "SNAT", "DNAT",
    ]
    guard !states.isEmpty, states.isSubset(of: known) else {
      return doubt("`\(option.name) \(option.value)`")
    }
    guard let own = view.tracking.state else {
      return require(.unmodelled, "depends on how half-tracked connections are taken")
    }
    let holds = states.contains(own.uppercased())
    if !holds, !states.isDisjoint(with: ["DNAT", "SNAT"]), view.tracking.isTracked == true {
      require(.unmodelled, "only connections whose addresses are translated")
      return
    }
    settle(
      holds, option,
      otherwise:
        "for connection state \(option.negated ? "other than " : "")\(option.value), and "
        + "\(view.packet.words) is \(own.uppercased())")
  }

  /// `NONE`, `EXPECTED`, `SEEN_REPLY`, `ASSURED` and `CONFIRMED`, of which any is enough.
  private mutating func addStatus(_ option: IPTOption) {
    let words = Set(option.value.uppercased().split(separator: ",").map(String.init))
    let known: Set<String> = ["EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED"]
    guard !words.isEmpty, words.isSubset(of: known), let isTracked = view.tracking.isTracked else {
      return doubt("`--ctstatus \(option.value)`")
    }
    guard isTracked else { return never("for packets of tracked connections only") }
    if view.packet == .first {
      // Before the first packet has left, its connection is not confirmed.
      return settle(false, option, otherwise: "not for a connection that starts")
    }
    guard view.tracking != .pickedUpFromServer else {
      return doubt("`--ctstatus \(option.value)` of a half-tracked connection")
    }
    var holds = words.contains("CONFIRMED") || words.contains("SEEN_REPLY")
    if !holds, words.contains("ASSURED") {
      // A connection is assured once the client has answered the server's SYN and ACK.
      guard view.packet.phase == .answer else {
        if view.packet.phase == .dataFromServer { holds = true }
        if !holds { return doubt("`--ctstatus ASSURED` while the connection gets assured") }
        return settle(holds, option, otherwise: "not for an assured connection")
      }
    }
    settle(holds, option, otherwise: "not for \(view.packet.words)")
  }

  /// What conntrack holds of the connection: seen from the side that began, whatever the packet.
  private mutating func addTuple(_ option: IPTOption) {
    guard view.tracking.isTracked == true, view.tracking != .pickedUpFromServer else {
      if view.tracking.isTracked == false {
        return never("for packets of tracked connections only")
      }
      return doubt("option `\(option.name)` of a half-tracked connection")
    }
    let isReply = option.name.hasPrefix("--ctrepl")
    let isSource = option.name.hasSuffix("src") || option.name.hasSuffix("srcport")
    // The reply's source is the server, its destination the client, under its translated address.
    let isClient = isSource != isReply
    if isReply, isClient, view.translatesSources {
      return require(.unmodelled, "asks for the client's address where it is translated to another")
    }
    if option.name.hasSuffix("port") {
      guard let ports = portSet(option) else {
        return append(.service(ServiceList([.condition(unreadable("port `\(option.value)`"))])))
      }
      let wanted = option.negated ? ports.complement() : ports
      let service =
        isClient
        ? Service(protocol: nil, sourcePorts: wanted)
        : Service(protocol: nil, destinationPorts: wanted)
      return append(.service(ServiceList([.service(service)])))
    }
    guard let set = AddressSet(parsing: option.value) else {
      return append(.requires(unreadable("address `\(option.value)`")))
    }
    let list = EndpointList([.addresses(set)], negated: option.negated)
    append(isClient ? .source(list) : .destination(list))
  }

  private mutating func addConnectionProtocol(_ option: IPTOption) {
    guard let number = IPProtocol.number(of: option.value), number != 0 else {
      doubt("`--ctproto \(option.value)`")
      return
    }
    guard view.tracking.isTracked != false else {
      return never("for packets of tracked connections only")
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
    addAddresses(EndpointList([.addresses(set)], negated: option.negated), isSource: isSource)
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
    switch sets.list(named: name, directions: directions, draft: draft) {
    case .addresses(let list, let isSource):
      let whole = EndpointList(list.terms, except: list.exceptions, negated: option.negated)
      addAddresses(whole, isSource: isSource)
    case .unreadable(let why):
      require(.externalList, "only if \(not)in the ipset `\(name)`, \(why)")
    case nil:
      require(
        .externalList,
        "only if \(not)in the ipset `\(name)`, whose contents are not in the dump (ipset save)")
    }
  }

  /// A host on the Internet is reached by routing, so its address is of type unicast, and so is a
  /// client's; the address of the machine itself is of type local.
  private mutating func addAddressType(_ option: IPTOption) {
    let types = Set(option.value.uppercased().split(separator: ",").map(String.init))
    let known: Set<String> = [
      "UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE",
      "PROHIBIT", "THROW", "NAT", "XRESOLVE",
    ]
    switch option.name {
    case "--dst-type", "--src-type":
      guard !types.isEmpty, types.isSubset(of: known) else {
        return doubt("`\(option.name) \(option.value)`")
      }
      let isSource = option.name == "--src-type"
      let own: String
      if !view.isClient(source: isSource) {
        own = "UNICAST"
      } else {
        switch place.traffic {
        case .host: own = "LOCAL"
        // An answer is addressed to the machine itself until its destination is turned back.
        case .forwarded where view.hasOtherClientAddress:
          return require(.unmodelled, "asks for the kind of an address that is translated")
        case .forwarded: own = "UNICAST"
        case nil: return doubt("`\(option.name) \(option.value)` in a chain of several hooks")
        }
      }
      let side = isSource ? "source" : "destination"
      settle(
        types.contains(own), option,
        otherwise: "the \(side) is a\(own == "LOCAL" ? " local" : " unicast") address")
    case "--limit-iface-in", "--limit-iface-out": break
    default: doubt("option `\(option.name)`")
    }
  }

  private mutating func addOwner(_ option: IPTOption) {
    if place.traffic == .forwarded || view.packet.isFromServer {
      // Neither a routed packet nor one that comes in has an owner on this machine.
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
