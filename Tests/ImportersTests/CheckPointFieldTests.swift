import ComplianceEngine
import ImportKit
import Importers
import NetworkSets
import PolicyModel
import TestSupport
import Testing

/// Real exports of Check Point, and EXPECTED-json.md sections 9 and 10.
@Suite(.enabled(if: Repository.fieldSamples != nil))
struct CheckPointFieldTests {
  private static let folder = "checkpoint"

  @Test func oneLayer() throws {
    let policies = try WorkedExpectation.policies(
      Self.folder, "basic-policy-show-access-rulebase.json")
    let policy = try #require(policies.first)
    #expect(policies.count == 1)
    #expect(policy.ruleCount == 5)
    #expect(policy.notes.contains { $0.text.contains("implied rules") })
    for (destination, answer) in try WorkedExpectation.answers(policy) {
      #expect(answer.verdict == .blocked, "\(destination)")
      #expect(answer.deciding == ["Cleanup rule"])
    }
  }

  /// The layer with all its companions gives the same, and its package's name.
  @Test func oneLayerWithItsCompanions() throws {
    let policies = try WorkedExpectation.policies(
      Self.folder, "basic-policy-show-access-rulebase.json", "basic-policy-show-packages.json",
      "basic-policy-show-hosts.json", "basic-policy-show-networks.json",
      "basic-policy-show-access-layers.json", "basic-policy-show-nat-rulebase.json",
      "basic-policy-show-dns-domains.json", "basic-policy-show-application-sites.json")
    let policy = try #require(policies.first)
    #expect(policies.map(\.scope) == ["Standard"])
    #expect(policy.ruleCount == 5)
    #expect(policy.notes.contains { $0.text.contains("objects 51 to 7345") })
    for (destination, answer) in try WorkedExpectation.answers(policy) {
      #expect(answer.verdict == .blocked, "\(destination)")
    }
  }

  @Test func threeOrderedLayers() throws {
    let policies = try WorkedExpectation.policies(
      Self.folder, "parsetest-standard-multi-layer-array-access-rulebase.json",
      "parsetest-standard-show-package.json")
    let policy = try #require(policies.first)
    #expect(policies.map(\.scope) == ["Standard"])
    #expect(policy.ruleCount == 4)
    #expect(
      policy.pipelines.first?.stages.map(\.table) == [
        "layer Network", "layer StandardCustomLayer1", "layer Sharedlayer2",
      ])
    let clients = [("10.1.1.1/32", "Cleanup rule"), ("10.9.9.9/32", "testrule")]
    for (network, first) in clients {
      let client = Client(networks: AddressSet(parsing: network))
      for (destination, answer) in try WorkedExpectation.answers(policy, client: client) {
        #expect(answer.verdict == .allowed, "\(destination)")
        #expect(answer.deciding.first == first)
        #expect(answer.deciding.count == 3, "every layer must accept")
      }
    }
    // The package inspects HTTPS by a layer that is not in the files.
    #expect(policy.notes.contains { $0.text.contains("HTTPS inspection layer `Default Layer`") })
  }

  @Test func filesOfTheShowPackageTool() throws {
    let policies = try WorkedExpectation.policies(
      Self.folder, "web-show-policy-package-rules.json", "web-show-policy-package-objects.json",
      "web-show-policy-package-index.json")
    let policy = try #require(policies.first)
    #expect(policies.count == 1)
    #expect(policy.ruleCount == 1)
    // The section says that it reaches to rule 31.
    #expect(policy.notes.contains { $0.text.contains("rules 2 to 31 not in the export") })
    for (destination, answer) in try WorkedExpectation.answers(policy) {
      #expect(answer.verdict == .conditional, "\(destination)")
    }
  }

  @Test(arguments: [
    "basic-policy-show-packages.json", "basic-policy-show-hosts.json",
    "basic-policy-show-networks.json", "basic-policy-show-access-layers.json",
    "basic-policy-show-nat-rulebase.json", "basic-policy-show-dns-domains.json",
    "basic-policy-show-application-sites.json", "parsetest-standard-show-package.json",
    "web-show-policy-package-objects.json", "web-show-policy-package-index.json",
  ])
  func companionsAloneAreRefused(_ name: String) throws {
    let error = try #require(try WorkedExpectation.failure(Self.folder, name))
    #expect(error.code == .incomplete)
    #expect(error.reason.contains("no access rules"))
  }
}
