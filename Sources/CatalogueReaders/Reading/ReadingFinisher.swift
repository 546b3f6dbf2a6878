import EndpointCatalogue

/// Compares a reading with the known editions, takes statements, and numbers the questions.
struct ReadingFinisher {
  let editions: [Catalogue]
  let answers: ReadingAnswers
  let collector: PageCollector
  var reading: PageReading

  mutating func finish() -> PageReading {
    if reading.rows.isEmpty, !reading.questions.contains(where: { $0.kind == .membership }) {
      ask(.list, "", 1, "no row was found: is this a page with a list of hosts?", "no")
    }
    findNearest()
    adviseAsKnown()
    if let nearest = reading.nearest {
      reading.nearest = PageReading.Nearest(
        edition: nearest.edition, isSame: changes(from: nearest.edition).isEmpty)
      reading.list = nearest.edition.id
    }
    askPorts()
    takeStatements()
    askDate()
    reading.questions.sort { ($0.line, $0.kind.rawValue) < ($1.line, $1.kind.rawValue) }
    for index in reading.questions.indices { reading.questions[index].number = index + 1 }
    return reading
  }

  private mutating func ask(
    _ kind: PageReading.Question.Kind, _ token: String, _ line: Int, _ asks: String,
    _ proposal: String
  ) {
    guard answers.answer(kind, token) == nil else { return }
    reading.questions.append(
      PageReading.Question(kind: kind, token: token, line: line, asks: asks, proposal: proposal))
  }

  // MARK: The nearest edition

  /// The edition with the fewest differences; of several, the one of the page's own date, else the
  /// last before it, else the newest.
  private mutating func findNearest() {
    if let same = editions.first(where: { $0.source.sha256 == reading.sha256 }) {
      reading.nearest = PageReading.Nearest(edition: same, isSame: true)
      return
    }
    let places = Set(reading.rows.map { place($0) })
    var best: (edition: Catalogue, cost: Int)?
    for edition in editions {
      let known = Set(edition.endpoints.map(\.identity.place))
      let common = places.intersection(known).count
      // Less than half in common is another list.
      guard common * 2 >= places.count, common * 2 >= known.count, common > 0 else { continue }
      let cost = changes(from: edition).count
      guard let current = best else {
        best = (edition, cost)
        continue
      }
      if cost < current.cost || cost == current.cost && isNearer(edition, than: current.edition) {
        best = (edition, cost)
      }
    }
    if let best { reading.nearest = PageReading.Nearest(edition: best.edition, isSame: false) }
  }

  private func place(_ row: PageReading.Row) -> String {
    EndpointIdentity(service: "", host: row.host, path: row.path).place
  }

  private func isNearer(_ new: Catalogue, than old: Catalogue) -> Bool {
    guard let date = reading.date else { return new.version > old.version }
    func rank(_ edition: Catalogue) -> (Int, String) {
      if edition.published == date { return (2, edition.version) }
      return edition.published < date ? (1, edition.version) : (0, edition.version)
    }
    return rank(new) > rank(old)
  }

  private func changes(from edition: Catalogue) -> [CatalogueDiff.Change] {
    CatalogueDiff(from: edition, to: reading.catalogue(id: edition.id, version: edition.version))
      .changes.filter { change in
        guard case .changed(_, _, let fields) = change else { return true }
        return !Set(fields).isDisjoint(with: ["scheme", "ports_required", "level", "path_match"])
      }
  }

  /// Advised ports come from other published lists, never from the page: a row that is the same
  /// as in the nearest edition has the same advice.
  private mutating func adviseAsKnown() {
    let endpoints =
      reading.nearest?.edition.endpoints ?? editions.last?.endpoints ?? []
    var known: [String: Endpoint] = [:]
    for endpoint in endpoints { known[endpoint.identity.place] = endpoint }
    for index in reading.rows.indices where reading.rows[index].portsAdvised.isEmpty {
      guard let endpoint = known[place(reading.rows[index])] else { continue }
      let required = endpoint.portsRequired.map { Int($0) }
      if required == reading.rows[index].portsRequired {
        reading.rows[index].portsAdvised = endpoint.portsAdvised.map { Int($0) }
      }
    }
  }

  // MARK: Statements

  /// Statements are taken from the original language only: a translation lost the word
  /// “excluding” once, and asked to allow what must not be allowed.
  private mutating func takeStatements() {
    guard reading.list == nil || reading.list == "defender-antivirus" else { return }
    guard reading.nearest != nil || editions.isEmpty else { return }
    let rowsHaveNotes = reading.rows.contains { $0.portsRequired == [443, 80] }
    set(.default443, .flag(collector.mentions443), "page")
    set(.port80Note, .flag(rowsHaveNotes), "page")
    takeBlobStatements()
    guard let nearest = reading.nearest, nearest.isSame else { return }
    for (key, statement) in nearest.edition.statements where reading.statements[key] == nil {
      reading.statements[key] = statement
      reading.statementSources[key] = nearest.edition.reference
    }
  }

  private mutating func set(_ key: StatementKey, _ value: Statement, _ source: String) {
    reading.statements[key.rawValue] = value
    reading.statementSources[key.rawValue] = source
  }

  private static let blob = "*.blob.core.windows.net"

  private mutating func takeBlobStatements() {
    let keys: [StatementKey] = [.blobNoInspectionExclusion, .allowRuleExcludesBlob]
    let texts = collector.citedTexts.map { $0.text.lowercased() }.filter { $0.contains(Self.blob) }
    let isRow = reading.rows.contains { $0.host == Self.blob }
    // A page that does not cite the wildcard makes no statement about it, in any language.
    guard !texts.isEmpty, !isRow else {
      for key in keys { set(key, .flag(false), "page") }
      return
    }
    var said: [StatementKey: Bool] = [:]
    for text in texts {
      if text.contains("inspection"), text.contains("exclude"),
        ["don't exclude", "don’t exclude", "do not exclude"].contains(where: { text.contains($0) })
      {
        said[.blobNoInspectionExclusion] = true
      }
      if text.contains("allow"), text.contains("(excluding the url") {
        said[.allowRuleExcludesBlob] = true
      }
    }
    let equal = editionsWithEqualRows()
    for key in keys {
      if said[key] == true {
        set(key, .flag(true), "page")
      } else if let answer = answers.answer(.statement, key.rawValue) {
        set(key, .flag(answer == "yes"), "answer")
      } else if let edition = equal.first,
        equal.allSatisfy({ $0.statements[key.rawValue] == edition.statements[key.rawValue] })
      {
        set(key, edition.statements[key.rawValue] ?? .flag(false), edition.reference)
      } else {
        let line = 1
        ask(
          .statement, key.rawValue, line,
          "the page cites `\(Self.blob)` in a language that is not the original: "
            + (key == .blobNoInspectionExclusion
              ? "does it say never to exempt it from inspection?"
              : "does it say to make no allow rule for it?"),
          reading.nearest.map { $0.edition.says(key) ? "yes" : "no" } ?? "yes")
      }
    }
  }

  /// Editions with the rows of the page: of its date, else of any.
  private func editionsWithEqualRows() -> [Catalogue] {
    let equal = editions.filter { $0.id == reading.list && changes(from: $0).isEmpty }
    let dated = equal.filter { $0.published == reading.date }
    if !dated.isEmpty { return dated }
    if let nearest = reading.nearest, nearest.isSame, reading.date == nil,
      nearest.edition.source.sha256 == reading.sha256
    {
      return [nearest.edition]
    }
    return equal
  }

  // MARK: Ports

  /// A list of hosts without a word about ports says nothing about them.
  private mutating func askPorts() {
    guard reading.nearest == nil, !collector.mentions443, !reading.rows.isEmpty,
      collector.rows.isEmpty,
      reading.rows.allSatisfy({ $0.scheme == nil && $0.note == nil && $0.portsRequired == [443] })
    else { return }
    if let answer = answers.answer(.ports) {
      let ports = PageNumbers.all(in: answer).filter { (1...65535).contains($0) }
      for index in reading.rows.indices where !ports.isEmpty {
        reading.rows[index].portsRequired = ports
      }
    } else {
      ask(.ports, "", 1, "the page names no port: which ports do its hosts need?", "443")
    }
  }

  // MARK: The date

  private mutating func askDate() {
    if let answer = answers.answer(.date, ""), CatalogueDay.isValid(answer) {
      reading.date = answer
    }
    guard reading.date == nil, reading.nearest?.isSame != true, !reading.rows.isEmpty else {
      return
    }
    ask(
      .date, "", 1, "the page has no date and is no known edition: when was it published?",
      reading.nearest.map { "after \($0.edition.published)" } ?? "2026-01-31")
  }
}
