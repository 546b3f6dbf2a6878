import ComplianceEngine
import ImportKit
import Importers
import PolicyModel
import TestSupport
import Testing

/// Real files of firewalld, and the worked expectations 11 and 12 of EXPECTED-xml.md.
@Suite(.enabled(if: Repository.fieldSamples != nil)) struct FirewalldFieldTests {
  @Test func upstreamDefaults() throws {
    let policies = try FieldJudgement.read("firewalld/upstream-defaults")
    let policy = try #require(policies.first)
    #expect(policies.count == 1)
    // Host itself: no policy with ingress HOST, output is open. Certain.
    let host = Client(traffic: .host)
    #expect(try FieldJudgement.verdicts(policy, host) == [.allowed, .allowed, .allowed])
    #expect(policy.proposals.map(\.client.traffic) == [.host])
    // From internal to the outside: rejected, and the policy that would accept is switched off.
    for way in ["external", "public"] {
      let routed = Client(fromZone: "internal", toZone: way)
      #expect(try FieldJudgement.verdicts(policy, routed) == [.blocked, .blocked, .blocked])
      let results = try FieldJudgement.judge(policy, routed)
      #expect(results.allSatisfy { $0.reason == .disabledAllow })
      #expect(results[0].nearMiss?.rule.contains("gateway-lan-to-world") ?? false)
      #expect(results[0].deciding.map(\.rule) == ["default target of the zone internal"])
    }
    // From trusted to anywhere: the target accepts.
    let trusted = Client(fromZone: "trusted", toZone: "public")
    #expect(try FieldJudgement.verdicts(policy, trusted) == [.allowed, .allowed, .allowed])
    // That nothing is bound is said.
    #expect(policy.notes.contains { $0.text.contains("no file binds an interface to any zone") })
    #expect(policy.ruleCount == 46)
  }

  @Test func directRulesAlone() throws {
    let policy = try #require(
      try FieldJudgement.read("firewalld/local-direct-broken-brackets").first)
    for interface in 0...3 {
      let results = try FieldJudgement.judge(policy, Client(fromZone: "pxeleaf\(interface)"))
      // Allowed with doubt: the backend, and everything else that is not in the sample.
      #expect(results.allSatisfy { $0.verdict == .conditional })
      #expect(
        results[0].conditions.contains {
          $0.condition.detail.contains("FirewallBackend") && $0.outcome == "allow"
        })
      #expect(results[0].deciding.first?.ordinal == interface + 1)
    }
    let other = try FieldJudgement.judge(policy, Client(fromZone: "eth9"))
    #expect(other.allSatisfy { [.unknown, .conditional].contains($0.verdict) })
    #expect(policy.notes.contains { $0.text.contains("text between the elements") })
    #expect(policy.ruleCount == 8)
  }

  @Test func templateIsNamed() throws {
    let policy = try #require(try FieldJudgement.read("firewalld/jinja-templated").first)
    #expect(policy.notes.contains { $0.text.contains("unrendered template") })
    let results = try FieldJudgement.judge(policy, Client(fromZone: "trusted", toZone: "public"))
    #expect(results.allSatisfy { $0.verdict == .conditional })
  }
}
