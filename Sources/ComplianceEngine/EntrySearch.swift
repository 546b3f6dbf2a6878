import NetworkSets

/// All URLs of a requirement.
struct URLUniverse: Hashable, Sendable {
  let hosts: HostPattern
  /// Nil where no device sees paths; then one path stands for all.
  let paths: PathPattern?
  /// URLs that make good samples.
  let hints: [String]

  var expression: LanguageExpression {
    .sequence([hosts.expression, paths?.expression ?? .literal("/")])
  }

  func holds(_ url: SampleURL) -> Bool {
    hosts.matches(url.host) && (paths?.matches(url.path) ?? (url.path == "/"))
  }

  /// A URL of the requirement, a hint where there is one.
  var sample: SampleURL? {
    for hint in hints {
      if let url = SampleURL(hint), holds(url) { return url }
    }
    guard
      let partition = LanguagePartition(of: expression, by: []),
      let found = partition.classes.first
    else { return nil }
    return SampleURL(found.witness)
  }
}

/// Finds a URL that some parts hold and others do not.
///
/// Likely URLs are tried first. Where none will do the question is decided by automata: one for the
/// requirement, one for the entry that must hold the URL, and one for those entries that stand in
/// the way of what was found so far. With each answer that another entry spoils, that entry joins
/// them, so that what has nothing to do with the question costs nothing.
struct EntrySearch {
  enum Answer {
    case found(SampleURL)
    case none
    case undecided
  }

  /// An entry by itself.
  private struct Entry: Hashable {
    let pattern: URLPattern
    let seesHostOnly: Bool

    func holds(_ url: SampleURL) -> Bool {
      pattern.matches(host: url.host, path: seesHostOnly ? "/" : url.path)
    }
  }

  private struct Place {
    let part: Int
    let entry: Entry
  }

  private let universe: URLUniverse
  private let parts: [NamePart]
  /// Entries by the name that they hold, and by the name below which they hold some.
  private var exact: [String: [Place]] = [:]
  private var parents: [String: [Place]] = [:]
  /// Entries that no name finds.
  private var others: [Place] = []
  /// Likely URLs of an entry inside the universe; found once.
  private var likely: [Entry: [SampleURL]] = [:]
  private var general: [SampleURL]?

  init(_ universe: URLUniverse, _ parts: [NamePart]) {
    self.universe = universe
    self.parts = parts
    for (number, part) in parts.enumerated() {
      for pattern in part.patterns {
        let place = Place(
          part: number, entry: Entry(pattern: pattern, seesHostOnly: part.seesHostOnly))
        switch pattern.hostPattern {
        case .exact(let name): exact[name.text, default: []].append(place)
        case .subdomains(let name), .apexAndSubdomains(let name), .oneLabel(let name):
          parents[name.text, default: []].append(place)
        default: others.append(place)
        }
      }
    }
  }

  /// Whether a part holds a URL.
  func holds(_ part: Int, _ url: SampleURL) -> Bool {
    if parts[part].patterns.count <= 8 { return parts[part].holds(url) }
    return firstPlace(of: url) { $0 == part } != nil
  }

  /// The first entry that holds a URL, of the parts that are accepted.
  private func firstPlace(of url: SampleURL, _ accept: (Int) -> Bool) -> Entry? {
    func first(_ places: [Place]?) -> Entry? {
      places?.first { accept($0.part) && $0.entry.holds(url) }?.entry
    }
    if let found = first(exact[url.host.text]) { return found }
    var rest = url.host.text[...]
    while true {
      if let found = first(parents[String(rest)]) { return found }
      guard let dot = rest.firstIndex(of: ".") else { break }
      rest = rest[rest.index(after: dot)...]
    }
    return first(others)
  }

  /// - Parameter inside: the parts that must hold the URL.
  /// - Parameter isOutside: whether a part must not hold it.
  mutating func member(inside: [Int], _ isOutside: (Int) -> Bool) -> Answer {
    // Any of the entries of the last part may do; all others must hold, too.
    guard let last = inside.last else {
      return search(for: nil, inside: [], isOutside)
    }
    var isUndecided = false
    for pattern in parts[last].patterns {
      let entry = Entry(pattern: pattern, seesHostOnly: parts[last].seesHostOnly)
      switch search(for: entry, inside: inside.dropLast(), isOutside) {
      case .found(let url): return .found(url)
      case .none: break
      case .undecided: isUndecided = true
      }
    }
    return isUndecided ? .undecided : .none
  }

  private mutating func search(
    for entry: Entry?, inside: ArraySlice<Int>, _ isOutside: (Int) -> Bool
  ) -> Answer {
    var spoilers: [Entry] = []
    for url in entry.map({ likelyURLs(of: $0) }) ?? generalURLs() {
      guard inside.allSatisfy({ holds($0, url) }) else { continue }
      guard let spoiler = firstPlace(of: url, isOutside) else { return .found(url) }
      if let entry, Self.covers(spoiler, entry) { return .none }
      if !spoilers.contains(spoiler) { spoilers.append(spoiler) }
    }
    // A single name has no other URL than its own, where paths play no part.
    if let entry, universe.paths == nil, case .exact? = entry.pattern.hostPattern { return .none }
    while true {
      switch exactly(entry: entry, inside: inside, outside: spoilers) {
      case .found(let url):
        guard let spoiler = firstPlace(of: url, isOutside) else { return .found(url) }
        if spoilers.contains(spoiler) { return .undecided }
        spoilers.append(spoiler)
      case let answer: return answer
      }
    }
  }

  /// Whether an entry holds all that another one does, as far as the kinds of both tell.
  private static func covers(_ one: Entry, _ other: Entry) -> Bool {
    if one == other { return true }
    guard one.pattern.ignoresPath, let wide = one.pattern.hostPattern,
      let narrow = other.pattern.hostPattern
    else { return false }
    return wide.relation(to: narrow) == .covering
  }

  private mutating func likelyURLs(of entry: Entry) -> [SampleURL] {
    if let known = likely[entry] { return known }
    var result = generalURLs().filter { entry.holds($0) }
    func offer(_ host: HostName?) {
      guard universe.paths == nil, let host, universe.hosts.matches(host) else { return }
      let url = SampleURL(host: host, path: "/")
      if entry.holds(url), !result.contains(url) { result.append(url) }
    }
    switch entry.pattern.hostPattern {
    case .exact(let name): offer(name)
    case .subdomains(let name), .apexAndSubdomains(let name), .oneLabel(let name):
      offer(name)
      for label in ["a", "b", "a.a"] { offer(HostName("\(label).\(name.text)")) }
    default: break
    }
    let isOne = if case .exact? = entry.pattern.hostPattern { universe.paths == nil } else { false }
    if result.isEmpty, !isOne, case .found(let url) = exactly(entry: entry, inside: [], outside: [])
    {
      result = [url]
    }
    likely[entry] = result
    return result
  }

  private mutating func generalURLs() -> [SampleURL] {
    if let general { return general }
    var result = universe.hints.compactMap { SampleURL($0) }.filter { universe.holds($0) }
    if let sample = universe.sample, !result.contains(sample) { result.append(sample) }
    if case .subdomains(let name) = universe.hosts, let sample = result.last {
      for label in ["a", "b", "q7", "a.a"] {
        if let host = HostName("\(label).\(name.text)") {
          result.append(SampleURL(host: host, path: sample.path))
        }
      }
    }
    general = result
    return result
  }

  private func exactly(entry: Entry?, inside: ArraySlice<Int>, outside: [Entry]) -> Answer {
    var languages: [LanguageSearch.Language] = []
    func add(_ patterns: [URLPattern], seesHostOnly: Bool, wanted: Bool) {
      guard !patterns.isEmpty else { return }
      languages.append(
        LanguageSearch.Language(
          expression: patterns.count == 1
            ? patterns[0].expression : .choice(patterns.map(\.expression)),
          seesHostOnly: seesHostOnly, isWanted: wanted))
    }
    if let entry { add([entry.pattern], seesHostOnly: entry.seesHostOnly, wanted: true) }
    for part in inside {
      add(parts[part].patterns, seesHostOnly: parts[part].seesHostOnly, wanted: true)
    }
    for hidden in [false, true] {
      add(
        outside.filter { $0.seesHostOnly == hidden }.map(\.pattern), seesHostOnly: hidden,
        wanted: false)
    }
    switch LanguageSearch.text(in: universe.expression, languages) {
    case .found(let text): return SampleURL(text).map { .found($0) } ?? .undecided
    case .none: return .none
    case .undecided: return .undecided
    }
  }
}
