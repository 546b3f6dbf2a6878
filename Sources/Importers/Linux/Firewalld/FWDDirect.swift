import ImportKit

/// Turns direct rules, which are arguments of iptables, into chains of iptables.
///
/// Source: firewalld.direct(5). Rules of a chain stand in the order of their priority. With the
/// nftables backend (the standard since 0.6) they are all that iptables holds, run before the rules of
/// zones, and "ACCEPT in iptables means a packet is still subject to firewalld rules" (Fedora 32
/// release notes, Security); with the iptables backend they stand at the head of the chain, and what
/// they accept is accepted.
struct FWDDirect {
  private(set) var dump = IPTDump()

  var isEmpty: Bool { dump.tables.isEmpty }

  init(_ files: [FWDDirectFile]) {
    var tables: [String: IPTTable] = [:]
    var order: [String] = []
    func with(
      _ family: String, _ name: String, at position: SourcePosition,
      _ body: (inout IPTTable) -> Void
    ) {
      let key = "\(family) \(name)"
      if tables[key] == nil {
        order.append(key)
        tables[key] = IPTTable(
          name: name, family: family == "ipv6" ? .ipv6 : .ipv4, position: position)
      }
      body(&tables[key, default: IPTTable(name: name, family: nil, position: position)])
    }
    for file in files {
      for chain in file.chains where Self.isIP(chain.family) {
        with(chain.family, chain.table, at: chain.position) {
          $0.declare(chain.name, policy: nil, at: chain.position)
        }
      }
      let ordered = file.rules.enumerated().sorted {
        ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset)
      }
      for (_, rule) in ordered {
        guard Self.isIP(rule.family) else {
          dump.notes.append(
            Note(.reading, "a direct rule for bridges (ebtables) is passed over", at: rule.position)
          )
          continue
        }
        with(rule.family, rule.table, at: rule.position) { table in
          if table.number(of: rule.chain) == nil {
            let isBase = IPTChainGraph.allHooks.contains(rule.chain)
            table.declare(
              rule.chain, policy: isBase ? "ACCEPT" : nil, at: rule.position)
          }
          table.add(
            IPTRuleText(tokens: IPTWords.splitLikeShell(rule.arguments), position: rule.position),
            to: rule.chain)
        }
      }
      for passthrough in file.passthroughs { add(passthrough) }
      for place in file.unreadable {
        dump.rulesElsewhere.append(
          ("a direct rule that is not readable may change anything", place))
      }
    }
    dump.tables = order.compactMap { tables[$0] }
  }

  private static func isIP(_ family: String) -> Bool { family == "ipv4" || family == "ipv6" }

  /// A passthrough is a command of its own; where its rule comes to stand among the others depends on
  /// the moment at which it runs.
  private mutating func add(_ passthrough: FWDDirectFile.Passthrough) {
    guard passthrough.family != "eb" else { return }
    var words = IPTWords.splitLikeShell(passthrough.arguments).map(\.text)
    // Texts that people write may hold anything, secrets included.
    for option in ["--comment", "--string", "--hex-string", "--log-prefix"] {
      while let index = words.firstIndex(of: option) {
        words.removeSubrange(index..<min(index + 2, words.count))
      }
    }
    let touches = ["FORWARD", "OUTPUT", "PREROUTING", "POSTROUTING"].contains { words.contains($0) }
    let changesRules = words.contains { ["-A", "-I", "-R", "-D", "-P", "-F"].contains($0) }
    guard changesRules, touches || !words.contains("INPUT") else { return }
    dump.rulesElsewhere.append(
      (
        "the passthrough `\(words.joined(separator: " "))` changes rules of iptables",
        passthrough.position
      )
    )
  }
}
