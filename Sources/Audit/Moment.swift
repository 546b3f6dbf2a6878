import Foundation

/// Moments as the inventory writes them: ISO-8601 in UTC to the second, which sort as texts.
package enum Moment {
  package static func text(_ date: Date) -> String {
    date.formatted(.iso8601)
  }

  /// The second after a moment; the same moment where it is none.
  package static func second(after moment: String) -> String {
    guard let date = try? Date.ISO8601FormatStyle().parse(moment) else { return moment }
    return text(date.addingTimeInterval(1))
  }

  /// A moment for people: a midnight is a date.
  package static func short(_ moment: String) -> String {
    moment.hasSuffix("T00:00:00Z") ? String(moment.prefix(10)) : moment
  }

  /// Reads a date and time, or a date alone: its first moment in UTC, or its last second. Nil for
  /// anything else.
  package static func parse(_ text: String, endOfDay: Bool = false) -> String? {
    if let stamp = DateStamp(Substring(text)), stamp.rest.isEmpty {
      guard endOfDay, !stamp.hasTime else { return stamp.moment }
      return stamp.moment.prefix(10) + "T23:59:59Z"
    }
    let styles: [Date.ISO8601FormatStyle] = [
      .iso8601, Date.ISO8601FormatStyle(includingFractionalSeconds: true),
    ]
    for style in styles {
      guard let date = try? style.parse(text) else { continue }
      let moment = Self.text(date)
      // Moments sort as texts, which a year of five digits would break.
      return moment >= "1970" && moment < "2200" && moment.utf8.count == 20 ? moment : nil
    }
    return nil
  }
}

/// A date, with or without a time, at the beginning of a text: `2026-01-31`, `20260131`,
/// `2026-01-31T04-30`, `20260131_043000`. Without a zone it is read as UTC.
struct DateStamp: Equatable {
  let moment: String
  let hasTime: Bool
  /// What stands behind it.
  let rest: Substring

  init?(_ text: Substring) {
    var scanner = text
    guard let year = Self.digits(4, &scanner), (1970...2199).contains(year) else { return nil }
    let isDashed = Self.skip("-", &scanner)
    guard let month = Self.digits(2, &scanner), isDashed == Self.skip("-", &scanner),
      let day = Self.digits(2, &scanner), Self.exists(year, month, day)
    else { return nil }
    // More digits make it another kind of number.
    guard !(scanner.first?.isNumber ?? false) else { return nil }
    var time = (hour: 0, minute: 0, second: 0)
    var hasTime = false
    var afterTime = scanner
    if let mark = afterTime.first, "Tt_- ".contains(mark) {
      afterTime.removeFirst()
      if let found = Self.time(&afterTime) {
        time = found
        hasTime = true
        scanner = afterTime
      }
    }
    rest = scanner
    self.hasTime = hasTime
    moment =
      "\(Self.padded(year, 4))-\(Self.padded(month))-\(Self.padded(day))"
      + "T\(Self.padded(time.hour)):\(Self.padded(time.minute)):\(Self.padded(time.second))Z"
  }

  /// The first date anywhere in a name, with the name without it.
  static func find(in name: String) -> (stamp: DateStamp, remainder: String)? {
    var index = name.startIndex
    while index < name.endIndex {
      let isStart = index == name.startIndex || !name[name.index(before: index)].isNumber
      if isStart, let stamp = DateStamp(name[index...]) {
        let separators = CharacterSet(charactersIn: "-_. ")
        let before = name[..<index].trimmingCharacters(in: separators)
        let after = stamp.rest.trimmingCharacters(in: separators)
        return (stamp, [before, after].filter { !$0.isEmpty }.joined(separator: "-"))
      }
      index = name.index(after: index)
    }
    return nil
  }

  private static func time(_ scanner: inout Substring) -> (hour: Int, minute: Int, second: Int)? {
    guard let hour = digits(2, &scanner), hour < 24 else { return nil }
    func separator() { if let mark = scanner.first, ":-".contains(mark) { scanner.removeFirst() } }
    separator()
    guard let minute = digits(2, &scanner), minute < 60 else { return nil }
    var second = 0
    var more = scanner
    if let mark = more.first, ":-".contains(mark) { more.removeFirst() }
    if let found = digits(2, &more), found < 60 {
      second = found
      scanner = more
    }
    if let mark = scanner.first, mark == "Z" || mark == "z" { scanner.removeFirst() }
    guard !(scanner.first?.isNumber ?? false) else { return nil }
    return (hour, minute, second)
  }

  private static func digits(_ count: Int, _ scanner: inout Substring) -> Int? {
    let found = scanner.prefix(count)
    guard found.count == count, found.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    scanner = scanner.dropFirst(count)
    return Int(found)
  }

  private static func skip(_ mark: Character, _ scanner: inout Substring) -> Bool {
    guard scanner.first == mark else { return false }
    scanner.removeFirst()
    return true
  }

  private static func exists(_ year: Int, _ month: Int, _ day: Int) -> Bool {
    guard (1...12).contains(month) else { return false }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...days[month - 1]).contains(day)
  }

  private static func padded(_ number: Int, _ width: Int = 2) -> String {
    let text = "\(number)"
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}
