import CSimdJSON
import ScalarText

/// One value of a ``JSONTree``.
package struct JSONValue: Sendable {
  package let tree: JSONTree
  /// Place in the tree, in document order; tells values of one tree apart.
  package let index: UInt32

  package enum Kind: Sendable {
    case null
    case bool
    case number
    case string
    case array
    case object
  }

  private var node: spj_node { tree.node(index) }

  package var kind: Kind {
    switch Int(node.kind) {
    case SPJ_NULL: .null
    case SPJ_TRUE, SPJ_FALSE: .bool
    case SPJ_NUMBER: .number
    case SPJ_STRING: .string
    case SPJ_ARRAY: .array
    default: .object
    }
  }

  package var isNull: Bool { kind == .null }
  package var isObject: Bool { kind == .object }
  package var isArray: Bool { kind == .array }

  /// The text of a string; nil for other kinds.
  package var string: String? {
    kind == .string ? ScalarText.separated(decoding: tree.bytes(node)) : nil
  }

  package var bool: Bool? {
    switch Int(node.kind) {
    case SPJ_TRUE: true
    case SPJ_FALSE: false
    default: nil
    }
  }

  /// The text of a number as written.
  package var numberText: String? {
    kind == .number ? String(decoding: tree.bytes(node), as: UTF8.self) : nil
  }

  /// An integral number that fits; nil for other kinds, fractions included.
  package var int: Int? { numberText.flatMap { Int($0) } }

  /// A string, or the text of a number or boolean: products change between them.
  package var scalarText: String? {
    switch kind {
    case .string, .number: ScalarText.separated(decoding: tree.bytes(node))
    case .bool: bool == true ? "true" : "false"
    default: nil
    }
  }

  /// How many members an array or object has; 0 for other kinds.
  package var count: Int { isArray || isObject ? Int(node.length) : 0 }

  /// Line of the value, counted from 1.
  package var line: Int { tree.line(ofOffset: node.source) }

  /// The value of the first member of that name; nil for other kinds and missing members.
  package subscript(_ name: StaticString) -> JSONValue? {
    guard Int(node.kind) == SPJ_OBJECT else { return nil }
    return name.withUTF8Buffer { wanted in
      find { key in
        key.count == wanted.count && key.elementsEqual(wanted)
      }
    }
  }

  /// As the subscript for literal names, for names known only at run time.
  package func member(_ name: String) -> JSONValue? {
    guard Int(node.kind) == SPJ_OBJECT else { return nil }
    let wanted = Array(name.utf8)
    return find { $0.count == wanted.count && $0.elementsEqual(wanted) }
  }

  /// As ``member(_:)``, letters of both cases being equal: some tools change the case of names.
  package func member(ignoringCase name: String) -> JSONValue? {
    guard Int(node.kind) == SPJ_OBJECT else { return nil }
    var name = name
    return name.withUTF8 { wanted in
      find { key in
        guard key.count == wanted.count else { return false }
        for index in wanted.indices
        where Self.lowercased(key[index]) != Self.lowercased(wanted[index]) {
          return false
        }
        return true
      }
    }
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }

  private func find(_ accept: (UnsafeRawBufferPointer) -> Bool) -> JSONValue? {
    var position = index + 1
    let end = node.end
    while position < end {
      let value = position + 1
      if accept(tree.bytes(tree.node(position))) { return JSONValue(tree: tree, index: value) }
      position = tree.node(value).end
    }
    return nil
  }

  /// The values of an array; empty for other kinds.
  package var elements: Elements { Elements(value: self) }

  /// The members of an object in order; empty for other kinds.
  package var members: [(key: String, value: JSONValue)] {
    guard Int(node.kind) == SPJ_OBJECT else { return [] }
    var result: [(String, JSONValue)] = []
    result.reserveCapacity(Int(node.length))
    var position = index + 1
    while position < node.end {
      let key = ScalarText.separated(decoding: tree.bytes(tree.node(position)))
      result.append((key, JSONValue(tree: tree, index: position + 1)))
      position = tree.node(position + 1).end
    }
    return result
  }

  /// JSON pointer of the value (RFC 6901); the empty text for a top-level value.
  package var pointer: String {
    var path: [UInt32] = []
    var current = index
    while tree.node(current).parent != current {
      path.append(current)
      current = tree.node(current).parent
    }
    var text: [UInt8] = []
    for step in path.reversed() {
      text.append(0x2F)
      let own = tree.node(step)
      guard Int(tree.node(own.parent).kind) == SPJ_OBJECT else {
        text += "\(own.ordinal)".utf8
        continue
      }
      for byte in tree.bytes(tree.node(step - 1)) {
        switch byte {
        case 0x7E: text += [0x7E, 0x30]
        case 0x2F: text += [0x7E, 0x31]
        default: text.append(byte)
        }
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Position among the members of the enclosing array or object, counted from 0.
  package var ordinal: Int { Int(node.ordinal) }

  package struct Elements: Sequence, Sendable {
    let value: JSONValue

    package struct Iterator: IteratorProtocol {
      let tree: JSONTree
      var position: UInt32
      let end: UInt32

      package mutating func next() -> JSONValue? {
        guard position < end else { return nil }
        let current = position
        position = tree.node(current).end
        return JSONValue(tree: tree, index: current)
      }
    }

    package func makeIterator() -> Iterator {
      let node = value.tree.node(value.index)
      let isArray = Int(node.kind) == SPJ_ARRAY
      return Iterator(
        tree: value.tree, position: value.index + 1, end: isArray ? node.end : value.index + 1)
    }

    package var underestimatedCount: Int { value.isArray ? value.count : 0 }
  }
}
