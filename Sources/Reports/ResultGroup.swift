import ComplianceEngine
import EndpointCatalogue
import PolicyModel

/// Results that have one cause, to be explained once.
package struct ResultGroup: Sendable {
  package let verdict: Verdict
  package let reason: Reason
  package let results: [RequirementResult]
  /// The exception that covers all of them, if any.
  package let waiver: WaiverReport?
  /// What the history says of all of them.
  package let annotation: ResultAnnotation?

  private struct Key: Hashable {
    let verdict: Verdict
    let reason: Reason
    let deciding: [RuleReference]
    let nearMiss: RuleReference?
    let conditions: [ConditionReference]
    let annotation: ResultAnnotation?

    /// Results with thousands of conditions mostly have the same ones: the first tell enough.
    func hash(into hasher: inout Hasher) {
      hasher.combine(verdict)
      hasher.combine(reason)
      hasher.combine(deciding.first)
      hasher.combine(conditions.count)
      hasher.combine(conditions.first)
    }
  }

  /// The results that are not simply allowed, grouped by cause, worst first, waived ones last.
  package static func problems(of site: SiteReport) -> [ResultGroup] {
    var order: [Key] = []
    var groups: [Key: [RequirementResult]] = [:]
    for result in site.shownResults where result.verdict != .allowed {
      let key = Key(
        verdict: result.verdict, reason: result.reason, deciding: result.deciding,
        nearMiss: result.nearMiss, conditions: result.conditions,
        annotation: site.annotations[result.requirement])
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(result)
    }
    let rank: [Verdict] = [.blocked, .partial, .unknown, .conditional, .allowed]
    func place(_ key: Key) -> Int {
      (key.annotation?.waiver == nil ? 0 : rank.count) + (rank.firstIndex(of: key.verdict) ?? 0)
    }
    return order.enumerated().sorted { left, right in
      (place(left.element), left.offset) < (place(right.element), right.offset)
    }.map { _, key in
      ResultGroup(
        verdict: key.verdict, reason: key.reason, results: groups[key] ?? [],
        waiver: key.annotation?.waiver, annotation: key.annotation)
    }
  }

  /// Endpoints and ports in few words: the first ones, and how many more.
  package func endpoints(in catalogue: Catalogue, atMost limit: Int = 3) -> String {
    let names = results.map { result in
      let endpoint = catalogue.endpoints[result.requirement.endpoint]
      let level = result.requirement.level == .advised ? " (advised)" : ""
      return "\(endpoint.text) \(result.requirement.port)\(level)"
    }
    guard names.count > limit + 1 else { return names.joined(separator: ", ") }
    return names.prefix(limit).joined(separator: ", ") + " and \(names.count - limit) more"
  }

  /// The change that would help all of them.
  package var change: String? {
    guard let change = results.first?.change else { return nil }
    return results.count == 1 ? change.text : change.text(for: "these \(results.count) endpoints")
  }

  /// One thing to be said about the group, in the words that all output formats share.
  package enum Line: Sendable {
    case rule(String, RuleReference)
    case condition(ConditionReference)
    case witness(String, String)
    case history(String)
    case waiver(String)
    case advice(String)
    case more(String)
  }

  /// What explains the group, most important first.
  ///
  /// - Parameter limit: conditions at most.
  package func lines(conditions limit: Int = .max) -> [Line] {
    guard let first = results.first else { return [] }
    var lines: [Line] = []
    if let waiver { lines.append(.waiver(waiver.text)) }
    if verdict != .conditional {
      lines += first.deciding.prefix(4).map { .rule("decided by", $0) }
    }
    if let near = first.nearMiss { lines.append(.rule("nearest rule:", near)) }
    lines += first.conditions.prefix(limit).map { .condition($0) }
    if first.conditions.count > limit {
      lines.append(
        .more("and \(first.conditions.count - limit) more conditions (all in --format json)"))
    }
    if let witness = first.deniedWitness {
      lines.append(.witness("denied, for example:", witness.text))
    }
    if verdict == .partial, let witness = first.allowedWitness {
      lines.append(.witness("allowed, for example:", witness.text))
    }
    if let since = annotation?.since {
      var text = "\(verdict.rawValue) since \(since)"
      if let previous = annotation?.previous { text += ", \(previous) before" }
      if let cause = annotation?.cause { text += ": \(cause)" }
      lines.append(.history(text))
    }
    if let change { lines.append(.advice(change)) }
    return lines
  }
}

extension SiteReport {
  /// A finding, or how many of a kind are left out after it.
  package enum FindingLine: Sendable {
    case finding(Finding)
    case more(String)
  }

  /// The findings, of each kind the first ones: a policy with one habit has hundreds alike.
  package func findings(ofAKind limit: Int) -> [FindingLine] {
    var left = findings.reduce(into: [Finding.ID: Int]()) { $0[$1.id, default: 0] += 1 }
    var shown: [Finding.ID: Int] = [:]
    var lines: [FindingLine] = []
    for finding in findings {
      left[finding.id, default: 0] -= 1
      shown[finding.id, default: 0] += 1
      guard shown[finding.id, default: 0] <= limit else { continue }
      lines.append(.finding(finding))
      if let more = left[finding.id], more > 0, shown[finding.id] == limit {
        lines.append(
          .more("and \(more) more findings `\(finding.id.rawValue)` (all in --format json)"))
      }
    }
    return lines
  }

  /// Where something stands; with the file where the export has several.
  package func place(_ position: SourcePosition?, file: String) -> String {
    let place = PlainText.place(position)
    guard files.count > 1, position != nil, !file.isEmpty else { return place }
    return place.isEmpty ? shortName(of: file) : "\(shortName(of: file)), \(place)"
  }

  /// The last part of a path where that tells the files apart.
  private func shortName(of file: String) -> String {
    let names = files.map { $0.split(separator: "/").last ?? "" }
    guard Set(names).count == names.count, let name = file.split(separator: "/").last else {
      return file
    }
    return String(name)
  }

  package func place(_ rule: RuleReference) -> String { place(rule.position, file: rule.file) }

  /// The name of a rule among those of a series of devices.
  package func table(_ rule: RuleReference) -> String {
    isSeries ? "\(rule.device), \(rule.table)" : rule.table
  }
}
