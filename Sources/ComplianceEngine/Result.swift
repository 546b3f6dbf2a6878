import EndpointCatalogue
import NetworkSets
import PolicyModel

/// The smallest change that would help, in words.
package struct Change: Hashable, Sendable {
  /// The sentence, with `{target}` for the endpoint and port and `{host}` for the host.
  let template: String
  let host: String
  let port: UInt16

  init(_ template: String, host: String, port: UInt16) {
    self.template = template
    self.host = host
    self.port = port
  }

  /// For the one endpoint.
  package var text: String {
    template.filling("{target}", with: "\(host) on TCP \(port)")
      .filling("{host}", with: host)
  }

  /// For a group of endpoints that need the same change.
  package func text(for group: String) -> String {
    template.filling("{target}", with: group)
      .filling("{host}", with: group)
  }
}

extension String {
  fileprivate func filling(_ mark: String, with text: String) -> String {
    var result = ""
    var rest = self[...]
    while let range = rest.firstRange(of: mark) {
      result += rest[..<range.lowerBound] + text
      rest = rest[range.upperBound...]
    }
    return result + rest
  }
}

/// A rule, or the default of a table, as a report names it.
package struct RuleReference: Hashable, Sendable {
  package let device: String
  package let table: String
  /// The rule's name; the default's name where no rule decides.
  package let rule: String
  /// Position in its table counted from 1, in the order of evaluation; nil for a default.
  package let ordinal: Int?
  package let action: String
  /// Nil for a default that the export does not write down.
  package let position: SourcePosition?
  /// The file of the position.
  package let file: String

  package init(
    device: String, table: String, rule: String, ordinal: Int?, action: String,
    position: SourcePosition?, file: String
  ) {
    self.device = device
    self.table = table
    self.rule = rule
    self.ordinal = ordinal
    self.action = action
    self.position = position
    self.file = file
  }

  /// Table and place tell rules apart; lists of thousands of them are compared.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(table)
    hasher.combine(ordinal)
  }
}

/// A condition with what it would decide.
package struct ConditionReference: Hashable, Sendable {
  package let condition: Condition
  /// `allow` or `deny`: what happens if the doubtful match applies.
  package let outcome: String
  package let rule: RuleReference
  package let position: SourcePosition?
  package let file: String

  package init(
    condition: Condition, outcome: String, rule: RuleReference, position: SourcePosition?,
    file: String
  ) {
    self.condition = condition
    self.outcome = outcome
    self.rule = rule
    self.position = position
    self.file = file
  }
}

/// A concrete flow that a reader can try.
package struct Witness: Hashable, Sendable {
  package let host: String
  package let path: String?
  package let port: UInt16
  /// Set where the client address matters.
  package let client: String?
  /// Set where the zone was left open and matters.
  package let fromZone: String?
  package let toZone: String?

  package init(
    host: String, path: String?, port: UInt16, client: String?, fromZone: String?, toZone: String?
  ) {
    self.host = host
    self.path = path
    self.port = port
    self.client = client
    self.fromZone = fromZone
    self.toZone = toZone
  }

  /// `host:port/path from client`.
  package var text: String {
    var text = "\(host):\(port)" + (path ?? "")
    if let client { text += " from \(client)" }
    if let fromZone { text += " in \(fromZone)" }
    if let toZone { text += " to \(toZone)" }
    return text
  }
}

/// The verdict on one requirement, with everything that an auditor needs to check it.
package struct RequirementResult: Hashable, Sendable {
  package let requirement: Requirement
  package let verdict: Verdict
  package let reason: Reason
  /// What decides, first the one for the witness.
  package let deciding: [RuleReference]
  /// Rules that take away what another rule would allow.
  package let blockers: [RuleReference]
  /// The rule that comes nearest to allowing what is denied.
  package let nearMiss: RuleReference?
  package let conditions: [ConditionReference]
  package let allowedWitness: Witness?
  package let deniedWitness: Witness?
  /// Nil where nothing is wrong.
  package let change: Change?

  package init(
    requirement: Requirement, verdict: Verdict, reason: Reason, deciding: [RuleReference],
    blockers: [RuleReference] = [], nearMiss: RuleReference? = nil,
    conditions: [ConditionReference] = [], allowedWitness: Witness? = nil,
    deniedWitness: Witness? = nil, change: Change? = nil
  ) {
    self.requirement = requirement
    self.verdict = verdict
    self.reason = reason
    self.deciding = deciding
    self.blockers = blockers
    self.nearMiss = nearMiss
    self.conditions = conditions
    self.allowedWitness = allowedWitness
    self.deniedWitness = deniedWitness
    self.change = change
  }
}
