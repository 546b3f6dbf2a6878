import CatalogueReaders
import ComplianceEngine
import EndpointCatalogue
import Foundation
import ImportKit
import Importers
import PolicyModel
import TestSupport
import Testing

/// The three destinations for which EXPECTED-json.md says what an auditor concludes.
enum WorkedDestination: String, CaseIterable {
  /// TCP 443.
  case definitionUpdates = "definitionupdates.microsoft.com"
  /// TCP 443.
  case cloudProtection = "*.wdcp.microsoft.com"
  /// TCP 80, with the path `/pkiops/crl/`.
  case revocationList = "www.microsoft.com"

  func matches(_ endpoint: Endpoint, port: UInt16) -> Bool {
    guard endpoint.host == rawValue else { return false }
    switch self {
    case .definitionUpdates, .cloudProtection: return port == 443
    case .revocationList: return port == 80 && endpoint.path?.hasPrefix("/pkiops/crl") == true
    }
  }
}

/// Imports of field samples, and what is said about them.
enum WorkedExpectation {
  /// Sample files of a folder, in the order given.
  static func files(_ folder: String, _ names: String...) throws -> [ExportFile] {
    let root = try #require(Repository.fieldSamples).appendingPathComponent(folder)
    return try names.map { name in
      ExportFile(name: name, bytes: try Repository.bytes(root.appendingPathComponent(name)))
    }
  }

  static func policies(_ folder: String, _ names: String...) throws -> [Policy] {
    let root = try #require(Repository.fieldSamples).appendingPathComponent(folder)
    let files = try names.map { name in
      ExportFile(name: name, bytes: try Repository.bytes(root.appendingPathComponent(name)))
    }
    return try importerRegistry.read(files).export.policies
  }

  /// Why files cannot be imported; nil where they can.
  static func failure(_ folder: String, _ names: String...) throws -> ImportError? {
    let root = try #require(Repository.fieldSamples).appendingPathComponent(folder)
    let files = try names.map { name in
      ExportFile(name: name, bytes: try Repository.bytes(root.appendingPathComponent(name)))
    }
    do throws(ImportError) {
      _ = try importerRegistry.read(files)
      return nil
    } catch {
      return error
    }
  }

  struct Answer {
    let verdict: Verdict
    /// Names of the deciding rules.
    let deciding: [String]
    let conditions: [Condition]
  }

  /// What is said about the three destinations for a client, the first proposed one if none is
  /// given.
  static func answers(
    _ policy: Policy, client: Client? = nil
  ) throws -> [WorkedDestination: Answer] {
    let catalogue = try #require(try BuiltInCatalogues.all().first { $0.version == "2024-05-17" })
    let chosen = try #require(client ?? policy.proposals.first?.client)
    let evaluation = Evaluation(
      path: NetworkPath(hops: [
        Hop(device: "device", policy: CompiledPolicy(policy), client: chosen)
      ]),
      catalogue: catalogue)
    var answers: [WorkedDestination: Answer] = [:]
    for result in evaluation.run().results {
      let endpoint = catalogue.endpoints[result.requirement.endpoint]
      for destination in WorkedDestination.allCases
      where destination.matches(endpoint, port: result.requirement.port) {
        answers[destination] = Answer(
          verdict: result.verdict, deciding: result.deciding.map(\.rule),
          conditions: result.conditions.map(\.condition))
      }
    }
    return answers
  }
}
