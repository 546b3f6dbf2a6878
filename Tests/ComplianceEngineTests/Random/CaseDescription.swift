import ComplianceEngine
import PolicyModel

extension RandomCase: CustomStringConvertible {
  /// The case in a form that a person can follow rule by rule.
  var description: String {
    var lines = ["\(endpoint.host)\(endpoint.path ?? "") port \(port) \(family)"]
    if !knowledge.addresses.isEmpty || !knowledge.tags.isEmpty {
      let names = knowledge.addresses.map { "\($0.key)=\($0.value.map(\.text))" }.sorted()
      lines.append("known: \(names) \(knowledge.tags.mapValues(\.texts))")
    }
    if !knowledge.applications.isEmpty || !knowledge.categories.isEmpty {
      lines.append("known: \(knowledge.applications) \(knowledge.categories)")
    }
    for (policy, client) in zip(policies, clients) {
      lines.append(
        "client \(client.traffic) \(client.fromZone ?? "?")>\(client.toZone ?? "?") "
          + "\(client.networks?.texts ?? ["any"])")
      for pipeline in policy.pipelines where pipeline.traffic == client.traffic {
        let stages = pipeline.stages.map {
          "\($0.table)\($0.families.count == 1 ? "/\($0.families[0])" : "") \($0.phase.rawValue)"
        }
        lines.append("  \(pipeline.mode) \(stages) inspection \(pipeline.inspection ?? "-")")
      }
      for (index, object) in policy.endpointObjects.enumerated() {
        lines.append("  object \(index): \(object.list)")
      }
      for (index, object) in policy.serviceObjects.enumerated() {
        lines.append("  service \(index): \(object.list)")
      }
      for table in policy.tables {
        lines.append("  table \(table.name) default \(table.defaultAction.outcome)")
        for rule in table.rules {
          lines.append(
            "    \(rule.name)\(rule.enabled ? "" : " off")\(rule.decrypts ? " decrypts" : "") "
              + "\(rule.action): \(rule.match.clauses)")
        }
      }
    }
    return lines.joined(separator: "\n")
  }
}
