import ComplianceEngine
import ImportKit
import Importers
import PolicyModel
import Testing

/// Schedules of PAN-OS rules that come once, judged at a moment.
@Suite struct PANOSScheduleTests {
  // docs.paloaltonetworks.com, "Objects > Schedules": `2019/12/24@18:00-2019/12/27@06:00` is in force
  // once. The firewall's time zone is not in the export, so that its ends are open for some hours.
  @Test(arguments: [
    ("2026-01-31T08:00:00Z", Verdict.allowed),
    ("2019-12-25T12:00:00Z", .blocked),
    ("2019-12-24T18:00:00Z", .conditional),
    ("2099-01-01T13:00:00Z", .conditional),
  ])
  func whatIsOverDecidesNothing(_ moment: String, _ expected: Verdict) throws {
    let sample = SampleCase(format: "panos", name: "schedules-once")
    let policy = try #require(
      try importerRegistry.read(try sample.inputs()).export.policies.first)
    let answer = try WorkedAnswer(
      policy.settlingPeriods(at: moment), from: "trust", to: "untrust")
    for result in answer.all { #expect(result.verdict == expected, "\(moment)") }
  }
}
