import ComplianceEngine
import EndpointCatalogue
import PolicyModel

/// The result of a check or an audit: the one value that every output format is written from.
package struct AuditReport: Sendable {
  /// The edition that most entries were judged with; an entry of another edition says so itself.
  package var catalogue: Catalogue
  /// ISO-8601 UTC.
  package var generatedAt: String
  package var program: String
  /// One entry a site, device, scope and client, in the order to be shown.
  package var sites: [SiteReport]
  /// Known sites that were not judged, or not by what is asked for.
  package var unjudged: [UnjudgedSite] = []
  /// The newest seal of the log when the report was made: kept elsewhere, it proves later that the
  /// log up to it was not cut or rewritten. Nil for `check`, which knows no log.
  package var seal: String?

  package init(catalogue: Catalogue, generatedAt: String, program: String, sites: [SiteReport]) {
    self.catalogue = catalogue
    self.generatedAt = generatedAt
    self.program = program
    self.sites = sites
  }

  package var summary: VerdictCounts {
    sites.reduce(into: VerdictCounts()) { $0.add($1.summary) }
  }

}

/// What was judged for one client of one device, or of several devices in a row.
package struct SiteReport: Sendable {
  /// Nil for `check`, which knows no sites.
  package var site: String?
  /// The edition that it was judged with.
  package var catalogue: Catalogue
  package var device: String
  package var scope: String
  /// Identifier of the import format.
  package var format: String
  /// The product in words, with its version where the export has one.
  package var product: String
  package var client: ClientReport
  package var snapshot: SnapshotReport
  /// The devices on the way, where there are several; then ``snapshot`` is the newest of them.
  package var devices: [DeviceReport] = []
  package var files: [String]
  package var results: [RequirementResult]
  package var findings: [Finding]
  package var diagnostics: [Diagnostic]
  /// What the history adds to results, by requirement; empty for `check`.
  package var annotations: [Requirement: ResultAnnotation] = [:]
  /// ISO date on which the published page was last known to say what the edition says; nil where
  /// nothing is known, as for `check`.
  package var listConfirmedOn: String?
  /// The only requirements to be shown, where the user asked for changes; nil for all.
  package var shownOnly: Set<Requirement>?

  package init(
    site: String?, catalogue: Catalogue, device: String, scope: String, format: String,
    product: String,
    client: ClientReport, snapshot: SnapshotReport, files: [String], results: [RequirementResult],
    findings: [Finding], diagnostics: [Diagnostic]
  ) {
    self.site = site
    self.catalogue = catalogue
    self.device = device
    self.scope = scope
    self.format = format
    self.product = product
    self.client = client
    self.snapshot = snapshot
    self.files = files
    self.results = results
    self.findings = findings
    self.diagnostics = diagnostics
  }

  /// Counts of the required results; advised ones never decide, and waived ones count as such.
  package var summary: VerdictCounts { counts { _ in true } }

  /// Counts of the required results of one service.
  package func summary(of service: String) -> VerdictCounts {
    counts { endpoint(of: $0).service == service }
  }

  private func counts(where isMeant: (RequirementResult) -> Bool) -> VerdictCounts {
    results.reduce(into: VerdictCounts()) { counts, result in
      guard result.requirement.level == .required, isMeant(result) else { return }
      if waiver(of: result) != nil { counts.waived += 1 } else { counts.count(result.verdict) }
    }
  }

  package func endpoint(of result: RequirementResult) -> Endpoint {
    catalogue.endpoints[result.requirement.endpoint]
  }

  /// The exception that covers a result that is not allowed.
  package func waiver(of result: RequirementResult) -> WaiverReport? {
    result.verdict == .allowed ? nil : annotations[result.requirement]?.waiver
  }

  /// Whether a reader has anything to do or to know.
  package var isWorthReading: Bool {
    shownOnly.map { !$0.isEmpty }
      ?? (results.contains { $0.verdict != .allowed } || !findings.isEmpty)
  }

  /// The results to be shown.
  package var shownResults: [RequirementResult] {
    guard let shownOnly else { return results }
    return results.filter { shownOnly.contains($0.requirement) }
  }

  /// Site, or device where there is no site.
  package var title: String { site.map { "\($0) · \(device)" } ?? device }

  /// Whether the way leads through more than one device.
  package var isSeries: Bool { !devices.isEmpty }
}

/// What the history knows about a result.
package struct ResultAnnotation: Hashable, Sendable {
  package var waiver: WaiverReport?
  /// ISO-8601 UTC; the moment from which the verdict holds.
  package var since: String?
  /// The verdict before, where there was one.
  package var previous: String?
  /// What made it what it is, in a sentence.
  package var cause: String?

  package init(
    waiver: WaiverReport? = nil, since: String? = nil, previous: String? = nil, cause: String? = nil
  ) {
    self.waiver = waiver
    self.since = since
    self.previous = previous
    self.cause = cause
  }
}

/// An accepted exception, as reports show it.
package struct WaiverReport: Hashable, Sendable {
  package var number: Int64
  package var reason: String
  package var approver: String
  /// ISO-8601 UTC.
  package var ends: String
  /// ISO-8601 UTC: when it was accepted.
  package var accepted: String
  /// Whether that was after the moment that the report speaks of.
  package var isLate: Bool

  package init(
    number: Int64, reason: String, approver: String, ends: String, accepted: String, isLate: Bool
  ) {
    self.accepted = accepted
    self.isLate = isLate
    self.number = number
    self.reason = reason
    self.approver = approver
    self.ends = ends
  }

  /// One line for people.
  package var text: String {
    "waiver \(number) until \(ends) by \(approver): \(reason)"
      + (isLate ? " (accepted later, \(accepted))" : "")
  }
}

/// How many requirements got which verdict.
package struct VerdictCounts: Hashable, Sendable {
  package private(set) var counts: [Verdict: Int] = [:]
  package var waived = 0

  package init() {}

  package subscript(_ verdict: Verdict) -> Int { counts[verdict] ?? 0 }

  package var total: Int { counts.values.reduce(0, +) + waived }

  package mutating func count(_ verdict: Verdict) { counts[verdict, default: 0] += 1 }

  package mutating func add(_ other: VerdictCounts) {
    for (verdict, count) in other.counts { counts[verdict, default: 0] += count }
    waived += other.waived
  }

  /// The worst verdict that occurs; nil where nothing was judged.
  package var worst: Verdict? {
    [Verdict.blocked, .partial, .unknown, .conditional, .allowed].first { self[$0] > 0 }
  }
}

/// The client that a report entry speaks of.
package struct ClientReport: Hashable, Sendable {
  package var traffic: TrafficKind
  package var zones: [String]
  package var networks: [String]
  /// `ipv4` or `ipv6`.
  package var family: String
  /// How the client was chosen, where the user did not say.
  package var note: String

  package init(
    traffic: TrafficKind, zones: [String], networks: [String], family: String, note: String
  ) {
    self.traffic = traffic
    self.zones = zones
    self.networks = networks
    self.family = family
    self.note = note
  }

  /// One line for people.
  package var text: String {
    var parts: [String] = []
    switch zones.count {
    case 0: break
    case 1: parts.append("zone \(zones[0])")
    default: parts.append("zone \(zones.joined(separator: " to "))")
    }
    if traffic == .host { parts = ["the device itself"] }
    if !networks.isEmpty {
      parts.append(networks.prefix(4).joined(separator: ", ") + (networks.count > 4 ? ", …" : ""))
    }
    if parts.isEmpty { parts = ["any client"] }
    if family != "ipv4" { parts.append(family) }
    return parts.joined(separator: ", ")
  }
}

/// The policy as it was imported.
package struct SnapshotReport: Hashable, Sendable {
  package var sha256: String
  /// ISO-8601 UTC; nil where neither the export nor the user said.
  package var takenAt: String?
  package var rules: Int

  package init(sha256: String, takenAt: String?, rules: Int) {
    self.sha256 = sha256
    self.takenAt = takenAt
    self.rules = rules
  }
}

/// One device of a series.
package struct DeviceReport: Hashable, Sendable {
  package var device: String
  package var scope: String
  package var format: String
  package var snapshot: SnapshotReport

  package init(device: String, scope: String, format: String, snapshot: SnapshotReport) {
    self.device = device
    self.scope = scope
    self.format = format
    self.snapshot = snapshot
  }
}

/// A remark of the importer, with its file.
package struct Diagnostic: Hashable, Sendable {
  package var kind: String
  package var text: String
  package var position: SourcePosition?
  package var file: String

  package init(kind: String, text: String, position: SourcePosition?, file: String) {
    self.kind = kind
    self.text = text
    self.position = position
    self.file = file
  }
}
