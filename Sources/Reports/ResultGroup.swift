import ComplianceEngine
import EndpointCatalogue

/// Results that have one cause, to be explained once.
package struct ResultGroup: Sendable {
  package let verdict: Verdict
  package let reason: Reason
  package let results: [RequirementResult]

  private struct Key: Hashable {
    let verdict: Verdict
    let reason: Reason
    let deciding: [RuleReference]
    let nearMiss: RuleReference?
    let conditions: [ConditionReference]
  }

  /// The results that are not simply allowed, grouped by cause, worst first.
  package static func problems(of site: SiteReport) -> [ResultGroup] {
    var order: [Key] = []
    var groups: [Key: [RequirementResult]] = [:]
    for result in site.results where result.verdict != .allowed {
      let key = Key(
        verdict: result.verdict, reason: result.reason, deciding: result.deciding,
        nearMiss: result.nearMiss, conditions: result.conditions)
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(result)
    }
    let rank: [Verdict] = [.blocked, .partial, .unknown, .conditional, .allowed]
    return order.enumerated().sorted { left, right in
      let first = rank.firstIndex(of: left.element.verdict) ?? 0
      let second = rank.firstIndex(of: right.element.verdict) ?? 0
      return (first, left.offset) < (second, right.offset)
    }.map { _, key in
      ResultGroup(verdict: key.verdict, reason: key.reason, results: groups[key] ?? [])
    }
  }

  /// Endpoints and ports in few words: the first ones, and how many more.
  package func endpoints(in catalogue: Catalogue, atMost limit: Int = 3) -> String {
    let names = results.map { result in
      let endpoint = catalogue.endpoints[result.requirement.endpoint]
      let level = result.requirement.level == .advised ? " (advised)" : ""
      return "\(endpoint.text) \(result.requirement.port)\(level)"
    }
    guard names.count > limit + 1 else { return names.joined(separator: ", ") }
    return names.prefix(limit).joined(separator: ", ") + " and \(names.count - limit) more"
  }

  /// The change that would help all of them.
  package var change: String? {
    guard let change = results.first?.change else { return nil }
    return results.count == 1 ? change.text : change.text(for: "these \(results.count) endpoints")
  }
}
