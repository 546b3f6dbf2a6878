extension AddressSet {
  /// The IPv4 addresses that agree with `base` in every bit that `ignored` does not set, where the
  /// ignored bits need not stand together (`10.0.0.1` ignoring `0.255.0.0` is `10.*.0.1`).
  ///
  /// Nil where the set has more intervals than 4,096; ``around(_:ignoring:)`` bounds it then.
  package init?(v4 base: UInt32, ignoring ignored: UInt32) {
    // Ignored bits at the end make intervals longer; those in front of them multiply intervals.
    let tail = UInt32(ignored.trailingBitOnes)
    let low: UInt32 = tail == 32 ? .max : (1 << tail) - 1
    let scattered = ignored & ~low
    guard scattered.nonzeroBitCount <= 12 else { return nil }
    let first = base & ~ignored
    var intervals: [IntervalSet<UInt32>.Interval] = []
    // All subsets of the scattered bits, in order.
    var part: UInt32 = 0
    repeat {
      intervals.append(.init(lower: first | part, upper: first | part | low))
      part = (part &- scattered) & scattered
    } while part != 0
    self.init(v4: IntervalSet(intervals))
  }

  /// The smallest prefix that holds every address of such a set.
  package static func around(v4 base: UInt32, ignoring ignored: UInt32) -> AddressSet {
    AddressSet(prefix: .v4(base), length: UInt8(ignored.leadingZeroBitCount)) ?? .any
  }
}

extension UInt32 {
  /// How many bits are set from the lowest on without a gap.
  fileprivate var trailingBitOnes: Int { (~self).trailingZeroBitCount }
}
