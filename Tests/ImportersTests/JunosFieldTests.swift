import ComplianceEngine
import ImportKit
import NetworkSets
import PolicyModel
import TestSupport
import Testing

/// Real SRX configurations, with the answers that an auditor worked out by hand.
@Suite(.enabled(if: Repository.fieldSamples != nil)) struct JunosFieldTests {
  @Test(arguments: [
    ("junos/srx-12.1X46-rpc-reply-trust-untrust.xml", 3),
    ("junos/srx-18.4-security-policies-global.xml", 5),
    ("junos/srx-18.4-security-zones.xml", 0),
  ])
  func everyConfigurationIsReadWithItsRules(_ path: String, _ rules: Int) throws {
    let outcome = try FieldSample.read(path)
    #expect(outcome.format.id == "junos-srx")
    #expect(outcome.export.policies.map(\.ruleCount) == [rules])
  }

  @Test func rulesKeepTheirOrder() throws {
    let policy = try FieldSample.policy("junos/srx-18.4-security-policies-global.xml")
    let written = policy.tables[0].rules.filter { $0.origin == .written }
    #expect(
      written.map(\.name) == [
        "test_policy_1", "test_policy_2", "test_policy_3", "test_glob_1", "test_glob_2",
      ])
    #expect(written.map(\.position.line) == written.map(\.position.line).sorted())
  }

  // EXPECTED-xml.md, section 9: certain by the policy, not in practice, because `trust` has no
  // interface.
  @Test func zoneWithoutInterface() throws {
    let policy = try FieldSample.policy("junos/srx-12.1X46-rpc-reply-trust-untrust.xml")
    let answer = try WorkedAnswer(policy, from: "trust", to: "untrust")
    for result in answer.all {
      #expect(result.verdict == .allowed)
      #expect(result.rules == ["default-permit"])
    }
    #expect(
      policy.notes.contains {
        $0.kind == .completeness && $0.text.contains("zone `trust` has no interface")
      })
  }

  // EXPECTED-xml.md, section 10. The sample is a reply for `security policies` alone, and its
  // address books are elsewhere: where a verdict hangs on that, the condition says so.
  @Test(arguments: ["two", "three"])
  func policiesWithExcludedAddressesAndGlobalOnes(_ target: String) throws {
    let policy = try FieldSample.policy("junos/srx-18.4-security-policies-global.xml")
    let four = try WorkedAnswer(policy, from: "one", to: target)
    for result in four.all {
      #expect(result.verdict == .blocked, "\(target): \(result.conditions)")
    }
  }

  @Test func zonesAloneDecideNothing() throws {
    let policy = try FieldSample.policy("junos/srx-18.4-security-zones.xml")
    #expect(policy.pipelines.isEmpty)
    #expect(policy.notes.contains { $0.text.contains("no `security policies`") })
  }
}
