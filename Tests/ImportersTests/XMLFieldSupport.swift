import CatalogueReaders
import ComplianceEngine
import EndpointCatalogue
import Foundation
import ImportKit
import Importers
import NetworkSets
import PolicyModel
import TestSupport
import Testing

/// Real exports under other people's licences: read where they are, never copied.
enum FieldSample {
  static func read(_ path: String) throws(ImportError) -> ImporterRegistry.Outcome {
    guard let folder = Repository.fieldSamples,
      let bytes = try? Repository.bytes(folder.appendingPathComponent(path))
    else { throw ImportError(.incomplete, file: path, reason: "no such field sample") }
    return try importerRegistry.read([ExportFile(name: path, bytes: bytes)])
  }

  static func policy(_ path: String, scope: String? = nil) throws -> Policy {
    let policies = try read(path).export.policies
    return try #require(
      policies.first { scope == nil || $0.scope == scope }, "no scope \(scope ?? "")")
  }
}

/// The three destinations of the hand-worked expectations.
struct WorkedAnswer {
  let definitions: RequirementResult
  let cloud: RequirementResult
  let revocation: RequirementResult

  var all: [RequirementResult] { [definitions, cloud, revocation] }

  init(
    _ policy: Policy, from: String? = nil, to: String? = nil, networks: String? = nil,
    family: AddressFamily = .ipv4
  ) throws {
    let catalogue = try #require(try BuiltInCatalogues.all().first { $0.version == "2024-05-17" })
    let client = Client(
      fromZone: from, toZone: to, networks: networks.flatMap { AddressSet(parsing: $0) })
    let path = NetworkPath(
      hops: [Hop(device: "device", policy: CompiledPolicy(policy), client: client)], family: family)
    let results = Evaluation(path: path, catalogue: catalogue).run().results
    func result(_ host: String, _ path: String?, _ port: UInt16) throws -> RequirementResult {
      try #require(
        results.first { result in
          let endpoint = catalogue.endpoints[result.requirement.endpoint]
          return endpoint.host == host && result.requirement.port == port
            && (path == nil || endpoint.path == path)
        })
    }
    definitions = try result("definitionupdates.microsoft.com", nil, 443)
    cloud = try result("*.wdcp.microsoft.com", nil, 443)
    revocation = try result("www.microsoft.com", "/pkiops/crl/", 80)
  }
}

extension RequirementResult {
  /// Names of the rules that decide.
  var rules: [String] { deciding.map(\.rule) }

  func hasCondition(_ kind: Condition.Kind, _ text: String = "") -> Bool {
    conditions.contains {
      $0.condition.kind == kind && (text.isEmpty || $0.condition.detail.contains(text))
    }
  }
}
