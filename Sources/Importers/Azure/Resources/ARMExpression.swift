/// The syntax of ARM template expressions.
indirect enum ARMExpression {
  case text(String)
  case number(Int)
  /// A function, perhaps with the namespace of a user's function before it (`contoso.uniqueName`).
  case call(String, [ARMExpression])
  case member(ARMExpression, String)
  case element(ARMExpression, ARMExpression)
}

/// Reads expressions by bytes, as the service does: every sign of the grammar is ASCII.
///
/// Source: learn.microsoft.com, "Syntax and expressions in ARM templates".
struct ARMExpressionParser {
  private let bytes: [UInt8]
  private var index = 0
  /// The deepest nesting of calls and brackets; the longest expression of the service has 24,576
  /// characters, and none that a person or Bicep wrote comes near this depth.
  private static let depthLimit = 48

  init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

  /// Nil where the text is not one whole expression.
  mutating func parse() -> ARMExpression? {
    guard let expression = expression(depth: 0) else { return nil }
    skipBlanks()
    return index == bytes.count ? expression : nil
  }

  private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func skipBlanks() {
    while let byte = peek, byte == 0x20 || (0x09...0x0D).contains(byte) { index += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipBlanks()
    guard peek == byte else { return false }
    index += 1
    return true
  }

  private mutating func expression(depth: Int) -> ARMExpression? {
    guard depth < Self.depthLimit, var result = primary(depth: depth) else { return nil }
    // A chain of members nests the tree as well.
    var links = 0
    while links < Self.depthLimit {
      if take(UInt8(ascii: ".")) {
        guard let name = identifier() else { return nil }
        result = .member(result, name)
      } else if take(UInt8(ascii: "[")) {
        guard let inner = expression(depth: depth + 1), take(UInt8(ascii: "]")) else { return nil }
        result = .element(result, inner)
      } else {
        return result
      }
      links += 1
    }
    return nil
  }

  private mutating func primary(depth: Int) -> ARMExpression? {
    skipBlanks()
    guard let byte = peek else { return nil }
    if byte == UInt8(ascii: "'") { return string().map { .text($0) } }
    if Self.isDigit(byte) || byte == UInt8(ascii: "-") {
      let start = index
      index += 1
      while let digit = peek, Self.isDigit(digit) { index += 1 }
      return Int(String(decoding: bytes[start..<index], as: UTF8.self)).map { .number($0) }
    }
    guard var name = identifier() else { return nil }
    while take(UInt8(ascii: ".")) {
      guard let next = identifier() else { return nil }
      name += "." + next
    }
    guard take(UInt8(ascii: "(")) else { return nil }
    var arguments: [ARMExpression] = []
    if take(UInt8(ascii: ")")) { return .call(name, []) }
    repeat {
      guard let argument = expression(depth: depth + 1) else { return nil }
      arguments.append(argument)
    } while take(UInt8(ascii: ","))
    return take(UInt8(ascii: ")")) ? .call(name, arguments) : nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private mutating func identifier() -> String? {
    skipBlanks()
    let start = index
    while let byte = peek {
      let isLetter = (0x61...0x7A).contains(byte | 0x20)
      guard isLetter || Self.isDigit(byte) || byte == 0x5F || byte == 0x2D else { break }
      index += 1
    }
    return index > start ? String(decoding: bytes[start..<index], as: UTF8.self) : nil
  }

  /// A text in single quotes; two in a row stand for one.
  private mutating func string() -> String? {
    index += 1
    var text: [UInt8] = []
    while let byte = peek {
      index += 1
      guard byte == UInt8(ascii: "'") else {
        text.append(byte)
        continue
      }
      guard peek == UInt8(ascii: "'") else { return String(decoding: text, as: UTF8.self) }
      text.append(byte)
      index += 1
    }
    return nil
  }
}
