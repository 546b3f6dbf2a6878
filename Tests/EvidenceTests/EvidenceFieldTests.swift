import CatalogueReaders
import EndpointCatalogue
import Foundation
import JSONTree
import TestSupport
import Testing

@testable import Evidence

/// Reports of the field samples, where there are some, held against what was concluded by hand.
@Suite(.enabled(if: Repository.fieldSamples != nil)) struct EvidenceFieldTests {
  private static func files() throws -> [URL] {
    guard let base = Repository.fieldSamples?.appendingPathComponent("evidence") else { return [] }
    return try Repository.folders(in: base).flatMap { folder -> [URL] in
      let url = base.appendingPathComponent(folder)
      return try Repository.files(in: url).filter { $0.hasSuffix(".expected.json") }.map {
        url.appendingPathComponent($0)
      }
    }
  }

  @Test(arguments: try files())
  func reportsAreReadAsConcluded(_ expectedFile: URL) throws {
    let expected = try JSONTree(try Repository.bytes(expectedFile)).root
    let name = try #require(expected["file"]?.string)
    let url = expectedFile.deletingLastPathComponent().appendingPathComponent(name)
    let catalogue = try #require(try BuiltInCatalogues.all().last { $0.id == "defender-antivirus" })
    let facts = try EvidenceReader(catalogue).facts(try Repository.bytes(url), file: name)
    let last = try #require(facts.last)
    #expect(facts.allSatisfy { $0.sourceKind.rawValue == expected["source_kind"]?.string })
    if let outcome = expected["outcome"]?.string ?? expected["mode"]?.string,
      !["probes", "partly-connected"].contains(outcome)
    {
      #expect(last.outcome.rawValue == outcome)
    }
    if let hr = expected["error"]?["hr"]?.string {
      #expect(last.error?.text.lowercased() == hr.lowercased())
      #expect(last.error?.code == expected["error"]?["code"]?.int)
      #expect(last.error?.name == expected["error"]?["name"]?.string)
      #expect(last.error?.httpCode == expected["error"]?["httpcode"]?.int)
    }
    if let cause = expected["cause"]?.string, cause != "resolved-since" {
      #expect(last.cause?.rawValue == cause)
      #expect(
        last.remedies.map(\.rawValue) == expected["remedies"]?.elements.compactMap(\.string))
    }
    if let runs = expected["runs"] {
      #expect(facts.map(\.outcome.rawValue) == runs.elements.compactMap { $0["outcome"]?.string })
    }
    for (fact, probe) in zip(facts, expected["probes"]?.elements.map { $0 } ?? []) {
      #expect(fact.subject.host == probe["host"]?.string)
      #expect(fact.subject.port == probe["port"]?.int)
      #expect(fact.subject.endpoint == probe["row"]?.string)
      #expect((fact.outcome == .reachable) == (probe["reachable"]?.bool ?? false))
      for (way, result) in probe["by"]?.members ?? [] {
        #expect(fact.details.contains(EvidenceFact.Detail(way, result.string ?? "")), "\(way)")
      }
    }
    for (name, value) in expected["settings"]?.members ?? [] {
      let wanted =
        value.isArray
        ? value.elements.compactMap(\.string).joined(separator: "|") : value.scalarText ?? ""
      let found = facts.flatMap(\.details).last { $0.name == name }?.value
      #expect(found?.lowercased() == wanted.lowercased(), "\(name)")
    }
    for finding in expected["findings"]?.elements.map({ $0 }) ?? [] {
      guard let id = finding["id"]?.string, EvidenceFinding.ID(rawValue: id) != nil else {
        continue
      }
      #expect(last.findings.contains { $0.id.rawValue == id }, "\(id)")
    }
    for (scheme, server) in expected["servers"]?.members ?? [] {
      #expect(last.details.contains(EvidenceFact.Detail("server-" + scheme, server.string ?? "")))
    }
    for host in expected["bypass"]?.elements.compactMap(\.string) ?? [] {
      #expect(last.details.contains(EvidenceFact.Detail("bypass", host)))
    }
  }
}
