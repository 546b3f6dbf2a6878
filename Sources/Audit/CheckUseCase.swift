import ComplianceEngine
import EndpointCatalogue
import ImportKit
import NetworkSets
import PolicyModel
import Reports

/// Judges one device's export, without a database.
package struct CheckUseCase: Sendable {
  package var registry: ImporterRegistry
  package var catalogue: Catalogue
  package var selection: ClientSelection
  /// Scope to judge; nil for all.
  package var scope: String?
  package var knowledge: OutsideKnowledge
  package var program: String

  package init(
    registry: ImporterRegistry, catalogue: Catalogue,
    selection: ClientSelection = ClientSelection(), scope: String? = nil,
    knowledge: OutsideKnowledge = OutsideKnowledge(), program: String
  ) {
    self.registry = registry
    self.catalogue = catalogue
    self.selection = selection
    self.scope = scope
    self.knowledge = knowledge
    self.program = program
  }

  /// - Parameter now: ISO-8601 UTC, for the report.
  package func run(_ files: [ExportFile], now: String) throws -> AuditReport {
    let outcome = try registry.read(files)
    let policies = try Self.policies(
      outcome.export, scope: scope, at: now, file: files.first?.name ?? "-")
    let digest = ExportDigest.of(files)
    let device = outcome.export.deviceName ?? DeviceName.fromFile(files.first?.name ?? "-")
    var sites: [SiteReport] = []
    for policy in policies {
      let judged = PolicyJudgement(
        device: device, policy: policy, catalogue: catalogue, knowledge: knowledge)
      sites += try judged.sites(
        site: nil, product: outcome.format.product, selection: selection,
        snapshot: SnapshotReport(
          sha256: digest, takenAt: outcome.export.takenAt, rules: policy.ruleCount))
    }
    return AuditReport(
      catalogue: catalogue, generatedAt: now, program: program, sites: sites)
  }

  /// The policies of an export that belong to a scope, as they stand at a moment.
  static func policies(
    _ export: ImportedExport, scope: String?, at now: String, file: String
  ) throws(ImportError) -> [Policy] {
    let policies = export.policies.map { $0.settlingPeriods(at: now) }
    guard let scope else { return policies }
    let chosen = policies.filter { $0.scope == scope }
    guard chosen.isEmpty else { return chosen }
    let known = export.policies.map(\.scope).joined(separator: ", ")
    throw ImportError(
      .incomplete, file: file, reason: "the export has no scope `\(scope)`",
      advice: "its scopes are: \(known)")
  }
}

/// Judges all clients of one policy.
package struct PolicyJudgement: Sendable {
  package let device: String
  package let policy: Policy
  package let catalogue: Catalogue
  package let knowledge: OutsideKnowledge

  package init(
    device: String, policy: Policy, catalogue: Catalogue, knowledge: OutsideKnowledge
  ) {
    self.device = device
    self.policy = policy
    self.catalogue = catalogue
    self.knowledge = knowledge
  }

  /// One entry for each client whose results differ; clients that fare alike share one.
  package func sites(
    site: String?, product: String, selection: ClientSelection, snapshot: SnapshotReport
  ) throws(ClientSelection.Failure) -> [SiteReport] {
    let compiled = CompiledPolicy(policy)
    var result: [SiteReport] = []
    for choice in try selection.choices(for: policy) {
      let path = NetworkPath(
        hops: [Hop(device: device, policy: compiled, client: choice.client)],
        family: selection.family)
      let outcome = Evaluation(path: path, catalogue: catalogue, knowledge: knowledge).run()
      let zones = [choice.client.fromZone, choice.client.toZone].compactMap { $0 }
      let version = policy.productVersion.isEmpty ? "" : " \(policy.productVersion)"
      result.append(
        SiteReport(
          site: site, catalogue: catalogue, device: device, scope: policy.scope,
          format: policy.format,
          product: product + version,
          client: ClientReport(
            traffic: choice.client.traffic, zones: zones,
            networks: choice.client.networks?.texts ?? [], family: selection.family.rawValue,
            note: choice.note), snapshot: snapshot, files: policy.files,
          results: outcome.results, findings: outcome.findings,
          diagnostics: Diagnostic.assumptions(knowledge) + Diagnostic.of(policy)))
    }
    return result
  }
}

/// Names for devices whose export has none.
package enum DeviceName {
  /// The file name without folders and ending.
  package static func fromFile(_ path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }
}
