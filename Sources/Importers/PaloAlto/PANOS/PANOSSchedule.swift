import ImportKit

/// Schedules of rules.
extension PANOSRules {
  func addSchedule(_ record: ExportRecord, of what: String, to match: inout MatchChoices) {
    guard let name = record.text("schedule"), !name.isEmpty else { return }
    match.require(anyOf: schedule(name, of: what, at: record.position))
  }

  /// When a rule is in force: recurring times are a condition, stretches that come once are settled
  /// by the moment of the audit. Source: docs.paloaltonetworks.com, PAN-OS Web Interface Help,
  /// "Objects > Schedules" (`2026/01/31@08:00-2026/02/28@18:00`).
  private func schedule(
    _ name: String, of what: String, at position: SourcePosition
  ) -> [[Clause]] {
    guard let entry = objects.find("schedule", name) else {
      return [
        [
          .requires(
            draft.doubt(
              .unresolved, "schedule `\(name)` of \(what) is not defined", at: position))
        ]
      ]
    }
    let record = ExportRecord(entry)
    let recurring: [[Clause]] = [[.requires(draft.doubt(.schedule, "schedule `\(name)`"))]]
    guard let once = record.record("schedule-type")?.list("non-recurring"), !once.isEmpty else {
      return recurring
    }
    let periods = once.members.map { period($0.text, name: name) }
    guard once.odd == nil, !periods.contains(nil),
      draft.unread(record, of: "schedule `\(name)`", ignoring: PANOSMembers.objects) == nil
    else { return recurring }
    return periods.compactMap { $0 }.map { [.period($0)] }
  }

  private func period(_ text: String, name: String) -> Period? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let from = Self.localTime(ends[0]), let until = Self.localTime(ends[1])
    else { return nil }
    return Period(from: from, until: until, name: "schedule `\(name)`")
  }

  /// `2026/01/31@08:00` in the form of ``Period/from``.
  private static func localTime(_ text: Substring) -> String? {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let date = parts[0].split(separator: "/", omittingEmptySubsequences: false)
      .joined(separator: "-")
    let time = "\(date)T\(parts[1]):00"
    return Period.isLocalTime(time) ? time : nil
  }
}
