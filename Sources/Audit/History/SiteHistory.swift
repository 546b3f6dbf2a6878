import ComplianceEngine
import EndpointCatalogue
import Foundation
import Inventory
import JSONTree
import NetworkSets
import PolicyModel

/// Judges one site moment by moment and says what each moment changes.
///
/// What comes out depends on the stored exports, the settings and the lists only, never on the
/// order in which they came in.
struct SiteHistory {
  let inventory: InventoryDatabase
  let site: SiteRecord
  let editions: EditionInForce
  let loader: PolicyLoader
  /// ISO-8601 UTC.
  let now: String

  /// The site as it is judged last, with full results for the report.
  struct Present: Sendable {
    let state: SiteState
    let catalogue: Catalogue
    let subjects: [(subject: SiteSubject, outcome: Evaluation.Outcome)]
  }

  struct Walk: Sendable {
    let start: EvaluationStart
    var steps: [EvaluationStep] = []
    /// What is open at the end, with places of the newest exports.
    var placed: [PlacedSubject] = []
    /// The first snapshot that is dated later than now; it is judged when its time has come.
    var future: String?
    /// The site as it is now, where the walk judged it.
    var present: Present?
  }

  init(
    inventory: InventoryDatabase, site: SiteRecord, library: CatalogueLibrary, now: String,
    decoded: DecodedContent = DecodedContent()
  ) throws {
    self.inventory = inventory
    self.site = site
    self.now = now
    editions = try EditionInForce(site.catalogue, in: library)
    loader = PolicyLoader(inventory, decoded: decoded)
  }

  private var planner: SubjectPlanner { SubjectPlanner(site: site, loader: loader) }

  /// Judges everything that is out of date.
  func walk() throws -> Walk {
    let current = editions.edition(at: now)
    let start = try inventory.evaluationStart(
      of: site.name, edition: (current.version, EditionInForce.moment(current)),
      engine: Engine.version, now: now)
    guard let from = start.from else { return Walk(start: start) }
    let snapshots = try inventory.moments(of: site.name)
    guard let first = snapshots.first else { return Walk(start: start) }
    let isOtherEngine = start.subjects.contains { $0.engine != Engine.version }
    let retired = site.retiredAt.flatMap { $0 <= now ? $0 : nil }
    var moments = Set(snapshots + editions.moments(after: first, until: now))
    if isOtherEngine { moments.insert(now) }
    var walker = Walker(
      history: self, before: try inventory.state(of: site.name, justBefore: from), start: start)
    let due = moments.sorted().filter { moment in
      moment >= from && (retired.map { moment < $0 } ?? (moment <= now))
    }
    for moment in due {
      do {
        try walker.advance(to: moment)
      } catch let error as SiteSetupError {
        // Settings that fit the present need not fit every state of the past; those stay without
        // verdicts. The present has to fit.
        guard moment != due.last else { throw error }
        try walker.close(at: moment)
      }
    }
    // A closed site has no verdicts any more.
    if let retired, retired >= from { try walker.close(at: retired) }
    return Walk(
      start: start, steps: walker.steps, placed: try walker.placed(),
      future: (snapshots + [site.retiredAt].compactMap { $0 }).filter { $0 > now }.min(),
      present: retired == nil ? walker.present : nil)
  }

  /// The site at a moment, judged without being recorded.
  func present(
    at moment: String, catalogue: Catalogue? = nil, selection: ClientSelection? = nil,
    scope: String? = nil, knowledge: OutsideKnowledge = OutsideKnowledge()
  ) throws -> Present {
    let state = try inventory.state(of: site.name, at: moment)
    let edition = catalogue ?? editions.edition(at: moment)
    var planner = planner
    if let selection { planner.selection = selection }
    planner.scope = scope
    return Present(
      state: state, catalogue: edition,
      subjects: try planner.subjects(state).map { subject in
        let evaluation = Evaluation(path: subject.path, catalogue: edition, knowledge: knowledge)
        return (subject, evaluation.run())
      })
  }
}

/// Goes through a site's history and keeps what was in force so far.
private struct Walker {
  let history: SiteHistory
  private(set) var steps: [EvaluationStep] = []
  private var state: SiteState
  private var open: [SubjectRecord.Key: EvaluationStart.OpenSubject]
  /// While nothing is open: what was open last.
  private var ended: [EvaluationStart.OpenSubject]
  private var endedAt: String?
  /// What was judged in this walk.
  private var judged: Set<SubjectRecord.Key> = []
  private var subjects: [SubjectRecord.Key: SiteSubject]?
  /// The edition that the open verdicts were judged with.
  private var edition: Catalogue?
  /// The last state with everything that was found, where all of it was judged in this walk.
  private(set) var present: SiteHistory.Present?

  init(history: SiteHistory, before: SiteState, start: EvaluationStart) {
    self.history = history
    state = before
    // Names that differ in bytes only are one to a dictionary.
    open = Dictionary(start.subjects.map { ($0.subject.key, $0) }) { $1 }
    ended = start.ended
    endedAt = start.endedAt
    edition = start.subjects.first.flatMap { subject in
      history.editions.editions.first {
        $0.version == subject.version && $0.id == subject.catalogue
      }
    }
  }

  mutating func advance(to moment: String) throws {
    let next = try history.inventory.state(of: history.site.name, at: moment)
    let catalogue = history.editions.edition(at: moment)
    let isKnown =
      !open.isEmpty && edition == catalogue && next.hasSamePolicies(as: state)
      && open.values.allSatisfy { $0.engine == Engine.version }
    guard !isKnown else {
      state = next
      subjects = nil
      present = nil
      return
    }
    let planner = SubjectPlanner(site: history.site, loader: history.loader)
    let planned = try planner.subjects(next)
    let succession = SubjectSuccession(
      from: open.isEmpty ? ended : Array(open.values), to: planned,
      replaced: Dictionary(
        next.hops.compactMap { hop in hop.device.replaces.map { (hop.device.name, $0) } }
      ) { first, _ in first })
    var stillOpen: [SubjectRecord.Key: EvaluationStart.OpenSubject] = [:]
    var outcomes: [(subject: SiteSubject, outcome: Evaluation.Outcome)] = []
    for subject in planned {
      let key = subject.record.key
      if let known = open[key], known.digest == subject.digest(catalogue) {
        stillOpen[key] = known
        continue
      }
      let outcome = Evaluation(path: subject.path, catalogue: catalogue).run()
      stillOpen[key] = try note(
        outcome, of: subject, at: moment, catalogue, known: open[key],
        predecessor: succession.predecessor[key])
      outcomes.append((subject, outcome))
    }
    present =
      outcomes.count == planned.count
      ? SiteHistory.Present(state: next, catalogue: catalogue, subjects: outcomes) : nil
    for (key, subject) in open.sorted(by: { $0.value.subject.client < $1.value.subject.client })
    where stillOpen[key] == nil {
      steps.append(closing(subject, at: moment))
    }
    noteEnd(stillOpen, at: moment)
    open = stillOpen
    subjects = Self.byKey(planned)
    state = next
    edition = catalogue
    history.loader.keep(only: next.hops)
  }

  /// A client as it was in the state before; looked at only where something has to be explained.
  private mutating func before(_ key: SubjectRecord.Key) -> SiteSubject? {
    if let subjects { return subjects[key] }
    let planner = SubjectPlanner(site: history.site, loader: history.loader)
    // The state before may be one that can no longer be judged; then its changes go unexplained.
    let found = Self.byKey((try? planner.subjects(state)) ?? [])
    subjects = found
    return found[key]
  }

  /// Ends all verdicts where a state cannot be judged.
  mutating func close(at moment: String) throws {
    for subject in open.values.sorted(by: { $0.subject.client < $1.subject.client }) {
      steps.append(closing(subject, at: moment))
    }
    noteEnd([:], at: moment)
    open = [:]
    subjects = nil
    present = nil
    state = try history.inventory.state(of: history.site.name, at: moment)
  }

  private mutating func noteEnd(
    _ stillOpen: [SubjectRecord.Key: EvaluationStart.OpenSubject], at moment: String
  ) {
    if !stillOpen.isEmpty {
      ended = []
      endedAt = nil
    } else if !open.isEmpty {
      ended = Array(open.values)
      endedAt = moment
    }
  }

  /// What is open, with the places that its rules have in the newest exports, where those were not
  /// written down yet. Subjects are judged again for that only where the places cannot be carried
  /// over.
  func placed() throws -> [PlacedSubject] {
    var result: [PlacedSubject] = []
    var planned: [SubjectRecord.Key: SiteSubject]?
    for (key, known) in open.sorted(by: { $0.value.subject.client < $1.value.subject.client }) {
      let source = state.placeSource(of: known.subject, like: known.placed)
      if let source, source == known.placed {
        guard judged.contains(key) else { continue }
        result.append(
          PlacedSubject(
            subject: key, source: source, verdicts: known.verdicts, findings: known.findings))
      } else if let source, let old = known.placed,
        let transfer = try PlaceTransfer(
          from: old, to: source, devices: state.hops.map(\.device.name), in: history.inventory),
        let verdicts = transfer.verdicts(known.verdicts),
        let findings = transfer.findings(known.findings)
      {
        result.append(
          PlacedSubject(subject: key, source: source, verdicts: verdicts, findings: findings))
      } else {
        let planner = SubjectPlanner(site: history.site, loader: history.loader)
        let all = try planned ?? Self.byKey(planner.subjects(state))
        planned = all
        guard let subject = all[key], let catalogue = edition else { continue }
        let outcome = Evaluation(path: subject.path, catalogue: catalogue).run()
        result.append(
          PlacedSubject(
            subject: key, source: subject.placeSource,
            verdicts: outcome.results.map { VerdictRecord($0, catalogue) },
            findings: Self.distinct(outcome.findings.map { FindingRecord($0, catalogue) })))
      }
    }
    return result
  }

  private static func byKey(_ subjects: [SiteSubject]) -> [SubjectRecord.Key: SiteSubject] {
    Dictionary(subjects.map { ($0.record.key, $0) }) { first, _ in first }
  }

  // MARK: One subject

  private mutating func note(
    _ outcome: Evaluation.Outcome, of subject: SiteSubject, at moment: String,
    _ catalogue: Catalogue, known: EvaluationStart.OpenSubject?,
    predecessor: EvaluationStart.OpenSubject?
  ) throws -> EvaluationStart.OpenSubject {
    judged.insert(subject.record.key)
    let digest = subject.digest(catalogue)
    let verdicts = outcome.results.map { VerdictRecord($0, catalogue) }
    let findings = Self.distinct(outcome.findings.map { FindingRecord($0, catalogue) })
    var counts: [String: Int] = [:]
    for record in verdicts where record.level == "required" {
      counts[record.verdict, default: 0] += 1
    }
    let old = Dictionary((known?.verdicts ?? []).map { ($0.key, $0) }) { first, _ in first }
    let current = Dictionary(verdicts.map { ($0.key, $0) }) { first, _ in first }
    let changed = verdicts.filter { record in
      old[record.key].map { !$0.isSame(as: record) } ?? true
    }
    let closed = (known?.verdicts ?? []).filter { record in
      current[record.key].map { !$0.isSame(as: record) } ?? true
    }
    let causes = try causes(
      of: changed, old: old, subject: subject, catalogue, known: known,
      predecessor: predecessor)
    let keptFindings = Set(findings.map(\.key))
    let oldFindings = Set((known?.findings ?? []).map(\.key))
    steps.append(
      EvaluationStep(
        subject: subject.record, predecessor: known == nil ? predecessor?.subject.key : nil,
        gapFrom: known == nil ? endedAt : nil, at: moment, catalogue: catalogue.id,
        version: catalogue.version,
        digest: digest, engine: Engine.version, counts: counts, closed: closed.map(\.key),
        opened: zip(changed, causes).map { ($0, $1) },
        closedFindings: (known?.findings ?? []).filter { !keptFindings.contains($0.key) },
        openedFindings: findings.filter { !oldFindings.contains($0.key) }))
    return EvaluationStart.OpenSubject(
      subject: subject.record, digest: digest, catalogue: catalogue.id, version: catalogue.version,
      engine: Engine.version, verdicts: verdicts, findings: findings,
      placed: subject.placeSource)
  }

  /// Two findings that differ in their place only are one in the history.
  private static func distinct(_ findings: [FindingRecord]) -> [FindingRecord] {
    var seen: Set<FindingRecord.Key> = []
    return findings.filter { seen.insert($0.key).inserted }
  }

  private func closing(
    _ subject: EvaluationStart.OpenSubject, at moment: String
  ) -> EvaluationStep {
    EvaluationStep(
      subject: subject.subject, at: moment, catalogue: subject.catalogue, version: subject.version,
      digest: Data(), engine: Engine.version, counts: [:], closed: subject.verdicts.map(\.key),
      opened: [], closedFindings: subject.findings, openedFindings: [])
  }

  // MARK: Causes

  private mutating func causes(
    of changed: [VerdictRecord], old: [VerdictRecord.Key: VerdictRecord], subject: SiteSubject,
    _ catalogue: Catalogue, known: EvaluationStart.OpenSubject?,
    predecessor: EvaluationStart.OpenSubject?
  ) throws -> [VerdictCause] {
    guard !changed.isEmpty else { return [] }
    guard let known else {
      return Self.firstCauses(of: changed, subject: subject, predecessor: predecessor)
    }
    let before = before(subject.record.key)
    // What the old rules give under the new list and engine tells the list's part from the rules'.
    var underNewList: [VerdictRecord.Key: VerdictRecord] = [:]
    if edition != catalogue || known.engine != Engine.version, let before {
      let outcome = Evaluation(path: before.path, catalogue: catalogue).run()
      for result in outcome.results {
        let record = VerdictRecord(result, catalogue)
        underNewList[record.key] = record
      }
    }
    var blame: ChangeBlame?
    return try changed.map { record in
      guard let previous = old[record.key] else {
        return listCause(record, catalogue, previous: nil)
      }
      let middle = underNewList[record.key]
      if let middle, Self.explains(middle, record, previous) {
        return edition == catalogue
          ? VerdictCause(.program, previous: previous.verdict)
          : listCause(record, catalogue, previous: previous)
      }
      guard let before, before.legs.count == subject.legs.count else {
        return VerdictCause(.rules, previous: previous.verdict)
      }
      if blame == nil {
        blame = try ChangeBlame(
          legs: zip(before.legs, subject.legs).map(legChanges), catalogue: catalogue,
          affected: Set(changed.map(\.key)), family: subject.family)
      }
      // Undoing changes of rules gives what the old rules give under the list of now.
      var cause = blame?.cause(of: record, before: middle ?? previous) ?? VerdictCause(.rules)
      cause.previous = previous.verdict
      return cause
    }
  }

  /// Whether the new list or program alone makes of the verdict before what it is now. Where the
  /// verdict stays and only its reason or rule changed, that is what is asked for.
  private static func explains(
    _ middle: VerdictRecord, _ record: VerdictRecord, _ previous: VerdictRecord
  ) -> Bool {
    record.verdict == previous.verdict
      ? middle.isSame(as: record) && !previous.isSame(as: middle)
      : middle.verdict == record.verdict
  }

  private static func firstCauses(
    of changed: [VerdictRecord], subject: SiteSubject, predecessor: EvaluationStart.OpenSubject?
  ) -> [VerdictCause] {
    guard let predecessor else { return changed.map { _ in VerdictCause(.initial) } }
    let old = Dictionary(predecessor.verdicts.map { ($0.key, $0) }) { first, _ in first }
    let before = predecessor.subject
    let after = subject.record
    var writer = JSONWriter()
    writer.object { writer in
      if before.device != after.device || before.scope != after.scope {
        writer.member("path") { writer in
          writer.member("from", "\(before.device) (\(before.scope))")
          writer.member("to", "\(after.device) (\(after.scope))")
        }
      } else if before.client != after.client {
        writer.member("client") { writer in
          writer.member("from", before.client)
          writer.member("to", after.client)
        }
      } else {
        writer.member("gap", true)
      }
    }
    return changed.map { record in
      VerdictCause(.rules, detail: writer.text, previous: old[record.key]?.verdict)
    }
  }

  private func listCause(
    _ record: VerdictRecord, _ catalogue: Catalogue, previous: VerdictRecord?
  ) -> VerdictCause {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("catalogue") { writer in
        writer.member("from", edition?.reference)
        writer.member("to", catalogue.reference)
      }
      writer.member("endpoint", previous == nil ? "added" : "changed")
    }
    return VerdictCause(.catalogue, detail: writer.text, previous: previous?.verdict)
  }

  private func legChanges(
    _ old: SiteSubject.Leg, _ new: SiteSubject.Leg
  ) throws -> ChangeBlame.LegChanges {
    var changes: PolicyChanges?
    if old.scope.policy != new.scope.policy {
      changes = try PolicyChanges(
        old: history.loader.pieces(old.scope, of: old.hop), oldFiles: old.hop.files,
        new: history.loader.pieces(new.scope, of: new.hop), newFiles: new.hop.files)
    }
    return ChangeBlame.LegChanges(
      device: new.hop.device.name, scope: new.scope.scope,
      oldSnapshot: (old.hop.takenAt, old.hop.sha256),
      newSnapshot: (new.hop.takenAt, new.hop.sha256),
      changes: changes, policy: new.policy, oldClient: old.client, newClient: new.client)
  }
}
