/// One DNS host name in the form that policies compare: lower case, ASCII, no trailing dot.
package struct HostName: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The normalised name, such as `www.microsoft.com`.
  package let text: String

  /// Normalises a name; nil where the text is not one.
  ///
  /// A trailing dot (the DNS root) is dropped, ASCII letters become lower case, and labels beyond
  /// ASCII become their IDNA A-label by Punycode (RFC 3492). Anything that could smuggle another
  /// host past a comparison (port, user information, path, blank, star) is refused.
  package init?(_ raw: some StringProtocol) {
    var name = raw.lowercased()
    if name.hasSuffix(".") { name.removeLast() }
    if !name.utf8.allSatisfy({ $0 < 0x80 }) {
      guard !name.unicodeScalars.contains(where: Self.isMapped) else { return nil }
      let labels = name.unicodeScalars.split(omittingEmptySubsequences: false) {
        Self.labelSeparators.contains($0)
      }.map { String($0) }
      var ascii: [String] = []
      for label in labels {
        guard let encoded = Punycode.aLabel(label) else { return nil }
        ascii.append(encoded)
      }
      name = ascii.joined(separator: ".")
    }
    guard name.utf8.count <= 253, !name.isEmpty else { return nil }
    var labelLength = 0
    var previous: UInt8 = 0x2E
    for byte in name.utf8 {
      switch byte {
      case 0x2E:
        guard labelLength > 0, previous != 0x2D else { return nil }
        labelLength = 0
      case 0x2D where labelLength == 0: return nil
      case 0x61...0x7A, 0x30...0x39, 0x2D, 0x5F:
        labelLength += 1
        guard labelLength <= 63 else { return nil }
      default: return nil
      }
      previous = byte
    }
    guard labelLength > 0, previous != 0x2D else { return nil }
    text = name
  }

  /// Characters that IDNA changes or drops before it encodes, in ways that are not done here:
  /// combining marks that would compose, full-width forms, and what is not seen at all.
  private static func isMapped(_ scalar: Unicode.Scalar) -> Bool {
    if labelSeparators.contains(scalar) { return false }
    return (0x300...0x36F).contains(scalar.value) || (0xFF00...0xFFEF).contains(scalar.value)
      || scalar.properties.isDefaultIgnorableCodePoint
  }

  /// RFC 3490, section 3.1: what IDNA takes for the dot between labels.
  private static let labelSeparators: Set<Unicode.Scalar> = [
    ".", "\u{3002}", "\u{FF0E}", "\u{FF61}",
  ]

  /// A name written in our own source, already in normal form.
  package init(constant text: StaticString) { self.text = text.description }

  /// Whether the name lies below `parent`, by whole labels; a name is not below itself.
  package func isSubdomain(of parent: HostName) -> Bool {
    let own = text.utf8
    let other = parent.text.utf8
    guard own.count > other.count + 1, text.hasSuffix(parent.text) else { return false }
    return own[own.index(own.endIndex, offsetBy: -(other.count + 1))] == 0x2E
  }

  package var labelCount: Int { text.utf8.count { $0 == 0x2E } + 1 }

  package static func < (left: HostName, right: HostName) -> Bool { left.text < right.text }

  package var description: String { text }
}
