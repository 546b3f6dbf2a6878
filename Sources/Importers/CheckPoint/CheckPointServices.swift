import ImportKit

extension CheckPointObjects {
  /// A cell of services, applications and sites: any of the parts must match.
  struct ServiceCell {
    var isAny = false
    var services: [ServiceTerm] = []
    var sites: [EndpointTerm] = []
    var applications: [String] = []
    /// Of entries that may be any of these.
    var doubts: [Condition] = []

    var isEmpty: Bool {
      !isAny && services.isEmpty && sites.isEmpty && applications.isEmpty && doubts.isEmpty
    }
  }

  mutating func serviceCell(
    _ cell: JSONValue?, file: Int, at position: SourcePosition, purpose: CheckPointNames.Purpose
  ) -> ServiceCell {
    var result = ServiceCell()
    for entry in entries(cell, file: file) {
      switch entry {
      case .any: result.isAny = true
      case .unknown(let uid): result.doubts.append(unresolved("service `\(uid)`", at: position))
      case .object(let item): add(item, to: &result, purpose: purpose, depth: 0)
      }
    }
    return result
  }

  private mutating func add(
    _ item: Item, to cell: inout ServiceCell, purpose: CheckPointNames.Purpose, depth: Int
  ) {
    let name = item.name ?? ""
    let type = item.value["type"]?.string ?? ""
    switch type {
    case "application-site": addSite(item, to: &cell, purpose: purpose)
    case "application-site-category":
      // What administrators put into a category themselves is in the export, the rest is not.
      for uid in documents.sitesOfCategory[name] ?? [] {
        guard let site = documents.objects[uid] else { continue }
        addSite(site, to: &cell, purpose: purpose)
      }
      cell.sites.append(.category(name))
    case "application-site-group", "application-group":
      guard depth < 32 else {
        cell.doubts.append(Condition(.unmodelled, "group `\(name)` is nested too deep"))
        return
      }
      for entry in entries(item.value["members"], file: item.file) {
        switch entry {
        case .any: cell.isAny = true
        case .object(let member): add(member, to: &cell, purpose: purpose, depth: depth + 1)
        case .unknown(let uid):
          cell.doubts.append(unresolved("`\(uid)` of `\(name)`", at: item.position))
        }
      }
    case "data-type", "data-type-group":
      cell.doubts.append(Condition(.unmodelled, "data type `\(name)`"))
    default: cell.services.append(service(item))
    }
  }

  private mutating func addSite(
    _ item: Item, to cell: inout ServiceCell, purpose: CheckPointNames.Purpose
  ) {
    guard let list = item.value["url-list"], list.isArray, list.count > 0 else {
      // An application of the vendor's, recognised by its signature; or the list was not asked for.
      cell.applications.append(item.name ?? "")
      return
    }
    let id = "\(item.uid ?? "")/\(purpose.rawValue)"
    if let known = table.endpoint(id) {
      cell.sites.append(.object(known))
      return
    }
    let number = table.addEndpoint(
      id: id, name: item.name ?? "", kind: "application-site", position: item.position)
    let isExpression = item.value["urls-defined-as-regular-expression"]?.bool ?? false
    var terms: [EndpointTerm] = []
    var narrowed = false
    for text in list.elements.compactMap(\.string) {
      guard
        let pattern = CheckPointNames.site(text, isExpression: isExpression, purpose: purpose)
      else {
        note(
          .unmodelled, "site `\(text)` of `\(item.name ?? "")` is outside of what can be decided",
          at: item.position)
        terms.append(
          .condition(Condition(.unmodelled, "site `\(text)` of `\(item.name ?? "")`")))
        continue
      }
      let exact = CheckPointNames.site(text, isExpression: isExpression, purpose: .exact)
      narrowed = narrowed || purpose == .meant && exact != pattern
      terms.append(.url(pattern))
    }
    if narrowed {
      note(
        .reading,
        "in rules that deny, the entries of `\(item.name ?? "")` are read as the sites that "
          + "they name; they also stop longer host names and URLs that hold them in the path",
        at: item.position)
    }
    if item.value["application-signature"]?.string.map({ !$0.isEmpty }) ?? false {
      terms.append(
        .condition(Condition(.application, "signature of `\(item.name ?? "")`")))
    }
    table.setEndpoint(number, EndpointList(terms))
    cell.sites.append(.object(number))
  }

  // MARK: Services

  private mutating func service(_ item: Item) -> ServiceTerm {
    let uid = item.uid ?? ""
    if let known = table.service(uid) { return .object(known) }
    let number = table.addService(
      id: uid, name: item.name ?? uid, kind: item.value["type"]?.string ?? "",
      position: item.position)
    pendingServices.append((number, item))
    return .object(number)
  }

  mutating func serviceDefinition(_ item: Item) -> [ServiceTerm] {
    let value = item.value
    let name = item.name ?? ""
    switch value["type"]?.string ?? "" {
    case "service-tcp", "service-compound-tcp": return ports(item, Service.tcpNumber)
    case "service-citrix-tcp": return [.service(.tcp(PortSet(1494)))]
    case "service-udp": return ports(item, Service.udpNumber)
    case "service-sctp": return ports(item, 132)
    case "service-icmp": return [.service(Service(protocol: 1))]
    case "service-icmp6": return [.service(Service(protocol: 58))]
    case "service-dce-rpc", "service-rpc", "service-gtp":
      // Remote procedure calls and mobile-network tunnels; neither is HTTP nor TLS.
      return []
    case "service-other":
      guard let number = value["ip-protocol"]?.int.flatMap({ UInt8(exactly: $0) }) else {
        return [.condition(unresolved("the protocol of service `\(name)`", at: item.position))]
      }
      let match = value["match"]?.string ?? ""
      guard match.isEmpty || number != Service.tcpNumber else {
        return [.condition(Condition(.unmodelled, "service `\(name)` has a match expression"))]
      }
      return [.service(Service(protocol: number))]
    case "service-group":
      guard let list = value["members"], !list.isNull else {
        return [.condition(unresolved("what `\(name)` holds", at: item.position))]
      }
      return entries(list, file: item.file).map { entry in
        switch entry {
        case .any: return .any
        case .object(let member): return service(member)
        case .unknown(let uid):
          return .condition(unresolved("service `\(uid)` of `\(name)`", at: item.position))
        }
      }
    case let type:
      note(.unmodelled, "service `\(name)` of the type `\(type)` is not read", at: item.position)
      return [.condition(Condition(.unmodelled, "service `\(name)` of the type `\(type)`"))]
    }
  }

  private mutating func ports(_ item: Item, _ number: UInt8) -> [ServiceTerm] {
    let name = item.name ?? ""
    guard let text = item.value["port"]?.scalarText, let ports = CheckPointNames.ports(text) else {
      return [.condition(unresolved("the port of service `\(name)`", at: item.position))]
    }
    // Matched by signature, a service of another protocol never takes HTTP or TLS on its port.
    if item.value["match-by-protocol-signature"]?.bool ?? false,
      let word = item.value["protocol"]?.string?.uppercased(),
      !["HTTP", "SSL", "TLS"].contains(where: { word.contains($0) })
    {
      return []
    }
    var source = PortSet.full
    if let text = item.value["source-port"]?.scalarText, !text.isEmpty {
      guard let set = CheckPointNames.ports(text) else {
        return [.condition(unresolved("the source port of service `\(name)`", at: item.position))]
      }
      source = set
    }
    return [
      .service(Service(protocol: number, destinationPorts: ports, sourcePorts: source))
    ]
  }
}
