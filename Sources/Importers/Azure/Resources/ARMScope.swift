import ImportKit

/// A place in a template at which expressions are evaluated: the template, the loops around the
/// place, and the variables of a lambda or user's function.
struct ARMScope {
  let template: ARMTemplate
  /// The numbers of the `copy` loops around, by name; the innermost also under the empty name. Nil
  /// where a loop runs an unknown number of times.
  private var indexes: [String: Int?] = [:]
  private var lambdaVariables: [String: ARMValue] = [:]
  /// Inside a user's function, its arguments, and nothing else of the template.
  private var arguments: [String: ARMValue]?
  /// Set while a name is made for people: a missing value then stands for itself.
  private var namesUnknowns = false

  /// The most copies that a loop makes ("800", learn.microsoft.com, "Template limits").
  static let copyLimit = 800

  init(_ template: ARMTemplate) { self.template = template }

  /// The same place inside one run of a `copy` loop.
  func iterating(_ name: String, _ index: Int?) -> ARMScope {
    var scope = self
    scope.indexes[name.lowercased()] = .some(index)
    scope.indexes[""] = .some(index)
    return scope
  }

  func position(of value: JSONValue) -> SourcePosition {
    SourcePosition(file: template.file, line: value.line, pointer: value.pointer)
  }

  /// The value of a JSON value with expressions evaluated at its top; arrays and objects stay as they
  /// are written.
  func evaluate(_ value: JSONValue) -> ARMValue {
    switch value.kind {
    case .null: .null
    case .bool: .bool(value.bool ?? false)
    case .number: value.int.map { .number($0) } ?? .text(value.numberText ?? "")
    case .array, .object: .json(value, self)
    case .string: evaluate(text: value.string ?? "")
    }
  }

  /// A text that starts with `[` and ends with `]` is an expression; `[[` escapes a bracket.
  func evaluate(text: String) -> ARMValue {
    guard text.utf8.first == UInt8(ascii: "["), text.utf8.last == UInt8(ascii: "]"),
      text.utf8.count > 2
    else { return .text(text) }
    if text.utf8.dropFirst().first == UInt8(ascii: "[") { return .text(String(text.dropFirst())) }
    guard let expression = template.budget.expression(in: text) else {
      return .unknown(Self.shown(text))
    }
    return evaluate(expression, source: Self.shown(text))
  }

  /// An expression as messages show it: generated ones may be of any length.
  private static func shown(_ text: String) -> String {
    text.unicodeScalars.count <= 200
      ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(200))) + "…"
  }

  /// A text for people: expressions evaluated as far as possible, what is missing as `<name>`.
  func display(_ text: String) -> String {
    var scope = self
    scope.namesUnknowns = true
    return scope.evaluate(text: text).text ?? Self.shown(text)
  }

  // MARK: Arrays and objects

  func elements(of json: JSONValue) -> [ARMValue] {
    guard template.budget.spend(items: json.count) else {
      return [.unknown(ARMBudget.exceeded)]
    }
    return json.elements.map { evaluate($0) }
  }

  func members(of json: JSONValue) -> [ARMMember] {
    guard template.budget.spend(items: json.count) else { return [] }
    var result: [ARMMember] = []
    for (name, value) in json.members {
      if name.lowercased() == "copy", value.isArray {
        for loop in value.elements {
          guard let made = loop.member(ignoringCase: "name")?.string else { continue }
          result.append(ARMMember(name: made, value: run(loop)))
        }
      } else {
        result.append(ARMMember(name: name, value: evaluate(value)))
      }
    }
    return result
  }

  /// What a loop among the members of an object makes under a name; nil where none does.
  ///
  /// Source: learn.microsoft.com, "Property iteration in ARM templates" and "Variable iteration".
  func looped(_ name: String, _ json: JSONValue) -> ARMValue? {
    guard let copy = json.member(ignoringCase: "copy"), copy.isArray else { return nil }
    let wanted = name.lowercased()
    let loop = copy.elements.first {
      $0.member(ignoringCase: "name")?.string?.lowercased() == wanted
    }
    return loop.map { run($0) }
  }

  private func run(_ loop: JSONValue) -> ARMValue {
    let name = loop.member(ignoringCase: "name")?.string ?? ""
    guard let input = loop.member(ignoringCase: "input"),
      let count = loop.member(ignoringCase: "count").flatMap({ evaluate($0).number }),
      (0...Self.copyLimit).contains(count), template.budget.spend(steps: count, items: count)
    else { return .unknown("`\(name)` made by a `copy` loop are not known") }
    return .array((0..<count).map { iterating(name, $0).evaluate(input) })
  }

  // MARK: Expressions

  func evaluate(_ expression: ARMExpression, source: String) -> ARMValue {
    template.budget.deeper {
      switch expression {
      case .text(let text): return .text(text)
      case .number(let number): return .number(number)
      case .member(let base, let name):
        return Self.member(evaluate(base, source: source), name, source: source)
      case .element(let base, let index):
        let base = evaluate(base, source: source)
        let index = evaluate(index, source: source)
        return Self.element(base, index, source: source)
      case .call(let name, let arguments):
        return call(name.lowercased(), arguments, source: source)
      }
    }
  }

  static func member(_ base: ARMValue, _ name: String, source: String) -> ARMValue {
    if case .unknown = base { return base }
    return base.member(name) ?? .unknown(source)
  }

  private static func element(_ base: ARMValue, _ index: ARMValue, source: String) -> ARMValue {
    if case .unknown = base { return base }
    if case .unknown = index { return index }
    if case .text(let name) = index { return member(base, name, source: source) }
    guard let items = base.elements, let number = index.number, items.indices.contains(number)
    else { return .unknown(source) }
    return items[number]
  }

  /// Functions that see more than their arguments' values; all others are in ``ARMFunctions``.
  private func call(
    _ name: String, _ expressions: [ARMExpression], source: String
  ) -> ARMValue {
    switch name {
    case "if":
      guard expressions.count == 3,
        let flag = evaluate(expressions[0], source: source).bool
      else { return .unknown(source) }
      return evaluate(expressions[flag ? 1 : 2], source: source)
    case "and", "or":
      let flags = expressions.map { evaluate($0, source: source).bool }
      let decisive = name == "or"
      if flags.contains(decisive) { return .bool(decisive) }
      return flags.contains(nil) || flags.isEmpty ? .unknown(source) : .bool(!decisive)
    case "coalesce":
      // The first value that is not null; one that is not known may be null or not.
      for expression in expressions {
        let value = evaluate(expression, source: source)
        if !value.isNull { return value }
      }
      return .null
    case "parameters", "variables", "lambdavariables":
      guard let key = expressions.first.flatMap({ evaluate($0, source: source).text }) else {
        return .unknown(source)
      }
      return named(key, by: name, source: source)
    case "copyindex": return copyIndex(expressions, source: source)
    case "map", "filter", "reduce", "sort", "toobject", "mapvalues", "groupby":
      return overElements(name, expressions, source: source)
    default: break
    }
    let values = expressions.map { evaluate($0, source: source) }
    if name.utf8.contains(UInt8(ascii: ".")) { return user(name, values, source: source) }
    if let missing = values.lazy.compactMap(\.missing).first { return .unknown(missing) }
    return ARMFunctions(budget: template.budget).call(name, values) ?? .unknown(source)
  }

  private func named(_ key: String, by function: String, source: String) -> ARMValue {
    let value: ARMValue
    if function == "lambdavariables" {
      value = lambdaVariables[key.lowercased()] ?? .unknown(source)
    } else if let arguments {
      value = arguments[key.lowercased()] ?? .unknown(source)
    } else {
      value = function == "parameters" ? template.parameter(key) : template.variable(key)
    }
    if namesUnknowns, case .unknown = value { return .text("<\(key)>") }
    return value
  }

  /// `copyIndex(offset)`, `copyIndex('loop')` or `copyIndex('loop', offset)`.
  private func copyIndex(_ expressions: [ARMExpression], source: String) -> ARMValue {
    let values = expressions.map { evaluate($0, source: source) }
    var loop = ""
    if case .text(let name)? = values.first { loop = name.lowercased() }
    let given = loop.isEmpty ? values.first : values.dropFirst().first
    guard case .some(.some(let index)) = indexes[loop] else {
      return namesUnknowns ? .text("<\(loop.isEmpty ? "copyIndex" : loop)>") : .unknown(source)
    }
    guard let given else { return .number(index) }
    guard let offset = given.number else { return .unknown(source) }
    let (sum, overflow) = index.addingReportingOverflow(offset)
    return overflow ? .unknown(source) : .number(sum)
  }

  // MARK: Functions of users, and functions that take functions

  private func user(_ name: String, _ values: [ARMValue], source: String) -> ARMValue {
    guard let function = template.function(name), function.parameters.count == values.count else {
      return .unknown(source)
    }
    var scope = ARMScope(template)
    scope.arguments = Dictionary(
      zip(function.parameters, values), uniquingKeysWith: { first, _ in first })
    return template.budget.deeper { scope.evaluate(function.output) }
  }

  /// The names and the body of `lambda('x', …)`.
  private func lambda(
    _ expression: ARMExpression?, source: String
  ) -> (names: [String], body: ARMExpression)? {
    guard case .call(let name, let parts)? = expression, name.lowercased() == "lambda",
      let body = parts.last
    else { return nil }
    let names = parts.dropLast().compactMap { evaluate($0, source: source).text?.lowercased() }
    return names.count == parts.count - 1 ? (names, body) : nil
  }

  private func apply(
    _ lambda: (names: [String], body: ARMExpression), _ values: [ARMValue], source: String
  ) -> ARMValue {
    var scope = self
    for (name, value) in zip(lambda.names, values) { scope.lambdaVariables[name] = value }
    return scope.evaluate(lambda.body, source: source)
  }

  /// Source: learn.microsoft.com, "Lambda functions for ARM templates".
  private func overElements(
    _ name: String, _ expressions: [ARMExpression], source: String
  ) -> ARMValue {
    guard let first = expressions.first else { return .unknown(source) }
    let base = evaluate(first, source: source)
    if case .unknown = base { return base }
    guard let items = base.elements, template.budget.spend(steps: items.count, items: items.count)
    else { return .unknown(source) }
    switch name {
    case "map":
      guard let lambda = lambda(expressions.last, source: source) else { return .unknown(source) }
      return .array(
        items.enumerated().map {
          apply(lambda, [$0.element, .number($0.offset)], source: source)
        })
    case "filter":
      guard let lambda = lambda(expressions.last, source: source) else { return .unknown(source) }
      var kept: [ARMValue] = []
      for (index, item) in items.enumerated() {
        guard let flag = apply(lambda, [item, .number(index)], source: source).bool else {
          return .unknown(source)
        }
        if flag { kept.append(item) }
      }
      return .array(kept)
    case "reduce":
      guard expressions.count == 3, let lambda = lambda(expressions.last, source: source) else {
        return .unknown(source)
      }
      var result = evaluate(expressions[1], source: source)
      for item in items { result = apply(lambda, [result, item], source: source) }
      return result
    case "toobject":
      guard expressions.count >= 2, let key = lambda(expressions[1], source: source) else {
        return .unknown(source)
      }
      let content = expressions.count > 2 ? lambda(expressions[2], source: source) : nil
      var members: [ARMMember] = []
      for item in items {
        guard let name = apply(key, [item], source: source).text else { return .unknown(source) }
        members.append(
          ARMMember(name: name, value: content.map { apply($0, [item], source: source) } ?? item))
      }
      return .object(members)
    default: return .unknown(source)
    }
  }
}
