import ComplianceEngine
import EndpointCatalogue
import Inventory
import PolicyModel

extension VerdictRecord {
  init(_ result: RequirementResult, _ catalogue: Catalogue) {
    let endpoint = catalogue.endpoints[result.requirement.endpoint]
    let decider = result.deciding.first ?? result.conditions.first?.rule
    self.init(
      service: endpoint.service, endpoint: endpoint.text, port: Int(result.requirement.port),
      level: result.requirement.level.rawValue, verdict: result.verdict.rawValue,
      reason: result.reason.rawValue, device: decider?.device, table: decider?.table,
      rule: decider?.rule, file: decider?.file, line: decider?.position?.line,
      pointer: decider?.position?.pointer,
      witness: (result.deniedWitness ?? result.allowedWitness)?.text,
      conditions: result.conditions.map { "\($0.condition.kind.rawValue): \($0.condition.detail)" },
      change: result.change?.text)
  }
}

extension FindingRecord {
  init(_ finding: Finding, _ catalogue: Catalogue) {
    self.init(
      finding: finding.id.rawValue, severity: finding.severity.rawValue, message: finding.message,
      device: finding.rule?.device, table: finding.rule?.table, rule: finding.rule?.rule,
      file: finding.file,
      line: (finding.rule?.position ?? finding.position)?.line,
      endpoints: finding.endpoints.map { catalogue.endpoints[$0].text })
  }
}

/// Ranks verdicts, so that worse is larger.
package enum VerdictRank {
  package static func of(_ verdict: String) -> Int {
    order.firstIndex(of: verdict) ?? 0
  }

  /// From good to bad.
  package static let order = ["allowed", "conditional", "unknown", "partial", "blocked"]
}
