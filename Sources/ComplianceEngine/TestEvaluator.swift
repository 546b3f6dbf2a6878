import NetworkSets
import PolicyModel

/// Answers the tests of one device for all atoms of a flow space, each test once.
final class TestEvaluator {
  struct Answer {
    let yes: AtomSet
    let perhaps: AtomSet
  }

  let context: HopContext
  let space: FlowSpace
  /// Atoms whose path the device certainly, or perhaps, sees.
  private(set) var pathSeen: Answer
  private var answers: [Answer?]
  /// What gate tables come to, each walked once for all atoms and all rules that use it.
  private var gates: [Int: TableWalk] = [:]
  private var gatesInProgress: Set<Int> = []
  private var candidateLists: [Int: [HopContext.Candidate]] = [:]
  private let everything: AtomSet
  /// The categories of the user's, folded.
  private let categories: Set<String>
  private let nothing: AtomSet

  init(context: HopContext, space: FlowSpace) {
    self.context = context
    self.space = space
    everything = space.allAtoms
    categories = Set(context.knowledge.categories.map(VendorWord.folded))
    nothing = AtomSet(count: space.count)
    pathSeen =
      space.isPlainHTTP
      ? Answer(yes: everything, perhaps: nothing) : Answer(yes: nothing, perhaps: nothing)
    answers = Array(repeating: nil, count: context.compiled.tests.count)
  }

  /// Sets what the inspection table came to; answers given before are forgotten, since they were
  /// given for a device that sees no path.
  func setPathSeen(yes: AtomSet, perhaps: AtomSet) {
    pathSeen = Answer(yes: yes, perhaps: perhaps)
    answers = Array(repeating: nil, count: answers.count)
    gates = [:]
  }

  /// The rules of a table that some atom may match, in order.
  func candidates(table: Int) -> [HopContext.Candidate] {
    if let known = candidateLists[table] { return known }
    let found = context.candidates(table: table, where: foundTests)
    candidateLists[table] = found
    return found
  }

  /// The indexed tests that can say anything but no about the hosts of the space.
  private lazy var foundTests: Set<Int32> = Set(space.targets.map(\.host))
    .reduce(into: Set()) { $0.formUnion(context.compiled.hostIndex.tests(for: $1)) }

  /// The walk of a gate table; nil where the gate is reached from inside itself.
  func gate(_ table: Int) -> TableWalk? {
    if let known = gates[table] { return known }
    guard gatesInProgress.count < 32, gatesInProgress.insert(table).inserted else { return nil }
    defer { gatesInProgress.remove(table) }
    let walk = TableWalk(self)
    walk.run(table: table, live: everything)
    gates[table] = walk
    return walk
  }

  /// The atoms of `live` that a candidate rule certainly, or perhaps, matches.
  func match(_ candidate: HopContext.Candidate, live: AtomSet) -> Answer {
    var possible = live
    var certain = candidate.settled == .yes ? live : nothing
    for test in candidate.openTests {
      let answer = answer(test)
      certain.formIntersection(answer.yes)
      possible.formIntersection(answer.yes.union(answer.perhaps))
      if possible.isEmpty { break }
    }
    return Answer(yes: certain, perhaps: possible.subtracting(certain))
  }

  private func answer(_ test: Int32) -> Answer {
    if let known = answers[Int(test)] { return known }
    let result = evaluate(test, context.compiled.tests[Int(test)])
    if keeps(test) { answers[Int(test)] = result }
    return result
  }

  /// Whether the answer for all atoms is worth its memory: in a large space only where several rules
  /// ask.
  private func keeps(_ test: Int32) -> Bool {
    space.count <= 1 << 16 || context.compiled.uses[Int(test)] > 1
  }

  private func evaluate(_ number: Int32, _ test: CompiledPolicy.Test) -> Answer {
    switch test {
    case .from, .to, .zonePair:
      let truths = space.zones.map { HopContext.truth(test, zones: $0[context.number]) }
      return Answer(
        yes: space.atoms(whereZones: truths.map { $0 == .yes }),
        perhaps: space.atoms(whereZones: truths.map { $0 == .perhaps }))
    case .source(let list):
      let answer = context.clients(number, list)
      return Answer(
        yes: space.atoms(ofClients: answer.yes), perhaps: space.atoms(ofClients: answer.perhaps))
    case .destination(let list, let decrypts):
      return destination(list, decrypts: decrypts)
    case .service, .family, .application, .requires, .never:
      // Settled before any atom is looked at; the context never leaves them open.
      return Answer(yes: everything, perhaps: nothing)
    }
  }

  private func destination(_ list: CompiledEndpoints, decrypts: Bool) -> Answer {
    var yes = nothing
    var perhaps = nothing
    func add(_ visibility: Truth, within atoms: AtomSet) {
      guard !atoms.isEmpty else { return }
      let truths = space.targets.map {
        list.truth(for: question($0, pathVisible: visibility))
      }
      if truths.contains(.yes) {
        yes.formUnion(space.atoms(whereTarget: truths.map { $0 == .yes }).intersection(atoms))
      }
      if truths.contains(.perhaps) {
        perhaps.formUnion(
          space.atoms(whereTarget: truths.map { $0 == .perhaps }).intersection(atoms))
      }
    }
    if decrypts {
      add(.yes, within: everything)
    } else {
      add(.yes, within: pathSeen.yes)
      add(.perhaps, within: pathSeen.perhaps)
      add(.no, within: everything.subtracting(pathSeen.yes).subtracting(pathSeen.perhaps))
    }
    return Answer(yes: yes, perhaps: perhaps)
  }

  func question(
    _ target: FlowSpace.Target, pathVisible: Truth
  ) -> CompiledEndpoints.Destination {
    CompiledEndpoints.Destination(
      host: target.host, path: target.path, address: target.address, family: space.family,
      pathVisible: pathVisible, tagTable: context.knowledge.tags,
      categories: categories)
  }

  /// How far the device sees the path of an atom.
  func pathVisible(_ atom: Int) -> Truth {
    if pathSeen.yes.contains(atom) { return .yes }
    return pathSeen.perhaps.contains(atom) ? .perhaps : .no
  }

  /// As ``truth(of:atom:)`` for a test that depends on the atom, found once for all atoms.
  func truth(cached test: Int32, atom: Int) -> Truth {
    guard keeps(test) else { return truth(of: test, atom: atom) }
    let answer = answer(test)
    if answer.yes.contains(atom) { return .yes }
    return answer.perhaps.contains(atom) ? .perhaps : .no
  }

  /// What one test comes to for one atom.
  func truth(of test: Int32, atom: Int) -> Truth {
    switch context.compiled.tests[Int(test)] {
    case .from, .to, .zonePair:
      return HopContext.truth(
        context.compiled.tests[Int(test)], zones: space.zones(of: atom)[context.number])
    case .source(let list):
      return list.truth(forClient: space.client(of: atom), tagTable: context.knowledge.tags)
    case .destination(let list, let decrypts):
      return list.truth(
        for: question(
          space.target(of: atom), pathVisible: decrypts ? .yes : pathVisible(atom)))
    case .service(let list): return list.truth(tcpPort: space.port)
    case .family(let family): return Truth(family == space.family)
    case .application(let names):
      return OutsideKnowledge.truth(ofApplications: names, context.knowledge.applications)
    case .requires: return .perhaps
    case .never: return .no
    }
  }

  /// Why a test is undecided for an atom, whatever the other tests of its rule come to.
  func doubts(of test: Int32, atom: Int, rule: RuleKey) -> [OpenDoubt] {
    var tests = OpenTests(
      self, atom: atom, given: JointDoubts.start(context), rule: rule,
      pathSeen: pathVisible(atom))
    return tests.answer(test).doubts
  }
}
