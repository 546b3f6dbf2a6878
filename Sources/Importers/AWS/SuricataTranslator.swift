import ImportKit

/// Translates rules in Suricata's language.
///
/// Keywords that decide are read exactly; any other keyword narrows the rule in a way that is not
/// evaluated, and becomes a condition of it.
struct SuricataTranslator {
  let variables: AWSVariables
  let draft: PolicyDraft
  let position: SourcePosition

  func translate(
    _ rule: SuricataRule, enabled: Bool, fallbackName: String
  ) -> AWSStatefulRule {
    let verdict: AWSStatefulRule.Verdict =
      switch rule.action {
      case "pass": .pass
      case "alert": .alert
      case "drop": .drop
      default: .reject
      }
    let name = rule.text("msg") ?? rule.text("sid").map { "sid \($0)" } ?? fallbackName
    var reader = SuricataOptions(
      draft: draft, position: position, isAlert: verdict == .alert || !enabled)
    reader.read(rule)
    let action: Action =
      switch verdict {
      case .pass: .allow
      case .drop: .deny(.drop)
      case .reject: .deny(.reject)
      case .alert: .continue
      }
    var ways = [
      (from: (rule.source, rule.sourcePort), to: (rule.destination, rule.destinationPort))
    ]
    if rule.isBothWays { ways.append((from: ways[0].to, to: ways[0].from)) }
    var parts: [(Phase, Rule)] = []
    for phase in AWSStatefulTables.phases {
      guard let own = reader.clauses(in: phase) else { continue }
      // One rule of the export is told where the client's packets meet it, if they do.
      let isMirrored = phase.isFromServer && parts.contains { !$0.0.isFromServer }
      for way in ways {
        let (client, server) = phase.isFromServer ? (way.to, way.from) : (way.from, way.to)
        parts.append(
          (
            phase,
            Rule(
              name: name, vendorID: rule.text("sid"), enabled: enabled,
              match: Match(header(client, server) + own), action: action,
              origin: isMirrored ? .implied : .written, position: position)
          ))
      }
    }
    let reach = verdict == .pass && enabled ? reader.reach(of: name) : .packet
    return AWSStatefulRule(
      verdict: verdict, priority: reader.priority, reach: reach, parts: parts)
  }

  // MARK: Header

  /// Addresses and ports, the client's first.
  private func header(_ client: (String, String), _ server: (String, String)) -> [Clause] {
    var clauses: [Clause] = []
    for (text, isSource) in [(client.0, true), (server.0, false)] {
      let list = variables.addresses(text, isSource: isSource)
      if list.isNone {
        clauses.append(.never("`\(text)` is no address at all"))
      } else if let endpoints = list.endpoints {
        clauses.append(isSource ? .source(endpoints) : .destination(endpoints))
      }
    }
    for (text, isSource) in [(client.1, true), (server.1, false)] where text.lowercased() != "any" {
      guard let ports = variables.ports(text) else {
        clauses.append(
          .requires(draft.doubt(.unresolved, "port `\(text)` is not known", at: position)))
        continue
      }
      if ports.isFull { continue }
      let service =
        isSource
        ? Service(protocol: nil, sourcePorts: ports)
        : Service(protocol: nil, destinationPorts: ports)
      clauses.append(.service(ServiceList([.service(service)])))
    }
    return clauses
  }
}
