/// The list of a page that has no table of hosts: lines with nothing but a host, near each other.
///
/// Text copied from a browser prints a table like that, cell after cell: the title of a service,
/// its description, and a host a line.
struct LineRegion {
  /// Offsets of tokens that stand alone in their piece of a line.
  private(set) var candidates: Set<Int> = []
  /// Units of the candidates that belong to the list.
  private(set) var units: Set<Int> = []
  private(set) var sections: Set<Int> = []
  /// Runs of lines without another line between them, by unit.
  private(set) var runs: [Int: Int] = [:]
  private(set) var titles: [Int: String] = [:]

  /// Lines between two runs of one list: the note of one service, the title and the description of
  /// the next.
  private static let gapLimit = 8

  init(_ collector: PageCollector) {
    var regions: [[HostToken]] = []
    var last: HostToken?
    var gap = 0
    for token in collector.tokens where Self.isLine(token) {
      if let last, last.unit != token.unit {
        gap += collector.between[token.unit]?.count ?? 0
      }
      let isAlone =
        token.shape != .path && !token.hasWordsBefore && !token.hasWordsAfter
      if !isAlone {
        // A line with a host in a sentence is a line between.
        if last?.unit != token.unit { gap += 1 }
        last = token
        continue
      }
      candidates.insert(token.offset)
      if regions.isEmpty || gap > Self.gapLimit {
        regions.append([])
      }
      regions[regions.count - 1].append(token)
      gap = 0
      last = token
    }
    guard let best = regions.max(by: { $0.count < $1.count }), best.count > 1 else { return }
    var run = 0
    var title = ""
    var previous: Int?
    for token in best {
      let between = collector.between[token.unit]
      if previous == nil || between?.count ?? 0 > 0 || collector.leads[token.unit] != nil {
        run += 1
        title = Self.title(between, lead: collector.leads[token.unit], isFirst: previous == nil)
      }
      units.insert(token.unit)
      sections.insert(token.section)
      runs[token.unit] = run
      titles[token.unit] = title
      previous = token.unit
    }
  }

  private static func isLine(_ token: HostToken) -> Bool {
    token.place == .prose || token.place == .code
  }

  /// Of the lines in front of a run, the one that is most likely the title: the first, unless it
  /// ends the cell before, which only a person can tell.
  private static func title(
    _ between: PageCollector.Between?, lead: String?, isFirst: Bool
  ) -> String {
    if let lead { return lead }
    guard let between else { return "" }
    if isFirst { return between.last.dropFirst(between.last.count > 2 ? 1 : 0).first ?? "" }
    return (between.count > 2 ? between.last.dropFirst().first : between.first.first) ?? ""
  }
}
