/// Finds the words of a configuration text: what stands between blanks or in quotes on lines that
/// are no comments.
struct TextSites {
  private(set) var sites: [PlantSite] = []

  init(_ bytes: [UInt8]) {
    for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
      .enumerated()
    {
      let text = line.drop { $0 == 0x20 || $0 == 0x09 }
      guard let first = text.first, first != 0x23, first != 0x3B else { continue }
      var index = text.startIndex
      while index < text.endIndex {
        let byte = text[index]
        guard byte != 0x20, byte != 0x09, byte != 0x0D else {
          index += 1
          continue
        }
        let isQuoted = byte == 0x22
        let start = isQuoted ? index + 1 : index
        index = start
        while index < text.endIndex,
          isQuoted ? text[index] != 0x22 : ![0x20, 0x09, 0x0D].contains(text[index])
        {
          index += 1
        }
        if index > start {
          sites.append(
            PlantSite(
              role: .value, range: start..<index,
              path: String(decoding: text[start..<index], as: UTF8.self),
              line: number + 1, pointer: "", outer: start..<start))
        }
        if isQuoted { index += 1 }
      }
    }
  }
}
