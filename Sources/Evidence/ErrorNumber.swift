/// An error number of Windows, taken apart by the rule of HRESULT.
///
/// Bit 31 says failure, bits 16 to 26 the facility, the low 16 bits the code. Source: Microsoft,
/// [MS-ERREF] 2.1, "HRESULT". WinHTTP's own numbers (12001 to 12186) come back in the low 16 bits of
/// facility Win32 (MicrosoftDocs/win32, WinHttp/error-messages.md).
package struct ErrorNumber: Hashable, Sendable {
  package let hr: UInt32
  /// `httpcode` or `httpcore` of the validation command; an internal number, not an HTTP status.
  package var httpCode: Int?

  package init(_ hr: UInt32, httpCode: Int? = nil) {
    self.hr = hr
    self.httpCode = httpCode
  }

  /// Reads `0x80072F8F`, `80072f8f`, `-2147012721`, `12175`, `2EE7`, and the nine digits with one too
  /// many that a page prints (`800722F0D`).
  package init?(parsing text: some StringProtocol) {
    var bytes = Array(text.utf8).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
    while let last = bytes.last, [0x2E, 0x29, 0x20, 0x3B, 0x2C].contains(last) {
      bytes.removeLast()
    }
    let isHex = bytes.starts(with: Array("0x".utf8))
    if isHex { bytes.removeFirst(2) }
    guard !bytes.isEmpty, bytes.count <= 12 else { return nil }
    if !isHex, bytes.first == 0x2D {
      guard let value = Int32(String(decoding: bytes, as: UTF8.self)) else { return nil }
      self.init(UInt32(bitPattern: value))
      return
    }
    let isDecimal = bytes.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    if !isHex, isDecimal, bytes.count <= 5 {
      guard let value = UInt32(String(decoding: bytes, as: UTF8.self)), value <= 0xFFFF else {
        return nil
      }
      self.init(Self.fromCode(value))
      return
    }
    guard bytes.allSatisfy({ Self.digit($0) != nil }) else { return nil }
    // A page of Microsoft prints hr=800722F0D: the digit behind 8007 stands twice.
    if bytes.count == 9, bytes.starts(with: Array("80072".utf8)) { bytes.remove(at: 4) }
    guard bytes.count <= 8 else { return nil }
    let value = bytes.reduce(UInt32(0)) { $0 << 4 | UInt32(Self.digit($1) ?? 0) }
    // CAPI2 writes the code alone, in hex.
    self.init(bytes.count <= 4 && value > 1 ? Self.fromCode(value) : value)
  }

  private static func fromCode(_ code: UInt32) -> UInt32 { code <= 1 ? code : 0x8007_0000 | code }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }

  /// Whether it says that something failed: `S_OK` and `S_FALSE` do not.
  package var isFailure: Bool { hr & 0x8000_0000 != 0 }

  /// `0x80072F8F`.
  package var text: String {
    let digits = Array("0123456789ABCDEF".utf8)
    let shown = (0..<8).reversed().map { digits[Int(hr >> (UInt32($0) * 4) & 15)] }
    return "0x" + String(decoding: shown, as: UTF8.self)
  }

  private var facility: UInt32 { hr >> 16 & 0x7FF }

  /// The number below the facility, where that has numbers of its own: Win32, RPC.
  package var code: Int? {
    guard isFailure else { return nil }
    switch facility {
    case 7, 1: return Int(hr & 0xFFFF)
    default: return nil
    }
  }

  /// The HTTP status that a proxy or server answered with (HTTP and BITS facilities).
  package var httpStatus: Int? {
    guard isFailure, facility == 25 || facility == 32, hr & 0xFFFF >= 100, hr & 0xFFFF < 600 else {
      return nil
    }
    return Int(hr & 0xFFFF)
  }

  /// The symbol by which documentation knows it; nil where it has none here.
  package var name: String? {
    if let known = ErrorNames.byNumber[hr] { return known }
    if let status = httpStatus {
      return facility == 32 ? "BG_E_HTTP_ERROR_\(status)" : "HTTP_E_STATUS_\(status)"
    }
    if facility == 7 { return ErrorNames.byCode[Int(hr & 0xFFFF)] }
    return nil
  }

  /// Where a reader finds it explained; nil where nothing was found.
  package var documented: String? { ErrorNames.documented[hr] }
}
