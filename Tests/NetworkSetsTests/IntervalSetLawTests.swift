import NetworkSets
import TestSupport
import Testing

/// Laws of interval sets, against plain sets of the 256 values of a byte.
@Suite struct IntervalSetLawTests {
  private typealias Ranges = [IntervalSet<UInt8>.Interval]

  private static func ranges(_ random: inout SeededRandom) -> Ranges {
    (0..<random.below(5)).map { _ in
      // Ends of the type are where arithmetic overflows.
      let values: [UInt8] = [0, 1, 2, 127, 128, 254, 255, UInt8(random.below(256))]
      return IntervalSet<UInt8>.Interval(lower: random.pick(values), upper: random.pick(values))
    }
  }

  private static var check: PropertyCheck<[Ranges]> {
    PropertyCheck(
      make: { random in [ranges(&random), ranges(&random), ranges(&random)] },
      smaller: { input in
        input.indices.flatMap { list in
          input[list].indices.map { index in
            var copy = input
            copy[list].remove(at: index)
            return copy
          }
        }
      })
  }

  private static func members(_ ranges: Ranges) -> Set<UInt8> {
    Set(ranges.flatMap { Array($0.lower...$0.upper) })
  }

  @Test func operationsAreThoseOfSets() {
    let all = Set(UInt8.min...UInt8.max)
    let problem = Self.check.counterexample(rounds: rounds(2000)) { input in
      let sets = input.map { IntervalSet<UInt8>($0) }
      let plain = input.map(Self.members)
      let (a, b) = (sets[0], sets[1])
      let (x, y) = (plain[0], plain[1])
      let pairs: [(String, IntervalSet<UInt8>, Set<UInt8>)] = [
        ("itself", a, x), ("union", a.union(b), x.union(y)),
        ("intersection", a.intersection(b), x.intersection(y)),
        ("difference", a.subtracting(b), x.subtracting(y)),
        ("complement", a.complement(), all.subtracting(x)),
      ]
      for (name, set, expected) in pairs {
        if !set.invariantHolds { return "\(name) breaks the invariant" }
        if Set(all.filter { set.contains($0) }) != expected { return name }
        if set.isEmpty != expected.isEmpty { return "\(name) empty" }
        if set.isFull != (expected == all) { return "\(name) full" }
        if set.first != expected.min() { return "\(name) first" }
      }
      if a.isSuperset(of: b) != x.isSuperset(of: y) { return "superset" }
      if a.isDisjoint(with: b) != x.isDisjoint(with: y) { return "disjoint" }
      return nil
    }
    #expect(problem == nil)
  }

  @Test func laws() {
    let problem = Self.check.counterexample(rounds: rounds(2000)) { input in
      let sets = input.map { IntervalSet<UInt8>($0) }
      let (a, b, c) = (sets[0], sets[1], sets[2])
      let laws: [(String, Bool)] = [
        ("De Morgan", a.union(b).complement() == a.complement().intersection(b.complement())),
        ("De Morgan 2", a.intersection(b).complement() == a.complement().union(b.complement())),
        ("double complement", a.complement().complement() == a),
        ("idempotence", a.union(a) == a && a.intersection(a) == a),
        ("commutation", a.union(b) == b.union(a) && a.intersection(b) == b.intersection(a)),
        ("association", a.union(b).union(c) == a.union(b.union(c))),
        (
          "distribution",
          a.intersection(b.union(c)) == a.intersection(b).union(a.intersection(c))
        ),
        ("difference is disjoint", a.subtracting(b).isDisjoint(with: b)),
        ("parts make the whole", a.subtracting(b).union(a.intersection(b)) == a),
        ("absorption", a.union(a.intersection(b)) == a),
        ("disjoint iff no member", a.isDisjoint(with: b) == a.intersection(b).isEmpty),
        ("superset", a.isSuperset(of: b) == b.subtracting(a).isEmpty),
      ]
      return laws.first { !$0.1 }?.0
    }
    #expect(problem == nil)
  }

  @Test func equalMembersAreEqualSets() {
    #expect(
      IntervalSet<UInt8>([.init(lower: 1, upper: 2), .init(lower: 3, upper: 4)])
        == IntervalSet<UInt8>(1...4))
    #expect(IntervalSet<UInt8>.full.complement() == IntervalSet<UInt8>())
    #expect(IntervalSet<UInt8>().complement().isFull)
  }
}
