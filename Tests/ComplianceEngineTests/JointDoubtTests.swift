import ComplianceEngine
import NetworkSets
import PolicyModel
import Testing

/// Several doubts about one fact are one, and only what can change the outcome is told.
@Suite struct JointDoubtTests {
  private static func same(_ clause: Clause) -> Policy {
    policy([rule("no", .deny(.drop), and: [clause]), rule("yes", and: [clause])])
  }

  /// Deny if c, allow if c, else deny: c or not c, it is denied.
  @Test(arguments: [
    Clause.destination(EndpointList([.category("c")])), .application(["ssl"]),
    .destination(EndpointList([.tag("T")])), .source(EndpointList([.tag("T")])),
    .destination(EndpointList(destination(["a.example.com"], binding: .resolved))),
    .destination(EndpointList([.addresses(AddressSet(parsing: "20.0.0.0/8") ?? .any)])),
    .service(ServiceList([.service(Service(protocol: 6, sourcePorts: PortSet(40_000...50_000)))])),
  ])
  func anEqualDoubtIsOne(_ clause: Clause) {
    let judged = Judgement(Self.same(clause))
    #expect(judged.verdict == .blocked)
    #expect(judged.deciding.contains("no"))
    #expect(judged.results.first?.conditions.isEmpty == true)
  }

  /// Two rules that stand for one of the export say that it may allow as well as deny.
  @Test func whatMayAllowAsWellAsDenyStaysOpen() {
    var pair = Self.same(.destination(EndpointList([.category("c")])))
    pair.tables[0].rules[1].position = pair.tables[0].rules[0].position
    pair.tables[0].defaultAction = DefaultAction(.allow, name: "default")
    #expect(Judgement(pair).verdict == .conditional)
  }

  /// The neutral form says what it means; an importer may use one wording for several doubts.
  @Test func equalWordsAreOneInTheNeutralForm() {
    var judged = Self.same(.requires(Condition(.unmodelled, "p")))
    #expect(Judgement(judged).verdict == .conditional)
    judged.format = Policy.neutralFormat
    #expect(Judgement(judged).verdict == .blocked)
  }

  @Test func addressesAddUpOverRules() {
    let halves = policy([rule("low", to: ["0.0.0.0/1"]), rule("high", to: ["128.0.0.0/1"])])
    #expect(Judgement(halves).verdict == .allowed)
    #expect(Judgement(halves).deciding == ["low", "high"])
    let hole = policy([rule("low", to: ["0.0.0.0/1"]), rule("high", to: ["192.0.0.0/2"])])
    #expect(Judgement(hole).verdict == .conditional)
    let over = policy([
      rule("no", .deny(.drop), to: ["0.0.0.0/1"]), rule("yes", to: ["0.0.0.0/2"]),
      rule("rest", .deny(.drop), to: ["128.0.0.0/1"]),
    ])
    #expect(Judgement(over).verdict == .blocked)
  }

  @Test func sourcePortsAddUpOverRules() {
    func ports(_ range: ClosedRange<UInt16>) -> [Clause] {
      [.service(ServiceList([.service(Service(protocol: 6, sourcePorts: PortSet(range)))]))]
    }
    let halves = policy([
      rule("low", and: ports(1024...32767)), rule("high", and: ports(32768...65535)),
    ])
    #expect(Judgement(halves).verdict == .allowed)
  }

  /// Devices on one way see one and the same address.
  @Test func devicesShareTheAddress() {
    let low = policy([rule("low", to: ["0.0.0.0/1"])])
    let high = policy([rule("high", to: ["128.0.0.0/1"])])
    let judged = Judgement([low, high], catalogue([endpoint("a.example.com")]))
    #expect(judged.verdict == .blocked)
    #expect(!judged.deciding.isEmpty)
  }

  /// Ten thousand address rules cost no more than looking at them a few times.
  @Test func manyAddressRulesAreJudgedInTime() {
    let rules = (0..<2000).map { rule("r\($0)", to: ["20.\($0 / 250).\($0 % 250).0/24"]) }
    #expect(Judgement(policy(rules)).verdict == .conditional)
  }

  // MARK: What is told

  private func details(_ policy: Policy) -> [String] {
    (Judgement(policy).results.first?.conditions ?? []).map(\.condition.detail)
  }

  private func requires(_ detail: String) -> [Clause] {
    [.requires(Condition(.externalList, detail))]
  }

  @Test func whatLeadsAwayIsTold() {
    let back = policy([rule("back", .return, and: requires("p")), rule("yes", and: requires("q"))])
    #expect(details(back) == ["p", "q"])
  }

  @Test func whatChangesNothingIsNotTold() {
    let away = table("away", [rule("all")])
    let second = table("second", [], default: .allow)
    let judged = policy(
      [
        rule("no", .deny(.drop), and: requires("p")), rule("go", .goto("away"), and: requires("q")),
      ],
      default: .none, tables: [away, second], mode: .firstDecisive, stages: ["second"])
    #expect(details(judged) == ["p"])
    let behind = policy([
      rule("list", and: requires("p")), rule("again", hosts: ["a.example.com"], and: requires("q")),
      rule("rest", hosts: ["a.example.com"]),
    ])
    #expect(Judgement(behind).verdict == .allowed)
    let exception = policy([
      rule(
        "r",
        and: [
          .destination(
            EndpointList(
              [.any, .condition(Condition(.externalList, "p"))],
              except: [.condition(Condition(.externalList, "q"))]))
        ])
    ])
    #expect(details(exception) == ["q"])
  }

  @Test func aCategoryThatDecidesInspectionIsToldAsACategory() {
    let host = HostName(constant: "a.example.com")
    let url = URLPattern.parts(.exact(host), .exact("/p"))
    let judged = Judgement(
      policy(
        [rule("path", urls: [url])], inspection: [rule("some", .inspect, terms: [.category("c")])]),
      path: "/p")
    #expect(judged.kinds == [.category])
    #expect(judged.results.first?.conditions.map(\.outcome) == ["allow"])
  }
}
