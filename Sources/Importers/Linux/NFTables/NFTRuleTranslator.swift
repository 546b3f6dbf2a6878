import ImportKit

/// Translates one rule as a packet meets it.
///
/// One nft rule becomes one branch, or several where it maps keys to verdicts or matches tuples.
struct NFTRuleTranslator {
  let rules: NFTRules
  let chain: NFTRuleset.Chain
  let view: NFView
  private var context: NFTMatchContext
  private let value: JSONValue
  private let position: SourcePosition

  private var ruleset: NFTRuleset { rules.ruleset }
  private var draft: PolicyDraft { rules.draft }

  init(_ value: JSONValue, in chain: NFTRuleset.Chain, rules: NFTRules, view: NFView) {
    self.value = value
    self.chain = chain
    self.rules = rules
    self.view = view
    position = SourcePosition(line: value.line, pointer: value.pointer)
    context = NFTMatchContext(
      chain: chain, ruleset: rules.ruleset, position: position, view: view, draft: rules.draft)
  }

  /// A conjunction of clauses; a rule may have several, any of which is enough.
  typealias Alternative = [Clause]

  struct Outcome {
    var branches: [NFBranch]
    var interfaces: Set<String>
    var enteringInterfaces: Set<String>
    /// Interfaces on which the rule gives packets another source address, and its own entries.
    var translating: [Alternative]
  }

  private static let members: Set<String> = [
    "family", "table", "chain", "handle", "index", "position", "comment", "expr",
  ]

  /// - Parameter statements: those of the rule that are meant, in order.
  mutating func outcome(_ statements: [JSONValue]) -> Outcome {
    var alternatives: [Alternative] = [[]]
    alternatives[0] += context.unread(value, known: Self.members)
    if let doubt = chain.doubt { alternatives[0].append(.requires(doubt)) }
    if value["chain"]?.string != chain.name.name || value["table"]?.string != chain.name.table
      || value["family"]?.string != chain.name.family
    {
      alternatives[0].append(
        .requires(
          draft.doubt(
            .unresolved, "a rule is for a chain that is not in the dump", at: position)))
    }
    var ahead: [NFBranch] = []
    var verdicts: [NFBranch] = []
    var effects: [NFEffect] = []
    var translating: [Alternative] = []
    func multiply(_ more: [Alternative]) {
      alternatives = alternatives.flatMap { one in more.map { one + $0 } }
    }
    func require(_ kind: Condition.Kind, _ detail: String) {
      multiply([[.requires(draft.doubt(kind, detail, at: position))]])
    }
    walk: for statement in statements {
      for (kind, body) in statement.members {
        switch kind {
        case "match": multiply(context.match(body))
        case "accept": verdicts.append(branch([], .allow))
        case "drop": verdicts.append(branch([], .deny(.drop)))
        case "reject": verdicts.append(branch(Self.family(ofReject: body), .deny(.reject)))
        case "return": verdicts.append(branch([], .return))
        case "continue": verdicts.append(branch([], .continue))
        case "jump", "goto": verdicts += jump(kind, body["target"]?.string ?? "")
        case "vmap": verdicts += verdictMap(body)
        case "queue": verdicts += eitherWay("queued to a program that decides")
        case "dnat", "redirect", "tproxy", "fwd", "synproxy":
          let targets = [
            "dnat": "another address", "fwd": "another interface",
            "synproxy": "a stand-in that answers first",
          ]
          verdicts.append(
            elsewhere(
              "`\(kind)` sends the connection to \(targets[kind] ?? "the machine itself"); what "
                + "answers there decides"))
        case "masquerade", "snat":
          verdicts.append(branch([], .allow))
          translating += alternatives
        case "limit", "quota", "ct count", "connlimit":
          let what =
            kind == "limit" ? "a rate limit" : (kind == "quota" ? "a quota" : "a connection limit")
          require(.unmodelled, "holds within \(what) only")
        case "xt":
          switch extension_(body) {
          case .passive: break
          case .effect(let effect): effects.append(effect)
          case .condition:
            require(.unmodelled, "an iptables extension that nft cannot show")
          case .verdict:
            verdicts += eitherWay("an iptables target that nft cannot show")
          }
        case "set", "map", "meter":
          // nft(8), "SET STATEMENT": a statement inside, such as a limit for each element, decides
          // whether the rule goes on.
          if Self.isLimited(body) {
            require(.unmodelled, "depends on a limit for each entry of `\(Self.setName(body))`")
          }
        case "mangle":
          if let effect = NFTMarkTest.change(body) {
            effects.append(effect)
            continue
          }
          // Rewriting the destination is translation without state.
          switch body["key"].flatMap({ NFTField($0) }) {
          case .address(_, isSource: false)?:
            ahead += alternatives.map {
              elsewhere("`mangle` sends the packet elsewhere; what answers there decides", $0)
            }
          case .ports(_, isSource: false)?:
            ahead += alternatives.map {
              elsewhere("`mangle` changes the port; what answers there decides", $0)
            }
          case .address(_, isSource: true)?, .ports(_, isSource: true)?:
            ahead += alternatives.map {
              elsewhere("`mangle` changes the source, to which answers then go", $0)
            }
          default:
            if !Self.isHarmless(body["key"]) {
              verdicts += eitherWay("`mangle` of something that is not known")
            }
          }
        case "notrack": effects.append(.doNotTrack)
        case "counter", "log", "comment", "flow", "dup", "ct helper", "ct timeout",
          "ct expectation", "secmark", "last", "reset":
          break
        default:
          // It may end the rule as well as limit it.
          verdicts += eitherWay("statement `\(kind)` is not modelled")
        }
        if !verdicts.isEmpty { break walk }
      }
    }
    if verdicts.isEmpty { verdicts = [branch([], .continue)] }
    let branches =
      ahead
      + verdicts.flatMap { verdict in
        alternatives.map { alternative in
          var copy = verdict
          copy.rule.match.clauses = alternative + verdict.rule.match.clauses
          copy.effects = effects
          return copy
        }
      }
    return Outcome(
      branches: branches.map(bound), interfaces: context.interfaces,
      enteringInterfaces: context.enteringInterfaces, translating: translating)
  }

  /// A chain of the family netdev sees the packets of its devices only.
  private func bound(_ branch: NFBranch) -> NFBranch {
    guard chain.hook == "ingress" || chain.hook == "egress", !chain.devices.isEmpty else {
      return branch
    }
    var copy = branch
    copy.rule.match.clauses.insert(
      view.interface(ZoneList(chain.devices), isEntering: chain.hook == "ingress"), at: 0)
    return copy
  }

  // MARK: Branches

  private func branch(_ clauses: [Clause], _ action: NFBranch.Action) -> NFBranch {
    NFBranch(
      rule: Rule(
        name: value["comment"]?.string ?? "", vendorID: value["handle"]?.scalarText,
        match: Match(clauses), action: .continue, position: position), action: action)
  }

  private func elsewhere(_ what: String, _ clauses: [Clause] = []) -> NFBranch {
    branch(
      clauses + [.requires(draft.doubt(.unmodelled, what, at: position))], .deny(.drop))
  }

  private func eitherWay(_ what: String) -> [NFBranch] {
    let doubt = draft.doubt(.unmodelled, what, at: position)
    return draft.eitherWay(branch([], .allow).rule, because: doubt).map { rule in
      NFBranch(rule: rule, action: rule.action == .allow ? .allow : .deny(.drop))
    }
  }

  /// What is missing may deny, allow, or leave to what follows.
  private func gap(_ what: String) -> [NFBranch] {
    let name = value["comment"]?.string ?? ""
    return draft.gap(what, name: name, at: position).map { rule in
      NFBranch(rule: rule, action: rule.action == .allow ? .allow : .deny(.drop))
    }
  }

  private func jump(_ kind: String, _ target: String) -> [NFBranch] {
    let name = NFTRuleset.Name(family: chain.name.family, table: chain.name.table, name: target)
    guard let number = ruleset.numbers[name] else {
      return gap("chain `\(name.text)` is not in the dump")
    }
    return [branch([], kind == "jump" ? .jump(number) : .goto(number))]
  }

  private enum Extension {
    case passive
    case effect(NFEffect)
    case condition
    case verdict
  }

  /// What iptables-nft loaded and nft can only name.
  private func extension_(_ body: JSONValue) -> Extension {
    guard body["type"]?.string == "target" else { return .condition }
    switch body["name"]?.string {
    case "MARK", "HMARK": return .effect(.forget(.packet))
    case "CONNMARK": return .effect(.forget(.connection))
    case "LOG", "NFLOG", "TCPMSS", "CLASSIFY", "CHECKSUM", "DSCP", "TOS", "TTL", "HL", "TRACE",
      "AUDIT", "SECMARK", "CONNSECMARK", "ECN", "TCPOPTSTRIP", "TEE", "SET":
      return .passive
    default: return .verdict
    }
  }

  /// Whether a packet goes its way whatever is written into the field.
  private static func isHarmless(_ key: JSONValue?) -> Bool {
    guard let key else { return false }
    if let name = key["meta"]?["key"]?.string {
      return ["priority", "nftrace", "pkttype", "secmark", "rtclassid"].contains(name)
    }
    if let name = key["ct"]?["key"]?.string {
      return ["label", "event", "zone", "secmark", "helper"].contains(name)
    }
    if let payload = key["payload"], let field = payload["field"]?.string {
      return ["ttl", "hoplimit", "dscp", "ecn", "checksum", "flowlabel"].contains(field)
    }
    return key["tcp option"] != nil
  }

  private static func isLimited(_ body: JSONValue) -> Bool {
    let inner = body["stmt"].map { $0.isArray ? $0.elements.map { $0 } : [$0] } ?? []
    return inner.contains { statement in
      ["limit", "quota", "ct count", "connlimit"].contains { statement.member($0) != nil }
    }
  }

  private static func setName(_ body: JSONValue) -> String {
    let name = body["set"]?.string ?? body["map"]?.string ?? body["name"]?.string ?? ""
    return name.hasPrefix("@") ? String(name.dropFirst()) : name
  }

  /// A map from keys to verdicts: a key that is not in the map leaves the rule without effect.
  private mutating func verdictMap(_ body: JSONValue) -> [NFBranch] {
    guard let key = body["key"], let data = body["data"] else {
      return gap("a verdict map without key or data")
    }
    var entries: [JSONValue] = []
    var isDynamic = false
    if let name = data.string, name.hasPrefix("@") {
      let set = ruleset.sets[
        NFTRuleset.Name(
          family: chain.name.family, table: chain.name.table, name: String(name.dropFirst()))]
      guard let set else { return gap("map `\(name)` is not in the dump") }
      entries = set.elements
      isDynamic = set.isDynamic
    } else if let set = data["set"] {
      entries = set.elements.map { $0 }
    } else {
      return gap("a verdict map that is not readable")
    }
    var result: [NFBranch] = []
    for entry in entries {
      let pair = entry.elements.map { $0 }
      guard pair.count == 2, let actions = actions(pair[1]) else {
        result += gap("an entry of a verdict map is not readable")
        continue
      }
      for alternative in context.equals(key, pair[0]) {
        var doubt: Alternative = []
        if isDynamic {
          doubt = [
            .requires(draft.doubt(.externalList, "the map changes at run time", at: position))
          ]
        }
        result += actions.map { action in
          var copy = action
          copy.rule.match.clauses = alternative + doubt + action.rule.match.clauses
          return copy
        }
      }
    }
    if isDynamic {
      result += gap("the map `\(data.string ?? "")` changes at run time")
    }
    if result.isEmpty {
      result = [branch([.never("the verdict map is empty")], .continue)]
    }
    return result
  }

  /// The family that a `reject` is for. In tables of several families nft leaves a match on the
  /// family out of its listing where the kind of the refusal implies it: `meta nfproto ipv6 reject`
  /// comes back as `reject with icmpv6 port-unreachable` alone (seen with nft 1.0.6; the kernel has
  /// the match).
  private static func family(ofReject body: JSONValue) -> Alternative {
    switch body["type"]?.string {
    case "icmp": [.family(.ipv4)]
    case "icmpv6": [.family(.ipv6)]
    default: []
    }
  }

  private func actions(_ value: JSONValue) -> [NFBranch]? {
    for (kind, body) in value.members {
      switch kind {
      case "accept": return [branch([], .allow)]
      case "drop": return [branch([], .deny(.drop))]
      case "reject": return [branch([], .deny(.reject))]
      case "return": return [branch([], .return)]
      case "continue": return [branch([], .continue)]
      case "jump", "goto": return jump(kind, body["target"]?.string ?? "")
      default: return nil
      }
    }
    return nil
  }
}
