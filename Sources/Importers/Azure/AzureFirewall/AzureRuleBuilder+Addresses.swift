import ImportKit

/// Addresses, IP groups and names of rules.
extension AzureRuleBuilder {
  func unresolved(_ what: String, at position: SourcePosition) -> EndpointTerm {
    .condition(draft.doubt(.unresolved, what, at: position))
  }

  func address(_ entry: AzureItem.Entry, _ rule: AzureItem, _ what: String) -> EndpointTerm {
    switch entry {
    case .unknown(let missing): return unresolved("\(what): \(missing)", at: rule.position)
    case .text("*"): return .any
    case .text(let text):
      if case .success(let set) = AddressSet.parse(text) { return .addresses(set) }
      if TemplateMarker.isPresent(in: text) {
        return unresolved("address `\(text)` is an unfilled template marker", at: rule.position)
      }
      // What is not an address is a service tag: a list of ranges that Microsoft publishes.
      guard AzureTags.isWord(text) else {
        return unresolved("address `\(text)` of \(what) is not readable", at: rule.position)
      }
      return .tag(text)
    }
  }

  mutating func ipGroup(
    _ entry: AzureItem.Entry, _ rule: AzureItem, _ what: String
  ) -> EndpointTerm {
    guard case .text(let id) = entry, let name = AzureName.last(id) else {
      if case .unknown(let missing) = entry {
        return unresolved("\(what): \(missing)", at: rule.position)
      }
      return unresolved("\(what) names an IP group without a name", at: rule.position)
    }
    if let known = draft.objects.endpoint("ipGroup/\(name)") { return .object(known) }
    let found = resources.ipGroups.filter {
      ($0.lastName ?? $0.text("id").flatMap(AzureName.last))?.lowercased() == name.lowercased()
    }
    // One that is certainly there goes before those that a condition of the template decides.
    guard let group = found.first(where: { $0.doubts.isEmpty }) ?? found.first else {
      return unresolved("IP group `\(name)` is not in the export", at: rule.position)
    }
    let number = draft.objects.addEndpoint(
      id: "ipGroup/\(name)", name: name, kind: "IP group", position: group.position)
    let label = "IP group `\(name)`"
    let doubts = group.inForceDoubts(of: label, in: draft)
    let properties = group.properties
    var terms = properties.entries("ipAddresses").map { address($0, group, label) }
    for part in group.member("properties") == nil ? [properties] : [properties, group] {
      if let left = part.unread(of: label, ignoring: AzureIrrelevant.ipGroup, in: draft) {
        terms.append(.condition(left))
      }
    }
    if properties.member("ipAddresses") == nil {
      terms.append(
        unresolved("the addresses of IP group `\(name)` are not in the export", at: group.position))
    }
    if !doubts.isEmpty { terms = doubts.map { .condition($0) } }
    draft.objects.setEndpoint(number, EndpointList(terms))
    return .object(number)
  }

  /// A name in a network rule is resolved to addresses. With the firewall as DNS proxy the clients
  /// get the same answers, without it they may get others. Source: learn.microsoft.com, "Use FQDN
  /// filtering in network rules"; "wildcards aren't supported" there.
  func networkName(_ entry: AzureItem.Entry, _ rule: AzureItem, _ what: String) -> EndpointTerm {
    switch entry {
    case .unknown(let missing): return unresolved("\(what): \(missing)", at: rule.position)
    case .text(let text):
      let binding: NameBinding = usesDNSProxy ? .proxied : .resolved
      if let host = HostName(text) { return .host(.exact(host), binding) }
      if text.hasPrefix("*."), let host = HostName(text.dropFirst(2)) {
        return .host(.subdomains(host), .resolved)
      }
      return draft.oddHost(text, in: what, at: rule.position)
    }
  }

  mutating func sourceClauses(_ rule: AzureItem, _ what: String) -> [Clause] {
    var terms: [EndpointTerm] = []
    for value in rule.entries("sourceAddresses") { terms.append(address(value, rule, what)) }
    for value in rule.entries("sourceIpGroups") { terms.append(ipGroup(value, rule, what)) }
    if terms.contains(.any) { return [] }
    if terms.isEmpty { terms = [unresolved("\(what) has no source", at: rule.position)] }
    for term in terms {
      switch term {
      case .addresses(let set): remember(set, "")
      case .object(let number):
        let object = draft.objects.endpoints[number]
        let union = object.list.terms.reduce(into: AddressSet()) { union, term in
          if case .addresses(let set) = term { union = union.union(set) }
        }
        if !union.isEmpty { remember(union, object.name) }
      default: break
      }
    }
    return [.source(EndpointList(terms))]
  }
}

/// Service tags: names of address lists.
enum AzureTags {
  /// Whether a text has the form of a tag, such as `AzureFrontDoor.FirstParty`.
  static func isWord(_ text: String) -> Bool {
    guard let first = text.utf8.first, (0x61...0x7A).contains(first | 0x20),
      !TemplateMarker.isPresent(in: text)
    else { return false }
    return text.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x2E
        || byte == 0x5F || byte == 0x2D
    }
  }
}
