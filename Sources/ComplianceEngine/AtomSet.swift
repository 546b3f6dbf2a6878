/// A set of atoms of a ``FlowSpace``, as bits.
struct AtomSet: Hashable, Sendable {
  private var first: UInt64
  /// Bits from 64 on; empty for spaces of up to 64 atoms, so that the common case allocates nothing.
  private var rest: [UInt64]

  init(count: Int, full: Bool = false) {
    first = 0
    rest = count > 64 ? Array(repeating: 0, count: (count - 1) / 64) : []
    guard full else { return }
    first = count >= 64 ? .max : (1 << UInt64(count)) - 1
    for index in rest.indices {
      let remaining = count - 64 * (index + 1)
      rest[index] = remaining >= 64 ? .max : (1 << UInt64(remaining)) - 1
    }
  }

  var isEmpty: Bool { first == 0 && rest.allSatisfy { $0 == 0 } }

  func contains(_ atom: Int) -> Bool {
    atom < 64 ? first >> UInt64(atom) & 1 == 1 : rest[atom / 64 - 1] >> UInt64(atom % 64) & 1 == 1
  }

  mutating func insert(_ atom: Int) {
    if atom < 64 {
      first |= 1 << UInt64(atom)
    } else {
      rest[atom / 64 - 1] |= 1 << UInt64(atom % 64)
    }
  }

  mutating func formUnion(_ other: AtomSet) {
    first |= other.first
    for index in rest.indices { rest[index] |= other.rest[index] }
  }

  mutating func formIntersection(_ other: AtomSet) {
    first &= other.first
    for index in rest.indices { rest[index] &= other.rest[index] }
  }

  mutating func subtract(_ other: AtomSet) {
    first &= ~other.first
    for index in rest.indices { rest[index] &= ~other.rest[index] }
  }

  func union(_ other: AtomSet) -> AtomSet {
    var result = self
    result.formUnion(other)
    return result
  }

  func intersection(_ other: AtomSet) -> AtomSet {
    var result = self
    result.formIntersection(other)
    return result
  }

  func subtracting(_ other: AtomSet) -> AtomSet {
    var result = self
    result.subtract(other)
    return result
  }

  func isDisjoint(with other: AtomSet) -> Bool {
    if first & other.first != 0 { return false }
    for index in rest.indices where rest[index] & other.rest[index] != 0 { return false }
    return true
  }

  var atoms: [Int] {
    var result: [Int] = []
    for (word, base) in [(first, 0)] + rest.enumerated().map({ ($1, 64 * ($0 + 1)) }) {
      var bits = word
      while bits != 0 {
        result.append(base + bits.trailingZeroBitCount)
        bits &= bits - 1
      }
    }
    return result
  }
}
