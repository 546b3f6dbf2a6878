import CatalogueReaders
import EndpointCatalogue
import Foundation
import JSONTree
import TestSupport
import Testing

/// The editions that come with the program.
@Suite struct BuiltInCatalogueTests {
  private func edition(_ version: String) throws -> Catalogue {
    try #require(try BuiltInCatalogues.all().first { $0.version == version })
  }

  /// Rows, required and advised pairs of all known editions, counted by hand in the published pages.
  @Test(arguments: [
    ("2017-08-25", 12, 12, 4), ("2018-10-08", 22, 22, 4), ("2018-10-08-b", 22, 22, 0),
    ("2020-07-08", 26, 26, 0), ("2020-12-28", 36, 36, 4), ("2021-05-17", 37, 37, 4),
    ("2021-10-18", 43, 43, 4), ("2022-02-03", 37, 37, 4), ("2022-06-28", 39, 39, 4),
    ("2023-06-26-b", 39, 41, 5), ("2023-06-26", 40, 42, 5), ("2024-05-17", 39, 41, 5),
    ("2024-10-08", 39, 41, 5),
    ("2026-07-02", 39, 41, 5),
  ])
  func rowsAndPortsAreCounted(_ version: String, _ rows: Int, _ required: Int, _ advised: Int)
    throws
  {
    let catalogue = try edition(version)
    #expect(catalogue.endpoints.count == rows)
    #expect(catalogue.requirements.count { $0.level == .required } == required)
    #expect(catalogue.requirements.count { $0.level == .advised } == advised)
    // The page of early 2024 is known by what was noted of it only.
    #expect(catalogue.source.sha256.count == 64 || version == "2023-06-26-b")
    #expect(!catalogue.source.url.isEmpty)
    #expect(catalogue.dates["effective"]?.from == catalogue.effective)
    #expect(catalogue.dates["published"]?.source.isEmpty == false)
  }

  @Test func everyServiceIsNamedInEnglishAndFrench() throws {
    for catalogue in try BuiltInCatalogues.all() {
      for service in catalogue.services {
        #expect(service.names["en"]?.isEmpty == false, "\(catalogue.reference) \(service.id)")
        #expect(service.names["fr"]?.isEmpty == false, "\(catalogue.reference) \(service.id)")
      }
    }
  }

  /// The founding document, row by row, against the answers that were worked out by hand.
  @Test(.enabled(if: Repository.fieldSamples != nil))
  func foundingDocumentIsExact() throws {
    let file = try #require(Repository.fieldSamples)
      .appendingPathComponent("defender-docs/2024-05_fr-fr.expected.json")
    let expected = try JSONTree(try Repository.bytes(file)).root
    let catalogue = try edition("2024-05-17")
    let rows = try #require(expected["rows"])
    #expect(Array(rows.elements).count == catalogue.endpoints.count)
    for (row, endpoint) in zip(rows.elements, catalogue.endpoints) {
      #expect(row["text"]?.string == endpoint.text)
      #expect(row["service"]?.string == endpoint.service)
      #expect(row["host"]?.string == endpoint.host)
      #expect(ports(row["ports_required"]) == endpoint.portsRequired, "\(endpoint.text)")
      #expect(ports(row["ports_advised"]) == endpoint.portsAdvised, "\(endpoint.text)")
      if row["path"]?.string != nil { #expect(row["path"]?.string == endpoint.path) }
    }
    for service in try #require(expected["services"]).elements {
      let id = try #require(service["id"]?.string)
      #expect(catalogue.service(id)?.names["fr"] == service["name_fr"]?.string)
    }
  }

  private func ports(_ value: JSONValue?) -> [UInt16] {
    value.map { $0.elements.compactMap { $0.int.flatMap { UInt16(exactly: $0) } } } ?? []
  }

  /// The program embeds a list of files by hand; it must be what the folders hold.
  @Test func embeddedFilesAreTheFoldersFiles() throws {
    let folder = Repository.root.appendingPathComponent("Imports/Catalogues")
    let embedded = EmbeddedFile.all(under: "Catalogues/").map(\.name).sorted()
    #expect(embedded == (try Repository.files(in: folder)).map { "Catalogues/\($0)" })
    for file in EmbeddedFile.all(under: "") {
      let url = Repository.root.appendingPathComponent("Imports/\(file.name)")
      #expect(try Repository.bytes(url) == file.bytes, "\(file.name) is not what was embedded")
    }
    let demo = Repository.root.appendingPathComponent("Imports/Samples/demo")
    let onDisk = try #require(FileManager.default.enumerator(atPath: demo.path)).compactMap {
      $0 as? String
    }
    .filter { (try? Repository.isFile(demo.appendingPathComponent($0))) ?? false }
    .filter { !$0.hasSuffix(".md") }
    .map { "Samples/demo/\($0)" }.sorted()
    #expect(EmbeddedFile.all(under: "Samples/demo/").map(\.name).sorted() == onDisk)
  }
}
