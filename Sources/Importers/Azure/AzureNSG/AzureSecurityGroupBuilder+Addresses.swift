import ImportKit

/// Addresses, service tags and application security groups of rules.
extension AzureSecurityGroupBuilder {
  static let privateUse = EndpointTerm.addresses(SpecialPurposeAddresses.privateUse)
  static let internet = EndpointTerm.addresses(SpecialPurposeAddresses.internet)

  /// The addresses of one side, which may be one text, a list, or both in singular and plural form.
  mutating func terms(
    _ side: String, _ item: AzureItem, _ what: String, isSource: Bool
  ) -> [EndpointTerm] {
    // What is in effect lists the ranges behind a tag.
    let expanded = item.entries("expanded\(side)AddressPrefix")
    let single = item.entries("\(side)AddressPrefix")
    let plural = item.entries("\(side)AddressPrefixes")
    var isWide = false
    for case .text(let text) in single where ["internet", "*"].contains(text.lowercased()) {
      isWide = true
    }
    var terms: [EndpointTerm] = []
    for entry in !expanded.isEmpty && !isWide ? expanded : single + plural {
      terms += addresses(entry, item, what, isSource: isSource)
    }
    for group in item.member("\(side)ApplicationSecurityGroups")?.elements ?? [] {
      let name = group.member("id")?.text.flatMap(AzureName.last)
      terms.append(members(of: name, item, isSource: isSource))
    }
    if terms.isEmpty {
      terms = [
        .condition(draft.doubt(.unresolved, "\(what) has no \(side)", at: item.position))
      ]
    }
    return terms
  }

  /// Prefixes may also be one text with commas.
  private mutating func addresses(
    _ entry: AzureItem.Entry, _ item: AzureItem, _ what: String, isSource: Bool
  ) -> [EndpointTerm] {
    guard case .text(let text) = entry, text.utf8.contains(UInt8(ascii: ",")) else {
      return [address(entry, item, what, isSource: isSource)]
    }
    return text.split(separator: ",").map { part in
      address(.text(String(part.filter { $0 != " " })), item, what, isSource: isSource)
    }
  }

  /// An address, a prefix, `*`, or a service tag.
  mutating func address(
    _ entry: AzureItem.Entry, _ item: AzureItem, _ what: String, isSource: Bool
  ) -> EndpointTerm {
    guard case .text(let text) = entry else {
      guard case .unknown(let missing) = entry else { return .any }
      return .condition(
        draft.doubt(.unresolved, "\(what): \(missing)", at: item.position))
    }
    switch text.lowercased() {
    case "*", "any": return .any
    case "internet": return Self.internet
    case "virtualnetwork", "virtual_network":
      // A client at an interface of the group is in a virtual network.
      if isSource { return .any }
      // The default rules for the virtual network and for the Internet both allow, so that it does
      // not matter which of them takes a default route.
      let priority = item.member("priority")?.number ?? 0
      return priority >= 65000 ? Self.privateUse : virtualNetwork(at: item.position)
    case "azureloadbalancer", "azure_loadbalancer", "168.63.129.16", "168.63.129.16/32":
      // The address of the Azure platform itself (learn.microsoft.com, "What is IP address
      // 168.63.129.16?"): no endpoint is there.
      return .addresses(AddressSet())
    default: break
    }
    if case .success(let set) = AddressSet.parse(text) {
      if isSource { remember(set) }
      return .addresses(set)
    }
    guard AzureTags.isWord(text) else {
      return .condition(
        draft.doubt(
          .unresolved, "address `\(text)` of \(what) is not readable", at: item.position))
    }
    return .tag(text)
  }

  /// The tag for the virtual network and what is connected with it: private addresses, but
  /// "this tag might also contain default routes" (learn.microsoft.com, "Service tags overview").
  private func virtualNetwork(at position: SourcePosition) -> EndpointTerm {
    if let known = draft.objects.endpoint("VirtualNetwork") { return .object(known) }
    let number = draft.objects.addEndpoint(
      id: "VirtualNetwork", name: "VirtualNetwork", kind: "service tag", position: position)
    draft.objects.setEndpoint(
      number,
      EndpointList([
        Self.privateUse,
        .condition(
          draft.doubt(
            .vendorTag,
            "`VirtualNetwork` holds the Internet too where a default route leads to a virtual appliance "
              + "or a gateway")),
      ]))
    return .object(number)
  }

  /// The members of an application security group, from the network interfaces in the export.
  private mutating func members(
    of name: String?, _ item: AzureItem, isSource: Bool
  ) -> EndpointTerm {
    // A group holds interfaces of virtual machines; no Internet host is among them.
    guard isSource else { return Self.privateUse }
    guard let name else {
      return .condition(
        draft.doubt(
          .unresolved, "which application security group is meant is not known", at: item.position))
    }
    if let known = draft.objects.endpoint("asg/\(name)") { return .object(known) }
    var set = AddressSet()
    for interface in resources.interfaces {
      for configuration in interface.properties.member("ipConfigurations")?.elements ?? [] {
        let inner = configuration.member("properties") ?? configuration
        let groups = inner.member("applicationSecurityGroups")?.elements ?? []
        let isMember = groups.contains { reference in
          reference.member("id")?.text.flatMap(AzureName.last)?.lowercased() == name.lowercased()
        }
        if isMember, let text = inner.member("privateIPAddress")?.text,
          let address = AddressSet(parsing: text)
        {
          set = set.union(address)
        }
      }
    }
    // Interfaces that are not in the export may be members too.
    let doubt = EndpointTerm.condition(
      draft.doubt(
        .unresolved,
        "the members of application security group `\(name)` are "
          + (set.isEmpty ? "not in the export" : "perhaps not all in the export")
          + "; give az network nic list -o json as well", at: item.position))
    guard !set.isEmpty else { return doubt }
    let number = draft.objects.addEndpoint(
      id: "asg/\(name)", name: name, kind: "application security group", position: item.position)
    draft.objects.setEndpoint(number, EndpointList([.addresses(set), doubt]))
    remember(set, name)
    return .object(number)
  }
}
