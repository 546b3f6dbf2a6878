import ComplianceEngine
import ImportKit
import NetworkSets
import PolicyModel
import TestSupport
import Testing

@testable import AWSImporter

/// Answers of AWS in the field samples, and EXPECTED-json.md sections 4, 5 and 17.
@Suite(.enabled(if: Repository.fieldSamples != nil)) struct AWSFieldTests {
  private static let firewall = "aws-network-firewall"

  @Test(arguments: [
    ("aws-network-firewall/cfn-template-all-group-kinds.json", [4]),
    ("aws-network-firewall/firewall-policy-default-drop.json", [0]),
    ("aws-network-firewall/rule-group-domain-denylist-homenet.json", [1]),
    ("aws-network-firewall/rule-group-stateless-forward.json", [1]),
    ("aws-network-firewall/rule-group-stateless-pass-tcpflags.json", [1]),
  ])
  func firewallsAreReadWithTheirRules(_ path: String, _ rules: [Int]) throws {
    let policies = try FieldJudgement.read(path)
    #expect(policies.map(\.format).allSatisfy { $0 == "aws" })
    if path.contains("cfn") {
      // One stateless rule, one domain list, one standard rule, one line of text; that the stateless
      // default drops before the stateful ones are asked makes them no less rules of the policy.
      #expect(policies.map(\.ruleCount) == [4])
    } else {
      #expect(policies.map(\.ruleCount) == rules)
    }
  }

  @Test(arguments: [
    ("aws-vpc/security-groups-demo-us-east-1.json", 6),
    ("aws-vpc/security-groups-custodian-large.json", 42),
    ("aws-vpc/network-acls-nacl-test.json", 13), ("aws-vpc/npguard-collector-sg-private.json", 8),
  ])
  func accessListsAreReadWithTheirRules(_ path: String, _ scopes: Int) throws {
    let policies = try FieldJudgement.read(path)
    #expect(policies.count == scopes)
  }

  @Test func groupWithBothFormsIsRefused() throws {
    let error = try #require(
      try WorkedExpectation.failure(
        Self.firewall, "rule-group-both-rules-and-rulegroup-invalid.json"))
    #expect(error.code == .wrongKind)
    #expect(error.reason.contains("both `Rules` and `RuleGroup`"))
  }

  private static let inside = Client(networks: AddressSet(parsing: "10.0.1.10"))

  // EXPECTED-json.md, section 4.
  @Test func templateDropsBeforeTheStatefulRules() throws {
    let policy = try #require(
      try FieldJudgement.read("aws-network-firewall/cfn-template-all-group-kinds.json").first)
    #expect(policy.scope == "MyNetworkfirewallPolicy")
    #expect(try FieldJudgement.verdicts(policy, Self.inside) == [.blocked, .blocked, .blocked])
    #expect(
      try FieldJudgement.deciding(policy, Self.inside)
        == "policy, first packet/StatelessDefaultActions aws:drop")
    let mismatches = policy.notes.filter { $0.text.contains("has the order STRICT_ORDER") }
    #expect(mismatches.count == 3)
  }

  // Section 5.
  @Test func policyThatDropsByDefault() throws {
    let folder = Self.firewall
    let policies = try WorkedExpectation.policies(
      folder, "firewall-policy-default-drop.json", "rule-group-stateless-forward.json",
      "rule-group-stateless-pass-tcpflags.json", "rule-group-domain-denylist-homenet.json")
    let policy = try #require(policies.first)
    #expect(try FieldJudgement.verdicts(policy, Self.inside) == [.blocked, .blocked, .blocked])
    #expect(
      try FieldJudgement.deciding(policy, Self.inside)
        == "policy, first packet/StatelessDefaultActions aws:drop")
    #expect(policy.notes.contains { $0.text == "`192.0.2.0/8` is read as 192.0.0.0/8" })
    // The references are paths and are reported.
    #expect(policy.notes.contains { $0.text.contains("suricata-rule-reference.json") })
  }

  @Test func denylistAloneDecidesNothing() throws {
    let policy = try #require(
      try FieldJudgement.read("aws-network-firewall/rule-group-domain-denylist-homenet.json").first)
    #expect(try FieldJudgement.verdicts(policy, Self.inside) == [.unknown, .unknown, .unknown])
  }

  // Section 17.
  @Test func securityGroupsLetEverythingOut() throws {
    for policy in try FieldJudgement.read("aws-vpc/security-groups-demo-us-east-1.json") {
      #expect(try FieldJudgement.verdicts(policy, Client()) == [.allowed, .allowed, .allowed])
    }
  }

  @Test func networkListsLetAnswersIn() throws {
    for policy in try FieldJudgement.read("aws-vpc/network-acls-nacl-test.json") {
      #expect(
        try FieldJudgement.verdicts(policy, Client()) == [.allowed, .allowed, .allowed],
        "\(policy.scope)")
      let rule = try FieldJudgement.deciding(policy, Client())
      #expect(
        ["outbound/outbound rule 1000", "outbound/outbound rule 100"].contains(rule),
        "\(policy.scope) \(rule)")
    }
  }
}
