import PolicyModel

/// Something that an auditor must see, whatever the verdict.
package struct Finding: Hashable, Sendable {
  package enum ID: String, Hashable, Sendable, CaseIterable {
    /// An allow rule for any destination decides.
    case overBroadAllow = "over-broad-allow"
    /// A name pattern allows a suffix that strangers share.
    case sharedSuffixAllow = "shared-suffix-allow"
    /// The shared storage suffix is exempted from inspection against the publisher's advice.
    case inspectionBypassBlob = "inspection-bypass-blob"
    /// An endpoint's TLS traffic is decrypted.
    case tlsInspected = "tls-inspected"
    /// A pattern also lets look-alike hosts through.
    case overmatchingPattern = "overmatching-pattern"
    /// An allow rule never gets its turn.
    case shadowedRule = "shadowed-rule"
    case disabledRule = "disabled-rule"
    /// An allow rule asks for a user, which system services do not have.
    case userBoundAllow = "user-bound-allow"
    case scheduledAllow = "scheduled-allow"
    /// A wildcard requirement hangs on objects that hold resolved single names.
    case wildcardInResolvedObject = "wildcard-in-resolved-object"
    /// The names below a domain are allowed and the domain itself is not.
    case apexNotCovered = "apex-not-covered"
    case unresolvedReference = "unresolved-reference"
    case unmodelledElement = "unmodelled-element"
    case advisedPortBlocked = "advised-port-blocked"
    /// Nobody has compared the list with the published page for long.
    case listNotConfirmed = "list-not-confirmed"
    /// An exception ran out and what it covered is still not allowed.
    case expiredWaiver = "expired-waiver"
  }

  package enum Severity: String, Hashable, Sendable, CaseIterable, Comparable {
    case error
    case warning
    case note

    package static func < (left: Severity, right: Severity) -> Bool {
      allCases.firstIndex(of: left) ?? 0 < allCases.firstIndex(of: right) ?? 0
    }
  }

  package let id: ID
  package let severity: Severity
  package let message: String
  package let rule: RuleReference?
  /// Indices of the catalogue's endpoints that are touched, ascending; empty where none is meant.
  package let endpoints: [Int]
  package let position: SourcePosition?
  package let file: String

  package init(
    id: ID, severity: Severity, message: String, rule: RuleReference?, endpoints: [Int],
    position: SourcePosition?, file: String
  ) {
    self.id = id
    self.severity = severity
    self.message = message
    self.rule = rule
    self.endpoints = endpoints
    self.position = position
    self.file = file
  }
}
