/// Writes JSON text with members in the order in which they are given, so that equal values give
/// equal bytes.
package struct JSONWriter {
  package private(set) var bytes: [UInt8] = []
  private let isPretty: Bool
  private var depth = 0
  /// Whether the container being written has a member already, by depth.
  private var hasMembers: [Bool] = []

  package init(pretty: Bool = false) { isPretty = pretty }

  /// What was written so far; the next text begins anew, in the same memory.
  package mutating func take() -> [UInt8] {
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes.withUnsafeBufferPointer { Array($0) }
  }

  package var text: String { String(decoding: bytes, as: UTF8.self) }

  package mutating func object(_ body: (inout JSONWriter) -> Void) {
    container(open: 0x7B, close: 0x7D, body)
  }

  package mutating func array(_ body: (inout JSONWriter) -> Void) {
    container(open: 0x5B, close: 0x5D, body)
  }

  /// Starts a member of an object; write exactly one value next.
  package mutating func key(_ name: String) {
    separate()
    quote(name)
    bytes.append(0x3A)
    if isPretty { bytes.append(0x20) }
  }

  /// Starts an element of an array; write exactly one value next.
  package mutating func element() { separate() }

  package mutating func value(_ text: String) { quote(text) }

  package mutating func value(_ number: Int) { bytes += Array(String(number).utf8) }

  /// JSON has no infinite numbers; those become null.
  package mutating func value(_ number: Double) {
    bytes += Array((number.isFinite ? "\(number)" : "null").utf8)
  }

  package mutating func value(_ flag: Bool) { bytes += Array((flag ? "true" : "false").utf8) }

  package mutating func null() { bytes += Array("null".utf8) }

  package mutating func member(_ name: String, _ text: String?) {
    key(name)
    if let text { quote(text) } else { null() }
  }

  package mutating func member(_ name: String, _ number: Int?) {
    key(name)
    if let number { value(number) } else { null() }
  }

  package mutating func member(_ name: String, _ flag: Bool) {
    key(name)
    value(flag)
  }

  package mutating func member(_ name: String, _ texts: [String]) {
    key(name)
    array { writer in
      for text in texts {
        writer.element()
        writer.value(text)
      }
    }
  }

  package mutating func member<Item>(
    _ name: String, each items: [Item], _ body: (inout JSONWriter, Item) -> Void
  ) {
    key(name)
    array { writer in
      for item in items {
        writer.element()
        body(&writer, item)
      }
    }
  }

  package mutating func member(_ name: String, object body: (inout JSONWriter) -> Void) {
    key(name)
    object(body)
  }

  private mutating func container(
    open: UInt8, close: UInt8, _ body: (inout JSONWriter) -> Void
  ) {
    bytes.append(open)
    hasMembers.append(false)
    depth += 1
    body(&self)
    depth -= 1
    if hasMembers.removeLast(), isPretty { newLine() }
    bytes.append(close)
  }

  private mutating func separate() {
    if hasMembers[hasMembers.count - 1] { bytes.append(0x2C) }
    hasMembers[hasMembers.count - 1] = true
    if isPretty { newLine() }
  }

  private mutating func newLine() {
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: depth * 2))
  }

  private mutating func quote(_ text: String) {
    bytes.append(0x22)
    var text = text
    text.withUTF8 { characters in
      // Nearly every text has nothing to escape, and is copied in one go.
      var start = 0
      for index in characters.indices where Self.isSpecial(characters[index]) {
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: characters[start..<index]))
        start = index + 1
        escape(characters[index])
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: characters[start...]))
    }
    bytes.append(0x22)
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case 0x22: bytes += [0x5C, 0x22]
    case 0x5C: bytes += [0x5C, 0x5C]
    case 0x0A: bytes += [0x5C, 0x6E]
    case 0x0D: bytes += [0x5C, 0x72]
    case 0x09: bytes += [0x5C, 0x74]
    default:
      let digits = Array("0123456789abcdef".utf8)
      bytes += [0x5C, 0x75, 0x30, 0x30, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
}
