import NetworkSets
import PolicyModel

/// A policy prepared for evaluation: objects flattened, equal clauses shared, tables by number.
///
/// Compiling costs time linear in the size of the policy; it is done once for all requirements
/// and clients.
package final class CompiledPolicy: Sendable {
  enum Test: Sendable {
    case from(ZoneList)
    case to(ZoneList)
    case zonePair(ZonePairing)
    case family(AddressFamily)
    case source(CompiledEndpoints)
    /// `decrypts` says that the rule decrypts what it is asked about, so that it sees paths.
    case destination(CompiledEndpoints, decrypts: Bool)
    case service(CompiledServices)
    case application(Set<String>)
    case requires(Condition)
    case never(String)
  }

  struct CompiledRule: Sendable {
    /// Numbers into ``CompiledPolicy/tests``.
    let tests: [Int32]
    let action: CompiledAction
    let enabled: Bool
  }

  enum CompiledAction: Sendable {
    case allow(gates: [Int])
    case deny
    case jump(Int)
    case goto(Int)
    case `return`
    case `continue`
    case inspect
    case bypass
    /// Names a table that does not exist.
    case broken
  }

  struct CompiledTable: Sendable {
    let rules: [CompiledRule]
  }

  package let policy: Policy
  let tests: [Test]
  /// How many rules ask each test.
  let uses: [Int]
  let tables: [CompiledTable]
  let tableNumbers: [String: Int]
  /// Finds destination tests by host.
  let hostIndex: HostIndex
  /// Whether two conditions in the same words are the same doubt. A person or a program that writes
  /// the neutral form says so; an importer may use one wording for several doubts.
  var equalWordsAreOne: Bool { policy.format == Policy.neutralFormat }
  /// Rules that stand for one rule of the export together with a neighbour of another action: what
  /// may allow as well as deny. Their doubts are theirs alone.
  private let halves: Set<RuleKey>

  func standsForAnother(_ rule: RuleKey) -> Bool { halves.contains(rule) }

  package init(_ policy: Policy) {
    self.policy = policy
    var numbers: [String: Int] = [:]
    for (index, table) in policy.tables.enumerated() where numbers[table.name] == nil {
      numbers[table.name] = index
    }
    var resolver = ObjectResolver(policy)
    var tests: [Test] = []
    var known: [Key: Int32] = [:]
    var tables: [CompiledTable] = []
    var halves: Set<RuleKey> = []
    for (tableNumber, table) in policy.tables.enumerated() {
      for (index, rule) in table.rules.enumerated().dropFirst() {
        let previous = table.rules[index - 1]
        if previous.position == rule.position, previous.action != rule.action {
          halves.insert(RuleKey(table: tableNumber, rule: index - 1))
          halves.insert(RuleKey(table: tableNumber, rule: index))
        }
      }
      var rules: [CompiledRule] = []
      rules.reserveCapacity(table.rules.count)
      for rule in table.rules {
        let ids = rule.match.clauses.map { clause -> Int32 in
          let key = Key(clause: clause, decrypts: rule.decrypts)
          if let number = known[key] { return number }
          let number = Int32(tests.count)
          tests.append(Self.compile(clause, decrypts: rule.decrypts, with: &resolver))
          known[key] = number
          return number
        }
        rules.append(
          CompiledRule(
            tests: ids.sorted { Self.cost(tests[Int($0)]) < Self.cost(tests[Int($1)]) },
            action: Self.compile(rule.action, numbers: numbers), enabled: rule.enabled))
      }
      tables.append(CompiledTable(rules: rules))
    }
    self.tests = tests
    uses = tables.reduce(into: Array(repeating: 0, count: tests.count)) { uses, table in
      for rule in table.rules { for test in rule.tests { uses[Int(test)] += 1 } }
    }
    self.tables = tables
    self.halves = halves
    tableNumbers = numbers
    var index = HostIndex()
    for (number, test) in tests.enumerated() {
      if case .destination(let list, _) = test { index.insert(Int32(number), list) }
    }
    hostIndex = index
  }

  private struct Key: Hashable {
    let clause: Clause
    let decrypts: Bool
  }

  private static func compile(
    _ clause: Clause, decrypts: Bool, with resolver: inout ObjectResolver
  ) -> Test {
    switch clause {
    case .from(let zones): .from(zones)
    case .to(let zones): .to(zones)
    case .zonePair(let pairing): .zonePair(pairing)
    case .family(let family): .family(family)
    case .source(let list): .source(resolver.compile(list))
    case .destination(let list): .destination(resolver.compile(list), decrypts: decrypts)
    case .service(let list): .service(resolver.compile(list))
    case .application(let names): .application(Set(names))
    case .requires(let condition): .requires(condition)
    case .period(let period): .requires(Condition(.schedule, period.text))
    case .never(let reason): .never(reason)
    }
  }

  private static func compile(_ action: Action, numbers: [String: Int]) -> CompiledAction {
    switch action {
    case .allow(let gates):
      let known = gates.compactMap { numbers[$0] }
      return known.count == gates.count ? .allow(gates: known) : .broken
    case .deny: return .deny
    case .jump(let name): return numbers[name].map { .jump($0) } ?? .broken
    case .goto(let name): return numbers[name].map { .goto($0) } ?? .broken
    case .return: return .return
    case .continue: return .continue
    case .inspect: return .inspect
    case .bypass: return .bypass
    }
  }

  /// Tests that are the same for every atom come first, so that most rules end at their first test.
  private static func cost(_ test: Test) -> Int {
    switch test {
    case .never, .family, .from, .to, .zonePair, .service: 0
    case .requires, .application: 3
    case .destination: 2
    case .source: 1
    }
  }

  /// Whether rules ask for the entering or leaving zone.
  var usesZones: Bool {
    tests.contains {
      switch $0 {
      case .from, .to, .zonePair: true
      default: false
      }
    }
  }
}
