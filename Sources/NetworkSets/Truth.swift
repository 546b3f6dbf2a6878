/// Three-valued truth: what an export proves about a match.
///
/// `perhaps` is not a probability. It says that the export does not hold what would decide the
/// question, so both answers stay possible. The operators are Kleene's strong logic, which never
/// turns a `perhaps` into a definite answer unless the other operand already forces it.
package enum Truth: UInt8, Comparable, Sendable {
  case no = 0
  case perhaps = 1
  case yes = 2

  package static func < (left: Truth, right: Truth) -> Bool { left.rawValue < right.rawValue }

  /// Both must hold.
  package static func && (left: Truth, right: Truth) -> Truth { min(left, right) }

  /// One of them must hold.
  package static func || (left: Truth, right: Truth) -> Truth { max(left, right) }

  /// The opposite; `perhaps` stays `perhaps`.
  package static prefix func ! (value: Truth) -> Truth {
    switch value {
    case .no: .yes
    case .perhaps: .perhaps
    case .yes: .no
    }
  }

  package init(_ value: Bool) { self = value ? .yes : .no }
}
