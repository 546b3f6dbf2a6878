import Foundation
import GRDB
import PolicyCoding
import PolicyModel

/// What one device of a site had in place at a moment.
package struct HopState: Hashable, Sendable {
  package let device: DeviceRecord
  package let snapshot: Int64
  package let export: Int64
  package let sha256: String
  package let takenAt: String
  package let format: String
  package let product: String
  package let files: [String]
  package let policies: [ScopePolicy]

  package struct ScopePolicy: Hashable, Sendable {
    package let ordinal: Int
    package let scope: String
    package let policy: Int64
    /// Digest of the policy without its places.
    package let digest: Data
    package let rules: Int
  }
}

/// The devices of a site at a moment, in the order in which traffic crosses them.
package struct SiteState: Hashable, Sendable {
  package let at: String
  package let hops: [HopState]

  /// Whether the same policies apply, whatever they were exported as.
  package func hasSamePolicies(as other: SiteState) -> Bool {
    hops.map(\.device) == other.hops.map(\.device)
      && hops.map { $0.policies.map(\.policy) } == other.hops.map { $0.policies.map(\.policy) }
  }
}

extension InventoryDatabase {
  /// The moments at which something about a site's firewalls changed, oldest first: snapshots, and
  /// devices taken out of the path.
  package func moments(of site: String) throws -> [String] {
    try read { database in try Self.moments(of: try Self.siteID(site, database), database) }
  }

  static func moments(of site: Int64, _ database: Database) throws -> [String] {
    try String.fetchAll(
      database,
      sql: """
        SELECT n.taken_at FROM snapshot n JOIN device d ON d.id = n.device_id WHERE d.site_id = ?1
        UNION SELECT d.retired_at FROM device d WHERE d.site_id = ?1 AND d.retired_at IS NOT NULL
        ORDER BY 1
        """, arguments: [site])
  }

  /// What a site had in place at a moment; devices without a snapshot so far are left out.
  package func state(of site: String, at moment: String) throws -> SiteState {
    try read { database in
      try Self.state(of: try Self.siteID(site, database), at: moment, database)
    }
  }

  /// What a site had in place until a moment came.
  package func state(of site: String, justBefore moment: String) throws -> SiteState {
    try read { database in
      let id = try Self.siteID(site, database)
      let last = try Self.moments(of: id, database).last { $0 < moment }
      return try last.map { try Self.state(of: id, at: $0, database) }
        ?? SiteState(at: moment, hops: [])
    }
  }

  static func state(of site: Int64, at moment: String, _ database: Database) throws -> SiteState {
    var hops: [HopState] = []
    for device in try devices(of: site, at: moment, database) {
      let row = try Row.fetchOne(
        try database.cachedStatement(
          sql: """
            SELECT n.id, n.export_id, n.sha256, n.taken_at, x.format, x.product, g.files
            FROM snapshot n
            JOIN export x ON x.id = n.export_id
            JOIN sighting g ON g.device_id = n.device_id AND g.taken_at = n.taken_at
              AND g.sha256 = n.sha256
            WHERE n.device_id = ? AND n.taken_at <= ?
            ORDER BY n.taken_at DESC, n.sha256 DESC LIMIT 1
            """), arguments: [device.id, moment])
      guard let row else { continue }
      let policies = try Row.fetchAll(
        try database.cachedStatement(
          sql: """
            SELECT p.ordinal, p.scope, p.policy_id, q.digest, q.rule_count
            FROM export_policy p JOIN policy q ON q.id = p.policy_id
            WHERE p.export_id = ? ORDER BY p.ordinal
            """), arguments: [row["export_id"] as Int64]
      ).map { policy in
        HopState.ScopePolicy(
          ordinal: policy["ordinal"], scope: policy["scope"], policy: policy["policy_id"],
          digest: policy["digest"], rules: policy["rule_count"])
      }
      hops.append(
        HopState(
          device: device, snapshot: row["id"], export: row["export_id"], sha256: row["sha256"],
          takenAt: row["taken_at"], format: row["format"], product: row["product"],
          files: StoredJSON.texts(row["files"]), policies: policies))
    }
    return SiteState(at: moment, hops: hops)
  }

  /// A policy as it was imported, positions and all.
  package func policy(_ scope: HopState.ScopePolicy, of hop: HopState) throws -> Policy {
    // Reading is for the database, putting together is not: it would keep a connection busy.
    let pieces = try pieces(scope, of: hop)
    do {
      return try pieces.policy(files: hop.files)
    } catch {
      throw InventoryError(.damaged, "policy \(scope.policy) cannot be read: \(error)")
    }
  }

  /// The parts of a policy, for comparing two states.
  package func pieces(_ scope: HopState.ScopePolicy, of hop: HopState) throws -> PolicyPieces {
    try read { database in
      try PolicyStore.pieces(
        try PolicyStore.load(scope.policy, database),
        places: try PolicyStore.places(of: hop.export, scope.ordinal, database), database)
    }
  }

  /// Snapshots of a site's devices, oldest first, for listing.
  package func snapshots(of site: String?) throws -> [SnapshotListing] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT site, device, taken_at, last_taken_at, taken_at_source, sha256, format, product,
            scopes, rules FROM snapshots WHERE ? IS NULL OR site = ?
          ORDER BY site, device, taken_at, sha256
          """, arguments: [site, site]
      ).map { row in
        SnapshotListing(
          site: row["site"], device: row["device"], takenAt: row["taken_at"],
          lastTakenAt: row["last_taken_at"], source: row["taken_at_source"], sha256: row["sha256"],
          format: row["format"], product: row["product"], scopes: row["scopes"],
          rules: row["rules"] ?? 0)
      }
    }
  }
}

/// One line of a list of snapshots.
package struct SnapshotListing: Hashable, Sendable {
  package let site: String
  package let device: String
  package let takenAt: String
  package let lastTakenAt: String
  package let source: String
  package let sha256: String
  package let format: String
  package let product: String
  package let scopes: Int
  package let rules: Int
}
