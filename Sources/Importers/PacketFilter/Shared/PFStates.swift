import ImportKit

/// What later packets of a connection meet where the rule that let the first one pass makes no state.
///
/// A rule that keeps a state lets the whole connection pass the interface where it matched. Without
/// one, answers that leave by the clients' interface meet the rules for outgoing packets: the
/// automatic `pass out … keep state` is for first packets only ("flags S/SA is the default setting for
/// stateful connections", pf.conf(5)), and pfSense then has `block out … all` (filter.inc, "Default deny
/// rule"), while OPNsense's default deny is for incoming packets (filter.lib.inc), so that pf's own
/// default lets them pass.
extension PFRuleTranslator {
  func addLaterPackets(
    _ filter: inout Filter, _ ordered: [PFRule], _ entering: [Entry], _ leaving: [Entry]
  ) {
    if let stateless = entering.first(where: Self.mayMakeNoState) {
      let answers = answers(ordered, to: stateless, leavingBy: .in)
      filter.tables += [
        tracked("in, answers", entering, untracked: answers.name), answers,
      ]
      filter.stages.append(Stage(table: "in, answers", isAuxiliary: true, phase: .answer))
      addData(&filter, entering, answers)
    }
    guard let stateless = leaving.first(where: Self.mayMakeNoState), translation != .automatic
    else { return }
    let answers = answers(ordered, to: stateless, leavingBy: .out)
    filter.tables += [tracked("out, answers", leaving, untracked: answers.name), answers]
    filter.stages.append(Stage(table: "out, answers", isAuxiliary: true, phase: .answer))
  }

  private static func mayMakeNoState(_ entry: Entry) -> Bool {
    guard entry.rule.enabled, case .allow = entry.rule.action else { return false }
    if case .state = entry.written.tracking { return false }
    return true
  }

  /// The rules of a direction once more, for later packets: what they let pass with a state passes.
  private func tracked(_ name: String, _ entries: [Entry], untracked: String) -> Table {
    var rules: [Rule] = []
    for entry in entries where entry.rule.enabled {
      var rule = entry.rule
      rule.origin = .implied
      switch rule.action {
      case .continue: continue
      case .allow:
        switch entry.written.tracking {
        case .state: break
        case .none: rule.action = .goto(untracked)
        case .unknown(let doubt):
          var other = rule
          other.match.clauses.append(.requires(doubt))
          other.action = .goto(untracked)
          rules.append(other)
        }
      // The first packet was denied already.
      default: rule.action = .allow
      }
      rules.append(rule)
    }
    return Table(name: name, rules: rules, defaultAction: DefaultAction(.allow, name: "state"))
  }

  /// Rules that answers without a state meet, from the client's view.
  ///
  /// - Parameter direction: `in` for connections that entered without a state, whose answers leave by
  ///   the same interface; `out` for those that left without one, whose answers enter there.
  private func answers(
    _ ordered: [PFRule], to stateless: Entry, leavingBy direction: PFRule.Direction
  ) -> Table {
    let skipped: PFRule.Direction = direction == .in ? .in : .out
    let groups = ordered.filter { $0.direction != skipped && $0.isEnabled }.map { rule in
      turned(rule, isOutside: direction == .out).map { Entry(rule: $0, written: rule) }
    }
    var rules = firstMatch(groups).map(\.rule)
    if direction == .out || dialect == .pfSense { rules.append(denial(of: stateless)) }
    return Table(
      name: direction == .in ? "out, without a state" : "in, without a state", rules: rules,
      defaultAction: DefaultAction(.allow, name: "no rule for outgoing packets"))
  }

  /// The default deny, which later packets meet for want of a state.
  private func denial(of stateless: Entry, _ condition: Condition? = nil) -> Rule {
    Rule(
      name: "default deny rule, since \(PFRule.words(stateless.rule.name)) makes no state",
      match: Match(condition.map { [.requires($0)] } ?? []), action: .deny(.drop),
      origin: .implied, position: stateless.rule.position)
  }

  /// A rule as answers meet it; none where it is for first packets only.
  private func turned(_ rule: PFRule, isOutside: Bool) -> [Rule] {
    var clauses: [Clause] = []
    switch rule.flags {
    case .first: return []
    case .standard:
      let keepsState = if case .state = rule.tracking { true } else { false }
      if rule.type == "pass" || rule.type.isEmpty, keepsState { return [] }
    case .any: break
    case .other(let shown):
      clauses.append(
        .requires(
          draft.doubt(
            .unmodelled, "\(PFRule.words(rule.name)): whether answers have the TCP flags \(shown)",
            at: rule.position)))
    }
    if let family = rule.family { clauses.append(.family(family)) }
    guard case .clauses(let more) = addressing(rule, isTurned: true) else { return [] }
    clauses += more
    if let clause = scheduleClause(rule) { clauses.append(clause) }
    clauses += rule.conditions.map { .requires($0) }
    return interfaceClauses(rule).flatMap { bound in
      var bound = bound
      if isOutside {
        bound = bound.map { if case .from(let zones) = $0 { .to(zones) } else { $0 } }
      }
      return decided(
        Rule(
          name: rule.name, vendorID: rule.id, match: Match(bound + clauses), action: .allow,
          origin: .implied, position: rule.position), rule)
    }
  }

  /// What the client sends afterwards, where the rule that makes no state is for first packets only.
  ///
  /// In pfSense that matters only where an answer passes at all; whether it then made a state is left
  /// open.
  private func addData(_ filter: inout Filter, _ entering: [Entry], _ answers: Table) {
    let isFirstOnly = { (entry: Entry) in
      guard Self.mayMakeNoState(entry) else { return false }
      if case .first = entry.written.flags { return true }
      return false
    }
    guard let firstOnly = entering.first(where: isFirstOnly) else { return }
    let answerPasses = answers.rules.contains { if case .allow = $0.action { true } else { false } }
    if dialect == .pfSense, !answerPasses { return }
    let later = entering.filter { entry in
      switch entry.written.flags {
      case .any: return true
      case .first, .other: return false
      case .standard:
        if case .allow = entry.rule.action { return Self.mayMakeNoState(entry) }
        return true
      }
    }
    let first = tracked("in, data", entering, untracked: "in, data without a state")
    var rules = later.filter(\.rule.enabled).map { entry in
      var rule = entry.rule
      rule.origin = .implied
      return rule
    }
    let doubt =
      dialect == .pfSense
      ? draft.doubt(.unmodelled, "whether an answer that passed without a state made one") : nil
    rules.append(denial(of: firstOnly, doubt))
    filter.tables += [
      first,
      Table(
        name: "in, data without a state", rules: rules,
        defaultAction: DefaultAction(.allow, name: "state")),
    ]
    filter.stages.append(Stage(table: "in, data", isAuxiliary: true, phase: .dataToServer))
  }
}
