import ComplianceEngine
import ImportKit
import NetworkSets
import PolicyModel
import TestSupport
import Testing

import Importers
@testable import AzureImporter

/// Azure in the field samples, and EXPECTED-json.md sections 1, 2, 3 and 15.
@Suite(.enabled(if: Repository.fieldSamples != nil)) struct AzureFieldTests {
  private static let folder = "azure-firewall-policy"

  @Test(arguments: [
    ("avd-policy-fqdn-tags-service-tags.arm.json", [24]),
    ("classic-exported-template-threatintel-alert.arm.json", [0]),
    ("forced-tunnel-dnat-network-app.arm.json", [4]),
    ("github-targeturls-terminatetls.arm.json", [2]),
    ("hub-firewall-nested-in-building-blocks.json", [4]),
    ("netsec-lab-premium-tls-webcategories.arm.json", [9]),
    ("rule-collection-fragment-doh-targeturl.json", [1]),
  ])
  func firewallsAreReadWithTheirRules(_ name: String, _ rules: [Int]) throws {
    let policies = try WorkedExpectation.policies(Self.folder, name)
    #expect(policies.map(\.ruleCount) == rules)
  }

  private func client(_ text: String) -> Client { Client(networks: AddressSet(parsing: text)) }

  // Section 1, "client inside parameter `avd-hostpool-subnet`": the template gives it no value, a
  // parameters file does.
  @Test func tagsOfVirtualDesktop() throws {
    let parameters = """
      {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
       "parameters": {"avd-hostpool-subnet": {"value": "10.1.0.0/24"}, "dns-server": {"value": "10.1.1.4"}}}
      """
    let template = try WorkedExpectation.files(
      Self.folder, "avd-policy-fqdn-tags-service-tags.arm.json")
    let given = ExportFile(name: "parameters.json", bytes: Array(parameters.utf8))
    let policy = try #require(try importerRegistry.read(template + [given]).export.policies.first)
    let results = try FieldJudgement.judge(policy, client("10.1.0.10"))
    // D1 and D2 hang on tags and addresses, and nothing else allows them.
    for result in results.prefix(2) {
      #expect(result.verdict == .conditional)
      let kinds = Set(result.conditions.map(\.condition.kind))
      #expect(kinds.isSubset(of: [.vendorTag, .addressOnly]), "\(kinds)")
    }
    #expect(results[0].conditions.contains { $0.condition.detail.contains("WindowsUpdate") })
    #expect(results[2].verdict == .allowed)
    #expect(results[2].deciding.contains { $0.rule.contains("Certificate CRL MicrosoftDotCom") })
    // A host outside of the subnet.
    #expect(
      try FieldJudgement.verdicts(policy, client("192.168.250.1")) == [
        .blocked, .blocked, .blocked,
      ]
    )
  }

  // Section 2.
  @Test func networkRulesComeBeforeInspection() throws {
    let policy = try #require(
      try WorkedExpectation.policies(
        Self.folder, "netsec-lab-premium-tls-webcategories.arm.json"
      ).first)
    #expect(
      try FieldJudgement.verdicts(policy, client("10.0.24.10")) == [.allowed, .allowed, .allowed])
    #expect(try FieldJudgement.deciding(policy, client("10.0.24.10")).contains("DefendTheFlag"))
    let second = try FieldJudgement.judge(policy, client("10.0.27.10"))
    for result in second {
      #expect(result.verdict == .conditional)
      #expect(result.conditions.contains { $0.condition.kind == .category })
    }
    #expect(second[0].conditions.contains { $0.condition.detail.contains("WindowsUpdate") })
    // The rule for every source names one server, whose address is a parameter without a value: with
    // that given, D3 is denied too.
    let other = try FieldJudgement.judge(policy, client("10.0.50.10"))
    #expect(other.map(\.verdict) == [.blocked, .blocked, .conditional])
    #expect(other[2].conditions.allSatisfy { $0.condition.detail.contains("win2019VmIpAddress") })
  }

  @Test func networkRulesWithParameters() throws {
    let parameters = """
      {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
       "parameters": {"win2019VmIpAddress": {"value": "10.0.28.4"},
         "win11VmIpAddress": {"value": "10.0.27.4"}, "kaliVmIpAddress": {"value": "10.0.25.4"}}}
      """
    let template = try WorkedExpectation.files(
      Self.folder, "netsec-lab-premium-tls-webcategories.arm.json")
    let given = ExportFile(name: "parameters.json", bytes: Array(parameters.utf8))
    let policy = try #require(try importerRegistry.read(template + [given]).export.policies.first)
    #expect(
      try FieldJudgement.verdicts(policy, client("10.0.50.10")) == [.blocked, .blocked, .blocked])
  }

  // Section 3.
  @Test func twoObjectsAreNoJSON() throws {
    let error = try #require(
      try WorkedExpectation.failure(
        Self.folder, "rule-collection-fragment-two-objects-not-valid-json.json"))
    #expect(error.code == .malformed)
    #expect(!error.position.isEmpty)
  }

  // Section 15.
  @Test(arguments: [("vm1-nsg-rest.json", 3), ("nsg-subnet2-rest.json", 1)])
  func defaultRulesLetEverythingOut(_ name: String, _ inbound: Int) throws {
    let policies = try WorkedExpectation.policies("azure-nsg", name)
    let policy = try #require(policies.first)
    #expect(policies.count == 1)
    #expect(policy.format == "azure-nsg")
    #expect(try FieldJudgement.verdicts(policy, Client()) == [.allowed, .allowed, .allowed])
    #expect(
      try FieldJudgement.deciding(policy, Client()) == "outbound/65001 AllowInternetOutBound")
  }

  @Test func recordedAnswers() throws {
    let policies = try WorkedExpectation.policies(
      "azure-nsg", "cassette-deny-port-embedded-body.json")
    #expect(!policies.isEmpty)
    #expect(policies.allSatisfy { $0.format == "azure-nsg" })
  }
}
