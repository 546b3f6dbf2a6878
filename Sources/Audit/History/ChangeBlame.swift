import ComplianceEngine
import EndpointCatalogue
import Inventory
import JSONTree
import NetworkSets
import PolicyModel

/// Finds out which changes of rules made a verdict what it is, by judging states in which only some
/// of the changes were made.
///
/// A set of changes is the cause where undoing it gives the old verdict again and undoing no part of
/// it does. Single changes of which each does are all named (`any`); otherwise one smallest set is
/// (`all`): two denies that block alike have both to go.
struct ChangeBlame {
  /// One device's changes, with the client on either side.
  struct LegChanges {
    let device: String
    let scope: String
    let oldSnapshot: (takenAt: String, sha256: String)
    let newSnapshot: (takenAt: String, sha256: String)
    let changes: PolicyChanges?
    /// What the device holds where nothing changed.
    let policy: CompiledPolicy
    let oldClient: Client
    let newClient: Client
  }

  private struct Item: Hashable {
    let leg: Int
    let change: Int
  }

  private let legs: [LegChanges]
  private let catalogue: Catalogue
  private let family: AddressFamily
  private let items: [Item]
  private var judged: [Set<Item>: [[VerdictRecord.Key: VerdictRecord]]] = [:]

  /// Judgements of one moment at most; beyond that all changes are named together.
  private static let patience = 160
  /// Single changes that are tried one by one.
  private static let singles = 16
  /// Where there are no more changes than this, every two of them are tried.
  private static let pairs = 10

  /// - Parameter affected: the requirements whose verdicts changed; only these are judged.
  init(
    legs: [LegChanges], catalogue: Catalogue, affected: Set<VerdictRecord.Key>,
    family: AddressFamily
  ) {
    self.legs = legs
    self.family = family
    var reduced = catalogue
    let texts = Set(affected.map(\.endpoint))
    reduced.endpoints = catalogue.endpoints.filter { texts.contains($0.text) }
    self.catalogue = reduced
    items = legs.indices.flatMap { leg in
      (legs[leg].changes?.changes.indices).map { $0.map { Item(leg: leg, change: $0) } } ?? []
    }
  }

  /// The cause of one verdict.
  mutating func cause(of new: VerdictRecord, before old: VerdictRecord) -> VerdictCause {
    let chosen = explanation(of: new, before: old)
    return VerdictCause(
      .rules, detail: detail(chosen.items, anyOfThem: chosen.anyOfThem), previous: old.verdict)
  }

  // MARK: Searching

  private mutating func explanation(
    of new: VerdictRecord, before old: VerdictRecord
  ) -> (items: [Item], anyOfThem: Bool) {
    guard items.count > 1 else { return (items, false) }
    let target = Target(old: old, new: new)
    let ordered = likelyFirst(new, old)
    let tried = ordered.all.count <= Self.singles ? ordered.all : ordered.likely
    var single: [Item] = []
    for item in tried.prefix(Self.singles) where restores([item], target) { single.append(item) }
    if !single.isEmpty { return (single, single.count > 1) }
    if ordered.all.count <= Self.pairs, ordered.all.count > 2 {
      for (index, first) in ordered.all.enumerated() {
        for second in ordered.all[(index + 1)...] where restores([first, second], target) {
          return ([first, second], false)
        }
      }
    }
    let found = minimal(base: [], hasGrown: false, from: ordered.all, target)
    // The search ends early where it takes too long, and changes may also cancel out each other.
    guard !found.isEmpty, restores(Set(found), target) else { return (items, false) }
    return (found, false)
  }

  /// Changes of the rules that decide now or decided before stand in front.
  private func likelyFirst(
    _ new: VerdictRecord, _ old: VerdictRecord
  ) -> (all: [Item], likely: [Item]) {
    let names = Set([new.rule, old.rule].compactMap { $0 })
    let likely = items.filter { item in
      guard let change = legs[item.leg].changes?.changes[item.change] else { return false }
      return names.contains(change.name) || change.kind != .ruleMoved && items.count <= Self.singles
    }
    let rest = items.filter { !likely.contains($0) }
    return (likely + rest, likely)
  }

  /// QuickXplain (Junker, 2004): a minimal set of changes whose undoing suffices together with
  /// that of `base`.
  private mutating func minimal(
    base: [Item], hasGrown: Bool, from candidates: [Item], _ target: Target
  ) -> [Item] {
    if hasGrown, restores(Set(base), target) { return [] }
    if candidates.count <= 1 { return candidates }
    guard judged.count < Self.patience else { return candidates }
    let half = candidates.count / 2
    let first = Array(candidates[..<half])
    let second = Array(candidates[half...])
    let inSecond = minimal(base: base + first, hasGrown: true, from: second, target)
    let inFirst = minimal(
      base: base + inSecond, hasGrown: !inSecond.isEmpty, from: first, target)
    return inFirst + inSecond
  }

  /// What undoing has to bring back.
  private struct Target {
    let old: VerdictRecord
    let new: VerdictRecord

    /// The verdict of before. Where only the rule or reason changed, those of before.
    func isMet(by record: VerdictRecord) -> Bool {
      old.verdict == new.verdict ? record.isSame(as: old) : record.verdict == old.verdict
    }
  }

  /// Whether the state of now without these changes has the verdict of before.
  private mutating func restores(_ undone: Set<Item>, _ target: Target) -> Bool {
    let ways = judged[undone] ?? judgeWithout(undone)
    judged[undone] = ways
    return ways.contains { $0[target.new.key].map(target.isMet) ?? false }
  }

  /// What holds where these changes are taken back. A rule that comes back to a gap may stand on
  /// either side of those that came there since.
  private func judgeWithout(_ undone: Set<Item>) -> [[VerdictRecord.Key: VerdictRecord]] {
    let kept = Set(items).subtracting(undone)
    let comesBack = undone.contains { item in
      let kind = legs[item.leg].changes?.changes[item.change].kind
      return kind == .ruleRemoved || kind == .ruleMoved
    }
    return (comesBack ? [false, true] : [false]).map { judge(kept, oldFirst: $0) }
  }

  /// The state in which only the chosen changes were made.
  private func judge(
    _ chosen: Set<Item>, oldFirst: Bool
  ) -> [VerdictRecord.Key: VerdictRecord] {
    let hops = legs.indices.map { number -> Hop in
      let leg = legs[number]
      guard let changes = leg.changes else {
        return Hop(device: leg.device, policy: leg.policy, client: leg.newClient)
      }
      let own = Set(chosen.filter { $0.leg == number }.map(\.change))
      let takesSettings = own.contains { changes.changes[$0].kind == .settings }
      return Hop(
        device: leg.device,
        policy: CompiledPolicy(changes.policy(applying: own, oldFirst: oldFirst)),
        client: takesSettings ? leg.newClient : leg.oldClient)
    }
    let outcome = Evaluation(path: NetworkPath(hops: hops, family: family), catalogue: catalogue)
      .run()
    let records = outcome.results.map { VerdictRecord($0, catalogue) }
    return Dictionary(records.map { ($0.key, $0) }) { first, _ in first }
  }

  // MARK: Telling

  private func detail(_ chosen: [Item], anyOfThem: Bool) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("needs", chosen.count > 1 ? (anyOfThem ? "any" : "all") : nil)
      writer.member("changes", each: chosen) { writer, item in
        let leg = legs[item.leg]
        guard let change = leg.changes?.changes[item.change] else { return }
        writer.object { writer in
          // Deleting an object that is in use shows at its users; the deletion is the change.
          if let lost = change.lostObjects.first {
            writer.member("change", "object-removed")
            writer.member("device", leg.device)
            writer.member("scope", leg.scope)
            writer.member("name", lost.name)
            Self.write(&writer, "before", lost.before, leg.oldSnapshot)
            writer.member("used_by", change.name)
            Self.write(&writer, "after", change.after, leg.newSnapshot)
          } else {
            writer.member("change", change.kind.rawValue)
            writer.member("device", leg.device)
            writer.member("scope", leg.scope)
            writer.member("table", change.table.isEmpty ? nil : change.table)
            writer.member("name", change.name)
            Self.write(&writer, "before", change.before, leg.oldSnapshot)
            Self.write(&writer, "after", change.after, leg.newSnapshot)
          }
          writer.member("details", change.details)
        }
      }
    }
    return writer.text
  }

  private static func write(
    _ writer: inout JSONWriter, _ name: String, _ place: PolicyChanges.Place?,
    _ snapshot: (takenAt: String, sha256: String)
  ) {
    guard let place else { return }
    writer.member(name) { writer in
      writer.member("taken_at", snapshot.takenAt)
      writer.member("sha256", snapshot.sha256)
      writer.member("file", place.file)
      writer.member("line", place.position?.line)
      writer.member("pointer", place.position?.pointer)
      writer.member("ordinal", place.ordinal)
    }
  }
}
