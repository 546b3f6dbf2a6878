/// A set of IP addresses of both families.
package struct AddressSet: Hashable, Sendable {
  package var v4: IntervalSet<UInt32>
  package var v6: IntervalSet<UInt128>

  package init() {
    v4 = IntervalSet()
    v6 = IntervalSet()
  }

  package init(v4: IntervalSet<UInt32>, v6: IntervalSet<UInt128> = IntervalSet()) {
    self.v4 = v4
    self.v6 = v6
  }

  package init(_ address: IPAddress) {
    self.init()
    switch address {
    case .v4(let value): v4 = IntervalSet(value)
    case .v6(let value): v6 = IntervalSet(value)
    }
  }

  /// Every address of both families.
  package static var any: AddressSet { AddressSet(v4: .full, v6: .full) }

  package var isEmpty: Bool { v4.isEmpty && v6.isEmpty }

  package func contains(_ address: IPAddress) -> Bool {
    switch address {
    case .v4(let value): v4.contains(value)
    case .v6(let value): v6.contains(value)
    }
  }

  package func isEmpty(in family: AddressFamily) -> Bool {
    family == .ipv4 ? v4.isEmpty : v6.isEmpty
  }

  package func isSuperset(of other: AddressSet, in family: AddressFamily) -> Bool {
    family == .ipv4 ? v4.isSuperset(of: other.v4) : v6.isSuperset(of: other.v6)
  }

  package func isDisjoint(with other: AddressSet, in family: AddressFamily) -> Bool {
    family == .ipv4 ? v4.isDisjoint(with: other.v4) : v6.isDisjoint(with: other.v6)
  }

  package func union(_ other: AddressSet) -> AddressSet {
    AddressSet(v4: v4.union(other.v4), v6: v6.union(other.v6))
  }

  package func intersection(_ other: AddressSet) -> AddressSet {
    AddressSet(v4: v4.intersection(other.v4), v6: v6.intersection(other.v6))
  }

  package func subtracting(_ other: AddressSet) -> AddressSet {
    AddressSet(v4: v4.subtracting(other.v4), v6: v6.subtracting(other.v6))
  }

  package func complement() -> AddressSet {
    AddressSet(v4: v4.complement(), v6: v6.complement())
  }

  /// One string an interval: CIDR where the interval is a prefix, else `first-last`.
  package var texts: [String] { texts(atMost: .max) }

  /// The first of ``texts``.
  package func texts(atMost limit: Int) -> [String] {
    let first = v4.intervals.prefix(limit)
    let second = v6.intervals.prefix(limit - first.count)
    return first.map { Self.text(lower: .v4($0.lower), upper: .v4($0.upper)) }
      + second.map { Self.text(lower: .v6($0.lower), upper: .v6($0.upper)) }
  }

  /// How many ``texts`` there are.
  package var intervalCount: Int { v4.intervals.count + v6.intervals.count }

  private static func text(lower: IPAddress, upper: IPAddress) -> String {
    if lower == upper { return lower.text }
    if let length = IPAddress.prefixLength(from: lower, to: upper) {
      return "\(lower.text)/\(length)"
    }
    return "\(lower.text)-\(upper.text)"
  }
}

extension AddressSet {
  /// Why a text is not a set of addresses.
  package enum ParseFailure: Error, Equatable {
    case notAnAddress
    case prefixTooLong
    case rangeBackwards
  }

  /// Reads an address, a CIDR prefix, an address with a dotted IPv4 netmask, or `first-last`.
  ///
  /// Host bits below the prefix are masked away, as the vendors do; ``hasHostBits(_:)`` tells.
  package static func parse(_ text: some StringProtocol) -> Result<AddressSet, ParseFailure> {
    if let slash = text.utf8.firstIndex(of: 0x2F) {
      guard let address = IPAddress(text[..<slash]) else { return .failure(.notAnAddress) }
      let tail = text[text.index(after: slash)...]
      // Digits only: a sign, which `UInt8` would take, is no prefix length.
      if tail.utf8.first.map({ $0 >= 0x30 && $0 <= 0x39 }) ?? false, let length = UInt8(tail) {
        guard let set = AddressSet(prefix: address, length: length) else {
          return .failure(.prefixTooLong)
        }
        return .success(set)
      }
      guard case .v4(let mask)? = IPAddress(tail), let length = Self.maskLength(mask) else {
        return .failure(.notAnAddress)
      }
      return AddressSet(prefix: address, length: length).map { .success($0) }
        ?? .failure(.notAnAddress)
    }
    if let address = IPAddress(text) { return .success(AddressSet(address)) }
    guard let dash = text.firstIndex(of: "-") else { return .failure(.notAnAddress) }
    let lower = String(text[..<dash].filter { $0 != " " })
    let upper = String(text[text.index(after: dash)...].filter { $0 != " " })
    switch (IPAddress(lower), IPAddress(upper)) {
    case (.v4(let first)?, .v4(let last)?):
      guard first <= last else { return .failure(.rangeBackwards) }
      return .success(AddressSet(v4: IntervalSet(first...last)))
    case (.v6(let first)?, .v6(let last)?):
      guard first <= last else { return .failure(.rangeBackwards) }
      return .success(AddressSet(v4: IntervalSet(), v6: IntervalSet(first...last)))
    default: return .failure(.notAnAddress)
    }
  }

  /// As ``parse(_:)``, nil on failure.
  package init?(parsing text: some StringProtocol) {
    guard case .success(let set) = Self.parse(text) else { return nil }
    self = set
  }

  /// The addresses under a prefix; nil where the length is longer than the address.
  package init?(prefix address: IPAddress, length: UInt8) {
    switch address {
    case .v4(let value):
      guard length <= 32 else { return nil }
      let hostMask: UInt32 = length == 32 ? 0 : (.max >> length)
      self.init(v4: IntervalSet((value & ~hostMask)...(value | hostMask)))
    case .v6(let value):
      guard length <= 128 else { return nil }
      let hostMask: UInt128 = length == 128 ? 0 : (.max >> length)
      self.init(v4: IntervalSet(), v6: IntervalSet((value & ~hostMask)...(value | hostMask)))
    }
  }

  /// Whether a CIDR text names an address inside the prefix instead of its base (`192.0.2.1/24`).
  package static func hasHostBits(_ text: some StringProtocol) -> Bool {
    guard let slash = text.utf8.firstIndex(of: 0x2F), let address = IPAddress(text[..<slash])
    else { return false }
    if case .v4(let value) = address, let length = UInt8(text[text.index(after: slash)...]),
      length <= 32
    {
      return length < 32 && value & (.max >> UInt32(length)) != 0
    }
    guard let set = AddressSet(parsing: text) else { return false }
    switch address {
    case .v4(let value): return set.v4.first != value
    case .v6(let value): return set.v6.first != value
    }
  }

  private static func maskLength(_ mask: UInt32) -> UInt8? {
    let length = UInt8((~mask).leadingZeroBitCount)
    return mask == (length == 0 ? 0 : UInt32.max << (32 - UInt32(length))) ? length : nil
  }
}
