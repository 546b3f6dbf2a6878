import ComplianceEngine
import EndpointCatalogue
import Inventory
import JSONTree
import NetworkSets
import PolicyModel

/// Finds out which changes of rules made a verdict what it is, by judging states in which only some
/// of the changes were made.
///
/// A set of changes is the cause where it alone turns the old verdict into the new one and no part
/// of it does (a minimal sufficient set). Several single changes that each suffice are all named.
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
  private var judged: [Set<Item>: [VerdictRecord.Key: VerdictRecord]] = [:]

  /// Judgements of one moment at most; beyond that all changes are named together.
  private static let patience = 160
  /// Single changes that are tried one by one.
  private static let singles = 16

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
    let ordered = likelyFirst(new, old)
    let likely = ordered.likely
    let tried = ordered.all.count <= Self.singles ? ordered.all : likely
    var sufficient: [Item] = []
    for item in tried.prefix(Self.singles) where holds([item], new) { sufficient.append(item) }
    if !sufficient.isEmpty { return (sufficient, sufficient.count > 1) }
    let found = minimal(base: [], hasGrown: false, from: ordered.all, new)
    return (found.isEmpty ? items : found, false)
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

  /// QuickXplain (Junker, 2004): a minimal set of changes that suffices together with `base`.
  private mutating func minimal(
    base: [Item], hasGrown: Bool, from candidates: [Item], _ target: VerdictRecord
  ) -> [Item] {
    if hasGrown, holds(Set(base), target) { return [] }
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

  private mutating func holds(_ chosen: Set<Item>, _ target: VerdictRecord) -> Bool {
    let records: [VerdictRecord.Key: VerdictRecord]
    if let known = judged[chosen] {
      records = known
    } else {
      records = judge(chosen)
      judged[chosen] = records
    }
    guard let record = records[target.key] else { return false }
    return record.isSame(as: target)
  }

  private func judge(_ chosen: Set<Item>) -> [VerdictRecord.Key: VerdictRecord] {
    let hops = legs.indices.map { number -> Hop in
      let leg = legs[number]
      guard let changes = leg.changes else {
        return Hop(device: leg.device, policy: leg.policy, client: leg.newClient)
      }
      let own = Set(chosen.filter { $0.leg == number }.map(\.change))
      let takesSettings = own.contains { changes.changes[$0].kind == .settings }
      return Hop(
        device: leg.device, policy: CompiledPolicy(changes.policy(applying: own)),
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
