/// A stretch of a page that belongs together: a line, a table cell, the target of a link.
struct PageUnit: Sendable {
  enum Place: Hashable, Sendable {
    case prose
    case heading
    case code
    /// A cell of a table; `row` counts all rows of the page, so that it is unique.
    case cell(table: Int, row: Int, column: Int, isHeader: Bool)
    /// Where a link leads, or the address of an image.
    case link
    /// What a reader does not see: metadata, scripts, comments, attributes.
    case hidden
    /// Seen, but not part of the article: navigation, header and footer of a saved page.
    case apart
  }

  var place: Place
  /// Headings so far.
  var section: Int
  /// The text as it is seen, with the marks below.
  var text: [UInt8] = []
  /// Where each byte of the text comes from, as an offset into the page.
  var offsets: [Int32] = []

  /// Marks in the text. The page's own control characters are kept as 0x7F, which is none of them.
  static let lineBreak: UInt8 = 0x01
  static let codeStart: UInt8 = 0x02
  static let codeEnd: UInt8 = 0x03
  static let linkStart: UInt8 = 0x04
  static let linkEnd: UInt8 = 0x05
  /// Stands for a control character of the page, such as NUL.
  static let control: UInt8 = 0x7F

  mutating func append(_ byte: UInt8, at offset: Int) {
    text.append(byte)
    offsets.append(Int32(truncatingIfNeeded: offset))
  }

  /// The text without marks, blanks collapsed, cut at a number of bytes.
  func plain(limit: Int, from start: Int = 0, to end: Int? = nil) -> String {
    var result: [UInt8] = []
    var index = start
    let end = min(end ?? text.count, text.count)
    while index < end, result.count < limit {
      let byte = text[index]
      index += 1
      if byte <= 0x20 || byte == PageUnit.control {
        if byte > Self.linkEnd || byte == Self.lineBreak, result.last != 0x20, !result.isEmpty {
          result.append(0x20)
        }
      } else {
        result.append(byte)
      }
    }
    while result.last == 0x20 { result.removeLast() }
    return String(decoding: result, as: UTF8.self)
  }
}
