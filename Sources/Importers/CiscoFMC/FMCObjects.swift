import ImportKit

/// Translates networks, ports and URLs, each object once. Groups are filled from a queue, so that no
/// nesting is too deep.
struct FMCObjects {
  typealias Item = FMCDocuments.Item

  /// A definition that waits to be read.
  enum Definition {
    case network(Item)
    case port(Item, PortSide)
    case url(Item, URLPurpose)
  }

  let documents: FMCDocuments
  let draft: PolicyDraft
  var queue = ObjectQueue<Definition>()
  let isCurrent: Bool

  init(documents: FMCDocuments, draft: PolicyDraft) {
    self.documents = documents
    self.draft = draft
    isCurrent = FMCNames.isCurrent(documents.version)
  }

  mutating func finish() {
    while let entry = queue.next() {
      switch entry.definition {
      case .network(let item):
        draft.objects.setEndpoint(entry.number, networkDefinition(item))
      case .port(let item, let side):
        draft.objects.setService(entry.number, ServiceList(portDefinition(item, side)))
      case .url(let item, let purpose):
        draft.objects.setEndpoint(entry.number, urlDefinition(item, purpose))
      }
    }
  }

  /// Members of objects that say nothing about what they hold.
  static let irrelevant = IrrelevantMembers([
    ("names the object", ["id", "name", "type", "links", "version"]),
    ("for people", ["description"]),
    ("what the manager notes about it", ["metadata", "isSystemDefined"]),
    ("which query refreshes it, not what it holds", ["agentId"]),
  ])

  /// The definition of a referred object, which may stand in the reference itself.
  func resolve(_ reference: Item) -> Item? {
    if let found = documents.objects[reference.id] { return found }
    if let found = documents.namedObjects["\(reference.type)/\(reference.name)"] { return found }
    let contents: [StaticString] = ["value", "url", "port", "objects", "literals"]
    return contents.contains { reference.value[$0] != nil } ? reference : nil
  }

  func key(_ kind: String, _ item: Item) -> String {
    "\(kind)/\(item.id.isEmpty ? item.name : item.id)"
  }

  func unresolved(_ kind: String, _ item: Item) -> Condition {
    draft.doubt(.unresolved, "\(kind) `\(item.name)` is not in the export", at: item.position)
  }

  /// What is left open about an object as a whole: another value on some devices, members that are
  /// not understood.
  func wholeDoubts(_ item: Item, _ record: ExportRecord) -> [EndpointTerm] {
    var result: [EndpointTerm] = []
    let isOverridable =
      record.text("overridable").map { $0 != "false" } ?? record.has("overridable")
    if record.value("overrides") != nil || isOverridable {
      result.append(
        .condition(
          draft.doubt(
            .unresolved,
            "`\(item.name)` may have another value on some devices (it can be overridden)",
            at: item.position)))
    }
    if let left = draft.unread(record, of: "object `\(item.name)`", ignoring: Self.irrelevant) {
      result.append(.condition(left))
    }
    return result
  }

  // MARK: Networks

  mutating func network(_ reference: Item) -> EndpointTerm {
    if reference.name == "any" { return .any }
    if ["country", "continent", "geolocation", "geolocationobject"].contains(reference.type) {
      return .tag("geolocation \(reference.name)")
    }
    let key = key("network", reference)
    if let known = draft.objects.endpoint(key) { return .object(known) }
    guard let item = resolve(reference) else {
      if let set = Self.predefinedNetworks[reference.name] { return .addresses(set) }
      if reference.type == "dynamicobject" { return dynamic(reference) }
      return .condition(unresolved("network", reference))
    }
    let number = draft.objects.addEndpoint(
      id: key, name: reference.name, kind: reference.value["type"]?.string ?? "",
      position: item.position)
    queue.add(number, .network(item))
    return .object(number)
  }

  func dynamic(_ reference: Item) -> EndpointTerm {
    .condition(
      draft.doubt(
        .externalList, "dynamic object `\(reference.name)`: its contents are not in the export"))
  }

  /// Objects that come with the product and cannot be edited.
  private static let predefinedNetworks: [String: AddressSet] = {
    let texts = [
      "any-ipv4": ["0.0.0.0/0"], "any-ipv6": ["::/0"],
      "IPv4-Private-10.0.0.0-8": ["10.0.0.0/8"],
      "IPv4-Private-172.16.0.0-12": ["172.16.0.0/12"],
      "IPv4-Private-192.168.0.0-16": ["192.168.0.0/16"],
      "IPv4-Private-All-RFC1918": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
    ]
    return texts.mapValues { list in
      list.compactMap { AddressSet(parsing: $0) }.reduce(AddressSet()) { $0.union($1) }
    }
  }()

  /// A literal, or the value of an object.
  func networkLiteral(_ text: String?, at position: SourcePosition) -> EndpointTerm {
    if let text, let set = AddressSet(parsing: text) { return .addresses(set) }
    return .condition(
      draft.doubt(.unresolved, "network `\(text ?? "")` is not readable", at: position))
  }

  private mutating func networkDefinition(_ item: Item) -> EndpointList {
    let record = item.record
    var list: EndpointList
    let isName = item.type == "fqdn" || record.text("subType")?.uppercased() == "FQDN"
    if record.has("objects") || record.has("literals") {
      list = EndpointList(groupNetworks(item, record))
    } else if item.type == "dynamicobject" {
      _ = (record.value("objectType"), record.value("topicName"))
      list = EndpointList([dynamic(item)])
    } else if isName {
      list = EndpointList([fqdn(record.text("value") ?? "", item, record)])
    } else {
      list = EndpointList([networkLiteral(record.text("value"), at: item.position)])
      if !Self.addressTypes.contains(item.type) {
        list.exceptions.append(
          .condition(
            draft.doubt(
              .unmodelled, "object `\(item.name)` is of the unknown type `\(item.type)`",
              at: item.position)))
      }
    }
    list.exceptions += wholeDoubts(item, record)
    return list
  }

  private static let addressTypes: Set<String> = ["host", "network", "range", "networkobject"]

  private mutating func groupNetworks(_ item: Item, _ record: ExportRecord) -> [EndpointTerm] {
    guard let cell = contents(item, record) else { return [] }
    var terms =
      cell.objects.map { network($0) }
      + cell.literals.map { networkLiteral($0.value["value"]?.string, at: $0.position) }
    if let doubt = doubt(cell, of: "group `\(item.name)`", at: item.position) {
      terms.append(.condition(doubt))
    }
    return terms
  }

  /// The members of a group.
  func contents(_ item: Item, _ record: ExportRecord) -> FMCCell? {
    let objects = FMCCell(record.value("objects"), file: item.file)
    let literals = FMCCell(record.value("literals"), file: item.file)
    guard var cell = objects ?? literals else { return nil }
    cell.objects = objects?.objects ?? []
    cell.literals = literals?.objects ?? []
    cell.isUnreadable = objects?.isUnreadable ?? false || literals?.isUnreadable ?? false
    cell.unknownMembers = (objects?.unknownMembers ?? []) + (literals?.unknownMembers ?? [])
    return cell
  }

  /// What of a cell is not understood; nil where nothing is.
  func doubt(_ cell: FMCCell, of what: String, at position: SourcePosition) -> Condition? {
    if cell.isUnreadable {
      return draft.doubt(
        .unmodelled, "\(what) holds something that is not understood", at: position)
    }
    guard !cell.unknownMembers.isEmpty else { return nil }
    let names = cell.unknownMembers.prefix(4).map { "`\($0)`" }.joined(separator: ", ")
    return draft.doubt(.unmodelled, "\(what) has \(names), which is not understood", at: position)
  }

  /// The device resolves the name itself: docs.defenseorchestrator.com, "FQDN network objects".
  private func fqdn(_ text: String, _ item: Item, _ record: ExportRecord) -> EndpointTerm {
    switch record.text("dnsResolution")?.uppercased() {
    case "IPV4_ONLY", "IPV4_AND_IPV6", nil: break
    case let word?:
      return .condition(
        draft.doubt(.resolvedName, "FQDN `\(text)` resolves by the setting \(word)"))
    }
    guard let host = HostName(text) else {
      // Wildcards are not in the grammar; if anything, they name what is below.
      if text.hasPrefix("*."), let parent = HostName(text.dropFirst(2)) {
        draft.note(
          .reading, "FQDN `\(text)` has a wildcard, which these objects do not resolve",
          at: item.position)
        return .host(.subdomains(parent), .doubtful)
      }
      return draft.oddHost(text, in: "FQDN `\(item.name)`", at: item.position)
    }
    return .host(.exact(host), .resolved)
  }

  // MARK: Ports

  /// The column in which a port object stands: one object may be used in both.
  enum PortSide: String {
    case destination = "port"
    case source = "source port"
  }

  mutating func port(_ reference: Item, _ side: PortSide) -> ServiceTerm {
    let key = key(side.rawValue, reference)
    if let known = draft.objects.service(key) { return .object(known) }
    guard let item = resolve(reference) else {
      if let services = Self.predefinedPorts[reference.name] {
        let number = draft.objects.addService(
          id: key, name: reference.name, kind: "predefined port", position: nil)
        draft.objects.setService(
          number, ServiceList(services.map { .service(Self.turned($0, side)) }))
        return .object(number)
      }
      return .condition(unresolved("port", reference))
    }
    let number = draft.objects.addService(
      id: key, name: reference.name, kind: reference.value["type"]?.string ?? "",
      position: item.position)
    queue.add(number, .port(item, side))
    return .object(number)
  }

  /// A port in the source column is about the client's end.
  private static func turned(_ service: Service, _ side: PortSide) -> Service {
    guard side == .source else { return service }
    return Service(protocol: service.protocol, sourcePorts: service.destinationPorts)
  }

  /// Port objects that come with the product, for exports without them.
  private static let predefinedPorts: [String: [Service]] = [
    "HTTP": [.tcp(PortSet(80))], "HTTPS": [.tcp(PortSet(443))], "SSH": [.tcp(PortSet(22))],
    "FTP": [.tcp(PortSet(21))], "TELNET": [.tcp(PortSet(23))], "SMTP": [.tcp(PortSet(25))],
    "DNS_over_TCP": [.tcp(PortSet(53))], "DNS_over_UDP": [.udp(PortSet(53))],
    "NTP-UDP": [.udp(PortSet(123))],
  ]

  func portLiteral(_ item: Item, _ side: PortSide) -> ServiceTerm {
    portValue(item, item.record, side)
  }

  private func portValue(_ item: Item, _ record: ExportRecord, _ side: PortSide) -> ServiceTerm {
    if item.type.contains("icmp") {
      _ = (
        record.text("icmpType"), record.text("code"), record.text("protocol"),
        record.text("icmpv4Type"), record.text("icmpv4Code"), record.text("icmpv6Type"),
        record.text("icmpv6Code")
      )
      return .service(Service(protocol: item.type.contains("v6") ? 58 : 1))
    }
    let written = record.text("protocol")
    var word: String?
    switch item.type {
    case "tcpportobject": word = "TCP"
    case "udpportobject": word = "UDP"
    case "anyprotocolportobject": word = written
    default: word = written ?? ""
    }
    if word?.uppercased() == "ANY" { word = nil }
    var ports = record.text("port")
    if ports?.isEmpty ?? false || ports?.lowercased() == "any" { ports = nil }
    if record.has("port"), ports == nil, record.text("port") == nil {
      return .condition(
        draft.doubt(
          .unresolved, "the port of `\(item.name)` is not readable", at: item.position))
    }
    let what = item.name.isEmpty ? "a rule" : "port object `\(item.name)`"
    return side == .destination
      ? draft.service(protocol: word, destinationPorts: ports, in: what, at: item.position)
      : draft.service(protocol: word, sourcePorts: ports, in: what, at: item.position)
  }

  private mutating func portDefinition(_ item: Item, _ side: PortSide) -> [ServiceTerm] {
    let record = item.record
    var terms: [ServiceTerm]
    if record.has("objects") || record.has("literals") {
      let cell = contents(item, record)
      terms =
        (cell?.objects ?? []).map { port($0, side) }
        + (cell?.literals ?? []).map { portLiteral($0, side) }
      if let cell, let doubt = doubt(cell, of: "group `\(item.name)`", at: item.position) {
        terms.append(.condition(doubt))
      }
    } else {
      terms = [portValue(item, record, side)]
    }
    // A service list has no exceptions: what is not understood leaves the whole object open.
    for case .condition(let doubt) in wholeDoubts(item, record) { terms = [.condition(doubt)] }
    return terms
  }
}
