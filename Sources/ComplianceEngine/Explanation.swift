import NetworkSets
import PolicyModel

/// The walk of one flow through the rules of a path, step by step.
package struct Explanation: Sendable {
  /// A rule that was looked at.
  package struct Step: Sendable {
    package let rule: RuleReference
    /// The packets of the connection that meet the rule.
    package let phase: Phase
    /// Tables walked because of jumps, gates and the like, above this one.
    package let depth: Int
    package let matches: Truth
    /// Why it does not match, or what keeps the match in doubt; empty for a plain match.
    package let why: String
    /// Set where the rule, or the default that the step stands for, ends the walk.
    package let decides: Bool
  }

  /// What one device does.
  package struct Hop: Sendable {
    package let device: String
    package let steps: [Step]
    /// `allow`, `deny`, `allow or deny` and so on.
    package let outcome: String
    /// What the inspection rules say; nil where the device does not decrypt.
    package let inspection: [Step]
  }

  package let host: String
  package let port: UInt16
  package let urlPath: String
  package let client: String
  package let hops: [Hop]
  package let verdict: Verdict

  /// Nil where a device of the path has no policy for the traffic, or the host is resolved to no
  /// address of the family.
  package init?(
    path: NetworkPath, host: HostName, port: UInt16, urlPath: String, knowledge: OutsideKnowledge
  ) {
    guard
      let context = PathContext(path: path, port: port, knowledge: knowledge),
      let space = context.space(
        hosts: .exact(host), paths: .exact(urlPath), samplePath: urlPath, hints: [])
    else { return nil }
    let outcome = context.evaluate(space)
    self.host = host.text
    self.port = port
    self.urlPath = urlPath
    client = space.client(of: 0).text
    hops = outcome.hops.map { hop in
      var tracer = FlowTracer(hop: hop, atom: 0)
      let pipeline = hop.evaluator.context.pipeline
      var inspection: [Step] = []
      if let name = pipeline.inspection, port != 80 { inspection = tracer.trace(table: name) }
      var steps: [Step] = []
      let stages = pipeline.stages.filter { $0.families.contains(path.family) }
      for phase in Phase.allCases {
        tracer.phase = phase
        var isDenied = false
        for (stage, outcome) in zip(stages, hop.stages) where stage.phase == phase {
          steps += tracer.trace(table: stage.table)
          let outcomes = outcome.outcomes(0)
          isDenied = outcomes == .deny
          if pipeline.mode == .firstDecisive ? !outcomes.contains(.none) : isDenied { break }
        }
        if isDenied { break }
      }
      return Hop(
        device: hop.device, steps: steps, outcome: Self.word(hop.outcomes(0)),
        inspection: inspection)
    }
    verdict = outcome.verdict
  }

  private static func word(_ outcomes: Outcomes) -> String {
    var words: [String] = []
    if outcomes.contains(.allow) { words.append("allow") }
    if outcomes.contains(.deny) { words.append("deny") }
    if !outcomes.isDisjoint(with: [.none, .broken]) { words.append("undecided") }
    return words.joined(separator: " or ")
  }
}

/// Follows one atom through the tables and writes down what it sees.
private struct FlowTracer {
  let hop: HopOutcome
  let atom: Int
  var phase = Phase.firstPacket
  private var stack: [Int] = []

  init(hop: HopOutcome, atom: Int) {
    self.hop = hop
    self.atom = atom
  }

  private var compiled: CompiledPolicy { hop.evaluator.context.compiled }

  mutating func trace(table name: String) -> [Explanation.Step] {
    guard let number = compiled.tableNumbers[name] else { return [] }
    var steps: [Explanation.Step] = []
    if walk(number, certain: true, steps: &steps) {
      steps.append(
        Explanation.Step(
          rule: hop.reference(.tableDefault(number)), phase: phase, depth: 0, matches: .yes,
          why: "",
          decides: compiled.policy.tables[number].defaultAction.outcome != .none))
    }
    return steps
  }

  /// Returns whether the flow may leave the table undecided.
  private mutating func walk(
    _ table: Int, certain: Bool, steps: inout [Explanation.Step]
  ) -> Bool {
    guard !stack.contains(table), stack.count < 64 else { return true }
    let depth = stack.count
    stack.append(table)
    defer { stack.removeLast() }
    for (index, rule) in compiled.tables[table].rules.enumerated() {
      let key = RuleKey(table: table, rule: index)
      let (matches, why) = judge(rule, key)
      let ends: Bool
      switch rule.action {
      case .continue, .jump, .goto, .return: ends = false
      default: ends = matches == .yes && certain
      }
      steps.append(
        Explanation.Step(
          rule: hop.reference(key), phase: phase, depth: depth, matches: matches, why: why,
          decides: ends))
      guard matches > .no else { continue }
      let stillCertain = certain && matches == .yes
      switch rule.action {
      case .continue: break
      case .allow(let gates):
        for gate in gates { _ = walk(gate, certain: stillCertain, steps: &steps) }
        if matches == .yes { return false }
      case .deny, .inspect, .bypass, .broken: if matches == .yes { return false }
      case .jump(let target):
        if !walk(target, certain: stillCertain, steps: &steps), matches == .yes { return false }
      case .goto(let target):
        let left = walk(target, certain: stillCertain, steps: &steps)
        if matches == .yes { return left }
      case .return: if matches == .yes { return true }
      }
    }
    // The bottom table's default is told by whoever asked for the trace.
    let ending = compiled.policy.tables[table].defaultAction.outcome
    guard stack.count > 1, ending != .none else { return true }
    steps.append(
      Explanation.Step(
        rule: hop.reference(.tableDefault(table)), phase: phase, depth: depth, matches: .yes,
        why: "",
        decides: certain))
    return false
  }

  private func judge(_ rule: CompiledPolicy.CompiledRule, _ key: RuleKey) -> (Truth, String) {
    guard rule.enabled else { return (.no, "disabled") }
    var result = Truth.yes
    var why = ""
    for test in rule.tests {
      let truth = hop.evaluator.truth(of: test, atom: atom)
      if truth == .no { return (.no, describe(compiled.tests[Int(test)])) }
      if truth == .perhaps {
        result = .perhaps
        var texts: [String] = []
        for doubt in hop.evaluator.doubts(of: test, atom: atom, rule: key) {
          let condition = doubt.wording()
          let text = "\(condition.kind.rawValue): \(condition.detail)"
          if !texts.contains(text) { texts.append(text) }
        }
        why = ([why].filter { !$0.isEmpty } + texts).joined(separator: "; ")
      }
    }
    return (result, why)
  }

  /// What a test wants, for a flow that does not meet it.
  private func describe(_ test: CompiledPolicy.Test) -> String {
    switch test {
    case .from(let list): return "enters by \(zones(list))"
    case .to(let list): return "leaves by \(zones(list))"
    case .zonePair(let pairing): return "\(pairing.rawValue) only"
    case .family(let family): return "\(family.rawValue) only"
    case .source(let list): return "source is \(endpoints(list))"
    case .destination(let list, _): return "destination is \(endpoints(list))"
    case .service(let list):
      let ports = list.tcpPorts
      return ports.isEmpty ? "service is not TCP" : "service is TCP \(ports.text)"
    case .application(let names): return "application is \(names.sorted().joined(separator: ", "))"
    case .requires(let condition): return condition.detail
    case .never(let reason): return reason
    }
  }

  private func zones(_ list: ZoneList) -> String {
    (list.negated ? "anything but " : "") + list.names.joined(separator: ", ")
  }

  private func endpoints(_ list: CompiledEndpoints) -> String {
    var parts = list.names.prefix(3).map(\.pattern.text) + list.addresses.texts.prefix(3)
    let count = list.names.count + list.addresses.texts.count
    if count > parts.count { parts.append("…") }
    if parts.isEmpty { parts = list.matchesAll ? ["anything"] : ["nothing that is known"] }
    return (list.negated ? "anything but " : "") + parts.joined(separator: ", ")
  }
}
