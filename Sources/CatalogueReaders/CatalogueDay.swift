/// Calendar days in the form `2024-05-17`.
package enum CatalogueDay {
  /// Whether a text is a day that the calendar has.
  package static func isValid(_ text: some StringProtocol) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == 10, bytes[4] == 0x2D, bytes[7] == 0x2D,
      let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
      let day = number(bytes[8..<10]), (1...12).contains(month), day >= 1
    else { return false }
    return day <= length(of: month, in: year)
  }

  /// Days from one day to another, negative where the second is earlier; nil for texts that are
  /// no days.
  package static func days(from first: String, to second: String) -> Int? {
    guard isValid(first), isValid(second) else { return nil }
    return ordinal(second) - ordinal(first)
  }

  /// Days since an arbitrary one, in the Gregorian calendar.
  private static func ordinal(_ text: String) -> Int {
    let bytes = Array(text.utf8)
    let year = number(bytes[0..<4]) ?? 0
    let month = number(bytes[5..<7]) ?? 1
    let day = number(bytes[8..<10]) ?? 1
    // Years that begin in March have the leap day at their end.
    let shifted = month <= 2 ? year - 1 : year
    let months = (month + 9) % 12
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + (months * 153 + 2) / 5
      + day
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
    var result = 0
    for byte in bytes {
      guard (0x30...0x39).contains(byte) else { return nil }
      result = result * 10 + Int(byte) - 0x30
    }
    return result
  }

  private static func length(of month: Int, in year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && year % 100 != 0 || year % 400 == 0 ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
