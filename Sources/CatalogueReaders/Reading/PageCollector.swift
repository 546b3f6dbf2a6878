/// Gathers the tokens of a page with what their reader needs of the page around them.
struct PageCollector {
  /// A row of a table that has tokens.
  struct TableRow {
    let table: Int
    let section: Int
    /// The texts of its cells; empty ones filled from above where ``carried`` says so.
    var texts: [String] = []
    /// Columns whose own cell is empty, so that the text above holds.
    var carried: Set<Int> = []
    let isHeader: Bool
  }

  struct Table {
    var headers: [String] = []
    /// Rows with tokens, and all rows but the header.
    var rows = 0
    /// By column: cells that are nothing but tokens, and cells with tokens.
    var listCells: [Int: Int] = [:]
    var tokenCells: [Int: Int] = [:]
  }

  /// Lines without tokens in front of a line with some.
  struct Between {
    var first: [String] = []
    var last: [String] = []
    var count = 0
  }

  private(set) var tokens: [HostToken] = []
  private(set) var tables: [Int: Table] = [:]
  private(set) var rows: [Int: TableRow] = [:]
  /// By unit.
  private(set) var between: [Int: Between] = [:]
  /// By unit: the text in front of the first token, where a tab or two blanks part them.
  private(set) var leads: [Int: String] = [:]
  /// Texts that name a host which no row may be exempted by, for the statements.
  private(set) var citedTexts: [(unit: Int, text: String)] = []
  private(set) var metadata = PageMetadata()
  /// Sections whose visible text has the number 443.
  private(set) var mentions443 = false

  private let file: String
  private var units = 0
  private var pending = Between()
  private var currentRow = -1
  private var currentTexts: [String] = []
  private var currentHasTokens = false
  private var currentPlace: (table: Int, section: Int, isHeader: Bool) = (0, 0, false)
  private var above: [Int: [String]] = [:]

  /// More host names than any list has; beyond it a page is refused, not cut.
  static let tokenLimit = 100_000

  init(file: String) { self.file = file }

  mutating func add(_ unit: PageUnit) throws(CatalogueError) {
    units += 1
    metadata.look(at: unit)
    let found = HostTokenFinder(unit, number: units).tokens()
    tokens += found
    guard tokens.count <= Self.tokenLimit else {
      throw CatalogueError(
        file: file, reason: "more than \(Self.tokenLimit) host names: this is no published list")
    }
    switch unit.place {
    case .cell(let table, let row, let column, let isHeader):
      cell(unit, found, table: table, row: row, column: column, isHeader: isHeader)
    case .prose, .code:
      line(unit, found)
    default: break
    }
    if unit.place != .hidden, unit.place != .link {
      if !mentions443, unit.text.contains(0x34) || unit.text.contains(where: { $0 >= 0xD9 }) {
        mentions443 = PageNumbers.all(in: unit.plain(limit: 4096)).contains(443)
      }
      let cites = found.contains { $0.host.hasPrefix("*.") && $0.path == nil }
      if cites, unit.place == .prose, citedTexts.count < 64 {
        citedTexts.append((units, unit.plain(limit: 4096)))
      }
    }
  }

  mutating func end() {
    closeRow()
    tokens.sort { $0.offset < $1.offset }
  }

  private mutating func line(_ unit: PageUnit, _ found: [HostToken]) {
    if found.isEmpty {
      let text = unit.plain(limit: 200)
      guard !text.isEmpty else { return }
      pending.count += 1
      if pending.first.count < 2 { pending.first.append(text) }
      pending.last.append(text)
      if pending.last.count > 3 { pending.last.removeFirst() }
    } else {
      between[units] = pending
      pending = Between()
      if let first = found.first, let start = unit.offsets.firstIndex(of: Int32(first.offset)) {
        let lead = unit.plain(limit: 200, to: start)
        if !lead.isEmpty { leads[units] = lead }
      }
    }
  }

  private mutating func cell(
    _ unit: PageUnit, _ found: [HostToken], table: Int, row: Int, column: Int, isHeader: Bool
  ) {
    if row != currentRow {
      closeRow()
      currentRow = row
      currentPlace = (table, unit.section, isHeader)
    }
    guard column < 64 else { return }
    while currentTexts.count <= column { currentTexts.append("") }
    let text = unit.firstPiece(limit: 400)
    if currentTexts[column].isEmpty { currentTexts[column] = text }
    let visible = found.filter { $0.shape != .path }
    guard !visible.isEmpty, !isHeader else { return }
    currentHasTokens = true
    tables[table, default: Table()].tokenCells[column, default: 0] += 1
    if visible.contains(where: { !$0.isEmbedded }) {
      tables[table, default: Table()].listCells[column, default: 0] += 1
    }
  }

  private mutating func closeRow() {
    defer {
      currentTexts = []
      currentHasTokens = false
    }
    guard currentRow >= 0, !currentTexts.isEmpty else { return }
    let table = currentPlace.table
    if currentPlace.isHeader {
      tables[table, default: Table()].headers = currentTexts
      return
    }
    tables[table, default: Table()].rows += 1
    var texts = currentTexts
    var carried: Set<Int> = []
    let older = above[table] ?? []
    for column in 0..<max(texts.count, older.count) where column < older.count {
      if column >= texts.count { texts.append("") }
      if texts[column].isEmpty, !older[column].isEmpty {
        texts[column] = older[column]
        carried.insert(column)
      }
    }
    above = [table: texts]
    if currentHasTokens {
      rows[currentRow] = TableRow(
        table: table, section: currentPlace.section, texts: texts, carried: carried, isHeader: false
      )
    }
  }
}

extension HostToken {
  /// Whether words stand on both sides, as in a sentence.
  var isEmbedded: Bool { hasWordsBefore && hasWordsAfter && !isInCode }
}

extension PageUnit {
  /// The text before the first break, for titles; what is told twice, in a translation and in the
  /// original, is told once.
  func firstPiece(limit: Int) -> String {
    let end = text.firstIndex(of: Self.lineBreak) ?? text.count
    let piece = plain(limit: limit, to: end)
    return piece.isEmpty ? plain(limit: limit) : piece
  }
}

/// What a page says about itself in its metadata.
struct PageMetadata: Sendable {
  private(set) var title: String?
  private(set) var date: String?
  private(set) var locale: String?
  private(set) var url: String?
  private(set) var isTranslated = false
  private(set) var heading: String?

  mutating func look(at unit: PageUnit) {
    switch unit.place {
    case .hidden, .link:
      guard unit.text.count < 2000 else { return }
      look(atMetadata: unit.plain(limit: 2000))
    case .heading where heading == nil:
      let text = unit.plain(limit: 300).drop { $0 == "#" || $0 == " " }
      if !text.isEmpty { heading = String(text) }
    default: break
    }
  }

  private mutating func look(atMetadata text: String) {
    if let value = Self.value(of: "title", in: text), title == nil { title = value }
    if let value = Self.value(of: "ms.date", in: text), date == nil { date = Self.date(value) }
    for name in ["ms.contentlocale", "locale", "lang"] {
      if let value = Self.value(of: name, in: text), locale == nil,
        value.utf8.count <= 12, value.utf8.contains(0x2D)
      {
        locale = value.lowercased()
      }
    }
    if Self.value(of: "ms.translationtype", in: text) != nil { isTranslated = true }
    for name in ["canonicalUrl", "href"] {
      if let value = Self.value(of: name, in: text), url == nil,
        text.contains("canonical"), value.hasPrefix("http")
      {
        url = value
      }
    }
  }

  /// `name: value` of front matter, `name="value"` of a tag, or the content of a `meta` element.
  static func value(of name: String, in text: String) -> String? {
    if text.hasPrefix(name + ":") { return trimmed(text.dropFirst(name.count + 1)) }
    if text.contains("name=\"\(name)\"") { return attribute("content", in: text) }
    return name == "lang" || name == "href" ? attribute(name, in: text) : nil
  }

  private static func attribute(_ name: String, in text: String) -> String? {
    let words = text.split(separator: "\"", omittingEmptySubsequences: false)
    for (index, word) in words.enumerated() where index + 1 < words.count {
      let head = trimmed(word)
      if head == "\(name)=" || head.hasSuffix(" \(name)=") { return trimmed(words[index + 1]) }
    }
    return nil
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    var scalars = Substring(text).unicodeScalars
    while let first = scalars.first, [" ", "\t", "\r", "\"", "'"].contains(first) {
      scalars.removeFirst()
    }
    while let last = scalars.last, [" ", "\t", "\r", "\"", "'"].contains(last) {
      scalars.removeLast()
    }
    return String(scalars)
  }

  /// `10/08/2024`, as the documentation writes month and day, or an ISO date; nil for no date.
  static func date(_ text: String) -> String? {
    let parts = text.split { !$0.isASCII || !$0.isNumber }.map(String.init)
    guard parts.count >= 3 else { return nil }
    let iso =
      parts[0].count == 4
      ? "\(parts[0])-\(padded(parts[1]))-\(padded(parts[2]))"
      : "\(parts[2])-\(padded(parts[0]))-\(padded(parts[1]))"
    return CatalogueDay.isValid(iso) ? iso : nil
  }

  private static func padded(_ text: String) -> String { text.count == 1 ? "0" + text : text }
}
