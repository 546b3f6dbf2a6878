import CatalogueReaders
import ComplianceEngine
import EndpointCatalogue
import Foundation
import ImportKit
import Importers
import PolicyModel
import TestSupport
import Testing

/// What our own sample exports must be read into, and what is then said about them.
@Suite struct GoldenTests {
  @Test(arguments: try SampleCase.all())
  func policyIsAsExpected(_ sample: SampleCase) throws {
    let inputs = try sample.inputs()
    #expect(!inputs.isEmpty, "a case has files called input…")
    let text: String
    do throws(ImportError) {
      text = try importerRegistry.read(inputs).neutral()
    } catch {
      text = "error \(error.code.rawValue)\n\(error)\n"
    }
    try compare(text, with: sample.folder.appendingPathComponent("expected.policy.json"))
  }

  @Test(arguments: try SampleCase.all())
  func verdictsAreAsExpected(_ sample: SampleCase) throws {
    guard let outcome = try? importerRegistry.read(try sample.inputs()) else { return }
    var lines: [String] = []
    let catalogue = try #require(try BuiltInCatalogues.all().first { $0.version == "2024-05-17" })
    for policy in outcome.export.policies {
      let compiled = CompiledPolicy(policy)
      for proposal in policy.proposals {
        lines.append("# \(policy.scope): \(Self.describe(proposal.client)) (\(proposal.reason))")
        let evaluation = Evaluation(
          path: NetworkPath(
            hops: [Hop(device: "device", policy: compiled, client: proposal.client)]),
          catalogue: catalogue)
        lines += Self.lines(evaluation.run(), catalogue)
      }
    }
    try compare(
      lines.joined(separator: "\n") + "\n",
      with: sample.folder.appendingPathComponent("expected.verdicts.txt"))
  }

  /// Every format has a small sample and one with planted secrets, and every folder of samples an
  /// importer, so that neither can be forgotten.
  @Test func registryAndSamplesAgree() throws {
    let folders = try Repository.folders(in: Repository.samples).filter { $0 != "demo" }
    #expect(folders == SampleCase.formats.sorted())
    for format in SampleCase.formats {
      let cases = try Repository.folders(in: Repository.samples.appendingPathComponent(format))
      #expect(cases.contains("minimal"), "\(format) has no minimal sample")
      #expect(cases.contains("canaries"), "\(format) has no sample with planted secrets")
      for name in cases {
        let note = Repository.samples.appendingPathComponent("\(format)/\(name)/NOTE.md")
        #expect(
          FileManager.default.fileExists(atPath: note.path), "\(format)/\(name) has no NOTE.md")
      }
    }
  }

  private static func describe(_ client: Client) -> String {
    [
      client.traffic.rawValue, client.fromZone.map { "from \($0)" },
      client.toZone.map { "to \($0)" }, client.networks.map { $0.texts.joined(separator: " ") },
    ].compactMap { $0 }.joined(separator: ", ")
  }

  /// Results that differ in nothing but endpoint and witness stand together, so that a person who
  /// reads a changed golden reads a cause once.
  private static func lines(_ outcome: Evaluation.Outcome, _ catalogue: Catalogue) -> [String] {
    var lines: [String] = []
    var order: [[String]] = []
    var groups: [[String]: [String]] = [:]
    for result in outcome.results {
      let endpoint = catalogue.endpoints[result.requirement.endpoint]
      let deciding = result.deciding.map { rule in
        "\(rule.table)/\(rule.rule)" + (rule.position.map { ":\($0.line)" } ?? "")
      }
      let key =
        [
          "\(result.verdict.rawValue) \(result.reason.rawValue) \(result.requirement.port) by "
            + deciding.joined(separator: " + ")
        ]
        + result.conditions.map {
          "    if \($0.condition.kind.rawValue) \($0.condition.detail) then \($0.outcome)"
        }
      var member = endpoint.text
      if let witness = result.deniedWitness, witness.text != "\(member):\(result.requirement.port)"
      {
        member += " (denied \(witness.text))"
      }
      if result.verdict == .partial, let witness = result.allowedWitness {
        member += " (allowed \(witness.text))"
      }
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(member)
    }
    for key in order {
      let members = groups[key] ?? []
      lines.append("\(key[0]) [\(members.count)]")
      lines.append("    \(members.joined(separator: ", "))")
      lines += key.dropFirst()
    }
    for finding in outcome.findings {
      lines.append(
        "finding \(finding.severity.rawValue) \(finding.id.rawValue) \(finding.message) "
          + "[\(finding.endpoints.count)]\(finding.rule.map { " \($0.table)/\($0.rule)" } ?? "")")
    }
    return lines
  }

  private func compare(_ text: String, with url: URL) throws {
    if Repository.updatesGoldens {
      try Data(text.utf8).write(to: url)
      return
    }
    let expected = golden(url)
    #expect(
      expected == text,
      "\(url.lastPathComponent) differs; SALLYPORT_UPDATE_GOLDENS=1 swift test rewrites it")
  }
}
