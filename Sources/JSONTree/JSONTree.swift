import CSimdJSON

/// One or more JSON values as a flat array of nodes, each with its place in the source.
///
/// Numbers keep their text, so that identifiers beyond 64 bits survive. Duplicate keys are kept,
/// all of them, in order.
package final class JSONTree: @unchecked Sendable {
  // Unchecked: the C arrays are written once, before the initialiser returns, and only read after.
  private var tree: spj_tree
  /// The same arrays as constants, which need no check for exclusive access at each look.
  private let nodes: UnsafePointer<spj_node>?
  private let strings: UnsafePointer<CChar>?
  /// Byte offsets at which lines start, for positions.
  private let lineStarts: [UInt32]

  /// The most levels of nesting that are read.
  package static let depthLimit: UInt32 = 250

  /// Reads a text. Several values one after the other are all read (see ``tops``).
  package init(_ text: [UInt8], maximumValues: UInt32 = 60_000_000) throws(JSONReadError) {
    var tree = spj_tree()
    var starts: [UInt32] = [0]
    var error = spj_error()
    var padded = text
    padded.append(contentsOf: repeatElement(0x20, count: spj_padding()))
    let succeeded = padded.withUnsafeBufferPointer { buffer in
      for index in 0..<text.count where buffer[index] == 0x0A { starts.append(UInt32(index + 1)) }
      return buffer.withMemoryRebound(to: CChar.self) { characters in
        spj_parse(
          characters.baseAddress, text.count, Self.depthLimit, maximumValues, &tree, &error) == 1
      }
    }
    self.tree = tree
    nodes = UnsafePointer(tree.nodes)
    strings = UnsafePointer(tree.strings)
    lineStarts = starts
    guard succeeded else { throw JSONReadError(error, text: text, lineStarts: starts) }
  }

  deinit { spj_free(&tree) }

  /// The top-level values, usually one.
  package var tops: [JSONValue] {
    (0..<tree.top_count).map { JSONValue(tree: self, index: tree.tops[$0]) }
  }

  package var root: JSONValue { JSONValue(tree: self, index: tree.tops[0]) }

  package var valueCount: Int { tree.node_count }

  func node(_ index: UInt32) -> spj_node {
    // Only a tree that was read gives out values, and every value's index is in it.
    guard let nodes else { return spj_node() }
    return nodes[Int(index)]
  }

  func bytes(_ node: spj_node) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: strings.map { $0 + Int(node.start) }, count: Int(node.length))
  }

  func line(ofOffset offset: UInt32) -> Int { Self.line(ofOffset: offset, in: lineStarts) }

  static func line(ofOffset offset: UInt32, in starts: [UInt32]) -> Int {
    var low = 0
    var high = starts.count
    while low + 1 < high {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }
}

/// Why a text could not be read as JSON, and where.
package struct JSONReadError: Error, Equatable, Sendable {
  package enum Code: String, Sendable {
    case syntax
    case truncated
    case tooDeep
    case encoding
    case tooLarge
    case empty
  }

  package let code: Code
  package let reason: String
  /// Line and column counted from 1; 0 where none is known.
  package let line: Int
  package let column: Int

  init(_ error: spj_error, text: [UInt8], lineStarts: [UInt32]) {
    // SIZE_MAX, which means that no place is known, arrives as -1.
    let given = Int(bitPattern: UInt(truncatingIfNeeded: error.offset))
    let end = text.lastIndex { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }.map { $0 + 1 } ?? 0
    switch Int(error.code) {
    case SPJ_ERROR_TRUNCATED: code = .truncated
    // More was expected behind the last character, whatever it was.
    case SPJ_ERROR_SYNTAX where (end...text.count).contains(given): code = .truncated
    case SPJ_ERROR_DEPTH: code = .tooDeep
    case SPJ_ERROR_UTF8: code = .encoding
    case SPJ_ERROR_SIZE, SPJ_ERROR_MEMORY: code = .tooLarge
    case SPJ_ERROR_EMPTY: code = .empty
    default: code = .syntax
    }
    switch code {
    case .empty: reason = "no JSON value in the file"
    case .tooDeep: reason = "values nested more than \(JSONTree.depthLimit) deep"
    case .encoding: reason = "the text is not valid UTF-8"
    case .truncated: reason = "the text ends inside a value: is the file truncated?"
    case .tooLarge: reason = "the text holds more values than can be read"
    case .syntax:
      let words = error.message.map { String(cString: $0) } ?? "not valid JSON"
      // The parser's texts begin with a name such as `TAPE_ERROR:`, which means nothing to a user.
      reason = Self.withoutCode(words)
    }
    var offset = (0...text.count).contains(given) ? given : nil
    if offset == nil, code == .encoding { offset = Self.firstInvalid(text) }
    // Where a cut text ends tells more than where its outermost value begins.
    if code == .truncated { offset = end }
    if offset == nil {
      line = 0
      column = 0
    } else {
      let bounded = UInt32(offset ?? 0)
      line = JSONTree.line(ofOffset: bounded, in: lineStarts)
      column = Int(bounded) - Int(lineStarts[line - 1]) + 1
    }
  }

  private static func withoutCode(_ text: String) -> String {
    guard let colon = text.firstIndex(of: ":"),
      text[..<colon].allSatisfy({ $0.isUppercase || $0.isNumber || $0 == "_" })
    else { return text }
    let rest = text[text.index(after: colon)...].drop { $0 == " " }
    return rest.prefix(1).lowercased() + rest.dropFirst()
  }

  private static func firstInvalid(_ bytes: [UInt8]) -> Int? {
    var decoder = UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let scalar): offset += scalar.count
      case .emptyInput: return nil
      case .error: return offset
      }
    }
  }
}
