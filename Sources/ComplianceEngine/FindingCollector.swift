import EndpointCatalogue
import NetworkSets
import PolicyModel

/// Gathers findings while requirements are judged, one for each cause however many endpoints it
/// touches.
struct FindingCollector {
  private struct Key: Hashable {
    let id: Finding.ID
    let severity: Finding.Severity
    let message: String
    let rule: RuleReference?
    let position: SourcePosition?
    let file: String
  }

  let path: NetworkPath
  let catalogue: Catalogue
  private var endpoints: [Key: Set<Int>] = [:]
  private var lookAlikeExamples: [URLPattern: String] = [:]

  init(path: NetworkPath, catalogue: Catalogue) {
    self.path = path
    self.catalogue = catalogue
  }

  private mutating func add(
    _ id: Finding.ID, _ severity: Finding.Severity, _ message: String, rule: RuleReference? = nil,
    endpoint: Int? = nil, position: SourcePosition? = nil, file: String? = nil
  ) {
    let key = Key(
      id: id, severity: severity, message: message, rule: rule,
      position: position ?? rule?.position,
      file: file ?? rule?.file ?? path.hops.first?.policy.policy.files.first ?? "")
    endpoints[key, default: []].formUnion(endpoint.map { [$0] } ?? [])
  }

  func finished() -> [Finding] {
    endpoints.map { key, touched in
      Finding(
        id: key.id, severity: key.severity, message: key.message, rule: key.rule,
        endpoints: touched.sorted(), position: key.position, file: key.file)
    }
    .sorted { left, right in
      if left.severity != right.severity { return left.severity < right.severity }
      if left.id != right.id { return left.id.rawValue < right.id.rawValue }
      let places = (
        left.position ?? SourcePosition(line: 0), right.position ?? SourcePosition(line: 0)
      )
      if places.0 < places.1 || places.1 < places.0 { return places.0 < places.1 }
      if left.message != right.message { return left.message < right.message }
      return Self.tie(left) < Self.tie(right)
    }
  }

  /// Tells findings apart that stand on one line.
  private static func tie(_ finding: Finding) -> String {
    "\(finding.rule?.device ?? "")/\(finding.rule?.table ?? "")/\(finding.rule?.rule ?? "")/\(finding.position?.pointer ?? "")/"
      + "\(finding.file)"
  }

  /// Findings about one requirement.
  mutating func collect(
    _ result: RequirementResult, endpoint: Endpoint, outcome: FlowOutcome, context: PathContext
  ) {
    let index = result.requirement.endpoint
    collectBreadth(outcome, index: index)
    collectInspection(outcome, endpoint: endpoint, index: index)
    collectOvermatching(outcome, endpoint: endpoint, index: index)
    collectNamesInsideNames(outcome, endpoint: endpoint, index: index)
    collectShadowing(result, outcome, index: index)
    collectDisabled(outcome, index: index)
    collectConditions(result, endpoint: endpoint, outcome: outcome, index: index)
    if result.requirement.level == .advised,
      result.verdict == .blocked || result.verdict == .partial
    {
      add(
        .advisedPortBlocked, .note,
        "port \(result.requirement.port) is advised by other published guidance, and not allowed",
        rule: result.deciding.last, endpoint: index)
    }
    if result.verdict == .allowed, let apex = endpoint.apex {
      collectApex(apex, endpoint: endpoint, index: index, context: context)
    }
  }

  private mutating func collectBreadth(_ outcome: FlowOutcome, index: Int) {
    for hop in outcome.hops {
      for (source, _) in Self.allowing(hop, outcome.space) {
        guard !hop.namesDestination(source) else { continue }
        let reference = hop.reference(source)
        switch source {
        case .missingTable: break
        case .tableDefault:
          add(
            .overBroadAllow, .warning,
            "everything that no rule denies is allowed by default", rule: reference,
            endpoint: index)
        case .rule(let key), .gate(let key, _):
          let everyPort = hop.allowsEveryPort(key)
          add(
            .overBroadAllow, everyPort ? .warning : .note,
            everyPort
              ? "allows every destination on every port"
              : "allows every destination on the ports that it names", rule: reference,
            endpoint: index)
        }
      }
    }
  }

  /// The sources that certainly allow some atom at the last stage that has a say, each once with
  /// one of its atoms.
  private static func allowing(
    _ hop: HopOutcome, _ space: FlowSpace
  ) -> [(Decision.Source, Int)] {
    var seen: Set<Decision.Source> = []
    var result: [(Decision.Source, Int)] = []
    for atom in 0..<space.count where hop.outcomes(atom) == .allow {
      let decisions = hop.deciders(atom, towards: .allow)
      let rules = decisions.filter {
        if case .tableDefault = $0.source { false } else { true }
      }
      for decision in rules.isEmpty ? decisions : rules
      where seen.insert(decision.source).inserted {
        result.append((decision.source, atom))
      }
    }
    return result
  }

  private mutating func collectInspection(
    _ outcome: FlowOutcome, endpoint: Endpoint, index: Int
  ) {
    guard !outcome.space.isPlainHTTP else { return }
    let severity: Finding.Severity = endpoint.inspection == .pinned ? .error : .warning
    let consequence =
      endpoint.inspection == .pinned
      ? "the client pins the certificate, so the connection breaks"
      : "exempt it unless the client is known to accept the firewall's certificate"
    for hop in outcome.hops {
      for (source, _) in Self.allowing(hop, outcome.space) where hop.decrypts(source) {
        add(
          .tlsInspected, severity,
          "decrypts TLS: \(consequence)",
          rule: hop.reference(source), endpoint: index)
      }
      guard let inspection = hop.inspection else { continue }
      for atom in 0..<outcome.space.count where hop.outcomes(atom).contains(.allow) {
        let seen = inspection.outcomes(atom)
        guard seen.contains(.allow) else { continue }
        let decision = inspection.decisions.first {
          $0.outcome == .allow && $0.atoms.contains(atom)
        }
        guard let decision else { continue }
        let doubt = seen == .allow ? "decrypts" : "may decrypt"
        add(
          .tlsInspected, seen == .allow ? severity : .note,
          "\(doubt) TLS: \(consequence)",
          rule: hop.reference(decision.source), endpoint: index)
      }
    }
  }

  private mutating func collectOvermatching(
    _ outcome: FlowOutcome, endpoint: Endpoint, index: Int
  ) {
    for hop in outcome.hops {
      for (source, atom) in Self.allowing(hop, outcome.space) {
        guard case .rule(let key) = source else { continue }
        let host = outcome.space.target(of: atom).host
        for name in hop.names(of: key, matching: host) {
          guard
            let witness = LookAlike.witness(
              for: name, endpoint: endpoint, list: catalogue.endpoints)
          else { continue }
          add(
            .overmatchingPattern, witness.isForeign ? .warning : .note,
            "`\(name.text)` also allows \(witness.host), "
              + (witness.isForeign ? "which anyone can register" : "which the list does not mean"),
            rule: hop.reference(source), endpoint: index)
        }
      }
    }
  }

  /// Tells of patterns that meet the endpoint only where one name stands inside another, and no
  /// other endpoint of the list either.
  private mutating func collectNamesInsideNames(
    _ outcome: FlowOutcome, endpoint: Endpoint, index: Int
  ) {
    guard let insides = NameInsideName(hosts: endpoint.hostPattern) else { return }
    var examples: [URLPattern: String] = [:]
    for pattern in outcome.space.lookAlikes where !isMeant(pattern) {
      guard let example = insides.example(of: pattern, seesPaths: outcome.space.isPlainHTTP)
      else { continue }
      // One example tells it; with one for each endpoint it would be as many findings.
      let first = lookAlikeExamples[pattern] ?? example
      lookAlikeExamples[pattern] = first
      examples[pattern] = first
    }
    guard !examples.isEmpty else { return }
    for hop in outcome.hops {
      for (key, name) in hop.rules(naming: Set(examples.keys)) {
        add(
          .overmatchingPattern, .note,
          "`\(name.text)` meets names of the list only where one name stands inside another, as in "
            + "\(examples[name] ?? ""): nobody has such a name, and it decides nothing",
          rule: hop.reference(.rule(key)), endpoint: index)
      }
    }
  }

  /// Whether a pattern is written for some endpoint of the list.
  private func isMeant(_ pattern: URLPattern) -> Bool {
    catalogue.endpoints.contains { endpoint in
      let host: HostName?
      switch endpoint.hostPattern {
      case .exact(let name): host = name
      case .subdomains(let name): host = HostName("a.\(name.text)")
      default: host = nil
      }
      return host.map { pattern.matches(host: $0, path: endpoint.path ?? "/") } ?? false
    }
  }

  /// Tells of an allow that stands behind a rule that takes all that it could take.
  private mutating func collectShadowing(
    _ result: RequirementResult, _ outcome: FlowOutcome, index: Int
  ) {
    guard result.reason == .shadowedAllow, let rule = result.nearMiss, let ordinal = rule.ordinal
    else { return }
    for hop in outcome.hops where hop.device == rule.device {
      let compiled = hop.evaluator.context.compiled
      guard let table = compiled.tableNumbers[rule.table],
        let covering = compiled.coveringRule(of: RuleKey(table: table, rule: ordinal - 1))
      else { continue }
      let name = hop.reference(RuleKey(table: table, rule: covering)).rule
      add(
        .shadowedRule, .warning, "would allow, but never gets its turn behind `\(name)`",
        rule: rule, endpoint: index)
    }
  }

  /// Tells of rules that are switched off and would change what becomes of the endpoint.
  private mutating func collectDisabled(_ outcome: FlowOutcome, index: Int) {
    for hop in outcome.hops where !hop.wasCutShort {
      let context = hop.evaluator.context
      guard !context.disabledRules.isEmpty else { continue }
      let start = JointDoubts.start(context)
      var before: [Int: Outcomes] = [:]
      for rule in context.disabledRules {
        let changed = (0..<min(outcome.space.count, Self.atomsTried)).contains { atom in
          let open = rule.candidate.openTests
          guard open.allSatisfy({ hop.evaluator.truth(of: $0, atom: atom) > .no }) else {
            return false
          }
          var walk = AtomWalk(hop, atom: atom, given: start, enabling: rule)
          let after = walk.run()
          if before[atom] == nil {
            var plain = AtomWalk(hop, atom: atom, given: start)
            before[atom] = plain.run()
          }
          let others = outcome.hops.filter { $0 !== hop }
            .reduce(Outcomes.allow) { HopOutcome.both($0, $1.outcomes(atom)) }
          let old = HopOutcome.both(before[atom] ?? [], others)
          let new = HopOutcome.both(after, others)
          return old != new && (old.isDefinite || new.isDefinite)
        }
        guard changed else { continue }
        let reference = hop.reference(RuleKey(table: rule.table, rule: rule.candidate.rule))
        let allows = reference.action == "allow"
        add(
          .disabledRule, allows ? .warning : .note,
          "would \(allows ? "allow" : "deny"), but is disabled", rule: reference, endpoint: index)
      }
    }
  }

  /// Atoms for which disabled rules are tried; more of them are clients of one kind.
  private static let atomsTried = 256

  private mutating func collectConditions(
    _ result: RequirementResult, endpoint: Endpoint, outcome: FlowOutcome, index: Int
  ) {
    for condition in result.conditions where condition.outcome == "allow" {
      switch condition.condition.kind {
      case .user:
        add(
          .userBoundAllow, .warning,
          "allows only with a certain user identity, which services of the system may not have",
          rule: condition.rule, endpoint: index)
      case .schedule:
        add(
          .scheduledAllow, .warning, "allows only at certain times", rule: condition.rule,
          endpoint: index)
      case .resolvedName:
        // Names learnt from passing DNS answers, or looked up from the address, do cover a
        // wildcard; names that the device resolves itself cannot. A source may be a name, too.
        guard let apex = endpoint.apex, !Self.namesWildcard(condition.rule, outcome),
          Self.namesHost(below: apex, condition.rule, outcome)
        else { break }
        add(
          .wildcardInResolvedObject, .warning,
          "a name resolved by the firewall can never cover every host below a wildcard",
          rule: condition.rule, endpoint: index)
      default: break
      }
    }
  }

  /// Whether a rule names the first host of the space by a wildcard.
  private static func namesWildcard(_ rule: RuleReference, _ outcome: FlowOutcome) -> Bool {
    guard outcome.space.count > 0 else { return false }
    let host = outcome.space.target(of: 0).host
    return names(of: rule, outcome).contains { pattern in
      pattern.hostPattern?.isWildcard ?? true && pattern.matches(host: host, path: "/")
    }
  }

  /// Whether a rule names single hosts below a domain, or the domain's own.
  private static func namesHost(
    below apex: HostName, _ rule: RuleReference, _ outcome: FlowOutcome
  ) -> Bool {
    names(of: rule, outcome).contains { pattern in
      guard case .exact(let host)? = pattern.hostPattern else { return false }
      return host == apex || host.isSubdomain(of: apex)
    }
  }

  /// The names among a rule's destinations.
  private static func names(of rule: RuleReference, _ outcome: FlowOutcome) -> [URLPattern] {
    guard let ordinal = rule.ordinal else { return [] }
    return outcome.hops.flatMap { hop -> [URLPattern] in
      guard hop.device == rule.device,
        let table = hop.evaluator.context.compiled.tableNumbers[rule.table]
      else { return [] }
      return hop.destinationNames(of: RuleKey(table: table, rule: ordinal - 1))
    }
  }

  private mutating func collectApex(
    _ apex: HostName, endpoint: Endpoint, index: Int, context: PathContext
  ) {
    guard
      let space = context.space(
        hosts: .exact(apex), paths: endpoint.pathPattern, samplePath: endpoint.path ?? "/",
        hints: [])
    else { return }
    let outcome = context.evaluate(space)
    let denied = (0..<space.count).first { outcome.outcomes($0) == .deny }
    guard let denied else { return }
    let decider = outcome.hops.lazy.compactMap { hop in
      hop.deciders(denied, towards: .deny).first.map { hop.reference($0.source) }
    }.first
    add(
      .apexNotCovered, .note,
      "names below the domain are allowed and the domain itself is not: the list does not ask for "
        + "it, but some clients are reported to use it", rule: decider, endpoint: index)
  }

  /// Findings about the policy as a whole.
  mutating func collectPolicyWide(tls: PathContext?) {
    if let tls { collectSharedSuffix(tls) }
    for hop in path.hops {
      let policy = hop.policy.policy
      var places: [Note: Int] = [:]
      var first: [Note] = []
      for note in policy.notes where note.kind == .unresolved || note.kind == .unmodelled {
        let key = Note(note.kind, note.text)
        if places[key] == nil { first.append(note) }
        places[key, default: 0] += 1
      }
      for note in first {
        let file = note.position.map {
          policy.files.indices.contains($0.file) ? policy.files[$0.file] : ""
        }
        let others = (places[Note(note.kind, note.text)] ?? 1) - 1
        let text = others == 0 ? note.text : "\(note.text) (and in \(others) more places)"
        if note.kind == .unresolved {
          add(.unresolvedReference, .warning, text, position: note.position, file: file)
        } else {
          add(.unmodelledElement, .note, text, position: note.position, file: file)
        }
      }
    }
  }

  /// A name that nobody uses below the storage suffix that all Azure customers share: whatever
  /// allows it by name allows everybody's storage.
  private static let strangerBlob = HostName(constant: "sallyport-stranger.blob.core.windows.net")

  private mutating func collectSharedSuffix(_ context: PathContext) {
    guard
      let space = context.space(
        hosts: .exact(Self.strangerBlob), paths: .any, samplePath: "/", hints: [])
    else { return }
    let outcome = context.evaluate(space)
    let blobEndpoints = catalogue.endpoints.indices.filter {
      catalogue.endpoints[$0].host.hasSuffix(".blob.core.windows.net")
    }
    for hop in outcome.hops {
      let usesInspection = hop.evaluator.context.mayDecrypt
      for atom in 0..<space.count {
        for decision in hop.stages.flatMap({ $0.decisions(of: atom) })
        where decision.outcome == .allow {
          guard case .rule(let key) = decision.source else { continue }
          let names = hop.names(of: key, matching: Self.strangerBlob)
          guard let name = names.first else { continue }
          let forbidden = catalogue.says(.allowRuleExcludesBlob)
          for index in blobEndpoints {
            add(
              .sharedSuffixAllow, forbidden ? .warning : .note,
              "`\(name.text)` allows the storage of every Azure customer"
                + (forbidden ? "; the list asks for no such rule" : ""),
              rule: hop.reference(decision.source), endpoint: index)
          }
          if usesInspection, catalogue.says(.blobNoInspectionExclusion),
            !hop.decrypts(decision.source), hop.evaluator.context.pipeline.inspection == nil
          {
            addBypass(hop.reference(decision.source), name: name, blobEndpoints)
          }
        }
        if usesInspection, catalogue.says(.blobNoInspectionExclusion),
          let inspection = hop.inspection, inspection.outcomes(atom) == .deny,
          let decision = inspection.decisions(of: atom).first(where: { $0.outcome == .deny }),
          case .rule(let key) = decision.source,
          let name = hop.names(of: key, matching: Self.strangerBlob).first
        {
          addBypass(hop.reference(decision.source), name: name, blobEndpoints)
        }
      }
    }
  }

  private mutating func addBypass(
    _ rule: RuleReference, name: URLPattern, _ blobEndpoints: [Int]
  ) {
    for index in blobEndpoints {
      add(
        .inspectionBypassBlob, .error,
        "`\(name.text)` is exempted from inspection, and the list forbids that for "
          + "*.blob.core.windows.net", rule: rule, endpoint: index)
    }
  }
}

extension HopOutcome {
  /// Whether a rule allows every TCP port.
  fileprivate func allowsEveryPort(_ key: RuleKey) -> Bool {
    let context = evaluator.context
    return context.compiled.tables[key.table].rules[key.rule].tests.allSatisfy {
      if case .service(let list) = context.compiled.tests[Int($0)] {
        return list.tcpPorts.isFull && list.doubts.isEmpty
      }
      return true
    }
  }

  /// Whether a rule decrypts what it allows.
  fileprivate func decrypts(_ source: Decision.Source) -> Bool {
    guard case .rule(let key) = source else { return false }
    return evaluator.context.compiled.policy.tables[key.table].rules[key.rule].decrypts
  }

  /// The rules that can matter and name some of the patterns as a destination, with each of these.
  fileprivate func rules(naming patterns: Set<URLPattern>) -> [(RuleKey, URLPattern)] {
    let context = evaluator.context
    return context.reachableTables.flatMap { table in
      context.candidates(table: table).flatMap { candidate -> [(RuleKey, URLPattern)] in
        let key = RuleKey(table: table, rule: candidate.rule)
        return destinationNames(of: key).filter(patterns.contains).map { (key, $0) }
      }
    }
  }

  /// The name entries of a rule's destinations.
  fileprivate func destinationNames(of key: RuleKey) -> [URLPattern] {
    let context = evaluator.context
    return context.compiled.tables[key.table].rules[key.rule].tests.flatMap {
      test -> [URLPattern] in
      guard case .destination(let list, _) = context.compiled.tests[Int(test)] else { return [] }
      return list.allNames.map(\.pattern)
    }
  }

  /// The name entries of a rule's destinations that hold a host.
  fileprivate func names(of key: RuleKey, matching host: HostName) -> [URLPattern] {
    let context = evaluator.context
    return context.compiled.tables[key.table].rules[key.rule].tests.flatMap {
      test -> [URLPattern] in
      guard case .destination(let list, _) = context.compiled.tests[Int(test)] else { return [] }
      return Self.names(in: list, matching: host)
    }
  }

  /// The entries of a list, and of groups in it, that hold a host.
  private static func names(
    in list: CompiledEndpoints, matching host: HostName
  ) -> [URLPattern] {
    guard !list.negated else { return [] }
    let own = list.candidates(for: host).map { list.names[$0].pattern }
      .filter { $0.matches(host: host, path: "/") && $0 != .host(.any) }
    return own + list.nested.flatMap { names(in: $0, matching: host) }
  }
}
