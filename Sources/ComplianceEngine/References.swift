import EndpointCatalogue
import NetworkSets
import PolicyModel

extension HopOutcome {
  var device: String { evaluator.context.hop.device }

  private var policy: Policy { evaluator.context.compiled.policy }

  func reference(_ key: RuleKey) -> RuleReference {
    let table = policy.tables[key.table]
    let rule = table.rules[key.rule]
    return RuleReference(
      device: device, table: table.name, rule: Self.displayName(rule), ordinal: key.rule + 1,
      action: rule.action.word, position: rule.position, file: file(rule.position))
  }

  func reference(_ source: Decision.Source) -> RuleReference {
    switch source {
    case .rule(let key): return reference(key)
    case .gate(_, let inner): return reference(inner)
    case .missingTable(let name):
      return RuleReference(
        device: device, table: name, rule: "", ordinal: nil, action: "undecided", position: nil,
        file: policy.files.first ?? "")
    case .tableDefault(let number):
      let table = policy.tables[number]
      let outcome = table.defaultAction.outcome
      return RuleReference(
        device: device, table: table.name, rule: table.defaultAction.name, ordinal: nil,
        action: outcome == .none ? "undecided" : outcome.rawValue,
        position: table.defaultAction.position,
        file: table.defaultAction.position.map(file) ?? policy.files.first ?? "")
    }
  }

  /// Rules without a name are called by what the export tells them apart with.
  private static func displayName(_ rule: Rule) -> String {
    if !rule.name.isEmpty { return rule.name }
    if let id = rule.vendorID { return "#\(id)" }
    return rule.comment.isEmpty ? "(unnamed)" : rule.comment
  }

  func file(_ position: SourcePosition) -> String {
    policy.files.indices.contains(position.file)
      ? policy.files[position.file] : policy.files.first ?? ""
  }

  /// What a rule in doubt hangs on, where that is the same for every flow to the port; nil where it
  /// depends on the atom.
  func settledConditions(of doubtful: HopContext.DoubtfulRule) -> [ConditionReference]? {
    let context = evaluator.context
    if let known = context.settledConditions[doubtful] { return known }
    let key = doubtful.rule
    let rule = context.compiled.tables[key.table].rules[key.rule]
    var result: [ConditionReference]?
    if rule.tests.allSatisfy({ context.hasSettledReasons($0) }) {
      var seen: Set<ConditionReference> = []
      result = conditions(of: doubtful, atom: 0).filter { seen.insert($0).inserted }
    }
    context.settledConditions[doubtful] = .some(result)
    return result
  }

  /// What a rule in doubt hangs on, for one atom.
  func conditions(of doubtful: HopContext.DoubtfulRule, atom: Int) -> [ConditionReference] {
    let rule = evaluator.context.compiled.tables[doubtful.rule.table].rules[doubtful.rule.rule]
    let reference = reference(doubtful.rule)
    return rule.tests.flatMap { test in
      evaluator.doubts(of: test, atom: atom, rule: doubtful.rule).map {
        condition($0, of: reference, doubtful.outcomeWord)
      }
    }
  }

  func condition(
    _ doubt: OpenDoubt, of rule: RuleReference, _ outcome: String
  ) -> ConditionReference {
    let position = doubt.position ?? rule.position
    return ConditionReference(
      condition: doubt.wording(), outcome: outcome, rule: rule, position: position,
      file: position.map(file) ?? rule.file)
  }

  /// Whether the deciding rule names the destination, as opposed to letting everything through.
  func namesDestination(_ source: Decision.Source) -> Bool {
    switch source {
    case .tableDefault, .missingTable: return false
    case .gate(_, let inner): return namesDestination(inner)
    case .rule(let key):
      let rule = evaluator.context.compiled.tables[key.table].rules[key.rule]
      return rule.tests.contains {
        if case .destination(let list, _) = evaluator.context.compiled.tests[Int($0)] {
          return !list.coversInternet(evaluator.space.family)
        }
        return false
      }
    }
  }
}

extension FlowOutcome {
  /// The flow of an atom as a reader can try it; client and zones only where they were divided.
  func witness(_ atom: Int, path: String?) -> Witness {
    let target = space.target(of: atom)
    let zones = space.zones(of: atom)
    let zonesDiffer = space.zones.count > 1
    return Witness(
      host: target.host.text, path: path == nil && target.path == "/" ? nil : target.path,
      port: space.port, client: space.clients.count > 1 ? space.client(of: atom).text : nil,
      fromZone: zonesDiffer ? zones.first?.from : nil, toZone: zonesDiffer ? zones.first?.to : nil)
  }
}
