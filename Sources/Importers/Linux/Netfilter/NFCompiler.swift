import ImportKit

/// Turns chains into stages for every packet of a connection.
///
/// A base chain is a stage for each packet, whose rules are translated as that packet meets them.
/// Where rules change something that other rules ask for (marks, tracking), the base chains between
/// the first that changes it and the last that asks are made into one stage: each chain has a copy
/// for every state in which it is entered, and a rule that changes the state leads on to the copy
/// of the rest for the new state. What earlier packets leave behind (connection marks, tracking) is
/// found by walking their chains first.
///
/// Stages of later packets that cannot stop anything are left out: most rulesets let established
/// connections pass at their head. So are those that are the same for data as for the answer.
final class NFCompiler {
  /// Tables by which the stages are walked.
  private(set) var tables: [Table] = []
  private let rules: any NFRules
  private let hooks: NFHooks
  private let packets: [NFPacket]
  private var used: Set<String>
  private var keys: [Key: String] = [:]
  private var queue: [Key] = []
  private var programs: [Program] = []
  /// Numbers under which chains without a place of their own are shared between programs.
  private var shared: [Shared: Int] = [:]
  private var made: [String: Table] = [:]
  private var order: [String] = []
  /// Stages that later packets meet already: one that is the same says nothing new.
  private var known: Set<Likeness> = []
  /// Copies at most: behind that marks and tracking are left open.
  private static let copyLimit = 2_000

  private struct Shared: Hashable {
    let traffic: TrafficKind
    let packet: NFPacket
    let hook: String
    let isAhead: Bool
    let hasOtherAddress: Bool
  }

  /// A packet at a base chain.
  private struct Step: Hashable {
    let packet: NFPacket
    let chain: Int
  }

  private struct Program {
    let traffic: TrafficKind
    let family: AddressFamily?
    let steps: [Step]
    let isLinked: Bool
  }

  private struct Frame: Hashable {
    let chain: Int
    let rule: Int
  }

  private struct Key: Hashable {
    let program: Int
    let step: Int
    let chain: Int
    let rule: Int
    let state: NFState
    /// Where to go on at the end of the chain; empty where the model's own return does.
    let continuation: [Frame]
  }

  /// - Parameter taken: names of tables that exist already.
  init(_ rules: any NFRules, taken: Set<String>) {
    self.rules = rules
    hooks = NFHooks(rules)
    used = taken
    packets =
      hooks.reach.contains(where: \.tellsPacketsApart) ? NFPacket.all : NFPacket.onePerPhase
  }

  /// The stages of one kind of traffic, first packets included where state plays a part in them.
  ///
  /// - Parameter plain: the stage of a first packet at a base chain in the usual state, where there is
  ///   a table for it already.
  func stages(
    _ traffic: TrafficKind, plain: (Int, [AddressFamily]) -> Stage?
  ) -> [Stage] {
    var result: [Stage] = []
    let changesFour = sequence(traffic, .ipv4)
    let changesSix = sequence(traffic, .ipv6)
    if changesFour == changesSix {
      result += stages(traffic, .ipv4, AddressFamily.allCases, changesFour, plain)
    } else {
      // Chains of both families are stages of both where nothing depends on what came before.
      let four = stages(traffic, .ipv4, [.ipv4], changesFour, plain)
      let six = stages(traffic, .ipv6, [.ipv6], changesSix, plain)
      result = Self.merged(four, six)
    }
    tables = order.compactMap { made[$0] }
    return result
  }

  private var startingState: NFState {
    NFState(mark: rules.startingMark, connectionMark: rules.startingConnectionMark)
  }

  /// Whether a table that was made for routed packets to be forwarded shows a base chain, with all
  /// that it leads to, as first packets of the traffic meet it.
  func isShown(_ chain: Int, to traffic: TrafficKind) -> Bool {
    let reach = hooks.reach[chain]
    guard let base = rules.chains[chain].base else { return false }
    if traffic == .host, reach.dependsOnTraffic { return false }
    if reach.targets.isEmpty || !reach.dependsOnHook { return true }
    return (base.hook == "forward" || base.hook == "output")
      && base.priority >= NFView.trackingPriority
  }

  /// The base chains of all packets, to see whether both families pass the same.
  private func sequence(_ traffic: TrafficKind, _ family: AddressFamily) -> [[Int]] {
    packets.map { hooks.bases(traffic, $0, family) }
  }

  /// Stages of one family each, joined where they are the same, in the order of both.
  private static func merged(_ four: [Stage], _ six: [Stage]) -> [Stage] {
    var result: [Stage] = []
    var rest = six
    for stage in four {
      if let place = rest.firstIndex(where: { $0.table == stage.table }) {
        result += rest[..<place]
        rest.removeSubrange(...place)
        var both = stage
        both.families = AddressFamily.allCases
        result.append(both)
      } else {
        result.append(stage)
      }
    }
    return result + rest
  }

  private func stages(
    _ traffic: TrafficKind, _ family: AddressFamily, _ families: [AddressFamily],
    _ sequence: [[Int]], _ plain: (Int, [AddressFamily]) -> Stage?
  ) -> [Stage] {
    var result: [Stage] = []
    var state = startingState
    var earlier: [Step] = []
    for (packet, bases) in zip(packets, sequence) {
      let changing = bases.indices.filter { hooks.reach[bases[$0]].changes }
      let asking = bases.indices.filter {
        hooks.reach[bases[$0]].asks && hooks.stops(bases[$0])
      }
      let start = earlier.isEmpty ? changing.first : 0
      var linked: ClosedRange<Int>?
      if let start, let end = asking.last, start <= end, made.count < Self.copyLimit {
        linked = start...end
      }
      for (place, chain) in bases.enumerated() {
        let base = rules.chains[chain].base
        if let linked, linked.contains(place) {
          guard place == linked.lowerBound else { continue }
          let steps = earlier + linked.map { Step(packet: packet, chain: bases[$0]) }
          let filters = linked.contains { rules.chains[bases[$0]].base?.filters ?? false }
          result += stage(
            Program(traffic: traffic, family: family, steps: steps, isLinked: true),
            from: startingState, families,
            filters: filters && packet == .first)
        } else if packet == .first {
          let own = families.filter { base?.families.contains($0) ?? true }
          if let stage = plain(chain, own) {
            result.append(stage)
          } else {
            result += stage(
              Program(
                traffic: traffic, family: nil, steps: [Step(packet: packet, chain: chain)],
                isLinked: false), from: state, own, filters: base?.filters ?? false)
          }
        } else {
          var own = state
          if start != nil {
            // What stands ahead of the chain may have changed something that plays no part.
            own.mark = nil
            own.connectionMark = nil
          }
          result += stage(
            Program(
              traffic: traffic, family: nil, steps: [Step(packet: packet, chain: chain)],
              isLinked: false), from: own, families.filter { base?.families.contains($0) ?? true },
            filters: false)
        }
      }
      if bases.contains(where: { hooks.reach[$0].carries }) {
        earlier += changing.map { Step(packet: packet, chain: bases[$0]) }
      }
      state = state.after(packet, startingMark: rules.startingMark)
    }
    return result
  }

  // MARK: One stage

  private func stage(
    _ program: Program, from state: NFState, _ families: [AddressFamily], filters: Bool
  ) -> [Stage] {
    guard let first = program.steps.first, let last = program.steps.last else { return [] }
    let number = programs.count
    programs.append(program)
    let before = order.count
    let root = table(
      Key(
        program: number, step: 0, chain: first.chain, rule: 0,
        state: state, continuation: []))
    while let key = queue.popLast() { compile(key) }
    let isNews =
      last.packet == .first
      || canStop(root) && known.insert(likeness(of: root, program, families)).inserted
    guard isNews else {
      // Nothing else can have come to use the new tables.
      for name in order[before...] { made[name] = nil }
      let gone = Set(order[before...])
      keys = keys.filter { !gone.contains($0.value) }
      order.removeSubrange(before...)
      return []
    }
    return [
      Stage(
        table: root, families: families, isAuxiliary: !filters, phase: last.packet.phase)
    ]
  }

  /// What a stage comes to, whatever its tables are called.
  private struct Likeness: Hashable {
    let traffic: TrafficKind
    let isFromServer: Bool
    let families: [AddressFamily]
    let tables: [Table]
  }

  private func likeness(
    of root: String, _ program: Program, _ families: [AddressFamily]
  ) -> Likeness {
    var names = [root]
    var places = [root: 0]
    func number(_ name: String) -> String {
      if let place = places[name] { return "\(place)" }
      places[name] = names.count
      names.append(name)
      return "\(names.count - 1)"
    }
    var tables: [Table] = []
    while tables.count < names.count {
      guard var table = made[names[tables.count]] else { break }
      table.name = ""
      for index in table.rules.indices {
        switch table.rules[index].action {
        case .jump(let target): table.rules[index].action = .jump(number(target))
        case .goto(let target): table.rules[index].action = .goto(number(target))
        default: break
        }
      }
      tables.append(table)
    }
    return Likeness(
      traffic: program.traffic, isFromServer: program.steps.last?.packet.isFromServer ?? false,
      families: families, tables: tables)
  }

  /// Whether a walk from a table can end in anything but letting the packet pass.
  private func canStop(_ root: String) -> Bool {
    var seen: Set<String> = [root]
    var waiting = [root]
    while let name = waiting.popLast() {
      guard let table = made[name] else { return true }
      var ends = false
      for rule in table.rules {
        switch rule.action {
        case .deny: return true
        case .jump(let target), .goto(let target):
          if seen.insert(target).inserted { waiting.append(target) }
        default: break
        }
        // What a chain that is called leaves undecided comes back here.
        if case .allow = rule.action, rule.match.clauses.isEmpty { ends = true }
      }
      if !ends, table.defaultAction.outcome == .deny { return true }
      // A chain at a hook that ends without a word.
      if !ends, name == root, table.defaultAction.outcome == .none { return true }
    }
    return false
  }

  private func view(_ key: Key) -> NFView {
    let program = programs[key.program]
    let step = program.steps[key.step]
    let base = rules.chains[step.chain].base
    return NFView(
      traffic: program.traffic, hook: base?.hook ?? "", priority: base?.priority ?? 0,
      packet: step.packet, state: key.state, translatesSources: rules.translatesSources)
  }

  /// The name of the table for a key, which is made later if it is new.
  private func table(_ wanted: Key) -> String {
    let key = canonical(wanted)
    if let known = keys[key] { return known }
    let view = view(key)
    var suffix = ", \(view.packet.words)"
    if let target = programs[key.program].steps.last?.packet, target != view.packet {
      suffix += " before \(target.words)"
    }
    if view.traffic == .host, view.hook != "output", view.hook != "input" {
      suffix += " (own traffic)"
    }
    let name = unused(rules.chains[key.chain].table + suffix)
    keys[key] = name
    order.append(name)
    queue.append(key)
    return name
  }

  /// A chain means the same in all programs of one step that look at it alike.
  private func canonical(_ key: Key) -> Key {
    let program = programs[key.program]
    guard !program.isLinked else { return key }
    let view = view(key)
    let place = Shared(
      traffic: view.traffic, packet: view.packet, hook: view.hook, isAhead: view.isAheadOfTracking,
      hasOtherAddress: view.hasOtherClientAddress)
    let number = shared[place] ?? key.program
    shared[place] = number
    return Key(
      program: number, step: key.step, chain: key.chain, rule: key.rule, state: key.state,
      continuation: [])
  }

  private func unused(_ name: String) -> String {
    var candidate = name
    var number = 2
    while !used.insert(candidate).inserted {
      candidate = "\(name) \(number)"
      number += 1
    }
    return candidate
  }

  // MARK: One table

  private func compile(_ key: Key) {
    let chain = rules.chains[key.chain]
    let isLinked = programs[key.program].isLinked
    let view = view(key)
    var result: [Rule] = []
    var isClosed = false
    walk: for index in key.rule..<max(key.rule, chain.ruleCount) {
      for branch in rules.branches(chain: key.chain, rule: index, view: view)
      where !branch.isImpossible {
        var state = key.state
        for effect in branch.effects { effect.apply(to: &state, at: view) }
        if !isLinked { state = key.state }
        guard let action = action(branch, at: index, key, state) else { continue }
        var rule = branch.rule
        rule.action = action
        result.append(rule)
        if rule.match.clauses.isEmpty, Self.isFinal(action) {
          isClosed = true
          break walk
        }
      }
    }
    var end = chain.end
    if !isClosed, let action = fallThrough(key, key.state) {
      switch action {
      case .allow: end = DefaultAction(.allow, name: end.name, position: end.position)
      case .deny: end = DefaultAction(.deny, name: end.name, position: end.position)
      default:
        result.append(
          Rule(
            name: end.name, match: Match(), action: action, origin: .implied,
            position: end.position ?? SourcePosition(line: 0)))
        end = DefaultAction(.none, name: "goes on", position: end.position)
      }
    }
    let name = keys[key] ?? chain.table
    made[name] = Table(name: name, rules: result, defaultAction: end)
  }

  private static func isFinal(_ action: Action) -> Bool {
    switch action {
    case .allow, .deny, .goto, .return: true
    default: false
    }
  }

  /// What a rule does in the model; nil where it does nothing.
  private func action(
    _ branch: NFBranch, at index: Int, _ key: Key, _ state: NFState
  ) -> Action? {
    let rest = Frame(chain: key.chain, rule: index + 1)
    switch branch.action {
    case .deny(let how): return .deny(how)
    case .allow: return accepted(key, state)
    case .continue:
      guard state != key.state else { return nil }
      return .goto(table(self.key(rest, key, state, key.continuation)))
    case .return: return fallThrough(key, state) ?? .return
    case .jump(let target):
      let changes = programs[key.program].isLinked && hooks.reach[target].changes
      guard changes || state != key.state else {
        return .jump(table(self.key(Frame(chain: target, rule: 0), key, state, [])))
      }
      return .goto(
        table(
          self.key(
            Frame(chain: target, rule: 0), key, state, Self.push(rest, key.continuation))))
    case .goto(let target):
      var continuation = key.continuation
      if programs[key.program].isLinked, continuation.isEmpty,
        rules.chains[key.chain].base != nil
      {
        // What the target does not decide meets the policy of this chain.
        continuation = [Frame(chain: key.chain, rule: rules.chains[key.chain].ruleCount)]
      }
      return .goto(table(self.key(Frame(chain: target, rule: 0), key, state, continuation)))
    }
  }

  /// A kernel loads no ruleset whose calls nest deeper (NFT_JUMP_STACK_SIZE is 16), so neither
  /// does a walk need more.
  private static let depthLimit = 16

  private static func push(_ frame: Frame, _ frames: [Frame]) -> [Frame] {
    Array(([frame] + frames).prefix(depthLimit))
  }

  private func key(
    _ frame: Frame, _ key: Key, _ state: NFState, _ continuation: [Frame]
  ) -> Key {
    Key(
      program: key.program, step: key.step, chain: frame.chain, rule: frame.rule, state: state,
      continuation: continuation)
  }

  /// What follows where a base chain lets a packet pass.
  private func accepted(_ key: Key, _ state: NFState) -> Action {
    let program = programs[key.program]
    let next = key.step + 1
    guard program.isLinked, next < program.steps.count else { return .allow }
    var state = state
    let packet = program.steps[key.step].packet
    if program.steps[next].packet != packet {
      state = state.after(packet, startingMark: rules.startingMark)
    }
    return .goto(
      table(
        Key(
          program: key.program, step: next, chain: program.steps[next].chain, rule: 0,
          state: state, continuation: [])))
  }

  /// What follows at the end of a chain; nil where the model's own end of a table does.
  private func fallThrough(_ key: Key, _ state: NFState) -> Action? {
    if let frame = key.continuation.first {
      return .goto(table(self.key(frame, key, state, Array(key.continuation.dropFirst()))))
    }
    guard programs[key.program].isLinked, rules.chains[key.chain].base != nil else { return nil }
    switch rules.chains[key.chain].end.outcome {
    case .allow: return accepted(key, state)
    case .deny: return .deny(.drop)
    case .none: return nil
    }
  }
}
