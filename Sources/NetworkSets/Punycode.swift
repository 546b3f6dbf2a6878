/// The Bootstring encoding of RFC 3492, encoding direction only: policies are compared as A-labels.
enum Punycode {
  /// `xn--…` for a label beyond ASCII, the label itself otherwise; nil on overflow.
  static func aLabel(_ label: some StringProtocol) -> String? {
    let scalars = label.unicodeScalars.map(\.value)
    guard scalars.contains(where: { $0 >= 0x80 }) else { return String(label) }
    // Parameter values of RFC 3492, section 5.
    let base = 36
    let initialN: UInt32 = 128
    let initialBias = 72
    var output = scalars.filter { $0 < 0x80 }.compactMap { Unicode.Scalar($0).map(Character.init) }
    let basicCount = output.count
    if basicCount > 0 { output.append("-") }
    var n = initialN
    var delta = 0
    var bias = initialBias
    var handled = basicCount
    while handled < scalars.count {
      guard let next = scalars.filter({ $0 >= n }).min() else { return nil }
      let (step, overflow) = Int(next - n).multipliedReportingOverflow(by: handled + 1)
      guard !overflow else { return nil }
      delta += step
      n = next
      for scalar in scalars {
        if scalar < n { delta += 1 }
        guard scalar == n else { continue }
        var q = delta
        var k = base
        while true {
          let threshold = k <= bias ? 1 : (k >= bias + 26 ? 26 : k - bias)
          if q < threshold { break }
          output.append(digit(threshold + (q - threshold) % (base - threshold)))
          q = (q - threshold) / (base - threshold)
          k += base
        }
        output.append(digit(q))
        bias = adapt(delta: delta, points: handled + 1, first: handled == basicCount)
        delta = 0
        handled += 1
      }
      delta += 1
      n += 1
    }
    return "xn--" + String(output)
  }

  private static func digit(_ value: Int) -> Character {
    Character(Unicode.Scalar(UInt8(value < 26 ? value + 0x61 : value - 26 + 0x30)))
  }

  private static func adapt(delta: Int, points: Int, first: Bool) -> Int {
    var delta = first ? delta / 700 : delta / 2
    delta += delta / points
    var k = 0
    while delta > 455 {
      delta /= 35
      k += 36
    }
    return k + 36 * delta / (delta + 38)
  }
}
