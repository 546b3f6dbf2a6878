/// A set of TCP or UDP port numbers.
package typealias PortSet = IntervalSet<UInt16>

extension IntervalSet where Value == UInt16 {
  /// Reads `443`, `8000-8080`, `8000:8080` (pf) or a comma list of these; nil for anything else,
  /// an interval that runs backwards included, since no vendor gives it a meaning.
  package init?(parsing text: some StringProtocol) {
    // Nearly every text is one number.
    if let port = Self.port(text) {
      self.init(port)
      return
    }
    var intervals: [Interval] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let bounds = part.split(omittingEmptySubsequences: false) { $0 == "-" || $0 == ":" }
        .map { bound in String(bound.filter { $0 != " " }) }
      switch bounds.count {
      case 1:
        guard let port = Self.port(bounds[0]) else { return nil }
        intervals.append(Interval(lower: port, upper: port))
      case 2:
        guard let lower = Self.port(bounds[0]), let upper = Self.port(bounds[1]), lower <= upper
        else { return nil }
        intervals.append(Interval(lower: lower, upper: upper))
      default: return nil
      }
    }
    self.init(intervals)
  }

  /// `80,443,8000-8080`; `any` for every port.
  package var text: String {
    if isFull { return "any" }
    return intervals.map { $0.lower == $0.upper ? "\($0.lower)" : "\($0.lower)-\($0.upper)" }
      .joined(separator: ",")
  }

  /// Ports that an operating system picks for the client end of a connection, at the widest:
  /// 1024-65535 covers Windows (49152-65535), Linux (32768-60999) and older stacks.
  package static var ephemeral: PortSet { PortSet(1024...65535) }

  private static func port(_ text: some StringProtocol) -> UInt16? {
    var value: UInt32 = 0
    var isEmpty = true
    for byte in text.utf8 {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      value = value * 10 + UInt32(byte - 0x30)
      guard value <= 65535 else { return nil }
      isEmpty = false
    }
    return isEmpty ? nil : UInt16(value)
  }
}
