import ImportKit

/// Stateless rules, which see packets one by one: those of the client, and those of the answer.
///
/// Source: docs.aws.amazon.com, Network Firewall API reference, MatchAttributes; developer guide,
/// "Defining rule actions": pass and drop end all inspection of the packet, forwarding hands it to
/// the stateful engine.
struct AWSStatelessRules {
  let position: SourcePosition
  var notes: [Note] = []
  /// Table that forwarded packets go to.
  let stateful: String
  private(set) var sources: [(AddressSet, String)] = []

  init(position: SourcePosition, stateful: String) {
    self.position = position
    self.stateful = stateful
  }

  /// The first action that is not a custom one (those only count).
  static func action(_ names: [String]) -> String {
    names.first { $0.hasPrefix("aws:") } ?? names.first ?? ""
  }

  /// The rule for the client's packets, and the one for the answer's.
  mutating func rules(
    _ item: AWSItem, group: String, doubt: Condition?
  ) -> (request: Rule, answer: Rule)? {
    guard let definition = item.object("RuleDefinition") else { return nil }
    let attributes = definition.object("MatchAttributes")
    let here = item.position
    let action = Self.action(definition.texts("Actions"))
    let name = "\(group)/\(item.text("Priority") ?? "?")"
    let source = terms("Sources", attributes, at: here)
    let destination = terms("Destinations", attributes, at: here)
    let sourcePorts = ports("SourcePorts", attributes)
    let destinationPorts = ports("DestinationPorts", attributes)
    let numbers = attributes?.texts("Protocols") ?? []
    for term in source ?? [] {
      if case .addresses(let set) = term { sources.append((set, "")) }
    }

    func clauses(
      _ from: [EndpointTerm]?, _ to: [EndpointTerm]?, _ fromPorts: PortSet, _ toPorts: PortSet
    )
      -> [Clause]
    {
      var result: [Clause] = []
      if let from { result.append(.source(EndpointList(from))) }
      if let to { result.append(.destination(EndpointList(to))) }
      if !numbers.isEmpty || !fromPorts.isFull || !toPorts.isFull {
        let protocols: [UInt8?] = numbers.isEmpty ? [nil] : numbers.map { UInt8($0) ?? 255 }
        result.append(
          .service(
            ServiceList(
              protocols.map {
                .service(
                  Service(protocol: $0, destinationPorts: toPorts, sourcePorts: fromPorts))
              })))
      }
      if let doubt { result.append(.requires(doubt)) }
      return result
    }
    var request = clauses(source, destination, sourcePorts, destinationPorts)
    var answer = clauses(destination, source, destinationPorts, sourcePorts)
    let flags = attributes?.items("TCPFlags") ?? []
    if !flags.isEmpty {
      // The client sends SYN, then ACK; the server SYN and ACK, then ACK.
      request += Self.flagClauses(
        flags, packets: [["SYN"], ["ACK"], ["PSH", "ACK"]], action: action)
      answer += Self.flagClauses(
        flags, packets: [["SYN", "ACK"], ["ACK"], ["PSH", "ACK"]], action: action)
    }
    return (
      Rule(
        name: name, match: Match(request), action: effect(action, here), position: here),
      Rule(
        name: name, match: Match(answer), action: answerEffect(action), origin: .implied,
        position: here)
    )
  }

  /// A drop of any packet stops the connection; letting pass takes all of them.
  private static func flagClauses(
    _ flags: [AWSItem], packets: [Set<String>], action: String
  ) -> [Clause] {
    let holds = packets.map { packet in
      flags.contains { test in
        let wanted = Set(test.texts("Flags"))
        let masks = test.texts("Masks")
        return masks.isEmpty ? packet == wanted : packet.intersection(masks) == wanted
      }
    }
    if !holds.contains(true) { return [.never("for other TCP flags than a connection has")] }
    if !holds.contains(false) || action == "aws:drop" { return [] }
    return [
      .requires(Condition(.unmodelled, "holds for packets with certain TCP flags only"))
    ]
  }

  mutating func effect(_ action: String, _ position: SourcePosition) -> Action {
    switch action {
    case "aws:pass": return .allow
    case "aws:drop": return .deny(.drop)
    case "aws:forward_to_sfe": return .goto(stateful)
    default:
      notes.append(Note(.unmodelled, "stateless action `\(action)` is not known", at: position))
      return .goto(stateful)
    }
  }

  /// Answers that are forwarded belong to a flow that the stateful engine has judged already.
  private func answerEffect(_ action: String) -> Action {
    action == "aws:drop" ? .deny(.drop) : .allow
  }

  /// Nil for any address.
  private mutating func terms(
    _ name: String, _ attributes: AWSItem?, at position: SourcePosition
  ) -> [EndpointTerm]? {
    let items = attributes?.items(name) ?? []
    guard !items.isEmpty else { return nil }
    let terms = items.map { item -> EndpointTerm in
      guard let text = item.text("AddressDefinition") else {
        return .condition(Condition(.unresolved, "an address that is not in the export"))
      }
      return AWSVariables.address(text, at: position, notes: &notes)
    }
    return terms.contains(.any) ? nil : terms
  }

  private func ports(_ name: String, _ attributes: AWSItem?) -> PortSet {
    let items = attributes?.items(name) ?? []
    guard !items.isEmpty else { return .full }
    return items.reduce(PortSet()) { set, item in
      let low = item.number("FromPort") ?? 0
      let high = item.number("ToPort") ?? low
      guard let first = UInt16(exactly: low), let last = UInt16(exactly: high), first <= last else {
        return set
      }
      return set.union(PortSet(first...last))
    }
  }
}
