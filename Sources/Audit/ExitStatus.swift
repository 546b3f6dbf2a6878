import ComplianceEngine
import Reports

/// The exit status of the program, by the table in the README.
package enum ExitStatus: Int32, Sendable {
  case allAllowed = 0
  case somethingBlocked = 1
  case onlyConditions = 2
  case usage = 64
  case inputNotUnderstood = 65
  case inputNotFound = 66
  case ourFault = 70
  case cannotCreate = 73
  case inputOutput = 74
  case busy = 75
}

/// From which verdict on an audit counts as failed.
package enum FailOn: String, CaseIterable, Sendable {
  /// Blocked or partial: status 1; only conditional or unknown: status 2. The default.
  case blocked
  /// Conditional and unknown count as failed too: status 1.
  case conditional
  /// As `conditional`, and findings of severity error or warning give status 1.
  case finding
  /// Always status 0 where the audit itself could be made.
  case never

  package func status(_ report: AuditReport) -> ExitStatus {
    let counts = report.summary
    let broken = counts[.blocked] + counts[.partial] > 0
    // Where nothing is required, nothing was proved.
    let isEmpty = report.sites.contains { site in
      !site.results.contains { $0.requirement.level == .required }
    }
    // Nor is a site that was not judged a success.
    let open =
      counts[.conditional] + counts[.unknown] > 0 || isEmpty || !report.unjudged.isEmpty
    switch self {
    case .never: return .allAllowed
    case .blocked: return broken ? .somethingBlocked : (open ? .onlyConditions : .allAllowed)
    case .conditional: return broken || open ? .somethingBlocked : .allAllowed
    case .finding:
      let found = report.sites.contains { site in
        site.findings.contains { $0.severity < .note }
      }
      return broken || open || found ? .somethingBlocked : .allAllowed
    }
  }
}
