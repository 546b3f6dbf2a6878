import ImportKit

/// The parameters and variables of one deployment template, and the evaluation of expressions.
///
/// Source: learn.microsoft.com, "Template functions in ARM templates". Evaluated are the functions
/// that rule collections use in practice; whatever needs the running subscription (`reference`,
/// `uniqueString`, `resourceGroup`) stays unknown and is reported as such.
final class ARMTemplate {
  private let parameters: JSONValue?
  private let variables: JSONValue?
  /// Values from a parameters file or from the deployment that nests this template.
  private let given: [String: ARMValue]
  /// The numbers of the `copy` loops around, by name; the innermost also under the empty name.
  private let copyIndexes: [String: Int]
  private let source: JSONValue?
  /// Variables and parameters being evaluated, to catch circles.
  private var inProgress: Set<String> = []
  /// Set while a name is made for people: a missing value then stands for itself.
  private var namesUnknowns = false

  init(
    template: JSONValue?, given: [String: ARMValue] = [:], copyIndexes: [String: Int] = [:]
  ) {
    parameters = template?["parameters"]
    variables = template?["variables"]
    source = template
    self.given = given
    self.copyIndexes = copyIndexes
  }

  /// The same template inside one run of a `copy` loop.
  func iterating(_ name: String, _ index: Int) -> ARMTemplate {
    var indexes = copyIndexes
    indexes[name.lowercased()] = index
    indexes[""] = index
    return ARMTemplate(template: source, given: given, copyIndexes: indexes)
  }

  /// The value of a JSON value with expressions evaluated at its top; arrays and objects stay JSON.
  func evaluate(_ value: JSONValue) -> ARMValue {
    switch value.kind {
    case .null: return .null
    case .bool: return .bool(value.bool ?? false)
    case .number: return value.int.map { .number($0) } ?? .text(value.numberText ?? "")
    case .array, .object: return .json(value)
    case .string: return evaluate(text: value.string ?? "")
    }
  }

  /// A text that starts with `[` and ends with `]` is an expression; `[[` escapes a bracket.
  func evaluate(text: String) -> ARMValue {
    guard text.hasPrefix("["), text.hasSuffix("]"), text.count > 2 else { return .text(text) }
    if text.hasPrefix("[[") { return .text(String(text.dropFirst())) }
    var parser = ARMExpressionParser(String(text.dropFirst().dropLast()))
    guard let expression = parser.parse() else { return .unknown(text) }
    return evaluate(expression, source: text)
  }

  /// A text for people: expressions evaluated as far as possible, what is missing as `<name>`.
  func display(_ text: String) -> String {
    namesUnknowns = true
    defer { namesUnknowns = false }
    return evaluate(text: text).text ?? text
  }

  /// The elements of an array, or of an expression that comes to one; nil where it does not.
  func elements(_ value: JSONValue) -> [ARMValue]? { elements(evaluate(value)) }

  private func elements(_ value: ARMValue) -> [ARMValue]? {
    switch value {
    case .array(let items): return items
    case .json(let json) where json.isArray: return json.elements.map { evaluate($0) }
    default: return nil
    }
  }

  // MARK: Functions

  private func evaluate(_ expression: ARMExpression, source: String) -> ARMValue {
    switch expression {
    case .text(let text): return .text(text)
    case .number(let number): return .number(number)
    case .member(let base, let name):
      return member(evaluate(base, source: source), name, source: source)
    case .element(let base, let index):
      let base = evaluate(base, source: source)
      let index = evaluate(index, source: source)
      if let name = index.text, index.number == nil { return member(base, name, source: source) }
      guard let items = elements(base), let number = index.number, items.indices.contains(number)
      else { return .unknown(source) }
      return items[number]
    case .call(let name, let arguments):
      return call(name.lowercased(), arguments, source: source)
    }
  }

  private func member(_ base: ARMValue, _ name: String, source: String) -> ARMValue {
    switch base {
    case .object(let members): return members[name] ?? .unknown(source)
    case .json(let json):
      return json.member(ignoringCase: name).map { evaluate($0) } ?? .unknown(source)
    case .unknown(let what): return .unknown(what)
    default: return .unknown(source)
    }
  }

  private func call(_ name: String, _ arguments: [ARMExpression], source: String) -> ARMValue {
    if name == "if", arguments.count == 3 {
      switch evaluate(arguments[0], source: source) {
      case .bool(let flag): return evaluate(arguments[flag ? 1 : 2], source: source)
      default: return .unknown(source)
      }
    }
    let values = arguments.map { evaluate($0, source: source) }
    if name == "parameters" || name == "variables" {
      guard let key = values.first?.text else { return .unknown(source) }
      let value = name == "parameters" ? parameter(key) : variable(key)
      if namesUnknowns, case .unknown = value { return .text("<\(key)>") }
      return value
    }
    for value in values {
      if case .unknown(let what) = value { return .unknown(what) }
    }
    switch name {
    case "concat": return concat(values) ?? .unknown(source)
    case "format": return format(values) ?? .unknown(source)
    case "add", "sub", "mul", "div", "mod":
      return arithmetic(name, values) ?? .unknown(source)
    case "string": return values.first?.text.map { .text($0) } ?? .unknown(source)
    case "int": return values.first?.number.map { .number($0) } ?? .unknown(source)
    case "tolower": return values.first?.text.map { .text($0.lowercased()) } ?? .unknown(source)
    case "toupper": return values.first?.text.map { .text($0.uppercased()) } ?? .unknown(source)
    case "equals":
      guard values.count == 2, let one = values[0].text, let two = values[1].text else {
        return .unknown(source)
      }
      return .bool(one.lowercased() == two.lowercased())
    case "not":
      if case .bool(let flag)? = values.first { return .bool(!flag) }
      return .unknown(source)
    case "empty":
      if let items = values.first.flatMap(elements) { return .bool(items.isEmpty) }
      return values.first?.text.map { .bool($0.isEmpty) } ?? .unknown(source)
    case "copyindex":
      // `copyIndex(offset)`, `copyIndex('loop')` or `copyIndex('loop', offset)`.
      let isNamed = values.first?.text != nil && values.first?.number == nil
      guard let index = copyIndexes[isNamed ? values[0].text?.lowercased() ?? "" : ""] else {
        return .unknown(source)
      }
      let offset = isNamed ? values.dropFirst().first?.number : values.first?.number
      return .number(index + (offset ?? 0))
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": return .null
    case "createarray", "array":
      if name == "array", let only = values.first, let items = elements(only) {
        return .array(items)
      }
      return .array(values)
    case "union":
      let lists = values.compactMap(elements)
      guard lists.count == values.count else { return .unknown(source) }
      var seen: Set<String> = []
      return .array(
        lists.flatMap { $0 }.filter { $0.text.map { seen.insert($0).inserted } ?? true })
    case "first", "last":
      guard let items = values.first.flatMap(elements) else { return .unknown(source) }
      return (name == "first" ? items.first : items.last) ?? .null
    case "length":
      return values.first.flatMap(elements).map { .number($0.count) } ?? .unknown(source)
    case "split":
      guard values.count == 2, let text = values[0].text, let mark = values[1].text?.first else {
        return .unknown(source)
      }
      return .array(text.split(separator: mark).map { .text(String($0)) })
    case "resourceid", "subscriptionresourceid", "extensionresourceid":
      return resourceID(values) ?? .unknown(source)
    default: return .unknown(source)
    }
  }

  private func parameter(_ name: String) -> ARMValue {
    if let value = given[name.lowercased()] { return value }
    guard let declared = parameters?.member(ignoringCase: name),
      let standard = declared["defaultValue"]
    else { return .unknown("parameter `\(name)` has no value in the template") }
    return guarded("parameter \(name)") { evaluate(standard) }
  }

  private func variable(_ name: String) -> ARMValue {
    guard let value = variables?.member(ignoringCase: name) else {
      return .unknown("variable `\(name)` is not defined")
    }
    return guarded("variable \(name)") { evaluate(value) }
  }

  private func guarded(_ name: String, _ body: () -> ARMValue) -> ARMValue {
    guard inProgress.insert(name).inserted else { return .unknown("\(name) refers to itself") }
    defer { inProgress.remove(name) }
    return body()
  }

  private func concat(_ values: [ARMValue]) -> ARMValue? {
    let lists = values.compactMap(elements)
    if lists.count == values.count { return .array(lists.flatMap { $0 }) }
    let texts = values.compactMap(\.text)
    return texts.count == values.count ? .text(texts.joined()) : nil
  }

  private func format(_ values: [ARMValue]) -> ARMValue? {
    guard var text = values.first?.text else { return nil }
    for (index, value) in values.dropFirst().enumerated() {
      guard let part = value.text else { return nil }
      let pieces = text.split(separator: "{\(index)}", omittingEmptySubsequences: false)
      text = pieces.joined(separator: part)
    }
    return .text(text)
  }

  private func arithmetic(_ name: String, _ values: [ARMValue]) -> ARMValue? {
    guard values.count == 2, let one = values[0].number, let two = values[1].number else {
      return nil
    }
    let (result, overflow): (Int, Bool) =
      switch name {
      case "add": one.addingReportingOverflow(two)
      case "sub": one.subtractingReportingOverflow(two)
      case "mul": one.multipliedReportingOverflow(by: two)
      case "div": one.dividedReportingOverflow(by: two)
      default: one.remainderReportingOverflow(dividingBy: two)
      }
    return overflow ? nil : .number(result)
  }

  /// Types and names interleaved, as in a real id; subscription and group are left out, since
  /// resources are matched by type and name.
  private func resourceID(_ values: [ARMValue]) -> ARMValue? {
    let texts = values.compactMap(\.text)
    guard texts.count == values.count, let start = texts.firstIndex(where: { $0.contains("/") })
    else { return nil }
    let types = texts[start].split(separator: "/")
    let names = texts[(start + 1)...]
    guard types.count == names.count + 1 else { return nil }
    let parts = zip(types.dropFirst(), names).map { "\($0)/\($1)" }
    return .text("/providers/\(types[0])/" + parts.joined(separator: "/"))
  }
}
