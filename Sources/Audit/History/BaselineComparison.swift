import Inventory
import Reports

/// Recorded verdicts of now against those of a baseline.
package struct BaselineComparison: Sendable {
  package private(set) var table = DataTable(
    columns: ["site", "client", "endpoint", "port", "baseline", "now", "because"])
  package private(set) var worse = 0
  package private(set) var better = 0
  /// Requirements that were not judged then, which is neither better nor worse.
  package private(set) var added = 0
  /// Requirements that were judged then and are no more.
  package private(set) var dropped = 0
  package private(set) var sites = 0

  package init(_ name: String, in inventory: InventoryDatabase, now: String) throws {
    let baselines = try inventory.baselines().filter { $0.name == name }
    guard !baselines.isEmpty else {
      throw InventoryError(
        .unknownName, "there is no baseline `\(name)`",
        advice: "`sallyport baseline set \(name)` makes one")
    }
    for baseline in baselines {
      sites += 1
      compare(
        try inventory.verdicts(of: baseline.site, at: baseline.at),
        try inventory.verdicts(of: baseline.site, at: now),
        former: try inventory.formerSubjects(of: baseline.site, at: baseline.at, until: now))
    }
  }

  private struct Key: Hashable {
    let subject: SubjectRecord.Key
    let endpoint: String
    let port: Int
  }

  /// - Parameter former: what clients of now were called then.
  private mutating func compare(
    _ old: [VerdictInterval], _ new: [VerdictInterval],
    former: [SubjectRecord.Key: SubjectRecord.Key]
  ) {
    func key(_ interval: VerdictInterval) -> Key {
      Key(subject: interval.subject, endpoint: interval.endpoint, port: interval.port)
    }
    var before = Dictionary(old.map { (key($0), $0) }) { first, _ in first }
    let judgedThen = Set(old.map(\.subject))
    for interval in new {
      var then = key(interval)
      // A client that was there under its own name is compared with itself.
      if !judgedThen.contains(then.subject), let name = former[then.subject] {
        then = Key(subject: name, endpoint: then.endpoint, port: then.port)
      }
      let earlier = before.removeValue(forKey: then)
      guard earlier?.verdict != interval.verdict else { continue }
      if let earlier {
        let isWorse = VerdictRank.of(earlier.verdict) < VerdictRank.of(interval.verdict)
        if isWorse { worse += 1 } else { better += 1 }
      } else {
        added += 1
      }
      add(
        interval, then: earlier?.verdict ?? "not judged", now: interval.verdict,
        because: CauseText.sentence(interval.cause, detail: interval.detail))
    }
    for interval in old where before[key(interval)] != nil {
      dropped += 1
      add(interval, then: interval.verdict, now: "not judged", because: "judged no more")
    }
  }

  private mutating func add(
    _ interval: VerdictInterval, then: String, now: String, because: String
  ) {
    table.rows.append([
      .text(interval.site), .text("\(interval.subject.device), \(interval.subject.client)"),
      .text(interval.endpoint), .init(interval.port), .text(then), .text(now), .text(because),
    ])
  }
}
