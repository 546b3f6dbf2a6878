import NetworkSets
import PolicyModel

/// Puts the rules of a device, table by table, as questions about the names of a requirement.
struct NameQuestions {
  private let hosts: HostPattern
  /// Whether the URLs are told apart by paths, and whether some devices see the host alone.
  private let paths: (divide: Bool, mayBeHidden: Bool)
  private let insides: NameInsideName?
  private(set) var tables: [[NameQuestion]] = []
  /// Which rule each question stands for.
  private(set) var rules: [[(device: HopContext, key: RuleKey)]] = []
  /// Entries that meet the requirement only where one name stands inside another.
  private(set) var lookAlikes: Set<URLPattern> = []
  /// Whether some entry has a path that matters.
  private(set) var usesPaths = false

  init(hosts: HostPattern, paths: (divide: Bool, mayBeHidden: Bool), known: [HostName]) {
    self.hosts = hosts
    self.paths = paths
    insides = NameInsideName(hosts: hosts)
    guard hosts.isWildcard, !known.isEmpty else { return }
    // A host of the user's table gets a class of its own, so that its addresses can decide.
    tables.append(
      known.map { NameQuestion(parts: [NamePart(patterns: [.host(.exact($0))])], takes: true) })
    rules.append([])
  }

  mutating func add(_ device: HopContext) {
    let tests = device.destinationTests(for: hosts)
    for table in device.reachableTables {
      var questions: [NameQuestion] = []
      var keys: [(device: HopContext, key: RuleKey)] = []
      for candidate in device.candidates(table: table, where: tests) {
        let key = RuleKey(table: table, rule: candidate.rule)
        let rule = device.compiled.tables[table].rules[candidate.rule]
        let isPlain = candidate.settled == .yes && candidate.openTests.count == 1
        var isTaken = false
        for test in candidate.openTests {
          guard case .destination(let list, _) = device.compiled.tests[Int(test)] else { continue }
          var parts: [NamePart] = []
          let first = add(list, to: &parts)
          let takes = isPlain && list.isPlainUnion && rule.action.endsTable
          if takes, first == .everything {
            isTaken = true
            break
          }
          if !parts.isEmpty {
            questions.append(
              NameQuestion(parts: parts, takes: takes && first == .ownPart))
            keys.append((device, key))
          }
        }
        if isTaken { break }
      }
      if !questions.isEmpty {
        tables.append(questions)
        rules.append(keys)
      }
    }
  }

  private enum Definite {
    /// The list holds every URL in question, whatever else it says.
    case everything
    /// What it holds for certain is the first of the parts.
    case ownPart
    case neither
  }

  private mutating func add(_ list: CompiledEndpoints, to parts: inout [NamePart]) -> Definite {
    var definite: [URLPattern] = []
    var single: [URLPattern] = []
    var holdsAll = false
    for index in meeting(list) {
      let name = list.names[index]
      let isDefinite = name.binding == .observed || name.binding == .proxied
      switch place(of: name.pattern) {
      case .none: continue
      case .everywhere: holdsAll = holdsAll || isDefinite
      case .somewhere:
        if isDefinite { definite.append(name.pattern) } else { single.append(name.pattern) }
      }
    }
    var result = Definite.neither
    if holdsAll {
      result = .everything
    } else if !definite.isEmpty {
      if definite.allSatisfy(\.ignoresPath) || !paths.mayBeHidden { result = .ownPart }
      append(definite, to: &parts)
    }
    for pattern in single { append([pattern], to: &parts) }
    for part in list.nested { _ = add(part, to: &parts) }
    if let exceptions = list.exceptions { _ = add(exceptions, to: &parts) }
    return result
  }

  /// The entries that may hold some of the hosts.
  private func meeting(_ list: CompiledEndpoints) -> [Int] {
    if case .exact(let host) = hosts { return list.candidates(for: host) }
    return Array(list.names.indices)
  }

  private mutating func append(_ patterns: [URLPattern], to parts: inout [NamePart]) {
    parts.append(NamePart(patterns: patterns))
    guard paths.mayBeHidden else { return }
    let withPath = patterns.filter { !$0.ignoresPath }
    if !withPath.isEmpty { parts.append(NamePart(patterns: withPath, seesHostOnly: true)) }
  }

  private enum Place { case none, somewhere, everywhere }

  /// How much of the URLs in question an entry holds, as far as its kind tells.
  private mutating func place(of pattern: URLPattern) -> Place {
    if case .exact(let host) = hosts {
      if pattern.ignoresPath {
        return pattern.matches(host: host, path: "/") ? .everywhere : .none
      }
      guard paths.divide else { return .none }
    }
    var isWholeHost = false
    if let own = pattern.hostPattern {
      switch own.relation(to: hosts) {
      case .disjoint: return .none
      case .covering:
        if pattern.ignoresPath { return .everywhere }
        isWholeHost = true
      case .overlapping: break
      }
      if pattern.ignoresPath, own.isPlainName { return .somewhere }
    }
    if !isWholeHost || !pattern.ignoresPath, let insides, insides.isForeign(pattern) {
      lookAlikes.insert(pattern)
      return .none
    }
    if !pattern.ignoresPath { usesPaths = true }
    return .somewhere
  }
}

extension HostPattern {
  /// Whether the pattern is a name, or what lies below one: nothing that could stand inside another.
  fileprivate var isPlainName: Bool {
    switch self {
    case .exact, .subdomains, .apexAndSubdomains, .oneLabel: true
    default: false
    }
  }
}

extension CompiledEndpoints {
  /// Whether a host that one of the list's own entries holds for certain is in the list.
  fileprivate var isPlainUnion: Bool { !negated && exceptions == nil }
}

extension CompiledPolicy.CompiledAction {
  /// Whether a flow that the rule takes is not asked about later rules of the table.
  var endsTable: Bool {
    switch self {
    case .continue, .jump: false
    default: true
    }
  }
}
