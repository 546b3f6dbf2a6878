import ImportKit

/// One statement of a Junos configuration, whether it was exported as XML or as JSON.
///
/// The JSON form comes in two styles. The older one wraps everything in arrays, leaves as
/// `{"data": value}` and attributes as `attributes`; the newer one has plain leaves, arrays for lists
/// only, and attributes under `@`, those of a leaf under `@` and its name. An empty statement is
/// `null`. Source: juniper.net, "Mapping Junos OS Configuration Statements to JSON".
///
/// A statement marked `inactive` is there and has no effect; lookups pass over it.
struct JunosNode {
  private enum Source {
    case xml(XMLElement)
    case json(JSONValue, isInactive: Bool)
  }

  let name: String
  private let source: Source

  init(_ element: XMLElement) {
    name = element.name
    source = .xml(element)
  }

  init(name: String, _ value: JSONValue) {
    self.init(name: name, value, isInactive: false)
  }

  private init(name: String, _ value: JSONValue, isInactive: Bool) {
    self.name = name
    source = .json(value, isInactive: isInactive)
  }

  /// The value of a leaf; some releases put it into a `name` inside.
  var text: String {
    switch source {
    case .xml(let element):
      let text = element.text
      return text.isEmpty ? element.childText("name") ?? "" : text
    case .json(let value, _):
      if let text = value.scalarText { return text }
      return value["data"]?.scalarText ?? child("name")?.text ?? ""
    }
  }

  var position: SourcePosition {
    switch source {
    case .xml(let element): SourcePosition(line: element.line)
    case .json(let value, _): SourcePosition(line: value.line, pointer: value.pointer)
    }
  }

  var isInactive: Bool {
    switch source {
    case .xml(let element):
      // The device writes `inactive="inactive"`; what is active has no mark, or says so.
      guard let mark = element.attribute("inactive") else { return false }
      return !["false", "no", "active"].contains(mark.lowercased())
    case .json(let value, let isInactive):
      return isInactive || Self.marksInactive(value["@"]) || Self.marksInactive(value["attributes"])
    }
  }

  private static func marksInactive(_ attributes: JSONValue?) -> Bool {
    guard let mark = attributes?["inactive"] else { return false }
    return mark.bool ?? !["false", "no", "active"].contains(mark.scalarText?.lowercased() ?? "")
  }

  /// Every statement below, inactive ones included.
  var allChildren: [JunosNode] {
    switch source {
    case .xml(let element): return element.children.map { JunosNode($0) }
    case .json(let value, _):
      return value.members.flatMap { key, value in
        key.hasPrefix("@") || key == "attributes" || key == "data"
          ? [] : nodes(named: key, value)
      }
    }
  }

  /// Statements of one name, inactive ones included.
  func all(_ wanted: String) -> [JunosNode] {
    switch source {
    case .xml(let element): return element.children(wanted).map { JunosNode($0) }
    case .json(let value, _):
      return value.member(wanted).map { nodes(named: wanted, $0) } ?? []
    }
  }

  private func nodes(named key: String, _ value: JSONValue) -> [JunosNode] {
    guard case .json(let parent, _) = source else { return [] }
    let marks = parent.member("@" + key)
    guard value.isArray else {
      return [JunosNode(name: key, value, isInactive: Self.marksInactive(marks))]
    }
    // Marks of a list stand in an array beside it; those of an empty statement, which is written as
    // an array of one null, in an object.
    let listed = marks.map { $0.isArray ? Array($0.elements) : [] } ?? []
    let common = marks.flatMap { $0.isObject ? $0 : nil }
    return value.elements.enumerated().map { index, element in
      let mark = index < listed.count ? listed[index] : common
      return JunosNode(name: key, element, isInactive: Self.marksInactive(mark))
    }
  }

  var children: [JunosNode] { allChildren.filter { !$0.isInactive } }

  func children(_ name: String) -> [JunosNode] { all(name).filter { !$0.isInactive } }

  func child(_ name: String) -> JunosNode? { children(name).first }

  func childText(_ name: String) -> String? { child(name)?.text }

  func has(_ name: String) -> Bool { child(name) != nil }

  func descend(_ path: String...) -> JunosNode? {
    var node = self
    for name in path {
      guard let next = node.child(name) else { return nil }
      node = next
    }
    return node
  }

  /// The values of a list of leaves.
  func texts(_ name: String) -> [String] { children(name).map(\.text) }

  /// The names of a list of statements.
  func names(_ list: String) -> [String] { children(list).compactMap { $0.childText("name") } }

  /// Every statement below that has effect, at any depth.
  var descendants: [JunosNode] {
    var result: [JunosNode] = []
    var waiting = children
    while let node = waiting.popLast() {
      result.append(node)
      waiting += node.children
    }
    return result
  }
}
