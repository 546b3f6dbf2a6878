import NetworkSets

/// Name entries that a rule cannot tell apart: a host is in one of them, or in none.
struct NamePart: Hashable, Sendable {
  let patterns: [URLPattern]
  /// Whether the device sees the host only, and takes the path for empty.
  var seesHostOnly = false

  func holds(_ url: SampleURL) -> Bool {
    patterns.contains { $0.matches(host: url.host, path: seesHostOnly ? "/" : url.path) }
  }
}

/// One concrete URL that stands for a class.
struct SampleURL: Hashable, Sendable {
  let host: HostName
  let path: String

  init(host: HostName, path: String) {
    self.host = host
    self.path = path
  }

  /// From `host/path`.
  init?(_ text: String) {
    guard let slash = text.firstIndex(of: "/"), let host = HostName(text[..<slash]) else {
      return nil
    }
    self.init(host: host, path: String(text[slash...]))
  }
}

/// What one rule asks about names.
struct NameQuestion: Hashable, Sendable {
  let parts: [NamePart]
  /// Whether a host in the first part is taken by the rule for certain, so that no later rule of
  /// the table is asked about it.
  let takes: Bool
}

/// The classes into which the rules of some tables cut the URLs of a requirement.
///
/// Two URLs are in one class when every rule that is asked about them gives the same answers. The
/// rules are asked in order, and what a rule takes for certain is asked nothing more in its table:
/// a thousand rules with a name each make a thousand classes, and not two to the thousandth.
/// Whether a class has a member is decided by looking at likely members first, and then exactly, by
/// automata, with only those entries that stand in the way (``EntrySearch``).
struct TargetClasses {
  private struct Class {
    var sample: SampleURL
    /// The parts that hold the class.
    var inside: [Int] = []
    /// How many parts of each table the class was asked about; all but those in `inside` do not
    /// hold it.
    var asked: [Int]
    /// Whether a rule of the table at hand has taken it.
    var isTaken = false
  }

  private let tables: [[NameQuestion]]
  /// Of each part, in order, its table and its place there.
  private var tableOf: [Int] = []
  private var placeInTable: [Int] = []
  private var classes: [Class] = []
  private var search: EntrySearch

  init(of universe: URLUniverse, by tables: [[NameQuestion]]) {
    self.tables = tables
    for (number, table) in tables.enumerated() {
      for (place, _) in table.flatMap(\.parts).enumerated() {
        tableOf.append(number)
        placeInTable.append(place)
      }
    }
    search = EntrySearch(universe, tables.flatMap { $0.flatMap(\.parts) })
    if let sample = universe.sample {
      classes = [Class(sample: sample, asked: Array(repeating: 0, count: tables.count))]
    }
  }

  mutating func cut() -> TargetPartition.Answer {
    var part = 0
    for (number, table) in tables.enumerated() {
      for index in classes.indices { classes[index].isTaken = false }
      for (place, question) in table.enumerated() {
        for index in classes.indices where !classes[index].isTaken {
          guard let pieces = cut(classes[index], by: question, from: part, table: number) else {
            return .undecided(table: number, question: place)
          }
          classes[index] = pieces[0]
          classes += pieces.dropFirst()
        }
        guard classes.count <= Self.limit else {
          return .undecided(table: number, question: place)
        }
        part += question.parts.count
      }
    }
    return .samples(classes.map(\.sample))
  }

  private static let limit = 1 << 16

  /// Nil where that was too large to decide.
  private mutating func cut(
    _ whole: Class, by question: NameQuestion, from first: Int, table: Int
  ) -> [Class]? {
    var pieces = [whole]
    for number in question.parts.indices {
      var next: [Class] = []
      for piece in pieces {
        guard let halves = cut(piece, by: first + number, table: table) else { return nil }
        // The outside goes first: it is asked more, and stays in its place.
        if let outside = halves.outside { next.append(outside) }
        if var inside = halves.inside {
          if number == 0, question.takes { inside.isTaken = true }
          next.append(inside)
        }
      }
      pieces = next
    }
    return pieces
  }

  /// The halves of a class; one of them may have no member. Nil where that was too large to decide.
  private mutating func cut(
    _ whole: Class, by part: Int, table: Int
  ) -> (inside: Class?, outside: Class?)? {
    var inside = whole
    inside.asked[table] += 1
    var outside = inside
    inside.inside.append(part)
    let isInside = search.holds(part, whole.sample)
    let other = isInside ? outside : inside
    let tableOf = tableOf
    let placeInTable = placeInTable
    let answer = search.member(inside: other.inside) { part in
      placeInTable[part] < other.asked[tableOf[part]] && !other.inside.contains(part)
    }
    switch answer {
    case .found(let sample):
      if isInside { outside.sample = sample } else { inside.sample = sample }
      return (inside, outside)
    case .none: return isInside ? (inside, nil) : (nil, outside)
    case .undecided: return nil
    }
  }
}
