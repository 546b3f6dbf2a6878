import ImportKit

extension PANOSObjects {
  private static let addressKinds = ["address", "address-group", "external-list", "region"]

  /// One member of a source or destination list.
  func addressTerm(_ member: XMLElement, group: Int? = nil) -> EndpointTerm {
    let name = member.text
    if name == "any" { return .any }
    switch look(Self.addressKinds, member, group: group) {
    case .found(let found): return .object(endpoint(found))
    case .ambiguous(let condition): return .condition(condition)
    case .missing: break
    }
    if case .success(let set) = AddressSet.parse(name) { return .addresses(set) }
    if name.hasPrefix("$"), let value = variable(name), let set = AddressSet(parsing: value) {
      return .addresses(set)
    }
    // Country codes stand for the vendor's geolocation list; `panw-` lists come with content
    // updates. Neither is in the export.
    if name.utf8.count == 2, name.utf8.allSatisfy({ $0 >= 0x41 && $0 <= 0x5A }) {
      return .tag("region \(name)")
    }
    if name.hasPrefix("panw-") {
      return .condition(
        doubt(.externalList, "predefined list `\(name)`", line: member.line))
    }
    return .condition(undefined("address", member))
  }

  /// The terms of a list; what is no plain member may be anything.
  func addressTerms(_ list: PANOSList, in what: String, group: Int? = nil) -> [EndpointTerm] {
    list.members.map { addressTerm($0, group: group) }
      + (list.odd.map { [.condition(odd($0, in: what))] } ?? [])
  }

  /// What a named address object holds.
  func addressTerms(_ found: Found) -> [EndpointTerm] {
    let record = ExportRecord(found.entry)
    var terms: [EndpointTerm]
    var irrelevant = PANOSMembers.objects
    switch found.kind {
    case "address": terms = [addressValue(record, name: found.name)]
    case "address-group": terms = groupMembers(record, found)
    case "region":
      irrelevant = irrelevant.union(["geo-location": "where a map shows the region"])
      terms = addressTerms(
        record.list("address"), in: "region `\(found.name)`", group: found.place)
    default:
      terms = [.condition(externalList(found.entry, name: found.name))]
      _ = record.child("type")
      // Before 7.1 the address and the times stood beside the type.
      _ = record.child("url")
      _ = record.child("recurring")
    }
    if terms.isEmpty {
      terms = [
        .condition(
          doubt(
            .unresolved, "\(found.kind) `\(found.name)` has no value that is known",
            line: found.entry.line))
      ]
    }
    return closing(terms, record, found, ignoring: irrelevant)
  }

  /// A list that the firewall fetches, or that comes with content updates: its entries are not in
  /// the export. Its address may hold a password, so only the kind of list is told.
  func externalList(_ entry: XMLElement, name: String) -> Condition {
    // Before 7.1 the type is plain text, later an element.
    let type = entry.child("type")
    let word = type?.children.first { _ in true }?.name ?? type?.text ?? ""
    let kind: String
    switch word {
    case "predefined-ip", "predefined-url": kind = "predefined list"
    case "url": kind = "external URL list"
    case "domain": kind = "external domain list"
    default: kind = "external list"
    }
    return doubt(.externalList, "\(kind) `\(name)`", line: entry.line)
  }

  private func addressValue(_ record: ExportRecord, name: String) -> EndpointTerm {
    let what = "address `\(name)`"
    for kind in ["ip-netmask", "ip-range"] {
      guard let raw = record.text(kind) else { continue }
      let text = filled(raw)
      if case .success(let set) = AddressSet.parse(text) { return .addresses(set) }
      return unreadable(record, "\(what): `\(text)`", text)
    }
    if let raw = record.text("fqdn") {
      // An FQDN object is one exact name that the firewall resolves by itself, about every 30
      // minutes, up to 32 addresses. Source: knowledgebase.paloaltonetworks.com
      // kA10g000000ClVqCAK and kA10g000000ClRfCAK.
      let text = filled(raw)
      guard let host = HostName(text) else {
        return unreadable(record, "FQDN object `\(name)`: `\(text)`", text)
      }
      return .host(.exact(host), .resolved)
    }
    if let raw = record.text("ip-wildcard") { return wildcard(filled(raw), name: name, record) }
    return .condition(
      doubt(.unresolved, "\(what) has no value that is known", line: record.position.line))
  }

  /// The value of a template variable, where the text is one that has a value.
  private func filled(_ text: String) -> String {
    text.hasPrefix("$") ? variable(text) ?? text : text
  }

  /// "10.20.1.2/0.0.248.255: a zero bit in the mask must match the bit in the address, a one bit is
  /// a wildcard". Source: docs.paloaltonetworks.com, PAN-OS Administrator's Guide, "Create an Address
  /// Object" (IP Wildcard Mask).
  private func wildcard(_ text: String, name: String, _ record: ExportRecord) -> EndpointTerm {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, case .v4(let base)? = IPAddress(parts[0]),
      case .v4(let mask)? = IPAddress(parts[1])
    else { return unreadable(record, "wildcard address `\(name)`: `\(text)`", text) }
    if let set = AddressSet(v4: base, ignoring: mask) { return .addresses(set) }
    let around = AddressSet.around(v4: base, ignoring: mask)
    // Too many pieces to write out: somewhere inside the prefix in front of the first wildcard.
    if around.isDisjoint(with: SpecialPurposeAddresses.internet, in: .ipv4) {
      return .addresses(around)
    }
    return .condition(
      draft.doubt(
        .unmodelled, "wildcard mask `\(text)` of address `\(name)`", at: record.position))
  }

  private func unreadable(_ record: ExportRecord, _ what: String, _ text: String) -> EndpointTerm {
    let why =
      TemplateMarker.isPresent(in: text) || text.hasPrefix("$")
      ? " is an unfilled template marker" : " is not readable"
    return .condition(draft.doubt(.unresolved, what + why, at: record.position))
  }

  private func groupMembers(_ record: ExportRecord, _ found: Found) -> [EndpointTerm] {
    if let dynamic = record.record("dynamic") {
      guard let filter = dynamic.text("filter") else { return [] }
      return dynamicMembers(filter, found)
    }
    let what = "address group `\(found.name)`"
    if record.has("static") {
      return addressTerms(record.list("static"), in: what, group: found.place)
    }
    // Before 6.0 the members stand directly under the entry.
    return record.children("member").map {
      $0.hasChildren || $0.text.isEmpty
        ? .condition(odd($0, in: what)) : addressTerm($0, group: found.place)
    }
  }

  /// Members of a dynamic group: the address objects whose tags satisfy the filter are known; what
  /// is registered at run time (User-ID API, monitoring agents) is not in the export.
  private func dynamicMembers(_ filter: String, _ group: Found) -> [EndpointTerm] {
    let line = group.entry.line
    guard let expression = PANOSTagFilter(filter) else {
      return [
        .condition(
          doubt(.unmodelled, "filter `\(filter)` of dynamic group `\(group.name)`", line: line))
      ]
    }
    var terms: [EndpointTerm] = []
    let start = memberLookup == .ownPlace ? group.place : 0
    if let odd = places.dropFirst(start).lazy.compactMap({ $0.oddlyNamed(["address"]) }).first {
      terms.append(
        .condition(
          doubt(
            .unresolved,
            "dynamic group `\(group.name)` may hold an address that has no readable name",
            line: odd.line)))
    }
    var seen: Set<String> = []
    for number in places.indices.dropFirst(start) {
      for entry in places[number].addresses(tagged: expression.positiveTags) {
        let tags = Set(PANOSElements.members(entry.child("tag")).map(\.text))
        // An object of the same name that stands nearer hides this one.
        guard let name = entry.attribute("name"), expression.matches(tags),
          let visible = find(["address"], name, from: start), visible.place == number,
          seen.insert(name).inserted
        else { continue }
        terms.append(.object(endpoint(visible)))
      }
    }
    return terms + [
      .condition(
        doubt(
          .externalList, "dynamic group `\(group.name)`: addresses registered at run time",
          line: line))
    ]
  }
}

extension PANOSObjects {
  /// The addresses that a list means, where it holds plain addresses and nothing else.
  func addresses(_ list: PANOSList) -> AddressSet? {
    var set = AddressSet()
    var waiting = list.members
    var seen: Set<String> = []
    while let member = waiting.popLast() {
      guard seen.insert(member.text).inserted else { continue }
      guard let found = find(Self.addressKinds, member.text) else {
        guard let own = AddressSet(parsing: member.text) else { return nil }
        set = set.union(own)
        continue
      }
      switch found.kind {
      case "address":
        guard let text = found.entry.childText("ip-netmask") ?? found.entry.childText("ip-range"),
          let own = AddressSet(parsing: text)
        else { return nil }
        set = set.union(own)
      case "address-group":
        guard let members = found.entry.child("static").map({ PANOSList($0) }), members.odd == nil
        else { return nil }
        waiting += members.members
      default: return nil
      }
    }
    return set
  }
}
