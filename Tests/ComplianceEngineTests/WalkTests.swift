import ComplianceEngine
import NetworkSets
import PolicyModel
import Testing

/// Jumps, returns, gates and stages, and policies that go in circles or explode.
@Suite struct WalkTests {
  @Test func jumpComesBackAndGotoDoesNot() {
    let away = table("away", [rule("other", hosts: ["b.example.com"])])
    #expect(
      Judgement(policy([rule("j", .jump("away")), rule("yes")], tables: [away])).deciding == ["yes"]
    )
    #expect(
      Judgement(policy([rule("g", .goto("away")), rule("yes")], tables: [away])).deciding == [
        "default"
      ])
    // A goto inside a jumped-to table returns to the caller of that table.
    let middle = table("middle", [rule("g", .goto("away")), rule("no", .deny(.drop))])
    #expect(
      Judgement(policy([rule("j", .jump("middle")), rule("yes")], tables: [middle, away])).deciding
        == ["yes"])
  }

  @Test func returnLeavesTheTable() {
    let away = table("away", [rule("back", .return), rule("no", .deny(.drop))])
    #expect(
      Judgement(policy([rule("j", .jump("away")), rule("yes")], tables: [away])).verdict == .allowed
    )
    #expect(Judgement(policy([rule("back", .return), rule("yes")])).deciding == ["default"])
  }

  @Test func continueOnlyLooks() {
    #expect(Judgement(policy([rule("log", .continue), rule("yes")])).deciding == ["yes"])
  }

  @Test func gatesMustAllLetPass() {
    let names = table("names", [rule("n", hosts: ["a.example.com"])], default: .deny)
    let ports = table("ports", [rule("p", .deny(.drop), ports: "80")], default: .allow)
    let gated = policy([rule("yes", .allow(gates: ["names", "ports"]))], tables: [names, ports])
    #expect(Judgement(gated).verdict == .allowed)
    #expect(Judgement(gated, "b.example.com").verdict == .blocked)
    #expect(Judgement(gated, port: 80).verdict == .blocked)
    #expect(Judgement(gated, port: 80).deciding == ["p"])
  }

  @Test func stagesOfBothModes() {
    let second = table("second", [rule("no", .deny(.drop))])
    let first = [rule("yes", hosts: ["a.example.com"])]
    let all = policy(first, default: .none, tables: [second], mode: .allOf, stages: ["second"])
    #expect(Judgement(all).deciding == ["no"])
    let decisive = policy(
      first, default: .none, tables: [second], mode: .firstDecisive, stages: ["second"])
    #expect(Judgement(decisive).deciding == ["yes"])
    #expect(Judgement(decisive, "b.example.com").deciding == ["no"])
  }

  @Test func whatDoesNotExistIsNotGuessed() {
    #expect(Judgement(policy([rule("j", .jump("nowhere"))], default: .allow)).verdict == .unknown)
    #expect(Judgement(policy([rule("g", .allow(gates: ["nowhere"]))])).verdict == .unknown)
    let stage = policy([], default: .allow, stages: ["nowhere"])
    #expect(Judgement(stage).verdict == .unknown)
    // A broken rule is decisive: the next stage is not asked instead.
    let decisive = policy(
      [rule("j", .jump("nowhere"))], default: .none, tables: [table("second", [rule("yes")])],
      mode: .firstDecisive, stages: ["second"])
    #expect(Judgement(decisive).verdict == .unknown)
    #expect(Judgement(decisive).kinds == [.unresolved])
    var inspection = policy([rule("yes")], inspection: [])
    inspection.pipelines[0].inspection = "nowhere"
    #expect(Judgement(inspection).verdict == .allowed)
  }

  @Test func circlesAreToldNotFollowed() {
    for action in [Action.jump("two"), .goto("two"), .allow(gates: ["two"])] {
      for back in [Action.jump("rules"), .goto("rules"), .allow(gates: ["rules"]), .jump("two")] {
        let judged = Judgement(
          policy([rule("a", action)], tables: [table("two", [rule("b", back)])]))
        #expect(judged.verdict == .conditional, "\(action) \(back)")
        #expect(judged.kinds.contains(.unmodelled))
      }
    }
    #expect(Judgement(policy([rule("a", .allow(gates: ["rules"]))])).verdict == .conditional)
  }

  @Test func groupsThatContainThemselvesAreADoubt() {
    let judged = Judgement(
      policy(
        [rule("r", terms: [.object(0)])],
        objects: [EndpointList([.object(1)]), EndpointList([.object(0)])]))
    #expect(judged.verdict == .conditional && judged.kinds == [.unresolved])
    let missing = Judgement(policy([rule("r", terms: [.object(7)])]))
    #expect(missing.kinds == [.unresolved])
    var circle = policy([rule("s", and: [.service(ServiceList([.object(0)]))])])
    circle.serviceObjects = [
      ServiceObject(id: "s", name: "s", kind: "g", list: ServiceList([.object(0)]), position: nil)
    ]
    #expect(Judgement(circle).verdict == .conditional)
    var lost = policy([rule("s", and: [.service(ServiceList([.object(3)]))])])
    lost.serviceObjects = []
    #expect(Judgement(lost).verdict == .conditional)
  }

  /// Each table jumps twice to the next: 2^60 ways, told from the length of the tables.
  @Test func tablesThatFanOutAreWalkedInTime() {
    for doubtful in [false, true] {
      let clauses: [Clause] = doubtful ? [.requires(Condition(.user, "staff"))] : []
      let tables = (0..<60).map { index in
        table(
          "t\(index)",
          [
            rule("a", .jump("t\(index + 1)"), and: clauses),
            rule("b", .jump("t\(index + 1)"), and: clauses),
          ])
      }
      let end = table("t60", [rule("yes", hosts: ["b.example.com"])])
      let judged = Judgement(policy([rule("j", .jump("t0"))], tables: tables + [end]))
      #expect(judged.verdict == .blocked)
      #expect(
        Judgement(policy([rule("j", .jump("t0"))], tables: tables + [end]), "b.example.com").verdict
          == (doubtful ? .conditional : .allowed))
    }
  }

  @Test func longListsOfDoubtsDoNotNest() {
    for action in [Action.return, .goto("away"), .jump("away"), .allow] {
      let rules = (0..<3000).map {
        rule("r\($0)", action, and: [.requires(Condition(.user, "group \($0)"))])
      }
      let judged = Judgement(
        policy(rules, default: .allow, tables: [table("away", [rule("no", .deny(.drop))])]))
      switch action {
      case .return, .allow: #expect(judged.verdict == .allowed)
      default: #expect(judged.results.first?.conditions.count == 3000)
      }
    }
  }

  @Test func groupsThatFanOutAreFlattenedOnce() {
    var objects = (0..<60).map { EndpointList([.object($0 + 1), .object($0 + 1)]) }
    objects.append(EndpointList(destination(["a.example.com"])))
    #expect(
      Judgement(policy([rule("r", terms: [.object(0)])], objects: objects)).verdict == .allowed)
  }

  @Test func devicesInSeriesMustAllAllow() {
    let open = policy([rule("any")])
    let some = policy([rule("some", from: ["10.1.0.0/24"])])
    let other = policy([rule("other", from: ["10.1.1.0/24"])])
    let list = catalogue([endpoint("a.example.com")])
    let here = client("10.1.0.0/16")
    #expect(Judgement([open, open], list, clients: [here, here]).verdict == .allowed)
    #expect(Judgement([open, policy([])], list, clients: [here, here]).verdict == .blocked)
    #expect(Judgement([open, some], list, clients: [here, here]).verdict == .partial)
    // Each device lets some clients through, and no client gets through both.
    #expect(Judgement([some, other], list, clients: [here, here]).verdict == .blocked)
    let doubt = policy([rule("app", and: [.application(["x"])])])
    #expect(Judgement([doubt, open], list, clients: [here, here]).verdict == .conditional)
    #expect(Judgement([doubt, policy([])], list, clients: [here, here]).verdict == .blocked)
  }
}
