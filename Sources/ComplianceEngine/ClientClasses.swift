import NetworkSets
import PolicyModel

/// The client addresses, cut where the rules' source lists tell them apart.
///
/// Two addresses are in one class when every source list holds both or neither, so one address
/// speaks for its class. Cost is sorting all interval ends of the lists.
struct ClientClasses: Sendable {
  /// One address of each class.
  let representatives: [IPAddress]

  init(universe: AddressSet, family: AddressFamily, cutBy sets: [AddressSet]) {
    switch family {
    case .ipv4:
      representatives = Self.classes(
        of: universe.v4, by: sets.map(\.v4), preferring: SpecialPurposeAddresses.privateUse.v4
      ).map { .v4($0) }
    case .ipv6:
      representatives = Self.classes(
        of: universe.v6, by: sets.map(\.v6), preferring: SpecialPurposeAddresses.privateUse.v6
      ).map { .v6($0) }
    }
  }

  private static func classes<Value>(
    of universe: IntervalSet<Value>, by sets: [IntervalSet<Value>],
    preferring preferred: IntervalSet<Value>
  ) -> [Value] {
    // Each set gets a pseudo-random 128-bit mark, and a segment's signature is the exclusive or of
    // the marks of the sets that hold it. Two different combinations share a signature with a
    // chance of 2^-128 for each pair of segments.
    var seed: UInt64 = 0x5A11_9907_2026_1123
    var ends: [(at: Value, mark: UInt128)] = []
    var marksAfterMaximum = 0
    for set in Set(sets) where !set.isEmpty && !set.isFull {
      // The marks may differ from run to run with the order of the set; the grouping does not.
      let mark = UInt128(nextRandom(&seed)) << 64 | UInt128(nextRandom(&seed))
      for interval in set.intervals {
        ends.append((interval.lower, mark))
        if interval.upper < .max {
          ends.append((interval.upper + 1, mark))
        } else {
          marksAfterMaximum += 1
        }
      }
    }
    ends.sort { $0.at < $1.at }
    var groups: [UInt128: (first: Value, preferred: Value?)] = [:]
    var order: [UInt128] = []
    func note(_ signature: UInt128, lower: Value, upper: Value) {
      let segment = IntervalSet(lower...upper).intersection(universe)
      guard let first = segment.intervals.first else { return }
      let inner = segment.intersection(preferred).intervals.first.map(Self.representative)
      if let known = groups[signature] {
        if known.preferred == nil, inner != nil { groups[signature] = (known.first, inner) }
      } else {
        groups[signature] = (Self.representative(first), inner)
        order.append(signature)
      }
    }
    var signature: UInt128 = 0
    var lower = Value.min
    var index = 0
    while index < ends.count {
      let at = ends[index].at
      if at > lower { note(signature, lower: lower, upper: at - 1) }
      lower = at
      while index < ends.count, ends[index].at == at {
        signature ^= ends[index].mark
        index += 1
      }
    }
    note(signature, lower: lower, upper: .max)
    return order.compactMap { groups[$0].map { $0.preferred ?? $0.first } }
  }

  /// A member that reads like a host: not the first address of a prefix where another will do.
  private static func representative<Value>(_ interval: IntervalSet<Value>.Interval) -> Value {
    interval.upper - interval.lower > 9 ? interval.lower + 10 : interval.lower
  }

  /// The SplitMix64 generator (Steele, Lea and Flood, 2014).
  private static func nextRandom(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
