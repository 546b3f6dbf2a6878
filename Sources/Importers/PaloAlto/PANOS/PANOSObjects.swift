import ImportKit

/// Looks up and translates the named objects that a rulebase can see.
///
/// A name is looked for in the nearest place first: on a firewall in the virtual system, then in
/// `shared`; under a Panorama in the device group, its ancestors, then in `shared`.
struct PANOSObjects {
  /// Where the members of a group are looked for.
  enum MemberLookup {
    /// From the group's own place on, as a firewall does.
    case ownPlace
    /// A Panorama hands its objects to a firewall nearest value first. Whether a group that stands
    /// further up follows an override below it is not documented: where the two would differ the
    /// member is a condition.
    case nearest
    /// Under a Panorama that is told to prefer the objects of ancestors: the furthest value first,
    /// for everything.
    case furthest
  }

  let places: [PANOSNamespace]
  let memberLookup: MemberLookup
  /// Whether URL entries without a trailing slash also match what follows (before 10.2).
  let urlEntriesAreOpen: Bool
  /// Whether an entry was met whose meaning depends on that.
  private(set) var hasEntriesWithoutSlash = false
  var table = ObjectTable()
  var notes: [Note] = []
  private var noted: Set<String> = []

  init(places: [PANOSNamespace], memberLookup: MemberLookup, urlEntriesAreOpen: Bool) {
    self.places = places
    self.memberLookup = memberLookup
    self.urlEntriesAreOpen = urlEntriesAreOpen
    notes = places.flatMap(\.duplicates)
  }

  mutating func note(_ kind: Note.Kind, _ text: String, line: Int) {
    guard noted.insert("\(kind.rawValue) \(text)").inserted else { return }
    notes.append(Note(kind, text, at: SourcePosition(line: line)))
  }

  // MARK: Looking up

  /// An entry with its kind and the number of the place that holds it.
  struct Found {
    let kind: String
    let entry: XMLElement
    let place: Int
  }

  /// The nearest entry of a name among several kinds, which share one name space.
  func find(_ kinds: [String], _ name: String, from start: Int = 0) -> Found? {
    for number in places.indices.dropFirst(start) {
      for kind in kinds {
        if let entry = places[number].entry(kind, name) {
          return Found(kind: kind, entry: entry, place: number)
        }
      }
    }
    return nil
  }

  func find(_ kind: String, _ name: String) -> XMLElement? { find([kind], name)?.entry }

  enum Member {
    case found(Found)
    case missing
    /// Two definitions, and which one counts is open.
    case ambiguous(Condition)
  }

  /// A name that stands in a rule (`group` nil), or in a group of the place `group`.
  private mutating func look(
    _ kinds: [String], _ member: XMLElement, group: Int?
  ) -> Member {
    guard let group else {
      return find(kinds, member.text).map { .found($0) } ?? .missing
    }
    if memberLookup == .ownPlace {
      return find(kinds, member.text, from: group).map { .found($0) } ?? .missing
    }
    guard let nearest = find(kinds, member.text) else { return .missing }
    guard memberLookup == .nearest, nearest.place < group,
      let own = find(kinds, member.text, from: group),
      nearest.kind != own.kind || !PANOSElements.sameContent(nearest.entry, own.entry)
    else { return .found(nearest) }
    let text =
      "`\(member.text)` in a group of \(places[group].name) is defined there and otherwise in "
      + places[nearest.place].name
    note(.unresolved, text, line: member.line)
    return .ambiguous(Condition(.unresolved, text))
  }

  // MARK: Addresses

  private static let addressKinds = ["address", "address-group", "external-list", "region"]

  /// One member of a source or destination list.
  mutating func addressTerm(_ member: XMLElement, group: Int? = nil) -> EndpointTerm {
    let name = member.text
    if name == "any" { return .any }
    switch look(Self.addressKinds, member, group: group) {
    case .found(let found):
      guard table.enter() else { return .condition(ObjectTable.tooDeep(name)) }
      defer { table.leave() }
      return .object(addressObject(found, name: name))
    case .ambiguous(let condition): return .condition(condition)
    case .missing: break
    }
    if case .success(let set) = AddressSet.parse(name) { return .addresses(set) }
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

  private mutating func addressObject(_ found: Found, name: String) -> Int {
    let entry = found.entry
    let id = "\(places[found.place].name)/\(found.kind)/\(name)"
    if let known = table.endpoint(id) { return known }
    let number = table.addEndpoint(
      id: id, name: name, kind: found.kind, position: SourcePosition(line: entry.line))
    let terms: [EndpointTerm]
    switch found.kind {
    case "address": terms = [addressValue(entry, name: name)]
    case "address-group": terms = groupMembers(entry, name: name, place: found.place)
    case "region":
      terms = PANOSElements.members(entry.child("address")).map {
        addressTerm($0, group: found.place)
      }
    default: terms = [.condition(Self.externalList(entry, name: name))]
    }
    table.setEndpoint(number, EndpointList(terms))
    return number
  }

  /// A list that the firewall fetches, or that comes with content updates: its entries are not in
  /// the export. Its address may hold a password, so only the kind of list is told.
  static func externalList(_ entry: XMLElement, name: String) -> Condition {
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
    return Condition(.externalList, "\(kind) `\(name)`")
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
    let why =
      TemplateMarker.isPresent(in: element.text)
      ? " is an unfilled template marker" : " is not readable"
    note(.unresolved, text + why, line: element.line)
    return .condition(Condition(.unresolved, text + why))
  }

  private mutating func groupMembers(
    _ entry: XMLElement, name: String, place: Int
  ) -> [EndpointTerm] {
    if let filter = entry.descend("dynamic", "filter") {
      return dynamicMembers(filter, group: name, place: place)
    }
    // Before 6.0 the members stand directly under the entry.
    let container = entry.child("static") ?? entry
    return PANOSElements.members(container).map { addressTerm($0, group: place) }
  }

  /// Members of a dynamic group: the address objects whose tags satisfy the filter are known; what
  /// is registered at run time (User-ID API, monitoring agents) is not in the export.
  private mutating func dynamicMembers(
    _ filter: XMLElement, group: String, place: Int
  ) -> [EndpointTerm] {
    guard let expression = PANOSTagFilter(filter.text) else {
      note(.unmodelled, "filter of dynamic group `\(group)`: `\(filter.text)`", line: filter.line)
      return [.condition(Condition(.unmodelled, "filter `\(filter.text)` of group `\(group)`"))]
    }
    var terms: [EndpointTerm] = []
    let start = memberLookup == .ownPlace ? place : 0
    var seen: Set<String> = []
    for number in places.indices.dropFirst(start) {
      for entry in places[number].addresses(tagged: expression.positiveTags) {
        let tags = Set(PANOSElements.members(entry.child("tag")).map(\.text))
        // An object of the same name that stands nearer hides this one.
        guard let name = entry.attribute("name"), expression.matches(tags),
          let visible = find(["address"], name, from: start), visible.place == number,
          seen.insert(name).inserted
        else { continue }
        terms.append(.object(addressObject(visible, name: name)))
      }
    }
    return terms + [
      .condition(
        Condition(.externalList, "dynamic group `\(group)`: addresses registered at run time"))
    ]
  }

  // MARK: Services

  /// Service names that every firewall knows without defining them.
  private static let predefinedServices: [String: Service] = [
    "service-http": .tcp(
      IntervalSet([.init(lower: 80, upper: 80), .init(lower: 8080, upper: 8080)])),
    "service-https": .tcp(IntervalSet(443)),
  ]

  mutating func serviceTerm(_ member: XMLElement, group: Int? = nil) -> ServiceTerm {
    let name = member.text
    if name == "any" { return .any }
    switch look(["service", "service-group"], member, group: group) {
    case .found(let found):
      guard table.enter() else { return .condition(ObjectTable.tooDeep(name)) }
      defer { table.leave() }
      return .object(serviceObject(found, name: name))
    case .ambiguous(let condition): return .condition(condition)
    case .missing: break
    }
    if let known = Self.predefinedServices[name] { return .service(known) }
    let what = TemplateMarker.isPresent(in: name) ? "an unfilled template marker" : "not defined"
    note(.unresolved, "service `\(name)` is \(what)", line: member.line)
    return .condition(Condition(.unresolved, "service `\(name)` is \(what)"))
  }

  private mutating func serviceObject(_ found: Found, name: String) -> Int {
    let entry = found.entry
    let id = "\(places[found.place].name)/\(found.kind)/\(name)"
    if let known = table.service(id) { return known }
    let number = table.addService(
      id: id, name: name, kind: found.kind, position: SourcePosition(line: entry.line))
    var terms: [ServiceTerm] = []
    if found.kind == "service-group" {
      let container = entry.child("members") ?? entry
      terms = PANOSElements.members(container).map { serviceTerm($0, group: found.place) }
    } else if let value = entry.child("protocol") {
      terms = protocolTerms(value, name: name)
    }
    if terms.isEmpty {
      note(.unresolved, "service `\(name)` has no ports that are known", line: entry.line)
      terms = [.condition(Condition(.unresolved, "service `\(name)` has no known ports"))]
    }
    table.setService(number, ServiceList(terms))
    return number
  }

  private mutating func protocolTerms(_ value: XMLElement, name: String) -> [ServiceTerm] {
    var terms: [ServiceTerm] = []
    for (word, number) in [("tcp", Service.tcpNumber), ("udp", Service.udpNumber), ("sctp", 132)] {
      guard let body = value.child(word) else { continue }
      let ports = body.childText("port").map { PortSet(parsing: $0) } ?? .full
      let sources =
        body.childText("source-port").flatMap { $0.isEmpty ? nil : $0 }
        .map { PortSet(parsing: $0) } ?? .full
      if let ports, let sources {
        terms.append(
          .service(Service(protocol: number, destinationPorts: ports, sourcePorts: sources)))
      } else {
        note(.unresolved, "ports of service `\(name)` are not readable", line: body.line)
        terms.append(
          .condition(Condition(.unresolved, "ports of service `\(name)` are not readable")))
      }
    }
    return terms
  }

  // MARK: URL categories

  private static let categoryKinds = ["custom-url-category", "external-list"]

  /// One member of a category list: a custom category, an external list of URLs, or a category
  /// that the vendor assigns.
  mutating func categoryTerm(_ name: String) -> EndpointTerm {
    if name == "any" { return .any }
    guard let found = find(Self.categoryKinds, name) else { return .category(name) }
    if found.kind == "external-list" {
      return .condition(Self.externalList(found.entry, name: name))
    }
    return .object(urlCategory(found, name: name))
  }

  func isOwnCategory(_ name: String) -> Bool { find(Self.categoryKinds, name) != nil }

  private mutating func urlCategory(_ found: Found, name: String) -> Int {
    let entry = found.entry
    let id = "\(places[found.place].name)/custom-url-category/\(name)"
    if let known = table.endpoint(id) { return known }
    let number = table.addEndpoint(
      id: id, name: name, kind: "custom-url-category", position: SourcePosition(line: entry.line))
    var terms: [EndpointTerm] = []
    // `type` came with 9.0: "URL List", or "Category Match" for a combination of categories, all
    // of which a URL must have.
    if entry.childText("type") == "Category Match" {
      note(.unmodelled, "custom category `\(name)` combines vendor categories", line: entry.line)
      terms = [.condition(Condition(.category, "combination of vendor categories in `\(name)`"))]
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
    if !text.contains("/") && !text.hasSuffix("*") { hasEntriesWithoutSlash = true }
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
    var pending: [(XMLElement, Int?)] = members.map { ($0, nil) }
    var seen: Set<String> = []
    while let (member, group) = pending.popLast() {
      let name = member.text
      if name == "any" { return .any }
      guard seen.insert(name).inserted else { continue }
      switch look(["application-group", "application-filter"], member, group: group) {
      case .ambiguous(let condition): return .open(condition)
      case .found(let found) where found.kind == "application-group":
        let container = found.entry.child("members") ?? found.entry
        pending += PANOSElements.members(container).map { ($0, found.place) }
      case .found:
        return .open(
          Condition(
            .application, "application filter `\(name)`, whose members are not in the export"))
      case .missing:
        // App-IDs are written in small letters; anything else is a group that is not here.
        if name.contains(where: { $0.isUppercase || $0 == " " }), find("application", name) == nil {
          let text = "application `\(name)` is not defined"
          note(.unresolved, text, line: member.line)
          return .open(Condition(.unresolved, text))
        }
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
