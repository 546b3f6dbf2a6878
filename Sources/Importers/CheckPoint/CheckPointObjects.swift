import ImportKit

/// Translates the objects that rules refer to, each once. Groups are filled from a queue, so that no
/// nesting is too deep.
struct CheckPointObjects {
  typealias Item = CheckPointDocuments.Item

  var documents: CheckPointDocuments
  var table = ObjectTable()
  private(set) var notes: [Note] = []
  private var noted: Set<Note> = []
  var pendingEndpoints: [(number: Int, item: Item)] = []
  var pendingServices: [(number: Int, item: Item)] = []
  /// Security zones that rules name, in the order in which they are met.
  private(set) var zones: [(name: String, position: SourcePosition?)] = []

  init(documents: CheckPointDocuments) { self.documents = documents }

  /// The same in every installation.
  static let anyUID = "97aeb369-9aea-11d5-bd16-0090272ccb30"

  mutating func note(_ kind: Note.Kind, _ text: String, at position: SourcePosition?) {
    let note = Note(kind, text, at: position)
    if noted.insert(note).inserted { notes.append(note) }
  }

  mutating func finish() {
    while true {
      if let next = pendingEndpoints.popLast() {
        table.setEndpoint(next.number, definition(next.item))
      } else if let next = pendingServices.popLast() {
        table.setService(next.number, ServiceList(serviceDefinition(next.item)))
      } else {
        return
      }
    }
  }

  // MARK: Cells

  /// One entry of a cell: a uid, or the object itself where no dictionary was asked for.
  enum Entry {
    case any
    case object(Item)
    case unknown(String)
  }

  mutating func entries(_ cell: JSONValue?, file: Int) -> [Entry] {
    guard let cell, !cell.isNull else { return [] }
    let list = cell.isArray ? Array(cell.elements) : [cell]
    return list.map { entry($0, file: file) }
  }

  mutating func entry(_ value: JSONValue, file: Int) -> Entry {
    if let uid = value.string {
      if uid == Self.anyUID || uid == "Any" { return .any }
      guard let item = documents.objects[uid] ?? documents.layers[uid] else { return .unknown(uid) }
      return Self.isAny(item.value) ? .any : .object(item)
    }
    guard value.isObject, let uid = value["uid"]?.string else {
      return .unknown("an entry without uid")
    }
    if uid == Self.anyUID || Self.isAny(value) { return .any }
    documents.define(value, file: file)
    return .object(documents.objects[uid] ?? Item(value: value, file: file))
  }

  private static func isAny(_ value: JSONValue) -> Bool {
    value["type"]?.string == "CpmiAnyObject" && value["name"]?.string != "None"
  }

  mutating func unresolved(_ what: String, at position: SourcePosition) -> Condition {
    note(.unresolved, "\(what) is not in the export", at: position)
    return Condition(.unresolved, "\(what) is not in the export")
  }

  // MARK: Sources and destinations

  /// A source or destination cell: terms, and the zones among its entries.
  struct Side {
    var terms: [EndpointTerm] = []
    var zones: [String] = []
    var isAny = false
  }

  mutating func side(_ cell: JSONValue?, file: Int, at position: SourcePosition) -> Side {
    var side = Side()
    for entry in entries(cell, file: file) {
      switch entry {
      case .any: side.isAny = true
      case .unknown(let uid):
        side.terms.append(.condition(unresolved("object `\(uid)`", at: position)))
      case .object(let item) where item.value["type"]?.string == "security-zone":
        let name = item.name ?? ""
        if !zones.contains(where: { $0.name == name }) { zones.append((name, item.position)) }
        side.zones.append(name)
      case .object(let item): side.terms.append(endpoint(item))
      }
    }
    return side
  }

  /// The term for an object in a source or destination cell.
  mutating func endpoint(_ item: Item) -> EndpointTerm {
    let uid = item.uid ?? ""
    if let known = table.endpoint(uid) { return .object(known) }
    let type = item.value["type"]?.string ?? ""
    let name = item.name ?? uid
    if name == "Internet", type.hasSuffix("Internet") || type == "CpmiAnyObject" || type == "Global"
    {
      // Everything behind external interfaces. Source: sc1.checkpoint.com, R81 SecurityManagement
      // guide, "Internet" object: "traffic that goes from inside the organisation to the Internet".
      return .addresses(SpecialPurposeAddresses.internet)
    }
    let number = table.addEndpoint(id: uid, name: name, kind: type, position: item.position)
    pendingEndpoints.append((number, item))
    return .object(number)
  }

  private mutating func definition(_ item: Item) -> EndpointList {
    let value = item.value
    let name = item.name ?? ""
    switch value["type"]?.string ?? "" {
    case "host", "checkpoint-host", "gateway", "interoperable-device":
      return addresses(of: item, includingInterfaces: true)
    case "network": return network(item)
    case "address-range", "multicast-address-range": return range(item)
    case "wildcard": return wildcard(item)
    case "group", "network-group":
      return EndpointList(members(value["members"], item))
    case "group-with-exclusion":
      return EndpointList(
        members(value["include"], item), except: members(value["except"], item))
    case "dns-domain": return domain(item)
    case "access-role": return accessRole(item)
    case "updatable-object", "updatable-object-group": return EndpointList([.tag(name)])
    case "Global" where name == "None": return EndpointList([])
    case "dynamic-object", "data-center-object", "data-center-query", "data-center-objects":
      note(.unmodelled, "`\(name)` is filled on the gateway", at: item.position)
      return EndpointList([
        .condition(
          Condition(.unresolved, "`\(name)` is filled on the gateway, and not in the export"))
      ])
    case "network-feed", "external-network-feed":
      return EndpointList([
        .condition(
          Condition(.externalList, "network feed `\(name)`: its contents are not in the export"))
      ])
    case "user-group", "user", "CpmiUserGroup", "identity-tag", "LegacyUserAtLocation",
      "legacy-user-at-location":
      return EndpointList([.condition(Condition(.user, "only for `\(name)`"))])
    case let type
    where type.contains("gateway") || type.contains("cluster") || type.hasPrefix("Cpmi")
      || type.hasPrefix("simple-"):
      return addresses(of: item, includingInterfaces: true)
    case let type:
      note(.unmodelled, "object `\(name)` of the type `\(type)` is not read", at: item.position)
      return EndpointList([
        .condition(Condition(.unmodelled, "object `\(name)` of the type `\(type)`"))
      ])
    }
  }

  private mutating func members(_ list: JSONValue?, _ item: Item) -> [EndpointTerm] {
    guard let list, !list.isNull else {
      return [.condition(unresolved("what `\(item.name ?? "")` holds", at: item.position))]
    }
    return entries(list, file: item.file).map { entry in
      switch entry {
      case .any: return .any
      case .object(let member): return endpoint(member)
      case .unknown(let uid):
        return .condition(
          unresolved("object `\(uid)` of `\(item.name ?? "")`", at: item.position))
      }
    }
  }

  private func incomplete(_ item: Item) -> EndpointList {
    EndpointList([
      .condition(
        Condition(
          .unresolved,
          "`\(item.name ?? "")` has no address in the export; ask with details-level full"))
    ])
  }

  private func addresses(of item: Item, includingInterfaces: Bool) -> EndpointList {
    var set = AddressSet()
    func add(_ value: JSONValue?) {
      guard let text = value?.string, let address = IPAddress(text) else { return }
      set = set.union(AddressSet(address))
    }
    add(item.value["ipv4-address"])
    add(item.value["ipv6-address"])
    if includingInterfaces, let list = item.value["interfaces"], list.isArray {
      for interface in list.elements {
        add(interface["ipv4-address"])
        add(interface["ipv6-address"])
      }
    }
    return set.isEmpty ? incomplete(item) : EndpointList([.addresses(set)])
  }

  private func network(_ item: Item) -> EndpointList {
    var set = AddressSet()
    for (base, length) in [
      (
        item.value["subnet4"] ?? item.value["subnet"],
        item.value["mask-length4"] ?? item.value["mask-length"]
      ),
      (item.value["subnet6"], item.value["mask-length6"]),
    ] {
      guard let text = base?.string, !text.isEmpty else { continue }
      let mask = length?.scalarText ?? item.value["subnet-mask"]?.string ?? ""
      guard let part = AddressSet(parsing: "\(text)/\(mask)") else { return incomplete(item) }
      set = set.union(part)
    }
    return set.isEmpty ? incomplete(item) : EndpointList([.addresses(set)])
  }

  private func range(_ item: Item) -> EndpointList {
    var set = AddressSet()
    for (first, last) in [
      (item.value["ipv4-address-first"], item.value["ipv4-address-last"]),
      (item.value["ipv6-address-first"], item.value["ipv6-address-last"]),
    ] {
      guard let lower = first?.string, !lower.isEmpty, let upper = last?.string else { continue }
      guard let part = AddressSet(parsing: "\(lower)-\(upper)") else { return incomplete(item) }
      set = set.union(part)
    }
    if set.isEmpty { return addresses(of: item, includingInterfaces: false) }
    return EndpointList([.addresses(set)])
  }

  /// An address with a mask whose ones say which bits do not matter. The addresses over its leading
  /// zeros contain all that match.
  private func wildcard(_ item: Item) -> EndpointList {
    guard case .v4(let base)? = item.value["ipv4-address"]?.string.flatMap({ IPAddress($0) }),
      case .v4(let mask)? = item.value["ipv4-mask-wildcard"]?.string.flatMap({ IPAddress($0) }),
      let set = AddressSet(prefix: .v4(base), length: UInt8(mask.leadingZeroBitCount))
    else { return incomplete(item) }
    if mask.nonzeroBitCount == 32 - mask.leadingZeroBitCount {
      return EndpointList([.addresses(set)])
    }
    return EndpointList(
      [.addresses(set)],
      except: [.condition(Condition(.unmodelled, "wildcard mask of `\(item.name ?? "")`"))])
  }

  /// A domain object. As FQDN the gateway resolves exactly that name, else it looks up the name of
  /// the address, which holds the domain and everything below. Source: sc1.checkpoint.com, R81
  /// SecurityManagement guide, "Domains".
  private mutating func domain(_ item: Item) -> EndpointList {
    guard let text = item.name, let name = CheckPointNames.domain(text) else {
      return EndpointList([
        .condition(unresolved("the name of domain `\(item.name ?? "")`", at: item.position))
      ])
    }
    switch item.value["is-sub-domain"]?.bool {
    case false?: return EndpointList([.host(.exact(name), .resolved)])
    case true?:
      return EndpointList(
        [.host(.apexAndSubdomains(name), .observed)],
        except: [
          .condition(
            Condition(
              .resolvedName,
              "`\(text)` is compared with the name that a reverse lookup of the "
                + "address gives"))
        ])
    case nil:
      return EndpointList(
        [.host(.apexAndSubdomains(name), .observed)],
        except: [
          .condition(
            Condition(
              .resolvedName,
              "whether `\(text)` holds sub-domains is not in the export; ask with "
                + "details-level full"))
        ])
    }
  }

  /// Networks, users, machines and remote-access clients must all match.
  private mutating func accessRole(_ item: Item) -> EndpointList {
    func isAny(_ name: StaticString) -> Bool {
      guard let value = item.value[name], !value.isNull else { return true }
      if let word = value.string { return word == "any" }
      return value["name"]?.string?.lowercased() == "any"
    }
    let condition = Condition(.user, "access role `\(item.name ?? "")`")
    let persons = isAny("users") && isAny("machines") && isAny("remote-access-clients")
    guard item.value["users"] != nil || item.value["networks"] != nil else {
      return EndpointList([.condition(condition)])
    }
    let networks: [EndpointTerm] =
      isAny("networks") ? [.any] : members(item.value["networks"], item)
    return EndpointList(networks, except: persons ? [] : [.condition(condition)])
  }
}
