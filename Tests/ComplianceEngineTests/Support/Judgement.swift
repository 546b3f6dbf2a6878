import ComplianceEngine
import EndpointCatalogue
import NetworkSets
import PolicyModel

/// One rule in few words.
func rule(
  _ name: String, _ action: Action = .allow, hosts: [String] = [], urls: [URLPattern] = [],
  to addresses: [String] = [], from sources: [String] = [], ports: String? = nil,
  enabled: Bool = true, decrypts: Bool = false, terms: [EndpointTerm] = [],
  and clauses: [Clause] = []
) -> Rule {
  var destination = terms
  destination += hosts.compactMap { hostPattern($0) }.map { .host($0, .observed) }
  destination += urls.map { .url($0) }
  destination += addresses.compactMap { AddressSet(parsing: $0) }.map { .addresses($0) }
  var all = clauses
  if !destination.isEmpty { all.append(.destination(EndpointList(destination))) }
  if !sources.isEmpty {
    all.append(
      .source(
        EndpointList(sources.compactMap { AddressSet(parsing: $0) }.map { .addresses($0) })))
  }
  if let ports, let set = PortSet(parsing: ports) {
    all.append(.service(ServiceList([.service(.tcp(set))])))
  }
  return Rule(
    name: name, enabled: enabled, match: Match(all), action: action, decrypts: decrypts,
    position: SourcePosition(line: 10, pointer: "/\(name)"))
}

/// `*.x` for the names below `x`, else the one name.
func hostPattern(_ text: String) -> HostPattern? {
  if text.hasPrefix("*.") { return HostName(text.dropFirst(2)).map { .subdomains($0) } }
  return HostName(text).map { .exact($0) }
}

/// A list of destinations by name.
func destination(_ hosts: [String], binding: NameBinding = .observed) -> [EndpointTerm] {
  hosts.compactMap { hostPattern($0) }.map { .host($0, binding) }
}

/// A policy of one table, with further tables by the side.
func policy(
  _ rules: [Rule], default outcome: DefaultAction.Outcome = .deny, tables: [Table] = [],
  inspection: [Rule]? = nil, mode: Pipeline.Mode = .allOf, stages: [String] = [],
  objects: [EndpointList] = [], notes: [Note] = []
) -> Policy {
  var policy = Policy(scope: "main", format: "test", files: ["test.xml"])
  policy.tables = [
    Table(name: "rules", rules: rules, defaultAction: DefaultAction(outcome, name: "default"))
  ]
  policy.tables += tables
  if let inspection {
    policy.tables.append(
      Table(
        name: "decryption", kind: .inspection, rules: inspection,
        defaultAction: DefaultAction(.deny, name: "no decryption")))
  }
  policy.endpointObjects = objects.enumerated().map { index, list in
    EndpointObject(id: "o\(index)", name: "o\(index)", kind: "group", list: list, position: nil)
  }
  policy.pipelines = [
    Pipeline(
      traffic: .forwarded, mode: mode, stages: (["rules"] + stages).map { Stage(table: $0) },
      inspection: inspection == nil ? nil : "decryption")
  ]
  policy.notes = notes
  return policy
}

/// A further table.
func table(
  _ name: String, _ rules: [Rule], default outcome: DefaultAction.Outcome = .none
) -> Table {
  Table(name: name, rules: rules, defaultAction: DefaultAction(outcome, name: "end of \(name)"))
}

/// A list with the endpoints of one test.
func catalogue(_ endpoints: [Endpoint?], says statements: [StatementKey] = []) -> Catalogue {
  Catalogue(
    id: "test", version: "2026-01-01", title: "test", published: "2026-01-01",
    effective: "2026-01-01", source: CatalogueSource(title: "", url: "", locale: "en", sha256: ""),
    statements: Dictionary(uniqueKeysWithValues: statements.map { ($0.rawValue, .flag(true)) }),
    services: [CatalogueService(id: "s", names: ["en": "service"])],
    endpoints: endpoints.compactMap { $0 })
}

func endpoint(
  _ host: String, path: String? = nil, ports: [UInt16] = [443], advised: [UInt16] = [],
  inspection: Endpoint.Inspection? = nil
) -> Endpoint? {
  Endpoint(
    service: "s", text: host, host: host, path: path, pathMatch: path == nil ? nil : .exact,
    portsRequired: ports, portsAdvised: advised, inspection: inspection)
}

/// What the engine says about one endpoint.
struct Judgement {
  let results: [RequirementResult]
  let findings: [Finding]

  init(
    _ policies: [Policy], _ catalogue: Catalogue, clients: [Client] = [],
    family: AddressFamily = .ipv4, knowledge: OutsideKnowledge = OutsideKnowledge()
  ) {
    let hops = policies.enumerated().map { index, policy in
      Hop(
        device: "fw\(index + 1)", policy: CompiledPolicy(policy),
        client: clients.indices.contains(index) ? clients[index] : Client())
    }
    let outcome = Evaluation(
      path: NetworkPath(hops: hops, family: family), catalogue: catalogue, knowledge: knowledge
    ).run()
    results = outcome.results
    findings = outcome.findings
  }

  init(
    _ policy: Policy, _ host: String = "a.example.com", path: String? = nil, port: UInt16 = 443,
    client: Client = Client(), family: AddressFamily = .ipv4,
    knowledge: OutsideKnowledge = OutsideKnowledge()
  ) {
    self.init(
      [policy], catalogue([endpoint(host, path: path, ports: [port])]), clients: [client],
      family: family, knowledge: knowledge)
  }

  var verdict: Verdict? { results.first?.verdict }
  var reason: Reason? { results.first?.reason }
  var deciding: [String] { results.first?.deciding.map(\.rule) ?? [] }
  var kinds: Set<Condition.Kind> { Set(results.first?.conditions.map(\.condition.kind) ?? []) }
  var ids: Set<Finding.ID> { Set(findings.map(\.id)) }
}

/// A client in one network.
func client(_ network: String, from: String? = nil, to: String? = nil) -> Client {
  Client(fromZone: from, toZone: to, networks: AddressSet(parsing: network))
}
