/// A set of unsigned integers, kept as sorted, disjoint, non-adjacent closed intervals.
///
/// Ports, IPv4 addresses and IPv6 addresses are all such sets, so containment, overlap and
/// difference are exact whatever mixture of prefixes, ranges and single values they came from.
/// Two sets with the same members compare equal.
package struct IntervalSet<Value>: Hashable, Sendable
where Value: FixedWidthInteger & UnsignedInteger & Sendable {
  /// One closed interval; `lower` is never above `upper`.
  package struct Interval: Hashable, Sendable {
    package let lower: Value
    package let upper: Value

    @inlinable
    package init(lower: Value, upper: Value) {
      self.lower = Swift.min(lower, upper)
      self.upper = Swift.max(lower, upper)
    }
  }

  // INVARIANT: sorted by `lower`; each `lower` is at least two above the previous `upper`.
  package private(set) var intervals: [Interval]

  package init() { intervals = [] }

  package init(_ value: Value) { intervals = [Interval(lower: value, upper: value)] }

  package init(_ range: ClosedRange<Value>) {
    intervals = [Interval(lower: range.lowerBound, upper: range.upperBound)]
  }

  /// The union of intervals in any order, overlapping or not.
  package init(_ unsorted: [Interval]) {
    intervals = Self.normalised(unsorted)
  }

  /// Every value of the type.
  package static var full: Self { Self(Value.min...Value.max) }

  package var isEmpty: Bool { intervals.isEmpty }

  package var isFull: Bool {
    intervals.count == 1 && intervals[0].lower == .min && intervals[0].upper == .max
  }

  /// The smallest member, or nil for the empty set.
  package var first: Value? { intervals.first?.lower }

  package func contains(_ value: Value) -> Bool {
    var low = 0
    var high = intervals.count
    while low < high {
      let middle = (low + high) / 2
      if intervals[middle].upper < value { low = middle + 1 } else { high = middle }
    }
    return low < intervals.count && intervals[low].lower <= value
  }

  package func isSuperset(of other: Self) -> Bool {
    var index = 0
    for interval in other.intervals {
      while index < intervals.count && intervals[index].upper < interval.lower { index += 1 }
      guard index < intervals.count, intervals[index].lower <= interval.lower,
        intervals[index].upper >= interval.upper
      else { return false }
    }
    return true
  }

  package func isDisjoint(with other: Self) -> Bool {
    var left = 0
    var right = 0
    while left < intervals.count && right < other.intervals.count {
      let first = intervals[left]
      let second = other.intervals[right]
      if first.upper < second.lower {
        left += 1
      } else if second.upper < first.lower {
        right += 1
      } else {
        return false
      }
    }
    return true
  }

  package func union(_ other: Self) -> Self {
    if other.isEmpty { return self }
    if isEmpty { return other }
    return Self(intervals + other.intervals)
  }

  package func intersection(_ other: Self) -> Self {
    var result: [Interval] = []
    var left = 0
    var right = 0
    while left < intervals.count && right < other.intervals.count {
      let lower = Swift.max(intervals[left].lower, other.intervals[right].lower)
      let upper = Swift.min(intervals[left].upper, other.intervals[right].upper)
      if lower <= upper { result.append(Interval(lower: lower, upper: upper)) }
      if intervals[left].upper < other.intervals[right].upper { left += 1 } else { right += 1 }
    }
    var set = Self()
    set.intervals = result
    return set
  }

  package func complement() -> Self {
    var result: [Interval] = []
    var next = Value.min
    for interval in intervals {
      if interval.lower > next { result.append(Interval(lower: next, upper: interval.lower - 1)) }
      if interval.upper == .max {
        var set = Self()
        set.intervals = result
        return set
      }
      next = interval.upper + 1
    }
    result.append(Interval(lower: next, upper: .max))
    var set = Self()
    set.intervals = result
    return set
  }

  package func subtracting(_ other: Self) -> Self {
    intersection(other.complement())
  }

  /// Whether the stored form obeys the invariant; tests call it after every operation.
  package var invariantHolds: Bool {
    for (previous, next) in zip(intervals, intervals.dropFirst()) {
      guard previous.upper < .max, next.lower > previous.upper + 1 else { return false }
    }
    return true
  }

  private static func normalised(_ unsorted: [Interval]) -> [Interval] {
    guard unsorted.count > 1 else { return unsorted }
    let sorted = unsorted.sorted { $0.lower < $1.lower }
    var result: [Interval] = []
    result.reserveCapacity(sorted.count)
    for interval in sorted {
      guard let last = result.last else {
        result.append(interval)
        continue
      }
      let touches = last.upper == .max || interval.lower <= last.upper + 1
      if touches {
        result[result.count - 1] = Interval(
          lower: last.lower, upper: Swift.max(last.upper, interval.upper))
      } else {
        result.append(interval)
      }
    }
    return result
  }
}
