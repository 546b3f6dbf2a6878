import ImportKit

/// Translates the rules of chains.
///
/// One nft rule becomes one rule, or several where it maps keys to verdicts or matches tuples.
struct NFTRuleTranslator {
  let ruleset: NFTRuleset
  var objects = ObjectTable()
  var notes: [Note] = []
  /// Interface names that rules mention; those by which packets enter; those on which source
  /// addresses are translated.
  private(set) var interfaces: Set<String> = []
  private(set) var enteringInterfaces: Set<String> = []
  private(set) var translatingInterfaces: Set<String> = []

  init(_ ruleset: NFTRuleset) { self.ruleset = ruleset }

  /// A conjunction of clauses; a rule may have several, any of which is enough.
  typealias Alternative = [Clause]

  mutating func rules(_ value: JSONValue, in chain: NFTRuleset.Chain) -> [Rule] {
    let position = SourcePosition(line: value.line, pointer: value.pointer)
    let comment = value["comment"]?.string ?? ""
    let handle = value["handle"]?.scalarText
    var alternatives: [Alternative] = [[]]
    var verdicts: [(Alternative, Action)] = []
    var translations: [[Alternative]] = []
    var context = NFTMatchContext(
      chain: chain, ruleset: ruleset, position: position, objects: objects)
    statements: for statement in value["expr"]?.elements.map({ $0 }) ?? [] {
      for (kind, body) in statement.members {
        switch kind {
        case "match": multiply(&alternatives, by: context.match(body))
        case "accept": verdicts.append(([], .allow))
        case "drop": verdicts.append(([], .deny(.drop)))
        case "reject": verdicts.append((Self.family(ofReject: body), .deny(.reject)))
        case "return": verdicts.append(([], .return))
        case "continue": verdicts.append(([], .continue))
        case "jump", "goto":
          verdicts += jump(kind, body["target"]?.string ?? "", chain)
        case "vmap": verdicts += verdictMap(body, chain: chain, context: &context)
        case "queue":
          verdicts.append(
            ([.requires(Condition(.unmodelled, "queued to a program that decides"))], .deny(.drop)))
        case "dnat", "redirect", "tproxy":
          let target = kind == "dnat" ? "another address" : "the machine itself"
          verdicts.append(
            (
              [
                .requires(
                  Condition(
                    .unmodelled,
                    "`\(kind)` sends the connection to \(target); what answers there decides"))
              ], .deny(.drop)
            ))
        case "masquerade", "snat":
          verdicts.append(([], .allow))
          translatingInterfaces.formUnion(Self.leaving(alternatives))
        case "limit", "quota", "ct count":
          let what =
            kind == "limit" ? "a rate limit" : (kind == "quota" ? "a quota" : "a connection limit")
          multiply(
            &alternatives, by: [[.requires(Condition(.unmodelled, "holds within \(what) only"))]])
        case "xt":
          multiply(
            &alternatives,
            by: [[.requires(Condition(.unmodelled, "an iptables extension that nft cannot show"))]])
        case "set", "map", "meter":
          // nft(8), "SET STATEMENT": a statement inside, such as a limit for each element, decides
          // whether the rule goes on.
          if Self.isLimited(body) {
            let what = "a limit for each entry of `\(Self.setName(body))`"
            multiply(
              &alternatives, by: [[.requires(Condition(.unmodelled, "depends on \(what)"))]])
          }
        case "mangle":
          // Rewriting the destination is translation without state.
          let field = body["key"].flatMap { NFTField($0) }
          if case .address(_, isSource: false) = field {
            translations.append(
              Self.translated(alternatives, "`mangle` sends the packet elsewhere"))
          } else if case .ports(_, isSource: false) = field {
            translations.append(Self.translated(alternatives, "`mangle` changes the port"))
          }
        case "counter", "log", "comment", "notrack", "flow", "dup", "ct helper", "ct timeout",
          "ct expectation", "secmark", "synproxy", "last":
          break
        default:
          multiply(
            &alternatives, by: [[.requires(Condition(.unmodelled, "statement `\(kind)`"))]])
          context.note("statement `\(kind)` is not modelled")
        }
        if !verdicts.isEmpty { break statements }
      }
    }
    notes += context.notes
    interfaces.formUnion(context.interfaces)
    enteringInterfaces.formUnion(context.enteringInterfaces)
    objects = context.objects
    if verdicts.isEmpty { verdicts = [([], .continue)] }
    var rules: [Rule] = []
    for alternative in translations.flatMap({ $0 }) {
      rules.append(
        Rule(
          name: comment, vendorID: handle, match: Match(alternative), action: .deny(.drop),
          origin: .implied, position: position))
    }
    for (extra, action) in verdicts {
      for alternative in alternatives {
        rules.append(
          Rule(
            name: comment, vendorID: handle,
            match: Match(alternative + extra), action: action, position: position))
      }
    }
    return rules
  }

  private func multiply(_ alternatives: inout [Alternative], by more: [Alternative]) {
    alternatives = alternatives.flatMap { one in more.map { one + $0 } }
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

  private static func translated(_ alternatives: [Alternative], _ what: String) -> [Alternative] {
    alternatives.map {
      $0 + [.requires(Condition(.unmodelled, "\(what); what answers there decides"))]
    }
  }

  private static func leaving(_ alternatives: [Alternative]) -> [String] {
    alternatives.flatMap { alternative in
      alternative.flatMap { clause -> [String] in
        if case .to(let zones) = clause, !zones.negated { return zones.names }
        return []
      }
    }
  }

  private mutating func jump(
    _ kind: String, _ target: String, _ chain: NFTRuleset.Chain
  ) -> [(Alternative, Action)] {
    let name = NFTRuleset.Name(family: chain.name.family, table: chain.name.table, name: target)
    guard ruleset.numbers[name] == nil else {
      return [([], kind == "jump" ? .jump(name.text) : .goto(name.text))]
    }
    let what = "chain `\(name.text)` is not in the dump"
    notes.append(
      Note(
        .unresolved, what,
        at: SourcePosition(line: chain.value.line, pointer: chain.value.pointer)))
    // It may accept, drop, or return.
    let doubt = Clause.requires(Condition(.unresolved, what))
    return [([doubt], .allow), ([doubt], .deny(.drop))]
  }

  /// A map from keys to verdicts: a key that is not in the map leaves the rule without effect.
  private mutating func verdictMap(
    _ body: JSONValue, chain: NFTRuleset.Chain, context: inout NFTMatchContext
  ) -> [(Alternative, Action)] {
    guard let key = body["key"], let data = body["data"] else { return [] }
    var entries: [JSONValue] = []
    var isDynamic = false
    if let name = data.string, name.hasPrefix("@") {
      let set = ruleset.sets[
        NFTRuleset.Name(
          family: chain.name.family, table: chain.name.table, name: String(name.dropFirst()))]
      guard let set else {
        context.note("map `\(name)` is not in the dump", kind: .unresolved)
        return [
          ([.requires(Condition(.unresolved, "map `\(name)` is not in the dump"))], .deny(.drop))
        ]
      }
      entries = set.elements
      isDynamic = set.isDynamic
    } else {
      entries = data["set"]?.elements.map { $0 } ?? []
    }
    var result: [(Alternative, Action)] = []
    for entry in entries {
      let pair = entry.elements.map { $0 }
      guard pair.count == 2, let actions = actions(pair[1], chain: chain) else {
        context.note("an entry of a verdict map is not readable")
        result.append(
          ([.requires(Condition(.unmodelled, "an entry of a verdict map"))], .deny(.drop)))
        continue
      }
      for alternative in context.equals(key, pair[0]) {
        let doubt: Alternative =
          isDynamic ? [.requires(Condition(.externalList, "the map changes at run time"))] : []
        result += actions.map { (alternative + doubt + $0, $1) }
      }
    }
    if result.isEmpty { result = [([.never("the verdict map is empty")], .continue)] }
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

  private mutating func actions(
    _ value: JSONValue, chain: NFTRuleset.Chain
  ) -> [(Alternative, Action)]? {
    for (kind, body) in value.members {
      switch kind {
      case "accept": return [([], .allow)]
      case "drop": return [([], .deny(.drop))]
      case "reject": return [([], .deny(.reject))]
      case "return": return [([], .return)]
      case "continue": return [([], .continue)]
      case "jump", "goto": return jump(kind, body["target"]?.string ?? "", chain)
      default: return nil
      }
    }
    return nil
  }
}
