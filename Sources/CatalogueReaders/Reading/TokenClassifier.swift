import EndpointCatalogue
import NetworkSets

/// Gives each token of a page its class, and makes rows of those that are rows.
struct TokenClassifier {
  private let page: PageText
  private let collector: PageCollector
  private let answers: ReadingAnswers
  private let known: KnownRows
  private var groups: [Group] = []
  /// The column of hosts of each table that is a list.
  private var hostColumns: [Int: Int] = [:]
  private var listSections: Set<Int> = []
  /// Names whose sub-domains the rows of the page hold, and all names above a row.
  private var coveringApexes: Set<String> = []
  private var namesAbove: Set<String> = []
  private(set) var firstLine: String?

  /// Rows that stand together under one title.
  struct Group {
    let title: String
    let tableRow: PageCollector.TableRow?
    var tokens: [HostToken] = []
  }

  init(
    page: PageText, collector: PageCollector, editions: [Catalogue], answers: ReadingAnswers
  ) {
    self.page = page
    self.collector = collector
    self.answers = answers
    known = KnownRows(editions)
    for (table, shape) in collector.tables {
      if let column = Self.hostColumn(of: shape) { hostColumns[table] = column }
    }
    for token in collector.tokens where isListPlace(token) {
      let isWild = token.host.hasPrefix("*.")
      guard let name = HostName(isWild ? token.host.dropFirst(2) : token.host[...]) else {
        continue
      }
      if isWild { coveringApexes.insert(name.text) }
      var parent = name.text[...]
      while let dot = parent.firstIndex(of: ".") {
        parent = parent[parent.index(after: dot)...]
        namesAbove.insert(String(parent))
      }
    }
  }

  /// The column that is made of hosts: most of its cells are nothing else.
  private static func hostColumn(of table: PageCollector.Table) -> Int? {
    let best = table.listCells.max { ($0.value, -$0.key) < ($1.value, -$1.key) }
    guard let best, best.value * 2 >= table.rows else { return nil }
    return best.key
  }

  private enum Decision {
    case row
    case citation
    case link
    case path
    case ask(PageReading.Question)
  }

  mutating func classify(into reading: inout PageReading) {
    firstLine = collector.between.values.first { $0.count > 0 }?.first.first
    for row in collector.rows.values where hostColumns[row.table] != nil {
      listSections.insert(row.section)
    }
    let region = hostColumns.isEmpty ? LineRegion(collector) : nil
    if let region { listSections.formUnion(region.sections) }
    var seen: Set<String> = []
    var tokens: [PageReading.Token] = []
    for token in collector.tokens {
      let place = page.place(of: token.offset)
      var decision = decide(token, place.line, region)
      if case .ask(let question) = decision,
        let answer = answers.answer(question.kind, token.text)
      {
        decision = answered(answer, token)
      }
      if case .row = decision {
        let group = groupKey(token, region)
        let key = "\(group)\u{0}\(identity(token))"
        // Side-by-side pages print a host in the translation and in the original.
        if seen.insert(key).inserted {
          add(token, to: group, region)
        } else {
          decision = .citation
        }
      }
      let tokenClass: PageReading.TokenClass
      switch decision {
      case .row: tokenClass = .row
      case .citation: tokenClass = .citation
      case .link: tokenClass = .link
      case .path: tokenClass = .path
      case .ask(let question):
        tokenClass = .question
        reading.questions.append(question)
      }
      tokens.append(
        PageReading.Token(
          text: token.text, line: place.line, column: place.column, tokenClass: tokenClass))
    }
    reading.tokens = tokens
    var builder = RowBuilder(page: page, tables: collector.tables, known: known, answers: answers)
    builder.build(groups, into: &reading)
    guard !builder.repeated.isEmpty else { return }
    reading.tokens = tokens.map { token in
      builder.repeated.contains([token.line, token.column]) && token.tokenClass == .row
        ? PageReading.Token(
          text: token.text, line: token.line, column: token.column, tokenClass: .citation) : token
    }
  }

  private func identity(_ token: HostToken) -> String {
    EndpointIdentity(service: "", host: token.host, path: token.path).place
  }

  // MARK: Deciding

  private func decide(_ token: HostToken, _ line: Int, _ region: LineRegion?) -> Decision {
    switch token.place {
    case .link: return .link
    case .hidden: return token.scheme == nil ? .path : .link
    case .apart: return token.shape == .path ? .path : .citation
    case .heading: return token.shape == .path ? .path : .citation
    case .cell(let table, _, let column, let isHeader):
      if token.shape == .path { return .path }
      guard !isHeader, let hosts = hostColumns[table] else {
        return beside(token, line, alone: !token.isEmbedded && !isHeader)
      }
      guard column == hosts else { return .citation }
      return inList(token, line)
    case .prose, .code:
      if token.shape == .path { return .path }
      guard let region, region.candidates.contains(token.offset) else {
        return beside(token, line, alone: false)
      }
      guard region.units.contains(token.unit) else { return beside(token, line, alone: true) }
      return inList(token, line)
    }
  }

  /// A host in the list itself.
  private func inList(_ token: HostToken, _ line: Int) -> Decision {
    if let oddity = token.oddity, oddity != .innerStar, oddity != .leadingStar {
      return .ask(
        question(
          .membership, token, line, "the word has \(oddity.rawValue): is it a row?", "no row"))
    }
    if token.shape == .address {
      return .ask(
        question(.membership, token, line, "an address among host names: is it a row?", "no row"))
    }
    if known.isKnown(identity(token)) { return .row }
    if let other = known.lookAlike(of: token.host) {
      return .ask(
        question(
          .membership, token, line,
          "`\(KnownRows.domain(token.host))` looks like `\(other)`, which the list knows: is it a row?",
          "no row"))
    }
    if token.isEmbedded {
      return .ask(
        question(
          .membership, token, line, "the host stands within a sentence of the list: is it a row?",
          "no row"))
    }
    return .row
  }

  /// A host outside of the list: cited, unless it could be a row that was put beside it.
  private func beside(_ token: HostToken, _ line: Int, alone: Bool) -> Decision {
    let isNear = listSections.contains(token.section) && token.place != .code
    guard alone || isNear else { return .citation }
    if token.isInLink, !alone { return .citation }
    if isCovered(token) || covers(token) { return .citation }
    if known.isKnown(identity(token)), isNear {
      return .ask(
        question(
          .membership, token, line, "an edition has this row, here it stands beside the list", "row"
        ))
    }
    return .ask(
      question(.membership, token, line, "the host stands beside the list: is it a row?", "no row"))
  }

  /// Whether a row of the page, or of any edition, holds the host.
  private func isCovered(_ token: HostToken) -> Bool {
    guard let name = HostName(token.host) else { return false }
    var parent = name.text[...]
    while true {
      if coveringApexes.contains(String(parent)) { return true }
      guard let dot = parent.firstIndex(of: ".") else { return false }
      parent = parent[parent.index(after: dot)...]
    }
  }

  private func isListPlace(_ token: HostToken) -> Bool {
    if case .cell(let table, _, let column, false) = token.place {
      return hostColumns[table] == column
    }
    return hostColumns.isEmpty && token.place == .prose && !token.hasWordsBefore
      && !token.hasWordsAfter
  }

  /// Whether the host is a wildcard above a row of the page: a statement about rows, not a row.
  private func covers(_ token: HostToken) -> Bool {
    guard token.host.hasPrefix("*."), let apex = HostName(token.host.dropFirst(2)) else {
      return false
    }
    return namesAbove.contains(apex.text)
  }

  private func question(
    _ kind: PageReading.Question.Kind, _ token: HostToken, _ line: Int, _ asks: String,
    _ proposal: String
  ) -> PageReading.Question {
    PageReading.Question(
      kind: kind, token: token.text, line: line, asks: asks, proposal: proposal)
  }

  private func answered(_ answer: String, _ token: HostToken) -> Decision {
    switch answer {
    case "row": .row
    case "path": .path
    case "link": .link
    default: .citation
    }
  }

  // MARK: Groups

  private func groupKey(_ token: HostToken, _ region: LineRegion?) -> String {
    if case .cell(_, let row, _, _) = token.place { return "row \(row)" }
    return "run \(region?.runs[token.unit] ?? 0)"
  }

  private var groupNumbers: [String: Int] = [:]

  private mutating func add(_ token: HostToken, to key: String, _ region: LineRegion?) {
    if groupNumbers[key] == nil {
      groupNumbers[key] = groups.count
      if case .cell(let table, let row, _, _) = token.place, let tableRow = collector.rows[row] {
        groups.append(
          Group(title: Self.title(of: tableRow, hosts: hostColumns[table]), tableRow: tableRow))
      } else {
        groups.append(Group(title: region?.titles[token.unit] ?? "", tableRow: nil))
      }
    }
    if let number = groupNumbers[key] { groups[number].tokens.append(token) }
  }

  /// The first cell that is not the hosts.
  private static func title(of row: PageCollector.TableRow, hosts: Int?) -> String {
    row.texts.indices.first { $0 != hosts && !row.texts[$0].isEmpty }.map { row.texts[$0] } ?? ""
  }
}
