import ImportKit

extension FortiObjects {
  /// The clause for a schedule; nil where it is always in force.
  mutating func schedule(_ name: String, at position: SourcePosition) -> Clause? {
    if let entry = find(name, in: "firewall schedule recurring") { return recurring(entry, name) }
    if let entry = find(name, in: "firewall schedule onetime") { return once(entry, name) }
    if let entry = find(name, in: "firewall schedule group") {
      let members = entry.names("member").joined(separator: ", ")
      return .requires(doubt(.schedule, "schedule group `\(name)`: \(members)"))
    }
    if name == "always" { return nil }
    if name == "none" { return .never("schedule `none` is never in force") }
    note(.unresolved, "schedule `\(name)` is not in the export", at: position)
    return .requires(doubt(.schedule, "schedule `\(name)` is not in the export"))
  }

  private static let week: Set<String> = [
    "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
  ]

  private func recurring(_ entry: FortiEntry, _ name: String) -> Clause? {
    let days = Set(entry.values("day").map { $0.lowercased() })
    let start = entry.word("start") ?? "00:00"
    let end = entry.word("end") ?? "00:00"
    // FortiManager without `verbose` writes the days as a bit mask.
    let isAlways = entry.isNumber("day") && name == "always"
    if let left = entry.leftOver(
      "schedule `\(name)`", draft, ignoring: FortiIrrelevant.object)
    {
      return .requires(left)
    }
    if isAlways { return nil }
    if days == ["none"] { return .never("schedule `\(name)` has no day") }
    // The same time at both ends is the whole day.
    if days.isSuperset(of: Self.week), start == end { return nil }
    let shown = entry.values("day").joined(separator: " ")
    return .requires(
      doubt(
        .schedule, "schedule `\(name)`: \(shown.isEmpty ? "no day" : shown), \(start) to \(end)"))
  }

  /// `set start 00:00 2026/01/31`: settled by the moment of judging.
  private func once(_ entry: FortiEntry, _ name: String) -> Clause {
    entry.ignore("start-utc", "end-utc", "expiration-days")
    let from = Self.localTime(entry.values("start"))
    let until = Self.localTime(entry.values("end"))
    if let left = entry.leftOver(
      "schedule `\(name)`", draft, ignoring: FortiIrrelevant.object)
    {
      return .requires(left)
    }
    guard let from, let until else {
      let start = entry.values("start").joined(separator: " ")
      let end = entry.values("end").joined(separator: " ")
      return .requires(
        doubt(.schedule, "schedule `\(name)`: once, from \(start) to \(end)"))
    }
    return .period(Period(from: from, until: until, name: "schedule `\(name)`"))
  }

  /// `00:00 2026/01/31` or `2026-01-31 08:00:00` as the local time of a period.
  static func localTime(_ words: [String]) -> String? {
    guard words.count == 2 else { return nil }
    let isDateFirst = words[0].utf8.contains(0x2D) || words[0].utf8.contains(0x2F)
    let date = words[isDateFirst ? 0 : 1]
    let time = words[isDateFirst ? 1 : 0]
    let parts = date.split { $0 == "/" || $0 == "-" }
    guard parts.count == 3, time.utf8.count >= 5 else { return nil }
    let text = parts.joined(separator: "-") + "T" + time.prefix(5) + ":00"
    return Period.isLocalTime(text) ? text : nil
  }
}
