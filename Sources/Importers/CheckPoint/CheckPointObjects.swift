import ImportKit

/// Translates the objects that rules refer to, each once. Groups are filled from a queue, so that no
/// nesting is too deep.
struct CheckPointObjects {
  typealias Item = CheckPointDocuments.Item

  /// A definition that waits to be read.
  enum Definition {
    case endpoint(Item)
    case service(Item)
  }

  var documents: CheckPointDocuments
  let draft: PolicyDraft
  var queue = ObjectQueue<Definition>()
  /// Security zones that rules name, in the order in which they are met.
  private(set) var zones: [(name: String, position: SourcePosition?)] = []

  init(documents: CheckPointDocuments, draft: PolicyDraft) {
    self.documents = documents
    self.draft = draft
  }

  /// The same in every installation.
  static let anyUID = "97aeb369-9aea-11d5-bd16-0090272ccb30"

  mutating func finish() {
    while let entry = queue.next() {
      switch entry.definition {
      case .endpoint(let item): draft.objects.setEndpoint(entry.number, definition(item))
      case .service(let item):
        draft.objects.setService(entry.number, ServiceList(serviceDefinition(item)))
      }
    }
  }

  /// Members of objects that say nothing about what they hold. Source:
  /// sc1.checkpoint.com/documents/latest/APIs, the objects of "Network Objects" and "Service &
  /// Applications".
  static let irrelevant = IrrelevantMembers([
    ("names the object", ["uid", "name", "type", "domain", "layer", "links"]),
    (
      "for people",
      ["comments", "color", "icon", "tags", "description", "custom-fields", "risk", "display-name"]
    ),
    (
      "what the management server notes about it",
      [
        "meta-info", "read-only", "available-actions", "groups", "is-read-only", "origin",
        "where-used", "lastModified", "obj-ver",
      ]
    ),
    ("translation of its own addresses, not what rules match", ["nat-settings", "host-servers"]),
    ("whether a network holds its broadcast address", ["broadcast"]),
    (
      "how long the gateway keeps a connection",
      [
        "session-timeout", "use-default-session-timeout", "sync-connections-on-cluster",
        "keep-connections-open-after-policy-installation", "aggressive-aging", "use-delayed-sync",
        "delayed-sync-value", "accept-replies", "override-default-settings",
      ]
    ),
    ("whether the service Any stands for it", ["match-for-any"]),
    ("secrets", ["one-time-password", "shared-secret", "password"]),
    ("the software of a gateway", Self.gatewayMembers),
  ])

  private static let gatewayMembers = [
    "version", "os-name", "hardware", "sic-name", "sic-state", "sic-message", "firewall",
    "firewall-settings", "vpn", "vpn-settings", "ips", "anti-bot", "anti-virus", "policy",
    "application-control", "url-filtering", "content-awareness", "dynamic-ip", "logs-settings",
    "save-logs-locally", "send-alerts-to-server", "send-logs-to-server",
    "send-logs-to-backup-server", "network-security-blades", "management-blades", "cluster-mode",
    "cluster-members", "cluster-member-names", "members", "identity-awareness", "threat-emulation",
    "threat-extraction", "enable-https-inspection", "https-inspection", "topology",
    "platform-portal-settings", "icap-server", "show-portals-certificate", "autoUpdate",
    "fetch-policy", "proxy-settings", "usercheck-portal-settings", "qos", "zero-phishing",
    "dynamic-routing", "advanced-settings", "cpu-load", "memory", "ipv6", "ipv4",
  ]

  /// What is not understood of an object, as exceptions: with it, the object may hold less.
  func leftOver(_ item: Item, _ record: ExportRecord) -> [EndpointTerm] {
    let left = draft.unread(
      record, of: "object `\(item.name ?? "")`", ignoring: Self.irrelevant)
    return left.map { [.condition($0)] } ?? []
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
    return .object(documents.objects[uid] ?? Item(value: value, file: file, isInRule: true))
  }

  /// Answers about servers of several languages and versions have the one name.
  private static func isAny(_ value: JSONValue) -> Bool {
    value["type"]?.string == "CpmiAnyObject" && value["name"]?.string == "Any"
  }

  func unresolved(_ what: String, at position: SourcePosition?) -> Condition {
    draft.doubt(.unresolved, "\(what) is not in the export", at: position)
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
      case .object(let item) where item.type == "security-zone":
        let name = item.name ?? ""
        let left = draft.unread(item.record, of: "zone `\(name)`", ignoring: Self.irrelevant)
        guard CheckPointNames.isName(name), left == nil else {
          side.terms.append(
            .condition(left ?? unresolved("the name of a zone", at: item.position)))
          continue
        }
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
    if let known = draft.objects.endpoint(uid) { return .object(known) }
    let name = item.name ?? uid
    let number = draft.objects.addEndpoint(
      id: uid, name: name, kind: item.type, position: item.ownPosition)
    queue.add(number, .endpoint(item))
    return .object(number)
  }

  private mutating func definition(_ item: Item) -> EndpointList {
    let record = item.record
    var list = contents(item, record)
    list.exceptions += leftOver(item, record)
    return list
  }

  private mutating func contents(_ item: Item, _ record: ExportRecord) -> EndpointList {
    let name = item.name ?? ""
    switch item.type {
    case let type
    where name == "Internet"
      && (type.hasSuffix("Internet") || type == "CpmiAnyObject" || type == "Global"):
      // Everything behind external interfaces. Source: sc1.checkpoint.com, R81 SecurityManagement
      // guide, "Internet" object: "traffic that goes from inside the organisation to the Internet".
      return EndpointList([.addresses(SpecialPurposeAddresses.internet)])
    case "host", "checkpoint-host", "gateway", "interoperable-device":
      return addresses(item, record)
    case "network": return network(item, record)
    case "address-range", "multicast-address-range": return range(item, record)
    case "wildcard": return wildcard(item, record)
    case "group", "network-group":
      return EndpointList(members(record.value("members"), item))
    case "group-with-exclusion":
      return EndpointList(
        members(record.value("include"), item), except: members(record.value("except"), item))
    case "dns-domain": return domain(item, record)
    case "access-role": return accessRole(item, record)
    case "updatable-object", "updatable-object-group":
      _ = (
        record.value("name-in-updatable-objects-repository"),
        record.value("uid-in-updatable-objects-repository"),
        record.value("additional-properties"), record.value("updatable-object-meta-info")
      )
      return EndpointList([.tag(name)])
    case "Global" where name == "None": return EndpointList([])
    case "dynamic-object", "data-center-object", "data-center-query", "data-center-objects":
      for member in ["data-center", "query-rules", "type-in-data-center", "uid-in-data-center"] {
        _ = record.value(member)
      }
      return EndpointList([
        .condition(
          draft.doubt(
            .externalList, "`\(name)` is filled on the gateway, and not in the export"))
      ])
    case "network-feed", "external-network-feed":
      for member in ["feed-url", "feed-format", "feed-type", "update-interval", "username"] {
        _ = record.value(member)
      }
      return EndpointList([
        .condition(
          draft.doubt(
            .externalList, "network feed `\(name)`: its contents are not in the export"))
      ])
    case "user-group", "user", "CpmiUserGroup", "identity-tag", "LegacyUserAtLocation",
      "legacy-user-at-location":
      return EndpointList([.condition(draft.doubt(.user, "only for `\(name)`"))])
    case let type
    where type.contains("gateway") || type.contains("cluster") || type.hasPrefix("Cpmi")
      || type.hasPrefix("simple-"):
      return addresses(item, record)
    case let type:
      return EndpointList([
        .condition(
          draft.doubt(
            .unmodelled, "object `\(name)` of the type `\(type)` is not read", at: item.position))
      ])
    }
  }

  private mutating func members(_ list: JSONValue?, _ item: Item) -> [EndpointTerm] {
    guard let list else {
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
        draft.doubt(
          .unresolved,
          "`\(item.name ?? "")` has no readable address in the export; ask with details-level full",
          at: item.position))
    ])
  }

  /// Every text must be an address; one that is not leaves the object open.
  private func addresses(_ item: Item, _ record: ExportRecord) -> EndpointList {
    var set = AddressSet()
    var isReadable = true
    func add(_ text: String?, _ isThere: Bool) {
      guard isThere else { return }
      guard let text, let address = IPAddress(text) else {
        isReadable = isReadable && text == ""
        return
      }
      set = set.union(AddressSet(address))
    }
    for name in ["ipv4-address", "ipv6-address"] { add(record.text(name), record.has(name)) }
    if let list = record.value("interfaces") {
      for interface in list.elements {
        for name: StaticString in ["ipv4-address", "ipv6-address"] {
          add(interface[name]?.string, interface[name].map { !$0.isNull } ?? false)
        }
      }
    }
    guard isReadable, !set.isEmpty else { return incomplete(item) }
    return EndpointList([.addresses(set)])
  }

  private func network(_ item: Item, _ record: ExportRecord) -> EndpointList {
    var set = AddressSet()
    let dotted = record.text("subnet-mask")
    for (base, length) in [
      ("subnet4", "mask-length4"), ("subnet", "mask-length"), ("subnet6", "mask-length6"),
    ] {
      let mask = record.text(length)
      guard record.has(base) else { continue }
      guard let text = record.text(base), !text.isEmpty else {
        if record.text(base) == "" { continue }
        return incomplete(item)
      }
      guard let part = AddressSet(parsing: "\(text)/\(mask ?? dotted ?? "")") else {
        return incomplete(item)
      }
      set = set.union(part)
    }
    return set.isEmpty ? incomplete(item) : EndpointList([.addresses(set)])
  }

  private func range(_ item: Item, _ record: ExportRecord) -> EndpointList {
    var set = AddressSet()
    for family in ["ipv4", "ipv6"] {
      let first = "\(family)-address-first"
      guard record.has(first), record.text(first) != "" else { continue }
      let text = "\(record.text(first) ?? "")-\(record.text("\(family)-address-last") ?? "")"
      guard let part = AddressSet(parsing: text) else { return incomplete(item) }
      set = set.union(part)
    }
    return set.isEmpty ? addresses(item, record) : EndpointList([.addresses(set)])
  }

  /// An address with a mask whose ones say which bits do not matter. The addresses over its leading
  /// zeros contain all that match.
  private func wildcard(_ item: Item, _ record: ExportRecord) -> EndpointList {
    guard case .v4(let base)? = record.text("ipv4-address").flatMap({ IPAddress($0) }),
      case .v4(let mask)? = record.text("ipv4-mask-wildcard").flatMap({ IPAddress($0) }),
      let set = AddressSet(prefix: .v4(base), length: UInt8(mask.leadingZeroBitCount))
    else { return incomplete(item) }
    if mask.nonzeroBitCount == 32 - mask.leadingZeroBitCount {
      return EndpointList([.addresses(set)])
    }
    return EndpointList(
      [.addresses(set)],
      except: [
        .condition(draft.doubt(.unmodelled, "wildcard mask of `\(item.name ?? "")`"))
      ])
  }

  /// A domain object. As FQDN the gateway resolves exactly that name; else it looks up the name of
  /// the address, "which can be inaccurate": the name of a content network's address is the
  /// network's, so that any host may match. Source: sc1.checkpoint.com, R81 and R82
  /// SecurityManagement guides, "Domains".
  private func domain(_ item: Item, _ record: ExportRecord) -> EndpointList {
    guard let text = item.name, let name = CheckPointNames.domain(text) else {
      return EndpointList([
        .condition(unresolved("the name of domain `\(item.name ?? "")`", at: item.position))
      ])
    }
    switch record.text("is-sub-domain") {
    case "false":
      // Answers in the vendor's forum (community.checkpoint.com) say that `www.` is taken too.
      guard let www = HostName("www." + name.text) else {
        return EndpointList([.host(.exact(name), .resolved)])
      }
      return EndpointList([.host(.exact(name), .resolved), .host(.exact(www), .doubtful)])
    case "true":
      return EndpointList([
        .condition(
          draft.doubt(
            .resolvedName,
            "`\(text)` is compared with the name that a reverse lookup of the address gives"))
      ])
    default:
      return EndpointList([
        .condition(
          draft.doubt(
            .unresolved,
            "whether `\(text)` holds sub-domains is not in the export; ask with details-level "
              + "full", at: item.position))
      ])
    }
  }

  /// Networks, users, machines and remote-access clients must all match.
  private mutating func accessRole(_ item: Item, _ record: ExportRecord) -> EndpointList {
    func isAny(_ name: String) -> Bool {
      guard let value = record.value(name) else { return !record.has(name) }
      if let word = value.string { return word == "any" }
      return value["name"]?.string?.lowercased() == "any"
    }
    let condition = draft.doubt(.user, "access role `\(item.name ?? "")`")
    guard record.has("users") || record.has("networks") else {
      return EndpointList([.condition(condition)])
    }
    let persons = [isAny("users"), isAny("machines"), isAny("remote-access-clients")]
      .allSatisfy { $0 }
    let networks: [EndpointTerm] =
      isAny("networks") ? [.any] : members(record.value("networks"), item)
    return EndpointList(networks, except: persons ? [] : [.condition(condition)])
  }
}
