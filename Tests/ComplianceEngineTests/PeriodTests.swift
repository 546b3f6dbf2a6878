import NetworkSets
import PolicyModel
import Testing

/// Times that come once, by the clock of a device whose time zone nobody knows.
@Suite struct PeriodTests {
  @Test(
    arguments: [
      // Long over, long before, in the middle.
      ("2024-01-01T00:00:00", "2024-06-30T23:59:59", "2026-11-28T12:00:00Z", Truth.no),
      ("2027-01-01T00:00:00", "2027-06-30T23:59:59", "2026-11-28T12:00:00Z", .no),
      ("2026-01-01T00:00:00", "2027-06-30T23:59:59", "2026-11-28T12:00:00Z", .yes),
      // An end at noon local is over everywhere 12 hours later in UTC, and nowhere 15 hours before.
      (nil, "2026-11-28T12:00:00", "2026-11-28T12:00:00Z", .perhaps),
      (nil, "2026-11-28T12:00:00", "2026-11-29T00:01:00Z", .no),
      (nil, "2026-11-28T12:00:00", "2026-11-27T21:00:00Z", .yes),
      // A start likewise, over a leap day and a year's end.
      ("2024-03-01T00:00:00", nil, "2024-02-29T09:00:00Z", .no),
      ("2024-03-01T00:00:00", nil, "2024-02-29T12:00:00Z", .perhaps),
      ("2027-01-01T00:00:00", nil, "2026-12-31T23:00:00Z", .perhaps),
      ("2027-01-01T00:00:00", nil, "2027-01-01T13:00:00Z", .yes),
      // What is no date leaves it open.
      (nil, "someday", "2026-11-28T12:00:00Z", .perhaps),
      (nil, "2026-13-01T00:00:00", "2026-11-28T12:00:00Z", .perhaps),
    ] as [(String?, String?, String, Truth)])
  func periodHolds(_ from: String?, _ until: String?, _ moment: String, _ expected: Truth) {
    #expect(Period(from: from, until: until, name: "once").holds(at: moment) == expected)
  }

  @Test func settledRulesMatchForCertainOrNever() {
    func rule(_ until: String) -> Rule {
      Rule(
        name: until, match: Match([.period(Period(from: nil, until: until, name: "once"))]),
        action: .allow, position: SourcePosition(line: 1))
    }
    var policy = Policy(scope: "s", format: "test")
    policy.tables = [
      Table(
        name: "t",
        rules: [
          rule("2020-01-01T00:00:00"), rule("2030-01-01T00:00:00"), rule("2026-11-28T12:00:00"),
        ], defaultAction: DefaultAction(.deny, name: "end"))
    ]
    let settled = policy.settlingPeriods(at: "2026-11-28T12:00:00Z").tables[0].rules
    guard case .never? = settled[0].match.clauses.first else {
      Issue.record("what is over matches nothing")
      return
    }
    #expect(settled[1].match.clauses.isEmpty)
    #expect(settled[2].match == policy.tables[0].rules[2].match)
  }
}
