import ImportKit

/// Addresses of a rule: what is listed, and what is taken out again.
struct AWSAddressList {
  var terms: [EndpointTerm] = []
  var exceptions: [EndpointTerm] = []
  var isAny = false
  /// Nothing at all is meant: `!any`.
  var isNone = false

  /// The list as a clause term; nil where it restricts nothing.
  var endpoints: EndpointList? {
    if isAny && exceptions.isEmpty { return nil }
    if terms.isEmpty || isAny { return EndpointList(exceptions, negated: true) }
    return EndpointList(terms, except: exceptions)
  }
}

/// The variables of one rule group, and the lists that are written with them.
///
/// Grammar: Suricata user guide, "Rules Format": an address, a CIDR prefix, `any`, `$variable`,
/// `!` before any of these, and lists in brackets; ports alike, with ranges `1:1024` and `1024:`.
struct AWSVariables {
  private let documents: AWSDocuments
  private let draft: PolicyDraft
  private let group: AWSItem
  private let scope: String
  private let addressSets: [String: AWSItem]
  private let portSets: [String: AWSItem]
  private let references: AWSItem?
  /// HOME_NET from the policy, else from the VPC of the firewall.
  private let home: AWSItem?
  private let homeNetwork: (entries: [AWSValue], network: AWSItem)?

  init(
    documents: AWSDocuments, draft: PolicyDraft, group: AWSItem, body: AWSItem, policy: AWSItem?,
    scope: String
  ) {
    self.documents = documents
    self.draft = draft
    self.group = group
    self.scope = scope
    let variables = body.object("RuleVariables")
    addressSets = Self.sets(variables?.object("IPSets"))
    portSets = Self.sets(variables?.object("PortSets"))
    references = body.object("ReferenceSets")?.object("IPSetReferences")
    let shared = Self.sets(
      policy?.object("FirewallPolicy")?.object("PolicyVariables")?.object("RuleVariables"))
    home = addressSets["HOME_NET"] ?? shared["HOME_NET"]
    homeNetwork = policy.flatMap { documents.homeNetworks(for: $0) }
  }

  private static let ofNetworks = IrrelevantMembers([
    (
      reason: "names and states of the network",
      names: [
        "VpcId", "State", "OwnerId", "Tags", "IsDefault", "DhcpOptionsId", "InstanceTenancy",
        "CidrBlockAssociationSet", "Ipv6CidrBlockAssociationSet", "EnableDnsHostnames",
        "EnableDnsSupport", "BlockPublicAccessStates", "EncryptionControl",
      ]
    )
  ])

  private static func sets(_ item: AWSItem?) -> [String: AWSItem] {
    var result: [String: AWSItem] = [:]
    for (name, value) in item?.value.members ?? [] {
      result[name] = AWSItem(value, template: item?.template, file: item?.file ?? 0)
    }
    return result
  }

  // MARK: Addresses

  func addresses(
    _ text: String, isSource: Bool, depth: Int = 0
  ) -> AWSAddressList {
    var text = text.trimmed
    var negated = false
    while text.hasPrefix("!") {
      negated.toggle()
      text = text.dropFirst().trimmed
    }
    var list = AWSAddressList()
    if depth > 16 {
      list.terms = [
        .condition(
          draft.doubt(.unmodelled, "an address list nested too deeply", at: group.position))
      ]
    } else if text.lowercased() == "any" {
      list.isAny = true
    } else if text.hasPrefix("["), text.hasSuffix("]") {
      for part in Self.split(text.dropFirst().dropLast()) {
        let inner = addresses(
          part, isSource: isSource, depth: depth + 1)
        if inner.isNone { continue }
        if part.hasPrefix("!") || inner.terms.isEmpty && !inner.exceptions.isEmpty && !inner.isAny {
          list.exceptions += inner.exceptions
        } else {
          list.isAny = list.isAny || inner.isAny
          list.terms += inner.terms
          list.exceptions += inner.exceptions
        }
      }
    } else if text.hasPrefix("$") {
      list = variable(
        String(text.dropFirst()), isSource: isSource)
    } else if text.hasPrefix("@") {
      list.terms = [ipSet(String(text.dropFirst()))]
    } else {
      list.terms = [address(text)]
    }
    return negated ? negate(list) : list
  }

  private func negate(_ list: AWSAddressList) -> AWSAddressList {
    var result = AWSAddressList()
    if list.isAny && list.exceptions.isEmpty {
      result.isNone = true
    } else if list.exceptions.isEmpty {
      result.exceptions = list.terms
    } else if list.terms.isEmpty || list.isAny {
      result.terms = list.exceptions
    } else {
      result.terms = [
        .condition(draft.doubt(.unmodelled, "a negated list with exceptions", at: group.position))
      ]
    }
    return result
  }

  private func variable(
    _ name: String, isSource: Bool
  ) -> AWSAddressList {
    var list = AWSAddressList()
    if name == "EXTERNAL_NET", addressSets[name] == nil {
      // "EXTERNAL_NET" is whatever HOME_NET is not. An Internet host is never in a VPC, so where
      // HOME_NET is not known the destination is still certain.
      if !isSource, home == nil, homeNetwork == nil {
        list.exceptions = [.addresses(SpecialPurposeAddresses.privateUse)]
        return list
      }
      return negate(
        variable("HOME_NET", isSource: isSource))
    }
    let id = "\(scope)/\(name)"
    if let known = draft.objects.endpoint(id) {
      list.terms = [.object(known)]
      return list
    }
    let definition = name == "HOME_NET" ? home : addressSets[name]
    guard let definition else {
      if name == "HOME_NET", let homeNetwork {
        let number = draft.objects.addEndpoint(
          id: id, name: name, kind: "VPC", position: homeNetwork.network.position)
        var terms = homeNetwork.entries.map { entry -> EndpointTerm in
          guard case .text(let text) = entry else {
            return unknown(entry, at: homeNetwork.network.position)
          }
          return address(text)
        }
        if let left = homeNetwork.network.unread(
          of: "the VPC", ignoring: Self.ofNetworks, in: draft)
        {
          terms.append(.condition(left))
        }
        draft.objects.setEndpoint(number, EndpointList(terms))
        list.terms = [.object(number)]
        return list
      }
      if name == "HOME_NET" {
        // A host on the Internet is in no VPC.
        guard isSource else {
          list.terms = [.addresses(SpecialPurposeAddresses.privateUse)]
          return list
        }
        draft.note(
          .completeness,
          "HOME_NET is not set: it is the address range of the firewall's VPC; give "
            + "describe-firewall and describe-vpcs as well", at: group.position)
        list.terms = [
          .condition(
            draft.doubt(
              .unresolved, "whether the client is in HOME_NET, by default the VPC of the firewall",
              at: group.position))
        ]
        return list
      }
      let what = "variable `$\(name)` is not defined in the rule group"
      list.terms = [.condition(draft.doubt(.unresolved, what, at: group.position))]
      return list
    }
    let number = draft.objects.addEndpoint(
      id: id, name: name, kind: "IP set", position: definition.position)
    var members: [EndpointTerm] = []
    var exceptions: [EndpointTerm] = []
    let entries = definition.entries("Definition")
    if entries.isEmpty {
      let what = "the definition of `$\(name)` is not in the export"
      members.append(.condition(draft.doubt(.unresolved, what, at: definition.position)))
    }
    if let left = definition.unread(of: "`$\(name)`", ignoring: AWSIrrelevant.none, in: draft) {
      members.append(.condition(left))
    }
    for entry in entries {
      guard case .text(let text) = entry else {
        members.append(unknown(entry, at: definition.position))
        continue
      }
      let inner = addresses(text, isSource: isSource, depth: 1)
      members += inner.isAny ? [.any] : inner.terms
      exceptions += inner.exceptions
    }
    draft.objects.setEndpoint(number, EndpointList(members, except: exceptions))
    list.terms = [.object(number)]
    return list
  }

  private func ipSet(
    _ name: String
  ) -> EndpointTerm {
    let id = "\(scope)/@\(name)"
    if let known = draft.objects.endpoint(id) { return .object(known) }
    let reference = references?.object(name)?.member("ReferenceArn") ?? .null
    guard let list = documents.prefixList(reference) else {
      let what = "IP set reference `@\(name)`: its addresses are not in the export"
      draft.note(.unresolved, what, at: group.position)
      return .condition(draft.doubt(.externalList, what))
    }
    let number = draft.objects.addEndpoint(
      id: id, name: name, kind: "prefix list", position: list.position)
    draft.objects.setEndpoint(number, EndpointList(list.terms(in: draft)))
    return .object(number)
  }

  private func address(_ text: String) -> EndpointTerm {
    Self.address(text, at: group.position, in: draft)
  }

  /// An address or CIDR prefix; host bits are masked away and noted.
  static func address(
    _ text: String, at position: SourcePosition, in draft: PolicyDraft
  ) -> EndpointTerm {
    guard case .success(let set) = AddressSet.parse(text) else {
      let what =
        TemplateMarker.isPresent(in: text)
        ? "address `\(text)` is an unfilled template marker" : "address `\(text)` is not readable"
      return .condition(draft.doubt(.unresolved, what, at: position))
    }
    if AddressSet.hasHostBits(text) {
      draft.note(
        .reading, "`\(text)` is read as \(set.texts.joined(separator: ", "))", at: position)
    }
    return set == .any ? .any : .addresses(set)
  }

  private func unknown(_ value: AWSValue, at position: SourcePosition) -> EndpointTerm {
    .condition(draft.doubt(.unresolved, value.missing, at: position))
  }

  // MARK: Ports

  /// The ports of a text; nil where they are not known.
  func ports(_ text: String, depth: Int = 0) -> PortSet? {
    var text = text.trimmed
    guard depth < 16 else { return nil }
    var negated = false
    while text.hasPrefix("!") {
      negated.toggle()
      text = text.dropFirst().trimmed
    }
    var set: PortSet?
    if text.lowercased() == "any" {
      set = .full
    } else if text.hasPrefix("["), text.hasSuffix("]") {
      var listed = PortSet()
      var removed = PortSet()
      var hasListed = false
      for part in Self.split(text.dropFirst().dropLast()) {
        if part.hasPrefix("!") {
          guard let inner = ports(String(part.dropFirst()), depth: depth + 1) else { return nil }
          removed = removed.union(inner)
        } else {
          guard let inner = ports(part, depth: depth + 1) else { return nil }
          listed = listed.union(inner)
          hasListed = true
        }
      }
      set = (hasListed ? listed : .full).subtracting(removed)
    } else if text.hasPrefix("$") {
      guard let definition = portSets[String(text.dropFirst())],
        !definition.entries("Definition").isEmpty
      else { return nil }
      var union = PortSet()
      for entry in definition.entries("Definition") {
        guard case .text(let part) = entry, let inner = ports(part, depth: depth + 1) else {
          return nil
        }
        union = union.union(inner)
      }
      set = union
    } else if text.hasSuffix(":"), let low = UInt16(text.dropLast()) {
      set = PortSet(low...UInt16.max)
    } else if text.hasPrefix(":"), let high = UInt16(text.dropFirst()) {
      set = PortSet(0...high)
    } else {
      set = PortSet(parsing: text)
    }
    return negated ? set?.complement() : set
  }

  /// The parts of a list, brackets inside kept together.
  private static func split(_ text: some StringProtocol) -> [String] {
    var parts: [String] = []
    var current = ""
    var depth = 0
    for character in text {
      if character == "[" { depth += 1 }
      if character == "]" { depth -= 1 }
      if character == ",", depth == 0 {
        parts.append(current.trimmed)
        current = ""
      } else {
        current.append(character)
      }
    }
    parts.append(current.trimmed)
    return parts.filter { !$0.isEmpty }
  }
}

extension StringProtocol {
  /// Without blanks at both ends, by bytes: a mark that joins a blank on the screen does not hide it.
  var trimmed: String {
    var bytes = Array(utf8)[...]
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    while let first = bytes.first, isBlank(first) { bytes.removeFirst() }
    while let last = bytes.last, isBlank(last) { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
