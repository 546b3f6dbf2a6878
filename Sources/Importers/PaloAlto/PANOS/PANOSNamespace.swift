import ImportKit

/// The named objects of one place: a virtual system, a device group, `shared`, or what a Panorama
/// has pushed there. Built once and used by every policy that can see the place.
final class PANOSNamespace: Sendable {
  let name: String
  /// Names that the place defines more than once.
  let duplicates: [Note]
  private let index: [String: [String: XMLElement]]
  /// Entries of each kind whose name is none that the product takes.
  private let odd: [String: XMLElement]
  /// Address objects that carry a tag, by tag.
  private let tagged: [String: [XMLElement]]

  private static let kinds: [(String, [String])] = [
    ("address", ["address"]), ("address-group", ["address-group"]), ("region", ["region"]),
    ("external-list", ["external-list"]), ("service", ["service"]),
    ("service-group", ["service-group"]), ("application-group", ["application-group"]),
    ("application-filter", ["application-filter"]), ("application", ["application"]),
    ("custom-url-category", ["profiles", "custom-url-category"]),
    ("url-filtering", ["profiles", "url-filtering"]), ("profile-group", ["profile-group"]),
    ("schedule", ["schedule"]),
    ("authentication-object", ["authentication-object"]),
  ]

  /// - Parameter elements: the elements that hold the place; several where a file writes it in
  ///   parts.
  init(name: String, elements: [XMLElement]) {
    self.name = name
    var index: [String: [String: XMLElement]] = [:]
    var duplicates: [Note] = []
    var tagged: [String: [XMLElement]] = [:]
    var odd: [String: XMLElement] = [:]
    for (kind, path) in Self.kinds {
      var entries: [String: XMLElement] = [:]
      for element in elements {
        for entry in Self.entries(of: element, path: path[...]) {
          guard let name = entry.attribute("name"), PANOSElements.isName(name) else {
            odd[kind] = odd[kind] ?? entry
            continue
          }
          if let first = entries[name] {
            let same = PANOSElements.sameContent(first, entry)
            duplicates.append(
              Note(
                .reading,
                "\(kind) `\(name)` is defined twice in \(self.name)"
                  + (same ? ", both times alike" : "; the first is used"),
                at: SourcePosition(line: entry.line)))
            continue
          }
          entries[name] = entry
          guard kind == "address" else { continue }
          for tag in PANOSElements.members(entry.child("tag")) {
            tagged[tag.text, default: []].append(entry)
          }
        }
      }
      if !entries.isEmpty { index[kind] = entries }
    }
    self.index = index
    self.odd = odd
    self.duplicates = duplicates
    self.tagged = tagged
  }

  /// An entry of one of the kinds that has no readable name.
  func oddlyNamed(_ kinds: [String]) -> XMLElement? { kinds.lazy.compactMap { self.odd[$0] }.first }

  func entry(_ kind: String, _ name: String) -> XMLElement? { index[kind]?[name] }

  /// Address objects that carry one of the tags, or any tag where none is given, in the order of
  /// the file.
  func addresses(tagged tags: Set<String>?) -> [XMLElement] {
    let found =
      tags.map { $0.flatMap { tagged[$0] ?? [] } } ?? tagged.values.flatMap { $0 }
    var lines: Set<String> = []
    return found.sorted {
      ($0.line, $0.attribute("name") ?? "") < ($1.line, $1.attribute("name") ?? "")
    }
    .filter { lines.insert($0.attribute("name") ?? "").inserted }
  }

  private static func entries(of element: XMLElement, path: ArraySlice<String>) -> [XMLElement] {
    guard let first = path.first else { return Array(element.children("entry")) }
    return element.children(first).flatMap { entries(of: $0, path: path.dropFirst()) }
  }
}
