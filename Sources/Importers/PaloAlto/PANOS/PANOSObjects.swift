import ImportKit

/// Looks up and translates the named objects that a rulebase can see.
///
/// A name is looked for in the nearest place first: on a firewall in the virtual system, then in
/// `shared`; under a Panorama in the device group, its ancestors, then in `shared`.
final class PANOSObjects {
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
    /// Whether the nearest or the furthest value counts is not readable: where they differ, names
    /// are conditions.
    case unknown
  }

  let draft: PolicyDraft
  let places: [PANOSNamespace]
  let memberLookup: MemberLookup
  /// Whether URL entries without a trailing slash also match what follows (before 10.2).
  let urlEntriesAreOpen: Truth
  /// Whether an entry was met whose meaning depends on that.
  var hasEntriesWithoutSlash = false
  /// The value of a template variable such as `$lan`; nil where it has none, or several.
  let variable: (String) -> String?
  /// Objects that have a number and wait for their members to be read.
  private var waiting = ObjectQueue<Found>()

  init(
    draft: PolicyDraft, places: [PANOSNamespace], memberLookup: MemberLookup,
    urlEntriesAreOpen: Truth, variable: @escaping (String) -> String? = { _ in nil }
  ) {
    self.draft = draft
    self.places = places
    self.memberLookup = memberLookup
    self.urlEntriesAreOpen = urlEntriesAreOpen
    self.variable = variable
    draft.doubts.add(places.flatMap(\.duplicates))
  }

  func doubt(_ kind: Condition.Kind, _ text: String, line: Int) -> Condition {
    draft.doubt(kind, text, at: SourcePosition(line: line))
  }

  // MARK: Looking up

  /// An entry with its kind and the number of the place that holds it.
  struct Found {
    let kind: String
    let entry: XMLElement
    let place: Int
    let name: String

    var position: SourcePosition { SourcePosition(line: entry.line) }
  }

  /// The nearest entry of a name among several kinds, which share one name space.
  func find(_ kinds: [String], _ name: String, from start: Int = 0) -> Found? {
    for number in places.indices.dropFirst(start) {
      for kind in kinds {
        if let entry = places[number].entry(kind, name) {
          return Found(kind: kind, entry: entry, place: number, name: name)
        }
      }
    }
    return nil
  }

  private func furthest(_ kinds: [String], _ name: String) -> Found? {
    for number in places.indices.reversed() {
      for kind in kinds {
        if let entry = places[number].entry(kind, name) {
          return Found(kind: kind, entry: entry, place: number, name: name)
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
  func look(_ kinds: [String], _ member: XMLElement, group: Int?) -> Member {
    let start = memberLookup == .ownPlace ? group ?? 0 : 0
    guard let nearest = find(kinds, member.text, from: start) else { return .missing }
    // An entry without a readable name, in a place that is asked first, may be the one.
    for number in places.indices.dropFirst(start).prefix(nearest.place - start) {
      if let odd = places[number].oddlyNamed(kinds) {
        return .ambiguous(
          doubt(
            .unresolved,
            "`\(member.text)` may be defined in \(places[number].name), where an entry "
              + "has no readable name", line: odd.line))
      }
    }
    if memberLookup == .unknown, let other = furthest(kinds, member.text),
      nearest.kind != other.kind || !PANOSElements.sameContent(nearest.entry, other.entry)
    {
      return .ambiguous(
        doubt(
          .unresolved,
          "`\(member.text)` is defined in \(places[nearest.place].name) and in "
            + places[other.place].name, line: member.line))
    }
    if memberLookup == .nearest, let group, nearest.place < group,
      let odd = places.dropFirst(group).lazy.compactMap({ $0.oddlyNamed(kinds) }).first
    {
      return .ambiguous(
        doubt(
          .unresolved,
          "`\(member.text)` in a group of \(places[group].name) may be defined there, where an "
            + "entry has no readable name", line: odd.line))
    }
    guard memberLookup == .nearest, let group, nearest.place < group,
      let own = find(kinds, member.text, from: group),
      nearest.kind != own.kind || !PANOSElements.sameContent(nearest.entry, own.entry)
    else { return .found(nearest) }
    return .ambiguous(
      doubt(
        .unresolved,
        "`\(member.text)` in a group of \(places[group].name) is defined there and otherwise in "
          + places[nearest.place].name, line: member.line))
  }

  /// A word that names nothing in the export.
  func undefined(_ what: String, _ member: XMLElement) -> Condition {
    let name = member.text
    let why = TemplateMarker.isPresent(in: name) ? "an unfilled template marker" : "not defined"
    return doubt(.unresolved, "\(what) `\(name)` is \(why)", line: member.line)
  }

  /// Something in a list that is no plain member.
  func odd(_ element: XMLElement, in what: String) -> Condition {
    doubt(
      .unmodelled, "\(what) holds `\(element.name)`, which is not understood", line: element.line)
  }

  // MARK: Numbered objects

  /// The number of an endpoint object, which is read later.
  func endpoint(_ found: Found) -> Int {
    let id = "\(places[found.place].name)/\(found.kind)/\(found.name)"
    if let known = draft.objects.endpoint(id) { return known }
    let number = draft.objects.addEndpoint(
      id: id, name: found.name, kind: found.kind, position: found.position)
    waiting.add(number, found)
    return number
  }

  /// The number of a service object, which is read later.
  func service(_ found: Found) -> Int {
    let id = "\(places[found.place].name)/\(found.kind)/\(found.name)"
    if let known = draft.objects.service(id) { return known }
    let number = draft.objects.addService(
      id: id, name: found.name, kind: found.kind, position: found.position)
    waiting.add(number, found)
    return number
  }

  /// Reads the objects that wait, and those that they name, one after the other.
  func fill() {
    while let entry = waiting.next() {
      let found = entry.definition
      switch found.kind {
      case "service", "service-group":
        draft.objects.setService(entry.number, ServiceList(serviceTerms(found)))
      case "custom-url-category":
        draft.objects.setEndpoint(entry.number, EndpointList(urlCategoryTerms(found)))
      default: draft.objects.setEndpoint(entry.number, EndpointList(addressTerms(found)))
      }
    }
  }

  /// What an object means of which a part was not understood: nothing is certain about it, and what
  /// was in doubt stays so.
  func closing(
    _ terms: [EndpointTerm], _ record: ExportRecord, _ found: Found,
    ignoring irrelevant: IrrelevantMembers
  ) -> [EndpointTerm] {
    guard let left = closing(record, found, ignoring: irrelevant) else { return terms }
    return terms.filter { if case .condition = $0 { true } else { false } } + [.condition(left)]
  }

  func closing(
    _ terms: [ServiceTerm], _ record: ExportRecord, _ found: Found,
    ignoring irrelevant: IrrelevantMembers
  ) -> [ServiceTerm] {
    guard let left = closing(record, found, ignoring: irrelevant) else { return terms }
    return terms.filter { if case .condition = $0 { true } else { false } } + [.condition(left)]
  }

  func closing(
    _ record: ExportRecord, _ found: Found, ignoring irrelevant: IrrelevantMembers
  ) -> Condition? {
    draft.unread(record, of: "\(found.kind) `\(found.name)`", ignoring: irrelevant)
  }
}
