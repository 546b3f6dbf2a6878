import ComplianceEngine
import ImportKit
import NetworkSets
import PolicyModel
import TestSupport
import Testing

import Importers
@testable import LinuxImporter

/// Real rulesets, and EXPECTED-json.md sections 6, 7 and 8.
@Suite(.enabled(if: Repository.fieldSamples != nil)) struct NFTablesFieldTests {
  /// Rules as `grep -c '"rule"'` counts them, without those of dormant tables.
  @Test(arguments: [
    "combined-inet.json", "firewalld-large-285-objects.json-nft",
    "init-output-log-without-drop.json", "jump-depth.json-nft", "merged-vmaps.json-nft",
    "named-sets-intervals.json-nft", "priorities-all-hooks.json-nft", "set-lookups-concat.json-nft",
    "workstation-input-drop-output-accept.json",
  ])
  func everyRulesetIsReadWithItsRules(_ name: String) throws {
    let files = try WorkedExpectation.files("nftables", name)
    let text = String(decoding: files[0].bytes, as: UTF8.self)
    let policies = try importerRegistry.read(files).export.policies
    #expect(policies.count == 1)
    #expect(policies.map(\.ruleCount) == [text.components(separatedBy: "\"rule\":").count - 1])
  }

  private static let routed = Client(traffic: .forwarded)
  private static let own = Client(traffic: .host)
  private static let all: [Verdict] = [.allowed, .allowed, .allowed]
  private static let none: [Verdict] = [.blocked, .blocked, .blocked]

  private func policy(_ name: String) throws -> Policy {
    try #require(try WorkedExpectation.policies("nftables", name).first)
  }

  // Section 6.
  @Test(arguments: ["workstation-input-drop-output-accept.json", "combined-inet.json"])
  func workstation(_ name: String) throws {
    let policy = try policy(name)
    #expect(try FieldJudgement.verdicts(policy, Self.own) == Self.all)
    #expect(try FieldJudgement.deciding(policy, Self.own).hasSuffix("output/policy accept"))
    #expect(try FieldJudgement.verdicts(policy, Self.routed) == Self.none)
    #expect(try FieldJudgement.deciding(policy, Self.routed).hasSuffix("forward/policy drop"))
  }

  // Section 7.
  @Test func logThatClaimsADrop() throws {
    let policy = try policy("init-output-log-without-drop.json")
    // Answers from sources in a set that fills at run time are dropped ahead of established ones.
    for result in try FieldJudgement.judge(policy, Client(traffic: .host)) {
      #expect(result.verdict == .conditional)
      #expect(result.conditions.contains { $0.condition.detail.contains("`blackhole`") })
    }
    for result in try FieldJudgement.judge(policy, Self.routed) {
      #expect(result.verdict == .conditional)
      #expect(result.conditions.contains { $0.condition.detail.contains("`redirect`") })
    }
  }

  // Section 8.
  @Test func zonesOfFirewalld() throws {
    let policy = try policy("firewalld-large-285-objects.json-nft")
    #expect(try FieldJudgement.verdicts(policy, Self.own) == Self.all)
    #expect(try FieldJudgement.verdicts(policy, Self.routed) == Self.none)
    #expect(try FieldJudgement.deciding(policy, Self.routed).contains("filter_FORWARD/"))
  }
}
