import Foundation

/// Something whose verdicts are followed over time: a client of a site.
package struct SubjectRecord: Hashable, Sendable {
  package var device: String
  package var scope: String
  package var client: String
  package var traffic: String
  package var zones: [String]
  package var networks: [String]
  package var family: String

  /// What stays the same while networks and interfaces of the client change.
  package struct Key: Hashable, Sendable {
    package let device: String
    package let scope: String
    package let client: String
    package let family: String
  }

  package var key: Key { Key(device: device, scope: scope, client: client, family: family) }

  package init(
    device: String, scope: String, client: String, traffic: String, zones: [String],
    networks: [String], family: String
  ) {
    self.device = device
    self.scope = scope
    self.client = client
    self.traffic = traffic
    self.zones = zones
    self.networks = networks
    self.family = family
  }
}

/// One verdict as history keeps it.
package struct VerdictRecord: Hashable, Sendable {
  package var service: String
  package var endpoint: String
  package var port: Int
  package var level: String
  package var verdict: String
  package var reason: String
  package var device: String?
  package var table: String?
  package var rule: String?
  package var file: String?
  package var line: Int?
  package var pointer: String?
  package var witness: String?
  package var conditions: [String]
  package var change: String?

  package init(
    service: String, endpoint: String, port: Int, level: String, verdict: String, reason: String,
    device: String?, table: String?, rule: String?, file: String?, line: Int?, pointer: String?,
    witness: String?, conditions: [String], change: String?
  ) {
    self.service = service
    self.endpoint = endpoint
    self.port = port
    self.level = level
    self.verdict = verdict
    self.reason = reason
    self.device = device
    self.table = table
    self.rule = rule
    self.file = file
    self.line = line
    self.pointer = pointer
    self.witness = witness
    self.conditions = conditions
    self.change = change
  }

  /// What makes two verdicts two intervals: where a rule stands in its file does not.
  package func isSame(as other: VerdictRecord) -> Bool {
    verdict == other.verdict && reason == other.reason && table == other.table
      && rule == other.rule && device == other.device && level == other.level
      && service == other.service && conditions == other.conditions
  }

  package var key: Key { Key(endpoint: endpoint, port: port) }

  /// A requirement over all editions of a list.
  package struct Key: Hashable, Sendable {
    package let endpoint: String
    package let port: Int

    package init(endpoint: String, port: Int) {
      self.endpoint = endpoint
      self.port = port
    }
  }
}

/// One finding as history keeps it.
package struct FindingRecord: Hashable, Sendable {
  package var finding: String
  package var severity: String
  package var message: String
  package var device: String?
  package var table: String?
  package var rule: String?
  package var file: String?
  package var line: Int?
  package var endpoints: [String]

  package init(
    finding: String, severity: String, message: String, device: String?, table: String?,
    rule: String?, file: String?, line: Int?, endpoints: [String]
  ) {
    self.finding = finding
    self.severity = severity
    self.message = message
    self.device = device
    self.table = table
    self.rule = rule
    self.file = file
    self.line = line
    self.endpoints = endpoints
  }

  /// Findings that differ in their place in the file only are one.
  package struct Key: Hashable, Sendable {
    let finding: String
    let severity: String
    let message: String
    let device: String?
    let table: String?
    let rule: String?
    let endpoints: [String]
  }

  package var key: Key {
    Key(
      finding: finding, severity: severity, message: message, device: device, table: table,
      rule: rule, endpoints: endpoints)
  }
}

/// Why a verdict began.
package struct VerdictCause: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    case initial
    case rules
    case catalogue
    case client
    case program
  }

  package var kind: Kind
  /// JSON.
  package var detail: String
  /// The verdict before, if there was one.
  package var previous: String?

  package init(_ kind: Kind, detail: String = "{}", previous: String? = nil) {
    self.kind = kind
    self.detail = detail
    self.previous = previous
  }
}

/// What one subject's judgement at one moment changes in the history.
package struct EvaluationStep: Sendable {
  package var subject: SubjectRecord
  /// The subject whose history goes on here, where a device, scope or zone got another name.
  package var predecessor: SubjectRecord.Key?
  /// When the predecessor's verdicts ended, where nothing could be judged since then.
  package var gapFrom: String?
  package var at: String
  package var catalogue: String
  package var version: String
  package var digest: Data
  package var engine: Int
  package var counts: [String: Int]
  package var closed: [VerdictRecord.Key]
  package var opened: [(VerdictRecord, VerdictCause)]
  package var closedFindings: [FindingRecord]
  package var openedFindings: [FindingRecord]

  package init(
    subject: SubjectRecord, predecessor: SubjectRecord.Key? = nil, gapFrom: String? = nil,
    at: String, catalogue: String, version: String, digest: Data, engine: Int,
    counts: [String: Int], closed: [VerdictRecord.Key],
    opened: [(VerdictRecord, VerdictCause)],
    closedFindings: [FindingRecord], openedFindings: [FindingRecord]
  ) {
    self.subject = subject
    self.predecessor = predecessor
    self.gapFrom = gapFrom
    self.at = at
    self.catalogue = catalogue
    self.version = version
    self.digest = digest
    self.engine = engine
    self.counts = counts
    self.closed = closed
    self.opened = opened
    self.closedFindings = closedFindings
    self.openedFindings = openedFindings
  }
}

/// The exports that the places of a subject's open verdicts speak of, one a device of the way.
package struct PlaceSource: Hashable, Sendable {
  package struct Leg: Hashable, Sendable {
    /// Row of the export, and the number of the policy in it.
    package let export: Int64
    package let ordinal: Int
    package let files: [String]

    package init(export: Int64, ordinal: Int, files: [String]) {
      self.export = export
      self.ordinal = ordinal
      self.files = files
    }
  }

  package let legs: [Leg]

  package init(legs: [Leg]) { self.legs = legs }
}

/// An open subject with its verdicts and findings as the newest export places them.
package struct PlacedSubject: Sendable {
  package let subject: SubjectRecord.Key
  package let source: PlaceSource
  package let verdicts: [VerdictRecord]
  package let findings: [FindingRecord]

  package init(
    subject: SubjectRecord.Key, source: PlaceSource, verdicts: [VerdictRecord],
    findings: [FindingRecord]
  ) {
    self.subject = subject
    self.source = source
    self.verdicts = verdicts
    self.findings = findings
  }
}

/// Where a site's judgement stands before it goes on.
package struct EvaluationStart: Sendable {
  package let revision: Int
  /// Moments from here on are to be judged; empty where nothing was judged yet.
  package let from: String?
  package let subjects: [OpenSubject]
  /// Where none is open: those whose verdicts ended last, before a time without exports.
  package let ended: [OpenSubject]
  package let endedAt: String?

  package init(
    revision: Int, from: String?, subjects: [OpenSubject], ended: [OpenSubject] = [],
    endedAt: String? = nil
  ) {
    self.endedAt = endedAt
    self.revision = revision
    self.from = from
    self.subjects = subjects
    self.ended = ended
  }

  package struct OpenSubject: Sendable {
    package var subject: SubjectRecord
    package var digest: Data
    package var catalogue: String
    package var version: String
    package var engine: Int
    /// With the places that `placed` tells of.
    package var verdicts: [VerdictRecord]
    package var findings: [FindingRecord]
    /// Nil where it is not known.
    package var placed: PlaceSource?

    package init(
      subject: SubjectRecord, digest: Data, catalogue: String, version: String, engine: Int,
      verdicts: [VerdictRecord], findings: [FindingRecord], placed: PlaceSource? = nil
    ) {
      self.placed = placed
      self.subject = subject
      self.digest = digest
      self.catalogue = catalogue
      self.version = version
      self.engine = engine
      self.verdicts = verdicts
      self.findings = findings
    }
  }
}
