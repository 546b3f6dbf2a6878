/// Finds the values and objects of a JSON text by its bytes, with their JSON pointers.
struct JSONSites {
  private let bytes: [UInt8]
  private var index = 0
  private var line = 1
  private(set) var sites: [PlantSite] = []

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    while skipBlank() { value("", "") }
  }

  /// Passes over white space; whether something follows.
  private mutating func skipBlank() -> Bool {
    while index < bytes.count {
      switch bytes[index] {
      case 0x0A:
        line += 1
        index += 1
      case 0x20, 0x09, 0x0D, 0xEF, 0xBB, 0xBF: index += 1
      default: return true
      }
    }
    return false
  }

  private mutating func value(_ path: String, _ pointer: String) {
    guard skipBlank() else { return }
    let start = index
    let startLine = line
    switch bytes[index] {
    case 0x7B:
      index += 1
      while skipBlank(), bytes[index] != 0x7D {
        let key = string()
        guard skipBlank() else { return }
        index += 1
        value(path.isEmpty ? key : path + "." + key, pointer + "/" + Self.escaped(key))
        guard skipBlank() else { return }
        if bytes[index] == 0x2C { index += 1 }
      }
      sites.append(
        PlantSite(
          role: .end, range: index..<index, path: path, line: startLine, pointer: pointer,
          outer: start..<min(index + 1, bytes.count)))
      index = min(index + 1, bytes.count)
      sites.append(
        PlantSite(
          role: .whole, range: start..<index, path: path, line: startLine, pointer: pointer,
          outer: start..<index))
    case 0x5B:
      index += 1
      var number = 0
      while skipBlank(), bytes[index] != 0x5D {
        value(path + "[]", pointer + "/\(number)")
        number += 1
        guard skipBlank() else { return }
        if bytes[index] == 0x2C { index += 1 }
      }
      index = min(index + 1, bytes.count)
    case 0x22:
      _ = string()
      sites.append(
        PlantSite(
          role: .value, range: start + 1..<max(index - 1, start + 1), path: path, line: startLine,
          pointer: pointer, outer: start..<index))
    default:
      while index < bytes.count, ![0x2C, 0x7D, 0x5D, 0x20, 0x0A, 0x0D, 0x09].contains(bytes[index])
      {
        index += 1
      }
      // A text that is no JSON must not hold the reader up.
      if index == start { index += 1 }
      sites.append(
        PlantSite(
          role: .value, range: start..<index, path: path, line: startLine, pointer: pointer,
          outer: start..<index))
    }
  }

  private mutating func string() -> String {
    index += 1
    let start = index
    while index < bytes.count, bytes[index] != 0x22 {
      if bytes[index] == 0x0A { line += 1 }
      index += bytes[index] == 0x5C ? 2 : 1
    }
    let text = String(decoding: bytes[start..<min(index, bytes.count)], as: UTF8.self)
    index = min(index + 1, bytes.count)
    return text
  }

  private static func escaped(_ key: String) -> String {
    var result = ""
    for scalar in key.unicodeScalars {
      switch scalar {
      case "~": result += "~0"
      case "/": result += "~1"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
