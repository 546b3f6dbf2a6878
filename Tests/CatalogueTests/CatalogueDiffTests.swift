import Audit
import CatalogueReaders
import EndpointCatalogue
import Testing

/// What changed between editions, and how a user names one.
@Suite struct CatalogueDiffTests {
  @Test func editionsOf2023And2024DifferInOneRow() throws {
    let library = try CatalogueLibrary.builtIn()
    let old = try library.find("2023-06-26")
    let new = try library.find("2024-05-17")
    let there = CatalogueDiff(from: old, to: new)
    let back = CatalogueDiff(from: new, to: old)
    #expect(!there.changes.isEmpty)
    #expect(there.changes.count == back.changes.count)
    #expect(CatalogueDiff(from: new, to: new).changes.isEmpty)
    #expect(CatalogueDiff(from: new, to: new).statements.isEmpty)
  }

  @Test(arguments: [
    (nil, "2026-07-02"), ("defender-antivirus", "2026-07-02"), ("2024-05-17", "2024-05-17"),
    ("defender-antivirus@2023-06-26", "2023-06-26"),
  ])
  func editionsAreNamedInSeveralWays(_ name: String?, _ version: String) throws {
    #expect(try CatalogueLibrary.builtIn().find(name).version == version)
  }

  @Test(arguments: ["defender", "2024-05-18", "defender-antivirus@", "x@2024-05-17", ""])
  func unknownEditionsAreRefusedWithAdvice(_ name: String) throws {
    let error = #expect(throws: CatalogueLibrary.Failure.self) {
      try CatalogueLibrary.builtIn().find(name)
    }
    #expect(error?.advice.isEmpty == false)
  }
}
