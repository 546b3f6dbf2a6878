import ImportKit

/// A test of a mark: of the packet (`meta mark`) or of the connection (`ct mark`), with a mask where
/// there is one.
struct NFTMarkTest {
  let kind: NFMarkKind
  private let mask: UInt32
  private let ranges: [ClosedRange<UInt32>]
  private let negated: Bool

  /// Nil where the match is about something else, or written in a way that is not known.
  init?(_ left: JSONValue, operation: String, right: JSONValue) {
    if let sides = left["&"]?.elements.map({ $0 }), sides.count == 2 {
      guard let kind = Self.kind(sides[0]), let mask = Self.number(sides[1]) else { return nil }
      self.kind = kind
      self.mask = mask
    } else if let kind = Self.kind(left) {
      self.kind = kind
      mask = .max
    } else {
      return nil
    }
    let items = right["set"].map { $0.isArray ? $0.elements.map { $0 } : [$0] } ?? [right]
    var ranges: [ClosedRange<UInt32>] = []
    for item in items {
      let value = NFTMatchContext.plain(item)
      if let range = value["range"] {
        let bounds = range.elements.map { Self.number($0) }
        guard bounds.count == 2, let low = bounds[0], let high = bounds[1], low <= high else {
          return nil
        }
        ranges.append(low...high)
      } else if let number = Self.number(value) {
        ranges.append(number...number)
      } else {
        return nil
      }
    }
    guard let bound = ranges.first?.lowerBound, !ranges.isEmpty else { return nil }
    switch operation {
    case "==", "in": negated = false
    case "!=": negated = true
    case "<" where bound > 0:
      ranges = [0...(bound - 1)]
      negated = false
    case "<=":
      ranges = [0...bound]
      negated = false
    case ">":
      ranges = [0...bound]
      negated = true
    case ">=" where bound > 0:
      ranges = [0...(bound - 1)]
      negated = true
    default: return nil
    }
    self.ranges = ranges
  }

  func holds(_ value: UInt32) -> Bool {
    ranges.contains { $0.contains(value & mask) } != negated
  }

  static func kind(_ value: JSONValue) -> NFMarkKind? {
    if value["meta"]?["key"]?.string == "mark" { return .packet }
    return value["ct"]?["key"]?.string == "mark" ? .connection : nil
  }

  static func number(_ value: JSONValue) -> UInt32? {
    if let number = value.int { return UInt32(exactly: number) }
    guard let text = value.string?.lowercased() else { return nil }
    return text.hasPrefix("0x") ? UInt32(text.dropFirst(2), radix: 16) : UInt32(text)
  }

  /// The change that a `mangle` statement makes to a mark; nil where it is about something else.
  static func change(_ body: JSONValue) -> NFEffect? {
    guard let key = body["key"], let target = kind(key) else { return nil }
    guard let value = body["value"], let made = operand(value, depth: 0) else {
      return .forget(target)
    }
    // Marks are combined bit by bit: what is kept of the target itself, and what of the other.
    return made.source == nil || made.source == target
      ? .change(
        NFMarkChange(
          target: target, keep: made.source == nil ? 0 : made.mask, flip: made.flip))
      : .change(
        NFMarkChange(
          target: target, keep: 0, source: made.source, sourceMask: made.mask, flip: made.flip))
  }

  /// `(source & mask) ^ flip`.
  private struct Operand {
    var source: NFMarkKind?
    var mask: UInt32 = 0
    var flip: UInt32 = 0
  }

  private static func operand(_ value: JSONValue, depth: Int) -> Operand? {
    if let number = number(value) { return Operand(flip: number) }
    if let kind = kind(value) { return Operand(source: kind, mask: .max) }
    guard depth < 8, let (operation, body) = value.members.first, body.count == 2,
      value.count == 1
    else { return nil }
    let sides = body.elements.map { $0 }
    guard var left = operand(sides[0], depth: depth + 1), let right = number(sides[1]) else {
      return nil
    }
    switch operation {
    case "&":
      left.mask &= right
      left.flip &= right
    case "|":
      left.mask &= ~right
      left.flip |= right
    case "^": left.flip ^= right
    default: return nil
    }
    return left
  }
}
