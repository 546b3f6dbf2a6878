import ImportKit

/// Translates entries of address cells; VLANs, policy objects and groups become objects, each once.
struct MerakiObjects {
  typealias Item = MerakiDocuments.Item

  let documents: MerakiDocuments
  private(set) var table = ObjectTable()
  private(set) var notes: [Note] = []
  private var noted: Set<Note> = []
  private let vlans: [String: Item]

  init(documents: MerakiDocuments) {
    self.documents = documents
    var vlans: [String: Item] = [:]
    for item in documents.networks {
      if let id = item.value["id"]?.scalarText { vlans[id] = item }
    }
    self.vlans = vlans
  }

  mutating func note(_ kind: Note.Kind, _ text: String, at position: SourcePosition?) {
    let note = Note(kind, text, at: position)
    if noted.insert(note).inserted { notes.append(note) }
  }

  /// The network of a VLAN or of the single LAN.
  static func subnet(_ item: Item) -> AddressSet? {
    item.value["subnet"]?.string.flatMap { AddressSet(parsing: $0) }
  }

  /// A comma list of networks, names, VLANs, policy objects, or `Any`.
  mutating func terms(_ cell: JSONValue, file: Int, takesNames: Bool) -> [EndpointTerm] {
    let position = SourcePosition(file: file, line: cell.line, pointer: cell.pointer)
    return (cell.scalarText ?? "").split(separator: ",").map { part in
      let start = part.drop { $0 == " " }
      let end = start.lastIndex { $0 != " " }
      return term(end.map { String(start[...$0]) } ?? "", takesNames: takesNames, at: position)
    }
  }

  private mutating func term(
    _ text: String, takesNames: Bool, at position: SourcePosition
  ) -> EndpointTerm {
    if text.lowercased() == "any" { return .any }
    if let set = AddressSet(parsing: text) { return .addresses(set) }
    if let vlan = MerakiNames.vlan(text) {
      return self.vlan(vlan.id, vlan.host, text, at: position)
    }
    if let reference = MerakiNames.reference(text) {
      return reference.isGroup
        ? group(reference.id, at: position) : object(reference.id, at: position)
    }
    if takesNames, !TemplateMarker.isPresent(in: text), let list = Self.name(text) {
      let key = "name/\(text.lowercased())"
      if let known = table.endpoint(key) { return .object(known) }
      let number = table.addEndpoint(id: key, name: text, kind: "fqdn", position: position)
      table.setEndpoint(number, list)
      return .object(number)
    }
    return unknown("`\(text)` is not an address, name, VLAN or policy object", at: position)
  }

  /// A name with the doubt that belongs to it; nil for a text that is none.
  ///
  /// The appliance learns addresses by reading DNS: what does not pass it, or is encrypted or kept by
  /// the client from before, it does not know.
  private static func name(_ text: String) -> EndpointList? {
    guard let name = MerakiNames.destination(text) else { return nil }
    let condition = Condition(
      .resolvedName,
      "`\(text)` holds the addresses that the appliance has seen in DNS answers to clients: their "
        + "queries must pass it, unencrypted")
    return EndpointList([.host(name.pattern, name.binding)], except: [.condition(condition)])
  }

  private mutating func unknown(
    _ detail: String, kind: Condition.Kind = .unmodelled, at position: SourcePosition
  ) -> EndpointTerm {
    note(kind == .unresolved ? .unresolved : .unmodelled, detail, at: position)
    return .condition(Condition(kind, detail))
  }

  private mutating func vlan(
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
    if let known = table.endpoint(key) { return .object(known) }
    let number = table.addEndpoint(
      id: key, name: item.value["name"]?.string ?? "VLAN \(id)", kind: "vlan",
      position: item.position)
    table.setEndpoint(number, EndpointList([.addresses(subnet)]))
    return .object(number)
  }

  private mutating func object(_ id: String, at position: SourcePosition) -> EndpointTerm {
    let key = "object/\(id)"
    if let known = table.endpoint(key) { return .object(known) }
    guard let item = documents.objects[id] else {
      return unknown(
        "policy object \(id) is not in the export; give GET /organizations/O/policyObjects",
        kind: .unresolved, at: position)
    }
    let number = table.addEndpoint(
      id: key, name: item.value["name"]?.string ?? id, kind: "policy-object",
      position: item.position)
    table.setEndpoint(number, value(of: item))
    return .object(number)
  }

  private mutating func value(of item: Item) -> EndpointList {
    switch item.value["type"]?.string {
    case "cidr":
      if let set = item.value["cidr"]?.string.flatMap({ AddressSet(parsing: $0) }) {
        return EndpointList([.addresses(set)])
      }
    case "ipAndMask":
      if let address = item.value["ip"]?.string, let mask = item.value["mask"]?.string,
        let set = AddressSet(parsing: "\(address)/\(mask)")
      {
        return EndpointList([.addresses(set)])
      }
    case "fqdn":
      if let list = item.value["fqdn"]?.string.flatMap(Self.name) { return list }
    default: break
    }
    let name = item.value["name"]?.string ?? ""
    let detail = "policy object `\(name)` has a value that is not understood"
    return EndpointList([unknown(detail, at: item.position)])
  }

  /// Groups hold objects only, so that no depth arises.
  private mutating func group(_ id: String, at position: SourcePosition) -> EndpointTerm {
    let key = "group/\(id)"
    if let known = table.endpoint(key) { return .object(known) }
    guard let item = documents.groups[id] else {
      return unknown(
        "policy object group \(id) is not in the export; give GET "
          + "/organizations/O/policyObjects/groups", kind: .unresolved, at: position)
    }
    let number = table.addEndpoint(
      id: key, name: item.value["name"]?.string ?? id, kind: "policy-object-group",
      position: item.position)
    let members = (item.value["objectIds"]?.elements.compactMap(\.scalarText) ?? []).map {
      object($0, at: item.position)
    }
    table.setEndpoint(number, EndpointList(members))
    return .object(number)
  }
}
