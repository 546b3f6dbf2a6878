import ImportKit

/// The entries of a pf table, of which the one with the longest prefix counts.
///
/// An exception leaves out its own network, and a longer entry inside it counts again. Source:
/// pf.conf(5), "TABLES".
struct PFPrefixes {
  private var entries: [(set: AddressSet, length: Int, isException: Bool)] = []
  private(set) var hasExceptions = false

  /// Takes up an address, a network or a range; false where the text is none.
  mutating func add(_ text: some StringProtocol, isException: Bool) -> Bool {
    guard let set = AddressSet(parsing: text) else { return false }
    if isException { hasExceptions = true }
    for interval in set.v4.intervals {
      for (lower, upper, length) in Self.prefixes(
        UInt128(interval.lower), UInt128(interval.upper), 32)
      {
        entries.append(
          (
            AddressSet(
              v4: IntervalSet(UInt32(truncatingIfNeeded: lower)...UInt32(truncatingIfNeeded: upper))
            ),
            length, isException
          ))
      }
    }
    for interval in set.v6.intervals {
      for (lower, upper, length) in Self.prefixes(interval.lower, interval.upper, 128) {
        entries.append(
          (AddressSet(v4: IntervalSet(), v6: IntervalSet(lower...upper)), length, isException))
      }
    }
    return true
  }

  /// The addresses that are in the table. The two families never meet, so that their lengths need not
  /// be comparable.
  var addresses: AddressSet {
    guard hasExceptions else {
      return AddressSet(
        v4: IntervalSet(entries.flatMap { $0.set.v4.intervals }),
        v6: IntervalSet(entries.flatMap { $0.set.v6.intervals }))
    }
    var result = AddressSet()
    // An exception of the same length as an entry cannot be loaded beside it; it is taken to win.
    let sorted = entries.sorted {
      ($0.length, $0.isException ? 1 : 0) < ($1.length, $1.isException ? 1 : 0)
    }
    for entry in sorted {
      result = entry.isException ? result.subtracting(entry.set) : result.union(entry.set)
    }
    return result
  }

  /// What exceptions leave out of Internet addresses, whether or not an entry brings it in again.
  var exceptions: AddressSet {
    entries.filter(\.isException).reduce(AddressSet()) { $0.union($1.set) }
  }

  /// A range cut into prefixes, the widest first from the left.
  private static func prefixes(
    _ lower: UInt128, _ upper: UInt128, _ width: Int
  ) -> [(UInt128, UInt128, Int)] {
    var result: [(UInt128, UInt128, Int)] = []
    var start = lower
    while true {
      var bits = start == 0 ? width : min(start.trailingZeroBitCount, width)
      while bits > 0, end(start, bits) > upper { bits -= 1 }
      let last = end(start, bits)
      result.append((start, last, width - bits))
      guard last < upper else { return result }
      start = last + 1
    }
  }

  /// The last address of a block of 2^bits addresses.
  private static func end(_ start: UInt128, _ bits: Int) -> UInt128 {
    bits >= 128 ? .max : start | ((UInt128(1) << UInt128(bits)) - 1)
  }
}
