import ScalarText

/// An XML document as a flat array of elements in document order, each with its line.
///
/// The shape suits firewall exports: readers look things up by name in any order, references
/// point forwards and backwards, and every element can say where it stands. A subtree is a
/// contiguous run of the array, so skipping one costs nothing, and there is no object per element.
package final class XMLTree: Sendable {
  struct Node: Sendable {
    var name: UInt32
    var line: UInt32
    /// Index just behind the element's subtree.
    var end: UInt32
    var parent: UInt32
    var textStart: UInt32
    var textLength: UInt32
    var attributeStart: UInt32
    var attributeCount: UInt16
    var hasStrayText: Bool
    var wasPruned: Bool
  }

  struct Attribute: Sendable {
    var name: UInt32
    var start: UInt32
    var length: UInt32
  }

  /// The arrays while a reader fills them.
  struct Storage: Sendable {
    var nodes: ContiguousArray<Node> = []
    var attributes: ContiguousArray<Attribute> = []
    var text: ContiguousArray<UInt8> = []
    var names: [String] = []
    var numbers: [String: UInt32] = [:]

    mutating func number(of name: String) -> UInt32 {
      if let known = numbers[name] { return known }
      let number = UInt32(names.count)
      names.append(name)
      numbers[name] = number
      return number
    }
  }

  let nodes: ContiguousArray<Node>
  let attributes: ContiguousArray<Attribute>
  let text: ContiguousArray<UInt8>
  let names: [String]
  let numbers: [String: UInt32]

  /// How the bytes were read, where it is not what the document declares.
  package let readingNote: String?

  // INVARIANT: at least one node; a document without a root element is an error of the reader.
  init(_ storage: Storage, readingNote: String?) {
    nodes = storage.nodes
    attributes = storage.attributes
    text = storage.text
    names = storage.names
    numbers = storage.numbers
    self.readingNote = readingNote
  }

  package var root: XMLElement { XMLElement(tree: self, index: 0) }

  package var elementCount: Int { nodes.count }
}

/// One element of an ``XMLTree``.
package struct XMLElement: Sendable {
  let tree: XMLTree
  /// Place in the tree, in document order; tells elements of one tree apart.
  package let index: Int

  private var node: XMLTree.Node { tree.nodes[index] }

  /// Local name, without a namespace prefix: vendors change namespaces from release to release.
  package var name: String { tree.names[Int(node.name)] }

  /// Line of the start tag, counted from 1.
  package var line: Int { Int(node.line) }

  /// The character data directly inside the element, without white space at the ends.
  package var text: String {
    let start = Int(node.textStart)
    return ScalarText.separated(decoding: tree.text[start..<start + Int(node.textLength)])
  }

  package var isEmpty: Bool { node.textLength == 0 && Int(node.end) == index + 1 }

  /// Whether character data stands between child elements, which no export format uses.
  package var hasStrayText: Bool { node.hasStrayText }

  /// Whether the reader left out the contents, as told by its options.
  package var wasPruned: Bool { node.wasPruned }

  package func attribute(_ name: String) -> String? {
    guard node.attributeCount > 0, let number = tree.numbers[name] else { return nil }
    let start = Int(node.attributeStart)
    for attribute in tree.attributes[start..<start + Int(node.attributeCount)]
    where attribute.name == number {
      let bytes = tree.text[Int(attribute.start)..<Int(attribute.start + attribute.length)]
      return ScalarText.separated(decoding: bytes)
    }
    return nil
  }

  /// Names of the attributes, in document order.
  package var attributeNames: [String] {
    let start = Int(node.attributeStart)
    return tree.attributes[start..<start + Int(node.attributeCount)].map {
      tree.names[Int($0.name)]
    }
  }

  /// Whether the element has elements below it.
  package var hasChildren: Bool { Int(node.end) > index + 1 }

  package var children: Children { Children(tree: tree, parent: index, filter: nil) }

  /// Children of one name, in document order.
  package func children(_ name: String) -> Children {
    Children(tree: tree, parent: index, filter: tree.numbers[name] ?? .max)
  }

  /// The first child of that name.
  package func child(_ name: String) -> XMLElement? {
    var iterator = children(name).makeIterator()
    return iterator.next()
  }

  /// The first child of the first child and so on.
  package func descend(_ path: String...) -> XMLElement? {
    var element = self
    for name in path {
      guard let next = element.child(name) else { return nil }
      element = next
    }
    return element
  }

  /// Text of the first child of that name; nil where there is no such child.
  package func childText(_ name: String) -> String? { child(name)?.text }

  /// The enclosing element; nil for the root.
  package var parent: XMLElement? {
    index == 0 ? nil : XMLElement(tree: tree, index: Int(node.parent))
  }

  /// Every element below this one, in document order.
  package var descendants: some Sequence<XMLElement> {
    let tree = tree
    return (index + 1..<Int(node.end)).lazy.map { XMLElement(tree: tree, index: $0) }
  }

  package struct Children: Sequence, Sendable {
    let tree: XMLTree
    let parent: Int
    let filter: UInt32?

    package struct Iterator: IteratorProtocol {
      let tree: XMLTree
      let filter: UInt32?
      var next_: Int
      let end: Int

      package mutating func next() -> XMLElement? {
        while next_ < end {
          let current = next_
          next_ = Int(tree.nodes[current].end)
          if filter == nil || tree.nodes[current].name == filter {
            return XMLElement(tree: tree, index: current)
          }
        }
        return nil
      }
    }

    package func makeIterator() -> Iterator {
      Iterator(
        tree: tree, filter: filter, next_: parent + 1, end: Int(tree.nodes[parent].end))
    }

    package var isEmpty: Bool {
      var iterator = makeIterator()
      return iterator.next() == nil
    }
  }
}
