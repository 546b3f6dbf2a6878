/// Names that somebody may have meant.
package enum NearMatch {
  /// `did you mean `paris`, `pars`? (3 of 120)`, or all names where there are few; the advice of an
  /// error about an unknown name.
  ///
  /// - Parameter command: what lists the names.
  package static func advice(_ name: String, among known: [String], command: String) -> String {
    let near = Self.near(name, among: known)
    guard !known.isEmpty else { return "there are none yet" }
    if near.isEmpty, known.count <= 8 {
      return "there are: \(known.sorted().joined(separator: ", "))"
    }
    let more = known.count - near.count
    let rest = more > 0 ? "\(more)\(near.isEmpty ? "" : " more"): `\(command)`" : ""
    guard !near.isEmpty else { return "there are \(rest)" }
    let names = near.map { "`\($0)`" }.joined(separator: ", ")
    return "did you mean \(names)?" + (rest.isEmpty ? "" : " (\(rest))")
  }

  /// The names that differ little or hold the name, nearest first, five at most.
  static func near(_ name: String, among known: [String]) -> [String] {
    let wanted = Array(name.lowercased().unicodeScalars.prefix(64))
    let limit = max(1, wanted.count / 3)
    var found: [(distance: Int, name: String)] = []
    for candidate in known {
      let other = Array(candidate.lowercased().unicodeScalars.prefix(64))
      if let distance = distance(wanted, other, limit: limit) {
        found.append((distance, candidate))
      } else if wanted.count >= 3, candidate.lowercased().contains(name.lowercased()) {
        found.append((limit + 1, candidate))
      }
    }
    return found.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(5).map(\.name)
  }

  /// Edits from one text to the other (Levenshtein); nil for more than `limit`.
  private static func distance(
    _ left: [Unicode.Scalar], _ right: [Unicode.Scalar], limit: Int
  ) -> Int? {
    guard abs(left.count - right.count) <= limit else { return nil }
    var row = Array(0...right.count)
    for (index, scalar) in left.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in right.indices {
        let above = row[column + 1]
        row[column + 1] = min(
          above + 1, row[column] + 1, diagonal + (scalar == right[column] ? 0 : 1))
        diagonal = above
      }
    }
    return row[right.count] <= limit ? row[right.count] : nil
  }
}
