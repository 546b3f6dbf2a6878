import ImportKit

/// The objects of a dump, sorted by kind.
struct NFTRuleset {
  /// What names a chain, set or map.
  struct Name: Hashable {
    let family: String
    let table: String
    let name: String

    /// As in `nft list`, for people.
    var text: String { "\(family) \(table) \(name)" }
  }

  struct Chain {
    let name: Name
    let value: JSONValue
    var rules: [JSONValue] = []
    /// What keeps it open whether, or where, the chain plays a part.
    var doubt: Condition?

    /// Nil for chains that are called only; a word that nobody knows where it is not readable.
    var hook: String? { value["hook"].map { $0.string ?? "(not readable)" } }
    var priority: Int { value["prio"]?.int ?? 0 }
    var type: String { value["type"]?.string ?? "filter" }
    var drops: Bool { value["policy"]?.string == "drop" }
    /// The device of a netdev chain.
    var devices: [String] {
      guard let device = value["dev"] else { return [] }
      return device.string.map { [$0] } ?? device.elements.compactMap(\.string)
    }
  }

  struct Set {
    let name: Name
    let value: JSONValue
    /// The elements, those of separate `element` objects included.
    var elements: [JSONValue]
    /// Whether all its members are listed in a way that is known.
    var isReadable = true

    /// Whether the kernel adds and drops elements at run time, so that the dump shows one moment.
    var isDynamic: Bool {
      let flags = value["flags"]
      let names = flags?.string.map { [$0] } ?? flags?.elements.compactMap(\.string) ?? []
      let known = ["interval", "constant"]
      // A word that is not known may mean that it changes; so may elements that are no list.
      return names.contains { !known.contains($0) } || value["timeout"] != nil || !isReadable
    }
  }

  private(set) var chains: [Chain] = []
  private(set) var numbers: [Name: Int] = [:]
  private(set) var sets: [Name: Set] = [:]
  private(set) var dormantTables: [JSONValue] = []
  private(set) var version = ""
  /// Rules of chains that are not in the dump.
  private(set) var orphans: [JSONValue] = []
  /// Chains without a readable name.
  private(set) var unreadable: [JSONValue] = []

  /// Whether some rule gives connections another destination.
  private(set) var translatesDestinations = false

  init(_ list: JSONValue, draft: PolicyDraft) {
    var dormant: Swift.Set<String> = []
    // Tables with flags that nobody knows: these may put them out of force.
    var doubtful: [String: Condition] = [:]
    var tables: Swift.Set<String> = []
    for object in list.elements {
      for (kind, value) in object.members {
        switch kind {
        case "metainfo": version = value["version"]?.string ?? ""
        case "table":
          tables.insert("\(value["family"]?.string ?? "") \(value["name"]?.string ?? "")")
          let flags = value["flags"]
          let names = flags?.string.map { [$0] } ?? flags?.elements.compactMap(\.string) ?? []
          if names.contains("dormant") {
            dormantTables.append(value)
            dormant.insert("\(value["family"]?.string ?? "") \(value["name"]?.string ?? "")")
          } else if let word = names.first(where: { !["owner", "persist"].contains($0) }) {
            let key = "\(value["family"]?.string ?? "") \(value["name"]?.string ?? "")"
            doubtful[key] = draft.doubt(
              .notInForce, "table `\(key)` has the flag `\(word)`, which is not known",
              at: SourcePosition(line: value.line, pointer: value.pointer))
          }
        case "chain":
          guard let name = Self.name(value) else {
            unreadable.append(value)
            continue
          }
          if numbers[name] == nil {
            numbers[name] = chains.count
            chains.append(Chain(name: name, value: value))
          }
        case "set", "map":
          guard let name = Self.name(value) else { continue }
          sets[name] = Set(
            name: name, value: value, elements: value["elem"]?.elements.map { $0 } ?? [],
            isReadable: value["elem"]?.isArray ?? true)
        case "element":
          guard let name = Self.name(value) else { continue }
          sets[name]?.elements += value["elem"]?.elements.map { $0 } ?? []
        case "rule":
          let name = Name(
            family: value["family"]?.string ?? "", table: value["table"]?.string ?? "",
            name: value["chain"]?.string ?? "")
          if let number = numbers[name] {
            chains[number].rules.append(value)
          } else {
            // It may be meant for any chain.
            orphans.append(value)
            for index in chains.indices { chains[index].rules.append(value) }
          }
        default: break
        }
      }
    }
    chains.removeAll { dormant.contains("\($0.name.family) \($0.name.table)") }
    for index in chains.indices {
      let name = chains[index].name
      let table = "\(name.family) \(name.table)"
      chains[index].doubt = doubtful[table] ?? Self.doubt(chains[index], draft)
      if !tables.isEmpty, !tables.contains(table), chains[index].doubt == nil {
        let value = chains[index].value
        chains[index].doubt = draft.doubt(
          .notInForce,
          "the table `\(table)` of a chain is not in the dump, nor whether it is in force",
          at: SourcePosition(line: value.line, pointer: value.pointer))
      }
    }
    translatesDestinations = chains.contains { chain in
      chain.rules.contains(where: Self.translatesDestination)
    }
    numbers = Dictionary(
      chains.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// What keeps it open where a base chain stands.
  private static func doubt(_ chain: Chain, _ draft: PolicyDraft) -> Condition? {
    guard chain.hook != nil else { return nil }
    let position = SourcePosition(line: chain.value.line, pointer: chain.value.pointer)
    let families = ["ip", "ip6", "inet", "arp", "bridge", "netdev"]
    if !families.contains(chain.name.family) {
      return draft.doubt(
        .unresolved, "the family `\(chain.name.family)` of a chain is not known", at: position)
    }
    if !["filter", "nat", "route"].contains(chain.type) {
      return draft.doubt(
        .unresolved, "the type `\(chain.type)` of a chain is not known", at: position)
    }
    if chain.value["prio"]?.int == nil {
      return draft.doubt(
        .unresolved, "the priority of the chain `\(chain.name.text)` is not a number",
        at: position)
    }
    return nil
  }

  private static func translatesDestination(_ rule: JSONValue) -> Bool {
    rule["expr"]?.elements.contains { statement in
      statement.members.contains { ["dnat", "redirect", "tproxy"].contains($0.key) }
    } ?? false
  }

  private static func name(_ value: JSONValue) -> Name? {
    guard let name = value["name"]?.string else { return nil }
    return Name(
      family: value["family"]?.string ?? "", table: value["table"]?.string ?? "", name: name)
  }
}
