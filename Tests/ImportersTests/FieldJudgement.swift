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

/// Runs real exports against the three destinations of the worked expectations.
enum FieldJudgement {
  /// D1 `definitionupdates.microsoft.com` 443, D2 `*.wdcp.microsoft.com` 443,
  /// D3 `www.microsoft.com/pkiops/crl/` 80.
  enum Destination: String, CaseIterable {
    case d1 = "definitionupdates.microsoft.com"
    case d2 = "*.wdcp.microsoft.com"
    case d3 = "www.microsoft.com"

    var port: UInt16 { self == .d3 ? 80 : 443 }
    var path: String? { self == .d3 ? "/pkiops/crl/" : nil }
  }

  /// Files below a folder or single files of the field samples, by their path in it.
  static func files(_ paths: String...) throws -> [ExportFile] {
    let base = try #require(Repository.fieldSamples)
    var result: [ExportFile] = []
    for path in paths {
      let url = base.appendingPathComponent(path)
      if try Repository.isFile(url) {
        result.append(ExportFile(name: path, bytes: try Repository.bytes(url)))
        continue
      }
      for inner in try FileManager.default.subpathsOfDirectory(atPath: url.path).sorted() {
        let file = url.appendingPathComponent(inner)
        guard try Repository.isFile(file) else { continue }
        result.append(ExportFile(name: inner, bytes: try Repository.bytes(file)))
      }
    }
    return result
  }

  static func read(_ paths: String...) throws -> [Policy] {
    try importerRegistry.read(paths.flatMap { try files($0) }).export.policies
  }

  /// One result for each destination, in order.
  static func judge(_ policy: Policy, _ client: Client) throws -> [RequirementResult] {
    let catalogue = try #require(try BuiltInCatalogues.all().first { $0.version == "2026-07-02" })
    let outcome = Evaluation(
      path: NetworkPath(
        hops: [Hop(device: "device", policy: CompiledPolicy(policy), client: client)]),
      catalogue: catalogue
    ).run()
    return try Destination.allCases.map { destination in
      try #require(
        outcome.results.first { result in
          let endpoint = catalogue.endpoints[result.requirement.endpoint]
          return endpoint.host == destination.rawValue
            && result.requirement.port == destination.port
            && (destination.path == nil || endpoint.path == destination.path)
        })
    }
  }

  static func verdicts(_ policy: Policy, _ client: Client) throws -> [Verdict] {
    try judge(policy, client).map(\.verdict)
  }

  /// Names of the rules that decide, the same for every destination or joined by a bar.
  static func deciding(_ policy: Policy, _ client: Client) throws -> String {
    let all = try judge(policy, client).map { result in
      result.deciding.map { "\($0.table)/\($0.rule)" }.joined(separator: " + ")
    }
    return Set(all).count == 1 ? all[0] : all.joined(separator: " | ")
  }
}
