import Audit
import CatalogueReaders
import EndpointCatalogue
import Foundation
import JSONTree
import TestSupport
import Testing

/// The article as it was published, in all editions, layouts and languages that are at hand.
@Suite(.enabled(if: Repository.fieldSamples != nil)) struct PublishedPageTests {
  /// Pages, and the edition that each is or says the same as.
  static let pages: [(String, String)] = [
    ("2017-08-25_en-us_windows-itpro-docs.md", "2017-08-25"),
    ("2020-07-08_en-us_windows-itpro-docs.md", "2020-07-08"),
    ("2020-12-28_nl-nl_microsoft-365-docs.md", "2020-12-28"),
    ("2021-05-17_ja-jp_microsoft-365-docs.md", "2021-05-17"),
    ("2021-05-17_nl-nl-sxs_microsoft-365-docs.md", "2021-05-17"),
    ("2021-06-17_nl-nl_microsoft-365-docs.md", "2021-05-17"),
    ("2021-10-18_en-us_microsoft-365-docs.md", "2021-10-18"),
    ("2022-02-03_ar-sa_microsoft-365-docs.md", "2022-02-03"),
    ("2022-02-03_pl-pl_microsoft-365-docs.md", "2022-02-03"),
    ("2022-06-28_pl-pl_microsoft-365-docs.md", "2022-06-28"),
    ("2023-06-26_en-us_microsoft-365-docs.md", "2023-06-26"),
    ("2024-05_fr-fr_learn-plaintext.txt", "2024-05-17"),
    ("2024-10-08_en-us_defender-docs.md", "2024-10-08"),
    ("2024-10-08_fr-fr_saved-page.html", "2024-10-08"),
    ("2026-07-02_en-us_learn-mirror.md", "2026-07-02"),
  ]

  private func page(_ name: String) throws -> [UInt8] {
    try Repository.bytes(
      try #require(Repository.fieldSamples).appendingPathComponent("defender-docs/\(name)"))
  }

  @Test(arguments: pages)
  func everyPageIsReadExactly(_ name: String, _ version: String) throws {
    let library = try CatalogueLibrary.builtIn()
    let edition = try library.find(version)
    let reading = try PageFiles.read(try page(name), file: name, library: library)
    PageReadingTests.check(reading)
    #expect(reading.questions.isEmpty, "\(reading.questions)")
    #expect(reading.nearest?.edition.version == version)
    #expect(reading.nearest?.isSame == true)
    #expect(reading.rows.count == edition.endpoints.count)
    for (row, endpoint) in zip(reading.rows, edition.endpoints) {
      #expect(row.service == endpoint.service)
      #expect(row.text == endpoint.text)
      #expect(row.host == endpoint.host)
      #expect(row.path == endpoint.path)
      #expect(row.pathMatch == endpoint.pathMatch)
      #expect(row.scheme == endpoint.scheme)
      #expect(row.portsRequired == endpoint.portsRequired.map { Int($0) }, "\(row.text)")
      #expect(row.portsAdvised == endpoint.portsAdvised.map { Int($0) }, "\(row.text)")
    }
    for key in [StatementKey.blobNoInspectionExclusion, .allowRuleExcludesBlob, .default443] {
      #expect(
        reading.statements[key.rawValue] == edition.statements[key.rawValue]
          || version == "2017-08-25", "\(key)")
    }
  }

  /// The rows that were worked out by hand for single pages.
  @Test(arguments: [
    "2021-05-17_ja-jp_microsoft-365-docs.md", "2022-02-03_ar-sa_microsoft-365-docs.md",
    "2024-05_fr-fr_learn-plaintext.txt", "2024-10-08_fr-fr_saved-page.html",
  ])
  func pagesAreAsExpectedByHand(_ name: String) throws {
    let reading = try PageFiles.read(
      try page(name), file: name, library: try CatalogueLibrary.builtIn())
    let stem = name.replacing("_learn-plaintext.txt", with: "").replacing(".md", with: "")
      .replacing(".html", with: "")
    let expected = try JSONTree(try page(stem + ".expected.json")).root
    let rows = Array(try #require(expected["rows"]).elements)
    #expect(rows.count == reading.rows.count)
    for (row, own) in zip(rows, reading.rows) {
      #expect(row["service"]?.string == own.service)
      #expect(row["text"]?.string == own.text)
      #expect(row["host"]?.string == own.host)
      #expect(row["path"]?.string == own.path)
      #expect(row["ports_required"].map { $0.elements.compactMap(\.int) } == own.portsRequired)
      #expect(row["ports_advised"].map { $0.elements.compactMap(\.int) } == own.portsAdvised)
    }
  }

  /// Each page read as if no later edition were known: rows and ports exact, and no service wrong;
  /// what cannot be known is asked.
  @Test(arguments: pages)
  func pagesAreReadWithEarlierKnowledgeOnly(_ name: String, _ version: String) throws {
    let all = try BuiltInCatalogues.all()
    let edition = try #require(all.first { $0.version == version })
    let reading = try PageFiles.read(
      try page(name), file: name, library: CatalogueLibrary(all.filter { $0.version < version }))
    PageReadingTests.check(reading)
    #expect(reading.rows.count == edition.endpoints.count)
    let asked = Set(reading.questions.filter { $0.kind == .service }.map(\.token))
    let titlesAsked = Set(reading.rows.filter { asked.contains($0.text) }.map(\.title))
    for (row, endpoint) in zip(reading.rows, edition.endpoints) {
      #expect(row.text == endpoint.text)
      #expect(row.portsRequired == endpoint.portsRequired.map { Int($0) }, "\(row.text)")
      #expect(row.service == endpoint.service || titlesAsked.contains(row.title), "\(row)")
    }
  }
}
