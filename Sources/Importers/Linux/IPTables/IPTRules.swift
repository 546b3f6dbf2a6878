import ImportKit

/// The chains of a dump, numbered, with their rules as packets meet them.
final class IPTRules: NFRules {
  struct Place {
    let table: Int
    let chain: IPTChain
    let family: AddressFamily
    let arguments: [IPTArguments]
  }

  let dump: IPTDump
  let draft: PolicyDraft
  let translator: IPTRuleTranslator
  private(set) var places: [Place] = []
  private(set) var chains: [NFChain] = []
  private(set) var translatesSources = false
  private(set) var startingMark: UInt32?
  private(set) var startingConnectionMark: UInt32?
  private var numbers: [Name: Int] = [:]
  /// Whether rules ask for marks; whether some may switch tracking off.
  private var asksMarks = false
  private var switchesTracking = false

  private struct Name: Hashable {
    let table: Int
    let chain: String
  }

  /// - Parameter prefix: what stands before the names of tables, where others stand beside them.
  init(
    _ dump: IPTDump, sets: IPSetCollection, prefix: String, withoutFilter: Bool,
    draft: PolicyDraft
  ) {
    self.dump = dump
    self.draft = draft
    translator = IPTRuleTranslator(sets: sets, draft: draft)
    for (index, table) in dump.tables.enumerated() {
      let family = table.family ?? .ipv4
      for chain in table.chains {
        numbers[Name(table: index, chain: chain.name)] = places.count
        places.append(
          Place(
            table: index, chain: chain, family: family,
            arguments: chain.rules.map { IPTArguments($0) }))
        chains.append(
          NFChain(
            table: prefix + IPTPolicyBuilder.name(family, table.name, chain.name),
            ruleCount: chain.rules.count, end: end(of: chain),
            base: withoutFilter && table.name == "filter"
              ? nil : Self.base(chain.name, table.name, family)))
      }
    }
    look()
  }

  /// What the texts of all rules show together.
  private func look() {
    for arguments in places.lazy.flatMap(\.arguments) {
      translatesSources = translatesSources || IPTEffect.translatesSource(arguments.target)
      asksMarks =
        asksMarks || arguments.options.contains { ["mark", "connmark"].contains($0.module) }
      for effect in IPTEffect.changes(arguments.target) {
        switch effect {
        case .doNotTrack: switchesTracking = true
        case .forget(.packet): startingMark = 0
        case .forget(.connection): startingConnectionMark = 0
        case .change(let change):
          if change.target == .packet { startingMark = 0 } else { startingConnectionMark = 0 }
        }
      }
    }
  }

  func number(of chain: String, table: Int) -> Int? {
    numbers[Name(table: table, chain: chain)]
  }

  private static let priorities: [String: Int] = [
    "raw": -300, "mangle": -150, "filter": 0, "security": 50,
  ]

  private static func base(
    _ chain: String, _ table: String, _ family: AddressFamily
  ) -> NFChain.Base? {
    guard IPTChainGraph.allHooks.contains(chain) else { return nil }
    let isIn = chain == "PREROUTING" || chain == "OUTPUT"
    return NFChain.Base(
      hook: chain.lowercased(), priority: priorities[table] ?? (isIn ? -100 : 100),
      families: [family], translates: table == "nat",
      filters: table == "filter" && (chain == "FORWARD" || chain == "OUTPUT"))
  }

  private func end(of chain: IPTChain) -> DefaultAction {
    guard IPTChainGraph.allHooks.contains(chain.name) else {
      return DefaultAction(.none, name: "end of chain", position: chain.position)
    }
    switch chain.policy {
    case "ACCEPT": return DefaultAction(.allow, name: "policy ACCEPT", position: chain.position)
    case "DROP", "REJECT":
      return DefaultAction(.deny, name: "policy DROP", position: chain.position)
    case nil:
      draft.note(
        .completeness, "the policy of the chain `\(chain.name)` is not in the dump",
        at: chain.position)
    case let policy?:
      draft.note(
        .unresolved, "the policy `\(policy)` of the chain `\(chain.name)` is not known",
        at: chain.position)
    }
    return DefaultAction(.none, name: "policy of \(chain.name)", position: chain.position)
  }

  func traits(chain: Int, rule: Int) -> NFTraits {
    let place = places[chain]
    let arguments = place.arguments[rule]
    var traits = NFTraits()
    if let name = arguments.target?.name, let target = number(of: name, table: place.table) {
      traits.targets = [target]
    } else {
      traits.stops =
        IPTEffect.stops(arguments.target) || arguments.doubt != nil
        || arguments.target == nil && arguments.strayWord != nil
      for effect in IPTEffect.changes(arguments.target) {
        switch effect {
        case .doNotTrack:
          traits.changes = true
          traits.carries = true
        case .change(let change):
          traits.changes = traits.changes || asksMarks
          traits.carries = traits.carries || asksMarks && change.target == .connection
          traits.tellsPacketsApart = traits.tellsPacketsApart || traits.carries
        case .forget(let kind):
          traits.changes = traits.changes || asksMarks
          traits.carries = traits.carries || asksMarks && kind == .connection
          traits.tellsPacketsApart = traits.tellsPacketsApart || traits.carries
        }
      }
    }
    for option in arguments.options {
      switch option.module {
      case "mark", "connmark": traits.asks = true
      case "state", "conntrack": traits.asks = traits.asks || switchesTracking
      case "string", "webstr", "tls", "ndpi", "layer7", "ipp2p": traits.tellsPacketsApart = true
      default: break
      }
      if option.name == "--tcp-flags", let mask = option.values.first.flatMap(IPTMatcher.flags) {
        // Of the flags, PSH alone tells data from an acknowledgement.
        traits.tellsPacketsApart = traits.tellsPacketsApart || mask & 0x08 != 0
      }
    }
    return traits
  }

  func branches(chain: Int, rule: Int, view: NFView) -> [NFBranch] {
    let place = places[chain]
    return translator.translate(
      place.arguments[rule],
      place: IPTPlace(
        family: place.family, hooks: [view.hook.uppercased()], traffic: view.traffic, view: view),
      position: place.chain.rules[rule].position
    ) { number(of: $0, table: place.table) }.branches
  }
}
