import ComplianceEngine
import EndpointCatalogue
import Inventory
import NetworkSets
import PolicyModel
import Reports

/// Turns judged subjects of a site into entries of a report, with what the history knows.
struct SiteReportBuilder {
  let site: SiteRecord
  let waivers: [WaiverRecord]
  /// The moment that the report speaks of.
  let moment: String
  /// Waivers that were accepted later do not count.
  let knownAt: String
  /// What history says, by subject and requirement.
  let intervals: [SubjectRecord.Key: [VerdictRecord.Key: VerdictInterval]]

  init(
    site: SiteRecord, waivers: [WaiverRecord], moment: String, knownAt: String,
    intervals: [VerdictInterval]
  ) {
    self.site = site
    self.waivers = waivers
    self.moment = moment
    self.knownAt = knownAt
    var bySubject: [SubjectRecord.Key: [VerdictRecord.Key: VerdictInterval]] = [:]
    for interval in intervals {
      let key = VerdictRecord.Key(endpoint: interval.endpoint, port: interval.port)
      bySubject[interval.subject, default: [:]][key] = interval
    }
    self.intervals = bySubject
  }

  func report(_ subject: SiteSubject, _ outcome: Evaluation.Outcome, _ catalogue: Catalogue)
    -> SiteReport
  {
    let devices = subject.legs.map { leg in
      DeviceReport(
        device: leg.hop.device.name, scope: leg.scope.scope, format: leg.hop.format,
        snapshot: SnapshotReport(
          sha256: leg.hop.sha256, takenAt: leg.hop.takenAt, rules: leg.policy.policy.ruleCount))
    }
    let newest = devices.max { ($0.snapshot.takenAt ?? "") < ($1.snapshot.takenAt ?? "") }
    let products = subject.legs.map { leg in
      let version = leg.policy.policy.productVersion
      return leg.hop.product + (version.isEmpty ? "" : " \(version)")
    }
    var report = SiteReport(
      site: site.name, catalogue: catalogue, device: subject.record.device,
      scope: subject.record.scope, format: devices.map(\.format).joined(separator: " > "),
      product: products.joined(separator: " > "),
      client: ClientReport(
        traffic: subject.legs[0].client.traffic, zones: subject.record.zones,
        networks: subject.record.networks, family: subject.record.family, note: subject.note),
      snapshot: newest?.snapshot ?? SnapshotReport(sha256: "", takenAt: nil, rules: 0),
      files: subject.legs.flatMap(\.hop.files), results: outcome.results,
      findings: outcome.findings,
      diagnostics: subject.legs.flatMap { Diagnostic.of($0.policy.policy) })
    if devices.count > 1 { report.devices = devices }
    annotate(&report, subject)
    return report
  }

  private func annotate(_ report: inout SiteReport, _ subject: SiteSubject) {
    let known = intervals[subject.record.key] ?? [:]
    var expired: [Int64: [Int]] = [:]
    var late: Set<Int64> = []
    for result in report.results {
      let endpoint = report.endpoint(of: result)
      let interval = known[
        VerdictRecord.Key(endpoint: endpoint.text, port: Int(result.requirement.port))]
      var annotation = ResultAnnotation()
      if let interval, interval.verdict == result.verdict.rawValue {
        annotation.since = interval.since
        annotation.previous = interval.previous
        annotation.cause = CauseText.sentence(interval.cause, detail: interval.detail)
      }
      if result.verdict != .allowed {
        let covering = waivers.filter {
          $0.covers(
            site: site.name, tags: site.tags, service: endpoint.service, endpoint: endpoint.text,
            port: Int(result.requirement.port))
        }
        let active = covering.filter { $0.status(at: moment) == .active }
        if let waiver = active.first(where: { $0.createdAt <= knownAt }) {
          annotation.waiver = WaiverReport(
            number: waiver.number, reason: waiver.reason, approver: waiver.approver,
            ends: waiver.ends, accepted: waiver.createdAt, isLate: waiver.createdAt > moment)
        } else {
          late.formUnion(active.map(\.number))
          for waiver in covering
          where waiver.createdAt <= knownAt && waiver.status(at: moment) == .expired {
            expired[waiver.number, default: []].append(result.requirement.endpoint)
          }
        }
      }
      report.annotations[result.requirement] = annotation
    }
    for waiver in waivers where late.contains(waiver.number) {
      report.diagnostics.append(
        Diagnostic(
          kind: "waiver-accepted-later",
          text: "waiver \(waiver.number) (\(waiver.reason), approved by \(waiver.approver)) "
            + "covers this moment and was accepted later, \(waiver.createdAt): it does not count "
            + "here; --known-at now counts what is known today", position: nil, file: ""))
    }
    for waiver in waivers {
      guard let endpoints = expired[waiver.number] else { continue }
      report.findings.append(
        Finding(
          id: .expiredWaiver, severity: .warning,
          message: "waiver \(waiver.number) (\(waiver.reason), approved by \(waiver.approver)) "
            + "ended \(waiver.ends) and what it covered is still not allowed",
          rule: nil, endpoints: Set(endpoints).sorted(), position: nil, file: ""))
    }
  }
}

extension Diagnostic {
  /// The importer's remarks on a policy.
  static func of(_ policy: Policy) -> [Diagnostic] {
    policy.notes.map { note in
      let file = note.position.flatMap { position in
        policy.files.indices.contains(position.file) ? policy.files[position.file] : nil
      }
      return Diagnostic(
        kind: note.kind.rawValue, text: note.text, position: note.position,
        file: file ?? policy.files.first ?? "")
    }
  }
}
