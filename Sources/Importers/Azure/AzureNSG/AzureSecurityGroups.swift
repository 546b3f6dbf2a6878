import ImportKit

/// The security groups of an export as policies.
enum AzureSecurityGroups {
  static func build(_ resources: AzureResources) -> [Policy] {
    var policies: [Policy] = []
    var loose = resources.looseSecurityRules
    for group in resources.securityGroups {
      let name = AzurePolicyBuilder.lastName(group.label) ?? "security group"
      var builder = AzureSecurityGroupBuilder(resources: resources)
      let own = loose.filter { owner(of: $0)?.lowercased() == name.lowercased() }
      loose.removeAll { owner(of: $0)?.lowercased() == name.lowercased() }
      let table = builder.table(group, named: "outbound", looseRules: own)
      policies.append(builder.finish(scope: name, tables: [table]))
    }
    // Rules whose group is not in the template, taken together by the group's name.
    var names: [String] = []
    for rule in loose {
      let name = owner(of: rule) ?? "security group"
      if !names.contains(name) { names.append(name) }
    }
    for name in names {
      let own = loose.filter { (owner(of: $0) ?? "security group") == name }
      guard let first = own.first else { continue }
      var builder = AzureSecurityGroupBuilder(resources: resources)
      builder.notes.append(
        Note(
          .completeness,
          "security group `\(name)` itself is not in the export, and may have more rules",
          at: first.position))
      builder.unread.append(first.position)
      let table = builder.table(nil, named: "outbound", looseRules: own)
      policies.append(builder.finish(scope: name, tables: [table]))
    }
    if !resources.effectiveGroups.isEmpty { policies.append(effective(resources)) }
    return policies
  }

  /// The group in the name `group/rule` of a rule.
  private static func owner(of rule: AzureResources.Item) -> String? {
    guard let label = rule.label, let slash = label.firstIndex(of: "/") else { return nil }
    return String(label[..<slash])
  }

  /// What is in effect at one interface: every group on the way must allow.
  private static func effective(_ resources: AzureResources) -> Policy {
    var builder = AzureSecurityGroupBuilder(resources: resources)
    var tables: [Table] = []
    for (number, group) in resources.effectiveGroups.enumerated() {
      let name =
        group.value.azure("networkSecurityGroup").flatMap { group.text("id", in: $0) }
        .flatMap { AzurePolicyBuilder.lastName($0) } ?? "group \(number + 1)"
      let label = tables.contains { $0.name == name } ? "\(name) (\(number + 1))" : name
      tables.append(builder.table(group, named: label, looseRules: []))
    }
    return builder.finish(scope: "effective rules", tables: tables)
  }
}

/// Translates the rules of security groups.
struct AzureSecurityGroupBuilder {
  let resources: AzureResources
  var notes: [Note]
  private var objects = ObjectTable()
  private var sources: [(AddressSet, String)] = []
  /// Places of lists that could not be read whole.
  var unread: [SourcePosition] = []

  init(resources: AzureResources) {
    self.resources = resources
    notes = resources.notes
  }

  mutating func finish(scope: String, tables: [Table]) -> Policy {
    var policy = Policy(scope: scope, format: "azure-nsg")
    policy.tables = tables
    policy.pipelines = [
      Pipeline(traffic: .forwarded, mode: .allOf, stages: tables.map { Stage(table: $0.name) })
    ]
    policy.endpointObjects = objects.endpoints
    policy.proposals = SourceProposals.make(sources)
    if tables.count == 1 {
      notes.append(
        Note(
          .advisory,
          "a subnet and a network interface may each have a security group, and both must "
            + "allow; give them as two devices, or the rules in effect at the interface"))
    }
    var seen: Set<Note> = []
    policy.notes = notes.filter { seen.insert($0).inserted }
    return policy
  }

  // MARK: Rules

  private struct Placed {
    let item: AzureResources.Item
    let priority: Int
    let isDefault: Bool
  }

  mutating func table(
    _ group: AzureResources.Item?, named name: String, looseRules: [AzureResources.Item]
  ) -> Table {
    var placed: [Placed] = []
    var hasDefaults = false
    func add(_ items: [AzureResources.Item], isDefault: Bool) {
      for item in items {
        let priority = item.text("priority", in: item.properties).flatMap { Int($0) }
        placed.append(Placed(item: item, priority: priority ?? .max, isDefault: isDefault))
      }
    }
    if let group {
      for (key, isDefault) in [
        ("securityRules", false), ("defaultSecurityRules", true), ("effectiveSecurityRules", false),
      ] {
        guard let list = group.properties.azure(key) ?? group.value.azure(key), !list.isNull else {
          continue
        }
        let items = elements(list, of: group, what: key)
        if isDefault && !items.isEmpty { hasDefaults = true }
        add(items, isDefault: isDefault)
      }
      // What is in effect has the default rules among the others.
      if group.value.azure("effectiveSecurityRules") != nil { hasDefaults = true }
    }
    add(looseRules, isDefault: false)
    let inbound = placed.filter { direction($0.item) == "inbound" }.count
    if inbound > 0 {
      notes.append(
        Note(
          .reading,
          "\(inbound) inbound rules are left out: they do not concern connections that clients "
            + "open", at: group?.position))
    }
    // Swift's sort is stable, so equal priorities keep the order of the export.
    let ordered = placed.filter { direction($0.item) != "inbound" }
      .sorted { $0.priority < $1.priority }
    var rules = lost() + ordered.map { rule($0) }
    if !hasDefaults {
      rules += defaults(
        at: group?.position ?? looseRules.first?.position ?? SourcePosition(line: 0))
    }
    return Table(
      name: name, rules: rules, defaultAction: DefaultAction(.deny, name: "no rule matches"))
  }

  private mutating func elements(
    _ list: JSONValue, of owner: AzureResources.Item, what: String
  ) -> [AzureResources.Item] {
    var array = list
    if case .json(let json) = owner.template.evaluate(list) { array = json }
    let items = array.elements.filter(\.isObject).map {
      AzureResources.Item(value: $0, template: owner.template, file: owner.file)
    }
    if !array.isArray || items.count != array.count {
      notes.append(
        Note(
          .completeness, "`\(what)` of the group are not all in the export",
          at: SourcePosition(file: owner.file, line: list.line, pointer: list.pointer)))
      unread.append(SourcePosition(file: owner.file, line: list.line, pointer: list.pointer))
    }
    return items
  }

  private func direction(_ item: AzureResources.Item) -> String {
    item.text("direction", in: item.properties)?.lowercased() ?? "outbound"
  }

  private mutating func rule(_ placed: Placed) -> Rule {
    let item = placed.item
    let properties = item.properties
    let place = item.position
    var clauses: [Clause] = []
    let source = terms("source", item, isSource: true)
    if !source.contains(.any) { clauses.append(.source(EndpointList(source))) }
    let destination = terms("destination", item, isSource: false)
    if !destination.contains(.any) { clauses.append(.destination(EndpointList(destination))) }
    clauses += services(item)
    if item.text("direction", in: properties) == nil {
      clauses.append(.requires(Condition(.unresolved, "the direction of the rule is not known")))
    }
    if placed.priority == .max {
      let what = "the priority of the rule is not known"
      notes.append(Note(.unresolved, what + "; it is placed last", at: place))
      clauses.append(.requires(Condition(.unresolved, what)))
    }
    let action: Action
    switch item.text("access", in: properties)?.lowercased() {
    case "allow": action = .allow
    case "deny": action = .deny(.drop)
    default:
      clauses.append(.requires(Condition(.unresolved, "whether the rule allows is not known")))
      action = .deny(.drop)
    }
    let label = AzurePolicyBuilder.lastName(item.label) ?? "rule"
    let number = placed.priority == .max ? "" : "\(placed.priority) "
    return Rule(
      name: number + label, match: Match(clauses), action: action,
      comment: item.text("description", in: properties) ?? "",
      origin: placed.isDefault || placed.priority >= 65000 && placed.priority != .max
        ? .implied : .written, position: place)
  }

  /// The default rules of every group, for templates that do not repeat them.
  private func defaults(at position: SourcePosition) -> [Rule] {
    let all: [(String, [Clause], Action)] = [
      ("65000 AllowVnetOutBound", [.destination(EndpointList([Self.privateUse]))], .allow),
      ("65001 AllowInternetOutBound", [.destination(EndpointList([Self.internet]))], .allow),
      ("65500 DenyAllOutBound", [], .deny(.drop)),
    ]
    return all.map { name, clauses, action in
      Rule(
        name: name, match: Match(clauses), action: action, origin: .implied, position: position)
    }
  }

  /// Rules that could not be read may allow or deny, at any priority.
  private func lost() -> [Rule] {
    unread.flatMap { place in
      [Action.allow, .deny(.drop)].map { action in
        Rule(
          name: "(not in the export)",
          match: Match([
            .requires(Condition(.unresolved, "rules of the group that are not in the export"))
          ]), action: action, origin: .implied, position: place)
      }
    }
  }

  // MARK: Addresses

  private static let privateUse = EndpointTerm.addresses(SpecialPurposeAddresses.privateUse)
  private static let internet = EndpointTerm.addresses(SpecialPurposeAddresses.internet)

  /// The texts of a member that may be one text, a list, or both in singular and plural form.
  private func texts(_ name: String, _ item: AzureResources.Item) -> [(
    text: String?, missing: String
  )] {
    guard let value = item.properties.azure(name), !value.isNull else { return [] }
    func read(_ value: ARMValue) -> [(String?, String)] {
      switch value {
      case .null: return []
      case .unknown(let what): return [(nil, what)]
      case .json(let json) where json.isArray:
        return json.elements.flatMap { read(item.template.evaluate($0)) }
      case .array(let items): return items.flatMap(read)
      default:
        guard let text = value.text else { return [(nil, "a value that is not a text")] }
        // Ports and prefixes may also be one text with commas.
        return text.split(separator: ",").map { part in
          (String(part.filter { $0 != " " }), "")
        }
      }
    }
    return read(item.template.evaluate(value))
  }

  private mutating func terms(
    _ side: String, _ item: AzureResources.Item, isSource: Bool
  ) -> [EndpointTerm] {
    var terms: [EndpointTerm] = []
    // What is in effect lists the ranges behind a tag.
    let expanded = texts("expanded\(side)AddressPrefix", item)
    let prefix = texts("\(side)AddressPrefix", item).first?.text?.lowercased()
    if !expanded.isEmpty, prefix != "internet", prefix != "*" {
      for (text, missing) in expanded {
        if let text {
          terms.append(address(text, item, isSource: isSource))
        } else {
          terms.append(.condition(Condition(.unresolved, missing)))
        }
      }
      return terms
    }
    for name in ["\(side)AddressPrefix", "\(side)AddressPrefixes"] {
      for (text, missing) in texts(name, item) {
        guard let text else {
          notes.append(Note(.unresolved, missing, at: item.position))
          terms.append(.condition(Condition(.unresolved, missing)))
          continue
        }
        terms.append(address(text, item, isSource: isSource))
      }
    }
    if let groups = item.properties.azure("\(side)ApplicationSecurityGroups") {
      var list = groups
      if case .json(let json) = item.template.evaluate(groups) { list = json }
      for reference in list.elements {
        let id = item.text("id", in: reference) ?? ""
        terms.append(members(of: AzurePolicyBuilder.lastName(id) ?? "?", item, isSource: isSource))
      }
    }
    if terms.isEmpty {
      terms = [.condition(Condition(.unresolved, "the rule has no \(side)"))]
    }
    return terms
  }

  /// An address, a prefix, `*`, or a service tag.
  private mutating func address(
    _ text: String, _ item: AzureResources.Item, isSource: Bool
  ) -> EndpointTerm {
    switch text.lowercased() {
    case "*", "any", "0.0.0.0/0,::/0": return .any
    case "internet": return Self.internet
    case "virtualnetwork", "virtual_network":
      // A client at an interface of the group is in a virtual network.
      if isSource { return .any }
      // The default rules for the virtual network and for the Internet both allow, so that it does
      // not matter which of them takes a default route.
      let priority = item.text("priority", in: item.properties).flatMap { Int($0) } ?? 0
      return priority >= 65000 ? Self.privateUse : virtualNetwork(at: item.position)
    case "azureloadbalancer", "azure_loadbalancer", "168.63.129.16", "168.63.129.16/32":
      // The address of the Azure platform itself (learn.microsoft.com, "What is IP address
      // 168.63.129.16?"): no endpoint is there.
      return .addresses(AddressSet())
    default: break
    }
    switch AddressSet.parse(text) {
    case .success(let set):
      if isSource { sources.append((set, "")) }
      return .addresses(set)
    case .failure:
      guard text.first?.isLetter ?? false,
        text.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "." || $0 == "_" || $0 == "-" }),
        !TemplateMarker.isPresent(in: text)
      else {
        let what = "address `\(text)` is not readable"
        notes.append(Note(.unresolved, what, at: item.position))
        return .condition(Condition(.unresolved, what))
      }
      return .tag(text)
    }
  }

  /// The tag for the virtual network and what is connected with it: private addresses, but
  /// "this tag might also contain default routes" (learn.microsoft.com, "Service tags overview").
  private mutating func virtualNetwork(at position: SourcePosition) -> EndpointTerm {
    if let known = objects.endpoint("VirtualNetwork") { return .object(known) }
    let number = objects.addEndpoint(
      id: "VirtualNetwork", name: "VirtualNetwork", kind: "service tag", position: position)
    objects.setEndpoint(
      number,
      EndpointList([
        .addresses(SpecialPurposeAddresses.privateUse),
        .condition(
          Condition(
            .vendorTag,
            "`VirtualNetwork` holds the Internet too where a default route leads to a virtual appliance "
              + "or a gateway")),
      ]))
    return .object(number)
  }

  /// The members of an application security group, from the network interfaces in the export.
  private mutating func members(
    of name: String, _ item: AzureResources.Item, isSource: Bool
  ) -> EndpointTerm {
    // A group holds interfaces of virtual machines; no Internet host is among them.
    guard isSource else { return .addresses(SpecialPurposeAddresses.privateUse) }
    if let known = objects.endpoint("asg/\(name)") { return .object(known) }
    var set = AddressSet()
    for interface in resources.interfaces {
      for configuration in interface.properties.azure("ipConfigurations")?.elements.map({ $0 })
        ?? []
      {
        let inner = configuration.azure("properties") ?? configuration
        let groups = inner.azure("applicationSecurityGroups")?.elements.map { $0 } ?? []
        let isMember = groups.contains { reference in
          AzurePolicyBuilder.lastName(interface.text("id", in: reference))?.lowercased()
            == name.lowercased()
        }
        if isMember, let text = interface.text("privateIPAddress", in: inner),
          let address = AddressSet(parsing: text)
        {
          set = set.union(address)
        }
      }
    }
    guard !set.isEmpty else {
      let what = "the members of application security group `\(name)` are not in the export"
      notes.append(
        Note(
          .unresolved, what + "; give az network nic list -o json as well", at: item.position))
      return .condition(Condition(.unresolved, what))
    }
    let number = objects.addEndpoint(
      id: "asg/\(name)", name: name, kind: "application security group", position: item.position)
    objects.setEndpoint(number, EndpointList([.addresses(set)]))
    sources.append((set, name))
    return .object(number)
  }

  // MARK: Services

  private mutating func services(_ item: AzureResources.Item) -> [Clause] {
    let word = item.text("protocol", in: item.properties)?.lowercased() ?? ""
    let number: UInt8?
    switch word {
    case "*", "any", "all": number = nil
    case "tcp": number = 6
    case "udp": number = 17
    case "icmp": number = 1
    case "esp": number = 50
    case "ah": number = 51
    default:
      guard let other = UInt8(word) else {
        let what = "protocol `\(word)` is not known"
        notes.append(Note(.unresolved, what, at: item.position))
        return [.requires(Condition(.unresolved, what))]
      }
      number = other
    }
    var clauses: [Clause] = []
    let destination = ports("destination", item, &clauses)
    let source = ports("source", item, &clauses)
    if number == nil && destination.isFull && source.isFull { return clauses }
    return clauses + [
      .service(
        ServiceList([
          .service(Service(protocol: number, destinationPorts: destination, sourcePorts: source))
        ]))
    ]
  }

  private mutating func ports(
    _ side: String, _ item: AzureResources.Item, _ clauses: inout [Clause]
  ) -> PortSet {
    var result = PortSet()
    var isGiven = false
    for name in ["\(side)PortRange", "\(side)PortRanges"] {
      for (text, missing) in texts(name, item) {
        isGiven = true
        if text == "*" || text == "0-65535" {
          result = .full
        } else if let text, let set = PortSet(parsing: text) {
          result = result.union(set)
        } else {
          let what = text.map { "port `\($0)` is not readable" } ?? missing
          notes.append(Note(.unresolved, what, at: item.position))
          clauses.append(.requires(Condition(.unresolved, what)))
          result = .full
        }
      }
    }
    return isGiven ? result : .full
  }
}
