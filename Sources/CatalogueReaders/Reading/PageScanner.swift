/// Takes a page apart into units, by its marks alone: Markdown with HTML in it, HTML, or text.
///
/// One pass, no recursion, no look at what words mean. Nesting is counted, not followed, so that
/// tables within tables without end cost a number.
struct PageScanner {
  let page: PageText
  private let bytes: [UInt8]
  private let isHTML: Bool
  private let emit: (PageUnit) throws(CatalogueError) -> Void

  private var unit = PageUnit(place: .prose, section: 0)
  private var section = 0
  /// Tables so far, and rows of all of them.
  private var tables = 0
  private var rows = 0
  /// Open `<table>` elements; the cells of inner ones belong to the cell around them.
  private var tableDepth = 0
  private var column = -1
  private var isHeaderCell = false
  /// Open elements that stand apart from the article.
  private var apartDepth = 0
  /// The address of the link whose text is being read.
  private var linkDepth = 0
  private var isInCode = false
  private var hasMarkdownTable = false
  /// Before this place there is no `>`: a page of `<` without end is looked through once.
  private var noTagEndBefore = 0
  /// Tags whose quotes did not close, so that the first `>` ended them.
  private var openQuotes = 0

  /// Where a unit is cut if it never ends.
  private static let unitLimit = 1 << 18

  init(_ page: PageText, emit: @escaping (PageUnit) throws(CatalogueError) -> Void) {
    self.page = page
    self.emit = emit
    bytes = page.bytes
    isHTML = Self.looksLikeHTML(page.bytes)
  }

  static func looksLikeHTML(_ bytes: [UInt8]) -> Bool {
    let head = bytes.prefix(4096).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
    let first = head.first { $0 > 0x20 }
    guard first == 0x3C else { return false }
    let text = String(decoding: head, as: UTF8.self)
    return ["<!doctype html", "<html", "<body", "<head"].contains { text.contains($0) }
  }

  mutating func scan() throws(CatalogueError) {
    if isHTML {
      try inline(0..<bytes.count)
    } else {
      try markdown()
    }
    try flush()
  }

  // MARK: Units

  private var currentPlace: PageUnit.Place {
    if apartDepth > 0 { return .apart }
    if tableDepth > 0, column >= 0 {
      return .cell(table: tables, row: rows, column: column, isHeader: isHeaderCell)
    }
    return .prose
  }

  private mutating func flush(next place: PageUnit.Place? = nil) throws(CatalogueError) {
    if !unit.text.isEmpty { try emit(unit) }
    isInCode = false
    unit = PageUnit(place: place ?? currentPlace, section: section)
  }

  private mutating func put(_ byte: UInt8, at offset: Int) throws(CatalogueError) {
    switch byte {
    case 0x09, 0x20: unit.append(byte, at: offset)
    case 0x0A, 0x0D: unit.append(0x20, at: offset)
    case 0..<0x20, 0x7F: unit.append(PageUnit.control, at: offset)
    default: unit.append(byte, at: offset)
    }
    if unit.text.count >= Self.unitLimit, byte <= 0x20 { try flush(next: unit.place) }
  }

  private mutating func mark(_ mark: UInt8, at offset: Int) { unit.append(mark, at: offset) }

  /// A piece of the page that is no text of its unit.
  private func aside(_ range: Range<Int>, _ place: PageUnit.Place) throws(CatalogueError) {
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(start + Self.unitLimit, range.upperBound)
      var piece = PageUnit(place: place, section: section)
      for index in start..<end {
        let byte = bytes[index]
        piece.append(byte < 0x20 && byte != 0x09 ? 0x20 : byte, at: index)
      }
      try emit(piece)
      start = end
    }
  }

  // MARK: Markdown

  private mutating func markdown() throws(CatalogueError) {
    var position = 0
    if bytes.starts(with: Array("---".utf8)) { position = try frontMatter() }
    var fence: UInt8?
    while position < bytes.count {
      let end = lineEnd(position)
      var start = position
      let next = min(end + 1, bytes.count)
      // Text in an HTML element goes on over the lines.
      if let open = fence {
        if isFence(position..<end, of: open) {
          fence = nil
        } else {
          try line(position..<end, .code)
        }
        position = next
        continue
      }
      while start < end, bytes[start] == 0x3E || bytes[start] == 0x20 || bytes[start] == 0x09 {
        start += 1
      }
      if tableDepth > 0, !hasMarkdownTable {
        position = max(next, try inline(start..<end))
        if position == next { try put(0x20, at: end) }
        continue
      }
      if let byte = fenceStart(start..<end) {
        try endMarkdownTable()
        fence = byte
      } else if isTableLine(start..<end, next: next) {
        try tableLine(start..<end)
      } else {
        try endMarkdownTable()
        if start < end, bytes[start] == 0x23 {
          try flush()
          section += 1
          unit = PageUnit(place: .heading, section: section)
        } else {
          try flush()
        }
        let reached = try inline(start..<end)
        if tableDepth == 0 { try flush() }
        position = max(next, reached)
        continue
      }
      position = next
    }
    try endMarkdownTable()
  }

  private func lineEnd(_ start: Int) -> Int {
    var end = start
    while end < bytes.count, bytes[end] != 0x0A { end += 1 }
    return end
  }

  private mutating func line(
    _ range: Range<Int>, _ place: PageUnit.Place
  ) throws(CatalogueError) {
    try flush(next: place)
    for index in range { try put(bytes[index], at: index) }
    try flush()
  }

  /// Metadata between two lines of hyphens; returns where the page itself begins.
  private mutating func frontMatter() throws(CatalogueError) -> Int {
    var position = lineEnd(0) + 1
    while position < bytes.count {
      let end = lineEnd(position)
      if end - position >= 3, bytes[position..<position + 3].elementsEqual([0x2D, 0x2D, 0x2D]) {
        var start = min(lineEnd(0) + 1, position)
        while start < position {
          let stop = lineEnd(start)
          try line(start..<stop, .hidden)
          start = stop + 1
        }
        return min(end + 1, bytes.count)
      }
      position = end + 1
    }
    return 0
  }

  private func fenceStart(_ range: Range<Int>) -> UInt8? {
    guard range.count >= 3 else { return nil }
    let byte = bytes[range.lowerBound]
    guard byte == 0x60 || byte == 0x7E else { return nil }
    let isFence = bytes[range.lowerBound + 1] == byte && bytes[range.lowerBound + 2] == byte
    // Three backticks on one line may be inline code.
    guard isFence, !(bytes[range].dropFirst(3).contains(0x60) && byte == 0x60) else { return nil }
    return byte
  }

  private func isFence(_ range: Range<Int>, of byte: UInt8) -> Bool {
    var count = 0
    for index in range {
      if bytes[index] == byte {
        count += 1
      } else if ![0x20, 0x09, 0x0D, 0x3E].contains(bytes[index]) {
        return false
      }
    }
    return count >= 3
  }

  // MARK: Tables of Markdown

  private func isTableLine(_ range: Range<Int>, next: Int) -> Bool {
    guard let first = range.first(where: { bytes[$0] != 0x20 && bytes[$0] != 0x09 }) else {
      return false
    }
    if bytes[first] == 0x7C { return true }
    guard bytes[range].contains(0x7C) else { return false }
    if hasMarkdownTable { return true }
    return next < bytes.count && isDelimiter(next..<lineEnd(next))
  }

  private func isDelimiter(_ range: Range<Int>) -> Bool {
    var hyphens = 0
    var bars = 0
    for index in range {
      switch bytes[index] {
      case 0x2D: hyphens += 1
      case 0x7C: bars += 1
      case 0x3A, 0x20, 0x09, 0x0D, 0x3E: continue
      default: return false
      }
    }
    return hyphens > 0 && bars > 0
  }

  private mutating func endMarkdownTable() throws(CatalogueError) {
    guard hasMarkdownTable else { return }
    hasMarkdownTable = false
    tableDepth = 0
    column = -1
    try flush()
  }

  private mutating func tableLine(_ range: Range<Int>) throws(CatalogueError) {
    if !hasMarkdownTable {
      try flush()
      hasMarkdownTable = true
      tables += 1
      tableDepth = 1
    }
    if isDelimiter(range) { return }
    rows += 1
    let after = min(range.upperBound + 1, bytes.count)
    isHeaderCell = after < bytes.count && isDelimiter(after..<lineEnd(after))
    var start = range.lowerBound
    while start < range.upperBound, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
    if start < range.upperBound, bytes[start] == 0x7C { start += 1 }
    column = 0
    try flush()
    var index = start
    while index < range.upperBound {
      if bytes[index] == 0x5C {
        index += 2
        continue
      }
      if bytes[index] == 0x7C {
        try inline(start..<index)
        try flush()
        column += 1
        unit.place = currentPlace
        start = index + 1
      }
      index += 1
    }
    if start < range.upperBound { try inline(start..<range.upperBound) }
    try flush()
  }

  // MARK: Inline

  /// Text with code, links and tags; returns where reading went on to, behind an element whose
  /// text is not read.
  @discardableResult
  private mutating func inline(_ range: Range<Int>) throws(CatalogueError) -> Int {
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = bytes[index]
      switch byte {
      case 0x3C where !isInCode || isHTML:
        index = try tag(index, within: range)
      case 0x26 where !isInCode || isHTML:
        index = try entity(index, within: range)
      case 0x5C
      where !isHTML && !isInCode && index + 1 < range.upperBound
        && Self.isPunctuation(bytes[index + 1]):
        try put(bytes[index + 1], at: index + 1)
        index += 2
      case 0x60 where !isHTML:
        index = try codeSpan(index, within: range)
      case 0x5D where !isHTML && index + 1 < range.upperBound && bytes[index + 1] == 0x28:
        index = try linkTarget(index, within: range)
      default:
        try put(byte, at: index)
        index += 1
      }
    }
    return index
  }

  private mutating func codeSpan(_ start: Int, within range: Range<Int>) throws(CatalogueError)
    -> Int
  {
    var ticks = start
    while ticks < range.upperBound, bytes[ticks] == 0x60 { ticks += 1 }
    // Rendered pages print code spans without a separator: two ticks end one and begin the next.
    mark(isInCode ? PageUnit.codeEnd : PageUnit.codeStart, at: start)
    isInCode.toggle()
    if ticks - start == 2 {
      mark(isInCode ? PageUnit.codeEnd : PageUnit.codeStart, at: start + 1)
      isInCode.toggle()
    }
    return ticks
  }

  private mutating func linkTarget(_ start: Int, within range: Range<Int>) throws(CatalogueError)
    -> Int
  {
    var depth = 0
    var index = start + 1
    // No address is longer; looking on would cost a page of open brackets its square.
    let limit = min(range.upperBound, start + 4096)
    while index < limit {
      if bytes[index] == 0x28 { depth += 1 }
      if bytes[index] == 0x29 {
        depth -= 1
        if depth == 0 { break }
      }
      index += 1
    }
    guard index < limit else {
      try put(bytes[start], at: start)
      return start + 1
    }
    mark(PageUnit.linkEnd, at: start)
    try aside(start + 2..<index, .link)
    return index + 1
  }

  static func isPunctuation(_ byte: UInt8) -> Bool {
    (0x21...0x2F).contains(byte) || (0x3A...0x40).contains(byte) || (0x5B...0x60).contains(byte)
      || (0x7B...0x7E).contains(byte)
  }
}

// MARK: Tags and entities

extension PageScanner {
  /// The standard entities that can matter inside a host name or between two.
  private static let entities: [String: String] = [
    "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}",
    "period": ".", "ast": "*", "sol": "/", "colon": ":", "hyphen": "-", "lowbar": "_",
    "num": "#", "lpar": "(", "rpar": ")", "shy": "\u{AD}", "zwnj": "\u{200C}", "zwj": "\u{200D}",
  ]

  private mutating func entity(
    _ start: Int, within range: Range<Int>
  ) throws(CatalogueError) -> Int {
    var end = start + 1
    while end < range.upperBound, end - start < 12, bytes[end] != 0x3B { end += 1 }
    guard end < range.upperBound, bytes[end] == 0x3B else {
      try put(0x26, at: start)
      return start + 1
    }
    let name = String(decoding: bytes[start + 1..<end], as: UTF8.self)
    var text = Self.entities[name]
    if text == nil, name.hasPrefix("#") {
      let digits = name.dropFirst()
      let value =
        digits.hasPrefix("x") || digits.hasPrefix("X")
        ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
      text = value.flatMap { Unicode.Scalar($0) }.map { String(String.UnicodeScalarView([$0])) }
    }
    guard let text else {
      try put(0x26, at: start)
      return start + 1
    }
    for byte in text.utf8 { try put(byte, at: start) }
    return end + 1
  }

  /// Elements whose end parts texts.
  private static let blocks: Set<String> = [
    "p", "div", "section", "article", "main", "ul", "ol", "dl", "dt", "dd", "pre", "blockquote",
    "figure", "title", "body", "html", "head", "tbody", "thead", "form", "details", "summary",
  ]
  private static let apart: Set<String> = ["nav", "header", "footer", "aside"]
  private static let unseen: Set<String> = ["script", "style", "template", "noscript"]

  /// The elements that are taken for such; any other `<word>` is text, such as `<tenant>`.
  private static let elements: Set<String> = blocks.union(apart).union(unseen).union([
    "a", "abbr", "b", "br", "button", "caption", "cite", "code", "col", "colgroup", "del", "em",
    "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "iframe", "img", "input", "ins", "kbd",
    "label", "li", "link", "meta", "option", "picture", "q", "s", "samp", "select", "small",
    "source", "span", "strong", "sub", "sup", "svg", "table", "td", "tfoot", "th", "time", "tr",
    "tt", "u", "var", "video", "wbr",
  ])

  private mutating func tag(
    _ start: Int, within range: Range<Int>
  ) throws(CatalogueError) -> Int {
    // A tag may go on over lines, but not out of a cell of a Markdown table.
    let last = hasMarkdownTable ? range.upperBound : bytes.count
    if bytes[start..<last].starts(with: [0x3C, 0x21, 0x2D, 0x2D]) {
      let end = find(Array("-->".utf8), from: start + 4, before: last) ?? last
      try aside(start + 4..<max(start + 4, end), .hidden)
      return min(end + 3, last)
    }
    var index = start + 1
    let isEnd = index < last && bytes[index] == 0x2F
    if isEnd { index += 1 }
    let nameStart = index
    while index < last, index - nameStart < 12, Self.isNameByte(bytes[index]) { index += 1 }
    guard index < last, let end = tagEnd(from: index, before: last) else {
      try put(0x3C, at: start)
      return start + 1
    }
    let name = String(decoding: bytes[nameStart..<index].map { $0 | 0x20 }, as: UTF8.self)
    // `<https://example.com>` is a link that is its own text, and `<tenant>` is text.
    if !isEnd, bytes[index] == 0x3A, bytes[index..<end].starts(with: Array("://".utf8)) {
      for position in start + 1..<end { try put(bytes[position], at: position) }
      return end + 1
    }
    guard Self.elements.contains(name) || index == nameStart && bytes[index] == 0x21 else {
      try put(0x3C, at: start)
      return start + 1
    }
    if index < end { try attributes(index..<end) }
    try apply(name, isEnd: isEnd, at: start)
    if !isEnd, Self.unseen.contains(name) {
      let closing = find(Array("</\(name)".utf8), from: end + 1, before: last) ?? last
      try aside(end + 1..<max(end + 1, closing), .hidden)
      return max(end + 1, closing)
    }
    return end + 1
  }

  /// The `>` that ends a tag, one in quotes being none; nil where there is none nearby.
  private mutating func tagEnd(from start: Int, before last: Int) -> Int? {
    let limit = min(last, start + 65536)
    if openQuotes < 100 {
      var quote: UInt8 = 0
      var end = start
      while end < min(limit, start + 4096) {
        let byte = bytes[end]
        if quote != 0 {
          if byte == quote { quote = 0 }
        } else if byte == 0x22 || byte == 0x27 {
          quote = byte
        } else if byte == 0x3E {
          return end
        } else if byte == 0x3C {
          return nil
        }
        end += 1
      }
      openQuotes += 1
    }
    // A quote that never closes must not swallow the page.
    var end = max(start, noTagEndBefore)
    while end < limit, bytes[end] != 0x3E { end += 1 }
    if end < limit { return end }
    noTagEndBefore = max(noTagEndBefore, end)
    return nil
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
  }

  /// First occurrence of a text in lower case, upper case being equal.
  private func find(_ wanted: [UInt8], from start: Int, before last: Int) -> Int? {
    var index = start
    while index + wanted.count <= last {
      var matches = true
      for offset in wanted.indices {
        let byte = bytes[index + offset]
        let lower = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
        if lower != wanted[offset] {
          matches = false
          break
        }
      }
      if matches { return index }
      index += 1
    }
    return nil
  }

  private mutating func attributes(_ range: Range<Int>) throws(CatalogueError) {
    let text = String(decoding: bytes[range].prefix(4096), as: UTF8.self)
    let leads = text.contains("href") || text.contains("src") || text.contains("action")
    try aside(range, leads ? .link : .hidden)
  }

  private mutating func apply(
    _ name: String, isEnd: Bool, at offset: Int
  ) throws(CatalogueError) {
    switch name {
    case "br": mark(PageUnit.lineBreak, at: offset)
    case "li",
      "p" where tableDepth > 0, "div" where tableDepth > 0, "ul" where tableDepth > 0:
      mark(PageUnit.lineBreak, at: offset)
      if name == "li", tableDepth == 0 { try flush() }
    case "code", "kbd", "samp":
      mark(isEnd ? PageUnit.codeEnd : PageUnit.codeStart, at: offset)
    case "a": mark(isEnd ? PageUnit.linkEnd : PageUnit.linkStart, at: offset)
    case "table":
      guard !hasMarkdownTable else { return }
      if isEnd {
        tableDepth = max(0, tableDepth - 1)
        if tableDepth == 0 { column = -1 }
      } else {
        tableDepth += 1
        if tableDepth == 1 {
          tables += 1
          column = -1
        }
      }
      if tableDepth <= 1 { try flush() }
    case "tr":
      guard tableDepth == 1, !hasMarkdownTable else { return mark(PageUnit.lineBreak, at: offset) }
      column = -1
      if !isEnd { rows += 1 }
      try flush()
    case "td", "th":
      guard tableDepth == 1, !hasMarkdownTable else { return mark(PageUnit.lineBreak, at: offset) }
      if !isEnd {
        column += 1
        isHeaderCell = name == "th"
      }
      try flush()
    case _ where Self.apart.contains(name):
      try flush()
      apartDepth = max(0, apartDepth + (isEnd ? -1 : 1))
      unit.place = currentPlace
    case "h1", "h2", "h3", "h4", "h5", "h6":
      try flush()
      if !isEnd { section += 1 }
      unit = PageUnit(
        place: isEnd || apartDepth > 0 || tableDepth > 0 ? currentPlace : .heading,
        section: section)
    case _ where Self.blocks.contains(name):
      if tableDepth == 0 { try flush() }
    default: break
    }
  }
}
