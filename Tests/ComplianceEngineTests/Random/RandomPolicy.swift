import ComplianceEngine
import EndpointCatalogue
import NetworkSets
import PolicyModel
import TestSupport

/// Makes small policies with every feature of the model.
struct RandomPolicy {
  var random: SeededRandom
  /// Later tables and objects only, so that nothing goes in a circle; circles have their own tests.
  private var tableNames: [String] = []
  private var endpointCount = 0
  private var serviceCount = 0

  init(_ random: SeededRandom) { self.random = random }

  mutating func makeCase() -> RandomCase? {
    let family: AddressFamily = random.chance(6) ? .ipv6 : .ipv4
    let port = random.pick([443, 443, 443, 80, 8443] as [UInt16])
    let isWildcard = !random.chance(3)
    let path: String? = random.chance(4) ? random.pick(["/p", "/p/q", "/p/"]) : nil
    guard
      let endpoint = Endpoint(
        service: "s", text: "t", host: isWildcard ? "*.x.com" : random.pick(["a.x.com", "x.com"]),
        path: path, pathMatch: path == nil ? nil : random.chance(2) ? .exact : .prefix,
        portsRequired: [port])
    else { return nil }
    let hops = random.chance(5) ? 2 : 1
    var policies: [Policy] = []
    var clients: [Client] = []
    for hop in 0..<hops {
      policies.append(makePolicy())
      clients.append(makeClient(isFirst: hop == 0, family: family))
    }
    return RandomCase(
      policies: policies, clients: clients, family: family, endpoint: endpoint, port: port,
      knowledge: makeKnowledge())
  }

  private mutating func makeClient(isFirst: Bool, family: AddressFamily) -> Client {
    let traffic: TrafficKind = isFirst && random.chance(6) ? .host : .forwarded
    var networks: AddressSet?
    if isFirst, !random.chance(4) {
      networks = AddressSet(
        parsing: family == .ipv4
          ? random.pick(["10.0.0.0/8", "10.1.0.0/16", "10.1.1.1", "0.0.0.0/0"])
          : random.pick(["fd00::/16", "fd00:1::/32", "::/0"]))
    }
    return Client(
      traffic: traffic,
      fromZone: traffic == .host ? nil : random.chance(4) ? nil : random.pick(["in", "dmz"]),
      toZone: random.chance(3) ? nil : random.pick(["wan", "wan0", "in"]), networks: networks)
  }

  private mutating func makeKnowledge() -> OutsideKnowledge {
    var knowledge = OutsideKnowledge()
    if random.chance(3) {
      for host in ["a.x.com", "b.a.x.com", "x.com", "q7.x.com"] where random.chance(2) {
        let addresses = ["20.1.2.3", "8.8.8.8", "10.1.1.1", "2a01:111::1", "2a01:112::1"]
          .filter { _ in random.chance(3) }.compactMap { IPAddress($0) }
        if let name = HostName(host), !addresses.isEmpty { knowledge.addresses[name] = addresses }
      }
    }
    if random.chance(3) { knowledge.tags["T1"] = random.pick(RandomParts.sets) }
    if random.chance(3) {
      knowledge.applications = Set(["ssl", "web"].filter { _ in random.chance(2) })
    }
    if random.chance(3) { knowledge.categories = [random.pick(["c1", "c2"])] }
    return knowledge
  }

  // MARK: Policies

  mutating func makePolicy() -> Policy {
    var policy = Policy(scope: "s", format: random.chance(2) ? Policy.neutralFormat : "random")
    policy.zones = ["in", "dmz", "wan", "wan0"].map { Zone(name: $0) }
    endpointCount = random.below(4)
    serviceCount = random.below(3)
    for index in 0..<endpointCount {
      policy.endpointObjects.append(
        EndpointObject(
          id: "e\(index)", name: "e\(index)", kind: "group",
          list: list(from: index + 1, isSource: false), position: nil))
    }
    for index in 0..<serviceCount {
      policy.serviceObjects.append(
        ServiceObject(
          id: "s\(index)", name: "s\(index)", kind: "service", list: services(from: index + 1),
          position: nil))
    }
    let count = 1 + random.below(4)
    tableNames = (0..<count).map { "t\($0)" }
    for index in 0..<count {
      let rules = (0..<(1 + random.below(4))).map { rule(index: $0, after: index) }
      policy.tables.append(
        Table(name: "t\(index)", rules: rules, defaultAction: defaultAction()))
    }
    let inspects = random.chance(4)
    if inspects {
      var table = Table(name: "i", kind: .inspection, rules: [], defaultAction: defaultAction())
      for number in 0..<(1 + random.below(2)) {
        var rule = rule(index: number, after: count)
        rule.action = random.chance(2) ? .inspect : .bypass
        table.rules.append(rule)
      }
      policy.tables.append(table)
    }
    for traffic in [TrafficKind.forwarded, .host] {
      policy.pipelines.append(
        Pipeline(
          traffic: traffic, mode: random.chance(2) ? .allOf : .firstDecisive,
          stages: (0..<(random.chance(20) ? 0 : 1 + random.below(2))).map { _ in stage() },
          inspection: inspects ? "i" : nil))
    }
    return policy
  }

  private mutating func stage() -> Stage {
    let families: [AddressFamily] =
      random.chance(5) ? [random.pick([.ipv4, .ipv6])] : AddressFamily.allCases
    return Stage(
      table: random.chance(40) ? "missing" : random.pick(tableNames), families: families,
      isAuxiliary: random.chance(5),
      phase: random.chance(3) ? random.pick(Phase.allCases) : .firstPacket)
  }

  private mutating func defaultAction() -> DefaultAction {
    DefaultAction(random.pick([.allow, .deny, .deny, .none]), name: "default")
  }

  private mutating func rule(index: Int, after table: Int) -> Rule {
    var clauses = (0..<(random.chance(8) ? 0 : 1 + random.below(3))).map { _ in clause() }
    // A rule that names its destination is what most policies are made of.
    if random.chance(2) { clauses.append(.destination(list(from: 0, isSource: false))) }
    return Rule(
      name: "r\(table).\(index)", enabled: !random.chance(10), match: Match(clauses),
      action: action(after: table), decrypts: random.chance(10),
      position: SourcePosition(line: 100 * table + index + 1))
  }

  private mutating func action(after table: Int) -> Action {
    let later = tableNames.dropFirst(table + 1)
    switch random.below(later.isEmpty ? 8 : 12) {
    case 0, 1, 2: return .allow
    case 3, 4, 5: return .deny(random.chance(2) ? .drop : .reject)
    case 6: return .continue
    case 7: return .return
    case 8: return .goto(random.chance(20) ? "missing" : random.pick(Array(later)))
    case 9:
      return .allow(gates: (0..<(1 + random.below(2))).map { _ in random.pick(Array(later)) })
    default: return .jump(random.chance(20) ? "missing" : random.pick(Array(later)))
    }
  }

  private mutating func clause() -> Clause {
    switch random.below(14) {
    case 0, 1: .from(zones())
    case 2, 3: .to(zones())
    case 4: .zonePair(random.chance(2) ? .intrazone : .interzone)
    case 5: .family(random.chance(4) ? .ipv6 : .ipv4)
    case 6, 7: .source(list(from: 0, isSource: true))
    case 8, 9: .service(services(from: 0))
    case 10: .application([random.pick(["ssl", "web", "dns"])])
    case 11: .requires(condition())
    case 12 where random.chance(4): .never("never")
    default: .destination(list(from: 0, isSource: false))
    }
  }

  private mutating func zones() -> ZoneList {
    let names = (0..<(1 + random.below(2))).map { _ in
      random.pick(["in", "dmz", "wan", "wan*", "wan0", "HOST"])
    }
    return ZoneList(names, negated: random.chance(4))
  }

  private mutating func condition() -> Condition {
    Condition(random.pick([.user, .unmodelled, .unresolved]), random.pick(["p", "q"]))
  }

  private mutating func list(from firstObject: Int, isSource: Bool) -> EndpointList {
    let terms = (0..<(random.chance(20) ? 0 : 1 + random.below(3))).map { _ in
      term(from: firstObject, isSource: isSource)
    }
    let exceptions = (0..<(random.chance(5) ? 1 + random.below(2) : 0)).map { _ in
      term(from: firstObject, isSource: isSource)
    }
    return EndpointList(terms, except: exceptions, negated: random.chance(6))
  }

  private mutating func term(from firstObject: Int, isSource: Bool) -> EndpointTerm {
    switch random.below(isSource ? 9 : 14) {
    case 0: .any
    case 1, 2, 3: .addresses(random.pick(RandomParts.sets))
    case 4: .tag(random.pick(["T1", "T2"]))
    case 5 where random.chance(2): .condition(condition())
    case 6 where random.chance(2): .category(random.pick(["c1", "c2"]))
    case 7 where firstObject < endpointCount, 8 where firstObject < endpointCount:
      .object(firstObject + random.below(endpointCount - firstObject))
    case 9, 10, 11:
      .host(
        RandomParts.host(&random),
        random.pick([.observed, .observed, .observed, .proxied, .resolved, .doubtful]))
    case 12, 13: .url(RandomParts.url(&random))
    default:
      isSource
        ? .addresses(random.pick(RandomParts.sets)) : .host(RandomParts.host(&random), .observed)
    }
  }

  private mutating func services(from firstObject: Int) -> ServiceList {
    let terms = (0..<(1 + random.below(2))).map { _ in serviceTerm(from: firstObject) }
    return ServiceList(terms, negated: random.chance(6))
  }

  private mutating func serviceTerm(from firstObject: Int) -> ServiceTerm {
    switch random.below(8) {
    case 0: return .any
    case 1 where firstObject < serviceCount:
      return .object(firstObject + random.below(serviceCount - firstObject))
    case 2 where random.chance(2): return .condition(condition())
    default:
      let ports = ["443", "80", "80,443", "0-65535", "8000-9000", "22"]
      let sources = ["0-65535", "0-65535", "1024-65535", "49152-65535", "0-1023", "32768-60999"]
      return .service(
        Service(
          protocol: random.pick([6, 6, 6, nil, 17]),
          destinationPorts: PortSet(parsing: random.pick(ports)) ?? .full,
          sourcePorts: PortSet(parsing: random.pick(sources)) ?? .full))
    }
  }
}
