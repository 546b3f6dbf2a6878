import ComplianceEngine
import ImportKit
import Importers
import NetworkSets
import PolicyModel
import TestSupport
import Testing

/// Real exports of FortiGates, and EXPECTED-json.md sections 11 and 12.
@Suite(.enabled(if: Repository.fieldSamples != nil))
struct FortiGateFieldTests {
  private static let folder = "fortigate-rest"

  @Test func arrayOfEnvelopesBehindAComment() throws {
    let policies = try WorkedExpectation.policies(
      Self.folder, "policy-v6.2-multi-vdom-leading-comment.json")
    #expect(policies.map(\.scope) == ["FG-traffic", "root"])
    #expect(policies.map(\.ruleCount) == [3, 0])
    let traffic = try #require(policies.first)
    #expect(traffic.notes.contains { $0.text.contains("comment line") })
    #expect(traffic.notes.contains { $0.text == "address `gmail.com` is not in the export" })
    let client = Client(fromZone: "port2", toZone: "port3")
    for (destination, answer) in try WorkedExpectation.answers(traffic, client: client) {
      #expect(answer.verdict == .blocked, "\(destination)")
      #expect(answer.deciding == ["implicit deny (policy 0)"])
    }
    for (destination, answer) in try WorkedExpectation.answers(policies[1], client: client) {
      #expect(answer.verdict == .blocked, "\(destination)")
    }
  }

  @Test func sixthProtocolVersionAlone() throws {
    let policies = try WorkedExpectation.policies(
      Self.folder, "policy6-pre64-multi-vdom-leading-comment.json")
    #expect(!policies.isEmpty)
    for policy in policies {
      for (destination, answer) in try WorkedExpectation.answers(policy) {
        #expect(answer.verdict == .unknown, "\(destination): IPv4 policies are not in the file")
      }
    }
  }

  @Test func bareArrayWithMaskedValues() throws {
    let policies = try WorkedExpectation.policies(
      Self.folder, "policies-bare-array-masked-values.json")
    let policy = try #require(policies.first)
    #expect(policy.ruleCount == 1)
    #expect(policy.tables.first?.rules.first?.vendorID == "1xx")
    for (destination, answer) in try WorkedExpectation.answers(policy) {
      #expect(answer.verdict == .conditional, "\(destination): the list may be partial")
      #expect(answer.conditions.contains { $0.detail.contains("may be partial") })
    }
  }

  @Test func objectsJoinPoliciesAndAreRefusedAlone() throws {
    let error = try #require(
      try WorkedExpectation.failure(Self.folder, "address-groups-bare-array.json"))
    #expect(error.code == .incomplete)
    let both = try WorkedExpectation.policies(
      Self.folder, "policies-bare-array-masked-values.json", "address-groups-bare-array.json")
    #expect(both.map(\.ruleCount) == [1])
  }

  @Test func countersAreNamed() throws {
    let error = try #require(
      try WorkedExpectation.failure(Self.folder, "policy-statistics-monitor-not-config.json"))
    #expect(error.code == .wrongKind)
    #expect(error.reason.contains("monitor counters"))
  }
}
