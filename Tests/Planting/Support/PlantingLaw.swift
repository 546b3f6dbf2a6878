import CatalogueReaders
import ComplianceEngine
import EndpointCatalogue
import ImportKit
import Importers
import PolicyModel

/// The law of planting: the original is one possible reading of a planted export, so that a definite
/// verdict for the planted export must be the verdict of the original. And an unknown member of a
/// rule or object must show: the policy gets a condition that it did not have.
package struct PlantingLaw: Sendable {
  package struct Violation: Sendable {
    package let kind: Plant.Kind
    package let place: String
    /// What was found and what it should have been.
    package let text: String
  }

  private struct Judged: Sendable {
    let scope: String
    let client: Client
    let verdicts: [Verdict]
  }

  private let catalogue: Catalogue
  private let original: [Policy]
  private let bare: [Policy]
  private let judged: [Judged]
  private let conditions: Int
  package let plants: [Plant]

  /// Nil where the sample is not read, by intention.
  package init?(_ files: [ExportFile], catalogue: Catalogue) {
    guard let outcome = try? importerRegistry.read(files) else { return nil }
    self.catalogue = catalogue
    original = outcome.export.policies
    bare = original.map(Self.bare)
    conditions = Self.conditionCount(original)
    judged = original.flatMap { policy in
      let compiled = CompiledPolicy(policy)
      return policy.proposals.map { proposal in
        Judged(
          scope: policy.scope, client: proposal.client,
          verdicts: Self.judge(compiled, proposal.client, catalogue))
      }
    }
    plants = Planter(files: files, policies: original).plants()
  }

  /// What is wrong about one plant; nil where nothing is.
  package func violation(of plant: Plant) -> Violation? {
    guard let outcome = try? importerRegistry.read(plant.files) else { return nil }
    let policies = outcome.export.policies
    if plant.kind == .member, plant.isInRuleOrObject,
      Self.conditionCount(policies) <= conditions
    {
      return Violation(
        kind: .member, place: plant.place, text: "the unknown member of a rule or object vanished")
    }
    // Where nothing but names changed, nothing is judged otherwise.
    if policies.map(Self.bare) == bare { return nil }
    for one in judged {
      guard
        let policy = policies.first(where: { $0.scope == one.scope })
          ?? (policies.count == 1 && original.count == 1 ? policies[0] : nil)
      else { continue }
      let verdicts = Self.judge(CompiledPolicy(policy), one.client, catalogue)
      for (index, requirement) in catalogue.requirements.enumerated() {
        let now = verdicts[index]
        guard now != .conditional, now != .unknown, now != one.verdicts[index] else { continue }
        let host = catalogue.endpoints[requirement.endpoint].text
        return Violation(
          kind: plant.kind, place: plant.place,
          text: "\(host):\(requirement.port) is \(now.rawValue), originally "
            + "\(one.verdicts[index].rawValue) (scope \(one.scope), "
            + "\(one.client.fromZone ?? "any") to \(one.client.toZone ?? "any"))")
      }
    }
    return nil
  }

  private static func judge(
    _ policy: CompiledPolicy, _ client: Client, _ catalogue: Catalogue
  ) -> [Verdict] {
    Evaluation(
      path: NetworkPath(hops: [Hop(device: "device", policy: policy, client: client)]),
      catalogue: catalogue
    ).run().results.map(\.verdict)
  }

  /// Without what does not touch a verdict.
  private static func bare(_ policy: Policy) -> Policy {
    var policy = policy
    policy.notes = []
    policy.proposals = []
    policy.productVersion = ""
    for table in policy.tables.indices {
      for rule in policy.tables[table].rules.indices {
        policy.tables[table].rules[rule].name = ""
        policy.tables[table].rules[rule].comment = ""
        policy.tables[table].rules[rule].vendorID = nil
      }
    }
    return policy
  }

  private static func conditionCount(_ policies: [Policy]) -> Int {
    var count = 0
    for policy in policies {
      for table in policy.tables {
        for rule in table.rules {
          for clause in rule.match.clauses { count += conditions(in: clause) }
        }
      }
      for object in policy.endpointObjects { count += conditions(in: object.list) }
      for object in policy.serviceObjects { count += conditions(in: object.list) }
    }
    return count
  }

  private static func conditions(in clause: Clause) -> Int {
    switch clause {
    case .requires: 1
    case .source(let list), .destination(let list): conditions(in: list)
    case .service(let list): conditions(in: list)
    default: 0
    }
  }

  private static func conditions(in list: EndpointList) -> Int {
    (list.terms + list.exceptions).count { if case .condition = $0 { true } else { false } }
  }

  private static func conditions(in list: ServiceList) -> Int {
    list.terms.count { if case .condition = $0 { true } else { false } }
  }
}
