import JSONTree
import PolicyModel

/// Whether the names by which parts of a policy refer to each other exist.
struct PolicyReferences {
  private let policy: Policy
  private let names: Set<String>

  init(_ policy: Policy) {
    self.policy = policy
    names = Set(policy.tables.map(\.name))
  }

  func check(_ root: JSONValue) throws(PolicyCodingError) {
    let tables = try root.list("tables")
    guard root["tables"] != nil else { throw root.refuse("`tables` is missing") }
    var seen: Set<String> = []
    for (table, value) in zip(policy.tables, tables) {
      guard seen.insert(table.name).inserted else {
        throw value.refuse("there are two tables with the name `\(table.name)`")
      }
      for (rule, place) in zip(table.rules, try value.list("rules")) {
        switch rule.action {
        case .allow(let gates): for gate in gates { try check(gate, at: place) }
        case .jump(let target), .goto(let target): try check(target, at: place)
        default: break
        }
      }
    }
    var traffic: Set<TrafficKind> = []
    for (pipeline, value) in zip(policy.pipelines, try root.list("pipelines")) {
      guard traffic.insert(pipeline.traffic).inserted else {
        throw value.refuse(
          "there is a pipeline for `\(pipeline.traffic.rawValue)` traffic already; its stages "
            + "belong together in one")
      }
      for stage in pipeline.stages { try check(stage.table, at: value) }
      if let name = pipeline.inspection { try check(name, at: value) }
      guard !pipeline.stages.isEmpty else {
        throw value.refuse("a pipeline has at least one stage")
      }
      guard pipeline.stages.allSatisfy({ !$0.families.isEmpty }) else {
        throw value.refuse("a stage is for `ipv4`, `ipv6` or both, and here one is for neither")
      }
    }
  }

  private func check(_ name: String, at place: JSONValue) throws(PolicyCodingError) {
    guard names.contains(name) else { throw place.refuse("there is no table `\(name)`") }
  }
}

/// What a person need not write.
enum PolicyDefaults {
  static func fill(_ policy: inout Policy) {
    // Every table to which no rule leads is a stage, in order.
    var targets: Set<String> = []
    for table in policy.tables {
      for rule in table.rules {
        switch rule.action {
        case .allow(let gates): targets.formUnion(gates)
        case .jump(let target), .goto(let target): targets.insert(target)
        default: break
        }
      }
    }
    let stages = policy.tables.filter { $0.kind == .filter && !targets.contains($0.name) }
    guard !stages.isEmpty else { return }
    policy.pipelines = [
      Pipeline(
        traffic: .forwarded, mode: .allOf, stages: stages.map { Stage(table: $0.name) },
        inspection: policy.tables.first { $0.kind == .inspection && !targets.contains($0.name) }?
          .name)
    ]
  }
}
