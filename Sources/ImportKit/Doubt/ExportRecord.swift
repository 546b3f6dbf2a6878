/// One object of an export, which remembers which of its members were read.
///
/// An importer reads a rule, an object or a profile through a record and closes it with
/// ``PolicyDraft/unread(_:of:ignoring:)``: every member that it neither read nor listed as irrelevant
/// becomes a condition of that rule. So a member that a later version of a product brings can
/// narrow or widen nothing silently (DESIGN section 4, "A rule is read until nothing is left
/// unread").
///
/// A member counts as read when it is asked for by name, whole with all that is below it; ask with
/// ``record(_:)`` for a member whose own members matter one by one. Of several members of one name
/// ``text(_:)``, ``child(_:)`` and ``value(_:)`` read the first only: a second one stays unread.
/// A member that says nothing (null, empty text, empty list, empty object, an element without text,
/// attributes and children) is never left over.
package final class ExportRecord {
  /// What the record stands on.
  package enum Body: Sendable {
    case xml(XMLElement)
    case json(JSONValue)
    case fields([Field])
  }

  /// A key with its value in a format of lines or of separated words.
  package struct Field: Sendable {
    package let name: String
    package let value: String
    package let position: SourcePosition

    package init(_ name: String, _ value: String, at position: SourcePosition) {
      self.name = name
      self.value = value
      self.position = position
    }
  }

  /// A member that nobody read.
  package struct Unread: Equatable, Sendable {
    /// Its name, behind the names of the records around it: `schedule/kind`.
    package let path: String
    package let position: SourcePosition
  }

  package let body: Body
  /// Index of the file, as ``SourcePosition/file`` counts.
  package let file: Int
  package let position: SourcePosition
  /// Places in the tree, or indices of fields, of members that were read.
  private var read: [Int] = []
  /// Names of attributes that were read.
  private var readAttributes: [String] = []
  private var inner: [(name: String, record: ExportRecord)] = []

  package init(_ element: XMLElement, file: Int = 0) {
    body = .xml(element)
    self.file = file
    position = SourcePosition(file: file, line: element.line)
  }

  package init(_ value: JSONValue, file: Int = 0) {
    body = .json(value)
    self.file = file
    position = SourcePosition(file: file, line: value.line, pointer: value.pointer)
  }

  package init(_ fields: [Field], at position: SourcePosition) {
    body = .fields(fields)
    file = position.file
    self.position = position
  }

  // MARK: Reading

  /// The text of the first member of that name: of an element, a scalar or a field. Nil where there
  /// is none; also where it has members of its own, and then it stays unread.
  package func text(_ name: String) -> String? {
    switch body {
    case .xml(let element):
      guard let child = element.child(name), !child.hasChildren else { return nil }
      read.append(child.index)
      return child.text
    case .json(let value):
      guard let member = value.member(name) else { return nil }
      if member.isNull {
        read.append(Int(member.index))
        return nil
      }
      guard let text = member.scalarText else { return nil }
      read.append(Int(member.index))
      return text
    case .fields(let fields):
      guard let index = fields.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
        return nil
      }
      read.append(index)
      return fields[index].value
    }
  }

  /// The values of all fields of that name, in order; of an element or JSON object the texts of all
  /// members of that name.
  package func texts(_ name: String) -> [String] {
    switch body {
    case .xml(let element):
      return element.children(name).filter { !$0.hasChildren }.map { child in
        read.append(child.index)
        return child.text
      }
    case .json: return text(name).map { [$0] } ?? []
    case .fields(let fields):
      return fields.indices.filter { fields[$0].name.utf8.elementsEqual(name.utf8) }.map { index in
        read.append(index)
        return fields[index].value
      }
    }
  }

  /// The first element of that name, read whole.
  package func child(_ name: String) -> XMLElement? {
    guard case .xml(let element) = body, let child = element.child(name) else { return nil }
    read.append(child.index)
    return child
  }

  /// All elements of that name, read whole.
  package func children(_ name: String) -> [XMLElement] {
    guard case .xml(let element) = body else { return [] }
    return element.children(name).map { child in
      read.append(child.index)
      return child
    }
  }

  /// The JSON member of that name, read whole; nil where it is missing or null.
  package func value(_ name: String) -> JSONValue? {
    guard case .json(let value) = body, let member = value.member(name) else { return nil }
    read.append(Int(member.index))
    return member.isNull ? nil : member
  }

  /// An attribute of the element.
  package func attribute(_ name: String) -> String? {
    guard case .xml(let element) = body, let text = element.attribute(name) else { return nil }
    readAttributes.append(name)
    return text
  }

  /// The first member of that name as a record of its own, whose unread members count as this
  /// record's.
  package func record(_ name: String) -> ExportRecord? { records(name, limit: 1).first }

  /// All members of that name, or all objects of the list of that name, as records.
  package func records(_ name: String) -> [ExportRecord] { records(name, limit: .max) }

  private func records(_ name: String, limit: Int) -> [ExportRecord] {
    var found: [ExportRecord] = []
    switch body {
    case .xml(let element):
      for child in element.children(name).prefix(limit) {
        read.append(child.index)
        found.append(ExportRecord(child, file: file))
      }
    case .json(let value):
      guard let member = value.member(name) else { return [] }
      if member.isObject {
        read.append(Int(member.index))
        found.append(ExportRecord(member, file: file))
      } else if member.isArray, limit > 1, member.elements.allSatisfy(\.isObject) {
        read.append(Int(member.index))
        found = member.elements.map { ExportRecord($0, file: file) }
      }
    case .fields: break
    }
    inner += found.map { (name, $0) }
    return found
  }

  /// Whether there is a member of that name; does not read it.
  package func has(_ name: String) -> Bool {
    switch body {
    case .xml(let element): element.child(name) != nil
    case .json(let value): !(value.member(name)?.isNull ?? true)
    case .fields(let fields): fields.contains { $0.name.utf8.elementsEqual(name.utf8) }
    }
  }

  // MARK: Closing

  /// The members that were not read and that the format does not list, in order.
  ///
  /// - Parameter irrelevant: attributes are listed as `@name`.
  package func unread(ignoring irrelevant: IrrelevantMembers) -> [Unread] {
    var found: [Unread] = []
    switch body {
    case .xml(let element):
      for name in element.attributeNames
      where !readAttributes.contains(name) && !irrelevant.contains("@" + name)
        && !(element.attribute(name) ?? "").isEmpty
      {
        found.append(Unread(path: "@" + name, position: position))
      }
      for child in element.children
      where !read.contains(child.index) && !irrelevant.contains(child.name) && child.saysSomething {
        found.append(
          Unread(path: child.name, position: SourcePosition(file: file, line: child.line)))
      }
    case .json(let value):
      for (name, member) in value.members
      where !read.contains(Int(member.index)) && !irrelevant.contains(name) && member.saysSomething
      {
        found.append(
          Unread(
            path: name,
            position: SourcePosition(file: file, line: member.line, pointer: member.pointer)))
      }
    case .fields(let fields):
      for (index, field) in fields.enumerated()
      where !read.contains(index) && !irrelevant.contains(field.name) && !field.value.isEmpty {
        found.append(Unread(path: field.name, position: field.position))
      }
    }
    for (name, record) in inner {
      found += record.unread(ignoring: irrelevant).map {
        Unread(path: name + "/" + $0.path, position: $0.position)
      }
    }
    return found
  }
}

extension XMLElement {
  /// Whether the element holds more than its name.
  fileprivate var saysSomething: Bool {
    hasChildren || wasPruned || !text.isEmpty || !attributeNames.isEmpty
  }
}

extension JSONValue {
  /// Whether the value holds more than its place: not null, nor empty.
  fileprivate var saysSomething: Bool {
    switch kind {
    case .null: false
    case .bool, .number: true
    case .string: !(string ?? "").isEmpty
    case .array, .object: count > 0
    }
  }
}
