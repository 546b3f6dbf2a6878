import Inventory
import Reports

/// Recorded verdicts of now against those of a baseline.
package struct BaselineComparison: Sendable {
  package private(set) var table = DataTable(
    columns: ["site", "client", "endpoint", "port", "baseline", "now", "because"])
  package private(set) var worse = 0
  package private(set) var better = 0
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
      try compare(
        try inventory.verdicts(of: baseline.site, at: baseline.at),
        try inventory.verdicts(of: baseline.site, at: now))
    }
  }

  private struct Key: Hashable {
    let subject: SubjectRecord.Key
    let endpoint: String
    let port: Int
  }

  private mutating func compare(_ old: [VerdictInterval], _ new: [VerdictInterval]) throws {
    func key(_ interval: VerdictInterval) -> Key {
      Key(subject: interval.subject, endpoint: interval.endpoint, port: interval.port)
    }
    let before = Dictionary(old.map { (key($0), $0) }) { first, _ in first }
    for interval in new {
      let earlier = before[key(interval)]
      guard earlier?.verdict != interval.verdict else { continue }
      let isWorse = earlier.map { VerdictRank.of($0.verdict) < VerdictRank.of(interval.verdict) }
      if isWorse ?? (interval.verdict != "allowed") { worse += 1 } else { better += 1 }
      table.rows.append([
        .text(interval.site), .text("\(interval.subject.device), \(interval.subject.client)"),
        .text(interval.endpoint), .init(interval.port), .text(earlier?.verdict ?? "not judged"),
        .text(interval.verdict),
        .text(CauseText.sentence(interval.cause, detail: interval.detail)),
      ])
    }
  }
}
