/// A set of atoms of a ``FlowSpace``, as bits.
///
/// Only the words between the first and the last member are kept, since most rules of a large space
/// take a few neighbours; the first word stands apart, so that small spaces allocate nothing.
struct AtomSet: Sendable {
  private var first: UInt64
  /// Bits from 64 on: the words from ``start`` on, which counts from the word behind the first.
  private var words: [UInt64] = []
  private var start = 0

  init(count: Int, full: Bool = false) {
    guard full else {
      first = 0
      return
    }
    first = count >= 64 ? .max : (1 << UInt64(count)) - 1
    guard count > 64 else { return }
    words = Array(repeating: .max, count: (count - 1) / 64)
    let remaining = count - 64 * words.count
    if remaining < 64 { words[words.count - 1] = (1 << UInt64(remaining)) - 1 }
  }

  private var end: Int { start + words.count }

  var isEmpty: Bool { first == 0 && words.allSatisfy { $0 == 0 } }

  func contains(_ atom: Int) -> Bool {
    if atom < 64 { return first >> UInt64(atom) & 1 == 1 }
    let word = atom / 64 - 1 - start
    return words.indices.contains(word) && words[word] >> UInt64(atom % 64) & 1 == 1
  }

  mutating func insert(_ atom: Int) {
    if atom < 64 {
      first |= 1 << UInt64(atom)
      return
    }
    let word = atom / 64 - 1
    reach(word, word + 1)
    words[word - start] |= 1 << UInt64(atom % 64)
  }

  /// Makes room for the words from `low` on and before `high`.
  private mutating func reach(_ low: Int, _ high: Int) {
    if words.isEmpty {
      start = low
      words = Array(repeating: 0, count: high - low)
      return
    }
    if high > end { words += Array(repeating: 0, count: high - end) }
    if low < start {
      words.insert(contentsOf: Array(repeating: 0, count: start - low), at: 0)
      start = low
    }
  }

  mutating func formUnion(_ other: AtomSet) {
    first |= other.first
    guard !other.words.isEmpty else { return }
    guard !words.isEmpty else {
      words = other.words
      start = other.start
      return
    }
    reach(other.start, other.end)
    for index in other.words.indices { words[other.start - start + index] |= other.words[index] }
  }

  mutating func formIntersection(_ other: AtomSet) {
    first &= other.first
    var low = max(start, other.start)
    var high = min(end, other.end)
    while low < high, words[low - start] & other.words[low - other.start] == 0 { low += 1 }
    while low < high, words[high - 1 - start] & other.words[high - 1 - other.start] == 0 {
      high -= 1
    }
    guard low < high else {
      words = []
      start = 0
      return
    }
    words = (low..<high).map { words[$0 - start] & other.words[$0 - other.start] }
    start = low
  }

  mutating func subtract(_ other: AtomSet) {
    first &= ~other.first
    let low = max(start, other.start)
    let high = min(end, other.end)
    guard low < high else { return }
    for word in low..<high { words[word - start] &= ~other.words[word - other.start] }
  }

  func union(_ other: AtomSet) -> AtomSet {
    var result = self
    result.formUnion(other)
    return result
  }

  func intersection(_ other: AtomSet) -> AtomSet {
    var result = self
    result.formIntersection(other)
    return result
  }

  func subtracting(_ other: AtomSet) -> AtomSet {
    var result = self
    result.subtract(other)
    return result
  }

  func isDisjoint(with other: AtomSet) -> Bool {
    if first & other.first != 0 { return false }
    let low = max(start, other.start)
    let high = min(end, other.end)
    guard low < high else { return true }
    for word in low..<high where words[word - start] & other.words[word - other.start] != 0 {
      return false
    }
    return true
  }

  var atoms: [Int] {
    var result: [Int] = []
    func add(_ word: UInt64, _ base: Int) {
      var bits = word
      while bits != 0 {
        result.append(base + bits.trailingZeroBitCount)
        bits &= bits - 1
      }
    }
    add(first, 0)
    for (index, word) in words.enumerated() { add(word, 64 * (start + index + 1)) }
    return result
  }
}

extension AtomSet: Equatable {
  static func == (left: AtomSet, right: AtomSet) -> Bool {
    left.first == right.first && left.subtracting(right).isEmpty
      && right.subtracting(left).isEmpty
  }
}
