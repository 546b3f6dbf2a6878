import JSONTree

/// Typed access to the members of neutral JSON. What is there and of another kind is refused, never
/// passed over: a `negated` that is a text, or rules that are no list, would change the policy.
extension JSONValue {
  func refuse(_ reason: String) -> PolicyCodingError {
    PolicyCodingError(pointer: pointer, line: line, reason: reason)
  }

  /// What kind of value this is, for messages.
  var kindWord: String {
    switch kind {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }

  /// The entries of a list; none where the member is missing.
  func list(_ name: StaticString) throws(PolicyCodingError) -> [JSONValue] {
    guard let found = self[name] else { return [] }
    guard found.isArray else {
      throw found.refuse("`\(name)` is a list, here it is \(found.kindWord)")
    }
    return Array(found.elements)
  }

  func texts(_ name: StaticString) throws(PolicyCodingError) -> [String] {
    var result: [String] = []
    for element in try list(name) {
      guard let text = element.string else {
        throw element.refuse("an entry of `\(name)` is a text, here it is \(element.kindWord)")
      }
      result.append(text)
    }
    return result
  }

  func optionalText(_ name: StaticString) throws(PolicyCodingError) -> String? {
    guard let found = self[name] else { return nil }
    guard let text = found.string else {
      throw found.refuse("`\(name)` is a text, here it is \(found.kindWord)")
    }
    return text
  }

  func text(_ name: StaticString) throws(PolicyCodingError) -> String {
    guard isObject else {
      throw refuse("expected an object with `\(name)`, here it is \(kindWord)")
    }
    guard let text = try optionalText(name) else { throw refuse("`\(name)` is missing") }
    return text
  }

  func flag(_ name: StaticString, default standard: Bool = false) throws(PolicyCodingError) -> Bool
  {
    guard let found = self[name] else { return standard }
    guard let flag = found.bool else {
      throw found.refuse("`\(name)` is true or false, here it is \(found.kindWord)")
    }
    return flag
  }

  /// A word of a closed list; `standard` where the member is missing.
  func choice<Value: RawRepresentable & CaseIterable>(
    _ name: StaticString, default standard: Value? = nil
  ) throws(PolicyCodingError) -> Value where Value.RawValue == String {
    guard let word = try optionalText(name) else {
      if let standard { return standard }
      throw refuse("`\(name)` is missing")
    }
    guard let value = Value(rawValue: word) else {
      let words = Value.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
      throw (self[name] ?? self).refuse("`\(name)` is `\(word)`, expected one of \(words)")
    }
    return value
  }

  /// Refuses members that are not listed, and listed ones that stand there twice.
  func allow(only names: Set<String>, in what: String) throws(PolicyCodingError) {
    guard isObject else { throw refuse("\(what) is an object, here it is \(kindWord)") }
    var seen: Set<String> = []
    for (key, value) in members {
      guard names.contains(key) else {
        throw value.refuse(
          "\(what) has no `\(key)`; it can have \(names.sorted().joined(separator: ", "))")
      }
      guard seen.insert(key).inserted else { throw value.refuse("`\(key)` stands there twice") }
    }
  }
}
