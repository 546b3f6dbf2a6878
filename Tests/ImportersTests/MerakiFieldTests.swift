import ComplianceEngine
import ImportKit
import Importers
import PolicyModel
import TestSupport
import Testing

/// Backups of Meraki's own scripts, and EXPECTED-json.md section 14. (The layer 7 and content filtering
/// files that the section names are not among the samples.)
@Suite(.enabled(if: Repository.fieldSamples != nil))
struct MerakiFieldTests {
  @Test func defaultRulesAllow() throws {
    let policies = try WorkedExpectation.policies("meraki", "mx-l3-default-rules-backup.json")
    let policy = try #require(policies.first)
    #expect(policies.count == 1)
    for (destination, answer) in try WorkedExpectation.answers(policy) {
      #expect(answer.verdict == .allowed, "\(destination)")
      #expect(answer.deciding == ["Default rule"])
    }
  }

  /// Cellular rules look the same; the word in the file name tells, and alone they are no policy.
  @Test func cellularRulesAreToldApart() throws {
    let error = try #require(
      try WorkedExpectation.failure("meraki", "cellular-default-rules-backup.json"))
    #expect(error.code == .incomplete)
    let policies = try WorkedExpectation.policies(
      "meraki", "mx-l3-default-rules-backup.json", "cellular-default-rules-backup.json")
    #expect(policies.first?.notes.contains { $0.text.contains("cellular uplink") } == true)
  }
}
