import Audit
import CatalogueReaders
import EndpointCatalogue
import Foundation
import ImportKit
import JSONTree
import TestSupport
import Testing

/// Lists of other kinds as they are published, against what was worked out by hand.
@Suite(.enabled(if: Repository.fieldSamples != nil)) struct PublishedListTests {
  private func bytes(_ name: String) throws -> [UInt8] {
    try Repository.bytes(
      try #require(Repository.fieldSamples).appendingPathComponent("lists/\(name)"))
  }

  private func reading(_ name: String) throws -> PageReading {
    try PageFiles.read(try bytes(name), file: name, library: try CatalogueLibrary.builtIn())
  }

  @Test func streamlinedListIsReadExactly() throws {
    let reading = try reading("mde-lists/streamlined-commercial_2025-10-16_en-us.md")
    PageReadingTests.check(reading)
    let expected = try JSONTree(
      try bytes("mde-lists/streamlined-commercial_2025-10-16_en-us.expected.json")
    ).root
    let rows = try #require(expected["rows"]).elements
    #expect(expected["row_count"]?.int == reading.rows.count)
    for (row, own) in zip(rows, reading.rows) {
      #expect(row["text"]?.string == own.text)
      #expect(row["host"]?.string == own.host)
      #expect(row["path"]?.string == own.path)
      #expect(row["ports"].map { $0.elements.compactMap(\.int) } == own.portsRequired, "\(own)")
      #expect(row["level"]?.string == own.level.rawValue, "\(own)")
    }
  }

  @Test func windowsListIsReadExactly() throws {
    let reading = try reading("windows-endpoints/windows-11_2023-10-06_en-us.md")
    PageReadingTests.check(reading)
    let expected = try JSONTree(
      try bytes("windows-endpoints/windows-11_2023-10-06_en-us.expected.json")
    ).root
    let rows = try #require(expected["rows"]).elements
    #expect(expected["row_count"]?.int == reading.rows.count)
    for (row, own) in zip(rows, reading.rows) {
      #expect(row["service"]?.string == own.title, "\(own)")
      #expect(row["text"]?.string == own.text)
      #expect(row["host"]?.string == own.host)
      #expect(
        row["ports"].map { $0.elements.compactMap(\.int).sorted() } == own.portsRequired.sorted())
      #expect(own.level == .named)
      #expect((row["ask"] != nil) == reading.questions.contains { $0.token == own.text }, "\(own)")
    }
  }

  @Test func hostListsDifferInOneRow() throws {
    let older = try reading("intune/fqdn_2025-08-01.txt")
    let newer = try reading("intune/fqdn_2025-09-01.txt")
    #expect(older.rows.count == 8)
    #expect(newer.rows.count == 7)
    let gone = Set(older.rows.map(\.host)).subtracting(newer.rows.map(\.host))
    #expect(gone == ["*.do.dsp.mp.microsoft.com"])
    #expect(Set(newer.questions.map(\.kind)).isSuperset(of: [.ports, .service]))
  }

  @Test func microsoft365ListIsReadExactly() throws {
    let work = CatalogueImport(library: try CatalogueLibrary.builtIn(), seen: "2026-11-28")
    let files = try ["endpoints-worldwide.json", "version.json"].map { name in
      ExportFile(name: name, bytes: try bytes("o365-json/\(name)"))
    }
    guard case .edition(let edition, _)? = try work.outcome(of: files).first else {
      Issue.record("no edition")
      return
    }
    #expect(edition.reference == "microsoft-365-worldwide@2026-10-31")
    #expect(edition.endpoints.count { $0.transport == "tcp" && $0.address == nil } == 8)
    let udp = Set(edition.endpoints.filter { $0.transport == "udp" }.map(\.service))
    #expect(udp == ["set-1", "set-11"])
    #expect(
      edition.endpoints.filter { $0.service == "set-47" }.allSatisfy { $0.level == .optional })
  }
}
