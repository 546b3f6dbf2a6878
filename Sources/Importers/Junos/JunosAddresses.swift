import ImportKit

/// The address books of a system: old ones inside zones, newer ones global or attached to zones.
struct JunosAddresses {
  private struct Book {
    let name: String
    var addresses: [String: JunosNode] = [:]
    var sets: [String: JunosNode] = [:]
  }

  private var books: [Book] = []
  /// Books by zone, the ones that are asked first.
  private var byZone: [String: [Int]] = [:]
  private var global: Int?
  /// Addresses that feeds fill at run time.
  private var dynamic: Set<String> = []

  /// - Parameter security: `security` sections that count.
  init(_ security: [JunosNode]) {
    for section in security {
      for node in section.children("address-book") {
        let name = node.childText("name") ?? "global"
        let number = add(node, name: name)
        if name == "global" { global = global ?? number }
        for attachment in node.children("attach") {
          for zone in attachment.names("zone") { byZone[zone, default: []].append(number) }
        }
      }
      for zone in section.child("zones")?.children("security-zone") ?? [] {
        guard let name = zone.childText("name"), let node = zone.child("address-book") else {
          continue
        }
        byZone[name, default: []].append(add(node, name: "zone \(name)"))
      }
      for node in section.child("dynamic-address")?.children("address-name") ?? [] {
        if let name = node.childText("name") { dynamic.insert(name) }
      }
    }
  }

  private mutating func add(_ node: JunosNode, name: String) -> Int {
    var book = Book(name: name)
    for address in node.children("address") {
      if let key = address.childText("name"), book.addresses[key] == nil {
        book.addresses[key] = address
      }
    }
    for set in node.children("address-set") {
      if let key = set.childText("name"), book.sets[key] == nil { book.sets[key] = set }
    }
    books.append(book)
    return books.count - 1
  }

  /// Whether there is any book to look in.
  var isEmpty: Bool { books.isEmpty }

  // MARK: Lookup

  /// One member of an address list of a policy.
  ///
  /// - Parameter zones: the zones of that side; a name is looked up in their books, then in the
  ///   global one. A global policy for any zone knows the global book only.
  func term(
    _ node: JunosNode, zones: [String], into context: inout JunosContext
  ) -> EndpointTerm {
    let name = node.text
    switch name {
    case "any": return .any
    case "any-ipv4": return .addresses(AddressSet(v4: .full, v6: IntervalSet()))
    case "any-ipv6": return .addresses(AddressSet(v4: IntervalSet(), v6: .full))
    default: break
    }
    let candidates = zones.flatMap { byZone[$0] ?? [] } + (global.map { [$0] } ?? [])
    for number in candidates {
      if let found = object(name, in: number, into: &context) { return .object(found) }
    }
    if dynamic.contains(name) {
      return .condition(Condition(.externalList, "dynamic address `\(name)`, filled by a feed"))
    }
    // Prefixes written in place of a name are not taken by the device, but meant by generators.
    if let set = AddressSet(parsing: name) { return .addresses(set) }
    let what = TemplateMarker.isPresent(in: name) ? "an unfilled template marker" : "not defined"
    let text = "address `\(name)` is \(what)"
    context.note(.unresolved, text, at: node.position)
    return .condition(Condition(.unresolved, text))
  }

  private func object(
    _ name: String, in number: Int, into context: inout JunosContext
  ) -> Int? {
    let book = books[number]
    let id = "\(book.name)/\(name)"
    if let known = context.objects.endpoint(id) { return known }
    if let node = book.addresses[name] {
      let object = context.objects.addEndpoint(
        id: id, name: name, kind: "address", position: node.position)
      context.objects.setEndpoint(object, value(node, name: name, into: &context))
      return object
    }
    guard let node = book.sets[name] else { return nil }
    let object = context.objects.addEndpoint(
      id: id, name: name, kind: "address-set", position: node.position)
    var terms: [EndpointTerm] = []
    for member in node.children("address") + node.children("address-set") {
      guard context.objects.enter() else {
        terms.append(.condition(ObjectTable.tooDeep(member.text)))
        continue
      }
      defer { context.objects.leave() }
      // Members of a set come from its own book.
      if let inner = self.object(member.text, in: number, into: &context) {
        terms.append(.object(inner))
      } else {
        let text = "member `\(member.text)` of address set `\(name)` is not defined"
        context.note(.unresolved, text, at: member.position)
        terms.append(.condition(Condition(.unresolved, text)))
      }
    }
    context.objects.setEndpoint(object, EndpointList(terms))
    return object
  }

  // MARK: Values

  private func value(
    _ node: JunosNode, name: String, into context: inout JunosContext
  ) -> EndpointList {
    func open(_ text: String) -> EndpointList {
      context.note(.unresolved, text, at: node.position)
      return EndpointList([.condition(Condition(.unresolved, text))])
    }
    if let prefix = node.child("ip-prefix") {
      guard let set = AddressSet(parsing: prefix.text) else {
        return open("address `\(name)`: `\(prefix.text)` is not a prefix")
      }
      return EndpointList([.addresses(set)])
    }
    if let host = node.child("dns-name") {
      // One host name, resolved by the device; no wildcard. Source: juniper.net, "Understanding
      // Address Books" and "DNS Names in Address Books".
      guard let found = HostName(host.text) else {
        return open("address `\(name)`: `\(host.text)` is not a host name")
      }
      if let address = AddressSet(parsing: host.text) { return EndpointList([.addresses(address)]) }
      return EndpointList([.host(.exact(found), .resolved)])
    }
    if let range = node.child("range-address") {
      let upper = range.descend("to", "range-high")?.text ?? range.text
      guard let set = AddressSet(parsing: "\(range.text)-\(upper)") else {
        return open("address `\(name)`: the range is not readable")
      }
      return EndpointList([.addresses(set)])
    }
    if let wildcard = node.child("wildcard-address") {
      return wildcardValue(wildcard.text, name: name, at: wildcard.position, into: &context)
    }
    return open("address `\(name)` has no value that is known")
  }

  /// `10.0.11.1/255.255.0.255`: a set bit of the mask must be equal. Where the set bits do not all
  /// stand in front, the set is a part of the prefix that those in front make.
  private func wildcardValue(
    _ text: String, name: String, at position: SourcePosition, into context: inout JunosContext
  ) -> EndpointList {
    if let set = AddressSet(parsing: text) { return EndpointList([.addresses(set)]) }
    let condition = Condition(.unmodelled, "wildcard mask `\(text)` of address `\(name)`")
    context.note(.unmodelled, "wildcard mask `\(text)` in address `\(name)`", at: position)
    let parts = text.split(separator: "/")
    guard parts.count == 2, let base = IPAddress(parts[0]),
      case .v4(let mask)? = IPAddress(parts[1]),
      let around = AddressSet(prefix: base, length: UInt8((~mask).leadingZeroBitCount))
    else { return EndpointList([.condition(condition)]) }
    return EndpointList([.condition(condition)], except: [.addresses(around.complement())])
  }
}
