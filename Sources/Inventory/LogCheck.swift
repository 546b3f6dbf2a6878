import CatalogueReaders
import EndpointCatalogue
import Foundation
import GRDB

/// Holds the tables against the log.
struct LogCheck {
  let database: Database

  init(_ database: Database) { self.database = database }

  func rows(_ sql: String, _ arguments: StatementArguments = []) throws -> [Row] {
    try Row.fetchAll(database, sql: sql, arguments: arguments)
  }

  /// Exports and sightings that are not those that the log vouches for.
  func imports() throws -> [String] {
    var problems: [String] = []
    let events = try rows(
      """
      SELECT e.id, e.subject, e.detail -> '$.policies' AS policies, x.id AS export,
        e.detail ->> '$.taken_at' AS taken_at, e.detail ->> '$.places' AS places,
        EXISTS (SELECT 1 FROM sighting g JOIN device d ON d.id = g.device_id
          JOIN site s ON s.id = d.site_id
          WHERE s.name || '/' || d.name = e.subject AND g.taken_at = e.detail ->> '$.taken_at'
            AND g.sha256 = e.detail ->> '$.sha256' AND g.files = e.detail ->> '$.files'
            AND g.taken_at_source = e.detail ->> '$.taken_at_source'
        ) AS is_seen
      FROM event e LEFT JOIN export x ON x.sha256 = e.detail ->> '$.sha256'
        AND x.importer_version = e.detail ->> '$.importer_version'
        AND x.format = e.detail ->> '$.format' AND x.product = e.detail ->> '$.product'
      WHERE e.kind = 'import'
      """)
    for event in events {
      let title = "event \(event["id"] as Int64) (import of `\(event["subject"] as String)`)"
      guard let export: Int64 = event["export"] else {
        problems.append("the export of \(title) is gone or was changed")
        continue
      }
      if event["is_seen"] == false {
        problems.append(
          "the snapshot of \(title), taken \(event["taken_at"] as String), is gone or was changed")
      }
      let stored = try InventoryDatabase.policyDigests(of: export, database)
      // Pruning takes the policies of an export away together.
      guard !stored.isEmpty else { continue }
      if stored != StoredJSON.texts(event["policies"]) {
        problems.append("the policies of `\(event["subject"] as String)` are not those of \(title)")
      } else if try InventoryDatabase.placesDigest(of: export, database) != event["places"] {
        problems.append("the positions of the rules are not those of \(title)")
      }
    }
    return problems
  }

  /// Snapshots that no import made, or that lack what pruning has not taken.
  func snapshots() throws -> [String] {
    var problems: [String] = []
    let unknown = try rows(
      """
      SELECT s.name AS site, d.name AS device, n.taken_at,
        EXISTS (SELECT 1 FROM export_policy p WHERE p.export_id = n.export_id)
          -- Pruning leaves what was in force at its moment.
          OR n.taken_at < coalesce(s.pruned_before, '') AND EXISTS (
            SELECT 1 FROM snapshot m WHERE m.device_id = n.device_id
              AND m.taken_at <= s.pruned_before
              AND (m.taken_at, m.sha256) > (n.taken_at, n.sha256)) AS is_whole,
        s.name || '/' || d.name || ' ' || n.sha256 IN (
          SELECT subject || ' ' || (detail ->> '$.sha256') FROM event WHERE kind = 'import'
        ) AS is_known
      FROM snapshot n JOIN device d ON d.id = n.device_id JOIN site s ON s.id = d.site_id
      WHERE NOT is_whole OR NOT is_known
      """)
    for row in unknown.prefix(20) {
      let title =
        "the snapshot of `\(row["site"] as String)/\(row["device"] as String)`, taken "
        + "\(row["taken_at"] as String),"
      problems.append(
        row["is_known"] == false ? "\(title) is in no import of the log" : "\(title) has no rules")
    }
    for device in try rows(
      "SELECT d.id, s.name || '/' || d.name AS name FROM device d JOIN site s ON s.id = d.site_id")
    {
      if try !SnapshotRuns.isConsistent(device["id"], database) {
        problems.append(
          "the snapshots of `\(device["name"] as String)` are not those that were seen")
      }
    }
    return problems
  }

  /// Sites whose recorded verdicts are not those of their newest audit.
  func verdicts() throws -> [String] {
    var problems: [String] = []
    let judged = try rows(
      """
      SELECT id, name, EXISTS (SELECT 1 FROM subject u WHERE u.site_id = site.id) AS is_judged
      FROM site ORDER BY name
      """)
    for site in judged {
      let name: String = site["name"]
      let sealed = try VerdictSeal.sealed(site: name, database)
      if sealed == nil {
        if site["is_judged"] == true {
          problems.append("the log has no audit for the recorded verdicts of site `\(name)`")
        }
      } else if try VerdictSeal.digest(site: site["id"], database) != sealed {
        problems.append(
          "the recorded verdicts or findings of site `\(name)` are not those of its audits")
      }
    }
    return problems
  }

  /// Waivers that were changed, made or removed by another way than the commands.
  func waivers() throws -> [String] {
    var problems: [String] = []
    var vouched: [Int64: String] = [:]
    var revoked: [Int64: String] = [:]
    for row in try rows("SELECT at, kind, subject, detail FROM event WHERE kind LIKE 'waiver%'") {
      guard let number = Int64(row["subject"] as String) else { continue }
      if row["kind"] == "waiver" {
        vouched[number] = row["detail"]
      } else {
        revoked[number] = row["at"]
      }
    }
    for waiver in try InventoryDatabase.waivers(database) {
      let detail = vouched.removeValue(forKey: waiver.number)
      if detail == nil {
        problems.append("waiver \(waiver.number) is not in the log")
      } else if detail != EventDetail.text(EventDetail.waiver(waiver)) {
        problems.append("waiver \(waiver.number) was changed")
      } else if waiver.revokedAt != revoked[waiver.number] {
        problems.append("when waiver \(waiver.number) was revoked was changed")
      }
    }
    return problems + vouched.keys.sorted().map { "waiver \($0) was removed" }
  }

  /// Sites and devices whose settings are not those that were last made.
  func settings() throws -> [String] {
    var problems: [String] = []
    var newest: [String: String] = [:]
    for row in try rows(
      "SELECT kind, subject, detail FROM event WHERE kind IN ('site', 'device') ORDER BY id")
    {
      newest["\(row["kind"] as String) \(row["subject"] as String)"] = row["detail"]
    }
    var sites: Set<String> = []
    for row in try rows("SELECT id, name FROM site ORDER BY name") {
      let name: String = row["name"]
      sites.insert("site \(name)")
      let record = try InventoryDatabase.site(named: name, database)
      if newest["site \(name)"] != EventDetail.text(EventDetail.site(record)) {
        problems.append("the settings of site `\(name)` are not those of the log")
      }
      for device in try InventoryDatabase.devices(of: row["id"], at: "", database) {
        let usual = DeviceRecord(id: device.id, name: device.name, hop: 1)
        let expected =
          newest["device \(name)/\(device.name)"] ?? EventDetail.text(EventDetail.device(usual))
        if expected != EventDetail.text(EventDetail.device(device)) {
          problems.append(
            "the settings of device `\(name)/\(device.name)` are not those of the log")
        }
      }
    }
    for key in newest.keys.sorted() where key.hasPrefix("site ") && !sites.contains(key) {
      problems.append("\(key) was removed")
    }
    return problems
  }

  /// Editions that are not those that were added.
  func catalogues() throws -> [String] {
    var problems: [String] = []
    let ownEditions = Set(try BuiltInCatalogues.all().map(\.reference))
    var vouched: [String: String] = [:]
    for row in try rows("SELECT subject, detail FROM event WHERE kind = 'catalogue'") {
      vouched[row["subject"]] = row["detail"]
    }
    for row in try rows("SELECT * FROM catalogue ORDER BY id, version") {
      let reference = "\(row["id"] as String)@\(row["version"] as String)"
      let body: String = row["body"]
      let expected = vouched.removeValue(forKey: reference)
      guard let edition = try? CatalogueJSON.read(Array(body.utf8), file: reference),
        expected == EventDetail.text(EventDetail.catalogue(edition, body: body)),
        edition.effective == row["effective"], edition.published == row["published"],
        edition.title == row["title"], edition.source.sha256 == row["sha256"],
        ownEditions.contains(reference) == row["built_in"]
      else {
        problems.append("edition \(reference) is not the one of the log")
        continue
      }
      let stored = try RequirementRow.stored(row["id"], row["version"], database)
      if stored != RequirementRow.all(of: edition) {
        problems.append("the endpoints of edition \(reference) were changed")
      }
    }
    return problems + vouched.keys.sorted().map { "edition \($0) was removed" }
  }

  /// Baselines that are not those that were set.
  func baselines() throws -> [String] {
    var newest: [String: String] = [:]
    for row in try rows("SELECT subject, detail FROM event WHERE kind = 'baseline' ORDER BY id") {
      let name = "\(row["subject"] as String)"
      newest[name + " " + EventDetail.baselineName(row["detail"])] = row["detail"]
    }
    var problems: [String] = []
    let stored = try rows(
      """
      SELECT s.name AS site, b.name, b.at FROM baseline b JOIN site s ON s.id = b.site_id
      ORDER BY 1, 2
      """)
    for row in stored {
      let detail = EventDetail.text(EventDetail.baseline(row["name"], at: row["at"]))
      if newest.removeValue(forKey: "\(row["site"] as String) \(row["name"] as String)") != detail {
        problems.append(
          "baseline `\(row["name"] as String)` of site `\(row["site"] as String)` was changed")
      }
    }
    return problems + newest.keys.sorted().map { "baseline of \($0) was removed" }
  }
}
