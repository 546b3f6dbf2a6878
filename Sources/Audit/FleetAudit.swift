import ComplianceEngine
import EndpointCatalogue
import Foundation
import Inventory
import NetworkSets
import Reports
import Synchronization

/// Judges the sites of an inventory, all processors at work, and tells the present, or any moment
/// of the past, as one report.
package struct FleetAudit: Sendable {
  package var inventory: InventoryDatabase
  package var library: CatalogueLibrary
  package var program: String
  /// Names of sites; empty for all.
  package var sites: [String] = []
  /// Tags of sites, any of which suffices; empty for all.
  package var tags: [String] = []
  /// ISO-8601 UTC; nil for the present.
  package var moment: String?
  /// Waivers and tags as they were known at this moment; nil for the moment of the report.
  package var knownAt: String?
  /// Edition to judge with instead of the one in force.
  package var catalogue: Catalogue?
  package var selection: ClientSelection?
  package var scope: String?
  package var knowledge = OutsideKnowledge()
  /// Show only what changed after this moment.
  package var changedSince: String?
  /// Days after which a list that nobody confirmed becomes a finding.
  package var daysUntilUnconfirmed = 180
  /// Sites whose newest export is older count as not judged; nil for any age. In days.
  package var maxAge: Int?
  private let decoded = DecodedContent()
  private let confirmations: Swift.Result<[ListConfirmation], any Error>

  package init(inventory: InventoryDatabase, library: CatalogueLibrary, program: String) {
    self.inventory = inventory
    self.library = library
    self.program = program
    confirmations = Swift.Result { try inventory.confirmations() }
  }

  package struct Result: Sendable {
    package var report: AuditReport
    /// Sites that could not be judged, with the reason.
    package var failures: [(site: String, error: any Error)]
    /// Sites without any snapshot so far.
    package var empty: [String]
  }

  /// Brings the recorded history up to date. Safe to run by several processes at once.
  ///
  /// - Returns: the sites that could not be judged.
  package func record(
    now: String, progress: @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws -> [(site: String, error: any Error)] {
    // Closed sites, too: an export that came late, or the closing itself, changes their history.
    let chosen = try sitesWithHistory()
    let run = Mutex(AuditRun(sites: chosen.map(\.name)))
    let failures = Self.each(chosen, progress: progress) { site in
      _ = try record(site, now: now) { step in run.withLock { $0.add(step) } }
    }.compactMap { site, result -> (site: String, error: any Error)? in
      if case .failure(let error) = result { return (site.name, error) }
      return nil
    }
    try inventory.noteAudit(run.withLock { $0 }, failed: failures.map(\.site), now: now)
    return failures
  }

  /// - Returns: the site as it is now, where it was judged.
  private func record(
    _ site: SiteRecord, now: String, note: ([EvaluationStep]) -> Void
  ) throws -> SiteHistory.Present? {
    // Another process may store an export meanwhile; then the judgement starts over.
    for _ in 0..<8 {
      let history = try SiteHistory(
        inventory: inventory, site: try inventory.site(named: site.name), library: library,
        now: now, decoded: decoded)
      let walk = try history.walk()
      if walk.start.from == nil { return nil }
      if try inventory.record(
        walk.steps, placed: walk.placed, site: site.name, start: walk.start, future: walk.future,
        now: now)
      {
        note(walk.steps)
        return walk.present
      }
    }
    throw InventoryError(
      .busy, "site `\(site.name)` keeps changing while it is judged", advice: "try again")
  }

  /// Records and reports. What was judged to be recorded is not judged again for the report.
  package func recordAndReport(
    now: String, progress: @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws -> Result {
    guard isPresent else {
      let failures = try record(now: now, progress: progress)
      var result = try report(now: now, progress: progress)
      let known = Set(failures.map(\.site))
      result.failures = failures + result.failures.filter { !known.contains($0.site) }
      return result
    }
    let open = try chosenSites()
    let names = Set(open.map(\.name))
    let closed = try sitesWithHistory().filter { !names.contains($0.name) }
    let waivers = try inventory.waivers()
    let run = Mutex(AuditRun(sites: (closed + open).map(\.name)))
    let judged = Self.each(closed + open, progress: progress) { site in
      let present = try record(site, now: now) { step in run.withLock { $0.add(step) } }
      guard names.contains(site.name) else { return [SiteReport]() }
      return try reports(of: site, at: now, waivers: waivers, now: now, present: present)
    }
    let failed = judged.filter { $0.1.isFailure }.map { $0.0.name }
    try inventory.noteAudit(run.withLock { $0 }, failed: failed, now: now)
    var result = try result(
      judged.filter { names.contains($0.0.name) || $0.1.isFailure }, now: now)
    try inventory.noteUnjudged(
      result.report.unjudged.map { ($0.site, "\($0.kind.rawValue): \($0.reason)") }, now: now)
    result.report.seal = try inventory.newestSeal()
    return result
  }

  /// Whether the report is on the present as it is recorded.
  private var isPresent: Bool {
    moment == nil && catalogue == nil && selection == nil && scope == nil
      && knowledge == OutsideKnowledge()
  }

  /// The report; writes nothing.
  package func report(
    now: String, progress: @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws -> Result {
    let at = moment ?? now
    let waivers = try inventory.waivers()
    let judged = Self.each(try chosenSites(), progress: progress) { site in
      try reports(of: site, at: at, waivers: waivers, now: now)
    }
    return try result(judged, now: now)
  }

  private func result(
    _ judged: [(SiteRecord, Swift.Result<[SiteReport], any Error>)], now: String
  ) throws -> Result {
    var entries: [SiteReport] = []
    var failures: [(site: String, error: any Error)] = []
    var empty: [String] = []
    for (site, result) in judged {
      switch result {
      case .success(let reports) where reports.isEmpty: empty.append(site.name)
      case .success(let reports): entries += reports
      case .failure(let error): failures.append((site.name, error))
      }
    }
    let main = Self.mostCommon(entries.map(\.catalogue))
    let unjudged = try UnjudgedSites(inventory: inventory, moment: moment ?? now, maxAge: maxAge)
      .find(in: judged.map(\.0), reports: entries, failures: failures)
    if changedSince != nil { entries.removeAll { $0.shownOnly?.isEmpty ?? false } }
    var report = AuditReport(
      catalogue: try main ?? catalogue ?? library.find(nil), generatedAt: now, program: program,
      sites: entries)
    report.unjudged = unjudged
    report.seal = try inventory.newestSeal()
    return Result(report: report, failures: failures, empty: empty)
  }

  // MARK: Sites

  private func chosenSites() throws -> [SiteRecord] {
    let all = try withTagsOfThen(try inventory.sites(includingRetired: moment != nil))
    for name in sites where !all.contains(where: { $0.name == name }) {
      _ = try inventory.site(named: name)
      throw InventoryError(
        .unknownName, "site `\(name)` is retired",
        advice: "its history can be read with --as-of and a date before that")
    }
    let chosen = all.filter { site in
      (sites.isEmpty || sites.contains(site.name))
        && (tags.isEmpty || !tags.allSatisfy { !site.tags.contains($0) })
        && (moment.map { moment in site.retiredAt.map { $0 > moment } ?? true } ?? true)
    }
    guard !chosen.isEmpty || tags.isEmpty else {
      throw InventoryError(
        .unknownName, "no site has the tag \(tags.map { "`\($0)`" }.joined(separator: " or "))")
    }
    return chosen
  }

  /// Sites with the tags that they had; today's where a site was not known then.
  private func withTagsOfThen(_ sites: [SiteRecord]) throws -> [SiteRecord] {
    guard let known = knownAt ?? moment else { return sites }
    let tags = try inventory.tags(knownAt: known)
    return sites.map { site in
      var site = site
      site.tags = tags[site.name] ?? site.tags
      return site
    }
  }

  /// The chosen sites, closed ones included.
  private func sitesWithHistory() throws -> [SiteRecord] {
    let all = try inventory.sites(includingRetired: true)
    // The error names the sites that there are.
    for name in sites where !all.contains(where: { $0.name == name }) {
      _ = try inventory.site(named: name)
    }
    return all.filter { site in
      (sites.isEmpty || sites.contains(site.name))
        && (tags.isEmpty || !tags.allSatisfy { !site.tags.contains($0) })
    }
  }

  private func reports(
    of site: SiteRecord, at moment: String, waivers: [WaiverRecord], now: String,
    present judged: SiteHistory.Present? = nil
  ) throws -> [SiteReport] {
    let present: SiteHistory.Present
    if let judged {
      present = judged
    } else {
      let history = try SiteHistory(
        inventory: inventory, site: site, library: library, now: now, decoded: decoded)
      present = try history.present(
        at: moment, catalogue: catalogue, selection: selection, scope: scope,
        knowledge: knowledge)
    }
    let intervals =
      selection == nil && scope == nil ? try inventory.verdicts(of: site.name, at: moment) : []
    let confirmed = try confirmations.get()
    let editions = try EditionInForce(site.catalogue, in: library)
    let warning = editions.warning(at: moment)
    let builder = SiteReportBuilder(
      site: site, waivers: waivers, moment: moment, knownAt: knownAt ?? moment,
      intervals: intervals)
    let returned = try inventory.returnedDevices(of: site.name, at: moment)
    var before: [SubjectRecord.Key: [VerdictRecord.Key: String]] = [:]
    if let changedSince {
      for interval in try inventory.verdicts(of: site.name, at: changedSince) {
        let key = VerdictRecord.Key(endpoint: interval.endpoint, port: interval.port)
        before[interval.subject, default: [:]][key] = interval.verdict
      }
    }
    return present.subjects.map { subject, outcome in
      var report = builder.report(subject, outcome, present.catalogue)
      report.diagnostics = Diagnostic.assumptions(knowledge) + report.diagnostics
      report.diagnostics += returned.map { device in
        Diagnostic(
          kind: "retired-device-returned", text: device.text(site: site.name), position: nil,
          file: "")
      }
      addConfirmation(
        to: &report, confirmed, at: moment, limit: daysUntilUnconfirmed)
      if catalogue == nil {
        var said = editions.remark.map { [("list-choice", $0)] } ?? []
        let leftOut = editions.leftOut(of: report.catalogue)
        if !leftOut.isEmpty {
          said.append(
            (
              "rows-left-out",
              "\(leftOut.count) rows of the list are not about this site: "
                + leftOut.joined(separator: "; ")
            ))
        }
        report.diagnostics.insert(
          contentsOf: said.map { Diagnostic(kind: $0, text: $1, position: nil, file: "") }, at: 0)
      }
      if catalogue == nil, let warning {
        report.diagnostics.insert(
          Diagnostic(kind: "list-before-first-edition", text: warning, position: nil, file: ""),
          at: 0)
      }
      if changedSince != nil {
        let old = before[subject.record.key] ?? [:]
        report.shownOnly = Set(
          report.results.filter { result in
            let key = VerdictRecord.Key(
              endpoint: report.endpoint(of: result).text, port: Int(result.requirement.port))
            return old[key] != result.verdict.rawValue
          }.map(\.requirement))
      }
      return report
    }
  }

  private static func mostCommon(_ catalogues: [Catalogue]) -> Catalogue? {
    var counts: [String: Int] = [:]
    for catalogue in catalogues { counts[catalogue.reference, default: 0] += 1 }
    let most = counts.max { ($0.value, $0.key) < ($1.value, $1.key) }
    return most.flatMap { entry in catalogues.first { $0.reference == entry.key } }
  }

  /// Works on all sites at once, and gives the results in the order of the sites.
  private static func each<Value: Sendable>(
    _ sites: [SiteRecord], progress: @Sendable (Int, Int) -> Void,
    _ body: @Sendable (SiteRecord) throws -> Value
  ) -> [(SiteRecord, Swift.Result<Value, any Error>)] {
    let results = Mutex<[Int: Swift.Result<Value, any Error>]>([:])
    DispatchQueue.concurrentPerform(iterations: sites.count) { index in
      let result = Swift.Result { try body(sites[index]) }
      let done = results.withLock { results in
        results[index] = result
        return results.count
      }
      progress(done, sites.count)
    }
    return results.withLock { results in
      sites.indices.compactMap { index in results[index].map { (sites[index], $0) } }
    }
  }
}

extension Swift.Result {
  fileprivate var isFailure: Bool {
    if case .failure = self { true } else { false }
  }
}
