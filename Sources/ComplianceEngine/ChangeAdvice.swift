import EndpointCatalogue
import NetworkSets
import PolicyModel

/// The smallest change that would make a requirement allowed, in words.
struct ChangeAdvice {
  let endpoint: Endpoint
  let port: UInt16
  let verdict: Verdict
  let denied: RuleReference?
  let miss: (kind: NearMiss, rule: RuleReference)?
  /// Set where the first packet passes and the packets of this phase do not.
  let unanswered: Phase?
  let conditions: [ConditionReference]

  init(
    endpoint: Endpoint, port: UInt16, verdict: Verdict, denied: RuleReference?,
    miss: (NearMiss, RuleReference)?, unanswered: Phase?, conditions: [ConditionReference]
  ) {
    self.endpoint = endpoint
    self.port = port
    self.verdict = verdict
    self.denied = denied
    self.miss = miss.map { ($0.0, $0.1) }
    self.unanswered = unanswered
    self.conditions = conditions
  }

  var change: Change? {
    template.map { Change($0, host: endpoint.host, port: port) }
  }

  private var template: String? {
    switch verdict {
    case .allowed: return nil
    case .blocked, .partial: return repair
    case .conditional: return decide
    case .unknown: return "give the part of the configuration that decides about this traffic"
    }
  }

  private var repair: String {
    if let unanswered { return letPass(unanswered) }
    guard let miss else {
      guard let denied, denied.ordinal != nil else { return "add a rule that allows {target}" }
      return "add a rule that allows {target} above `\(denied.rule)`"
    }
    let rule = "`\(miss.rule.rule)`"
    switch miss.kind.kind {
    case .shadowed: return "move \(rule) above `\(denied?.rule ?? "")`, or exempt {target} there"
    case .disabled: return "enable \(rule)"
    case .wrongPort(let ports): return "add TCP \(port) to \(rule), which allows \(ports.text)"
    case .otherClients: return "add the clients to the sources of \(rule)"
    case .otherTargets: return "add {host} to the destinations of \(rule)"
    }
  }

  /// Names the packets that are dropped, what drops them, and the rule that is missing.
  private func letPass(_ phase: Phase) -> String {
    let dropper = denied.map { " by `\($0.rule)` of \($0.table)" } ?? ""
    let place = denied.map { $0.ordinal == nil ? "" : ", above `\($0.rule)`" } ?? ""
    let packets =
      phase.isFromServer
      ? "packets from TCP port \(port) of {host} back to the client"
      : "every packet of the client to TCP port \(port) of {host}, not only the first"
    return
      "the first packet to {target} passes and \(phase.words) is dropped\(dropper): add a rule "
      + "that lets \(packets) pass\(place), or established connections as a whole"
  }

  /// The first condition that would allow, or the first that would deny: what to settle.
  private var decide: String? {
    guard let first = conditions.first(where: { $0.outcome == "allow" }) ?? conditions.first else {
      return nil
    }
    let rule = "`\(first.rule.rule)`"
    switch first.condition.kind {
    case .application:
      return "check which applications the firewall recognises, or allow {target} by service"
    case .category: return "look up the category of {host}, or allow the name itself"
    case .externalList: return "give the contents of the list that \(rule) uses"
    case .vendorTag: return "allow {host} by name instead of by the tag in \(rule)"
    case .resolvedName:
      return "allow {host} by a rule that sees the name (URL category, SNI, proxy)"
    case .addressOnly: return "give a table of the addresses of {host}, or allow it by name"
    case .user: return "exempt {target} from the user condition of \(rule): services have no user"
    case .schedule: return "remove the schedule of \(rule) for {target}"
    case .urlPath: return "allow the host without a path, or decrypt in a rule that may"
    case .interfaceBinding: return "name the zones with --from-zone and --to-zone"
    case .patternReading:
      return "write the entry of \(rule) so that both readings agree, or try {host} on the device"
    case .notInForce: return "find out whether \(rule) is in force: \(first.condition.detail)"
    case .missingPart: return "give what is missing: \(first.condition.detail)"
    case .unresolved:
      // A rule that stands for something missing has no name that a reader could look for.
      return first.rule.rule.hasPrefix("(")
        ? "give what is missing: \(first.condition.detail)"
        : "give the part of the configuration that \(rule) refers to"
    case .unmodelled: return "check \(rule) by hand: it uses a feature that is not modelled"
    }
  }
}
