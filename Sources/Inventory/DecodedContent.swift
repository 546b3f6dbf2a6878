import Foundation
import GRDB
import PolicyCoding
import PolicyModel
import Synchronization

/// Puts policies together and keeps what their pieces say.
///
/// The sites of a fleet have most rules in common; reading such a rule once instead of a thousand
/// times makes most of the difference between minutes and seconds.
package final class DecodedContent: Sendable {
  /// What rules refer to, by the ids of its content: the same rule says another thing among other
  /// objects.
  private struct ObjectsKey: Hashable {
    let endpointObjects: [Int64]
    let serviceObjects: [Int64]
  }

  private struct Kept {
    var headers: [Int64: Policy] = [:]
    var objects: [ObjectsKey: DecodedObjects] = [:]
    var rules: [ObjectsKey: [Int64: Rule]] = [:]
    /// Objects and rules that are kept.
    var count = 0
  }

  /// Objects and rules that are kept at most, some hundred megabytes.
  private static let limit = 250_000

  private let kept = Mutex(Kept())

  package init() {}

  /// A policy as it was imported, with vendor ids where rules have no name to be called by; else
  /// they play no part in judging.
  package func policy(
    _ scope: HopState.ScopePolicy, of hop: HopState, in inventory: InventoryDatabase
  ) throws -> Policy {
    // Reading is for the database, understanding is not: it would keep a connection busy.
    let pieces = try inventory.read { database in try read(scope, of: hop, database) }
    var policy: Policy
    do {
      policy = try self.policy(pieces, files: hop.files)
    } catch {
      throw InventoryError(.damaged, "policy \(scope.policy) cannot be read: \(error)")
    }
    let isNamed = policy.tables.allSatisfy { $0.rules.allSatisfy { !$0.name.isEmpty } }
    guard !isNamed else { return policy }
    let places = try inventory.read { database in
      try PolicyStore.places(of: hop.export, scope.ordinal, database)
    }
    PolicyPieces.attach(places, to: &policy)
    return policy
  }

  // MARK: Reading

  private struct Pieces {
    let stored: PolicyStore.Stored
    let places: [PolicyPieces.Place]
    let key: ObjectsKey
    var header: Policy?
    var headerBody: [UInt8] = []
    var objects: DecodedObjects?
    var endpointBodies: [[UInt8]] = []
    var serviceBodies: [[UInt8]] = []
    /// One list a table; nil where a rule is missing.
    var rules: [[Rule?]] = []
    /// Contents of rules that are not known yet, each once.
    var missing: [Int64] = []
    var missingBodies: [[UInt8]] = []
  }

  private func read(
    _ scope: HopState.ScopePolicy, of hop: HopState, _ database: Database
  ) throws -> Pieces {
    let stored = try PolicyStore.load(scope.policy, database)
    var pieces = Pieces(
      stored: stored,
      places: try PolicyStore.places(of: hop.export, scope.ordinal, withVendorIDs: false, database),
      key: ObjectsKey(
        endpointObjects: stored.endpointObjects, serviceObjects: stored.serviceObjects))
    kept.withLock { kept in
      pieces.header = kept.headers[stored.header]
      pieces.objects = kept.objects[pieces.key]
      let known = kept.rules[pieces.key] ?? [:]
      pieces.rules = stored.rules.map { ids in ids.map { known[$0] } }
    }
    var seen: Set<Int64> = []
    for (ids, rules) in zip(stored.rules, pieces.rules) {
      for (id, rule) in zip(ids, rules) where rule == nil && seen.insert(id).inserted {
        pieces.missing.append(id)
      }
    }
    if pieces.header == nil {
      pieces.headerBody = try ContentStore.bodies([stored.header], database)[0]
    }
    if pieces.objects == nil {
      pieces.endpointBodies = try ContentStore.bodies(stored.endpointObjects, database)
      pieces.serviceBodies = try ContentStore.bodies(stored.serviceObjects, database)
    }
    pieces.missingBodies = try ContentStore.bodies(pieces.missing, database)
    return pieces
  }

  // MARK: Understanding

  private func policy(_ pieces: Pieces, files: [String]) throws -> Policy {
    var policy = try pieces.header ?? PolicyPieces.header(pieces.headerBody)
    let header = policy
    let objects =
      try pieces.objects
      ?? DecodedObjects(
        endpointObjects: pieces.endpointBodies, serviceObjects: pieces.serviceBodies)
    let missing = try objects.rules(pieces.missingBodies)
    let new = Dictionary(uniqueKeysWithValues: zip(pieces.missing, missing))
    keep(pieces, header: header, objects: objects, missing: missing)
    policy.files = files
    policy.endpointObjects = objects.endpointObjects
    policy.serviceObjects = objects.serviceObjects
    for (index, ids) in pieces.stored.rules.enumerated()
    where policy.tables.indices.contains(index) {
      policy.tables[index].rules = zip(ids, pieces.rules[index]).compactMap { $1 ?? new[$0] }
    }
    PolicyPieces.attach(pieces.places, to: &policy)
    return policy
  }

  private func keep(
    _ pieces: Pieces, header: Policy, objects: DecodedObjects, missing: [Rule]
  ) {
    kept.withLock { kept in
      let isNewHeader = pieces.header == nil
      let isNew = pieces.objects == nil
      let more =
        missing.count + (isNewHeader ? 1 : 0)
        + (isNew ? objects.endpointObjects.count + objects.serviceObjects.count : 0)
      guard more > 0 else { return }
      if kept.count + more > Self.limit { kept = Kept() }
      kept.count += more
      kept.headers[pieces.stored.header] = header
      kept.objects[pieces.key] = objects
      // Taken out and put back: the key is long, and a dictionary held twice would be copied.
      var rules = kept.rules.removeValue(forKey: pieces.key) ?? [:]
      for (id, rule) in zip(pieces.missing, missing) { rules[id] = rule }
      kept.rules[pieces.key] = rules
    }
  }
}
