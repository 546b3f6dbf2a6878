import ImportKit
import NetworkSets
import PolicyModel
import XMLTree

/// Looks up and translates the named objects of a configuration.
///
/// A name is looked for in the virtual system, then in `shared`; the members of a group from the
/// group's own place on.
struct PANOSObjects {
  struct Scope {
    let name: String
    let element: XMLElement
  }

  let scopes: [Scope]
  /// Whether URL entries without a trailing slash also match what follows (before 10.2).
  let urlEntriesAreOpen: Bool
  var table = ObjectTable()
  var notes: [Note] = []
  private var index: [String: [String: XMLElement]] = [:]
  private var noted: Set<String> = []

  init(scopes: [Scope], urlEntriesAreOpen: Bool) {
    self.scopes = scopes
    self.urlEntriesAreOpen = urlEntriesAreOpen
    let kinds: [(String, [String])] = [
      ("address", ["address"]), ("address-group", ["address-group"]), ("region", ["region"]),
      ("external-list", ["external-list"]), ("service", ["service"]),
      ("service-group", ["service-group"]), ("application-group", ["application-group"]),
      ("application-filter", ["application-filter"]), ("application", ["application"]),
      ("custom-url-category", ["profiles", "custom-url-category"]),
      ("url-filtering", ["profiles", "url-filtering"]), ("profile-group", ["profile-group"]),
    ]
    for (number, scope) in scopes.enumerated() {
      for (kind, path) in kinds {
        var container: XMLElement? = scope.element
        for name in path { container = container?.child(name) }
        guard let container else { continue }
        var entries: [String: XMLElement] = [:]
        for entry in container.children("entry") {
          guard let name = entry.attribute("name") else { continue }
          if entries[name] != nil {
            notes.append(
              Note(
                .reading, "\(kind) `\(name)` is defined twice in \(scope.name); the first is used",
                at: SourcePosition(line: entry.line)))
            continue
          }
          entries[name] = entry
        }
        index["\(number)/\(kind)"] = entries
      }
    }
  }

  /// The entry of a kind and name, and the number of the scope that holds it.
  func find(_ kind: String, _ name: String, from start: Int = 0) -> (XMLElement, Int)? {
    for number in start..<max(scopes.count, start) {
      if let entry = index["\(number)/\(kind)"]?[name] { return (entry, number) }
    }
    return nil
  }

  func entries(_ kind: String) -> [(XMLElement, Int)] {
    scopes.indices.flatMap { number in
      (index["\(number)/\(kind)"] ?? [:]).values.map { ($0, number) }
    }
    .sorted { $0.0.line < $1.0.line }
  }

  mutating func note(_ kind: Note.Kind, _ text: String, line: Int) {
    guard noted.insert("\(kind.rawValue) \(text)").inserted else { return }
    notes.append(Note(kind, text, at: SourcePosition(line: line)))
  }

  // MARK: Addresses

  /// One member of a source or destination list.
  mutating func addressTerm(_ member: XMLElement, from scope: Int = 0) -> EndpointTerm {
    let name = member.text
    if name == "any" { return .any }
    for kind in ["address", "address-group", "external-list", "region"] {
      if let (entry, number) = find(kind, name, from: scope) {
        return .object(addressObject(kind, entry, name: name, scope: number))
      }
    }
    switch AddressSet.parse(name) {
    case .success(let set):
      return .addresses(set)
    case .failure:
      // Country codes stand for the vendor's geolocation list; `panw-` lists come with content
      // updates. Neither is in the export.
      if name.count == 2, name.allSatisfy({ $0.isUppercase && $0.isASCII }) {
        return .tag("region \(name)")
      }
      if name.hasPrefix("panw-") {
        return .condition(Condition(.externalList, "predefined list `\(name)`"))
      }
      let what = TemplateMarker.isPresent(in: name) ? "an unfilled template marker" : "not defined"
      note(.unresolved, "address `\(name)` is \(what)", line: member.line)
      return .condition(Condition(.unresolved, "address `\(name)` is \(what)"))
    }
  }

  private mutating func addressObject(
    _ kind: String, _ entry: XMLElement, name: String, scope: Int
  ) -> Int {
    let id = "\(scopes[scope].name)/\(kind)/\(name)"
    if let known = table.endpoint(id) { return known }
    let number = table.addEndpoint(
      id: id, name: name, kind: kind, position: SourcePosition(line: entry.line))
    let terms: [EndpointTerm]
    switch kind {
    case "address": terms = [addressValue(entry, name: name)]
    case "address-group": terms = groupMembers(entry, name: name, scope: scope)
    case "region":
      terms = PANOSElements.members(entry.child("address")).map { addressTerm($0, from: scope) }
    default:
      terms = [.condition(Condition(.externalList, "external list `\(name)`"))]
    }
    table.setEndpoint(number, EndpointList(terms))
    return number
  }

  private mutating func addressValue(_ entry: XMLElement, name: String) -> EndpointTerm {
    for kind in ["ip-netmask", "ip-range"] {
      guard let value = entry.child(kind) else { continue }
      if case .success(let set) = AddressSet.parse(value.text) { return .addresses(set) }
      return unreadable(value, "address `\(name)`: `\(value.text)`")
    }
    if let value = entry.child("fqdn") {
      // An FQDN object is one exact name that the firewall resolves by itself, about every 30
      // minutes, up to 32 addresses. Source: knowledgebase.paloaltonetworks.com
      // kA10g000000ClVqCAK and kA10g000000ClRfCAK.
      guard let host = HostName(value.text) else {
        return unreadable(value, "FQDN object `\(name)`: `\(value.text)`")
      }
      return .host(.exact(host), .resolved)
    }
    if let value = entry.child("ip-wildcard") {
      note(.unmodelled, "wildcard mask in address `\(name)`: `\(value.text)`", line: value.line)
      return .condition(Condition(.unmodelled, "wildcard mask `\(value.text)` of `\(name)`"))
    }
    return unreadable(entry, "address `\(name)` has no value that is known")
  }

  private mutating func unreadable(_ element: XMLElement, _ text: String) -> EndpointTerm {
    let why = TemplateMarker.isPresent(in: element.text) ? " is an unfilled template marker" : " is not readable"
    note(.unresolved, text + why, line: element.line)
    return .condition(Condition(.unresolved, text + why))
  }

  private mutating func groupMembers(
    _ entry: XMLElement, name: String, scope: Int
  ) -> [EndpointTerm] {
    if let filter = entry.descend("dynamic", "filter") {
      return dynamicMembers(filter, group: name)
    }
    // Before 7.0 the members stand directly under the entry.
    let container = entry.child("static") ?? entry
    return PANOSElements.members(container).map { addressTerm($0, from: scope) }
  }

  /// Members of a dynamic group: the address objects whose tags satisfy the filter are known; what
  /// is registered at run time (User-ID API, monitoring agents) is not in the export.
  private mutating func dynamicMembers(_ filter: XMLElement, group: String) -> [EndpointTerm] {
    let runtime = EndpointTerm.condition(
      Condition(.externalList, "dynamic group `\(group)`: addresses registered at run time"))
    guard let expression = PANOSTagFilter(filter.text) else {
      note(.unmodelled, "filter of dynamic group `\(group)`: `\(filter.text)`", line: filter.line)
      return [.condition(Condition(.unmodelled, "filter `\(filter.text)` of group `\(group)`"))]
    }
    var terms: [EndpointTerm] = []
    for (entry, number) in entries("address") {
      let tags = Set(PANOSElements.members(entry.child("tag")).map(\.text))
      guard !tags.isEmpty, expression.matches(tags), let name = entry.attribute("name") else {
        continue
      }
      terms.append(.object(addressObject("address", entry, name: name, scope: number)))
    }
    return terms + [runtime]
  }

  // MARK: Services

  /// Service names that every firewall knows without defining them.
  private static let predefinedServices: [String: Service] = [
    "service-http": .tcp(IntervalSet([.init(lower: 80, upper: 80), .init(lower: 8080, upper: 8080)])),
    "service-https": .tcp(IntervalSet(443)),
  ]

  mutating func serviceTerm(_ member: XMLElement, from scope: Int = 0) -> ServiceTerm {
    let name = member.text
    if name == "any" { return .any }
    for kind in ["service", "service-group"] {
      if let (entry, number) = find(kind, name, from: scope) {
        return .object(serviceObject(kind, entry, name: name, scope: number))
      }
    }
    if let known = Self.predefinedServices[name] { return .service(known) }
    note(.unresolved, "service `\(name)` is not defined", line: member.line)
    return .condition(Condition(.unresolved, "service `\(name)` is not defined"))
  }

  private mutating func serviceObject(
    _ kind: String, _ entry: XMLElement, name: String, scope: Int
  ) -> Int {
    let id = "\(scopes[scope].name)/\(kind)/\(name)"
    if let known = table.service(id) { return known }
    let number = table.addService(
      id: id, name: name, kind: kind, position: SourcePosition(line: entry.line))
    var terms: [ServiceTerm] = []
    if kind == "service-group" {
      let container = entry.child("members") ?? entry
      terms = PANOSElements.members(container).map { serviceTerm($0, from: scope) }
    } else if let value = entry.child("protocol") {
      for (word, protocolNumber) in [
        ("tcp", Service.tcpNumber), ("udp", Service.udpNumber), ("sctp", 132),
      ] {
        guard let body = value.child(word) else { continue }
        let ports = body.childText("port").map { PortSet(parsing: $0) } ?? .full
        let sources = body.childText("source-port").flatMap { $0.isEmpty ? nil : $0 }
          .map { PortSet(parsing: $0) } ?? .full
        if let ports, let sources {
          terms.append(
            .service(
              Service(protocol: protocolNumber, destinationPorts: ports, sourcePorts: sources)))
        } else {
          note(.unresolved, "ports of service `\(name)` are not readable", line: body.line)
          terms.append(
            .condition(Condition(.unresolved, "ports of service `\(name)` are not readable")))
        }
      }
    }
    if terms.isEmpty {
      note(.unresolved, "service `\(name)` has no ports that are known", line: entry.line)
      terms = [.condition(Condition(.unresolved, "service `\(name)` has no known ports"))]
    }
    table.setService(number, ServiceList(terms))
    return number
  }

  // MARK: URL categories

  /// One member of a category list: a custom category, an external list of URLs, or a category
  /// that the vendor assigns.
  mutating func categoryTerm(_ name: String, line: Int, from scope: Int = 0) -> EndpointTerm {
    if name == "any" { return .any }
    if let (entry, number) = find("custom-url-category", name, from: scope) {
      return .object(urlCategory(entry, name: name, scope: number))
    }
    if find("external-list", name, from: scope) != nil {
      return .condition(Condition(.externalList, "external URL list `\(name)`"))
    }
    return .category(name)
  }

  func isOwnCategory(_ name: String) -> Bool {
    find("custom-url-category", name) != nil || find("external-list", name) != nil
  }

  private mutating func urlCategory(_ entry: XMLElement, name: String, scope: Int) -> Int {
    let id = "\(scopes[scope].name)/custom-url-category/\(name)"
    if let known = table.endpoint(id) { return known }
    let number = table.addEndpoint(
      id: id, name: name, kind: "custom-url-category", position: SourcePosition(line: entry.line))
    var terms: [EndpointTerm] = []
    // `type` came with 9.0: "URL List", or "Category Match" for a combination of categories, all
    // of which a URL must have.
    if entry.childText("type") == "Category Match" {
      note(
        .unmodelled, "custom category `\(name)` combines vendor categories", line: entry.line)
      terms = [
        .condition(Condition(.category, "combination of vendor categories in `\(name)`"))
      ]
    } else {
      for member in PANOSElements.members(entry.child("list")) {
        terms.append(urlTerm(member, category: name))
      }
    }
    table.setEndpoint(number, EndpointList(terms))
    return number
  }

  /// One line of a URL list.
  mutating func urlTerm(_ member: XMLElement, category: String) -> EndpointTerm {
    let text = member.text
    guard let pattern = PANOSURLEntry.pattern(text, openEnd: urlEntriesAreOpen) else {
      note(
        .unmodelled, "entry `\(text)` of URL category `\(category)` is outside the grammar",
        line: member.line)
      return .condition(
        Condition(.unmodelled, "entry `\(text)` of URL category `\(category)`"))
    }
    return .url(pattern)
  }

  // MARK: Applications

  /// The App-IDs of an application list with groups opened.
  enum Applications {
    case any
    case names([String])
    case open(Condition)
  }

  mutating func applications(_ members: [XMLElement]) -> Applications {
    var names: [String] = []
    var pending = members.map { ($0, 0) }
    var seen: Set<String> = []
    while let (member, scope) = pending.popLast() {
      let name = member.text
      if name == "any" { return .any }
      guard seen.insert(name).inserted else { continue }
      if let (group, number) = find("application-group", name, from: scope) {
        let container = group.child("members") ?? group
        pending += PANOSElements.members(container).map { ($0, number) }
      } else if find("application-filter", name, from: scope) != nil {
        return .open(
          Condition(.application, "application filter `\(name)`, whose members are not in the export"))
      } else {
        names.append(name)
      }
    }
    return names.isEmpty ? .any : .names(names.sorted())
  }

  /// Whether an application name may stand for Defender's traffic: one of the vendor's that can, or
  /// one that the administrator has defined.
  func mayBeDefender(_ name: String) -> Bool {
    PANOSApplications.mayBeDefender(name) || find("application", name) != nil
  }
}
