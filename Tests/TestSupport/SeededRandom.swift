import Foundation

/// A reproducible source of randomness. The seed comes from `SALLYPORT_SEED`, else from the clock,
/// and belongs into the message of every test that uses it.
package struct SeededRandom: RandomNumberGenerator {
  package let seed: UInt64
  private var state: UInt64

  package init(seed: UInt64? = nil) {
    let given = ProcessInfo.processInfo.environment["SALLYPORT_SEED"].flatMap { UInt64($0) }
    self.seed = seed ?? given ?? UInt64(Date().timeIntervalSince1970 * 1_000_000)
    state = self.seed
  }

  /// SplitMix64.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  package mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }

  package mutating func chance(_ oneIn: Int) -> Bool { below(oneIn) == 0 }

  package mutating func pick<Element>(_ items: [Element]) -> Element { items[below(items.count)] }
}

/// How many rounds property tests run: `SALLYPORT_ROUNDS` multiplies the standard number.
package func rounds(_ standard: Int) -> Int {
  let factor = ProcessInfo.processInfo.environment["SALLYPORT_ROUNDS"].flatMap { Int($0) } ?? 1
  return standard * max(factor, 1)
}
