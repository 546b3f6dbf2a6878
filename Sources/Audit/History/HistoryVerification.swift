import ComplianceEngine
import EndpointCatalogue
import Inventory

/// Judges stored states anew and compares with the recorded verdicts.
package struct HistoryVerification: Sendable {
  package var inventory: InventoryDatabase
  package var library: CatalogueLibrary

  package init(inventory: InventoryDatabase, library: CatalogueLibrary) {
    self.inventory = inventory
    self.library = library
  }

  package struct Outcome: Sendable {
    /// Verdicts that were judged again.
    package var verdicts = 0
    package var states = 0
    /// Recorded states that could be judged again.
    package var allStates = 0
    /// Recorded states that cannot: other engine, out of date, or pruned.
    package var otherStates = 0
    /// Devices whose rule history was worked out again.
    package var devices = 0
    package var allDevices = 0
    package var problems: [String] = []
  }

  /// - Parameters:
  ///   - sample: states and devices at most; nil for all.
  ///   - seed: decides which ones.
  package func run(sample: Int?, seed: UInt64, now: String) throws -> Outcome {
    var random = SplitMix64(state: seed)
    let allStates = try inventory.evaluatedStates(engine: Engine.version)
    let states = Self.some(allStates, sample, &random)
    let allDevices = try RuleHistoryCheck.devices(in: inventory)
    let devices = Self.some(allDevices, sample, &random)
    var outcome = Outcome()
    outcome.allStates = allStates.count
    outcome.otherStates = try inventory.evaluationCount() - allStates.count
    outcome.allDevices = allDevices.count
    for state in states {
      do {
        try check(state, &outcome, now: now)
      } catch {
        outcome.problems.append("site `\(state.site)`, \(state.at): cannot be judged: \(error)")
      }
    }
    outcome.devices = devices.count
    outcome.problems += try RuleHistoryCheck(inventory).problems(of: devices)
    return outcome
  }

  private static func some<Item>(
    _ items: [Item], _ count: Int?, _ random: inout SplitMix64
  ) -> [Item] {
    guard let count, items.count > count else { return items }
    return Array(items.shuffled(using: &random).prefix(count))
  }

  private func check(_ state: EvaluatedState, _ outcome: inout Outcome, now: String) throws {
    let site = try inventory.site(named: state.site)
    let history = try SiteHistory(inventory: inventory, site: site, library: library, now: now)
    guard let catalogue = history.editions.editions.first(where: { $0.version == state.version })
    else {
      outcome.problems.append("site `\(state.site)`: edition \(state.version) is not stored")
      return
    }
    let present = try history.present(at: state.at, catalogue: catalogue)
    let recorded = try inventory.verdicts(of: state.site, at: state.at)
    outcome.states += 1
    if !present.subjects.contains(where: { $0.subject.record.key == state.subject }) {
      outcome.problems.append(
        "site `\(state.site)`, \(state.at): the client `\(state.subject.client)` is not there")
    }
    for (subject, judged) in present.subjects where subject.record.key == state.subject {
      guard subject.digest(catalogue) == state.digest else {
        outcome.problems.append(
          "site `\(state.site)`, \(state.at): the rules are not those that were judged")
        continue
      }
      let mine = recorded.filter { $0.subject == state.subject }
      for result in judged.results {
        let record = VerdictRecord(result, catalogue)
        outcome.verdicts += 1
        let found = mine.first { $0.endpoint == record.endpoint && $0.port == record.port }
        if found?.verdict != record.verdict || found?.reason != record.reason {
          outcome.problems.append(
            "site `\(state.site)`, \(state.at): \(record.endpoint) \(record.port) is recorded as "
              + "\(found?.verdict ?? "nothing"), but is \(record.verdict)")
        }
      }
    }
  }
}

/// A small generator with a seed that can be told (Steele, Lea, Flood, 2014).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
