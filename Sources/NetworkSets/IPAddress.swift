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
      var storage = in_addr()
      guard String(text).withCString({ inet_pton(AF_INET, $0, &storage) }) == 1 else { return nil }
      self = .v4(UInt32(bigEndian: storage.s_addr))
    }
  }

  /// Dotted decimal, or the RFC 5952 form.
  package var text: String {
    var buffer = [CChar](repeating: 0, count: 64)
    switch self {
    case .v4(let value):
      var storage = in_addr(s_addr: value.bigEndian)
      inet_ntop(AF_INET, &storage, &buffer, 64)
    case .v6(let value):
      var storage = in6_addr()
      withUnsafeMutableBytes(of: &storage) { bytes in
        for index in 0..<16 { bytes[index] = UInt8(truncatingIfNeeded: value >> (120 - 8 * index)) }
      }
      inet_ntop(AF_INET6, &storage, &buffer, 64)
    }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
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
