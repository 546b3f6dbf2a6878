import ComplianceEngine
import ImportKit
import Importers
import NetworkSets
import PolicyModel
import TestSupport
import Testing

/// Answers of the FMC from its documentation, and EXPECTED-json.md section 13.
@Suite(.enabled(if: Repository.fieldSamples != nil))
struct FMCFieldTests {
  private static let folder = "cisco-fmc"

  @Test func expandedRulesAlone() throws {
    let policies = try WorkedExpectation.policies(Self.folder, "accessrules-expanded.json")
    let policy = try #require(policies.first)
    #expect(policies.map(\.scope) == ["containerUUID"])
    #expect(policy.ruleCount == 2)
    #expect(policy.notes.contains { $0.text == "port `Bittorrent` is not in the export" })
    for (destination, answer) in try WorkedExpectation.answers(policy, client: Client()) {
      #expect(answer.verdict == .conditional, "\(destination): the file alone cannot decide")
      #expect(answer.conditions.contains { $0.detail.contains("Bittorrent") })
      #expect(answer.conditions.contains { $0.detail.contains("no rule decides") })
    }
  }

  /// The default action is that of another policy, so it applies perhaps.
  @Test func expandedRulesWithTheDefaultAction() throws {
    let policy = try #require(
      try WorkedExpectation.policies(
        Self.folder, "accessrules-expanded.json", "default-action.json"
      ).first)
    for (destination, answer) in try WorkedExpectation.answers(policy, client: Client()) {
      #expect(answer.verdict == .conditional, "\(destination)")
      #expect(
        answer.conditions.contains {
          $0.detail == "the default action in the export is that of policy `accesspolicyUUID`"
        })
      #expect(answer.deciding.contains("default action PERMIT"))
    }
  }

  @Test func rulesThatAreNotExpandedAreNeverAllowed() throws {
    let policies = try WorkedExpectation.policies(Self.folder, "accessrules-not-expanded.json")
    let policy = try #require(policies.first)
    #expect(policy.ruleCount == 2)
    #expect(policy.notes.contains { $0.text.contains("expanded=true") })
    for (destination, answer) in try WorkedExpectation.answers(policy) {
      #expect(answer.verdict == .conditional, "\(destination)")
    }
  }

  @Test(arguments: [
    "urls-expanded.json", "fqdns-expanded.json", "default-action.json", "accesspolicy.json",
  ])
  func companionsAloneAreRefused(_ name: String) throws {
    let error = try #require(try WorkedExpectation.failure(Self.folder, name))
    #expect(error.code == .incomplete)
  }

  @Test func everythingTogether() throws {
    let policies = try WorkedExpectation.policies(
      Self.folder, "accesspolicy.json", "accessrules-expanded.json", "default-action.json",
      "fqdns-expanded.json", "urls-expanded.json")
    #expect(policies.count == 1)
    #expect(policies.first?.ruleCount == 2)
  }
}
