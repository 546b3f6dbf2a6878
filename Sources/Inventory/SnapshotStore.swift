import Foundation
import GRDB
import Digests
import PolicyCoding
import PolicyModel

/// An export as it was read, with where and when it belongs.
package struct SnapshotToStore: Sendable {
  package enum TimeSource: String, Sendable {
    /// The export says when it was made.
    case export
    /// The user said so.
    case option
    /// The time of the file.
    case file
    /// Nothing is known but the moment of the import.
    case `import`
  }

  package var site: String
  package var device: String
  package var sha256: String
  package var format: String
  package var product: String
  package var importerVersion: Int
  /// ISO-8601 UTC.
  package var takenAt: String
  package var takenAtSource: TimeSource
  package var files: [String]
  package var policies: [PreparedPolicy]

  package init(
    site: String, device: String, sha256: String, format: String, product: String,
    importerVersion: Int, takenAt: String, takenAtSource: TimeSource, files: [String],
    policies: [Policy]
  ) {
    self.site = site
    self.device = device
    self.sha256 = sha256
    self.format = format
    self.product = product
    self.importerVersion = importerVersion
    self.takenAt = takenAt
    self.takenAtSource = takenAtSource
    self.files = files
    self.policies = policies.map { PreparedPolicy($0) }
  }
}

/// What storing an export came to.
package enum StoreOutcome: Hashable, Sendable {
  /// A state of the device that was not known.
  case new
  /// The policy is the same as before, although the bytes differ.
  case samePolicy
  /// The same bytes were seen before at that place in the history.
  case seenBefore
}

extension InventoryDatabase {
  /// Stores one export in one transaction, sites and devices being made where they are new.
  package func store(_ snapshot: SnapshotToStore, now: String) throws -> StoreOutcome {
    try write { database in
      let site = try Self.ensureSite(snapshot.site, now: now, database)
      try Self.refusePrunedPast(snapshot, site: site, database)
      let device = try Self.ensureDevice(snapshot.device, site: site, now: now, database)
      let (exportID, scopes) = try Self.ensureExport(snapshot, device: device, database)
      let isKnown = try Self.noteSighting(snapshot, device: device, now: now, database)
      if isKnown.sighting, !isKnown.exportIsNewer { return .seenBefore }
      if !isKnown.exportIsNewer, try SnapshotRuns.extend(snapshot, of: device, database) {
        return .seenBefore
      }
      let change = try SnapshotRuns.update(device, database)
      // The same export seen once more changes when it was last seen, and no more.
      if case .none = change { return .seenBefore }
      let samePolicy = try Self.hasSamePolicy(device, exportID, snapshot.takenAt, database)
      switch change {
      case .none: break
      case .appended(let id):
        // A newer importer may have read these bytes before; then its reading stands.
        let current = try Int64.fetchOne(
          database, sql: "SELECT export_id FROM snapshot WHERE id = ?", arguments: [id])
        try RuleHistory.append(
          id, of: device, scopes: current == exportID ? scopes : nil, database)
      case .rewritten(let origins):
        try RuleHistory.rebuild(device, origins: origins, database)
      }
      try EvaluationStore.invalidate(site: site, from: snapshot.takenAt, database)
      if isKnown.exportIsNewer { try Self.readAnew(snapshot.sha256, database) }
      let digests = try Self.policyDigests(of: exportID, database)
      let places = try Self.placesDigest(of: exportID, database)
      try EventChain.append(
        database, at: now, kind: "import", subject: "\(snapshot.site)/\(snapshot.device)"
      ) { writer in
        writer.member("sha256", snapshot.sha256)
        writer.member("format", snapshot.format)
        writer.member("product", snapshot.product)
        writer.member("importer_version", snapshot.importerVersion)
        writer.member("taken_at", snapshot.takenAt)
        writer.member("taken_at_source", snapshot.takenAtSource.rawValue)
        writer.member("files", snapshot.files)
        writer.member("policies", digests)
        writer.member("places", places)
      }
      return samePolicy ? .samePolicy : .new
    }
  }

  /// What storing an export would come to; stores nothing.
  package func preview(_ snapshot: SnapshotToStore) throws -> StoreOutcome {
    try read { database in
      let device = try Int64.fetchOne(
        database,
        sql: """
          SELECT d.id FROM device d JOIN site s ON s.id = d.site_id WHERE s.name = ? AND d.name = ?
          """, arguments: [snapshot.site, snapshot.device])
      guard let device else { return .new }
      let wasSeen =
        try Bool.fetchOne(
          database,
          sql: """
            SELECT EXISTS (SELECT 1 FROM sighting
              WHERE device_id = ? AND taken_at = ? AND sha256 = ?)
            """, arguments: [device, snapshot.takenAt, snapshot.sha256]) ?? false
      if wasSeen { return .seenBefore }
      let previous = try Data.fetchAll(
        database,
        sql: """
          SELECT q.digest FROM export_policy p JOIN policy q ON q.id = p.policy_id
          WHERE p.export_id = (SELECT export_id FROM snapshot WHERE device_id = ? AND taken_at < ?
            ORDER BY taken_at DESC, sha256 DESC LIMIT 1)
          ORDER BY p.ordinal
          """, arguments: [device, snapshot.takenAt])
      return previous == snapshot.policies.map(\.digest)
        ? .samePolicy : .new
    }
  }

  /// Digests of an export's policies in their order, as hex.
  static func policyDigests(of export: Int64, _ database: Database) throws -> [String] {
    try String.fetchAll(
      database,
      sql: """
        SELECT lower(hex(q.digest)) FROM export_policy p JOIN policy q ON q.id = p.policy_id
        WHERE p.export_id = ? ORDER BY p.ordinal
        """, arguments: [export])
  }

  /// Digest of the positions of an export's rules and objects.
  static func placesDigest(of export: Int64, _ database: Database) throws -> String {
    let places = try Data.fetchAll(
      database, sql: "SELECT places FROM export_policy WHERE export_id = ? ORDER BY ordinal",
      arguments: [export])
    return SHA256.hex(places.flatMap { SHA256.bytes(Array($0)) })
  }

  /// A newer importer read an export: wherever it was in place, it is judged anew.
  private static func readAnew(_ sha256: String, _ database: Database) throws {
    let places = try Row.fetchAll(
      database,
      sql: """
        SELECT d.id, d.site_id, min(n.taken_at) AS first FROM snapshot n
        JOIN device d ON d.id = n.device_id WHERE n.sha256 = ? GROUP BY d.id
        """, arguments: [sha256])
    for place in places {
      if case .rewritten(let origins) = try SnapshotRuns.update(place["id"], database) {
        try RuleHistory.rebuild(place["id"], origins: origins, database)
      }
      try EvaluationStore.invalidate(site: place["site_id"], from: place["first"], database)
    }
  }

  private static func refusePrunedPast(
    _ snapshot: SnapshotToStore, site: Int64, _ database: Database
  ) throws {
    let pruned = try String.fetchOne(
      database, sql: "SELECT pruned_before FROM site WHERE id = ?", arguments: [site])
    guard let pruned, snapshot.takenAt < pruned else { return }
    throw InventoryError(
      .unknownName,
      "an export taken \(snapshot.takenAt) is older than what site `\(snapshot.site)` keeps "
        + "(pruned before \(pruned))", advice: "import it into a database of its own")
  }

  private static func ensureSite(_ name: String, now: String, _ database: Database) throws -> Int64
  {
    if let id = try Int64.fetchOne(
      database, sql: "SELECT id FROM site WHERE name = ?", arguments: [name])
    {
      return id
    }
    try save(SiteRecord(name: name), now: now, database)
    return try siteID(name, database)
  }

  private static func ensureDevice(
    _ name: String, site: Int64, now: String, _ database: Database
  ) throws -> Int64 {
    if let id = try Int64.fetchOne(
      database, sql: "SELECT id FROM device WHERE site_id = ? AND name = ?",
      arguments: [site, name])
    {
      return id
    }
    try database.execute(
      sql: "INSERT INTO device (site_id, name, created_at) VALUES (?, ?, ?)",
      arguments: [site, name, now])
    return database.lastInsertedRowID
  }

  /// The export's row, and what was stored of it where it is new.
  private static func ensureExport(
    _ snapshot: SnapshotToStore, device: Int64, _ database: Database
  ) throws -> (id: Int64, scopes: [HistoryScope]?) {
    if let id = try Int64.fetchOne(
      database, sql: "SELECT id FROM export WHERE sha256 = ? AND importer_version = ?",
      arguments: [snapshot.sha256, snapshot.importerVersion])
    {
      // A prune dropped its policies: the bytes are at hand again, and so is what they say.
      guard !snapshot.policies.isEmpty, try !hasPolicies(id, database) else { return (id, nil) }
      return (id, try storePolicies(of: snapshot, export: id, device: device, database))
    }
    try database.execute(
      sql: """
        INSERT INTO export (sha256, importer_version, format, product) VALUES (?, ?, ?, ?)
        """,
      arguments: [snapshot.sha256, snapshot.importerVersion, snapshot.format, snapshot.product])
    let id = database.lastInsertedRowID
    return (id, try storePolicies(of: snapshot, export: id, device: device, database))
  }

  private static func hasPolicies(_ export: Int64, _ database: Database) throws -> Bool {
    try Bool.fetchOne(
      database, sql: "SELECT EXISTS (SELECT 1 FROM export_policy WHERE export_id = ?)",
      arguments: [export]) ?? false
  }

  private static func storePolicies(
    of snapshot: SnapshotToStore, export id: Int64, device: Int64, _ database: Database
  ) throws -> [HistoryScope] {
    var store = try PolicyStore(database)
    var vendorIDs = VendorIDStore(database)
    try expectChange(of: device, &store, &vendorIDs, database)
    var scopes: [HistoryScope] = []
    for (ordinal, prepared) in snapshot.policies.enumerated() {
      let stored = try store.store(prepared)
      let (packed, numbers) = try vendorIDs.pack(prepared.pieces.places)
      try database.execute(
        sql: """
          INSERT INTO export_policy (export_id, ordinal, scope, policy_id, places)
          VALUES (?, ?, ?, ?, ?)
          """,
        arguments: [id, ordinal, prepared.policy.scope, stored.id, Data(packed)])
      scopes.append(HistoryScope(prepared, stored: stored, numbers: numbers))
    }
    return scopes
  }

  /// Reads at once what the device's newest snapshot is made of; most of the next one is the same.
  private static func expectChange(
    of device: Int64, _ store: inout PolicyStore, _ vendorIDs: inout VendorIDStore,
    _ database: Database
  ) throws {
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT policy_id, places FROM export_policy WHERE export_id = (
          SELECT export_id FROM snapshot WHERE device_id = ? ORDER BY taken_at DESC, sha256 DESC
          LIMIT 1)
        """, arguments: [device])
    for row in rows {
      try store.expect(try PolicyStore.load(row["policy_id"], database))
      do {
        try vendorIDs.expect(try Packing.unpackPlaces(Array(row["places"] as Data)))
      } catch let error as PackingError {
        throw InventoryError(.damaged, "places of a snapshot: \(error.reason)")
      }
    }
  }

  /// Whether the sighting was there already, and whether a newer importer has read the export.
  private static func noteSighting(
    _ snapshot: SnapshotToStore, device: Int64, now: String, _ database: Database
  ) throws -> (sighting: Bool, exportIsNewer: Bool) {
    let known =
      try Bool.fetchOne(
        database,
        sql: """
          SELECT EXISTS (SELECT 1 FROM sighting WHERE device_id = ? AND taken_at = ? AND sha256 = ?)
          """, arguments: [device, snapshot.takenAt, snapshot.sha256]) ?? false
    try database.execute(
      sql: """
        INSERT INTO sighting (device_id, taken_at, sha256, taken_at_source, imported_at,
          last_imported_at, files) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET last_imported_at = excluded.last_imported_at
        """,
      arguments: [
        device, snapshot.takenAt, snapshot.sha256, snapshot.takenAtSource.rawValue, now, now,
        StoredJSON.text(snapshot.files),
      ])
    let current =
      try Int.fetchOne(
        database,
        sql: """
          SELECT max(x.importer_version) FROM snapshot n JOIN export x ON x.id = n.export_id
          WHERE n.device_id = ? AND n.sha256 = ?
          """, arguments: [device, snapshot.sha256])
    return (known, current.map { $0 < snapshot.importerVersion } ?? false)
  }

  private static func hasSamePolicy(
    _ device: Int64, _ export: Int64, _ takenAt: String, _ database: Database
  ) throws -> Bool {
    let previous = try Int64.fetchOne(
      database,
      sql: """
        SELECT export_id FROM snapshot WHERE device_id = ? AND taken_at < ?
        ORDER BY taken_at DESC, sha256 DESC LIMIT 1
        """, arguments: [device, takenAt])
    guard let previous else { return false }
    let list = "SELECT policy_id FROM export_policy WHERE export_id = ? ORDER BY ordinal"
    return try Int64.fetchAll(database, sql: list, arguments: [previous])
      == Int64.fetchAll(database, sql: list, arguments: [export])
  }
}

/// Keeps the snapshots of a device equal to the runs of its sightings.
enum SnapshotRuns {
  enum Change {
    case none
    /// A new run behind all others.
    case appended(Int64)
    /// Runs were put between others, split, or read by a newer importer.
    ///
    /// With what was known of the beginnings of rules, where the history had to go for it.
    case rewritten(RuleOrigins?)
  }

  private struct Run: Equatable {
    var sha256: String
    var takenAt: String
    var lastTakenAt: String
  }

  /// The usual case of a night without changes: the newest run goes on. False where it is another
  /// one.
  static func extend(
    _ snapshot: SnapshotToStore, of device: Int64, _ database: Database
  ) throws -> Bool {
    let newest = try Row.fetchOne(
      try database.cachedStatement(
        sql: """
          SELECT id, sha256, last_taken_at FROM snapshot WHERE device_id = ?
          ORDER BY taken_at DESC, sha256 DESC LIMIT 1
          """), arguments: [device])
    guard let newest, newest["sha256"] == snapshot.sha256,
      newest["last_taken_at"] < snapshot.takenAt
    else { return false }
    try database.cachedStatement(sql: "UPDATE snapshot SET last_taken_at = ? WHERE id = ?")
      .execute(arguments: [snapshot.takenAt, newest["id"] as Int64])
    return true
  }

  private static func runs(_ device: Int64, _ database: Database) throws -> [Run] {
    var runs: [Run] = []
    let sightings = try Row.fetchCursor(
      database,
      sql: "SELECT taken_at, sha256 FROM sighting WHERE device_id = ? ORDER BY taken_at, sha256",
      arguments: [device])
    while let row = try sightings.next() {
      let sha256: String = row["sha256"]
      if runs.last?.sha256 == sha256 {
        runs[runs.count - 1].lastTakenAt = row["taken_at"]
      } else {
        runs.append(Run(sha256: sha256, takenAt: row["taken_at"], lastTakenAt: row["taken_at"]))
      }
    }
    return runs
  }

  /// Whether the snapshots are the runs, as they always should be.
  static func isConsistent(_ device: Int64, _ database: Database) throws -> Bool {
    let stored = try Row.fetchAll(
      database,
      sql: """
        SELECT sha256, taken_at, last_taken_at FROM snapshot WHERE device_id = ?
        ORDER BY taken_at, sha256
        """, arguments: [device]
    ).map { Run(sha256: $0["sha256"], takenAt: $0["taken_at"], lastTakenAt: $0["last_taken_at"]) }
    return try stored == runs(device, database)
  }

  static func update(_ device: Int64, _ database: Database) throws -> Change {
    let runs = try runs(device, database)
    let existing = try Row.fetchAll(
      database,
      sql: """
        SELECT id, sha256, taken_at, last_taken_at, export_id FROM snapshot WHERE device_id = ?
        ORDER BY taken_at, sha256
        """, arguments: [device])
    let isPrefix =
      existing.count <= runs.count
      && zip(existing, runs).allSatisfy { row, run in
        row["sha256"] == run.sha256 && row["taken_at"] == run.takenAt
      }
    var readAnew = false
    if isPrefix {
      for (row, run) in zip(existing, runs) {
        if row["last_taken_at"] != run.lastTakenAt {
          try database.execute(
            sql: "UPDATE snapshot SET last_taken_at = ? WHERE id = ?",
            arguments: [run.lastTakenAt, row["id"] as Int64])
        }
        let export = try newestExport(run.sha256, database)
        if row["export_id"] != export {
          try database.execute(
            sql: "UPDATE snapshot SET export_id = ? WHERE id = ?",
            arguments: [export, row["id"] as Int64])
          readAnew = true
        }
      }
      let more = runs.dropFirst(existing.count)
      for run in more { try insert(run, device: device, database) }
      if readAnew || more.count > 1 { return .rewritten(nil) }
      return more.isEmpty ? .none : .appended(database.lastInsertedRowID)
    }
    let origins = try RuleOrigins(of: device, database)
    // The history refers to snapshots, so it goes first.
    for table in ["rule_span", "rule_move", "object_span"] {
      try database.execute(sql: "DELETE FROM \(table) WHERE device_id = ?", arguments: [device])
    }
    try database.execute(sql: "DELETE FROM snapshot WHERE device_id = ?", arguments: [device])
    for run in runs { try insert(run, device: device, database) }
    return .rewritten(origins)
  }

  private static func insert(_ run: Run, device: Int64, _ database: Database) throws {
    try database.execute(
      sql: """
        INSERT INTO snapshot (device_id, export_id, sha256, taken_at, last_taken_at)
        VALUES (?, ?, ?, ?, ?)
        """,
      arguments: [
        device, try newestExport(run.sha256, database), run.sha256, run.takenAt, run.lastTakenAt,
      ])
  }

  private static func newestExport(_ sha256: String, _ database: Database) throws -> Int64? {
    try Int64.fetchOne(
      try database.cachedStatement(
        sql: "SELECT id FROM export WHERE sha256 = ? ORDER BY importer_version DESC LIMIT 1"),
      arguments: [sha256])
  }
}
