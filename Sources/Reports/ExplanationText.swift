import ComplianceEngine
import JSONTree
import NetworkSets
import PolicyModel

/// One connection's walk, with what it was asked for.
package struct ExplainedWalk: Sendable {
  package let device: String
  package let scope: String
  package let client: ClientReport
  package let target: String
  /// Nil where the export holds no policy for the traffic.
  package let explanation: Explanation?

  package init(
    device: String, scope: String, client: ClientReport, target: String, explanation: Explanation?
  ) {
    self.device = device
    self.scope = scope
    self.client = client
    self.target = target
    self.explanation = explanation
  }
}

/// Walks as a person would tell them, and as JSON.
package enum ExplanationText {
  package static func write(_ walks: [ExplainedWalk], width: Int, all: Bool) -> String {
    var lines: [String] = []
    for walk in walks {
      lines += PlainText.wrap(
        PlainText.safe("\(walk.target) on \(walk.device), \(walk.scope): \(walk.client.text)"),
        width: width)
      guard let explanation = walk.explanation else {
        lines += ["  the export holds no policy for this traffic", ""]
        continue
      }
      for hop in explanation.hops {
        if !hop.inspection.isEmpty {
          lines.append("  decryption:")
          lines += steps(hop.inspection, width: width, all: all)
          lines.append("  rules:")
        }
        lines += steps(hop.steps, width: width, all: all)
      }
      lines += ["  result: \(explanation.verdict.rawValue)", ""]
    }
    return lines.joined(separator: "\n")
  }

  private static func steps(_ steps: [Explanation.Step], width: Int, all: Bool) -> [String] {
    var lines: [String] = []
    var passed: [Explanation.Step] = []
    // A walk of first packets alone, as on most devices, needs no word about that.
    let tellsPhases = steps.contains { $0.phase != .firstPacket }
    var phase: Phase?
    func flush() {
      guard !passed.isEmpty else { return }
      let first = passed[0].rule
      let names =
        passed.count == 1
        ? "rule \(first.ordinal ?? 0) `\(first.rule)` does not match (\(passed[0].why))"
        : "rules \(first.ordinal ?? 0) to \(passed[passed.count - 1].rule.ordinal ?? 0) of "
          + "\(first.table) do not match"
      lines += bullet("  - ", names, depth: passed[0].depth, width: width)
      passed = []
    }
    for step in steps {
      if tellsPhases, step.phase != phase {
        flush()
        phase = step.phase
        lines.append("  \(step.phase.words):")
      }
      if step.matches == .no, !all {
        if let last = passed.last, last.rule.table != step.rule.table || last.depth != step.depth {
          flush()
        }
        passed.append(step)
        continue
      }
      flush()
      let number = step.rule.ordinal.map { "rule \($0) " } ?? "default "
      let place = PlainText.place(step.rule.position)
      let name = "\(number)`\(step.rule.rule)`" + (place.isEmpty ? "" : " (\(place))")
      let text: String
      switch step.matches {
      case .no: text = "\(name) does not match: \(step.why)"
      case .perhaps: text = "\(name) perhaps matches (\(step.rule.action)), because: \(step.why)"
      case .yes:
        text = "\(name) matches: \(step.rule.action)" + (step.decides ? " — this decides" : "")
      }
      lines += bullet(step.decides ? "  * " : "  - ", text, depth: step.depth, width: width)
    }
    flush()
    return lines
  }

  private static func bullet(
    _ mark: String, _ text: String, depth: Int, width: Int
  ) -> [String] {
    let indent = String(repeating: "  ", count: depth)
    return PlainText.wrap(PlainText.safe(text), width: width - 4 - indent.count).enumerated().map {
      indent + ($0 == 0 ? mark : "    ") + $1
    }
  }

  package static func json(_ walks: [ExplainedWalk]) -> [UInt8] {
    var writer = JSONWriter(pretty: true)
    writer.object { writer in
      writer.member("schema", "sallyport.explanation/1")
      writer.member("walks", each: walks) { writer, walk in
        writer.object { writer in
          writer.member("device", walk.device)
          writer.member("scope", walk.scope)
          writer.member("zones", walk.client.zones)
          writer.member("networks", walk.client.networks)
          writer.member("target", walk.target)
          writer.member("verdict", walk.explanation?.verdict.rawValue)
          writer.member("hops", each: walk.explanation?.hops ?? []) { writer, hop in
            writer.object { writer in
              writer.member("device", hop.device)
              writer.member("outcome", hop.outcome)
              writer.member("steps", each: hop.steps, step)
              writer.member("inspection", each: hop.inspection, step)
            }
          }
        }
      }
    }
    return writer.bytes + [0x0A]
  }

  private static func step(_ writer: inout JSONWriter, _ step: Explanation.Step) {
    writer.object { writer in
      writer.member("phase", step.phase.rawValue)
      writer.member("table", step.rule.table)
      writer.member("rule", step.rule.rule)
      writer.member("ordinal", step.rule.ordinal)
      writer.member("action", step.rule.action)
      writer.member("line", step.rule.position.flatMap { $0.line > 0 ? $0.line : nil })
      writer.member("pointer", step.rule.position?.pointer)
      let matches =
        switch step.matches {
        case .no: "no"
        case .perhaps: "perhaps"
        case .yes: "yes"
        }
      writer.member("matches", matches)
      writer.member("why", step.why)
      writer.member("decides", step.decides)
    }
  }
}
