import ImportKit

/// A stateful rule in neutral terms, with what places it among the others.
///
/// Suricata asks every rule anew for every packet. A rule about packets sees the first one and the
/// answer, long before any name is known; a rule about TLS or HTTP sees the client's first data,
/// and, where its addresses fit, what the server sends.
struct AWSStatefulRule {
  enum Verdict: Int {
    // In the order in which DEFAULT_ACTION_ORDER evaluates them.
    case pass, drop, reject, alert
  }

  /// How far a pass reaches.
  ///
  /// Source: Suricata 7.0.10 over captures, see SuricataJudgeTests: a rule that holds whole flows
  /// (without keywords about packets, or about application data) passes the rest of the flow too;
  /// one that asks for states or flags passes the packets that it matches.
  enum Reach {
    case flow
    /// The engine and the vendor's guide differ about whether the rest of the flow passes.
    case perhapsFlow(Condition)
    case packet
  }

  let verdict: Verdict
  let priority: Int
  let reach: Reach
  /// The rule in each phase in which it can match; more than one in a phase where it has two ways.
  var parts: [(phase: Phase, rule: Rule)]

  /// What Suricata takes where a rule gives no priority.
  static let standardPriority = 3

  /// The same rule, which counts only if a condition holds.
  func requiring(_ condition: Condition) -> AWSStatefulRule {
    changed { $0.match.clauses.append(.requires(condition)) }
  }

  /// The same rule with its drops turned into alerts.
  func onlyAlerting() -> AWSStatefulRule {
    changed { if case .deny = $0.action { $0.action = .continue } }
  }

  private func changed(_ change: (inout Rule) -> Void) -> AWSStatefulRule {
    var result = self
    for index in result.parts.indices { change(&result.parts[index].rule) }
    return result
  }

  /// The rules of a phase that let the rest of the connection pass, and those that keep others from
  /// doing so.
  func carried(_ phase: Phase) -> [Rule] {
    parts.filter { $0.phase == phase }.flatMap { part -> [Rule] in
      var rule = part.rule
      rule.origin = .implied
      switch rule.action {
      case .allow:
        switch reach {
        case .flow: return [rule]
        case .packet:
          rule.action = .return
          return [rule]
        case .perhapsFlow(let doubt):
          var last = rule
          rule.match.clauses.append(.requires(doubt))
          last.action = .return
          return [rule, last]
        }
      case .deny:
        rule.action = .return
        return [rule]
      default: return []
      }
    }
  }
}

/// The stateful rules of a policy as a table for each phase.
struct AWSStatefulTables {
  let rules: [AWSStatefulRule]
  /// What happens to packets that no rule decides, by phase; nil lets them pass.
  let last: [Phase: DefaultAction]

  static let phases: [Phase] = [.firstPacket, .answer, .dataToServer, .dataFromServer]

  static func name(_ phase: Phase) -> String {
    switch phase {
    case .firstPacket: "stateful, first packet"
    case .answer: "stateful, answer"
    case .dataToServer: "stateful"
    case .dataFromServer: "stateful, data from the server"
    }
  }

  /// Whether something can be stopped in a phase.
  func stops(in phase: Phase) -> Bool {
    if last[phase]?.outcome == .deny { return true }
    return rules.contains { rule in
      rule.parts.contains {
        guard $0.phase == phase, case .deny = $0.rule.action else { return false }
        return true
      }
    }
  }

  /// The table of a phase, and those that carry the passes of earlier ones into it.
  func tables(for phase: Phase) -> [Table] {
    var carries: [Table] = []
    for earlier in Self.phases
    where Self.phases.firstIndex(of: earlier) ?? 0
      < Self.phases.firstIndex(of: phase) ?? 0
    {
      let carried = rules.flatMap { $0.carried(earlier) }
      guard carried.contains(where: { if case .allow = $0.action { true } else { false } }) else {
        continue
      }
      carries.append(
        Table(
          name: "passed by \(earlier.words)", rules: carried,
          defaultAction: DefaultAction(.none, name: "the connection goes on")))
    }
    let calls = carries.map { table in
      Rule(
        name: table.name, match: Match(), action: .jump(table.name), origin: .implied,
        position: table.rules[0].position)
    }
    let own = rules.flatMap { rule in rule.parts.filter { $0.phase == phase }.map(\.rule) }
    let end = last[phase] ?? DefaultAction(.allow, name: "no stateful rule matches")
    return [Table(name: Self.name(phase), rules: calls + own, defaultAction: end)] + carries
  }
}
