import ImportKit

/// Stateless rules, which see packets one by one, in each phase of a connection.
///
/// Source: docs.aws.amazon.com, Network Firewall API reference, MatchAttributes; developer guide,
/// "Defining rule actions": pass and drop end all inspection of the packet, forwarding hands it to
/// the stateful engine.
struct AWSStatelessRules {
  let draft: PolicyDraft
  let phase: Phase
  /// Table that forwarded packets go to.
  private let stateful: String
  private(set) var sources: [(AddressSet, String)] = []

  init(draft: PolicyDraft, phase: Phase) {
    self.draft = draft
    self.phase = phase
    stateful = AWSStatefulTables.name(phase)
  }

  static func name(_ phase: Phase) -> String {
    switch phase {
    case .firstPacket: "policy, first packet"
    case .answer: "stateless, answers"
    case .dataToServer: "policy"
    case .dataFromServer: "stateless, data from the server"
    }
  }

  /// The first action that is not a custom one (those only count).
  static func action(_ names: [String]) -> String {
    names.first { $0.hasPrefix("aws:") } ?? names.first ?? ""
  }

  mutating func rules(_ item: AWSItem, group: String, doubts: [Condition]) -> [Rule] {
    let here = item.position
    let name = "\(group)/\(item.text("Priority") ?? "?")"
    let what = "stateless rule `\(name)`"
    guard let definition = item.object("RuleDefinition") else {
      return draft.gap("\(what) is not readable", at: here)
    }
    let attributes = definition.object("MatchAttributes")
    var clauses = doubts.map { Clause.requires($0) }
    if attributes == nil {
      clauses.append(
        .requires(draft.doubt(.unresolved, "what \(what) matches is not known", at: here)))
    }
    let (from, to) =
      phase.isFromServer ? ("Destinations", "Sources") : ("Sources", "Destinations")
    if let terms = terms(from, attributes, what, here) {
      for term in terms {
        if case .addresses(let set) = term { sources.append((set, "")) }
      }
      clauses.append(.source(EndpointList(terms)))
    }
    if let terms = terms(to, attributes, what, here) {
      clauses.append(.destination(EndpointList(terms)))
    }
    let (fromPorts, toPorts) =
      phase.isFromServer
      ? ("DestinationPorts", "SourcePorts") : ("SourcePorts", "DestinationPorts")
    let source = ports(fromPorts, attributes, what, here, &clauses)
    let target = ports(toPorts, attributes, what, here, &clauses)
    clauses += services(attributes, source, target, what, here)
    let action = Self.action(definition.texts("Actions"))
    let flags = attributes?.items("TCPFlags") ?? []
    if !flags.isEmpty { clauses += flagClauses(flags, action: action, at: here) }
    for part in [attributes, definition, item].compactMap({ $0 }) {
      if let left = part.unread(of: what, ignoring: Self.irrelevant, in: draft) {
        clauses.append(.requires(left))
      }
    }
    let rule = Rule(
      name: name, match: Match(clauses), action: .goto(stateful),
      origin: phase == .dataToServer ? .written : .implied, position: here)
    return effects(action, rule, what)
  }

  private static let irrelevant: IrrelevantMembers = ["Priority": "read for the order"]

  private func effects(_ action: String, _ rule: Rule, _ what: String) -> [Rule] {
    var rule = rule
    switch action {
    case "aws:pass": rule.action = .allow
    case "aws:drop": rule.action = .deny(.drop)
    case "aws:forward_to_sfe": break
    default:
      let doubt = draft.doubt(
        .unmodelled, "action `\(action)` of \(what) is not known", at: rule.position)
      // To forward leads to rules that deny or allow in their turn.
      return draft.eitherWay(rule, because: doubt)
    }
    return [rule]
  }

  /// A drop of any packet stops the connection; letting pass takes all of them.
  private func flagClauses(
    _ flags: [AWSItem], action: String, at position: SourcePosition
  ) -> [Clause] {
    let packets: [Set<String>] =
      switch phase {
      case .firstPacket: [["SYN"]]
      case .answer: [["SYN", "ACK"]]
      case .dataToServer, .dataFromServer: [["ACK"], ["PSH", "ACK"]]
      }
    let known: Set<String> = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"]
    for test in flags {
      let words = test.texts("Flags") + test.texts("Masks")
      let count = test.entries("Flags").count + test.entries("Masks").count
      guard words.count == count, known.isSuperset(of: words), !words.isEmpty else {
        return [.requires(draft.doubt(.unresolved, "TCP flags that are not known", at: position))]
      }
    }
    let holds = packets.map { packet in
      flags.contains { test in
        let wanted = Set(test.texts("Flags"))
        let masks = test.texts("Masks")
        return masks.isEmpty ? packet == wanted : packet.intersection(masks) == wanted
      }
    }
    if !holds.contains(true) { return [.never("for other TCP flags than such packets have")] }
    if !holds.contains(false) || action == "aws:drop" { return [] }
    return [
      .requires(
        draft.doubt(
          .unmodelled, "holds for packets with certain TCP flags only", at: position))
    ]
  }

  /// Nil for any address.
  private func terms(
    _ name: String, _ attributes: AWSItem?, _ what: String, _ position: SourcePosition
  ) -> [EndpointTerm]? {
    guard let attributes else { return nil }
    let list = attributes.list(name)
    guard !list.items.isEmpty || list.isOpen else { return nil }
    var terms = list.items.map { item -> EndpointTerm in
      guard let text = item.text("AddressDefinition") else {
        return .condition(
          draft.doubt(
            .unresolved, "an address of \(what) is not in the export", at: item.position))
      }
      return AWSVariables.address(text, at: position, in: draft)
    }
    if list.isOpen {
      terms.append(
        .condition(draft.doubt(.unresolved, "`\(name)` of \(what) is not known", at: position)))
    }
    return terms.contains(.any) ? nil : terms
  }

  /// Full where there is no such list; ports that are open are a condition.
  private func ports(
    _ name: String, _ attributes: AWSItem?, _ what: String, _ position: SourcePosition,
    _ clauses: inout [Clause]
  ) -> PortSet {
    guard let attributes else { return .full }
    let list = attributes.list(name)
    guard !list.items.isEmpty || list.isOpen else { return .full }
    var set = PortSet()
    var isOpen = list.isOpen
    for item in list.items {
      let low = item.number("FromPort")
      // "To specify a single port, set FromPort and ToPort to the same number."
      let high = item.has("ToPort") ? item.number("ToPort") : low
      guard let first = low.flatMap({ UInt16(exactly: $0) }),
        let last = high.flatMap({ UInt16(exactly: $0) }), first <= last
      else {
        isOpen = true
        continue
      }
      set = set.union(PortSet(first...last))
    }
    guard isOpen else { return set }
    clauses.append(
      .requires(draft.doubt(.unresolved, "`\(name)` of \(what) is not known", at: position)))
    return .full
  }

  private func services(
    _ attributes: AWSItem?, _ source: PortSet, _ target: PortSet, _ what: String,
    _ position: SourcePosition
  ) -> [Clause] {
    let entries = attributes?.entries("Protocols") ?? []
    var protocols: [UInt8?] = entries.isEmpty ? [nil] : []
    var terms: [ServiceTerm] = []
    for entry in entries {
      if case .text(let text) = entry, let number = IPProtocol.number(of: text) {
        protocols.append(number)
      } else {
        var shown = entry.missing
        if case .text(let text) = entry { shown = "protocol `\(text)` of \(what) is not known" }
        terms.append(.condition(draft.doubt(.unresolved, shown, at: position)))
      }
    }
    if entries.isEmpty, source.isFull, target.isFull { return [] }
    terms += protocols.map {
      .service(Service(protocol: $0, destinationPorts: target, sourcePorts: source))
    }
    return [.service(ServiceList(terms))]
  }
}
