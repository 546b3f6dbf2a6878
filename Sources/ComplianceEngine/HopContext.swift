import NetworkSets
import PolicyModel

/// What one device's rules come to for one port, before any host is asked about.
///
/// Rules that cannot match any flow to that port are dropped once, with the tests that are settled
/// already, so that each requirement only walks the rules that can matter to it.
final class HopContext {
  struct Candidate {
    let rule: Int
    /// Tests whose answer depends on the atom.
    let openTests: [Int32]
    /// What the settled tests come to: `perhaps` or `yes`.
    let settled: Truth
  }

  let hop: Hop
  /// Position of the device on the path.
  let number: Int
  let pipeline: Pipeline
  let port: UInt16
  let family: AddressFamily
  let zonePairs: [FlowSpace.ZonePair]
  let knowledge: OutsideKnowledge
  private var settledTests: [Truth??]
  /// The clients of the path; the same for every requirement of the port.
  var clientIndex = ClientIndex([])
  private var clientAnswers: [Int32: ClientIndex.Answer] = [:]
  private var candidateLists: [[Candidate]?]
  /// What rules in doubt hang on, where that is the same for every flow to the port; worked out
  /// once for all requirements.
  var settledConditions: [DoubtfulRule: [ConditionReference]?] = [:]

  /// A rule in doubt, and what it would do.
  struct DoubtfulRule: Hashable {
    let rule: RuleKey
    let outcome: Outcomes

    var outcomeWord: String { outcome.word }
  }

  init?(
    hop: Hop, number: Int, port: UInt16, family: AddressFamily, knowledge: OutsideKnowledge
  ) {
    guard let pipeline = hop.pipeline else { return nil }
    self.hop = hop
    self.number = number
    self.pipeline = pipeline
    self.port = port
    self.family = family
    self.knowledge = knowledge
    zonePairs = Self.zonePairs(hop)
    settledTests = Array(repeating: .none, count: hop.policy.tests.count)
    candidateLists = Array(repeating: nil, count: hop.policy.tables.count)
  }

  var compiled: CompiledPolicy { hop.policy }

  /// The zone pairs that a flow of the client may use: the given ones, and where the user left one
  /// open every zone that a rule can tell apart.
  private static func zonePairs(_ hop: Hop) -> [FlowSpace.ZonePair] {
    let client = hop.client
    let host = client.traffic == .host
    guard hop.policy.usesZones else {
      return [FlowSpace.ZonePair(from: client.fromZone, to: client.toZone)]
    }
    var fromNames: Set<String> = []
    var toNames: Set<String> = []
    for test in hop.policy.tests {
      switch test {
      case .from(let list): fromNames.formUnion(list.names)
      case .to(let list): toNames.formUnion(list.names)
      case .zonePair:
        fromNames.formUnion(hop.policy.policy.zones.map(\.name))
        toNames.formUnion(hop.policy.policy.zones.map(\.name))
      default: break
      }
    }
    // Names that no rule can hold stand for every zone that no rule names. Traffic to the Internet
    // goes from one zone to another, so an open pair never stays in one zone, and what a device
    // forwards neither starts nor ends at the device itself. Clients are not looked for in zones
    // that rules name as exits only.
    fromNames.remove(hostZone)
    toNames.remove(hostZone)
    let froms =
      host
      ? [hostZone] : client.fromZone.map { [$0] } ?? (fromNames.sorted() + ["(a zone in no rule)"])
    let tos =
      client.toZone.map { [$0] }
      // Where both are open, there may be two zones under one wildcard, to come by and to leave by.
      ?? (toNames.sorted().map {
        $0.hasSuffix("*") && !host && client.fromZone == nil ? "\($0) (another)" : $0
      }
        + ["(another zone in no rule)"])
    let isOpen = client.fromZone == nil || client.toZone == nil
    let pairs = froms.flatMap { from in
      tos.filter { !isOpen || $0 != from }.map { FlowSpace.ZonePair(from: from, to: $0) }
    }
    return pairs.isEmpty ? [FlowSpace.ZonePair(from: froms[0], to: tos[0])] : pairs
  }

  /// The answer of a test that is the same for every atom; nil where it depends on the atom.
  private func settled(_ number: Int32) -> Truth? {
    if let known = settledTests[Int(number)] { return known }
    let answer: Truth?
    switch compiled.tests[Int(number)] {
    case .never: answer = .no
    case .requires: answer = .perhaps
    case .application(let names):
      answer = OutsideKnowledge.truth(ofApplications: names, knowledge.applications)
    case .family(let wanted): answer = Truth(wanted == family)
    case .service(let list): answer = list.truth(tcpPort: port)
    case .from, .to, .zonePair:
      let answers = Set(zonePairs.map { Self.truth(compiled.tests[Int(number)], zones: $0) })
      answer = answers.count == 1 ? answers.first : nil
    case .source(let list):
      answer = list.matchesAll && !list.negated && list.exceptions == nil ? .yes : nil
    case .destination(let list, _):
      if list.hasNames || !knowledge.addresses.isEmpty {
        answer = nil
      } else {
        answer = list.truth(for: Self.anyDestination(family: family, knowledge: knowledge))
      }
    }
    settledTests[Int(number)] = .some(answer)
    return answer
  }

  /// Whether a test is in doubt for the same reasons whatever the flow.
  func hasSettledReasons(_ test: Int32) -> Bool {
    if settled(test) != nil { return true }
    // Addresses alone hold a client or do not.
    if case .source(let list) = compiled.tests[Int(test)] { return list.isPlainAddresses }
    return false
  }

  /// The clients that a source test holds, found once for all requirements.
  func clients(_ test: Int32, _ list: CompiledEndpoints) -> ClientIndex.Answer {
    if let known = clientAnswers[test] { return known }
    let answer = clientIndex.answer(list, tagTable: knowledge.tags)
    clientAnswers[test] = answer
    return answer
  }

  /// The zone name of traffic that starts on the device.
  static let hostZone = "HOST"

  static func truth(_ test: CompiledPolicy.Test, zones: FlowSpace.ZonePair) -> Truth {
    switch test {
    case .from(let list) where zones.from == hostZone:
      // What the machine itself sends enters by no interface, and differs from every interface
      // that a rule names: Linux compares with an empty name (iptables always did; nft_meta since
      // commit cb81572e8cb5, "Make nft_meta expression more robust").
      Truth(list.names.contains(hostZone) != list.negated)
    case .from(let list): zones.from.map { Truth(list.contains($0)) } ?? .perhaps
    case .to(let list): zones.to.map { Truth(list.contains($0)) } ?? .perhaps
    case .zonePair(let pairing):
      if let from = zones.from, let to = zones.to {
        Truth((from == to) == (pairing == .intrazone))
      } else {
        .perhaps
      }
    default: .yes
    }
  }

  private static func anyDestination(
    family: AddressFamily, knowledge: OutsideKnowledge
  ) -> CompiledEndpoints.Destination {
    CompiledEndpoints.Destination(
      host: anyHost, path: "/", address: nil, family: family, pathVisible: .no,
      tagTable: knowledge.tags, categories: Set(knowledge.categories.map(VendorWord.folded)))
  }

  // A list without names answers alike for every host, so any well-formed name will do.
  private static let anyHost = HostName(constant: "host.invalid")

  /// The enabled rules of a table that some flow to the port may match, in order.
  func candidates(table: Int) -> [Candidate] {
    if let known = candidateLists[table] { return known }
    var result: [Candidate] = []
    for (index, rule) in compiled.tables[table].rules.enumerated() where rule.enabled {
      guard let candidate = candidate(rule, index: index) else { continue }
      result.append(candidate)
      // Behind a rule that takes every flow to the port no rule has a say.
      if candidate.openTests.isEmpty, candidate.settled == .yes, rule.action.endsTable { break }
    }
    candidateLists[table] = result
    return result
  }

  func candidate(_ rule: CompiledPolicy.CompiledRule, index: Int) -> Candidate? {
    var settledTruth = Truth.yes
    var open: [Int32] = []
    for test in rule.tests {
      if let answer = settled(test) {
        settledTruth = settledTruth && answer
        if settledTruth == .no { return nil }
      } else {
        open.append(test)
      }
    }
    return Candidate(rule: index, openTests: open, settled: settledTruth)
  }

  /// The candidates of a table by the indexed tests that they hang on: those without one, and for
  /// each test those that it keeps from matching.
  struct CandidateIndex {
    var always: [Int32] = []
    var byTest: [Int32: [Int32]] = [:]
  }

  private var candidateIndexes: [Int: CandidateIndex] = [:]

  /// The candidates of a table that may match hosts about which only `tests` of the indexed tests
  /// can say anything but no, in order.
  func candidates(table: Int, where tests: Set<Int32>) -> [Candidate] {
    let all = candidates(table: table)
    let index: CandidateIndex
    if let known = candidateIndexes[table] {
      index = known
    } else {
      var made = CandidateIndex()
      for (number, candidate) in all.enumerated() {
        if let test = candidate.openTests.first(where: { hostIndex.indexed.contains($0) }) {
          made.byTest[test, default: []].append(Int32(number))
        } else {
          made.always.append(Int32(number))
        }
      }
      index = made
      candidateIndexes[table] = made
    }
    guard index.always.count < all.count else { return all }
    let found = tests.flatMap { index.byTest[$0] ?? [] }
    return (index.always + found).sorted().map { all[Int($0)] }
  }

  private var hostIndex: HostIndex { compiled.hostIndex }

  /// The tests found by host that may treat some of the hosts differently from others.
  func destinationTests(for hosts: HostPattern) -> Set<Int32> {
    hostIndex.tests(for: hosts) ?? hostIndex.indexed
  }

  /// The tables that the pipeline can reach, gates and inspection included.
  lazy var reachableTables: [Int] = {
    var reached: [Int] = []
    var seen: Set<Int> = []
    var queue = pipeline.stages.filter { $0.families.contains(family) }.map(\.table)
      .compactMap { compiled.tableNumbers[$0] }
    if let inspection = pipeline.inspection, let number = compiled.tableNumbers[inspection] {
      queue.append(number)
    }
    while let table = queue.popLast() {
      guard seen.insert(table).inserted else { continue }
      reached.append(table)
      for candidate in candidates(table: table) {
        switch compiled.tables[table].rules[candidate.rule].action {
        case .allow(let gates): queue += gates
        case .jump(let target), .goto(let target): queue.append(target)
        default: break
        }
      }
    }
    return reached.sorted()
  }()

  /// The open tests of all rules that can matter, each once.
  lazy var openTests: [Int32] = {
    var tests: Set<Int32> = []
    for table in reachableTables {
      for candidate in candidates(table: table) { tests.formUnion(candidate.openTests) }
    }
    return tests.sorted()
  }()

  /// A rule that is switched off.
  struct DisabledRule {
    let table: Int
    let candidate: Candidate
  }

  /// The allows and denies of reachable tables that are switched off and could take a flow to the
  /// port.
  lazy var disabledRules: [DisabledRule] = reachableTables.flatMap { table in
    compiled.tables[table].rules.enumerated().compactMap { index, rule -> DisabledRule? in
      switch rule.action {
      case .allow, .deny:
        guard !rule.enabled, let candidate = candidate(rule, index: index) else { return nil }
        return DisabledRule(table: table, candidate: candidate)
      default: return nil
      }
    }
  }

  /// Whether some source list holds more than addresses, so that clients may be in doubt.
  lazy var doubtsSources: Bool = openTests.contains {
    if case .source(let list) = compiled.tests[Int($0)] { !list.isPlainAddresses } else { false }
  }

  /// Whether the device may decrypt TLS and then see paths.
  lazy var mayDecrypt: Bool = {
    if let inspection = pipeline.inspection {
      guard let number = compiled.tableNumbers[inspection] else { return true }
      if compiled.policy.tables[number].defaultAction.outcome == .allow { return true }
      let canInspect = reachableTables.contains { table in
        candidates(table: table).contains {
          if case .inspect = compiled.tables[table].rules[$0.rule].action { true } else { false }
        }
      }
      if canInspect { return true }
    }
    return openTests.contains {
      if case .destination(_, decrypts: true) = compiled.tests[Int($0)] { true } else { false }
    }
  }()
}
