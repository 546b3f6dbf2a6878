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
  private let group: AWSItem
  private let scope: String
  private let addressSets: [String: AWSItem]
  private let portSets: [String: AWSItem]
  private let references: AWSItem?
  /// HOME_NET from the policy, else from the VPC of the firewall.
  private let home: AWSItem?
  private let homeNetwork: (texts: [String], position: SourcePosition)?

  init(
    documents: AWSDocuments, group: AWSItem, body: AWSItem, policy: AWSItem?, scope: String
  ) {
    self.documents = documents
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

  private static func sets(_ item: AWSItem?) -> [String: AWSItem] {
    var result: [String: AWSItem] = [:]
    for (name, value) in item?.value.members ?? [] {
      result[name] = AWSItem(value, template: item?.template, file: item?.file ?? 0)
    }
    return result
  }

  // MARK: Addresses

  func addresses(
    _ text: String, isSource: Bool, objects: inout ObjectTable, notes: inout [Note], depth: Int = 0
  ) -> AWSAddressList {
    var text = text.trimmed
    var negated = false
    while text.hasPrefix("!") {
      negated.toggle()
      text = text.dropFirst().trimmed
    }
    var list = AWSAddressList()
    if depth > 16 {
      list.terms = [.condition(Condition(.unmodelled, "an address list nested too deeply"))]
    } else if text.lowercased() == "any" {
      list.isAny = true
    } else if text.hasPrefix("["), text.hasSuffix("]") {
      for part in Self.split(text.dropFirst().dropLast()) {
        let inner = addresses(
          part, isSource: isSource, objects: &objects, notes: &notes, depth: depth + 1)
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
        String(text.dropFirst()), isSource: isSource, objects: &objects, notes: &notes)
    } else if text.hasPrefix("@") {
      list.terms = [ipSet(String(text.dropFirst()), objects: &objects, notes: &notes)]
    } else {
      list.terms = [address(text, notes: &notes)]
    }
    return negated ? Self.negate(list) : list
  }

  private static func negate(_ list: AWSAddressList) -> AWSAddressList {
    var result = AWSAddressList()
    if list.isAny && list.exceptions.isEmpty {
      result.isNone = true
    } else if list.exceptions.isEmpty {
      result.exceptions = list.terms
    } else if list.terms.isEmpty || list.isAny {
      result.terms = list.exceptions
    } else {
      result.terms = [.condition(Condition(.unmodelled, "a negated list with exceptions"))]
    }
    return result
  }

  private func variable(
    _ name: String, isSource: Bool, objects: inout ObjectTable, notes: inout [Note]
  ) -> AWSAddressList {
    var list = AWSAddressList()
    if name == "EXTERNAL_NET", addressSets[name] == nil {
      // "EXTERNAL_NET" is whatever HOME_NET is not. An Internet host is never in a VPC, so where
      // HOME_NET is not known the destination is still certain.
      if !isSource, home == nil, homeNetwork == nil {
        list.exceptions = [.addresses(SpecialPurposeAddresses.privateUse)]
        return list
      }
      return Self.negate(
        variable("HOME_NET", isSource: isSource, objects: &objects, notes: &notes))
    }
    let id = "\(scope)/\(name)"
    if let known = objects.endpoint(id) {
      list.terms = [.object(known)]
      return list
    }
    let definition = name == "HOME_NET" ? home : addressSets[name]
    guard let definition else {
      if name == "HOME_NET", let homeNetwork {
        let number = objects.addEndpoint(
          id: id, name: name, kind: "VPC", position: homeNetwork.position)
        objects.setEndpoint(
          number, EndpointList(homeNetwork.texts.map { address($0, notes: &notes) }))
        list.terms = [.object(number)]
        return list
      }
      if name == "HOME_NET" {
        // A host on the Internet is in no VPC.
        guard isSource else {
          list.terms = [.addresses(SpecialPurposeAddresses.privateUse)]
          return list
        }
        notes.append(
          Note(
            .completeness,
            "HOME_NET is not set: it is the address range of the firewall's VPC; give "
              + "describe-firewall and describe-vpcs as well", at: group.position))
        list.terms = [
          .condition(
            Condition(
              .unresolved, "whether the client is in HOME_NET, by default the VPC of the firewall"))
        ]
        return list
      }
      let what = "variable `$\(name)` is not defined in the rule group"
      notes.append(Note(.unresolved, what, at: group.position))
      list.terms = [.condition(Condition(.unresolved, what))]
      return list
    }
    let number = objects.addEndpoint(
      id: id, name: name, kind: "IP set", position: definition.position)
    var members: [EndpointTerm] = []
    var exceptions: [EndpointTerm] = []
    for entry in definition.entries("Definition") {
      guard case .text(let text) = entry else {
        members.append(unknown(entry, at: definition.position, notes: &notes))
        continue
      }
      let inner = addresses(text, isSource: isSource, objects: &objects, notes: &notes, depth: 1)
      members += inner.isAny ? [.any] : inner.terms
      exceptions += inner.exceptions
    }
    objects.setEndpoint(number, EndpointList(members, except: exceptions))
    list.terms = [.object(number)]
    return list
  }

  private func ipSet(
    _ name: String, objects: inout ObjectTable, notes: inout [Note]
  ) -> EndpointTerm {
    let id = "\(scope)/@\(name)"
    if let known = objects.endpoint(id) { return .object(known) }
    let reference = references?.object(name)?.member("ReferenceArn") ?? .null
    guard let list = documents.prefixList(reference) else {
      let what = "IP set reference `@\(name)`: its addresses are not in the export"
      notes.append(Note(.unresolved, what, at: group.position))
      return .condition(Condition(.externalList, what))
    }
    let number = objects.addEndpoint(
      id: id, name: name, kind: "prefix list", position: list.position)
    objects.setEndpoint(number, EndpointList(list.texts.map { address($0, notes: &notes) }))
    return .object(number)
  }

  private func address(_ text: String, notes: inout [Note]) -> EndpointTerm {
    Self.address(text, at: group.position, notes: &notes)
  }

  /// An address or CIDR prefix; host bits are masked away and noted.
  static func address(
    _ text: String, at position: SourcePosition, notes: inout [Note]
  ) -> EndpointTerm {
    guard case .success(let set) = AddressSet.parse(text) else {
      let what =
        TemplateMarker.isPresent(in: text)
        ? "address `\(text)` is an unfilled template marker" : "address `\(text)` is not readable"
      notes.append(Note(.unresolved, what, at: position))
      return .condition(Condition(.unresolved, what))
    }
    if AddressSet.hasHostBits(text) {
      notes.append(
        Note(.reading, "`\(text)` is read as \(set.texts.joined(separator: ", "))", at: position))
    }
    return set == .any ? .any : .addresses(set)
  }

  func unknown(
    _ value: AWSValue, at position: SourcePosition, notes: inout [Note]
  ) -> EndpointTerm {
    let what =
      switch value {
      case .unknown(let text): text
      case .reference(let name): "an address of resource `\(name)`"
      default: "a value that is not an address"
      }
    notes.append(Note(.unresolved, what, at: position))
    return .condition(Condition(.unresolved, what))
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
      guard let definition = portSets[String(text.dropFirst())] else { return nil }
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
  /// Without blanks at both ends.
  var trimmed: String {
    let start = drop { $0.isASCIIBlank }
    guard let end = start.lastIndex(where: { !$0.isASCIIBlank }) else { return "" }
    return String(start[...end])
  }
}
