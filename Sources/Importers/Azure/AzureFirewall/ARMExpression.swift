/// The syntax of ARM template expressions.
indirect enum ARMExpression {
  case text(String)
  case number(Int)
  case call(String, [ARMExpression])
  case member(ARMExpression, String)
  case element(ARMExpression, ARMExpression)
}

struct ARMExpressionParser {
  private let characters: [Character]
  private var index = 0
  private static let depthLimit = 64

  init(_ text: String) { characters = Array(text) }

  /// Nil where the text is not one whole expression.
  mutating func parse() -> ARMExpression? {
    guard let expression = expression(depth: 0) else { return nil }
    skipBlanks()
    return index == characters.count ? expression : nil
  }

  private var peek: Character? { index < characters.count ? characters[index] : nil }

  private mutating func skipBlanks() {
    while let character = peek, character.isWhitespace { index += 1 }
  }

  private mutating func take(_ character: Character) -> Bool {
    skipBlanks()
    guard peek == character else { return false }
    index += 1
    return true
  }

  private mutating func expression(depth: Int) -> ARMExpression? {
    guard depth < Self.depthLimit, var result = primary(depth: depth) else { return nil }
    while true {
      if take(".") {
        guard let name = identifier() else { return nil }
        result = .member(result, name)
      } else if take("[") {
        guard let inner = expression(depth: depth + 1), take("]") else { return nil }
        result = .element(result, inner)
      } else {
        return result
      }
    }
  }

  private mutating func primary(depth: Int) -> ARMExpression? {
    skipBlanks()
    guard let character = peek else { return nil }
    if character == "'" { return string().map { .text($0) } }
    if character.isNumber || character == "-" {
      var text = String(character)
      index += 1
      while let digit = peek, digit.isNumber {
        text.append(digit)
        index += 1
      }
      return Int(text).map { .number($0) }
    }
    guard let name = identifier(), take("(") else { return nil }
    var arguments: [ARMExpression] = []
    if take(")") { return .call(name, []) }
    repeat {
      guard let argument = expression(depth: depth + 1) else { return nil }
      arguments.append(argument)
    } while take(",")
    return take(")") ? .call(name, arguments) : nil
  }

  private mutating func identifier() -> String? {
    skipBlanks()
    var name = ""
    while let character = peek,
      character.isLetter || character.isNumber || character == "_" || character == "-"
    {
      name.append(character)
      index += 1
    }
    return name.isEmpty ? nil : name
  }

  /// A text in single quotes; two in a row stand for one.
  private mutating func string() -> String? {
    index += 1
    var text = ""
    while let character = peek {
      index += 1
      guard character == "'" else {
        text.append(character)
        continue
      }
      guard peek == "'" else { return text }
      text.append("'")
      index += 1
    }
    return nil
  }
}
