/// One thing that an endpoint computer reported, in terms that are the same for every source.
package struct EvidenceFact: Hashable, Sendable {
  /// What the report is.
  package enum SourceKind: String, Hashable, Sendable, CaseIterable {
    case mpCmdRun = "mpcmdrun-validate"
    case mpCmdRunLog = "mpcmdrun-log"
    case winHTTPProxy = "winhttp-proxy"
    case registry
    case computerStatus = "mpcomputerstatus"
    case preference = "mppreference"
    case events
    case mdatp = "mdatp-connectivity"
    case clientAnalyzer = "mde-client-analyzer"
    case testNetConnection = "test-netconnection"
    /// An error number alone.
    case errorNumber = "error-number"
  }

  /// What it says.
  package enum Outcome: String, Hashable, Sendable, CaseIterable {
    case connected
    case notConnected = "not-connected"
    /// The test itself did not run: says nothing about the network.
    case notRun = "not-run"
    /// The product or its cloud protection is switched off: says nothing about the network.
    case notEnabled = "not-enabled"
    case enabled
    case updateFailed = "update-failed"
    case updated
    case crlBlocked = "crl-blocked"
    case sampleUploaded = "sample-uploaded"
    case sampleNotUploaded = "sample-not-uploaded"
    case detected
    case cloudContacted = "cloud-contacted"
    case settingChanged = "setting-changed"
    case reachable
    case notReachable = "not-reachable"
    case direct
    case named
    case namedAndScript = "named+pac"
    case script = "pac"
    case automatic = "auto-detect"
    /// The report does not settle it.
    case unknown
  }

  /// How the computer went out.
  package enum Way: String, Hashable, Sendable, CaseIterable {
    case direct
    case winHTTPProxy = "winhttp-proxy"
    case defenderProxy = "defender-proxy"
    case proxyScript = "pac"
    case unknown
  }

  package enum Certainty: String, Hashable, Sendable, CaseIterable {
    case certain
    /// One of several explanations.
    case likely
    case unknown
  }

  /// Whom the fact is about.
  package struct Subject: Hashable, Sendable {
    /// The row of the list as the publisher writes it; nil where the host is in none.
    package var endpoint: String?
    package var host: String?
    package var port: Int?
    /// The service of the list, where no host is named.
    package var service: String?

    package init(
      endpoint: String? = nil, host: String? = nil, port: Int? = nil, service: String? = nil
    ) {
      self.endpoint = endpoint
      self.host = host
      self.port = port
      self.service = service
    }
  }

  /// A value that was read besides, such as a setting or the result of one way out.
  package struct Detail: Hashable, Sendable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package var sourceKind: SourceKind
  package var outcome: Outcome
  package var subject: Subject
  package var way: Way
  package var error: ErrorNumber?
  package var cause: Cause?
  /// Other causes that the report leaves open, the likeliest first.
  package var alternatives: [Cause]
  package var remedies: [Remedy]
  package var findings: [EvidenceFinding]
  package var details: [Detail]
  /// When, as the report writes it; nil where it does not say.
  package var at: String?
  package var certainty: Certainty
  /// Line in the report, counted from 1.
  package var line: Int

  package init(
    _ sourceKind: SourceKind, _ outcome: Outcome, subject: Subject = Subject(),
    way: Way = .unknown, error: ErrorNumber? = nil, cause: Cause? = nil,
    alternatives: [Cause] = [], remedies: [Remedy] = [], findings: [EvidenceFinding] = [],
    details: [Detail] = [], at: String? = nil, certainty: Certainty = .certain, line: Int
  ) {
    self.sourceKind = sourceKind
    self.outcome = outcome
    self.subject = subject
    self.way = way
    self.error = error
    self.cause = cause
    self.alternatives = alternatives
    self.remedies = remedies
    self.findings = findings
    self.details = details
    self.at = at
    self.certainty = certainty
    self.line = line
  }
}

/// Why a report cannot be read.
package struct EvidenceError: Error, Equatable, CustomStringConvertible, Sendable {
  package let file: String
  package let position: String
  package let reason: String
  package let advice: String

  package var description: String {
    (position.isEmpty ? file : "\(file):\(position)") + ": \(reason)"
      + (advice.isEmpty ? "" : "; \(advice)")
  }
}
