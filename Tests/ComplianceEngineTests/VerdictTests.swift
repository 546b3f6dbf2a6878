import ComplianceEngine
import NetworkSets
import PolicyModel
import Testing

/// Each verdict with each of its reasons, on the smallest policy that gives it.
@Suite struct VerdictTests {
  struct Row: Sendable, CustomStringConvertible {
    let description: String
    let policy: Policy
    let verdict: Verdict
    let reason: Reason
    let deciding: [String]
    var host = "a.example.com"
    var client = Client()
  }

  static let rows: [Row] = [
    Row(
      description: "a rule that names the host allows it",
      policy: policy([rule("yes", hosts: ["a.example.com"], ports: "443")]),
      verdict: .allowed, reason: .explicitAllow, deciding: ["yes"]),
    Row(
      description: "a rule for everything allows it", policy: policy([rule("any")]),
      verdict: .allowed, reason: .broadAllow, deciding: ["any"]),
    Row(
      description: "a rule for the whole Internet by addresses is as broad",
      policy: policy([rule("net", to: ["0.0.0.0/0"])]), verdict: .allowed, reason: .broadAllow,
      deciding: ["net"]),
    Row(
      description: "halves that make the whole Internet allow it",
      policy: policy([rule("net", to: ["0.0.0.0/1", "128.0.0.0/1"])]), verdict: .allowed,
      reason: .broadAllow, deciding: ["net"]),
    Row(
      description: "the default allows it", policy: policy([], default: .allow),
      verdict: .allowed, reason: .defaultAllow, deciding: ["default"]),
    Row(
      description: "a rule denies it", policy: policy([rule("no", .deny(.drop))], default: .allow),
      verdict: .blocked, reason: .explicitDeny, deciding: ["no"]),
    Row(
      description: "the default denies it", policy: policy([]), verdict: .blocked,
      reason: .defaultDeny, deciding: ["default"]),
    Row(
      description: "private addresses are no Internet host",
      policy: policy([rule("inside", to: ["10.0.0.0/8", "192.168.0.0/16"])]), verdict: .blocked,
      reason: .defaultDeny, deciding: ["default"]),
    Row(
      description: "an earlier deny shadows the allow",
      policy: policy([
        rule("no", .deny(.drop), ports: "1-500"), rule("yes", hosts: ["a.example.com"]),
      ]),
      verdict: .blocked, reason: .shadowedAllow, deciding: ["no"]),
    Row(
      description: "the allow is disabled",
      policy: policy([rule("yes", hosts: ["a.example.com"], enabled: false)]), verdict: .blocked,
      reason: .disabledAllow, deciding: ["default"]),
    Row(
      description: "the allow is for another port",
      policy: policy([rule("yes", hosts: ["a.example.com"], ports: "80")]), verdict: .blocked,
      reason: .wrongPort, deciding: ["default"]),
    Row(
      description: "the allow is for other clients",
      policy: policy([rule("yes", hosts: ["a.example.com"], from: ["10.2.0.0/16"])]),
      verdict: .blocked, reason: .tooNarrow, deciding: ["default"], client: client("10.1.0.0/16")),
    Row(
      description: "the allow is for a sibling",
      policy: policy([rule("yes", hosts: ["b.example.com"])]), verdict: .blocked,
      reason: .tooNarrow, deciding: ["default"]),
    Row(
      description: "some clients only",
      policy: policy([rule("yes", hosts: ["a.example.com"], from: ["10.1.0.0/24"])]),
      verdict: .partial, reason: .tooNarrow, deciding: ["yes", "default"],
      client: client("10.1.0.0/16")),
    Row(
      description: "some hosts of a wildcard only",
      policy: policy([rule("yes", hosts: ["b.a.example.com"])]), verdict: .partial,
      reason: .tooNarrow, deciding: ["yes", "default"], host: "*.a.example.com"),
    Row(
      description: "an application that is not known",
      policy: policy([rule("app", and: [.application(["ms-defender"])])]), verdict: .conditional,
      reason: .condition, deciding: ["app"]),
    Row(
      description: "a doubtful allow before a certain allow does not matter",
      policy: policy([rule("app", and: [.application(["x"])]), rule("any")]), verdict: .allowed,
      reason: .broadAllow, deciding: ["any"]),
    Row(
      description: "a doubtful deny before a certain deny does not matter",
      policy: policy([rule("app", .deny(.drop), and: [.application(["x"])])]), verdict: .blocked,
      reason: .defaultDeny, deciding: ["default"]),
    Row(
      description: "denied for some, open for others, is not met",
      policy: policy([rule("app", from: ["10.1.0.0/24"], and: [.application(["x"])])]),
      verdict: .partial, reason: .tooNarrow, deciding: ["default"], client: client("10.1.0.0/16")),
    Row(
      description: "the answer is dropped", policy: answering([rule("back", ports: "80")]),
      verdict: .blocked, reason: .noAnswer, deciding: ["end of answers"]),
    Row(
      description: "the answer passes", policy: answering([rule("back", ports: "443")]),
      verdict: .allowed, reason: .explicitAllow, deciding: ["yes"]),
    Row(
      description: "the answer hangs on a condition",
      policy: answering([rule("back", and: [.requires(Condition(.schedule, "by day"))])]),
      verdict: .conditional, reason: .condition, deciding: ["back"]),
    Row(
      description: "what judges names in later packets denies like any rule",
      policy: answering([], phase: .dataToServer, isAuxiliary: false),
      verdict: .blocked, reason: .defaultDeny, deciding: ["end of answers"]),
    Row(
      description: "a first packet that is denied has no answer to speak of",
      policy: answering([], first: []), verdict: .blocked, reason: .defaultDeny,
      deciding: ["default"]),
    Row(
      description: "a table without a default decides nothing", policy: policy([], default: .none),
      verdict: .unknown, reason: .condition, deciding: []),
  ]

  @Test(arguments: rows) func judges(_ row: Row) {
    let judged = Judgement(row.policy, row.host, client: row.client)
    #expect(judged.verdict == row.verdict)
    #expect(judged.reason == row.reason)
    #expect(judged.deciding == row.deciding)
  }

  @Test func everyVerdictAndReasonHasARow() {
    #expect(Set(Self.rows.map(\.verdict)) == Set(Verdict.allCases))
    #expect(Set(Self.rows.map(\.reason)) == Set(Reason.allCases))
  }

  /// A policy with a second stage for a later phase.
  private static func answering(
    _ rules: [Rule], first: [Rule] = [rule("yes", hosts: ["a.example.com"])],
    phase: Phase = .answer, isAuxiliary: Bool = true
  ) -> Policy {
    var policy = policy(first, tables: [table("answers", rules, default: .deny)])
    policy.pipelines[0].stages.append(
      Stage(table: "answers", isAuxiliary: isAuxiliary, phase: phase))
    return policy
  }

  @Test func noAnswerNamesThePhaseTheRuleAndWhatIsMissing() throws {
    let policy = Self.answering([
      rule("outside", .deny(.drop), ports: "443"), rule("back", ports: "80,443"),
    ])
    let result = try #require(Judgement(policy).results.first)
    #expect(result.reason == .noAnswer)
    #expect(result.deciding.map(\.rule) == ["outside"])
    #expect(
      result.change?.text
        == "the first packet to a.example.com on TCP 443 passes and the answer is dropped by "
        + "`outside` of answers: add a rule that lets packets from TCP port 443 of a.example.com "
        + "back to the client pass, above `outside`, or established connections as a whole")
  }

  /// Stages of a first-decisive pipeline are asked phase by phase: that the first packet passes says
  /// nothing of the answer.
  @Test func eachPhaseDecidesForItself() {
    var policy = Self.answering([])
    policy.pipelines[0].mode = .firstDecisive
    #expect(Judgement(policy).verdict == .blocked)
    #expect(Judgement(policy).reason == .noAnswer)
  }

  @Test func noPipelineForTheTrafficIsUnknown() {
    let judged = Judgement(policy([]), client: Client(traffic: .host))
    #expect(judged.verdict == .unknown)
    #expect(
      judged.results.first?.conditions.first?.condition.detail.contains("device itself") == true)
  }

  @Test func shadowedAllowNamesBothRules() {
    let judged = Judgement(
      policy([
        rule("one", .deny(.drop), from: ["10.1.0.0/17"]),
        rule("two", .deny(.drop), from: ["10.1.128.0/17"]),
        rule("yes", hosts: ["a.example.com"]),
      ]), client: client("10.1.0.0/16"))
    // The union of two denies shadows the allow; neither does alone.
    #expect(judged.verdict == .blocked)
    #expect(judged.reason == .shadowedAllow)
    #expect(judged.results.first?.blockers.map(\.rule) == ["one", "two"])
    #expect(judged.results.first?.nearMiss?.rule == "yes")
  }

  @Test func partialGivesBothWitnesses() {
    let judged = Judgement(
      policy([rule("yes", hosts: ["*.b.example.com"])]), "*.example.com")
    #expect(judged.verdict == .partial)
    #expect(judged.results.first?.allowedWitness?.host.hasSuffix(".b.example.com") == true)
    #expect(judged.results.first?.deniedWitness?.host.hasSuffix(".b.example.com") == false)
  }

  @Test(arguments: [
    ("add TCP 443 to `yes`", [rule("yes", hosts: ["a.example.com"], ports: "80")]),
    ("enable `yes`", [rule("yes", hosts: ["a.example.com"], enabled: false)]),
    ("move `yes` above `no`", [rule("no", .deny(.drop)), rule("yes", hosts: ["a.example.com"])]),
    ("add a.example.com to the destinations of `yes`", [rule("yes", hosts: ["b.example.com"])]),
    ("add a rule that allows a.example.com on TCP 443", []),
  ])
  func advice(_ words: String, _ rules: [Rule]) {
    #expect(Judgement(policy(rules)).results.first?.change?.text.hasPrefix(words) == true)
  }
}
