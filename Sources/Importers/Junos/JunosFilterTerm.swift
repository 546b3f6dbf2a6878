import ImportKit

/// Reads the terms of stateless filters for one kind of packet.
struct JunosFilterTerms {
  let draft: PolicyDraft
  let prefixLists: [String: JunosNode]
  /// The addresses that clients have behind this interface, where the device translates them there;
  /// nil where it does not.
  let translated: AddressSet?
  let packet: JunosFilterPacket

  /// A term, and whether what it accepts skips the policies.
  struct Term {
    var rules: [Rule]
    var isPacketMode = false
  }

  /// The terms of one filter. A packet that matches none is discarded; the caller adds that.
  func terms(_ filter: JunosNode, binding: [Clause]) -> [Term] {
    let name = filter.childText("name") ?? ""
    let record = JunosRecord(filter)
    _ = record.child("name")
    var result = record.children("term").map { term($0, filter: name, binding: binding) }
    if let left = draft.unread(record, of: "filter `\(name)`", ignoring: JunosMembers.filter) {
      result.insert(Term(rules: open(left, name, binding, at: filter.position)), at: 0)
    }
    return result
  }

  /// Two rules that may deny as well as allow.
  func open(
    _ doubt: Condition, _ name: String, _ binding: [Clause], at position: SourcePosition
  ) -> [Rule] {
    [Action.deny(.drop), .allow].map { action in
      Rule(
        name: name, match: Match(binding + [.requires(doubt)]), action: action, origin: .implied,
        position: position)
    }
  }

  private func term(_ node: JunosNode, filter: String, binding: [Clause]) -> Term {
    let record = JunosRecord(node)
    let label = "\(filter): \(record.text("name") ?? "")"
    let what = "filter term `\(label)`"
    var clauses = binding
    if let from = record.record("from") { clauses += fromClauses(from, of: what) }
    let then = record.record("then")
    var rule = Rule(
      name: label, match: Match(clauses), action: .allow, origin: .implied,
      position: node.position)
    let outcome = outcome(then, record, of: what)
    if let left = draft.unread(record, of: what, ignoring: JunosMembers.then) {
      // What is not understood may be a match as well as an action: the term may do either.
      return Term(
        rules: open(left, label, clauses, at: node.position),
        isPacketMode: then?.has("packet-mode") ?? false)
    }
    switch outcome {
    case .action(let action, let isPacketMode):
      rule.action = action
      return Term(rules: [rule], isPacketMode: isPacketMode)
    case .open(let doubt):
      return Term(
        rules: draft.eitherWay(rule, because: doubt),
        isPacketMode: then?.has("packet-mode") ?? false)
    }
  }

  private enum Outcome {
    case action(Action, isPacketMode: Bool)
    case open(Condition)
  }

  /// Actions that send a packet somewhere else than the routing would.
  private static let detours = [
    "routing-instance", "next-interface", "next-ip", "next-ip6", "logical-system", "topology",
    "ipsec-sa", "decapsulate", "encapsulate", "load-balance",
  ]

  private func outcome(_ then: JunosRecord?, _ term: JunosRecord, of what: String) -> Outcome {
    guard let then else {
      // A filter that another filter calls, in place of a match and an action.
      guard let called = term.text("filter") else { return .action(.allow, isPacketMode: false) }
      return .open(
        draft.doubt(.unmodelled, "\(what) calls the filter `\(called)`", at: term.position))
    }
    var actions: [Action] = []
    if then.has("discard") { actions.append(.deny(.drop)) }
    if then.has("reject") { actions.append(.deny(.reject)) }
    let accepts = then.has("accept")
    if accepts { actions.append(.allow) }
    let next = then.text("next")
    let detour = Self.detours.first { then.has($0) }
    let isPacketMode = then.has("packet-mode")
    if let detour, actions.isEmpty || actions == [.allow] {
      return .open(
        draft.doubt(
          .interfaceBinding, "\(what) sends packets another way (`\(detour)`)", at: then.position))
    }
    if let next {
      guard next == "term", actions.isEmpty else {
        return .open(
          draft.doubt(.unmodelled, "\(what) goes on to `\(next)`", at: then.position))
      }
      return .action(.continue, isPacketMode: false)
    }
    guard actions.count <= 1 else {
      return .open(draft.doubt(.unmodelled, "\(what) names several actions", at: then.position))
    }
    // A term that names no terminating action accepts.
    return .action(actions.first ?? .allow, isPacketMode: isPacketMode)
  }

  // MARK: Match

  private func fromClauses(_ from: JunosRecord, of what: String) -> [Clause] {
    services(from, of: what) + addresses(from, of: what) + flags(from, of: what)
  }

  private func flags(_ from: JunosRecord, of what: String) -> [Clause] {
    var truths: [(String, Truth)] = []
    if from.has("tcp-established") { truths.append(("tcp-established", packet.isEstablished)) }
    if from.has("tcp-initial") { truths.append(("tcp-initial", packet.isInitial)) }
    for text in from.texts("tcp-flags") { truths.append((text, packet.flags(text))) }
    return truths.compactMap { text, truth in
      switch truth {
      case .yes: nil
      case .no:
        .never("asks for `\(text)`, which \(packet.phase.words) does not have")
      case .perhaps:
        .requires(
          draft.doubt(.unmodelled, "`\(text)` in \(what), which packets may have or not"))
      }
    }
  }

  private func services(_ from: JunosRecord, of what: String) -> [Clause] {
    var clauses: [Clause] = []
    let words = from.texts("protocol") + from.texts("next-header") + from.texts("payload-protocol")
    if !words.isEmpty { clauses.append(.service(protocols(words, negated: false, of: what, from))) }
    let not = from.texts("protocol-except") + from.texts("next-header-except")
    if !not.isEmpty { clauses.append(.service(protocols(not, negated: true, of: what, from))) }
    for (name, isServer) in [
      ("destination-port", !packet.phase.isFromServer), ("source-port", packet.phase.isFromServer),
    ] {
      for (suffix, negated) in [("", false), ("-except", true)] {
        let nodes = from.children(name + suffix)
        guard !nodes.isEmpty else { continue }
        clauses.append(
          .service(
            ServiceList(nodes.map { port($0, isServer: isServer, of: what) }, negated: negated)))
      }
    }
    let either = from.children("port")
    if !either.isEmpty {
      clauses.append(
        .service(
          ServiceList(
            either.flatMap {
              [port($0, isServer: true, of: what), port($0, isServer: false, of: what)]
            })))
    }
    return clauses
  }

  private func protocols(
    _ words: [String], negated: Bool, of what: String, _ from: JunosRecord
  ) -> ServiceList {
    ServiceList(
      words.map { draft.service(protocol: $0, in: what, at: from.position) }, negated: negated)
  }

  /// A port of the server, or of the client, whatever the direction of the packet.
  private func port(_ node: JunosNode, isServer: Bool, of what: String) -> ServiceTerm {
    guard let set = JunosApplications.ports(node) else {
      return .condition(
        draft.doubt(
          .unmodelled, "port `\(node.text)` in \(what) is not understood", at: node.position))
    }
    return .service(
      isServer
        ? Service(protocol: nil, destinationPorts: set)
        : Service(protocol: nil, sourcePorts: set))
  }

  /// Addresses of both sides, each from the client's view.
  private func addresses(_ from: JunosRecord, of what: String) -> [Clause] {
    var clauses: [Clause] = []
    let sides = [
      ("source", packet.phase.isFromServer), ("destination", !packet.phase.isFromServer),
    ]
    for (name, isServer) in sides {
      let nodes = from.children("\(name)-address")
      let lists = from.children("\(name)-prefix-list")
      guard !nodes.isEmpty || !lists.isEmpty else { continue }
      let set = set(nodes, lists)
      guard let set else {
        clauses.append(
          .requires(
            draft.doubt(
              .unmodelled, "the `\(name)-address` of \(what) is not readable", at: from.position)))
        continue
      }
      if isServer {
        clauses.append(.destination(EndpointList([.addresses(set)])))
      } else {
        clauses += clientClauses(set, of: what)
      }
    }
    for name in ["address", "prefix-list"] where from.has(name) {
      // Either side may be meant.
      clauses.append(
        .requires(
          draft.doubt(.unmodelled, "`\(name)` in \(what), for either side", at: from.position)))
    }
    return clauses
  }

  private func clientClauses(_ set: AddressSet, of what: String) -> [Clause] {
    guard let translated, !packet.isOnClientSide else {
      return [.source(EndpointList([.addresses(set)]))]
    }
    // On the far side clients have the addresses that they were translated to.
    if !translated.isEmpty {
      if translated.subtracting(set).isEmpty { return [] }
      if translated.intersection(set).isEmpty {
        return [.never("asks for addresses that clients are not translated to")]
      }
    }
    return [
      .requires(
        draft.doubt(
          .unmodelled, "\(what) asks for the addresses that clients are translated to"))
    ]
  }

  /// The addresses of a list in which the longest prefix decides: "an address that matches an entry
  /// with `except` does not match, unless a longer prefix without it does". Nil where a part is not
  /// readable. Source: juniper.net, "Firewall Filter Match Conditions Based on Address Fields".
  private func set(_ nodes: [JunosNode], _ lists: [JunosNode]) -> AddressSet? {
    var entries: [(set: AddressSet, isExcept: Bool)] = []
    for node in nodes {
      guard let set = AddressSet(parsing: node.text) else { return nil }
      entries.append((set, node.has("except")))
    }
    for node in lists {
      guard let list = prefixLists[node.text], !list.has("apply-path") else { return nil }
      for text in list.names("prefix-list-item") {
        guard let set = AddressSet(parsing: text) else { return nil }
        entries.append((set, node.has("except")))
      }
    }
    // Prefixes hold each other or have nothing in common, so the wider one comes first.
    entries.sort { Self.width($0.set) > Self.width($1.set) }
    // With exceptions alone no address is named that could match.
    guard entries.contains(where: { !$0.isExcept }) else { return nil }
    return entries.reduce(AddressSet()) { result, entry in
      entry.isExcept ? result.subtracting(entry.set) : result.union(entry.set)
    }
  }

  /// How much room the first interval takes, to sort prefixes by.
  private static func width(_ set: AddressSet) -> UInt128 {
    if let interval = set.v4.intervals.first { return UInt128(interval.upper - interval.lower) }
    return set.v6.intervals.first.map { $0.upper - $0.lower } ?? 0
  }
}
