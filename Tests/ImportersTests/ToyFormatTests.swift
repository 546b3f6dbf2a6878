import CatalogueReaders
import ComplianceEngine
import Foundation
import ImportKit
import PolicyModel
import TestSupport
import Testing
import ToyFormat

/// The worked example of CONTRIBUTING.md compiles, runs, and is told as it is.
@Suite struct ToyFormatTests {
  private static let export = """
    {"acme": 1, "name": "edge1", "default": "deny", "rules": [
      {"name": "no blobs", "action": "deny", "to": ["*.blob.core.windows.net"]},
      {"name": "web", "action": "allow", "protocol": "tcp", "ports": "443", "to": ["*"], "owner": "x"}]}
    """

  @Test(arguments: [
    // Nothing planted: a rule each.
    ("", "", Verdict.allowed, Verdict.blocked),
    // An unknown member, action, protocol, port, switch and host, each where it stands.
    ("\"owner\": \"x\"", "\"geo\": \"eu\"", .conditional, .blocked),
    ("\"action\": \"allow\"", "\"action\": \"audit\"", .conditional, .blocked),
    ("\"tcp\"", "\"quick\"", .conditional, .blocked),
    ("\"443\"", "\"https\"", .conditional, .blocked),
    ("\"owner\": \"x\"", "\"enabled\": \"soon\"", .conditional, .blocked),
    ("[\"*\"]", "[\"?go.microsoft.com?\"]", .conditional, .blocked),
    ("\"*.blob.core.windows.net\"", "\"<blob>\"", .conditional, .conditional),
    // Not TCP for certain.
    ("\"tcp\"", "\"gre\"", .blocked, .blocked),
  ])
  func doubtsStayWhereTheyStand(
    _ word: String, _ planted: String, _ plain: Verdict, _ blob: Verdict
  ) throws {
    let text = word.isEmpty ? Self.export : Self.export.replacing(word, with: planted)
    let registry = ImporterRegistry([AcmeImporter()])
    let outcome = try registry.read([ExportFile(name: "edge.json", bytes: Array(text.utf8))])
    let policy = try #require(outcome.export.policies.first)
    let catalogue = try #require(try BuiltInCatalogues.all().first { $0.version == "2024-05-17" })
    let results = Evaluation(
      path: NetworkPath(
        hops: [Hop(device: "edge1", policy: CompiledPolicy(policy), client: Client())]),
      catalogue: catalogue
    ).run().results
    func verdict(_ host: String) throws -> Verdict {
      try #require(
        results.first {
          catalogue.endpoints[$0.requirement.endpoint].text == host && $0.requirement.port == 443
        }
      ).verdict
    }
    #expect(try verdict("go.microsoft.com") == plain)
    #expect(try verdict("ussus1eastprod.blob.core.windows.net") == blob)
  }

  /// The pages show what is compiled here, to the letter.
  @Test func contributingShowsTheSource() throws {
    let page = String(
      decoding: try Repository.bytes(Repository.root.appendingPathComponent("CONTRIBUTING.md")),
      as: UTF8.self)
    let source = String(
      decoding: try Repository.bytes(
        Repository.root.appendingPathComponent("Tests/ToyFormat/AcmeImporter.swift")),
      as: UTF8.self)
    #expect(
      page.contains("```swift\n\(source)```"),
      "CONTRIBUTING.md shows another text than Tests/ToyFormat/AcmeImporter.swift")
  }
}
