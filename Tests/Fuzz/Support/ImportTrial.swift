import ComplianceEngine
import EndpointCatalogue
import ImportKit
import Importers
import JSONTree
import PolicyCoding
import PolicyModel

/// What must hold for any bytes whatever: an export is read into a policy that keeps its own rules,
/// or refused with a reason.
package enum ImportTrial {
  /// A rule that a policy breaks, with what breaks it.
  package struct BrokenLaw: Error, CustomStringConvertible {
    package let description: String
  }

  /// The longest input that is tried; longer ones cost time and show nothing new.
  package static let limit = 1 << 18

  package static func run(_ bytes: [UInt8]) throws {
    guard bytes.count <= limit else { return }
    let outcome: ImporterRegistry.Outcome
    do throws(ImportError) {
      outcome = try importerRegistry.read([ExportFile(name: "input", bytes: bytes)])
    } catch {
      guard !error.reason.isEmpty else { throw BrokenLaw(description: "an error without a reason") }
      return
    }
    for policy in outcome.export.policies {
      try checkTables(policy)
      try checkNeutralForm(policy)
      judge(policy)
    }
  }

  private static func checkTables(_ policy: Policy) throws {
    let names = policy.tables.map(\.name)
    let known = Set(names)
    guard known.count == names.count else {
      throw BrokenLaw(description: "two tables have one name: \(names)")
    }
    for pipeline in policy.pipelines {
      guard !pipeline.stages.isEmpty else { throw BrokenLaw(description: "an empty pipeline") }
      for name in pipeline.stages.map(\.table) + (pipeline.inspection.map { [$0] } ?? [])
      where !known.contains(name) {
        throw BrokenLaw(description: "a stage names the table `\(name)`, which is not there")
      }
    }
    for rule in policy.tables.flatMap(\.rules) {
      let targets: [String]
      switch rule.action {
      case .allow(let gates): targets = gates
      case .jump(let name), .goto(let name): targets = [name]
      default: targets = []
      }
      for name in targets where !known.contains(name) {
        throw BrokenLaw(
          description: "rule `\(rule.name)` names the table `\(name)`, which is not there")
      }
      guard rule.origin == .implied || rule.position.line > 0 else {
        throw BrokenLaw(description: "rule `\(rule.name)` has no position")
      }
    }
    guard !policy.proposals.isEmpty else { throw BrokenLaw(description: "no client to judge") }
  }

  /// The neutral form holds everything: reading it back gives the same policy.
  private static func checkNeutralForm(_ policy: Policy) throws {
    let bytes = PolicyWriter(policy).write()
    var reader = PolicyReader()
    let again: Policy
    do {
      again = try reader.policy(try JSONTree(bytes).root)
    } catch {
      throw BrokenLaw(description: "the neutral form cannot be read back: \(error)")
    }
    guard again == policy else {
      throw BrokenLaw(description: "the neutral form gives another policy")
    }
  }

  /// Judging must end, whatever it says.
  private static func judge(_ policy: Policy) {
    let compiled = CompiledPolicy(policy)
    guard let catalogue else { return }
    for proposal in policy.proposals.prefix(2) {
      let hop = Hop(device: "device", policy: compiled, client: proposal.client)
      _ = Evaluation(path: NetworkPath(hops: [hop]), catalogue: catalogue).run()
    }
  }

  private static let catalogue: Catalogue? = {
    let endpoints = [
      Endpoint(
        service: "a", text: "*.wdcp.microsoft.com", host: "*.wdcp.microsoft.com",
        portsRequired: [443]),
      Endpoint(
        service: "a", text: "www.microsoft.com/pkiops/crl/", host: "www.microsoft.com",
        path: "/pkiops/crl/", pathMatch: .prefix, scheme: "http", portsRequired: [80]),
    ].compactMap { $0 }
    return Catalogue(
      id: "trial", version: "1", title: "trial", published: "2024-01-01", effective: "2024-01-01",
      source: CatalogueSource(title: "", url: "", locale: "", sha256: ""), statements: [:],
      services: [CatalogueService(id: "a", names: [:])], endpoints: endpoints)
  }()
}
