import ImportKit

/// The address books of a system: old ones inside zones, newer ones global or attached to zones.
final class JunosAddresses {
  private struct Book {
    let name: String
    var addresses: [String: JunosNode] = [:]
    var sets: [String: JunosNode] = [:]
    /// Whether an entry of the book has no readable name, so that it may be any.
    var hasOddNames = false
  }

  private var books: [Book] = []
  /// Books by zone, the ones that are asked first.
  private var byZone: [String: [Int]] = [:]
  private var global: Int?
  /// Books that are attached to something that is no name of a zone.
  private var oddlyAttached: [Int] = []
  /// Addresses that feeds fill at run time.
  private var dynamic: Set<String> = []
  private let draft: PolicyDraft
  /// Objects that have a number and wait for their members to be read.
  private var waiting = ObjectQueue<(node: JunosNode, name: String, book: Int, isSet: Bool)>()

  /// - Parameter security: `security` sections that count.
  init(_ security: [JunosNode], draft: PolicyDraft) {
    self.draft = draft
    for section in security {
      for node in section.children("address-book") {
        let name = node.childText("name") ?? "global"
        let number = add(node, name: name)
        if name == "global" { global = global ?? number }
        for attachment in node.children("attach") {
          for zone in attachment.names("zone") {
            byZone[zone, default: []].append(number)
            if !JunosPolicies.isName(zone) { oddlyAttached.append(number) }
          }
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

  private func add(_ node: JunosNode, name: String) -> Int {
    var book = Book(name: name)
    for address in node.children("address") {
      guard let key = address.childText("name"), JunosPolicies.isName(key) else {
        book.hasOddNames = true
        continue
      }
      if book.addresses[key] == nil { book.addresses[key] = address }
    }
    for set in node.children("address-set") {
      guard let key = set.childText("name"), JunosPolicies.isName(key) else {
        book.hasOddNames = true
        continue
      }
      if book.sets[key] == nil { book.sets[key] = set }
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
  func term(_ node: JunosNode, zones: [String]) -> EndpointTerm {
    let name = node.text
    switch name {
    case "any": return .any
    case "any-ipv4": return .addresses(AddressSet(v4: .full, v6: IntervalSet()))
    case "any-ipv6": return .addresses(AddressSet(v4: IntervalSet(), v6: .full))
    default: break
    }
    let candidates = zones.flatMap { byZone[$0] ?? [] } + (global.map { [$0] } ?? [])
    for number in candidates {
      let mayHide = oddlyAttached.first { $0 != number && holds(name, $0) }
      if let found = object(name, in: number), number != global || mayHide == nil {
        return .object(found)
      }
      if books[number].hasOddNames || mayHide != nil {
        return .condition(
          draft.doubt(
            .unresolved,
            "address `\(name)` may be one of book `\(books[mayHide ?? number].name)`, which is not "
              + "readable as a whole", at: node.position))
      }
    }
    if dynamic.contains(name) {
      return .condition(
        draft.doubt(.externalList, "dynamic address `\(name)`, filled by a feed"))
    }
    // Prefixes written in place of a name are not taken by the device, but meant by generators.
    if let set = AddressSet(parsing: name) { return .addresses(set) }
    let what = TemplateMarker.isPresent(in: name) ? "an unfilled template marker" : "not defined"
    return .condition(
      draft.doubt(.unresolved, "address `\(name)` is \(what)", at: node.position))
  }

  private func holds(_ name: String, _ book: Int) -> Bool {
    books[book].addresses[name] != nil || books[book].sets[name] != nil
  }

  /// The number of an object of a book, which is read later; nil where the book has no such name.
  private func object(_ name: String, in number: Int) -> Int? {
    let book = books[number]
    let id = "\(book.name)/\(name)"
    if let known = draft.objects.endpoint(id) { return known }
    let isSet = book.addresses[name] == nil
    guard let node = book.addresses[name] ?? book.sets[name] else { return nil }
    let object = draft.objects.addEndpoint(
      id: id, name: name, kind: isSet ? "address-set" : "address", position: node.position)
    waiting.add(object, (node, name, number, isSet))
    return object
  }

  /// Reads the objects that wait, and those that they name, one after the other.
  func fill() {
    while let entry = waiting.next() {
      let (node, name, book, isSet) = entry.definition
      let record = JunosRecord(node)
      _ = record.child("name")
      var list = isSet ? members(record, name: name, in: book) : value(record, name: name)
      let what = "\(isSet ? "address set" : "address") `\(name)`"
      if let left = draft.unread(record, of: what, ignoring: JunosMembers.address) {
        let doubts = list.terms.filter { if case .condition = $0 { true } else { false } }
        list = EndpointList(doubts + [.condition(left)])
      }
      draft.objects.setEndpoint(entry.number, list)
    }
  }

  /// Members of a set, which come from its own book.
  private func members(_ record: JunosRecord, name: String, in book: Int) -> EndpointList {
    let members = record.children("address") + record.children("address-set")
    guard !members.isEmpty else {
      return EndpointList([
        .condition(
          draft.doubt(.unresolved, "address set `\(name)` has no members", at: record.position))
      ])
    }
    return EndpointList(
      members.map { member in
        if let inner = object(member.text, in: book) { return .object(inner) }
        return .condition(
          draft.doubt(
            .unresolved, "member `\(member.text)` of address set `\(name)` is not defined",
            at: member.position))
      })
  }

  // MARK: Values

  private func value(_ record: JunosRecord, name: String) -> EndpointList {
    func open(_ text: String) -> EndpointList {
      EndpointList([.condition(draft.doubt(.unresolved, text, at: record.position))])
    }
    if let prefix = record.child("ip-prefix") {
      guard let set = AddressSet(parsing: prefix.text) else {
        return open("address `\(name)`: `\(prefix.text)` is not a prefix")
      }
      return EndpointList([.addresses(set)])
    }
    if let host = record.child("dns-name") {
      // One host name, resolved by the device; no wildcard. Source: juniper.net, "Understanding
      // Address Books" and "DNS Names in Address Books".
      guard let found = HostName(host.text) else {
        return open("address `\(name)`: `\(host.text)` is not a host name")
      }
      if let address = AddressSet(parsing: host.text) { return EndpointList([.addresses(address)]) }
      return EndpointList([.host(.exact(found), .resolved)])
    }
    if let range = record.child("range-address") {
      let upper = range.descend("to", "range-high")?.text ?? range.text
      guard let set = AddressSet(parsing: "\(range.text)-\(upper)") else {
        return open("address `\(name)`: the range is not readable")
      }
      return EndpointList([.addresses(set)])
    }
    if let wildcard = record.child("wildcard-address") {
      return wildcardValue(wildcard.text, name: name, at: wildcard.position)
    }
    return open("address `\(name)` has no value that is known")
  }

  /// `10.0.11.1/255.255.0.255`: a set bit of the mask must be equal. Source: juniper.net, statement
  /// `wildcard-address`.
  private func wildcardValue(
    _ text: String, name: String, at position: SourcePosition
  ) -> EndpointList {
    if let set = AddressSet(parsing: text) { return EndpointList([.addresses(set)]) }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, case .v4(let base)? = IPAddress(parts[0]),
      case .v4(let mask)? = IPAddress(parts[1])
    else {
      return EndpointList([
        .condition(
          draft.doubt(
            .unresolved, "address `\(name)`: `\(text)` is no wildcard mask", at: position))
      ])
    }
    if let set = AddressSet(v4: base, ignoring: ~mask) { return EndpointList([.addresses(set)]) }
    // Too many pieces to write out: somewhere inside the prefix in front of the first wildcard.
    let around = AddressSet.around(v4: base, ignoring: ~mask)
    let condition = draft.doubt(
      .unmodelled, "wildcard mask `\(text)` of address `\(name)`", at: position)
    return EndpointList([.condition(condition)], except: [.addresses(around.complement())])
  }
}
