import ImportKit

/// Application rules: names, URLs, tags and categories, which the firewall looks for in the flow.
extension AzureRuleBuilder {
  mutating func addApplicationRule(_ rule: AzureResources.Item, name: String, action: Action) {
    var base = sourceClauses(rule)
    let destinations = texts(rule, "destinationAddresses")
    if !destinations.isEmpty {
      let terms = destinations.map { address($0, rule) }
      if !terms.contains(.any) { base.append(.destination(EndpointList(terms))) }
    }
    let decrypts = rule.text("terminateTLS")?.lowercased() == "true"
    var names: [EndpointTerm] = []
    for entry in texts(rule, "targetFqdns") { names.append(target(entry, rule, AzureNames.hosts)) }
    for entry in texts(rule, "targetUrls") { names.append(targetURL(entry, rule)) }
    for entry in texts(rule, "webCategories") {
      switch entry {
      case .text(let category): names.append(.category(category))
      case .unknown(let what): names.append(unresolved(what, rule))
      }
    }
    let ports = applicationPorts(rule)
    if !names.isEmpty {
      application.append(
        Rule(
          name: name,
          match: Match(base + [.destination(EndpointList(names)), .service(ports)]),
          action: action, decrypts: decrypts, comment: rule.text("description") ?? "",
          position: rule.position))
    }
    let tags = texts(rule, "fqdnTags")
    guard !tags.isEmpty else {
      if names.isEmpty { addEmptyRule(rule, name: name) }
      return
    }
    // "The protocol must be https" for FQDN tags, and what a tag holds is not published. Source:
    // learn.microsoft.com, "FQDN tags overview". A tag is therefore never credited for port 80.
    var terms: [EndpointTerm] = []
    for entry in tags {
      switch entry {
      case .text(let tag):
        terms.append(
          .condition(
            Condition(.vendorTag, "FQDN tag `\(tag)`: its names are not published")))
      case .unknown(let what): terms.append(unresolved(what, rule))
      }
    }
    application.append(
      Rule(
        name: name,
        match: Match(
          base + [
            .destination(EndpointList(terms)), .service(ports),
            .service(ServiceList([.service(.tcp(IntervalSet(80).complement()))])),
          ]), action: action, decrypts: decrypts, comment: rule.text("description") ?? "",
        origin: names.isEmpty ? .written : .implied, position: rule.position))
  }

  private mutating func addEmptyRule(_ rule: AzureResources.Item, name: String) {
    notes.append(
      Note(.reading, "rule `\(name)` names no target and matches nothing", at: rule.position))
    application.append(
      Rule(
        name: name, match: Match([.never("the rule names no target")]), action: .continue,
        position: rule.position))
  }

  private mutating func target(
    _ entry: Entry, _ rule: AzureResources.Item, _ read: (String) -> HostPattern?
  ) -> EndpointTerm {
    switch entry {
    case .unknown(let what): return unresolved(what, rule)
    case .text(let text):
      guard let pattern = read(text) else {
        notes.append(
          Note(.unmodelled, "target `\(text)` is outside the grammar", at: rule.position))
        return .host(.glob(text.lowercased()), .doubtful)
      }
      return .host(pattern, .observed)
    }
  }

  private mutating func targetURL(_ entry: Entry, _ rule: AzureResources.Item) -> EndpointTerm {
    switch entry {
    case .unknown(let what): return unresolved(what, rule)
    case .text(let text):
      guard let pattern = AzureNames.url(text) else {
        notes.append(Note(.unmodelled, "URL `\(text)` is outside the grammar", at: rule.position))
        return .condition(Condition(.unmodelled, "URL `\(text)`"))
      }
      return .url(pattern)
    }
  }

  /// The ports of an application rule by protocol: TLS never runs on a port listed for Http, nor
  /// plain HTTP on one listed for Https, and Defender's port 80 is HTTP and every other port TLS.
  private mutating func applicationPorts(_ rule: AzureResources.Item) -> ServiceList {
    var ports = PortSet()
    var doubts: [ServiceTerm] = []
    guard let list = rule.value.azure("protocols") else {
      return ServiceList([.condition(Condition(.unresolved, "the rule has no protocol"))])
    }
    for item in items(list, of: rule, what: "protocols of the rule") ?? [] {
      let word: String
      var number: Int?
      if let text = item.value.string {
        // Older az versions print `Https:443` or `Https=443`.
        let parts = text.split { $0 == ":" || $0 == "=" }
        word = parts.first.map { $0.lowercased() } ?? ""
        number = parts.count > 1 ? Int(parts[1]) : nil
      } else {
        word = item.text("protocolType")?.lowercased() ?? ""
        number = item.value.azure("port").flatMap { item.template.evaluate($0).number }
      }
      let standard = ["http": 80, "https": 443, "mssql": 1433][word]
      guard let standard, let port = UInt16(exactly: number ?? standard) else {
        doubts.append(.condition(Condition(.unresolved, "protocol `\(word)` is not known")))
        continue
      }
      if word == "https" && port != 80 || word == "http" && port != 443 {
        ports = ports.union(IntervalSet(port))
      }
    }
    return ServiceList([.service(.tcp(ports))] + doubts)
  }
}
