import PolicyModel

/// Tells what hangs on the zones by which a flow goes, where these are open.
///
/// A client's flow to a target leaves the device by one zone. Where the export and the user leave
/// open by which, and the rules treat the ways differently, the outcome is conditional: it is not
/// that some flows pass and others do not.
struct OpenWays {
  private let outcome: FlowOutcome

  init(_ outcome: FlowOutcome) { self.outcome = outcome }

  private struct Fate: Hashable {
    let outcome: String
    let rule: RuleReference
  }

  /// For each thing that decides on some way and not on others, by which ways it does.
  func conditions(of connections: [FlowOutcome.Connection]) -> [ConditionReference] {
    var ways: [Fate: [String]] = [:]
    var order: [Fate] = []
    for connection in connections {
      guard Set(connection.atoms.map { outcome.outcomes($0) }).count > 1 else { continue }
      for atom in connection.atoms {
        guard let fate = fate(of: atom) else { continue }
        let way = way(of: atom)
        if ways[fate] == nil { order.append(fate) }
        if ways[fate]?.contains(way) != true { ways[fate, default: []].append(way) }
      }
    }
    return order.map { fate in
      let all = ways[fate] ?? []
      let text = all.prefix(4).joined(separator: " or ") + (all.count > 4 ? " or …" : "")
      return ConditionReference(
        condition: Condition(.interfaceBinding, "only where the flow \(text), which is open"),
        outcome: fate.outcome, rule: fate.rule, position: fate.rule.position, file: fate.rule.file)
    }
  }

  /// What decides a definite atom.
  private func fate(of atom: Int) -> Fate? {
    let outcomes = outcome.outcomes(atom)
    guard outcomes.isDefinite else { return nil }
    for hop in outcome.hops where hop.outcomes(atom) == outcomes {
      let decisions = hop.deciders(atom, towards: outcomes)
      let rule = decisions.first {
        if case .tableDefault = $0.source { false } else { true }
      }
      guard let decision = rule ?? decisions.first else { continue }
      return Fate(
        outcome: outcomes == .allow ? "allow" : "deny", rule: hop.reference(decision.source))
    }
    return nil
  }

  /// The zones of an atom that are open, in words.
  private func way(of atom: Int) -> String {
    let pairs = outcome.space.zones(of: atom)
    var parts: [String] = []
    for (index, hop) in outcome.hops.enumerated() {
      let client = hop.evaluator.context.hop.client
      let device = outcome.hops.count > 1 ? " \(hop.device)" : ""
      if index > 0, client.fromZone == nil, client.traffic != .host, let from = pairs[index].from {
        parts.append("enters\(device) by \(from)")
      }
      if client.toZone == nil, let to = pairs[index].to { parts.append("leaves\(device) by \(to)") }
    }
    return parts.joined(separator: " and ")
  }
}
