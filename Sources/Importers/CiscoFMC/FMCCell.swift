import ImportKit

/// A cell of a rule, or the contents of a group: references to objects, and values typed in.
///
/// FMC writes `{"objects": […], "literals": […]}`, FDM a plain list of references.
struct FMCCell {
  typealias Item = FMCDocuments.Item

  var objects: [Item] = []
  var literals: [Item] = []
  /// What the cell or one of its entries holds besides, by name.
  var unknownMembers: [String] = []
  /// Whether it is written in a way that this reader does not know at all, so that it may hold
  /// anything.
  var isUnreadable = false

  var isEmpty: Bool { objects.isEmpty && literals.isEmpty }

  /// Nil for an empty cell, which stands for any.
  init?(_ value: JSONValue?, file: Int) {
    guard let value, !value.isNull else { return nil }
    switch value.kind {
    case .array: read(value, into: \.objects, file: file)
    case .object:
      for (name, member) in value.members where !member.isNull {
        switch name {
        case "objects": read(member, into: \.objects, file: file)
        case "literals": read(member, into: \.literals, file: file)
        case "type", "links": continue
        default:
          if member.count > 0 || member.scalarText.map({ !$0.isEmpty }) ?? false {
            unknownMembers.append(name)
          }
        }
      }
    case .string:
      guard value.string != "" else { return nil }
      isUnreadable = true
    default: isUnreadable = true
    }
    if isEmpty, !isUnreadable, unknownMembers.isEmpty { return nil }
  }

  private mutating func read(
    _ list: JSONValue, into path: WritableKeyPath<FMCCell, [Item]>, file: Int
  ) {
    guard list.isArray else {
      isUnreadable = true
      return
    }
    for element in list.elements {
      guard element.isObject else {
        isUnreadable = true
        continue
      }
      let item = Item(value: element, file: file)
      self[keyPath: path].append(item)
      for left in item.record.unread(ignoring: Self.entryMembers)
      where !unknownMembers.contains(left.path) {
        unknownMembers.append(left.path)
      }
    }
  }

  /// What entries are made of; everything here is read where the entry is.
  private static let entryMembers = IrrelevantMembers([
    ("names the object", ["id", "name", "type", "version", "links", "description", "metadata"]),
    (
      "read with the value",
      [
        "value", "url", "port", "protocol", "icmpType", "code", "objects", "literals", "subType",
        "dnsResolution", "overridable", "overrides", "startTag", "endTag", "realm",
      ]
    ),
    (
      "a property of the entry in lists of objects",
      ["isSystemDefined", "overridden", "deprecated"]
    ),
  ])
}
