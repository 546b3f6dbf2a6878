import ComplianceEngine
import NetworkSets
import PolicyModel
import Testing

/// The walk of one flow, as it is told.
@Suite struct ExplanationTests {
  private func explain(
    _ policy: Policy, port: UInt16 = 443, path: String = "/", client: Client = Client()
  ) throws -> Explanation {
    try #require(
      Explanation(
        path: NetworkPath(hops: [Hop(device: "fw", policy: CompiledPolicy(policy), client: client)]
        ),
        host: HostName(constant: "a.example.com"), port: port, urlPath: path,
        knowledge: OutsideKnowledge()))
  }

  @Test func everyRuleUpToTheOneThatDecides() throws {
    let explanation = try explain(
      policy([
        rule("off", enabled: false), rule("other", hosts: ["b.example.com"]),
        rule("port", hosts: ["a.example.com"], ports: "80"),
        rule("app", and: [.application(["x"])]), rule("yes", hosts: ["a.example.com"]),
        rule("late"),
      ]))
    let steps = try #require(explanation.hops.first).steps
    #expect(steps.map(\.rule.rule) == ["off", "other", "port", "app", "yes"])
    #expect(steps.map(\.matches) == [.no, .no, .no, .perhaps, .yes])
    #expect(steps.map(\.decides) == [false, false, false, false, true])
    #expect(steps[0].why == "disabled")
    #expect(steps[1].why.contains("b.example.com"))
    #expect(steps[2].why == "service is TCP 80")
    #expect(steps[3].why.hasPrefix("application: "))
    #expect(explanation.verdict == .allowed)
  }

  @Test func stepsSayWhichPacketsMeetThem() throws {
    var answering = policy(
      [rule("yes")], tables: [table("answers", [], default: .deny), table("data", [rule("never")])])
    // Phases are walked in their own order, and none behind one that denies.
    answering.pipelines[0].stages += [
      Stage(table: "data", isAuxiliary: true, phase: .dataToServer),
      Stage(table: "answers", isAuxiliary: true, phase: .answer),
    ]
    let steps = try #require(try explain(answering).hops.first).steps
    #expect(steps.map(\.rule.rule) == ["yes", "end of answers"])
    #expect(steps.map(\.phase) == [.firstPacket, .answer])
  }

  @Test func theDefaultIsAStep() throws {
    let explanation = try explain(policy([rule("other", hosts: ["b.example.com"])]))
    #expect(explanation.hops.first?.steps.last?.rule.rule == "default")
    #expect(explanation.hops.first?.steps.last?.decides == true)
    #expect(explanation.verdict == .blocked)
    #expect(explanation.hops.first?.outcome == "deny")
  }

  @Test func jumpsAreIndented() throws {
    let explanation = try explain(
      policy(
        [rule("j", .jump("t")), rule("yes")],
        tables: [table("t", [rule("no", hosts: ["b.example.com"])])]))
    #expect(explanation.hops.first?.steps.map(\.depth) == [0, 1, 0])
  }

  @Test func stagesEndWhereOneDecides() throws {
    let second = table("second", [rule("later")], default: .deny)
    let decisive = try explain(
      policy(
        [rule("yes")], default: .none, tables: [second], mode: .firstDecisive, stages: ["second"]))
    #expect(decisive.hops.first?.steps.map(\.rule.rule) == ["yes"])
    let denied = try explain(
      policy([rule("no", .deny(.drop))], tables: [second], mode: .allOf, stages: ["second"]))
    #expect(denied.hops.first?.steps.map(\.rule.rule) == ["no"])
    let both = try explain(
      policy([rule("yes")], tables: [second], mode: .allOf, stages: ["second"]))
    #expect(both.hops.first?.steps.map(\.rule.rule) == ["yes", "later"])
  }

  @Test func verdictsAreThoseOfTheJudgement() {
    for row in VerdictTests.rows where !row.host.hasPrefix("*") {
      guard let host = HostName(row.host) else { continue }
      let explanation = Explanation(
        path: NetworkPath(
          hops: [Hop(device: "fw", policy: CompiledPolicy(row.policy), client: row.client)]),
        host: host, port: 443, urlPath: "/", knowledge: OutsideKnowledge())
      #expect(explanation?.verdict == row.verdict, "\(row)")
    }
  }
}
