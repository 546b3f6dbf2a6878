import ImportKit

/// An object of an export, with the expressions of its template evaluated as it is read.
///
/// Names of members are compared without regard to case: PowerShell writes them with capital letters,
/// and az versions differ.
///
/// It remembers which members were asked for, so that nothing in a rule is passed over; see
/// ``AzureItem/unread(of:ignoring:in:)``.
struct AzureItem {
  /// An object.
  let value: ARMValue
  let position: SourcePosition
  /// What must hold for the resource to be in force, where the export does not settle it.
  var doubts: [Condition] = []
  /// The name or id of the resource around, for children that stand inside their parent.
  var parent: String?
  private let reads = Reads()

  /// Names that were asked for, in lower case.
  private final class Reads { var names: Set<String> = [] }

  init(
    _ value: ARMValue, at position: SourcePosition, doubts: [Condition] = [], parent: String? = nil
  ) {
    self.value = value
    self.position = position
    self.doubts = doubts
    self.parent = parent
  }

  /// A member that is not null.
  func member(_ name: String) -> ARMValue? {
    reads.names.insert(name.lowercased())
    guard let found = value.member(name), !found.isNull else { return nil }
    return found
  }

  func text(_ name: String) -> String? { member(name)?.text }

  /// A switch by its value: nil where it is missing or not known.
  func flag(_ name: String) -> Bool? { member(name)?.bool }

  /// A member that is an object.
  func object(_ name: String) -> AzureItem? {
    guard let found = member(name), found.isObject else { return nil }
    return inner(found)
  }

  /// A value inside this item, at its own place where it has one.
  func inner(_ value: ARMValue) -> AzureItem {
    AzureItem(value, at: place(of: value), doubts: doubts, parent: parent)
  }

  func place(of value: ARMValue?) -> SourcePosition {
    if case .json(let json, let scope)? = value { return scope.position(of: json) }
    return position
  }

  /// `properties` where there is such a member (REST, templates), else the object itself (az cli).
  var properties: AzureItem { object("properties") ?? self }

  /// The name as far as it is known, with what is missing in angle brackets.
  var label: String? {
    if case .json(let json, let scope) = value {
      return json.member(ignoringCase: "name")?.string.map { scope.display($0) }
    }
    return text("name")
  }

  /// The last part of a name such as `policy/group`.
  var lastName: String? { (label ?? text("id")).flatMap { AzureName.last($0) } }

  var type: String { text("type")?.lowercased() ?? "" }

  /// The elements of a list of objects.
  enum List {
    case items([AzureItem])
    /// The member is missing.
    case missing
    /// The list is there, and its elements are not, or not all of them.
    case unknown(String, [AzureItem])
  }

  /// - Parameter what: the list in the words of the product, for messages.
  func list(_ name: String, what: String) -> List {
    guard let found = member(name) else { return .missing }
    guard let elements = found.elements else {
      return .unknown("\(what) are given by an expression that is not known", [])
    }
    let objects = elements.filter(\.isObject).map { inner($0) }
    if objects.count == elements.count { return .items(objects) }
    // `ConvertTo-Json` prints what lies deeper than its limit as a text, such as a type name.
    let isCut = elements.contains { element in
      element.text.map { $0.hasPrefix("Microsoft.Azure.") || $0.hasPrefix("@{") } ?? false
    }
    return .unknown(
      isCut
        ? "\(what) are cut off; export again with ConvertTo-Json -Depth 20"
        : "\(what) are not all in the export", objects)
  }

  /// One element of a list of texts, as text or as what is missing.
  enum Entry {
    case text(String)
    case unknown(String)
  }

  /// The elements of a member that is a list of texts, or one text; empty where it is missing.
  func entries(_ name: String) -> [Entry] {
    guard let found = member(name) else { return [] }
    return (found.elements ?? [found]).flatMap { element -> [Entry] in
      if element.isNull { return [] }
      if let inner = element.elements {
        return inner.map { $0.text.map { .text($0) } ?? .unknown(Self.what($0)) }
      }
      return [element.text.map { .text($0) } ?? .unknown(Self.what(element))]
    }
  }

  private static func what(_ value: ARMValue) -> String {
    value.missing ?? "a value that is not a text"
  }

  // MARK: Closing

  /// One condition for all members that were neither read nor are listed as irrelevant (by their
  /// names in lower case); nil where nothing is left over.
  func unread(
    of what: String, ignoring irrelevant: IrrelevantMembers, in draft: PolicyDraft
  ) -> Condition? {
    let left = (value.members ?? []).filter { member in
      let name = member.name.lowercased()
      return !reads.names.contains(name) && !irrelevant.contains(name) && member.value.saysSomething
    }
    let record = ExportRecord(
      left.map { ExportRecord.Field($0.name, "given", at: place(of: $0.value)) }, at: position)
    return draft.unread(record, of: what, ignoring: .none)
  }
}

extension ARMValue {
  /// Whether the value holds more than its place: not null, nor empty.
  fileprivate var saysSomething: Bool {
    switch self {
    case .null: false
    case .text(let text): !text.isEmpty
    case .array(let items): !items.isEmpty
    case .object(let members): !members.isEmpty
    case .json(let json, _): json.count > 0
    case .bool, .number, .unknown: true
    }
  }
}

/// Names and ids of resources.
enum AzureName {
  /// The last part of a name such as `policy/group`, or of an id.
  static func last(_ text: String) -> String? { text.split(separator: "/").last.map(String.init) }

  /// The part of an id that follows a word: the policy in `…/firewallPolicies/P/…`.
  static func part(after word: String, of id: String) -> String? {
    let parts = id.split(separator: "/")
    guard let index = parts.firstIndex(where: { $0.lowercased() == word }),
      index + 1 < parts.count
    else { return nil }
    return String(parts[index + 1])
  }

  /// Whether a name is known whole, without a `<parameter>` or an expression in it.
  static func isKnown(_ text: String) -> Bool {
    !text.utf8.contains { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: "[") }
  }
}
