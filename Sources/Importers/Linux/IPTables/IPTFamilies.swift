import ImportKit

/// Tells the family of tables by what stands in them.
///
/// The header comment decides where there is one. Without it (hand-written files, iptables-xml) the
/// addresses and the names of ICMP do; a table in which nothing tells takes the family of the tables
/// beside it, and IPv4 where nothing tells anywhere.
enum IPTFamilies {
  static func settle(_ dump: inout IPTDump) {
    for index in dump.tables.indices where dump.tables[index].family == nil {
      dump.tables[index].family = family(of: dump.tables[index])
    }
    let known = Set(dump.tables.compactMap(\.family))
    var hasGuessed = false
    for index in dump.tables.indices where dump.tables[index].family == nil {
      let name = dump.tables[index].name
      let taken = dump.tables.contains { $0.name == name && $0.family == .ipv4 }
      // A second table of the same name in one text is the other family's.
      let choice = known.count == 1 ? known.first : (taken ? .ipv6 : .ipv4)
      dump.tables[index].family = choice ?? .ipv4
      hasGuessed = hasGuessed || known.isEmpty
    }
    if hasGuessed, let first = dump.tables.first {
      dump.notes.append(
        Note(
          .reading, "nothing in the rules shows whether they are for IPv4 or IPv6; read as IPv4",
          at: first.position))
    }
  }

  private static func family(of table: IPTTable) -> AddressFamily? {
    for chain in table.chains {
      for rule in chain.rules {
        let words = rule.tokens.map(\.text)
        for (index, word) in words.enumerated() {
          if ["icmp6", "icmpv6", "ipv6-icmp"].contains(word) || word.hasPrefix("icmp6-") {
            return .ipv6
          }
          if word == "--icmp-type" || word.hasPrefix("icmp-") { return .ipv4 }
          guard ["-s", "-d", "--src-range", "--dst-range"].contains(word), index + 1 < words.count
          else { continue }
          let next =
            words[index + 1] == "!" && index + 2 < words.count ? words[index + 2] : words[index + 1]
          let address = next.prefix { $0 != "/" && $0 != "-" }
          if let found = IPAddress(address)?.family { return found }
        }
      }
    }
    return nil
  }

  /// A table that stands twice replaces itself when the file is loaded: the later one counts.
  static func removeReplaced(_ dump: inout IPTDump) {
    var last: [String: Int] = [:]
    for (index, table) in dump.tables.enumerated() {
      last[IPTPolicyBuilder.name(table.family ?? .ipv4, table.name, "")] = index
    }
    var kept: [IPTTable] = []
    for (index, table) in dump.tables.enumerated() {
      if last[IPTPolicyBuilder.name(table.family ?? .ipv4, table.name, "")] == index {
        kept.append(table)
      } else {
        dump.notes.append(
          Note(
            .reading, "the table `\(table.name)` stands twice; the later one replaces this one",
            at: table.position))
      }
    }
    dump.tables = kept
  }
}
