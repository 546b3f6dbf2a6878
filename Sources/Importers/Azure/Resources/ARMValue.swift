import ImportKit

/// What an ARM template expression comes to.
indirect enum ARMValue {
  case null
  case bool(Bool)
  case number(Int)
  case text(String)
  case array([ARMValue])
  case object([ARMMember])
  /// An array or object as a template writes it, not looked into yet: its texts may be expressions,
  /// which mean what they mean where they stand.
  case json(JSONValue, ARMScope)
  /// Depends on something outside the template; the expression or parameter that is missing.
  case unknown(String)

  /// A text, or the text of a number or boolean.
  var text: String? {
    switch self {
    case .text(let text): text
    case .number(let number): "\(number)"
    case .bool(let flag): flag ? "true" : "false"
    default: nil
    }
  }

  var number: Int? {
    switch self {
    case .number(let number): number
    case .text(let text): Int(text)
    default: nil
    }
  }

  var bool: Bool? {
    switch self {
    case .bool(let flag): flag
    case .text(let text) where text.lowercased() == "true": true
    case .text(let text) where text.lowercased() == "false": false
    default: nil
    }
  }

  var isNull: Bool { if case .null = self { true } else { false } }

  /// What is missing, where something is.
  var missing: String? { if case .unknown(let what) = self { what } else { nil } }

  var isArray: Bool {
    switch self {
    case .array: true
    case .json(let json, _): json.isArray
    default: false
    }
  }

  var isObject: Bool {
    switch self {
    case .object: true
    case .json(let json, _): json.isObject
    default: false
    }
  }

  /// The elements of an array, evaluated; nil for anything else.
  var elements: [ARMValue]? {
    switch self {
    case .array(let items): items
    case .json(let json, let scope) where json.isArray: scope.elements(of: json)
    default: nil
    }
  }

  /// The members of an object, evaluated, those that loops make included; nil for anything else.
  var members: [ARMMember]? {
    switch self {
    case .object(let members): members
    case .json(let json, let scope) where json.isObject: scope.members(of: json)
    default: nil
    }
  }

  /// The value of a member, whatever the case of its name; nil where there is none.
  func member(_ name: String) -> ARMValue? {
    switch self {
    case .object(let members):
      let wanted = name.lowercased()
      return members.first { $0.name.lowercased() == wanted }?.value
    case .json(let json, let scope) where json.isObject:
      return json.member(ignoringCase: name).map { scope.evaluate($0) } ?? scope.looped(name, json)
    default: return nil
    }
  }
}

/// A member of an object.
struct ARMMember {
  let name: String
  let value: ARMValue
}
