import Audit
import CatalogueReaders
import EndpointCatalogue
import Foundation
import FoundationXML
import JSONTree
import Testing

/// Changes between editions, and any text held against them.
@Suite struct ListComparisonTests {
  private func library() throws -> CatalogueLibrary { try CatalogueLibrary.builtIn() }

  @Test(arguments: [
    ("2022-06-28", "2023-06-26", "ctldl.windowsupdate.com", "none"),
    ("2022-06-28", "2023-06-26", "go.microsoft.com", "open"),
    ("2021-05-17", "2021-10-18", "winatp-gw-weu.microsoft.com", "open"),
    ("2021-10-18", "2022-02-03", "winatp-gw-weu.microsoft.com", "may-close"),
    ("2018-10-08", "2018-10-08-b", "https://www.microsoft.com/pki/certs", "open-and-may-close"),
    ("2024-05-17", "2024-10-08", "blob_no_inspection_exclusion", "review"),
    ("2024-05-17", "2024-10-08", "scope", "review"),
    ("2023-06-26-b", "2024-05-17", "ssloptions_advice", "none"),
  ])
  func changesSayWhatTheyAskOfRules(
    _ from: String, _ to: String, _ text: String, _ impact: String
  ) throws {
    let library = try library()
    let changes = ListChange.all(
      in: CatalogueDiff(from: try library.find(from), to: try library.find(to)))
    #expect(changes.first { $0.text == text }?.impact.rawValue == impact)
  }

  @Test func changesSinceADay() throws {
    let changes = try ListChanges(try library(), list: "defender-antivirus", since: "2024-06-01")
    #expect(changes.steps.map(\.to.version) == ["2024-10-08", "2026-07-02"])
    let all = try ListChanges(try library(), list: "defender-antivirus", since: "0001-01-01")
    #expect(all.steps.count == 13)
    let root = try JSONTree(all.json()).root
    #expect(root["steps"]?.count == 13)
    #expect(all.text(width: 80).split(separator: "\n").allSatisfy { $0.count <= 80 })
    let parser = XMLParser(data: Data(all.atom()))
    #expect(parser.parse())
    #expect(
      all.atom()
        == (try ListChanges(try library(), list: "defender-antivirus", since: "0001-01-01")).atom())
  }

  @Test func anyTextIsHeldAgainstTheEditions() throws {
    let library = try library()
    let edition = try library.find(nil)
    // An address group copied from the edition of 2021-10-18, one row of it lost.
    let old = try library.find("2021-10-18")
    let text =
      old.endpoints.dropFirst().map { "set fqdn \"\($0.host)\"" }.joined(separator: "\n")
      + "\nset fqdn \"beta.wdnext.microsoft.com\"\nset fqdn \"www.example.com\"\n"
    let comparison = try ListComparison(
      Array(text.utf8), file: "group", edition: edition, library: library)
    #expect(comparison.copiedFrom?.version == "2021-10-18")
    #expect(comparison.missing.contains { $0.text == "*.wdcp.microsoft.com" })
    #expect(comparison.missing.contains { $0.host == "definitionupdates.microsoft.com" })
    #expect(comparison.obsolete.map(\.host.host).contains("winatp-gw-weu.microsoft.com"))
    #expect(comparison.obsolete.map(\.host.host).contains("msdl.microsoft.com"))
    #expect(comparison.unknown.map(\.host) == ["beta.wdnext.microsoft.com"])
    let whole = edition.endpoints.map(\.text).joined(separator: ", ")
    let same = try ListComparison(Array(whole.utf8), file: "x", edition: edition, library: library)
    #expect(same.isComplete && same.obsolete.isEmpty && same.unknown.isEmpty)
  }

  @Test(arguments: [
    ("2024-02-28", "2024-03-01", 2), ("2023-02-28", "2023-03-01", 1),
    ("2026-07-02", "2026-11-28", 149), ("2000-01-01", "2001-01-01", 366),
    ("2026-11-28", "2026-11-27", -1),
  ])
  func daysAreCounted(_ from: String, _ to: String, _ days: Int) {
    #expect(CatalogueDay.days(from: from, to: to) == days)
  }
}
