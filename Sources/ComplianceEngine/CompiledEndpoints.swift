import NetworkSets
import PolicyModel

/// A source or destination list with all its objects flattened, ready to be asked about flows.
///
/// Names are indexed by exact text and by parent domain, so a question costs the number of labels
/// of the host and not the number of entries.
final class CompiledEndpoints: Sendable {
  struct Name: Hashable, Sendable {
    let pattern: URLPattern
    let binding: NameBinding
  }

  struct Doubt: Hashable, Sendable {
    let condition: Condition
    /// Where the object stands that holds the doubt; nil for the rule itself.
    let position: SourcePosition?
  }

  let matchesAll: Bool
  let addresses: AddressSet
  let names: [Name]
  let tags: [String]
  /// As the policy writes them.
  let categories: Set<String>
  let foldedCategories: Set<String>
  let doubts: [Doubt]
  /// Parts that cannot be flattened because they subtract something.
  let nested: [CompiledEndpoints]
  let exceptions: CompiledEndpoints?
  let negated: Bool

  private let exactNames: [String: [Int]]
  private let parentNames: [String: [Int]]
  private let otherNames: [Int]
  /// How the addresses relate to public hosts, by family.
  private let publicV4: Truth
  private let publicV6: Truth

  init(
    matchesAll: Bool, addresses: AddressSet, names: [Name], tags: [String],
    categories: Set<String>, doubts: [Doubt], nested: [CompiledEndpoints],
    exceptions: CompiledEndpoints?, negated: Bool
  ) {
    self.matchesAll = matchesAll
    self.addresses = addresses
    self.names = names
    self.tags = tags
    self.categories = categories
    foldedCategories = Set(categories.map(VendorWord.folded))
    self.doubts = doubts
    self.nested = nested
    self.exceptions = exceptions
    self.negated = negated
    var exact: [String: [Int]] = [:]
    var parents: [String: [Int]] = [:]
    var others: [Int] = []
    for (index, name) in names.enumerated() {
      switch name.pattern.hostPattern {
      case .exact(let host): exact[host.text, default: []].append(index)
      case .subdomains(let host), .apexAndSubdomains(let host), .oneLabel(let host):
        parents[host.text, default: []].append(index)
      default: others.append(index)
      }
    }
    exactNames = exact
    parentNames = parents
    otherNames = others
    publicV4 = Self.relation(of: addresses, in: .ipv4)
    publicV6 = Self.relation(of: addresses, in: .ipv6)
  }

  private static func relation(of addresses: AddressSet, in family: AddressFamily) -> Truth {
    let internet = SpecialPurposeAddresses.internet
    if addresses.isDisjoint(with: internet, in: family) { return .no }
    return addresses.isSuperset(of: internet, in: family) ? .yes : .perhaps
  }

  /// Whether any name is in the list, exceptions and nested parts included.
  var hasNames: Bool {
    !names.isEmpty || nested.contains(where: \.hasNames) || exceptions?.hasNames ?? false
  }

  /// Whether the list can hold no other hosts than those that its names can be found by.
  var isMadeOfIndexableNames: Bool {
    !matchesAll && !negated && otherNames.isEmpty && tags.isEmpty && categories.isEmpty
      && doubts.isEmpty && nested.isEmpty && addresses.isEmpty
  }

  /// Every name entry, exceptions and nested parts included.
  var allNames: [Name] {
    names + nested.flatMap(\.allNames) + (exceptions?.allNames ?? [])
  }

  /// Every address set that a membership test may consult.
  var allAddresses: [AddressSet] {
    [addresses] + nested.flatMap(\.allAddresses) + (exceptions?.allAddresses ?? [])
  }

  var allTags: [String] { tags + nested.flatMap(\.allTags) + (exceptions?.allTags ?? []) }

  /// Whether the list holds addresses and nothing that could be in doubt.
  var isPlainAddresses: Bool {
    names.isEmpty && tags.isEmpty && categories.isEmpty && doubts.isEmpty && nested.isEmpty
      && exceptions == nil
  }

  /// Whether the list, taken as a destination, is for every host on the Internet.
  func coversInternet(_ family: AddressFamily) -> Bool {
    guard !negated else {
      return !matchesAll && names.isEmpty && tags.isEmpty && categories.isEmpty && doubts.isEmpty
        && nested.isEmpty && exceptions == nil && (family == .ipv4 ? publicV4 : publicV6) == .no
    }
    guard exceptions == nil else { return false }
    return matchesAll || (family == .ipv4 ? publicV4 : publicV6) == .yes
      || nested.contains { $0.coversInternet(family) }
  }

  /// What is asked about a destination.
  struct Destination: Sendable {
    let host: HostName
    let path: String
    /// Set where the user's table says to which address the host resolves.
    let address: IPAddress?
    let family: AddressFamily
    /// Whether the device sees the path.
    let pathVisible: Truth
    let tagTable: [String: AddressSet]
    /// The categories that the host may have, folded; empty where not known.
    let categories: Set<String>
  }

  func truth(for destination: Destination) -> Truth {
    var result = matchesAll ? Truth.yes : addressTruth(for: destination)
    if result < .yes { result = result || nameTruth(for: destination) }
    if result < .yes { result = result || tagTruth(for: destination) }
    if result < .yes, !categories.isEmpty {
      result =
        result || OutsideKnowledge.truth(ofCategories: foldedCategories, destination.categories)
    }
    if result < .perhaps, !doubts.isEmpty { result = .perhaps }
    for part in nested where result < .yes { result = result || part.truth(for: destination) }
    if result > .no, let exceptions { result = result && !exceptions.truth(for: destination) }
    return negated ? !result : result
  }

  /// Whether the list is about addresses only, and all of them are known.
  var isMadeOfAddresses: Bool {
    !matchesAll && names.isEmpty && tags.isEmpty && categories.isEmpty && doubts.isEmpty
      && nested.isEmpty && exceptions == nil
  }

  func truth(forClient address: IPAddress, tagTable: [String: AddressSet]) -> Truth {
    var result: Truth
    if matchesAll || addresses.contains(address) {
      result = .yes
    } else {
      result = doubts.isEmpty && names.isEmpty && categories.isEmpty ? .no : .perhaps
      for tag in tags where result < .yes {
        result = result || (tagTable[tag].map { Truth($0.contains(address)) } ?? .perhaps)
      }
    }
    for part in nested where result < .yes {
      result = result || part.truth(forClient: address, tagTable: tagTable)
    }
    if result > .no, let exceptions {
      result = result && !exceptions.truth(forClient: address, tagTable: tagTable)
    }
    return negated ? !result : result
  }

  private func addressTruth(for destination: Destination) -> Truth {
    let known = tags.isEmpty ? addresses : addresses(with: destination.tagTable)
    if let address = destination.address { return Truth(known.contains(address)) }
    if !tags.isEmpty { return Self.relation(of: known, in: destination.family) }
    return destination.family == .ipv4 ? publicV4 : publicV6
  }

  /// The addresses of the list together with those of its tags that are known.
  func addresses(with tagTable: [String: AddressSet]) -> AddressSet {
    tags.reduce(addresses) { result, tag in tagTable[tag].map { result.union($0) } ?? result }
  }

  private func tagTruth(for destination: Destination) -> Truth {
    tags.contains { destination.tagTable[$0] == nil } ? .perhaps : .no
  }

  /// The name entries that can hold a host: its own, those of its parent domains, and patterns
  /// that cannot be indexed.
  func candidates(for host: HostName) -> [Int] {
    guard !names.isEmpty else { return [] }
    var result = exactNames[host.text] ?? []
    if !parentNames.isEmpty {
      var rest = host.text[...]
      while true {
        if let found = parentNames[String(rest)] { result += found }
        guard let dot = rest.firstIndex(of: ".") else { break }
        rest = rest[rest.index(after: dot)...]
      }
    }
    return result + otherNames
  }

  private func nameTruth(for destination: Destination) -> Truth {
    var result = Truth.no
    for index in candidates(for: destination.host) {
      result = result || Self.truth(of: names[index], for: destination)
      if result == .yes { break }
    }
    return result
  }

  static func truth(of name: Name, for destination: Destination) -> Truth {
    let pattern = name.pattern
    let matched: Truth
    if pattern.ignoresPath {
      matched = Truth(pattern.matches(host: destination.host, path: "/"))
    } else {
      switch destination.pathVisible {
      case .yes: matched = Truth(pattern.matches(host: destination.host, path: destination.path))
      case .no: matched = Truth(pattern.matches(host: destination.host, path: "/"))
      case .perhaps:
        let seen = pattern.matches(host: destination.host, path: destination.path)
        let hidden = pattern.matches(host: destination.host, path: "/")
        matched = seen == hidden ? Truth(seen) : .perhaps
      }
    }
    // The user's table tells where the client goes, not to which addresses the device resolved.
    let isDoubtful = name.binding == .resolved || name.binding == .doubtful
    return matched > .no && isDoubtful ? .perhaps : matched
  }
}
