import ImportKit

/// Time objects: those that say a beginning and an end and no hours are periods.
enum CheckPointTimes {
  /// Nil for what comes again, or is not understood.
  static func clause(_ item: CheckPointDocuments.Item, _ draft: PolicyDraft) -> Clause? {
    guard item.type == "time" else { return nil }
    let record = item.record
    guard let from = moment(record, "start", open: "start-now"),
      let until = moment(record, "end", open: "end-never"), from.isKnown, until.isKnown,
      hasNoHours(record), isDaily(record),
      record.unread(ignoring: CheckPointObjects.irrelevant).isEmpty
    else { return nil }
    let name = "time `\(item.name ?? "")`"
    guard from.text != nil || until.text != nil else { return nil }
    return .period(Period(from: from.text, until: until.text, name: name))
  }

  private struct Moment {
    var text: String?
    var isKnown: Bool
  }

  /// One end: `{"iso-8601": "2026-01-31T08:00+0100"}`, or open where the switch says so.
  private static func moment(_ record: ExportRecord, _ name: String, open: String) -> Moment? {
    let value = record.value(name)
    switch record.text(open) {
    case "true": return Moment(text: nil, isKnown: true)
    case "false": break
    default: return nil
    }
    guard let text = value?["iso-8601"]?.string else { return nil }
    // The clock of the management server, of which the period takes the reading.
    let local = String(text.prefix(16)) + ":00"
    return Moment(text: local, isKnown: Period.isLocalTime(local))
  }

  private static func hasNoHours(_ record: ExportRecord) -> Bool {
    guard record.has("hours-ranges") else { return true }
    guard let ranges = record.value("hours-ranges"), ranges.isArray else { return false }
    return ranges.elements.allSatisfy { $0["enabled"]?.bool == false }
  }

  private static func isDaily(_ record: ExportRecord) -> Bool {
    guard record.has("recurrence") else { return true }
    guard let recurrence = record.value("recurrence") else { return false }
    return ["none", "daily"].contains(recurrence["pattern"]?.string?.lowercased())
  }
}
