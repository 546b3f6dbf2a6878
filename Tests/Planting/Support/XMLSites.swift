/// Finds the texts, attributes and elements of an XML text by its bytes.
struct XMLSites {
  private let bytes: [UInt8]
  private(set) var sites: [PlantSite] = []

  private struct Open {
    let name: String
    let start: Int
    let line: Int
    var contentStart: Int
    var hasChildren = false
  }

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    scan()
  }

  private mutating func scan() {
    var open: [Open] = []
    var index = 0
    var line = 1
    func starts(_ text: String, at place: Int) -> Bool {
      bytes[place...].starts(with: text.utf8)
    }
    func skip(to text: String) {
      while index < bytes.count, !starts(text, at: index) {
        if bytes[index] == 0x0A { line += 1 }
        index += 1
      }
      index = min(index + text.utf8.count, bytes.count)
    }
    while index < bytes.count {
      guard bytes[index] == 0x3C else {
        if bytes[index] == 0x0A { line += 1 }
        index += 1
        continue
      }
      if starts("<!--", at: index) {
        skip(to: "-->")
      } else if starts("<![CDATA[", at: index) {
        skip(to: "]]>")
      } else if starts("<?", at: index) || starts("<!", at: index) {
        skip(to: ">")
      } else if starts("</", at: index) {
        let place = index
        skip(to: ">")
        guard let element = open.popLast() else { continue }
        let path = (open.map(\.name) + [element.name]).joined(separator: "/")
        if element.hasChildren {
          sites.append(
            PlantSite(
              role: .end, range: place..<place, path: path, line: element.line, pointer: "",
              outer: element.start..<index))
        } else if let range = trimmed(element.contentStart..<place) {
          sites.append(
            PlantSite(
              role: .value, range: range, path: path, line: element.line, pointer: "",
              outer: range))
        }
        sites.append(
          PlantSite(
            role: .whole, range: element.start..<index, path: path, line: element.line,
            pointer: "", outer: element.start..<index))
      } else {
        let start = index
        let startLine = line
        index += 1
        let nameStart = index
        while index < bytes.count, ![0x20, 0x09, 0x0A, 0x0D, 0x3E, 0x2F].contains(bytes[index]) {
          index += 1
        }
        let name = String(decoding: bytes[nameStart..<index], as: UTF8.self)
        if !open.isEmpty { open[open.count - 1].hasChildren = true }
        let path = (open.map(\.name) + [name]).joined(separator: "/")
        var quote: UInt8?
        var valueStart = 0
        while index < bytes.count {
          let byte = bytes[index]
          if byte == 0x0A { line += 1 }
          if let mark = quote {
            if byte == mark {
              quote = nil
              if index > valueStart {
                sites.append(
                  PlantSite(
                    role: .value, range: valueStart..<index, path: path + "/@", line: startLine,
                    pointer: "", outer: valueStart..<valueStart))
              }
            }
          } else if byte == 0x22 || byte == 0x27 {
            quote = byte
            valueStart = index + 1
          } else if byte == 0x3E {
            break
          }
          index += 1
        }
        index = min(index + 1, bytes.count)
        if index >= 2, bytes[index - 2] == 0x2F {
          sites.append(
            PlantSite(
              role: .whole, range: start..<index, path: path, line: startLine, pointer: "",
              outer: start..<index))
        } else {
          open.append(Open(name: name, start: start, line: startLine, contentStart: index))
        }
      }
    }
  }

  /// Without white space at its ends; nil where nothing is left.
  private func trimmed(_ range: Range<Int>) -> Range<Int>? {
    func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
    var lower = range.lowerBound
    var upper = range.upperBound
    while lower < upper, isBlank(bytes[lower]) { lower += 1 }
    while lower < upper, isBlank(bytes[upper - 1]) { upper -= 1 }
    return lower < upper ? lower..<upper : nil
  }
}
