import ImportKit

extension CheckPointObjects {
  /// A cell of services, applications and sites: any of the parts must match.
  struct ServiceCell {
    var isAny = false
    var services: [ServiceTerm] = []
    /// By the scheme of the connection, since expressions see it.
    var sites: [CheckPointNames.Scheme: [EndpointTerm]] = [:]
    var applications: [String] = []
    /// Of entries that may be any of these.
    var doubts: [Condition] = []

    var hasSites: Bool { !sites.isEmpty }

    var isEmpty: Bool {
      !isAny && services.isEmpty && sites.isEmpty && applications.isEmpty && doubts.isEmpty
    }
  }

  mutating func serviceCell(
    _ cell: JSONValue?, file: Int, at position: SourcePosition
  ) -> ServiceCell {
    var result = ServiceCell()
    // Groups of applications hold groups: a queue, and none twice.
    var waiting = entries(cell, file: file)
    var seen: Set<String> = []
    var next = 0
    while next < waiting.count {
      switch waiting[next] {
      case .any: result.isAny = true
      case .unknown(let uid): result.doubts.append(unresolved("service `\(uid)`", at: position))
      case .object(let item) where Self.groupTypes.contains(item.type):
        guard seen.insert(item.uid ?? "").inserted else { break }
        let record = item.record
        waiting += entries(record.value("members"), file: item.file)
        if let left = draft.unread(
          record, of: "group `\(item.name ?? "")`", ignoring: Self.irrelevant)
        {
          result.doubts.append(left)
        }
      case .object(let item): add(item, to: &result)
      }
      next += 1
    }
    return result
  }

  private static let groupTypes: Set<String> = ["application-site-group", "application-group"]

  private mutating func add(_ item: Item, to cell: inout ServiceCell) {
    let name = item.name ?? ""
    switch item.type {
    case "application-site": addSite(item, to: &cell)
    case "application-site-category":
      if let left = draft.unread(
        item.record, of: "category `\(name)`",
        ignoring: Self.irrelevant.union(["user-defined": "who made it"]))
      {
        cell.doubts.append(left)
      }
      // What administrators put into a category themselves is in the export, the rest is not.
      for uid in documents.sitesOfCategory[name] ?? [] {
        guard let site = documents.objects[uid] else { continue }
        addSite(site, to: &cell)
      }
      for scheme in CheckPointNames.Scheme.allCases {
        cell.sites[scheme, default: []].append(.category(name))
      }
    case "data-type", "data-type-group":
      cell.doubts.append(draft.doubt(.unmodelled, "data type `\(name)`"))
    default: cell.services.append(service(item))
    }
  }

  /// What is irrelevant in sites: how they are filed, and who wrote them.
  private static let irrelevantInSites = irrelevant.union([
    "primary-category": "files the site; categories are read as a whole",
    "additional-categories": "files the site; categories are read as a whole",
    "user-defined": "who made it",
  ])

  private mutating func addSite(_ item: Item, to cell: inout ServiceCell) {
    let name = item.name ?? ""
    let record = item.record
    let list = record.value("url-list")
    guard let list, list.isArray, list.count > 0 else {
      // An application of the vendor's, recognised by its signature; or the list was not asked for.
      _ = record.value("application-signature")
      _ = record.value("urls-defined-as-regular-expression")
      if list != nil, list?.isArray == false {
        cell.doubts.append(
          draft.doubt(.unmodelled, "the sites of `\(name)` are not readable", at: item.position))
      } else if let left = draft.unread(
        record, of: "application `\(name)`", ignoring: Self.irrelevantInSites)
      {
        cell.doubts.append(left)
      } else {
        cell.applications.append(name)
      }
      return
    }
    let lists = CheckPointNames.Scheme.allCases.map { sites(of: item, record, list, $0) }
    let isOne = lists[0] == lists[1]
    for (scheme, terms) in zip(CheckPointNames.Scheme.allCases, lists) {
      let id = "\(item.uid ?? "")/\(isOne ? "site" : scheme.rawValue)"
      let number =
        draft.objects.endpoint(id)
        ?? draft.objects.addEndpoint(
          id: id, name: name, kind: "application-site", position: item.ownPosition)
      draft.objects.setEndpoint(number, terms)
      cell.sites[scheme, default: []].append(.object(number))
    }
  }

  private mutating func sites(
    of item: Item, _ record: ExportRecord, _ list: JSONValue, _ scheme: CheckPointNames.Scheme
  ) -> EndpointList {
    let name = item.name ?? ""
    var terms: [EndpointTerm] = []
    let form = record.text("urls-defined-as-regular-expression")
    if form != "true", form != "false", record.has("urls-defined-as-regular-expression") {
      return EndpointList([
        .condition(
          draft.doubt(
            .unmodelled, "whether the sites of `\(name)` are expressions is not readable",
            at: item.position))
      ])
    }
    for element in list.elements {
      guard let text = element.string,
        let site = CheckPointNames.site(text, isExpression: form == "true", scheme: scheme)
      else {
        terms.append(
          .condition(
            draft.doubt(
              .unmodelled,
              "site `\(element.scalarText ?? "")` of `\(name)` is outside of what can be decided",
              at: item.position)))
        continue
      }
      terms += site.certain.map { .url($0) }
      if !site.doubtful.isEmpty { terms.append(doubtful(site, text, item, scheme)) }
    }
    if let signature = record.value("application-signature"), signature.string != "" {
      terms.append(
        .condition(draft.doubt(.application, "signature of `\(name)`")))
    }
    let left = draft.unread(
      record, of: "application `\(name)`", ignoring: Self.irrelevantInSites)
    return EndpointList(terms, except: left.map { [.condition($0)] } ?? [])
  }

  /// What an entry matches only perhaps is an object that is itself in doubt.
  private func doubtful(
    _ site: CheckPointNames.Site, _ text: String, _ item: Item, _ scheme: CheckPointNames.Scheme
  ) -> EndpointTerm {
    let id = "\(item.uid ?? "")/\(scheme.rawValue)/\(text)"
    let number =
      draft.objects.endpoint(id)
      ?? draft.objects.addEndpoint(
        id: id, name: text, kind: "site", position: nil)
    draft.objects.setEndpoint(
      number,
      EndpointList(
        site.doubtful.map { .url($0) },
        except: [.condition(draft.doubt(.patternReading, site.doubt, at: item.position))]))
    return .object(number)
  }

  // MARK: Services

  private mutating func service(_ item: Item) -> ServiceTerm {
    let uid = item.uid ?? ""
    if let known = draft.objects.service(uid) { return .object(known) }
    let number = draft.objects.addService(
      id: uid, name: item.name ?? uid, kind: item.type, position: item.ownPosition)
    queue.add(number, .service(item))
    return .object(number)
  }

  mutating func serviceDefinition(_ item: Item) -> [ServiceTerm] {
    let record = item.record
    let terms = serviceContents(item, record)
    // A service list has no exceptions: what is not understood leaves the service open.
    if let left = draft.unread(
      record, of: "service `\(item.name ?? "")`", ignoring: Self.irrelevant)
    {
      return [.condition(left)]
    }
    return terms
  }

  private mutating func serviceContents(_ item: Item, _ record: ExportRecord) -> [ServiceTerm] {
    let name = item.name ?? ""
    switch item.type {
    case "service-tcp", "service-compound-tcp":
      _ = (record.value("compound-service"), record.value("enable-tcp-resource"))
      return ports(item, record, Service.tcpNumber)
    case "service-citrix-tcp":
      _ = record.value("application")
      return [.service(.tcp(PortSet(1494)))]
    case "service-udp": return ports(item, record, Service.udpNumber)
    case "service-sctp": return ports(item, record, 132)
    case "service-icmp", "service-icmp6":
      _ = (record.value("icmp-type"), record.value("icmp-code"))
      return [.service(Service(protocol: item.type == "service-icmp" ? 1 : 58))]
    case "service-dce-rpc", "service-rpc", "service-gtp":
      // Remote procedure calls and mobile-network tunnels; neither is HTTP nor TLS.
      for member in [
        "interface-uuid", "program-number", "access-point-name", "allow-usage-of-static-ip",
        "apply-access-policy-on-user-traffic", "cs-fallback-and-srvcc", "imsi-prefix",
        "interface-profile", "ldap-group", "ms-isdn", "radio-access-technology",
        "restoration-and-recovery", "reverse-service", "selection-mode",
        "trace-management",
      ] { _ = record.value(member) }
      return []
    case "service-other":
      guard let number = record.text("ip-protocol").flatMap({ IPProtocol.number(of: $0) }) else {
        return [.condition(unresolved("the protocol of service `\(name)`", at: item.position))]
      }
      _ = record.value("action")
      let hasMatch = record.has("match") && record.text("match") != ""
      guard !hasMatch || number != Service.tcpNumber else {
        return [
          .condition(
            draft.doubt(
              .unmodelled, "service `\(name)` has a match expression", at: item.position))
        ]
      }
      return [.service(Service(protocol: number))]
    case "service-group":
      guard let list = record.value("members") else {
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
      return [
        .condition(
          draft.doubt(
            .unmodelled, "service `\(name)` of the type `\(type)` is not read", at: item.position))
      ]
    }
  }

  /// Protocols whose signature never matches HTTP or TLS.
  private static let otherProtocols: Set<String> = [
    "FTP", "SSH", "SMTP", "DNS", "IMAP", "POP3", "SIP", "RTSP", "TELNET", "CIFS", "SNMP", "LDAP",
    "MGCP", "H323", "SQLNET", "NNTP", "PPTP", "RSH", "IRC",
  ]

  private func ports(
    _ item: Item, _ record: ExportRecord, _ number: UInt8
  ) -> [ServiceTerm] {
    let name = item.name ?? ""
    let signature = record.text("match-by-protocol-signature")
    let word = record.text("protocol")?.uppercased()
    guard let text = record.text("port"), let ports = CheckPointNames.ports(text) else {
      return [.condition(unresolved("the port of service `\(name)`", at: item.position))]
    }
    var source = PortSet.full
    if record.has("source-port"), record.text("source-port") != "" {
      guard let set = record.text("source-port").flatMap({ CheckPointNames.ports($0) }) else {
        return [.condition(unresolved("the source port of service `\(name)`", at: item.position))]
      }
      source = set
    }
    let service = ServiceTerm.service(
      Service(protocol: number, destinationPorts: ports, sourcePorts: source))
    switch signature {
    case nil where !record.has("match-by-protocol-signature"), "false": return [service]
    case "true":
      // Matched by signature, a service of another protocol never takes HTTP or TLS on its port.
      guard let word, !["HTTP", "HTTPS", "SSL", "TLS"].contains(word) else { return [service] }
      if Self.otherProtocols.contains(word) { return [] }
    default: break
    }
    return [
      .condition(
        draft.doubt(
          .application,
          "service `\(name)` is matched by the signature of `\(word ?? "")` besides its port"))
    ]
  }
}
