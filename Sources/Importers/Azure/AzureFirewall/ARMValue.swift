import ImportKit

/// What an ARM template expression comes to.
indirect enum ARMValue: Sendable {
  case null
  case bool(Bool)
  case number(Int)
  case text(String)
  case array([ARMValue])
  case object([String: ARMValue])
  /// Part of the template, not looked into yet; its texts may be expressions themselves.
  case json(JSONValue)
  /// Depends on something outside the template; the expression or parameter that is missing.
  case unknown(String)

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
}
