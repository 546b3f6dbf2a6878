import NetworkSets
import PolicyModel

/// Policies of any length, of the shapes that cost an engine most.
enum BenchmarkPolicy: String, CaseIterable {
  /// What a grown firewall looks like: zones, private networks, names, public ranges, applications.
  case grown
  /// Every rule names hosts, none of them ours.
  case names
  /// Every rule names public addresses, so that each of them perhaps matches every host.
  case addresses

  func make(rules count: Int) -> Policy {
    var policy = Policy(scope: "main", format: "benchmark", files: ["made"])
    policy.zones = (0..<10).map { Zone(name: "zone\($0)") }
    var rules = (0..<count).map { rule($0) }
    rules.append(
      Rule(
        name: "last", match: Match([.service(ServiceList([.service(.tcp(PortSet(443...443)))]))]),
        action: .allow, position: SourcePosition(line: count + 1)))
    policy.tables = [
      Table(name: "rules", rules: rules, defaultAction: DefaultAction(.deny, name: "deny"))
    ]
    policy.pipelines = [
      Pipeline(traffic: .forwarded, mode: .allOf, stages: [Stage(table: "rules")])
    ]
    return policy
  }

  private func rule(_ number: Int) -> Rule {
    var clauses: [Clause] = []
    switch self {
    case .grown:
      clauses = [
        .from(ZoneList(["zone\(number % 3)"])), .to(ZoneList(["zone\(8 + number % 2)"])),
        .source(EndpointList([.addresses(Self.prefix(10, number % 200, 16))])),
        .service(ServiceList([.service(.tcp(Self.ports(number)))])),
      ]
      switch number % 10 {
      case 0, 1, 2, 3:
        clauses.append(.destination(EndpointList([.addresses(Self.prefix(192, 168, 16))])))
      case 4, 5, 6: clauses.append(.destination(EndpointList([Self.name(number)])))
      case 7, 8:
        clauses.append(.destination(EndpointList([.addresses(Self.prefix(20, number % 250, 16))])))
      default: clauses.append(.application(["app\(number % 50)"]))
      }
    case .names: clauses = [.destination(EndpointList([Self.name(number)]))]
    case .addresses:
      clauses = [.destination(EndpointList([.addresses(Self.prefix(20, number % 250, 16))]))]
    }
    return Rule(
      name: "rule\(number)", match: Match(clauses), action: number % 2 == 0 ? .allow : .deny(.drop),
      position: SourcePosition(line: number + 1))
  }

  private static func prefix(_ first: Int, _ second: Int, _ length: UInt8) -> AddressSet {
    AddressSet(prefix: .v4(UInt32(first) << 24 | UInt32(second) << 16), length: length) ?? .any
  }

  private static func ports(_ number: Int) -> PortSet {
    number % 4 == 0 ? PortSet(8000...9000) : PortSet(443...443)
  }

  private static func name(_ number: Int) -> EndpointTerm {
    guard let host = HostName("host\(number).example\(number % 97).com") else { return .any }
    return .host(number % 3 == 0 ? .subdomains(host) : .exact(host), .observed)
  }
}
