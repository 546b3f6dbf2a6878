import NetworkSets

/// A stretch of time in which a rule is in force once, as the device's own clock counts.
///
/// Recurring times are a condition of kind `schedule`; a period is settled by the moment for which
/// the policy is judged, except close to its ends: which time zone the device keeps is in few
/// exports, so that an end is certain only 14 hours later and a start only 12 hours later (UTC+14
/// and UTC-12 are the farthest zones).
package struct Period: Hashable, Sendable {
  /// Local time as `2026-01-31T08:00:00`; nil where it has always been in force.
  package var from: String?
  /// Local time of its last moment; nil where it does not end.
  package var until: String?
  /// What a reader knows it by: ``schedule `migration` ``.
  package var name: String

  package init(from: String?, until: String?, name: String) {
    self.from = from
    self.until = until
    self.name = name
  }

  /// Whether the period holds at a moment.
  ///
  /// - Parameter moment: ISO-8601 in UTC, `2026-01-31T08:00:00Z`.
  package func holds(at moment: String) -> Truth {
    guard let now = Self.minutes(moment) else { return .perhaps }
    var result = Truth.yes
    if let from {
      guard let start = Self.minutes(from) else { return .perhaps }
      // Local clocks run from 12 hours behind to 14 hours ahead of UTC.
      if now < start - 14 * 60 { return .no }
      if now < start + 12 * 60 { result = .perhaps }
    }
    if let until {
      guard let end = Self.minutes(until) else { return .perhaps }
      if now > end + 12 * 60 { return .no }
      if now > end - 14 * 60 { result = .perhaps }
    }
    return result
  }

  /// ``schedule `migration`, from … to …``.
  package var text: String {
    switch (from, until) {
    case (let from?, let until?): "\(name): once, from \(from) to \(until)"
    case (let from?, nil): "\(name): from \(from) on"
    case (nil, let until?): "\(name): until \(until)"
    case (nil, nil): name
    }
  }

  /// Whether a text is a date with a time as ``from`` and ``until`` hold it.
  package static func isLocalTime(_ text: String) -> Bool { minutes(text) != nil }

  /// Minutes since the year 0 by a calendar that is exact enough to compare: nil for what is no date
  /// with a time.
  private static func minutes(_ text: String) -> Int? {
    let bytes = Array(text.utf8)
    func number(_ start: Int, _ count: Int) -> Int? {
      guard bytes.count >= start + count else { return nil }
      var value = 0
      for byte in bytes[start..<start + count] {
        guard byte >= 0x30, byte <= 0x39 else { return nil }
        value = value * 10 + Int(byte - 0x30)
      }
      return value
    }
    guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
      let hour = number(11, 2), let minute = number(14, 2), (1...12).contains(month),
      (1...31).contains(day)
    else { return nil }
    // Days from a civil date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return ((era * 146_097 + dayOfEra) * 24 + hour) * 60 + minute
  }
}

extension Policy {
  /// The policy as it stands at a moment: what is over or has not begun matches nothing, what is
  /// running holds, and what is close to its ends stays open.
  ///
  /// - Parameter moment: ISO-8601 in UTC.
  package func settlingPeriods(at moment: String) -> Policy {
    var result = self
    for table in result.tables.indices {
      for rule in result.tables[table].rules.indices {
        let clauses = result.tables[table].rules[rule].match.clauses
        guard clauses.contains(where: { if case .period = $0 { true } else { false } }) else {
          continue
        }
        result.tables[table].rules[rule].match.clauses = clauses.compactMap { clause in
          guard case .period(let period) = clause else { return clause }
          switch period.holds(at: moment) {
          case .yes: return nil
          case .no: return .never("\(period.text), which is not now")
          case .perhaps: return clause
          }
        }
      }
    }
    return result
  }
}
