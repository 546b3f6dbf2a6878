import Inventory

/// Which of the clients that a state no longer has go on under another name: a device that was
/// replaced, or a scope or zone that got another name in the export.
///
/// Only what leaves one answer is joined. In this order: the same client on the same way, with
/// devices called by the names of those whose place they took; the same client on another way; the
/// same networks; and where just one client is left on both sides, that one.
struct SubjectSuccession {
  private(set) var predecessor: [SubjectRecord.Key: EvaluationStart.OpenSubject] = [:]

  /// - Parameter replaced: names of devices by the names of those that took their place.
  init(
    from open: [EvaluationStart.OpenSubject], to planned: [SiteSubject],
    replaced: [String: String]
  ) {
    let kept = Set(planned.map(\.record.key))
    let known = Set(open.map(\.subject.key))
    // After a time without exports a client may be there again as it was.
    var gone = open.map(\.subject).filter { !kept.contains($0.key) }
    var new = planned.map(\.record).filter { !known.contains($0.key) }
    let byKey = Dictionary(open.map { ($0.subject.key, $0) }) { first, _ in first }
    for subject in planned where known.contains(subject.record.key) {
      predecessor[subject.record.key] = byKey[subject.record.key]
    }
    func join(_ isSame: (SubjectRecord, SubjectRecord) -> Bool) {
      for record in new {
        let before = gone.filter { isSame($0, record) }
        let rivals = new.filter { other in before.count == 1 && isSame(before[0], other) }
        guard before.count == 1, rivals.count == 1, let old = byKey[before[0].key] else { continue }
        predecessor[record.key] = old
        gone.removeAll { $0.key == before[0].key }
        new.removeAll { $0.key == record.key }
      }
    }
    func way(_ device: String) -> String {
      device.split(separator: " > ").map { replaced[String($0)] ?? String($0) }
        .joined(separator: " > ")
    }
    join { way($1.device) == $0.device && $0.client == $1.client && $0.family == $1.family }
    join { $0.client == $1.client && $0.family == $1.family && $0.scope == $1.scope }
    join { $0.client == $1.client && $0.family == $1.family }
    join { !$0.networks.isEmpty && $0.networks == $1.networks && $0.traffic == $1.traffic }
    // As many as vanished have come: the one that is left is the one that is missing.
    if gone.count == 1, new.count == 1, gone[0].traffic == new[0].traffic,
      gone[0].family == new[0].family
    {
      join { _, _ in true }
    }
  }
}
