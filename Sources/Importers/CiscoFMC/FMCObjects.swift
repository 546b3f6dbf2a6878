import ImportKit

/// Translates networks, ports and URLs, each object once. Groups are filled from a queue, so that no
/// nesting is too deep.
struct FMCObjects {
  typealias Item = FMCDocuments.Item

  let documents: FMCDocuments
  var table = ObjectTable()
  private(set) var notes: [Note] = []
  private var noted: Set<Note> = []
  private var pendingNetworks: [(number: Int, item: Item)] = []
  private var pendingPorts: [(number: Int, item: Item, side: PortSide)] = []
  private var pendingURLs: [(number: Int, item: Item, purpose: URLPurpose)] = []
  private let isCurrent: Bool

  init(documents: FMCDocuments) {
    self.documents = documents
    isCurrent = FMCNames.isCurrent(documents.version)
  }

  mutating func note(_ kind: Note.Kind, _ text: String, at position: SourcePosition?) {
    let note = Note(kind, text, at: position)
    if noted.insert(note).inserted { notes.append(note) }
  }

  mutating func finish() {
    while true {
      if let next = pendingNetworks.popLast() {
        table.setEndpoint(next.number, networkDefinition(next.item))
      } else if let next = pendingPorts.popLast() {
        table.setService(next.number, ServiceList(portDefinition(next.item, next.side)))
      } else if let next = pendingURLs.popLast() {
        table.setEndpoint(next.number, urlDefinition(next.item, next.purpose))
      } else {
        return
      }
    }
  }

  /// The references of a cell: FMC has `{objects, literals}`, FDM a plain list.
  func references(_ cell: JSONValue?, file: Int) -> (objects: [Item], literals: [Item]) {
    guard let cell else { return ([], []) }
    func items(_ list: JSONValue?) -> [Item] {
      list?.elements.filter(\.isObject).map { Item(value: $0, file: file) } ?? []
    }
    if cell.isArray { return (items(cell), []) }
    return (items(cell["objects"]), items(cell["literals"]))
  }

  /// The definition of a referred object, which may stand in the reference itself.
  func resolve(_ reference: Item) -> Item? {
    if let found = documents.objects[reference.id] { return found }
    if let found = documents.namedObjects["\(reference.type)/\(reference.name)"] { return found }
    let contents: [StaticString] = ["value", "url", "port", "objects", "literals"]
    return contents.contains { reference.value[$0] != nil } ? reference : nil
  }

  private func key(_ kind: String, _ item: Item) -> String {
    "\(kind)/\(item.id.isEmpty ? item.name : item.id)"
  }

  private mutating func unresolved(_ kind: String, _ item: Item) -> Condition {
    note(.unresolved, "\(kind) `\(item.name)` is not in the export", at: item.position)
    return Condition(.unresolved, "\(kind) `\(item.name)` is not in the export")
  }

  // MARK: Networks

  mutating func network(_ reference: Item) -> EndpointTerm {
    switch reference.name {
    case "any": return .any
    default: break
    }
    if ["country", "continent", "geolocation", "geolocationobject"].contains(reference.type) {
      return .tag("geolocation \(reference.name)")
    }
    let key = key("network", reference)
    if let known = table.endpoint(key) { return .object(known) }
    guard let item = resolve(reference) else {
      if let set = Self.predefinedNetworks[reference.name] { return .addresses(set) }
      if reference.type == "dynamicobject" { return dynamic(reference) }
      return .condition(unresolved("network", reference))
    }
    let number = table.addEndpoint(
      id: key, name: reference.name, kind: reference.value["type"]?.string ?? "",
      position: item.position)
    pendingNetworks.append((number, item))
    return .object(number)
  }

  func dynamic(_ reference: Item) -> EndpointTerm {
    .condition(
      Condition(
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
  mutating func networkLiteral(_ item: Item) -> EndpointTerm {
    let text = item.value["value"]?.string ?? ""
    switch AddressSet.parse(text) {
    case .success(let set): return .addresses(set)
    case .failure:
      note(.unresolved, "network `\(text)` is not readable", at: item.position)
      return .condition(Condition(.unresolved, "network `\(text)` is not readable"))
    }
  }

  private mutating func networkDefinition(_ item: Item) -> EndpointList {
    var list: EndpointList
    let isName =
      item.type == "fqdn" || item.value["subType"]?.string?.uppercased() == "FQDN"
    if item.value["objects"] != nil || item.value["literals"] != nil {
      let (objects, literals) = references(item.value, file: item.file)
      list = EndpointList(
        objects.map { network($0) } + literals.map { networkLiteral($0) })
    } else if item.type == "dynamicobject" {
      list = EndpointList([dynamic(item)])
    } else if isName {
      // The device resolves the name itself: docs.defenseorchestrator.com, "FQDN network objects".
      let text = item.value["value"]?.string ?? ""
      if let host = HostName(text) {
        list = EndpointList([.host(.exact(host), .resolved)])
      } else {
        note(.unresolved, "FQDN `\(text)` is not a host name", at: item.position)
        list = EndpointList([
          .condition(Condition(.unresolved, "FQDN `\(text)` is not a host name"))
        ])
      }
    } else {
      list = EndpointList([networkLiteral(item)])
    }
    if item.value["overridable"]?.bool ?? false, item.value["overrides"] != nil {
      list.exceptions.append(overridden(item))
    }
    return list
  }

  private func overridden(_ item: Item) -> EndpointTerm {
    .condition(
      Condition(.unresolved, "`\(item.name)` has another value on some devices (override)"))
  }

  // MARK: Ports

  /// The column in which a port object stands: one object may be used in both.
  enum PortSide: String {
    case destination = "port"
    case source = "source port"
  }

  mutating func port(_ reference: Item, _ side: PortSide) -> ServiceTerm {
    let key = key(side.rawValue, reference)
    if let known = table.service(key) { return .object(known) }
    guard let item = resolve(reference) else {
      if let services = Self.predefinedPorts[reference.name] {
        let number = table.addService(
          id: key, name: reference.name, kind: "predefined port", position: reference.position)
        table.setService(
          number, ServiceList(services.map { .service(Self.turned($0, side)) }))
        return .object(number)
      }
      return .condition(unresolved("port", reference))
    }
    let number = table.addService(
      id: key, name: reference.name, kind: reference.value["type"]?.string ?? "",
      position: item.position)
    pendingPorts.append((number, item, side))
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

  mutating func portLiteral(_ item: Item, _ side: PortSide) -> ServiceTerm {
    if item.type.contains("icmp") {
      return .service(Service(protocol: item.type.contains("v6") ? 58 : 1))
    }
    let word: String
    switch item.type {
    case "tcpportobject": word = "TCP"
    case "udpportobject": word = "UDP"
    default: word = item.value["protocol"]?.scalarText ?? ""
    }
    let isAny = word.isEmpty && item.type == "anyprotocolportobject" || word.uppercased() == "ANY"
    guard let ports = FMCNames.ports(item.value["port"]?.scalarText),
      isAny || FMCNames.protocolNumber(word) != nil
    else {
      let text = "\(word) \(item.value["port"]?.scalarText ?? "")"
      note(.unresolved, "port `\(text)` is not readable", at: item.position)
      return .condition(Condition(.unresolved, "port `\(text)` is not readable"))
    }
    let service = Service(
      protocol: isAny ? nil : FMCNames.protocolNumber(word), destinationPorts: ports)
    return .service(Self.turned(service, side))
  }

  private mutating func portDefinition(_ item: Item, _ side: PortSide) -> [ServiceTerm] {
    if item.value["objects"] != nil || item.value["literals"] != nil {
      let (objects, literals) = references(item.value, file: item.file)
      return objects.map { port($0, side) } + literals.map { portLiteral($0, side) }
    }
    return [portLiteral(item, side)]
  }

  // MARK: URLs

  /// For what a URL object is used, which settles how it is read.
  enum URLPurpose: String {
    /// Plain HTTP, where host and path are seen.
    case http
    case httpDeny = "http deny"
    /// TLS, where the name comes from the handshake.
    case tls
    case tlsDeny = "tls deny"

    init(denies: Bool, plain: Bool) {
      self = plain ? (denies ? .httpDeny : .http) : (denies ? .tlsDeny : .tls)
    }

    var denies: Bool { self == .httpDeny || self == .tlsDeny }
    var isPlain: Bool { self == .http || self == .httpDeny }
  }

  mutating func url(_ reference: Item, _ purpose: URLPurpose) -> EndpointTerm {
    if ["siurllist", "siurlfeed"].contains(reference.type) {
      return .condition(
        Condition(
          .externalList, "URL list `\(reference.name)`: its contents are not in the export"))
    }
    let key = "\(key("url", reference))/\(purpose.rawValue)"
    if let known = table.endpoint(key) { return .object(known) }
    guard let item = resolve(reference) else {
      return .condition(unresolved("URL object", reference))
    }
    let number = table.addEndpoint(
      id: key, name: reference.name, kind: reference.value["type"]?.string ?? "",
      position: item.position)
    pendingURLs.append((number, item, purpose))
    return .object(number)
  }

  /// A URL typed into a rule or group becomes an object, since it may be in doubt.
  mutating func urlLiteral(_ item: Item, _ purpose: URLPurpose) -> EndpointTerm {
    let text = item.value["url"]?.string ?? ""
    let key = "url literal/\(text)/\(purpose.rawValue)"
    if let known = table.endpoint(key) { return .object(known) }
    let number = table.addEndpoint(id: key, name: text, kind: "URL", position: item.position)
    table.setEndpoint(number, urlValue(text, item, purpose))
    return .object(number)
  }

  private mutating func urlDefinition(_ item: Item, _ purpose: URLPurpose) -> EndpointList {
    if item.value["objects"] != nil || item.value["literals"] != nil {
      let (objects, literals) = references(item.value, file: item.file)
      return EndpointList(
        objects.map { url($0, purpose) } + literals.map { urlLiteral($0, purpose) })
    }
    var list = urlValue(item.value["url"]?.string ?? "", item, purpose)
    if item.value["overridable"]?.bool ?? false, item.value["overrides"] != nil {
      list.exceptions.append(overridden(item))
    }
    return list
  }

  /// "The system determines the requested URL based on information passed during the TLS/SSL
  /// handshake: the subject common name in the public key certificate" (docs.defenseorchestrator.com,
  /// "Filtering HTTPS Traffic"); newer releases read the name in the ClientHello too. Which of them
  /// counts, and what the certificate says, is not in the export.
  private mutating func urlValue(
    _ text: String, _ item: Item, _ purpose: URLPurpose
  ) -> EndpointList {
    guard let parsed = FMCNames.url(text, isCurrent: isCurrent, denies: purpose.denies) else {
      note(.unmodelled, "URL `\(text)` is outside of what can be decided", at: item.position)
      return EndpointList([.condition(Condition(.unmodelled, "URL `\(text)`"))])
    }
    if !purpose.isPlain {
      var terms: [EndpointTerm] = [.url(parsed.certain)]
      if let older = parsed.older { terms.append(.url(older)) }
      return EndpointList(
        terms,
        except: [
          .condition(
            Condition(
              .unresolved,
              "`\(text)` is compared with the name that the TLS handshake shows, which "
                + "may be that of the certificate"))
        ])
    }
    guard let older = parsed.older else { return EndpointList([.url(parsed.certain)]) }
    let key = "older url/\(text)"
    let number =
      table.endpoint(key)
      ?? table.addEndpoint(id: key, name: text, kind: "URL", position: item.position)
    table.setEndpoint(
      number,
      EndpointList(
        [.url(older)],
        except: [
          .condition(
            Condition(
              .unmodelled,
              "older releases take `\(text)` anywhere in a URL, and the release is not in "
                + "the export"))
        ]))
    return EndpointList([.url(parsed.certain), .object(number)])
  }
}
