/// A set of ASCII characters.
package struct ByteSet: Hashable, Sendable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  package init() {}

  package init(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { insert(byte) }
  }

  package init(_ range: ClosedRange<UInt8>) {
    for byte in range { insert(byte) }
  }

  package init(_ text: StaticString) {
    self.init(text.withUTF8Buffer { Array($0) })
  }

  /// Characters of host names after normalisation, without the dot.
  package static let label = ByteSet("abcdefghijklmnopqrstuvwxyz0123456789-_")
  /// Characters of host names, the dot included.
  package static let host = label.union(ByteSet("."))
  /// Printable ASCII: what a URL may hold.
  package static let printable = ByteSet(0x21...0x7E)

  package func contains(_ byte: UInt8) -> Bool {
    byte < 64 ? low >> byte & 1 == 1 : (byte < 128 && high >> (byte - 64) & 1 == 1)
  }

  package mutating func insert(_ byte: UInt8) {
    if byte < 64 { low |= 1 << byte } else if byte < 128 { high |= 1 << (byte - 64) }
  }

  package func union(_ other: ByteSet) -> ByteSet {
    var result = self
    result.low |= other.low
    result.high |= other.high
    return result
  }

  package func intersection(_ other: ByteSet) -> ByteSet {
    var result = self
    result.low &= other.low
    result.high &= other.high
    return result
  }

  package func subtracting(_ other: ByteSet) -> ByteSet {
    var result = self
    result.low &= ~other.low
    result.high &= ~other.high
    return result
  }

  package var isEmpty: Bool { low == 0 && high == 0 }

  /// The members in the order in which they read best in an invented name: letters, digits, rest.
  package var readable: [UInt8] {
    let all = (0..<128).map { UInt8($0) }.filter(contains)
    return all.filter { (0x61...0x7A).contains($0) } + all.filter { (0x30...0x39).contains($0) }
      + all.filter { !(0x61...0x7A).contains($0) && !(0x30...0x39).contains($0) }
  }
}
