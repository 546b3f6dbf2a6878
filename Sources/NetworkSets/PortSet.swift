/// A set of TCP or UDP port numbers.
package typealias PortSet = IntervalSet<UInt16>

extension IntervalSet where Value == UInt16 {
  /// Reads `443`, `8000-8080`, `8000:8080` (pf) or a comma list of these; nil for anything else,
  /// an interval that runs backwards included, since no vendor gives it a meaning.
  package init?(parsing text: some StringProtocol) {
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
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
    return UInt16(text)
  }
}
