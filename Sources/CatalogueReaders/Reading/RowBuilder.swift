import EndpointCatalogue

/// Makes rows of the tokens of the list: service, ports, level, and the questions about them.
struct RowBuilder {
  let page: PageText
  let tables: [Int: PageCollector.Table]
  let known: KnownRows
  let answers: ReadingAnswers
  private var serviceIDs: Set<String> = []
  /// Positions of the rows so far, by what makes them the same.
  private var positions: [[String]: Int] = [:]
  /// Line and column of rows that stand in the list already.
  private(set) var repeated: Set<[Int]> = []

  init(
    page: PageText, tables: [Int: PageCollector.Table], known: KnownRows, answers: ReadingAnswers
  ) {
    self.page = page
    self.tables = tables
    self.known = known
    self.answers = answers
  }

  mutating func build(_ groups: [TokenClassifier.Group], into reading: inout PageReading) {
    let columns = ListColumns.all(of: groups, in: tables)
    for group in groups {
      let shape = group.tableRow.flatMap { columns[$0.table] } ?? ListColumns()
      var rows = group.tokens.map { row($0, group, shape, into: &reading) }
      let service = service(of: rows, title: group.title, isPlain: shape.isPlain, into: &reading)
      for index in rows.indices { rows[index].service = service }
      if serviceIDs.insert(service).inserted {
        reading.services.append((service, group.title.isEmpty ? service : group.title))
      }
      merge(rows, into: &reading)
    }
  }

  /// Adds rows; one that stands in the list already is no new one.
  private mutating func merge(_ rows: [PageReading.Row], into reading: inout PageReading) {
    for row in rows {
      let key = [
        row.service, row.host, row.path ?? "", row.platform ?? "", row.geography ?? "",
      ]
      guard let twin = positions[key] else {
        positions[key] = reading.rows.count
        reading.rows.append(row)
        continue
      }
      repeated.insert([row.line, row.column])
      let old = reading.rows[twin]
      guard old.portsRequired != row.portsRequired || old.level != row.level else { continue }
      ask(
        .ports, row.text, row.line,
        "the row stands on line \(old.line) too, with ports \(Self.text(old.portsRequired)) "
          + "and not \(Self.text(row.portsRequired)): which ports?",
        Self.text(Self.union(old.portsRequired, row.portsRequired)), into: &reading)
    }
  }

  // MARK: Rows

  private func row(
    _ token: HostToken, _ group: TokenClassifier.Group, _ columns: ListColumns,
    into reading: inout PageReading
  ) -> PageReading.Row {
    let place = page.place(of: token.offset)
    let path = Self.path(token.path)
    var row = PageReading.Row(
      service: "", title: group.title, text: token.text + (token.hasTrailingStar ? "*" : ""),
      host: EndpointIdentity.canonical(token.host), path: path?.text, pathMatch: path?.match,
      scheme: token.scheme, portsRequired: [], portsAdvised: [], line: place.line,
      column: place.column, note: token.note)
    if token.text.hasSuffix("*") { row.text = token.text }
    (row.portsRequired, row.portsAdvised) = ports(token, row, group, columns, into: &reading)
    if let tableRow = group.tableRow { columns.fill(&row, from: tableRow) }
    if token.hasTrailingStar, !known.isPrinted(row.text), answers.answer(.host, row.text) == nil {
      ask(
        .host, row.text, row.line, "a star stands behind the name: which host is meant?", row.host,
        into: &reading)
    }
    if token.oddity == .leadingStar, answers.answer(.host, row.text) == nil {
      ask(
        .host, row.text, row.line,
        "the star has no dot behind it, so that any name that ends so is meant: is that right?",
        row.host, into: &reading)
    }
    if let text = path?.text, text.contains("*"), answers.answer(.host, row.text) == nil {
      ask(
        .host, row.text, row.line, "a star stands inside the path: which path is meant?",
        row.text, into: &reading)
    }
    if let host = answers.answer(.host, row.text) { row.host = EndpointIdentity.canonical(host) }
    return row
  }

  /// A path that names a file is that file; any other is a folder with what lies below it, a star
  /// at its end or not.
  static func path(_ text: String?) -> (text: String, match: Endpoint.PathMatch)? {
    guard var path = text, path.hasPrefix("/") else { return nil }
    while path.hasSuffix("*") { path.removeLast() }
    guard path != "/" else { return nil }
    let last = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    let isFile = last.contains(".") || path.contains("?")
    return (path, isFile && text?.hasSuffix("*") == false ? .exact : .prefix)
  }

  private func ports(
    _ token: HostToken, _ row: PageReading.Row, _ group: TokenClassifier.Group,
    _ columns: ListColumns, into reading: inout PageReading
  ) -> (required: [Int], advised: [Int]) {
    if let answer = answers.answer(.ports, row.text) {
      return (PageNumbers.all(in: answer).filter { (1...65535).contains($0) }, [])
    }
    if let port = token.port {
      if (1...65535).contains(port) { return ([port], []) }
      ask(.ports, row.text, row.line, "\(port) is no port: which ports?", "443", into: &reading)
      return ([443], [])
    }
    if let given = group.tableRow.flatMap({ columns.ports(of: $0) }) { return (given, []) }
    // The scheme means 80, the general sentence of the page 443: nothing is fetched over TLS that
    // is needed to check TLS.
    var required = token.scheme == "http" ? [80] : [443]
    let advised = token.scheme == "http" ? [443] : []
    guard let note = token.note else { return (required, advised) }
    let numbers = PageNumbers.all(in: note)
    if numbers.isEmpty {
      ask(
        .ports, row.text, row.line, "the row has the note “\(note)”: which ports does it need?",
        Self.text(required), into: &reading)
    }
    for number in numbers {
      if number == 80 || number == 443 {
        required = Self.union(required, [number])
      } else {
        ask(
          .ports, row.text, row.line, "the row has the note “\(note)”: which ports does it need?",
          Self.text(Self.union(required, numbers.filter { (1...65535).contains($0) })),
          into: &reading)
        break
      }
    }
    return (required, advised.filter { !required.contains($0) })
  }

  static func union(_ left: [Int], _ right: [Int]) -> [Int] {
    left + right.filter { !left.contains($0) }
  }

  static func text(_ ports: [Int]) -> String {
    ports.map { "\($0)" }.joined(separator: ", ")
  }

  // MARK: Services

  /// The service that the known rows of a group have; a question where they leave it open.
  private func service(
    of rows: [PageReading.Row], title: String, isPlain: Bool, into reading: inout PageReading
  ) -> String {
    guard let first = rows.first else { return title }
    for row in rows {
      if let answer = answers.answer(.service, row.text), !answer.isEmpty { return answer }
    }
    // A list with columns of its own names its services itself.
    guard isPlain else { return title.isEmpty ? first.host : title }
    var votes: [String: Int] = [:]
    for row in rows {
      let place = EndpointIdentity(service: "", host: row.host, path: row.path).place
      let services = known.services(of: place)
      if services.count == 1, let service = services.first { votes[service, default: 0] += 1 }
    }
    let named = known.service(named: title)
    // Without a title nothing but the hosts holds the rows together.
    let isHeld = !title.isEmpty || votes.values.reduce(0, +) == rows.count
    if votes.count == 1, isHeld, let only = votes.first { return only.key }
    if votes.isEmpty, let named { return named }
    let best = votes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    let proposal =
      best ?? known.likelyService(title: title, hosts: rows.map(\.host)) ?? Self.slug(title)
    ask(
      .service, first.text, first.line,
      title.isEmpty
        ? "the page names no service for this row and those with it: which service is it?"
        : votes.isEmpty
          ? "no edition knows a row of “\(title)”: which service is it?"
          : "the rows of “\(title)” belong to several services: which one is it?", proposal,
      into: &reading)
    return best ?? (title.isEmpty ? proposal : title)
  }

  /// A title as an identifier: letters and digits of ASCII, hyphens between.
  static func slug(_ title: String) -> String {
    var result = ""
    for scalar in title.lowercased().unicodeScalars {
      if scalar.isASCII, scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
        result.unicodeScalars.append(scalar)
      } else if !result.isEmpty, !result.hasSuffix("-") {
        result += "-"
      }
      if result.utf8.count >= 60 { break }
    }
    while result.hasSuffix("-") { result.removeLast() }
    return result.isEmpty ? "service" : result
  }

  private func ask(
    _ kind: PageReading.Question.Kind, _ token: String, _ line: Int, _ asks: String,
    _ proposal: String, into reading: inout PageReading
  ) {
    reading.questions.append(
      PageReading.Question(kind: kind, token: token, line: line, asks: asks, proposal: proposal))
  }
}
