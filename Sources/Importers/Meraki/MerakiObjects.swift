import ImportKit

/// Translates entries of address cells; VLANs, policy objects and groups become objects, each once.
struct MerakiObjects {
  typealias Item = MerakiDocuments.Item

  let documents: MerakiDocuments
  let draft: PolicyDraft
  private let vlans: [String: Item]

  init(documents: MerakiDocuments, draft: PolicyDraft) {
    self.documents = documents
    self.draft = draft
    var vlans: [String: Item] = [:]
    for item in documents.networks {
      if let id = item.value["id"]?.scalarText { vlans[id] = item }
    }
    self.vlans = vlans
  }

  /// The network of a VLAN or of the single LAN.
  static func subnet(_ item: Item) -> AddressSet? {
    item.value["subnet"]?.string.flatMap { AddressSet(parsing: $0) }
  }

  /// A comma list of networks, names, VLANs, policy objects, or `Any`; or an array of these.
  func terms(_ cell: JSONValue, file: Int, takesNames: Bool) -> [EndpointTerm] {
    let position = SourcePosition(file: file, line: cell.line, pointer: cell.pointer)
    let texts = cell.isArray ? cell.elements.map(\.scalarText) : [cell.scalarText]
    return texts.flatMap { text -> [EndpointTerm] in
      guard let text else {
        return [unknown("an address that is no text is not understood", at: position)]
      }
      return text.split(separator: ",").map { part in
        let start = part.drop { $0 == " " }
        let end = start.lastIndex { $0 != " " }
        return term(end.map { String(start[...$0]) } ?? "", takesNames: takesNames, at: position)
      }
    }
  }

  private func term(
    _ text: String, takesNames: Bool, at position: SourcePosition
  ) -> EndpointTerm {
    if text.lowercased() == "any" { return .any }
    // The private networks (documentation.meraki.com, "Local LAN" of MR firewall rules).
    if text.lowercased() == "local lan" {
      return .addresses(AddressSet(v4: SpecialPurposeAddresses.privateUse.v4))
    }
    if let set = AddressSet(parsing: text) { return .addresses(set) }
    if let vlan = MerakiNames.vlan(text) {
      return self.vlan(vlan.id, vlan.host, text, at: position)
    }
    if let reference = MerakiNames.reference(text) {
      return reference.isGroup
        ? group(reference.id, at: position) : object(reference.id, at: position)
    }
    if takesNames, !TemplateMarker.isPresent(in: text), let list = name(text) {
      let key = "name/\(text.lowercased())"
      if let known = draft.objects.endpoint(key) { return .object(known) }
      let number = draft.objects.addEndpoint(id: key, name: text, kind: "fqdn", position: position)
      draft.objects.setEndpoint(number, list)
      return .object(number)
    }
    return unknown("`\(text)` is not an address, name, VLAN or policy object", at: position)
  }

  /// A name with the doubt that belongs to it; nil for a text that is none.
  ///
  /// The appliance learns addresses by reading DNS: what does not pass it, or is encrypted or kept by
  /// the client from before, it does not know.
  private func name(_ text: String) -> EndpointList? {
    guard let name = MerakiNames.destination(text) else { return nil }
    let condition = draft.doubt(
      .resolvedName,
      "`\(text)` holds the addresses that the appliance has seen in DNS answers to clients: their "
        + "queries must pass it, unencrypted")
    return EndpointList([.host(name.pattern, name.binding)], except: [.condition(condition)])
  }

  private func unknown(
    _ detail: String, kind: Condition.Kind = .unmodelled, at position: SourcePosition
  ) -> EndpointTerm {
    .condition(draft.doubt(kind, detail, at: position))
  }

  private func vlan(
    _ id: String, _ host: UInt32?, _ text: String, at position: SourcePosition
  ) -> EndpointTerm {
    guard let item = vlans[id], let subnet = Self.subnet(item) else {
      return unknown(
        "VLAN \(id) is not in the export; give GET /networks/N/appliance/vlans", kind: .unresolved,
        at: position)
    }
    if let host {
      guard let first = subnet.v4.intervals.first?.lower,
        subnet.contains(.v4(first &+ host))
      else { return unknown("`\(text)` is outside of the VLAN", at: position) }
      return .addresses(AddressSet(.v4(first &+ host)))
    }
    let key = "vlan/\(id)"
    if let known = draft.objects.endpoint(key) { return .object(known) }
    let number = draft.objects.addEndpoint(
      id: key, name: item.value["name"]?.string ?? "VLAN \(id)", kind: "vlan",
      position: item.position)
    draft.objects.setEndpoint(number, EndpointList([.addresses(subnet)]))
    return .object(number)
  }

  private func object(_ id: String, at position: SourcePosition) -> EndpointTerm {
    let key = "object/\(id)"
    if let known = draft.objects.endpoint(key) { return .object(known) }
    guard let item = documents.objects[id] else {
      return unknown(
        "policy object \(id) is not in the export; give GET /organizations/O/policyObjects",
        kind: .unresolved, at: position)
    }
    let number = draft.objects.addEndpoint(
      id: key, name: item.value["name"]?.string ?? id, kind: "policy-object",
      position: item.position)
    let record = item.record
    var list = value(of: record, at: item.position)
    if let unread = draft.unread(
      record, of: "policy object `\(record.text("name") ?? "")`", ignoring: Self.irrelevant)
    {
      list.terms.append(.condition(unread))
      list.exceptions.append(.condition(unread))
    }
    draft.objects.setEndpoint(number, list)
    return .object(number)
  }

  private static let irrelevant = IrrelevantMembers([
    (
      "names or files the object",
      [
        "id", "name", "category", "createdAt", "updatedAt", "networkIds", "groupIds",
      ]
    )
  ])

  private func value(of record: ExportRecord, at position: SourcePosition) -> EndpointList {
    let name = record.text("name") ?? ""
    switch record.text("type") {
    case "cidr":
      if let set = record.text("cidr").flatMap({ AddressSet(parsing: $0) }) {
        return EndpointList([.addresses(set)])
      }
    case "ipAndMask":
      if let address = record.text("ip"), let mask = record.text("mask"),
        let set = AddressSet(parsing: "\(address)/\(mask)")
      {
        return EndpointList([.addresses(set)])
      }
    case "fqdn":
      if let list = record.text("fqdn").flatMap({ self.name($0) }) { return list }
    default: break
    }
    let detail = "policy object `\(name)` has a value that is not understood"
    return EndpointList([unknown(detail, at: position)])
  }

  /// Groups hold objects only, so that no depth arises.
  private func group(_ id: String, at position: SourcePosition) -> EndpointTerm {
    let key = "group/\(id)"
    if let known = draft.objects.endpoint(key) { return .object(known) }
    guard let item = documents.groups[id] else {
      return unknown(
        "policy object group \(id) is not in the export; give GET "
          + "/organizations/O/policyObjects/groups", kind: .unresolved, at: position)
    }
    let number = draft.objects.addEndpoint(
      id: key, name: item.value["name"]?.string ?? id, kind: "policy-object-group",
      position: item.position)
    let record = item.record
    var members = (record.value("objectIds")?.elements.map { $0 } ?? []).map { member in
      member.scalarText.map { object($0, at: item.position) }
        ?? unknown("a member of a policy object group is not understood", at: item.position)
    }
    var exceptions: [EndpointTerm] = []
    if let unread = draft.unread(
      record, of: "policy object group `\(record.text("name") ?? "")`", ignoring: Self.irrelevant)
    {
      members.append(.condition(unread))
      exceptions.append(.condition(unread))
    }
    draft.objects.setEndpoint(number, EndpointList(members, except: exceptions))
    return .object(number)
  }
}
