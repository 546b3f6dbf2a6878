import ComplianceEngine
import EndpointCatalogue
import ImportKit
import Inventory
import NetworkSets
import PolicyCoding
import PolicyModel
import Reports

/// Compares two states of one firewall: two exports, or two snapshots of the inventory.
package struct PolicyComparison: Sendable {
  package var catalogue: Catalogue
  package var selection: ClientSelection

  package init(catalogue: Catalogue, selection: ClientSelection) {
    self.catalogue = catalogue
    self.selection = selection
  }

  /// One side, taken apart.
  private struct State {
    let side: ComparisonReport.Side
    let files: [String]
    let policies: [(policy: Policy, pieces: PolicyPieces)]
  }

  /// Compares exports that need not be in an inventory.
  package func compare(
    _ old: [ExportFile], with new: [ExportFile], registry: ImporterRegistry
  ) throws -> ComparisonReport {
    let left = try Self.state(old, registry)
    let right = try Self.state(new, registry)
    return try report(
      "\(old.first?.name ?? "-") and \(new.first?.name ?? "-")", device: "device", left, right)
  }

  private static func state(_ files: [ExportFile], _ registry: ImporterRegistry) throws -> State {
    let outcome = try registry.read(files)
    return State(
      side: ComparisonReport.Side(
        name: files.map(\.name).joined(separator: ", "), takenAt: outcome.export.takenAt,
        sha256: ExportDigest.of(files)),
      files: outcome.export.policies.first?.files ?? files.map(\.name),
      policies: outcome.export.policies.map { ($0, PolicyPieces($0)) })
  }

  /// Compares what a device had in place at two moments.
  package func compare(
    _ reference: SnapshotReference, with other: SnapshotReference, in inventory: InventoryDatabase
  ) throws -> ComparisonReport {
    let left = try reference.hop(in: inventory)
    let right = try other.hop(in: inventory)
    return try report(
      "\(reference.site)/\(left.device.name)", device: right.device.name,
      try Self.state(left, inventory), try Self.state(right, inventory))
  }

  private static func state(_ hop: HopState, _ inventory: InventoryDatabase) throws -> State {
    State(
      side: ComparisonReport.Side(
        name: hop.files.joined(separator: ", "), takenAt: hop.takenAt, sha256: hop.sha256),
      files: hop.files,
      policies: try hop.policies.map { scope in
        (try inventory.policy(scope, of: hop), try inventory.pieces(scope, of: hop))
      })
  }

  // MARK: Comparing

  private func report(
    _ title: String, device: String, _ old: State, _ new: State
  ) throws -> ComparisonReport {
    var changes: [ComparisonReport.Change] = []
    var effects: [ComparisonReport.Effect] = []
    for (policy, pieces) in old.policies {
      guard let match = new.policies.first(where: { $0.policy.scope == policy.scope }) else {
        changes.append(Self.scopeChange("scope-removed", policy.scope, before: old.side.name))
        continue
      }
      let found = try PolicyChanges(
        old: pieces, oldFiles: old.files, new: match.pieces, newFiles: new.files)
      changes += found.changes.map { Self.change($0, scope: policy.scope) }
      changes += found.objectsAddedAndRemoved.map { name, isAdded, place in
        ComparisonReport.Change(
          kind: isAdded ? "object-added" : "object-removed", scope: policy.scope, table: "",
          name: name, before: isAdded ? "" : Self.text(place),
          after: isAdded ? Self.text(place) : "", details: [])
      }
      effects += try self.effects(device, policy, match.policy)
    }
    for (policy, _) in new.policies
    where !old.policies.contains(where: { $0.policy.scope == policy.scope }) {
      changes.append(Self.scopeChange("scope-added", policy.scope, after: new.side.name))
    }
    return ComparisonReport(
      title: title, old: old.side, new: new.side, catalogue: catalogue.reference, changes: changes,
      effects: effects)
  }

  private static func scopeChange(
    _ kind: String, _ scope: String, before: String = "", after: String = ""
  ) -> ComparisonReport.Change {
    ComparisonReport.Change(
      kind: kind, scope: scope, table: "", name: scope, before: before, after: after, details: [])
  }

  private static func change(
    _ change: PolicyChanges.Change, scope: String
  ) -> ComparisonReport.Change {
    ComparisonReport.Change(
      kind: change.kind.rawValue, scope: scope, table: change.table, name: change.name,
      before: change.before.map(text) ?? "", after: change.after.map(text) ?? "",
      details: change.details + change.lostObjects.map { "object `\($0.name)` was removed" })
  }

  private static func text(_ place: PolicyChanges.Place) -> String {
    guard let position = place.position else { return "" }
    if position.line > 0 { return "line \(position.line)" }
    return position.pointer ?? ""
  }

  private func effects(
    _ device: String, _ old: Policy, _ new: Policy
  ) throws -> [ComparisonReport.Effect] {
    let before = try verdicts(device, old)
    let after = try verdicts(device, new)
    var result: [ComparisonReport.Effect] = []
    for client in after.order {
      for record in after.records[client] ?? [] {
        let earlier = before.records[client]?.first { $0.key == record.key }
        guard earlier?.verdict != record.verdict else { continue }
        result.append(
          ComparisonReport.Effect(
            scope: new.scope, client: client, endpoint: record.endpoint, port: record.port,
            before: earlier?.verdict ?? "", after: record.verdict, reason: record.reason,
            isWorse: earlier.map {
              VerdictRank.of(record.verdict) > VerdictRank.of($0.verdict)
            } ?? false))
      }
    }
    return result
  }

  private func verdicts(
    _ device: String, _ policy: Policy
  ) throws -> (order: [String], records: [String: [VerdictRecord]]) {
    var order: [String] = []
    var records: [String: [VerdictRecord]] = [:]
    let compiled = CompiledPolicy(policy)
    for choice in try selection.choices(for: policy) {
      let client = ClientReport(
        traffic: choice.client.traffic,
        zones: [choice.client.fromZone, choice.client.toZone].compactMap { $0 }, networks: [],
        family: selection.family.rawValue, note: ""
      ).text
      guard records[client] == nil else { continue }
      let path = NetworkPath(
        hops: [Hop(device: device, policy: compiled, client: choice.client)],
        family: selection.family)
      order.append(client)
      records[client] = Evaluation(path: path, catalogue: catalogue).run().results
        .map { VerdictRecord($0, catalogue) }
    }
    return (order, records)
  }
}

/// A state of one device in the inventory, as a user names it: `site/device@date`, `site@date`, or
/// `site` for the newest.
package struct SnapshotReference: Hashable, Sendable {
  package let site: String
  package let device: String?
  /// ISO-8601 UTC; nil for the newest.
  package let moment: String?

  /// - Parameter other: completes a reference that is only `@date`.
  package init?(_ text: String, completing other: SnapshotReference? = nil) {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2 {
      guard let moment = Moment.parse(String(parts[1]), endOfDay: true) else { return nil }
      self.moment = moment
    } else {
      moment = nil
    }
    let names = parts[0].split(separator: "/", maxSplits: 1).map(String.init)
    guard let site = names.first ?? other?.site else { return nil }
    self.site = site
    device = names.count > 1 ? names[1] : (names.isEmpty ? other?.device : nil)
  }

  package func hop(in inventory: InventoryDatabase) throws -> HopState {
    let state = try inventory.state(of: site, at: moment ?? "9999")
    let hops = state.hops.filter { device == nil || $0.device.name == device }
    if hops.count == 1 { return hops[0] }
    guard hops.isEmpty else {
      throw InventoryError(
        .unknownName, "site `\(site)` has several devices",
        advice: "write \(site)/DEVICE; they are: \(hops.map(\.device.name).joined(separator: ", "))"
      )
    }
    let when = moment.map { " at or before \($0)" } ?? ""
    throw InventoryError(
      .unknownName, "there is no snapshot of `\(site)\(device.map { "/\($0)" } ?? "")`\(when)",
      advice: "`sallyport snapshot list \(site)` shows what there is")
  }
}
