#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The two families that a flow can use.
package enum AddressFamily: String, Hashable, Sendable, CaseIterable {
  case ipv4
  case ipv6
}

/// One IPv4 or IPv6 address, as a number in host order.
package enum IPAddress: Hashable, Sendable {
  case v4(UInt32)
  case v6(UInt128)

  package var family: AddressFamily {
    switch self {
    case .v4: .ipv4
    case .v6: .ipv6
    }
  }

  /// Reads the usual text forms by the C library's rules, which refuse leading zeros and short
  /// forms such as `10.1` (they mean different things to different programs). A zone suffix
  /// (`fe80::1%eth0`) is not an address of a policy.
  package init?(_ text: some StringProtocol) {
    // The longest IPv6 text is 45 bytes; refusing longer input early keeps hostile text cheap.
    guard text.utf8.count <= 45, !text.isEmpty else { return nil }
    if text.utf8.contains(0x3A) {
      var storage = in6_addr()
      guard String(text).withCString({ inet_pton(AF_INET6, $0, &storage) }) == 1 else { return nil }
      let value = withUnsafeBytes(of: &storage) { bytes in
        bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
      }
      self = .v6(value)
    } else {
      guard let value = Self.dottedQuad(text.utf8) else { return nil }
      self = .v4(value)
    }
  }

  /// Four decimal numbers up to 255 without leading zeros, as `inet_pton` reads them
  /// (inet_pton(3), AF_INET); exports hold so many that a call for each would show.
  private static func dottedQuad(_ text: some Sequence<UInt8>) -> UInt32? {
    var value: UInt32 = 0
    var part: UInt32 = 0
    var digits = 0
    var dots = 0
    for byte in text {
      switch byte {
      case 0x30...0x39:
        guard digits == 0 || part != 0 else { return nil }
        part = part * 10 + UInt32(byte - 0x30)
        digits += 1
        guard part <= 255 else { return nil }
      case 0x2E:
        guard digits > 0, dots < 3 else { return nil }
        value = value << 8 | part
        part = 0
        digits = 0
        dots += 1
      default: return nil
      }
    }
    return dots == 3 && digits > 0 ? value << 8 | part : nil
  }

  /// Dotted decimal, or the RFC 5952 form.
  package var text: String {
    switch self {
    case .v4(let value):
      return "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
    case .v6(let value):
      var buffer = [CChar](repeating: 0, count: 64)
      var storage = in6_addr()
      withUnsafeMutableBytes(of: &storage) { bytes in
        for index in 0..<16 { bytes[index] = UInt8(truncatingIfNeeded: value >> (120 - 8 * index)) }
      }
      inet_ntop(AF_INET6, &storage, &buffer, 64)
      return String(
        decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  /// The prefix length when the addresses from `lower` to `upper` are exactly one prefix.
  package static func prefixLength(from lower: IPAddress, to upper: IPAddress) -> Int? {
    switch (lower, upper) {
    case (.v4(let first), .v4(let last)):
      let length = (first ^ last).leadingZeroBitCount
      let hostMask: UInt32 = length == 32 ? 0 : (.max >> UInt32(length))
      return first & hostMask == 0 && last & hostMask == hostMask ? length : nil
    case (.v6(let first), .v6(let last)):
      let length = (first ^ last).leadingZeroBitCount
      let hostMask: UInt128 = length == 128 ? 0 : (.max >> UInt128(length))
      return first & hostMask == 0 && last & hostMask == hostMask ? length : nil
    default: return nil
    }
  }
}
