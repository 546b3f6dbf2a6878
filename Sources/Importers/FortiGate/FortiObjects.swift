import ImportKit

/// The named objects of one scope: finds them, and translates each once.
///
/// Groups are filled from a queue and not by recursion, so that no nesting is too deep.
struct FortiObjects {
  let tables: FortiTables
  let scope: String?
  let draft: PolicyDraft
  /// Entries of the tables asked for, by their names.
  private var indexes: [String: [String: FortiEntry]] = [:]
  var queue = ObjectQueue<Definition>()

  /// A definition that waits to be read.
  enum Definition {
    case address(PendingAddress)
    case service(PendingService)
  }

  init(tables: FortiTables, scope: String?, draft: PolicyDraft) {
    self.tables = tables
    self.scope = scope
    self.draft = draft
  }

  func note(_ kind: Note.Kind, _ text: String, at position: SourcePosition?) {
    draft.note(kind, text, at: position)
  }

  func doubt(
    _ kind: Condition.Kind, _ text: String, at position: SourcePosition? = nil
  ) -> Condition {
    draft.doubt(kind, text, at: position)
  }

  /// An entry of a table by its name; the scope's own comes before a shared one.
  mutating func find(_ name: String, in tableName: String) -> FortiEntry? {
    if indexes[tableName] == nil {
      var index: [String: FortiEntry] = [:]
      for entry in tables.table(tableName, in: scope) where index[entry.key] == nil {
        index[entry.key] = entry
      }
      indexes[tableName] = index
    }
    return indexes[tableName]?[name]
  }

  func has(_ tableName: String) -> Bool { tables.has(tableName, in: scope) }

  /// Translates what is still waiting; call it when all rules are done.
  mutating func finish() {
    while let entry = queue.next() {
      switch entry.definition {
      case .address(let pending): fill(pending)
      case .service(let pending): fill(pending)
      }
    }
  }
}

// MARK: - Addresses

extension FortiObjects {
  struct PendingAddress {
    let number: Int
    let entry: FortiEntry
    let isGroup: Bool
    let space: Space
  }

  /// IPv4 and IPv6 objects live in name spaces of their own.
  enum Space: String {
    case v4 = "address"
    case v6 = "address6"

    var objects: String { "firewall \(rawValue)" }
    var groups: String { self == .v4 ? "firewall addrgrp" : "firewall addrgrp6" }
    var addresses: [String] {
      self == .v4 ? ["firewall vip", "firewall vipgrp"] : ["firewall vip6", "firewall vipgrp6"]
    }
  }

  /// The term for a name in `srcaddr` or `dstaddr`.
  mutating func address(
    _ name: String, _ space: Space, at position: SourcePosition
  ) -> EndpointTerm {
    let id = "\(space.rawValue)/\(name)"
    if let known = draft.objects.endpoint(id) { return .object(known) }
    if let entry = find(name, in: space.objects) {
      if name == "all", isEverything(entry, space) { return .any }
      let number = draft.objects.addEndpoint(
        id: id, name: name, kind: kind(of: entry), position: entry.position)
      queue.add(
        number,
        .address(PendingAddress(number: number, entry: entry, isGroup: false, space: space)))
      return .object(number)
    }
    if let entry = find(name, in: space.groups) {
      let number = draft.objects.addEndpoint(
        id: id, name: name, kind: "address group", position: entry.position)
      queue.add(
        number, .address(PendingAddress(number: number, entry: entry, isGroup: true, space: space)))
      return .object(number)
    }
    for tableName in space.addresses {
      if let entry = find(name, in: tableName) { return virtualAddress(entry, id: id) }
    }
    if find(name, in: "system external-resource") != nil {
      return .condition(
        doubt(.externalList, "external address list `\(name)`: its contents are not in the export"))
    }
    switch name {
    case "all": return .any
    case "none": return .addresses(AddressSet())
    default: break
    }
    return .condition(
      doubt(
        .unresolved,
        TemplateMarker.isPresent(in: name)
          ? "address `\(name)` is an unfilled template marker"
          : "address `\(name)` is not in the export", at: position))
  }

  private func isEverything(_ entry: FortiEntry, _ space: Space) -> Bool {
    if space == .v6 { return ["::/0", nil].contains(entry.word("ip6")) }
    let subnet = entry.values("subnet")
    return entry.word("type").map { $0 == "ipmask" || $0 == "0" } ?? true
      && (subnet.isEmpty || subnet == ["0.0.0.0", "0.0.0.0"] || subnet == ["0.0.0.0/0"])
  }

  /// A virtual IP: the FortiGate answers for its external address, so no Internet endpoint is
  /// there, unless it stands for every address.
  private mutating func virtualAddress(_ entry: FortiEntry, id: String) -> EndpointTerm {
    let number = draft.objects.addEndpoint(
      id: id, name: entry.key, kind: "virtual IP", position: entry.position)
    let external = entry.word("extip")
    if external.map({ $0.hasPrefix("0.0.0.0") || AddressSet(parsing: $0) == nil }) ?? false {
      draft.objects.setEndpoint(
        number,
        EndpointList([
          .condition(doubt(.unmodelled, "virtual IP `\(entry.key)` stands for any address"))
        ]))
    }
    return .object(number)
  }

  private func kind(of entry: FortiEntry) -> String {
    switch entry.word("type") ?? "ipmask" {
    case "fqdn", "2":
      return (entry.word("fqdn") ?? "").contains("*") ? "wildcard FQDN address" : "FQDN address"
    case "wildcard-fqdn": return "wildcard FQDN address"
    case "geography", "4": return "geography address"
    case "dynamic": return "dynamic address"
    default: return "address"
    }
  }

  mutating func fill(_ pending: PendingAddress) {
    let entry = pending.entry
    var list: EndpointList
    if pending.isGroup {
      let members = entry.names("member").map { address($0, pending.space, at: entry.position) }
      let excluded = entry.names("exclude-member")
        .map { address($0, pending.space, at: entry.position) }
      list = EndpointList(members, except: entry.isOn("exclude") ? excluded : [])
      switch entry.word("type") {
      case nil, "default", "folder", "0", "1": break
      case let word?:
        list.exceptions.append(
          .condition(
            doubt(
              .unmodelled, "group `\(entry.key)` is of the unknown type `\(word)`",
              at: entry.position)))
      }
    } else {
      list = definition(entry, pending.space)
    }
    if let left = entry.leftOver(
      "address `\(entry.key)`", draft, ignoring: FortiIrrelevant.object)
    {
      list.exceptions.append(.condition(left))
    }
    draft.objects.setEndpoint(pending.number, list)
  }

  /// What an address object holds.
  private mutating func definition(_ entry: FortiEntry, _ space: Space) -> EndpointList {
    let base = plainDefinition(entry, space)
    let mappings = entry.list("dynamic_mapping")
    guard !mappings.isEmpty else { return base }
    // FortiManager: devices with an entry here get another value than the rest.
    let condition = doubt(
      .unresolved, "address `\(entry.key)` has another value on some devices (dynamic mapping)")
    let all = ([base] + mappings.map { plainDefinition($0, space) }).flatMap(\.terms)
    return EndpointList(all, except: [.condition(condition)])
  }

  private mutating func plainDefinition(_ entry: FortiEntry, _ space: Space) -> EndpointList {
    let name = entry.key
    // Every type's value may be written beside the one that counts.
    entry.ignore("subnet", "ip6", "fqdn", "wildcard-fqdn")
    if space == .v6, entry.word("type").map({ $0 == "ipprefix" || $0 == "0" }) ?? true {
      return addresses(entry.values("ip6"), of: entry)
    }
    switch entry.word("type") ?? "ipmask" {
    case "ipmask", "0", "interface-subnet":
      // FortiOS leaves the default out of its text, and 0.0.0.0/0 is the default.
      return entry.has("subnet")
        ? addresses(entry.values("subnet"), of: entry)
        : entry.json == nil
          ? EndpointList([.addresses(AddressSet(v4: .full))])
          : EndpointList([
            .condition(doubt(.unresolved, "address `\(name)` has no subnet in the export"))
          ])
    case "iprange", "1":
      return addresses(
        ["\(entry.word("start-ip") ?? "")-\(entry.word("end-ip") ?? "")"], of: entry)
    case "wildcard", "3": return wildcard(entry)
    case "fqdn", "2": return fqdn(entry.word("fqdn"), of: entry)
    case "wildcard-fqdn": return fqdn(entry.word("wildcard-fqdn") ?? entry.word("fqdn"), of: entry)
    case "geography", "4":
      return EndpointList([.tag("geography \(entry.word("country") ?? "")")])
    case "mac":
      return EndpointList([
        .condition(doubt(.user, "address `\(name)` is a list of hardware addresses"))
      ])
    case let word:
      let detail = entry.word("sub-type").map { " (\($0))" } ?? ""
      note(
        .unmodelled, "address `\(name)` of the kind `\(word)`\(detail) is filled at run time",
        at: entry.position)
      return EndpointList([
        .condition(
          doubt(
            .externalList,
            "address `\(name)` of the kind `\(word)`\(detail): its contents are not "
              + "in the export"))
      ])
    }
  }

  /// `10.0.0.0 255.0.0.0`, `10.0.0.0/8`, a range, or an IPv6 prefix.
  private mutating func addresses(_ values: [String], of entry: FortiEntry) -> EndpointList {
    let text = values.count == 2 ? "\(values[0])/\(values[1])" : values.first ?? ""
    switch AddressSet.parse(text) {
    case .success(let set):
      if AddressSet.hasHostBits(text), entry.word("type") != "interface-subnet" {
        note(
          .reading, "address `\(entry.key)`: \(text) is read as \(set.texts.joined())",
          at: entry.position)
      }
      return EndpointList([.addresses(set)])
    case .failure:
      return EndpointList([
        .condition(
          doubt(
            .unresolved, "address `\(entry.key)`: `\(text)` is not readable", at: entry.position))
      ])
    }
  }

  /// An address with a mask whose ones need not be together. The addresses under its leading ones
  /// contain all that match, so what lies outside of them certainly does not.
  private mutating func wildcard(_ entry: FortiEntry) -> EndpointList {
    let values = entry.values("wildcard")
    guard values.count == 2, case .v4(let base)? = IPAddress(values[0]),
      case .v4(let mask)? = IPAddress(values[1])
    else { return addresses(values, of: entry) }
    let leading = (~mask).leadingZeroBitCount
    guard let set = AddressSet(prefix: .v4(base), length: UInt8(leading)) else {
      return addresses(values, of: entry)
    }
    if mask.nonzeroBitCount == leading { return EndpointList([.addresses(set)]) }
    return EndpointList(
      [.addresses(set)],
      except: [
        .condition(
          doubt(
            .unmodelled, "address `\(entry.key)`: wildcard mask \(values.joined(separator: " "))"))
      ])
  }

  /// A name that the FortiGate resolves, or a wildcard that it fills from DNS answers.
  ///
  /// docs.fortinet.com, "Using wildcard FQDN addresses in firewall policies": "Initially, the
  /// wildcard FQDN object is empty and contains no addresses. When the client tries to resolve a
  /// FQDN address, the FortiGate will analyze the DNS response."
  private mutating func fqdn(_ text: String?, of entry: FortiEntry) -> EndpointList {
    guard let text, !text.utf8.contains(0x3F), let pattern = FortiNames.wildcardFQDN(text) else {
      return EndpointList([
        draft.oddHost(text ?? "", in: "address `\(entry.key)`", at: entry.position)
      ])
    }
    if case .exact = pattern { return EndpointList([.host(pattern, .resolved)]) }
    return EndpointList(
      [.host(pattern, .observed)],
      except: [
        .condition(
          doubt(
            .resolvedName,
            "`\(text)` holds the addresses that the FortiGate has seen in DNS answers "
              + "to clients: their queries must pass it, unencrypted"))
      ])
  }
}
