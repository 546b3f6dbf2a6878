import Audit
import ComplianceEngine
import EndpointCatalogue
import Foundation
import Inventory
import TestSupport

/// Verdicts for the year of `history`, written through the store's own interface and not judged:
/// every sixth change of a site breaks or repairs one carrier's endpoints.
struct VerdictBenchmark {
  let folder: String

  func run() throws {
    let (inventory, library) = try Measure.open("\(folder)/year.db")
    let list = try library.find(nil)
    let now = Measure.day(365)
    var steps = 0
    let seconds = try Measure.seconds {
      for number in 0..<Fleet.sites {
        let name = Fleet.name(number)
        var moments =
          try (try? inventory.site(named: name)).map {
            try inventory.moments(of: $0.name)
          } ?? []
        if moments.isEmpty {
          // A site that `history` did not come to: its verdicts without its rules.
          moments = (0..<53).map { Measure.day($0 * 7) }
          try inventory.save(SiteRecord(name: name, clients: [Fleet.client]), now: now)
        }
        let start = try inventory.evaluationStart(
          of: name, edition: (list.version, list.effective), engine: Engine.version, now: now)
        guard start.from != nil else { continue }
        var random = SeededRandom(seed: UInt64(name.utf8.reduce(0) { $0 &* 31 &+ Int($1) }))
        var verdicts = SiteVerdicts(list: list)
        let made = moments.enumerated().map { number, moment in
          verdicts.step(moment, isFirst: number == 0, &random)
        }
        steps += made.count
        _ = try inventory.record(made, placed: [], site: name, start: start, now: now)
      }
    }
    print("\(steps) judgements written in \(Measure.text(seconds)) s")
  }
}

/// What one site's verdicts are at the moment.
private struct SiteVerdicts {
  let list: Catalogue
  private var broken = false

  init(list: Catalogue) { self.list = list }

  private static let subject = SubjectRecord(
    device: "fw", scope: "vsys1", client: "office", traffic: "forwarded",
    zones: ["trust", "untrust"], networks: ["10.1.0.0/16"], family: "ipv4")

  mutating func step(
    _ moment: String, isFirst: Bool, _ random: inout SeededRandom
  ) -> EvaluationStep {
    let changes = !isFirst && random.chance(6)
    if changes { broken.toggle() }
    let requirements = list.requirements
    let touched = requirements.filter { list.endpoints[$0.endpoint].host.contains(".wd") }
    let opened = isFirst ? requirements : (changes ? touched : [])
    let finding = FindingRecord(
      finding: "disabled-rule", severity: "warning",
      message: "rule `defender cloud` would allow it, and is switched off", device: "fw",
      table: "security", rule: "defender cloud", file: "export.xml", line: 900, endpoints: [])
    let shared = FindingRecord(
      finding: "shared-suffix-allow", severity: "note",
      message: "`*.blob.core.windows.net` allows the storage of every Azure customer",
      device: "fw", table: "security", rule: "defender storage", file: "export.xml", line: 930,
      endpoints: ["ussus1eastprod.blob.core.windows.net"])
    let blocked = broken ? touched.count { $0.level == .required } : 0
    let required = requirements.count { $0.level == .required }
    return EvaluationStep(
      subject: Self.subject, at: moment, catalogue: list.id, version: list.version,
      digest: Data(moment.utf8), engine: Engine.version,
      counts: ["allowed": required - blocked, "blocked": blocked],
      closed: isFirst
        ? []
        : opened.map {
          VerdictRecord.Key(endpoint: list.endpoints[$0.endpoint].text, port: Int($0.port))
        },
      opened: opened.map { (record($0), cause(isFirst: isFirst, moment)) },
      closedFindings: changes && !broken ? [finding] : [],
      openedFindings: isFirst ? [shared] : (changes && broken ? [finding] : []))
  }

  private func record(_ requirement: Requirement) -> VerdictRecord {
    let endpoint = list.endpoints[requirement.endpoint]
    return VerdictRecord(
      service: endpoint.service, endpoint: endpoint.text, port: Int(requirement.port),
      level: requirement.level.rawValue, verdict: broken ? "blocked" : "allowed",
      reason: broken ? "disabled-allow" : "explicit-allow", device: "fw", table: "security",
      rule: broken ? "deny the rest" : "defender cloud", file: "export.xml", line: 900,
      pointer: nil, witness: "\(endpoint.host):\(requirement.port)", conditions: [],
      change: broken ? "switch on rule `defender cloud`" : nil)
  }

  private func cause(isFirst: Bool, _ moment: String) -> VerdictCause {
    guard !isFirst else { return VerdictCause(.initial) }
    return VerdictCause(
      .rules,
      detail: """
        {"changes":[{"change":"rule-edited","device":"fw","scope":"vsys1","table":"security",\
        "name":"defender cloud","before":{"taken_at":"\(moment)","file":"a.xml","line":900},\
        "after":{"taken_at":"\(moment)","file":"b.xml","line":905},\
        "details":["enabled: yes → no"]}]}
        """, previous: broken ? "allowed" : "blocked")
  }
}
