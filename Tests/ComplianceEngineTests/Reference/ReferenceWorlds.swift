import ComplianceEngine
import NetworkSets
import PolicyModel

/// Runs a question once for every way in which the open facts of a flow may turn out.
///
/// The question asks ``choose(_:among:)`` for each fact that it needs, and is told the same way for
/// the same fact as long as it runs. It is then run again with the last choice changed, until every
/// way has been tried.
final class ReferenceWorlds {
  private var script: [Int] = []
  private var widths: [Int] = []
  private var known: [String: Int] = [:]
  private var asked = 0
  static let limit = 1000

  func choose(_ fact: String, among count: Int) -> Int {
    if let way = known[fact] { return way }
    if asked == script.count {
      script.append(0)
      widths.append(count)
    }
    let way = script[asked]
    asked += 1
    known[fact] = way
    return way
  }

  func isTrue(_ fact: String) -> Bool { choose(fact, among: 2) == 1 }

  /// Every answer that is possible; nil where there are too many ways to try.
  func all(_ question: () -> ReferenceOutcome) -> Set<ReferenceOutcome>? {
    var result: Set<ReferenceOutcome> = []
    script = []
    widths = []
    for _ in 0..<Self.limit {
      known = [:]
      asked = 0
      result.insert(question())
      while let last = script.last, let width = widths.last, last + 1 >= width {
        script.removeLast()
        widths.removeLast()
      }
      guard let last = script.popLast() else { return result }
      script.append(last + 1)
    }
    return nil
  }
}

/// One device and one flow in one world: every question has a plain answer.
struct ReferenceWorld {
  let device: ReferenceDevice
  let flow: ReferenceFlow
  let worlds: ReferenceWorlds

  private var policy: Policy { device.policy }
  private var hop: Int { device.hop }
  private var knowledge: OutsideKnowledge { device.knowledge }

  func outcome() -> ReferenceOutcome {
    guard let pipeline = policy.pipelines.first(where: { $0.traffic == device.client.traffic })
    else { return .left }
    var pathSeen = flow.port == 80
    if !pathSeen, let table = pipeline.inspection {
      pathSeen = run(table, pathSeen: false) == .allow
    }
    let stages = pipeline.stages.filter { $0.families.contains(flow.family) }
    let outcomes = stages.map { (phase: $0.phase, outcome: run($0.table, pathSeen: pathSeen)) }
    var result: ReferenceOutcome = stages.contains { $0.phase == .firstPacket } ? .allow : .left
    for phase in Phase.allCases {
      let own = outcomes.filter { $0.phase == phase }.map(\.outcome)
      guard !own.isEmpty else { continue }
      switch pipeline.mode {
      case .allOf: for outcome in own { result = ReferenceDevice.worse(result, outcome) }
      case .firstDecisive:
        result = ReferenceDevice.worse(result, own.first { $0 != .left } ?? .left)
      }
    }
    return result
  }

  private func table(_ name: String) -> Table? { policy.tables.first { $0.name == name } }

  private func run(_ name: String, pathSeen: Bool) -> ReferenceOutcome {
    guard let table = table(name) else { return .broken }
    let outcome = walk(table, pathSeen)
    return outcome == .left ? Self.end(table) : outcome
  }

  private static func end(_ table: Table) -> ReferenceOutcome {
    switch table.defaultAction.outcome {
    case .allow: .allow
    case .deny: .deny
    case .none: .left
    }
  }

  private func walk(_ table: Table, _ pathSeen: Bool) -> ReferenceOutcome {
    for (index, rule) in table.rules.enumerated() {
      guard matches(rule, "\(table.name).\(index)", pathSeen) else { continue }
      switch rule.action {
      case .continue: break
      case .allow(let gates): return pass(gates, pathSeen)
      case .deny, .bypass: return .deny
      case .inspect: return .allow
      case .return: return .left
      case .goto(let name): return self.table(name).map { walk($0, pathSeen) } ?? .broken
      case .jump(let name):
        guard let target = self.table(name) else { return .broken }
        let outcome = walk(target, pathSeen)
        if outcome != .left { return outcome }
      }
    }
    return Self.end(table)
  }

  private func pass(_ gates: [String], _ pathSeen: Bool) -> ReferenceOutcome {
    guard gates.allSatisfy({ table($0) != nil }) else { return .broken }
    for gate in gates {
      let outcome = run(gate, pathSeen: pathSeen)
      if outcome == .deny || outcome == .broken { return outcome }
    }
    return .allow
  }

  // MARK: Matches

  private func matches(_ rule: Rule, _ place: String, _ pathSeen: Bool) -> Bool {
    guard rule.enabled else { return false }
    return rule.match.clauses.enumerated().allSatisfy { index, clause in
      holds(clause, "\(place).\(index)", pathSeen: pathSeen || rule.decrypts)
    }
  }

  private func condition(_ condition: Condition, _ place: String, _ role: String) -> Bool {
    policy.format == Policy.neutralFormat
      ? worlds.isTrue("\(hop) \(role) \(condition.kind.rawValue) \(condition.detail)")
      : worlds.isTrue("\(hop) at \(place)")
  }

  private func holds(_ clause: Clause, _ place: String, pathSeen: Bool) -> Bool {
    let zones = flow.zones[hop]
    switch clause {
    case .from(let list):
      if device.client.traffic == .host { return list.names.contains("HOST") != list.negated }
      guard let zone = zones.from else { return worlds.isTrue("\(hop) from \(list)") }
      return list.contains(zone)
    case .to(let list):
      guard let zone = zones.to else { return worlds.isTrue("\(hop) to \(list)") }
      return list.contains(zone)
    case .zonePair(let pairing):
      guard let from = zones.from, let to = zones.to else {
        return worlds.isTrue("\(hop) pair \(pairing)")
      }
      return (from == to) == (pairing == .intrazone)
    case .family(let family): return family == flow.family
    case .source(let list): return combine(list, place) { source($0, $1) }
    case .destination(let list):
      return combine(list, place) { destination($0, $1, pathSeen: pathSeen) }
    case .service(let list): return service(list, place)
    case .application(let names): return application(names)
    case .requires(let condition): return self.condition(condition, place, "flow")
    case .period(let period):
      return condition(Condition(.schedule, period.text), place, "flow")
    case .never: return false
    }
  }

  private func application(_ names: [String]) -> Bool {
    let known = knowledge.applications.sorted()
    if names.isEmpty { return false }
    guard !known.isEmpty else {
      return names.contains { worlds.isTrue("\(hop) application \($0)") }
    }
    return names.contains(known[worlds.choose("\(hop) application", among: known.count)])
  }

  private func combine(
    _ list: EndpointList, _ place: String, _ ask: (EndpointTerm, String) -> Bool
  ) -> Bool {
    let held =
      list.terms.enumerated().contains { ask($1, "\(place).\($0)") }
      && !list.exceptions.enumerated().contains { ask($1, "\(place).x\($0)") }
    return held != list.negated
  }

  private func address() -> IPAddress {
    if let address = flow.address { return address }
    let samples = RandomParts.publicSamples(flow.family)
    return samples[worlds.choose("address", among: samples.count)]
  }

  private func destination(_ term: EndpointTerm, _ place: String, pathSeen: Bool) -> Bool {
    switch term {
    case .any: return true
    case .addresses(let set): return set.contains(address())
    case .host(let pattern, let binding):
      guard device.names.holds(.host(pattern), host: flow.host, path: "/") else { return false }
      switch binding {
      case .observed, .proxied: return true
      case .resolved: return worlds.isTrue("\(hop) resolved \(pattern)")
      case .doubtful: return worlds.isTrue("\(hop) at \(place)")
      }
    case .url(let pattern):
      return device.names.holds(pattern, host: flow.host, path: pathSeen ? flow.path : "/")
    case .object(let index):
      return combine(policy.endpointObjects[index].list, "\(place).o\(index)") {
        destination($0, $1, pathSeen: pathSeen)
      }
    case .tag(let name):
      if let set = knowledge.tags[name] { return set.contains(address()) }
      return worlds.isTrue("\(hop) tag \(name)")
    case .category(let name):
      if knowledge.categories == [name] { return true }
      return worlds.isTrue("\(hop) category \(name)")
    case .condition(let condition): return self.condition(condition, place, "flow")
    }
  }

  private func source(_ term: EndpointTerm, _ place: String) -> Bool {
    switch term {
    case .any: return true
    case .addresses(let set): return set.contains(flow.client)
    case .host(let pattern, _):
      return worlds.isTrue("\(hop) source \(URLPattern.host(pattern).text)")
    case .url(let pattern): return worlds.isTrue("\(hop) source \(pattern.text)")
    case .category(let name): return worlds.isTrue("\(hop) source category \(name)")
    case .condition(let condition): return self.condition(condition, place, "source")
    case .object(let index):
      return combine(policy.endpointObjects[index].list, "\(place).o\(index)") { source($0, $1) }
    case .tag(let name):
      if let set = knowledge.tags[name] { return set.contains(flow.client) }
      return worlds.isTrue("\(hop) source tag \(name)")
    }
  }

  /// Ports that a client may use for its own end, on both sides of every bound in the pool.
  private static let clientPorts: [UInt16] = [1024, 2000, 32767, 32768, 49151, 49152, 60999, 65535]

  private func service(_ list: ServiceList, _ place: String) -> Bool {
    let held = list.terms.enumerated().contains { index, term -> Bool in
      let place = "\(place).\(index)"
      switch term {
      case .any: return true
      case .service(let service):
        guard service.protocol == nil || service.protocol == 6,
          service.destinationPorts.contains(flow.port)
        else { return false }
        if service.sourcePorts.isFull { return true }
        let port = Self.clientPorts[worlds.choose("\(hop) port", among: Self.clientPorts.count)]
        return service.sourcePorts.contains(port)
      case .object(let number):
        return self.service(policy.serviceObjects[number].list, "\(place).s\(number)")
      case .condition(let condition): return self.condition(condition, place, "flow")
      }
    }
    return held != list.negated
  }
}
