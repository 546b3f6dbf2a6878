/// Points in time as ISO-8601 UTC text.
package enum Timestamp {
  /// `2023-11-14T22:13:20Z` for seconds since 1970; nil outside the years 1970 to 9999.
  package static func iso(secondsSince1970 seconds: Int) -> String? {
    guard seconds >= 0, seconds < 253_402_300_800 else { return nil }
    let days = seconds / 86_400
    let rest = seconds % 86_400
    // Days to a civil date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let yearText = String(repeating: "0", count: max(4 - "\(year)".count, 0)) + "\(year)"
    return "\(yearText)-\(two(month))-\(two(day))T\(two(rest / 3_600)):\(two(rest / 60 % 60)):"
      + "\(two(rest % 60))Z"
  }
}
