import Digests
import CatalogueReaders
import EndpointCatalogue
import Foundation
import ImportKit
import Importers
import Inventory
import NetworkSets
import TestSupport

@testable import Audit

/// A database in a folder of its own, with the steps that the commands take.
final class TestInventory {
  let folder: TemporaryFolder
  let path: String
  let inventory: InventoryDatabase
  private(set) var library: CatalogueLibrary

  init(_ catalogues: [Catalogue]? = nil) throws {
    folder = try TemporaryFolder()
    path = folder.path("inventory.db")
    inventory = try InventoryDatabase(path: path, access: .write)
    let editions = try catalogues ?? BuiltInCatalogues.all()
    try inventory.add(editions, builtIn: catalogues == nil, now: "2026-01-01T00:00:00Z")
    let builtIn = catalogues == nil ? [] : try BuiltInCatalogues.all()
    library = CatalogueLibrary(editions + builtIn)
  }

  /// An export that was read and can be stored.
  static func snapshot(
    _ text: String, site: String, device: String = "fw", takenAt: String, file: String? = nil
  ) throws -> SnapshotToStore {
    let files = [ExportFile(name: file ?? "\(device)-\(takenAt).xml", bytes: Array(text.utf8))]
    let outcome = try importerRegistry.read(files)
    return SnapshotToStore(
      site: site, device: device, sha256: ExportDigest.of(files), format: outcome.format.id,
      product: outcome.format.product, importerVersion: outcome.format.importerVersion,
      takenAt: takenAt, takenAtSource: .option, files: files.map(\.name),
      policies: outcome.export.policies)
  }

  @discardableResult
  func store(
    _ text: String, site: String = "paris", device: String = "fw", takenAt: String,
    now: String? = nil
  ) throws -> StoreOutcome {
    try inventory.store(
      try Self.snapshot(text, site: site, device: device, takenAt: takenAt),
      now: tick(now ?? takenAt))
  }

  /// The log never runs back in time, whatever order a test takes.
  private var clock = "2026-01-01T00:00:00Z"

  private func tick(_ wanted: String) -> String {
    clock = max(clock, wanted)
    return clock
  }

  /// The clients of the generated firewalls.
  static let client = SiteRecord.ClientRecord(
    label: "office", fromZone: "trust", toZone: "untrust",
    networks: AddressSet(parsing: "10.1.0.0/16"))

  func addSite(_ name: String = "paris", tags: [String] = [], catalogue: String? = nil) throws {
    try inventory.save(
      SiteRecord(name: name, catalogue: catalogue, tags: tags, clients: [Self.client]),
      now: tick("2026-01-01T00:00:00Z"))
  }

  func add(_ edition: Catalogue, now: String) throws {
    try inventory.add([edition], builtIn: false, now: tick(now))
    library = CatalogueLibrary(library.catalogues + [edition])
  }

  var audit: FleetAudit { FleetAudit(inventory: inventory, library: library, program: "test") }

  /// Records the verdicts, and fails where a site cannot be judged.
  func record(now: String) throws {
    let failures = try audit.record(now: tick(now))
    if let first = failures.first { throw first.error }
  }

  func problems(now: String = "2027-01-01T00:00:00Z", sample: Int? = nil) throws -> [String] {
    let integrity = try inventory.checkIntegrity()
    let verification = HistoryVerification(inventory: inventory, library: library)
    return integrity.problems + (try verification.run(sample: sample, seed: 1, now: now).problems)
  }

  /// Runs one reading statement as `sallyport sql` does.
  func query(
    _ sql: String, _ parameters: [String: ReadOnlyQuery.Value] = [:]
  ) throws -> ReadOnlyQuery.Answer {
    try ReadOnlyQuery(path: path).run(sql, parameters: parameters)
  }
}

/// A moment of the year 2026.
func day(_ number: Int, hour: Int = 4) -> String {
  let start = Date(timeIntervalSince1970: 1_767_225_600)
  return Moment.text(start.addingTimeInterval(Double(number) * 86400 + Double(hour) * 3600))
}

/// A small list whose editions tests make up.
enum TestList {
  static let id = "test-list"

  static func edition(
    _ version: String, hosts: [(host: String, ports: [UInt16])], effective: String
  ) throws -> Catalogue {
    let endpoints = try hosts.map { host, ports in
      guard
        let endpoint = Endpoint(service: "cloud", text: host, host: host, portsRequired: ports)
      else { throw Mistake(description: "`\(host)` is no host") }
      return endpoint
    }
    return Catalogue(
      id: id, version: version, title: "Test list", published: effective, effective: effective,
      source: CatalogueSource(
        title: "Test list", url: "https://example.com/\(version)", locale: "en",
        sha256: SHA256.hex(Array(version.utf8))), statements: [:],
      services: [CatalogueService(id: "cloud", names: ["en": "Cloud"])], endpoints: endpoints)
  }

  struct Mistake: Error, CustomStringConvertible {
    let description: String
  }
}
