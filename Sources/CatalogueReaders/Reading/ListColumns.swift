import EndpointCatalogue

/// The columns beside the hosts of a list that has them: ports or protocols, level, platform,
/// geography. Told by what their cells hold; only platform and geography need a heading, since
/// their words are names.
struct ListColumns {
  private var port: Int?
  private var protocolName: Int?
  private var level: Int?
  private var platform: Int?
  private var geography: Int?
  private var condition: Int?

  /// Whether the table has services and hosts only, as the article does.
  var isPlain: Bool { port == nil && protocolName == nil }

  static func all(
    of groups: [TokenClassifier.Group], in tables: [Int: PageCollector.Table]
  ) -> [Int: ListColumns] {
    var rows: [Int: [PageCollector.TableRow]] = [:]
    for group in groups {
      if let row = group.tableRow { rows[row.table, default: []].append(row) }
    }
    return rows.mapValues { rows in
      ListColumns(rows, headers: tables[rows[0].table]?.headers ?? [])
    }
  }

  init() {}

  private init(_ rows: [PageCollector.TableRow], headers: [String]) {
    let width = rows.map(\.texts.count).max() ?? 0
    func most(_ column: Int, _ isOne: (String) -> Bool) -> Bool {
      let texts = rows.compactMap { column < $0.texts.count ? $0.texts[column] : nil }
        .filter { !$0.isEmpty }
      return !texts.isEmpty && texts.count { isOne($0) } * 3 >= texts.count * 2
    }
    for column in 0..<width {
      if port == nil, most(column, Self.isPorts) {
        port = column
      } else if protocolName == nil, most(column, { Self.schemes($0) != nil }) {
        protocolName = column
      } else if level == nil, most(column, { Self.level($0) != nil }) {
        level = column
      }
      let header = column < headers.count ? headers[column].lowercased() : ""
      if header == "os" || header.hasPrefix("platform") || header == "operating system" {
        platform = column
      }
      if header.hasPrefix("geograph") || header == "region" { geography = column }
      if header.hasPrefix("comment") || header.hasPrefix("condition") { condition = column }
    }
  }

  // MARK: Cells

  private static func isPorts(_ text: String) -> Bool {
    let numbers = PageNumbers.all(in: text)
    return !numbers.isEmpty && numbers.allSatisfy { (1...65535).contains($0) }
      && text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || [0x20, 0x2C, 0x2F, 0x3B].contains($0)
      }
  }

  /// The ports of a cell such as `TLSv1.2/HTTPS/HTTP`; nil where it names anything else.
  private static func schemes(_ text: String) -> [Int]? {
    var ports: [Int] = []
    let words = text.lowercased().split { "/,; ".contains($0) }
    for word in words {
      let port: Int
      if word == "http" {
        port = 80
      } else if word == "https" || word.hasPrefix("tls") || word.hasPrefix("ssl") {
        port = 443
      } else if word.first == "v", PageNumbers.all(in: String(word)).first != nil {
        continue
      } else {
        return nil
      }
      if !ports.contains(port) { ports.append(port) }
    }
    return ports.isEmpty ? nil : ports
  }

  private static func level(_ text: String) -> Endpoint.Level? {
    switch text.lowercased() {
    case "required", "yes", "mandatory": .required
    case "optional", "no": .optional
    default: nil
    }
  }

  private func text(_ column: Int?, _ row: PageCollector.TableRow) -> String? {
    guard let column, column < row.texts.count, !row.texts[column].isEmpty else { return nil }
    return row.texts[column]
  }

  /// The ports that the row's cell gives, or the one above it; nil where there is no such column.
  func ports(of row: PageCollector.TableRow) -> [Int]? {
    if let text = text(port, row), Self.isPorts(text) { return PageNumbers.all(in: text) }
    if let text = text(protocolName, row), let ports = Self.schemes(text) { return ports }
    return nil
  }

  func fill(_ row: inout PageReading.Row, from tableRow: PageCollector.TableRow) {
    if let text = text(level, tableRow), let value = Self.level(text) {
      row.level = value
    } else if protocolName != nil, level == nil {
      // Such a page says what is contacted, not what is needed.
      row.level = .named
    }
    if let platform, !(tableRow.carried.contains(platform) && condition == platform) {
      row.platform = text(platform, tableRow)
    }
    row.geography = text(geography, tableRow)
    if let condition, !tableRow.carried.contains(condition) {
      row.condition = text(condition, tableRow)
    }
  }
}
