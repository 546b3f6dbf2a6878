import CZlib
import PolicyModel

/// Why stored bytes cannot be unpacked: they are damaged.
package struct PackingError: Error, Equatable, Sendable, CustomStringConvertible {
  package let reason: String

  package var description: String { "packed data is damaged: \(reason)" }
}

/// Small forms of lists that hardly change from one snapshot to the next.
///
/// Numbers are written as differences to the one before, texts as what differs at their end, and
/// the whole is deflated: a list of 2,000 rules takes a few hundred bytes.
package enum Packing {
  // MARK: Numbers

  package static func pack(_ lists: [[Int64]]) -> [UInt8] {
    var bytes: [UInt8] = []
    put(UInt64(lists.count), &bytes)
    for list in lists {
      put(UInt64(list.count), &bytes)
      var previous: Int64 = 0
      for number in list {
        put(zigzag(number &- previous), &bytes)
        previous = number
      }
    }
    return deflated(bytes)
  }

  package static func unpackLists(_ packed: [UInt8]) throws(PackingError) -> [[Int64]] {
    var reader = Reader(bytes: try inflated(packed))
    var lists: [[Int64]] = []
    for _ in 0..<(try reader.count()) {
      var list: [Int64] = []
      var previous: Int64 = 0
      for _ in 0..<(try reader.count()) {
        previous = previous &+ unzigzag(try reader.number())
        list.append(previous)
      }
      lists.append(list)
    }
    return lists
  }

  // MARK: Places

  /// A place with a number instead of the vendor's id.
  package struct NumberedPlace: Hashable, Sendable {
    package var position: SourcePosition?
    package var vendorNumber: Int64?
  }

  /// - Parameter numbers: a number for each vendor id. Such ids are long and random, and the same
  ///   ones stand in every snapshot; numbers that were given one after the other take next to
  ///   nothing.
  package static func pack(_ places: [PolicyPieces.Place], numbers: [Int64?]) -> [UInt8] {
    var bytes: [UInt8] = []
    put(UInt64(places.count), &bytes)
    var line = 0
    var pointer: [UInt8] = []
    var lastNumber: Int64 = 0
    for (place, number) in zip(places, numbers) {
      let position = place.position
      let flags: UInt8 =
        (position != nil ? 1 : 0) | (position?.pointer != nil ? 2 : 0)
        | (number != nil ? 4 : 0) | (position?.file ?? 0 != 0 ? 8 : 0)
      bytes.append(flags)
      if let position {
        put(zigzag(Int64(position.line - line)), &bytes)
        line = position.line
        if position.file != 0 { put(UInt64(position.file), &bytes) }
        if let text = position.pointer { put(text, after: &pointer, &bytes) }
      }
      if let number {
        put(zigzag(number &- lastNumber), &bytes)
        lastNumber = number
      }
    }
    return deflated(bytes)
  }

  package static func unpackPlaces(_ packed: [UInt8]) throws(PackingError) -> [NumberedPlace] {
    var reader = Reader(bytes: try inflated(packed))
    var places: [NumberedPlace] = []
    var line = 0
    var pointer: [UInt8] = []
    var lastNumber: Int64 = 0
    for _ in 0..<(try reader.count()) {
      let flags = try reader.byte()
      var place = NumberedPlace()
      if flags & 1 != 0 {
        let (sum, overflow) = line.addingReportingOverflow(Int(unzigzag(try reader.number())))
        guard !overflow else { throw PackingError(reason: "a line is impossible") }
        line = sum
        var position = SourcePosition(line: line)
        if flags & 8 != 0 { position.file = Int(truncatingIfNeeded: try reader.number()) }
        if flags & 2 != 0 { position.pointer = try reader.text(after: &pointer) }
        place.position = position
      }
      if flags & 4 != 0 {
        lastNumber = lastNumber &+ unzigzag(try reader.number())
        place.vendorNumber = lastNumber
      }
      places.append(place)
    }
    return places
  }

  // MARK: Parts

  private static func put(_ value: UInt64, _ bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private static func put(_ text: String, after previous: inout [UInt8], _ bytes: inout [UInt8]) {
    let current = Array(text.utf8)
    var shared = 0
    while shared < previous.count, shared < current.count, previous[shared] == current[shared] {
      shared += 1
    }
    put(UInt64(shared), &bytes)
    put(UInt64(current.count - shared), &bytes)
    bytes += current[shared...]
    previous = current
  }

  private static func zigzag(_ value: Int64) -> UInt64 {
    UInt64(bitPattern: (value << 1) ^ (value >> 63))
  }

  private static func unzigzag(_ value: UInt64) -> Int64 {
    Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  private struct Reader {
    let bytes: [UInt8]
    var index = 0

    mutating func byte() throws(PackingError) -> UInt8 {
      guard index < bytes.count else { throw PackingError(reason: "it ends too early") }
      defer { index += 1 }
      return bytes[index]
    }

    mutating func number() throws(PackingError) -> UInt64 {
      var value: UInt64 = 0
      var shift: UInt64 = 0
      while true {
        let next = try byte()
        guard shift < 64 else { throw PackingError(reason: "a number is too long") }
        value |= UInt64(next & 0x7F) << shift
        if next & 0x80 == 0 { return value }
        shift += 7
      }
    }

    mutating func count() throws(PackingError) -> Int {
      let value = try number()
      guard value <= UInt64(bytes.count) * 8 + 8 else {
        throw PackingError(reason: "a count is too large")
      }
      return Int(value)
    }

    mutating func text(after previous: inout [UInt8]) throws(PackingError) -> String {
      let shared = try count()
      let more = try count()
      guard shared <= previous.count, index + more <= bytes.count else {
        throw PackingError(reason: "a text is too long")
      }
      previous = Array(previous[..<shared]) + bytes[index..<index + more]
      index += more
      return String(decoding: previous, as: UTF8.self)
    }
  }

  /// The length in plain form in front, then a zlib stream (RFC 1950).
  private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    put(UInt64(bytes.count), &result)
    let head = result.count
    var length = compressBound(UInt(bytes.count))
    result += repeatElement(0, count: Int(length))
    _ = result.withUnsafeMutableBufferPointer { buffer in
      compress2(buffer.baseAddress.map { $0 + head }, &length, bytes, UInt(bytes.count), 6)
    }
    result.removeLast(result.count - head - Int(length))
    return result
  }

  private static func inflated(_ packed: [UInt8]) throws(PackingError) -> [UInt8] {
    var reader = Reader(bytes: packed)
    let size = try reader.number()
    // zlib packs 1032 bytes into one at best (zlib.net, "Maximum Compression Factor").
    guard size < 1 << 32, size <= (UInt64(packed.count) + 1) * 1040 else {
      throw PackingError(reason: "its length is impossible")
    }
    var result = [UInt8](repeating: 0, count: Int(size))
    var length = UInt(size)
    let head = reader.index
    let status = packed.withUnsafeBufferPointer { source in
      uncompress(&result, &length, source.baseAddress.map { $0 + head }, UInt(packed.count - head))
    }
    guard status == Z_OK, length == UInt(size) else {
      throw PackingError(reason: "zlib says \(status)")
    }
    return result
  }
}
