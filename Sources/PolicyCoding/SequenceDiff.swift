/// How one ordered list became another: what stayed, went, came, changed and moved.
///
/// Entries are the same where their content is; what is left over is paired by identity (vendor id,
/// then name), which makes an edit. Among the pairs those outside a longest common order have
/// moved, so that inserting a rule does not move the ones below it.
package struct SequenceDiff {
  package struct Entry: Hashable {
    package var content: Int64
    /// What the product itself tells the entry apart with.
    package var identity: String?

    package init(content: Int64, identity: String?) {
      self.content = content
      self.identity = identity
    }
  }

  package struct Pair: Hashable {
    package let old: Int
    package let new: Int
    package let isEdited: Bool
    package let hasMoved: Bool
  }

  package let pairs: [Pair]
  package let removed: [Int]
  package let added: [Int]

  /// - Parameter name: looks up the name of some content; asked for left-over entries only.
  package init(old: [Entry], new: [Entry], name: (Int64) throws -> String) throws {
    var partner: [Int?] = Array(repeating: nil, count: new.count)
    var edited: Set<Int> = []
    // Equal ends, which are nearly everything, are paired at once.
    var start = 0
    while start < old.count, start < new.count, old[start].content == new[start].content {
      partner[start] = start
      start += 1
    }
    var oldEnd = old.count
    var newEnd = new.count
    while oldEnd > start, newEnd > start, old[oldEnd - 1].content == new[newEnd - 1].content {
      oldEnd -= 1
      newEnd -= 1
      partner[newEnd] = oldEnd
    }
    var waiting: [Int64: [Int]] = [:]
    for index in (start..<oldEnd).reversed() {
      waiting[old[index].content, default: []].append(index)
    }
    for index in start..<newEnd {
      partner[index] = waiting[new[index].content]?.popLast()
    }
    var usedOld = Set(partner.compactMap { $0 })
    var leftOld = (start..<oldEnd).filter { !usedOld.contains($0) }
    for usesVendorID in [true, false] where !leftOld.isEmpty {
      func identity(_ entry: Entry) throws -> String? {
        usesVendorID ? entry.identity : try name(entry.content)
      }
      var byIdentity: [String: [Int]] = [:]
      for index in leftOld.reversed() {
        if let key = try identity(old[index]), !key.isEmpty {
          byIdentity[key, default: []].append(index)
        }
      }
      for index in start..<newEnd where partner[index] == nil {
        guard let key = try identity(new[index]), let found = byIdentity[key]?.popLast() else {
          continue
        }
        partner[index] = found
        edited.insert(index)
        usedOld.insert(found)
      }
      leftOld.removeAll { usedOld.contains($0) }
    }
    let matched = new.indices.filter { partner[$0] != nil }
    let inOrder = Self.longestIncreasing(matched.map { partner[$0] ?? 0 })
    pairs = matched.enumerated().map { position, index in
      Pair(
        old: partner[index] ?? 0, new: index, isEdited: edited.contains(index),
        hasMoved: !inOrder.contains(position))
    }
    removed = leftOld
    added = new.indices.filter { partner[$0] == nil }
  }

  /// Positions of a longest increasing subsequence (patience sorting, n log n).
  static func longestIncreasing(_ values: [Int]) -> Set<Int> {
    var tails: [Int] = []
    var previous: [Int] = Array(repeating: -1, count: values.count)
    for index in values.indices {
      var low = 0
      var high = tails.count
      while low < high {
        let middle = (low + high) / 2
        if values[tails[middle]] < values[index] { low = middle + 1 } else { high = middle }
      }
      previous[index] = low > 0 ? tails[low - 1] : -1
      if low == tails.count { tails.append(index) } else { tails[low] = index }
    }
    var result: Set<Int> = []
    var current = tails.last ?? -1
    while current >= 0 {
      result.insert(current)
      current = previous[current]
    }
    return result
  }
}
