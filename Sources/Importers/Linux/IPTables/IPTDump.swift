import ImportKit

/// One word of a rule, with whether it stood in quotes: a quoted word is never an option.
struct IPTToken: Hashable {
  let text: String
  let quoted: Bool

  init(_ text: some StringProtocol, quoted: Bool = false) {
    self.text = String(text)
    self.quoted = quoted
  }

  var isOption: Bool { !quoted && text.count > 1 && text.hasPrefix("-") }
  var isNot: Bool { !quoted && text == "!" }
}

/// A rule as its words, before anything is made of them.
struct IPTRuleText {
  let tokens: [IPTToken]
  /// Why it is open what the rule matches and does, or whether it stands in its chain at all.
  var doubt: String?
  let position: SourcePosition
}

/// A chain of one table.
struct IPTChain {
  let name: String
  /// `ACCEPT` or `DROP` for chains of the kernel; nil for chains of the administrator.
  var policy: String?
  var position: SourcePosition
  var rules: [IPTRuleText] = []
}

/// One table of one family.
struct IPTTable {
  let name: String
  var family: AddressFamily?
  let position: SourcePosition
  private(set) var chains: [IPTChain] = []
  private var numbers: [String: Int] = [:]

  init(name: String, family: AddressFamily?, position: SourcePosition) {
    self.name = name
    self.family = family
    self.position = position
  }

  func number(of chain: String) -> Int? { numbers[chain] }

  func chain(_ name: String) -> IPTChain? { numbers[name].map { chains[$0] } }

  mutating func declare(_ name: String, policy: String?, at position: SourcePosition) {
    if let number = numbers[name] {
      chains[number].policy = policy
      chains[number].position = position
    } else {
      numbers[name] = chains.count
      chains.append(IPTChain(name: name, policy: policy, position: position))
    }
  }

  /// Adds a rule at its end, or before the rule that has the number `place`, counted from 1.
  mutating func add(_ rule: IPTRuleText, to chain: String, place: Int? = nil) {
    if numbers[chain] == nil {
      guard IPTChainGraph.allHooks.contains(chain) else { return addUndeclared(rule, to: chain) }
      declare(chain, policy: nil, at: rule.position)
    }
    guard let number = numbers[chain] else { return }
    if let place {
      let index = min(max(place, 1) - 1, chains[number].rules.count)
      chains[number].rules.insert(rule, at: index)
    } else {
      chains[number].rules.append(rule)
    }
  }

  /// A rule for a chain that nobody declared does not load: it may be meant for any chain.
  private mutating func addUndeclared(_ rule: IPTRuleText, to chain: String) {
    var rule = rule
    rule.doubt = "a rule is for the chain `\(chain)`, which is not declared"
    addToAll(rule)
  }

  mutating func addToAll(_ rule: IPTRuleText) {
    for index in chains.indices { chains[index].rules.append(rule) }
  }

  mutating func flush(_ chain: String?) {
    for index in chains.indices where chain == nil || chains[index].name == chain {
      chains[index].rules = []
    }
  }
}

/// Everything that the files of one machine hold.
struct IPTDump {
  var tables: [IPTTable] = []
  var notes: [Note] = []
  /// Rules elsewhere of which the files themselves speak, each with its place.
  var rulesElsewhere: [(text: String, position: SourcePosition)] = []
}
