import EndpointCatalogue
import NetworkSets
import PolicyModel

/// Judges a network path against a catalogue.
///
/// Work is shared between requirements: rules are filtered once for each port, so that a
/// requirement costs the rules that can match its port and clients, and of each rule only the
/// name entries that its host can be found by.
package struct Evaluation {
  package let path: NetworkPath
  package let catalogue: Catalogue
  package let knowledge: OutsideKnowledge

  package init(
    path: NetworkPath, catalogue: Catalogue, knowledge: OutsideKnowledge = OutsideKnowledge()
  ) {
    self.path = path
    self.catalogue = catalogue
    self.knowledge = knowledge
  }

  /// Results in the order of ``Catalogue/requirements``, and findings sorted by severity and id.
  package struct Outcome: Hashable, Sendable {
    package let results: [RequirementResult]
    package let findings: [Finding]
  }

  package func run() -> Outcome {
    var contexts: [UInt16: PathContext?] = [:]
    var results: [RequirementResult] = []
    var findings = FindingCollector(path: path, catalogue: catalogue)
    for requirement in catalogue.requirements {
      if let reason = catalogue.endpoints[requirement.endpoint].unjudged {
        results.append(
          undecidable(
            requirement, why: reason, change: "compare {host} with the rules by hand"))
        continue
      }
      let context: PathContext?
      if let known = contexts[requirement.port] {
        context = known
      } else {
        context = PathContext(path: path, port: requirement.port, knowledge: knowledge)
        contexts[requirement.port] = .some(context)
      }
      guard let context else {
        results.append(undecidable(requirement, why: missingPolicy))
        continue
      }
      let endpoint = catalogue.endpoints[requirement.endpoint]
      let space: FlowSpace
      switch context.cut(
        endpoint.hostPattern, endpoint.pathPattern, samplePath: endpoint.path ?? "/",
        hints: hints(for: endpoint))
      {
      case .space(let found): space = found
      case .undecided(let why):
        results.append(undecidable(requirement, why: why))
        continue
      }
      let outcome = context.evaluate(space)
      let result = RequirementEvaluation(
        requirement: requirement, endpoint: endpoint, outcome: outcome
      ).result()
      results.append(result)
      findings.collect(result, endpoint: endpoint, outcome: outcome, context: context)
    }
    findings.collectPolicyWide(tls: contexts[443] ?? nil)
    return Outcome(results: results, findings: findings.finished())
  }

  /// Hosts of the catalogue below a wildcard: names that are known to be used.
  private func hints(for endpoint: Endpoint) -> [HostName] {
    guard endpoint.apex != nil else { return [] }
    return catalogue.endpoints.compactMap { other in
      if case .exact(let host) = other.hostPattern, endpoint.hostPattern.matches(host) {
        return host
      }
      return nil
    }
  }

  private var missingPolicy: String {
    let lacking = path.hops.first { $0.pipeline == nil }
    let traffic =
      lacking?.client.traffic == .host ? "traffic of the device itself" : "forwarded traffic"
    return "the export holds no policy for \(traffic)"
  }

  private func undecidable(
    _ requirement: Requirement, why: String,
    change: String = "give the part of the configuration that decides about this traffic"
  ) -> RequirementResult {
    let file = path.hops.first?.policy.policy.files.first ?? ""
    let reference = RuleReference(
      device: path.hops.first?.device ?? "", table: "", rule: "", ordinal: nil,
      action: "undecided", position: nil, file: file)
    return RequirementResult(
      requirement: requirement, verdict: .unknown, reason: .condition, deciding: [],
      conditions: [
        ConditionReference(
          condition: Condition(.unmodelled, why), outcome: "undecided", rule: reference,
          position: nil, file: file)
      ],
      change: Change(
        change, host: catalogue.endpoints[requirement.endpoint].host, port: requirement.port))
  }
}

/// What tells judgements of different programs apart.
package enum Engine {
  /// Raised whenever the same policy and list may be judged differently than before.
  package static let version = 2
}
