import ComplianceEngine
import NetworkSets
import PolicyModel

/// Answers what one rule asks of one flow, clause by clause, from the words of the model alone.
struct ReferenceMatch {
  let policy: Policy
  let knowledge: OutsideKnowledge
  let names: ReferenceNames
  /// Position of the device on the path.
  let hop: Int
  let traffic: TrafficKind

  func matches(_ rule: Rule, _ flow: ReferenceFlow, pathVisible: Possible) -> Possible {
    guard rule.enabled else { return .no }
    var result = Possible.yes
    for clause in rule.match.clauses {
      let visible = rule.decrypts ? Possible.yes : pathVisible
      result = result.and(holds(clause, flow, pathVisible: visible))
    }
    return result
  }

  private func holds(_ clause: Clause, _ flow: ReferenceFlow, pathVisible: Possible) -> Possible {
    let zones = flow.zones[hop]
    switch clause {
    case .from(let list):
      if traffic == .host { return Possible(list.names.contains("HOST") != list.negated) }
      return zones.from.map { Possible(contains(list, $0)) } ?? .open
    case .to(let list): return zones.to.map { Possible(contains(list, $0)) } ?? .open
    case .zonePair(let pairing):
      guard let from = zones.from, let to = zones.to else { return .open }
      return Possible((from == to) == (pairing == .intrazone))
    case .family(let family): return Possible(family == flow.family)
    case .source(let list): return source(list, flow)
    case .destination(let list): return destination(list, flow, pathVisible: pathVisible)
    case .service(let list): return service(list, flow)
    case .application(let wanted):
      return oneOf(Set(wanted), known: knowledge.applications)
    case .requires: return .open
    case .period: return .open
    case .never: return .no
    }
  }

  private func contains(_ list: ZoneList, _ zone: String) -> Bool {
    var listed = false
    for name in list.names {
      if name == zone { listed = true }
      if name.last == "*" && zone.hasPrefix(String(name.dropLast())) { listed = true }
    }
    return list.negated ? !listed : listed
  }

  /// Whether something that is one of `known` is among the wanted; open where nothing is known.
  private func oneOf(_ wanted: Set<String>, known: Set<String>) -> Possible {
    if known.isEmpty { return wanted.isEmpty ? .no : .open }
    return Possible(known.map { wanted.contains($0) })
  }

  // MARK: Destinations

  private func destination(
    _ list: EndpointList, _ flow: ReferenceFlow, pathVisible: Possible
  ) -> Possible {
    combine(list) { destination($0, flow, pathVisible: pathVisible) }
  }

  private func combine(_ list: EndpointList, _ ask: (EndpointTerm) -> Possible) -> Possible {
    var result = Possible.no
    for term in list.terms { result = result.or(ask(term)) }
    var excluded = Possible.no
    for term in list.exceptions { excluded = excluded.or(ask(term)) }
    result = result.and(excluded.inverted)
    return list.negated ? result.inverted : result
  }

  private func destination(
    _ term: EndpointTerm, _ flow: ReferenceFlow, pathVisible: Possible
  ) -> Possible {
    switch term {
    case .any: return .yes
    case .addresses(let set):
      if let address = flow.address { return Possible(set.contains(address)) }
      return publicHosts(set, flow.family)
    case .host(let pattern, let binding):
      guard names.holds(.host(pattern), host: flow.host, path: "/") else { return .no }
      return binding == .resolved || binding == .doubtful ? .open : .yes
    case .url(let pattern):
      var result: Possible = []
      if pathVisible.contains(.yes) {
        result.insert(Possible(names.holds(pattern, host: flow.host, path: flow.path)))
      }
      if pathVisible.contains(.no) {
        result.insert(Possible(names.holds(pattern, host: flow.host, path: "/")))
      }
      return result
    case .object(let index):
      return destination(policy.endpointObjects[index].list, flow, pathVisible: pathVisible)
    case .tag(let name):
      guard let set = knowledge.tags[name] else { return .open }
      guard let address = flow.address else { return publicHosts(set, flow.family) }
      return Possible(set.contains(address))
    case .category(let name):
      // A host may have more categories than those that are known.
      return knowledge.categories == [name] ? .yes : .open
    case .condition: return .open
    }
  }

  /// Whether a host of the Internet, its address being unknown, lies in a set: sampled at addresses
  /// on both sides of every bound of the pool that the random policies draw from.
  private func publicHosts(_ set: AddressSet, _ family: AddressFamily) -> Possible {
    Possible(RandomParts.publicSamples(family).map { set.contains($0) })
  }

  // MARK: Sources

  private func source(_ list: EndpointList, _ flow: ReferenceFlow) -> Possible {
    combine(list) { term in
      switch term {
      case .any: return .yes
      case .addresses(let set): return Possible(set.contains(flow.client))
      case .host, .url, .category, .condition: return .open
      case .object(let index): return source(policy.endpointObjects[index].list, flow)
      case .tag(let name):
        return knowledge.tags[name].map { Possible($0.contains(flow.client)) } ?? .open
      }
    }
  }

  // MARK: Services

  private func service(_ list: ServiceList, _ flow: ReferenceFlow) -> Possible {
    var result = Possible.no
    for term in list.terms {
      switch term {
      case .any: result = result.or(.yes)
      case .service(let service): result = result.or(holds(service, flow))
      case .object(let index):
        result = result.or(self.service(policy.serviceObjects[index].list, flow))
      case .condition: result = result.or(.open)
      }
    }
    return list.negated ? result.inverted : result
  }

  /// Ports that a client may use for its own end, on both sides of every bound in the pool.
  private static let clientPorts: [UInt16] = [1024, 2000, 32767, 32768, 49151, 49152, 60999, 65535]

  private func holds(_ service: Service, _ flow: ReferenceFlow) -> Possible {
    guard service.protocol == nil || service.protocol == 6,
      service.destinationPorts.contains(flow.port)
    else { return .no }
    return Possible(Self.clientPorts.map { service.sourcePorts.contains($0) })
  }
}
