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

    var hook: String? { value["hook"]?.string }
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

    /// Whether the kernel adds and drops elements at run time, so that the dump shows one moment.
    var isDynamic: Bool {
      let flags = value["flags"]
      let names = flags?.string.map { [$0] } ?? flags?.elements.compactMap(\.string) ?? []
      return names.contains("dynamic") || names.contains("timeout") || value["timeout"] != nil
    }
  }

  private(set) var chains: [Chain] = []
  private(set) var numbers: [Name: Int] = [:]
  private(set) var sets: [Name: Set] = [:]
  private(set) var dormantTables: [JSONValue] = []
  private(set) var version = ""
  private(set) var orphans: [JSONValue] = []

  /// Whether some rule gives connections another destination.
  private(set) var translatesDestinations = false

  init(_ list: JSONValue) {
    var dormant: Swift.Set<String> = []
    for object in list.elements {
      for (kind, value) in object.members {
        switch kind {
        case "metainfo": version = value["version"]?.string ?? ""
        case "table":
          let flags = value["flags"]
          let names = flags?.string.map { [$0] } ?? flags?.elements.compactMap(\.string) ?? []
          if names.contains("dormant") {
            dormantTables.append(value)
            dormant.insert("\(value["family"]?.string ?? "") \(value["name"]?.string ?? "")")
          }
        case "chain":
          guard let name = Self.name(value) else { continue }
          if numbers[name] == nil {
            numbers[name] = chains.count
            chains.append(Chain(name: name, value: value))
          }
        case "set", "map":
          guard let name = Self.name(value) else { continue }
          sets[name] = Set(
            name: name, value: value, elements: value["elem"]?.elements.map { $0 } ?? [])
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
            orphans.append(value)
          }
        default: break
        }
      }
    }
    chains.removeAll { dormant.contains("\($0.name.family) \($0.name.table)") }
    translatesDestinations = chains.contains { chain in
      chain.rules.contains(where: Self.translatesDestination)
    }
    numbers = Dictionary(
      chains.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
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
