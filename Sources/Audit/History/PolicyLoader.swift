import ComplianceEngine
import Inventory
import PolicyCoding
import PolicyModel
import Synchronization

/// Reads policies from the inventory, each one once while a site is being judged.
final class PolicyLoader: Sendable {
  private struct Key: Hashable {
    let export: Int64
    let ordinal: Int
    let files: [String]
    /// Periods are settled by the moment at which the export was taken.
    let takenAt: String
  }

  private let inventory: InventoryDatabase
  private let decoded: DecodedContent
  private let compiled = Mutex<[Key: CompiledPolicy]>([:])

  /// - Parameter decoded: shared by the sites that are judged together.
  init(_ inventory: InventoryDatabase, decoded: DecodedContent) {
    self.inventory = inventory
    self.decoded = decoded
  }

  func pieces(_ scope: HopState.ScopePolicy, of hop: HopState) throws -> PolicyPieces {
    try inventory.pieces(scope, of: hop)
  }

  func policy(_ scope: HopState.ScopePolicy, of hop: HopState) throws -> CompiledPolicy {
    let key = Key(
      export: hop.export, ordinal: scope.ordinal, files: hop.files, takenAt: hop.takenAt)
    if let known = compiled.withLock({ $0[key] }) { return known }
    let made = CompiledPolicy(
      try decoded.policy(scope, of: hop, in: inventory).settlingPeriods(at: hop.takenAt))
    compiled.withLock { $0[key] = made }
    return made
  }

  /// Forgets what a later state of the site no longer uses.
  func keep(only hops: [HopState]) {
    let exports = Set(hops.map(\.export))
    compiled.withLock { known in known = known.filter { exports.contains($0.key.export) } }
  }
}
