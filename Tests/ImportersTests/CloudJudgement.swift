import CatalogueReaders
import ComplianceEngine
import EndpointCatalogue
import ImportKit
import Importers
import NetworkSets
import PolicyModel
import Testing

/// What is said about small exports that tests write themselves.
enum CloudJudgement {
  /// The verdicts of a policy over the catalogue of 17 May 2024.
  struct Verdicts {
    /// Host and port, such as `go.microsoft.com:443`.
    var byTarget: [String: Verdict] = [:]
    var kinds: Set<Condition.Kind> = []
    var notes: [String] = []

    func count(_ verdict: Verdict) -> Int { byTarget.values.filter { $0 == verdict }.count }

    /// `allowed 12, blocked 34`, in this order, what is zero left out.
    var summary: String {
      let order: [Verdict] = [.allowed, .blocked, .partial, .conditional, .unknown]
      return order.compactMap { verdict in
        count(verdict) > 0 ? "\(verdict.rawValue) \(count(verdict))" : nil
      }.joined(separator: ", ")
    }
  }

  static func read(_ texts: [String], names: [String] = []) throws -> [Policy] {
    let files = texts.enumerated().map { number, text in
      ExportFile(
        name: names.indices.contains(number) ? names[number] : "input-\(number).json",
        bytes: Array(text.utf8))
    }
    return try importerRegistry.read(files).export.policies
  }

  static func judge(_ policy: Policy, client: String? = nil) throws -> Verdicts {
    let catalogue = try #require(try BuiltInCatalogues.all().first { $0.version == "2024-05-17" })
    let networks = client.flatMap { AddressSet(parsing: $0) }
    let outcome = Evaluation(
      path: NetworkPath(
        hops: [
          Hop(
            device: "device", policy: CompiledPolicy(policy), client: Client(networks: networks))
        ]),
      catalogue: catalogue
    ).run()
    var verdicts = Verdicts()
    for result in outcome.results {
      let endpoint = catalogue.endpoints[result.requirement.endpoint]
      verdicts.byTarget["\(endpoint.text):\(result.requirement.port)"] = result.verdict
      verdicts.kinds.formUnion(result.conditions.map(\.condition.kind))
    }
    verdicts.notes = policy.notes.map(\.text)
    return verdicts
  }

  /// The verdicts of the one policy, or of the one with a scope.
  static func judge(
    _ texts: [String], names: [String] = [], scope: String? = nil, client: String? = nil
  ) throws -> Verdicts {
    let policies = try read(texts, names: names)
    let policy = try #require(
      scope.map { name in policies.first { $0.scope == name } } ?? policies.first)
    return try judge(policy, client: client)
  }
}
