import ImportKit

/// The chains of a ruleset with their rules as packets meet them.
final class NFTRules: NFRules {
  let ruleset: NFTRuleset
  let draft: PolicyDraft
  private(set) var chains: [NFChain] = []
  private(set) var translatesSources = false
  private(set) var startingMark: UInt32?
  private(set) var startingConnectionMark: UInt32?
  /// The rules of each chain; one that changes something and then goes on to match is two, since
  /// the second part meets what the first has changed.
  private var parts: [[Part]] = []
  private var asksMarks = false
  private var switchesTracking = false

  struct Part {
    let rule: JSONValue
    let statements: [JSONValue]
  }

  static let hooks: Set<String> = [
    "ingress", "prerouting", "input", "forward", "output", "postrouting", "egress",
  ]

  init(_ ruleset: NFTRuleset, draft: PolicyDraft) {
    self.ruleset = ruleset
    self.draft = draft
    for chain in ruleset.chains {
      let own = chain.rules.flatMap(Self.parts)
      parts.append(own)
      chains.append(
        NFChain(
          table: chain.name.text, ruleCount: own.count, end: end(of: chain), base: base(chain)))
    }
    for statement in parts.lazy.joined().flatMap(\.statements) { look(statement) }
  }

  func part(chain: Int, rule: Int) -> Part { parts[chain][rule] }

  private static func parts(_ rule: JSONValue) -> [Part] {
    let statements = rule["expr"]?.elements.map { $0 } ?? []
    var result: [Part] = []
    var sofar: [JSONValue] = []
    var changes: [JSONValue] = []
    for statement in statements {
      if statement["match"] != nil, !changes.isEmpty {
        result.append(Part(rule: rule, statements: sofar + changes))
        changes = []
      }
      if Self.isChange(statement) { changes.append(statement) } else { sofar.append(statement) }
    }
    // A change stands ahead of the verdict, which ends the rule.
    result.append(Part(rule: rule, statements: changes + sofar))
    return result
  }

  private static func isChange(_ statement: JSONValue) -> Bool {
    if statement["notrack"] != nil || statement.member("notrack") != nil { return true }
    return statement["mangle"].flatMap { NFTMarkTest.change($0) } != nil
  }

  private func look(_ statement: JSONValue) {
    if statement.member("masquerade") != nil || statement.member("snat") != nil {
      translatesSources = true
    }
    if statement.member("notrack") != nil { switchesTracking = true }
    if let match = statement["match"], Self.asksMark(match) { asksMarks = true }
    if let map = statement["vmap"], map["key"].flatMap(NFTMarkTest.kind) != nil { asksMarks = true }
    if let mangle = statement["mangle"], let effect = NFTMarkTest.change(mangle) {
      switch effect {
      case .change(let change):
        if change.target == .packet { startingMark = 0 } else { startingConnectionMark = 0 }
      case .forget(.packet): startingMark = 0
      case .forget(.connection): startingConnectionMark = 0
      case .doNotTrack: break
      }
    }
  }

  private static func asksMark(_ match: JSONValue) -> Bool {
    guard let left = match["left"] else { return false }
    let sides = left["&"]?.elements.map { $0 } ?? left["concat"]?.elements.map { $0 } ?? [left]
    return sides.contains { NFTMarkTest.kind($0) != nil }
  }

  private func end(of chain: NFTRuleset.Chain) -> DefaultAction {
    let position = SourcePosition(line: chain.value.line, pointer: chain.value.pointer)
    guard chain.hook != nil else {
      return DefaultAction(.none, name: "end of chain", position: position)
    }
    if chain.hook == "ingress" || chain.hook == "egress", !chain.devices.isEmpty {
      return DefaultAction(.allow, name: "other devices", position: position)
    }
    switch chain.value["policy"]?.string {
    case "accept": return DefaultAction(.allow, name: "policy accept", position: position)
    case "drop" where chain.doubt == nil:
      return DefaultAction(.deny, name: "policy drop", position: position)
    case "drop": return DefaultAction(.none, name: "policy drop", position: position)
    case nil:
      draft.note(
        .completeness, "the policy of the chain `\(chain.name.text)` is not in the dump",
        at: position)
      return DefaultAction(.none, name: "policy of the chain", position: position)
    case let word?:
      draft.note(
        .unresolved, "the policy `\(word)` of the chain `\(chain.name.text)` is not known",
        at: position)
      return DefaultAction(.none, name: "policy of the chain", position: position)
    }
  }

  private func base(_ chain: NFTRuleset.Chain) -> NFChain.Base? {
    guard let hook = chain.hook, Self.hooks.contains(hook) else { return nil }
    let families: [AddressFamily]
    switch chain.name.family {
    case "ip": families = [.ipv4]
    case "ip6": families = [.ipv6]
    // arp carries no TCP; a bridge filters frames that are switched, not routed.
    case "arp", "bridge": return nil
    default: families = AddressFamily.allCases
    }
    return NFChain.Base(
      hook: hook, priority: chain.priority, families: families, translates: chain.type == "nat",
      filters: chain.type == "filter" && (hook == "forward" || hook == "output"))
  }

  // MARK: NFRules

  func traits(chain: Int, rule: Int) -> NFTraits {
    var traits = NFTraits()
    for statement in parts[chain][rule].statements {
      for (kind, body) in statement.members { add(kind, body, chain, to: &traits) }
    }
    return traits
  }

  private func add(_ kind: String, _ body: JSONValue, _ chain: Int, to traits: inout NFTraits) {
    func lead(_ name: String) {
      let own = ruleset.chains[chain].name
      let key = NFTRuleset.Name(family: own.family, table: own.table, name: name)
      if let number = ruleset.numbers[key] {
        traits.targets.append(number)
      } else {
        traits.stops = true
      }
    }
    switch kind {
    case "match":
      traits.asks =
        traits.asks || Self.asksMark(body) || switchesTracking && Self.asksTracking(body)
      traits.dependsOnTraffic = traits.dependsOnTraffic || Self.asksOwner(body)
      traits.dependsOnHook =
        traits.dependsOnHook || body["left"].map(Self.dependsOnHook) ?? true
      if let left = body["left"], let right = body["right"],
        let flags = NFTFlags(left, operation: body["op"]?.string ?? "==", right: right)
      {
        traits.tellsPacketsApart = traits.tellsPacketsApart || flags.tellsPacketsApart
      }
    case "jump", "goto": lead(body["target"]?.string ?? "")
    case "vmap":
      traits.asks =
        traits.asks || body["key"].flatMap(NFTMarkTest.kind) != nil
        || switchesTracking && body["key"]?["ct"] != nil
      traits.dependsOnHook = traits.dependsOnHook || body["key"].map(Self.dependsOnHook) ?? true
      for target in verdictTargets(body, chain) {
        if let target { lead(target) } else { traits.stops = true }
      }
    case "mangle":
      if let effect = NFTMarkTest.change(body) {
        traits.changes = traits.changes || asksMarks
        switch effect {
        case .change(let change) where change.target == .connection:
          traits.carries = traits.carries || asksMarks
        case .forget(.connection): traits.carries = traits.carries || asksMarks
        default: break
        }
        traits.tellsPacketsApart = traits.tellsPacketsApart || traits.carries
      } else {
        traits.stops = true
      }
    case "xt": traits.stops = traits.stops || body["type"]?.string == "target"
    case "notrack":
      traits.changes = true
      traits.carries = true
    case "accept", "return", "continue", "counter", "log", "comment", "masquerade", "snat",
      "limit", "quota", "ct count", "flow", "last", "set", "map", "meter", "dup", "ct helper",
      "ct timeout", "ct expectation", "secmark", "reset":
      break
    default: traits.stops = true
    }
  }

  /// Chains to which a verdict map leads; nil for each verdict that may stop a packet.
  private func verdictTargets(_ body: JSONValue, _ chain: Int) -> [String?] {
    var entries = body["data"]?["set"]?.elements.map { $0 } ?? []
    if let name = body["data"]?.string, name.hasPrefix("@") {
      let own = ruleset.chains[chain].name
      let key = NFTRuleset.Name(
        family: own.family, table: own.table, name: String(name.dropFirst()))
      guard let set = ruleset.sets[key] else { return [nil] }
      entries = set.elements
      if set.isDynamic { return [nil] }
    }
    return entries.compactMap { entry -> String?? in
      guard let verdict = entry.elements.map({ $0 }).last,
        let (kind, value) = verdict.members.first
      else { return .some(nil) }
      switch kind {
      case "jump", "goto": return .some(value["target"]?.string ?? "")
      case "accept", "return", "continue": return nil
      default: return .some(nil)
      }
    }
  }

  private static func asksOwner(_ match: JSONValue) -> Bool {
    guard let left = match["left"] else { return false }
    let sides = left["concat"]?.elements.map { $0 } ?? [left]
    return sides.contains { side in
      switch NFTField(side) {
      case .user?, .addressType?: true
      default: false
      }
    }
  }

  private static func dependsOnHook(_ left: JSONValue) -> Bool {
    let sides = left["concat"]?.elements.map { $0 } ?? [left]
    return sides.contains { side in
      switch NFTField(side) {
      case .entering?, .leaving?, .ctState?, .ctStatus?, .direction?, .connectionAddress?,
        .connectionPorts?, .mark?, .addressType?, .reversePath?:
        true
      default: false
      }
    }
  }

  private static func asksTracking(_ match: JSONValue) -> Bool {
    guard let left = match["left"] else { return false }
    let sides = left["concat"]?.elements.map { $0 } ?? [left]
    return sides.contains { $0["ct"] != nil }
  }

  func branches(chain: Int, rule: Int, view: NFView) -> [NFBranch] {
    let part = parts[chain][rule]
    var translator = NFTRuleTranslator(
      part.rule, in: ruleset.chains[chain], rules: self, view: view)
    var branches = translator.outcome(part.statements).branches
    // The policy of a chain for single devices is a rule of its own.
    if rule == chains[chain].ruleCount - 1 {
      branches += devicePolicy(chain, view)
    }
    return branches
  }

  /// What a chain for single devices does with what its rules leave.
  func devicePolicy(_ number: Int, _ view: NFView) -> [NFBranch] {
    let chain = ruleset.chains[number]
    guard chain.hook == "ingress" || chain.hook == "egress", !chain.devices.isEmpty, chain.drops
    else { return [] }
    let rule = Rule(
      name: "policy drop",
      match: Match([
        view.interface(ZoneList(chain.devices), isEntering: chain.hook == "ingress")
      ]), action: .deny(.drop), origin: .implied,
      position: SourcePosition(line: chain.value.line, pointer: chain.value.pointer))
    return [NFBranch(rule: rule, action: .deny(.drop))]
  }
}
