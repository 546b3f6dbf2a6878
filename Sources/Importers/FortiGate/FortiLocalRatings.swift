import ImportKit

/// Web rating overrides: hosts to which the administrator gives a category.
///
/// "If a URL is in multiple enabled categories, the order of precedence is local categories, then
/// remote categories, and then FortiGuard categories." Source: docs.fortinet.com 6.4, "Web rating
/// override".
struct FortiLocalRatings {
  let entries: [FortiEntry]

  /// Rules that decide rated hosts before FortiGuard's own categories do.
  ///
  /// - Parameter filters: the actions of a web filter by category.
  func rules(filters: [String: String], _ draft: PolicyDraft) -> [Rule] {
    entries.flatMap { entry -> [Rule] in
      guard entry.flag("status", or: true) != false else { return [] }
      let url = entry.word("url") ?? entry.key
      let ratings = entry.values("rating")
      let left = entry.leftOver(
        "web rating of `\(url)`", draft, ignoring: FortiIrrelevant.common)
      var rule = Rule(
        name: "web rating: \(url)", match: Match(Self.clauses(url, entry, draft)),
        action: .deny(.reject), origin: .implied, position: entry.position)
      if let left { rule.match.clauses.append(.requires(left)) }
      let isKnown = !ratings.isEmpty && ratings.allSatisfy { Int($0) != nil }
      guard isKnown, left == nil else {
        return draft.eitherWay(
          rule,
          because: left
            ?? draft.doubt(
              .unmodelled, "the web rating of `\(url)` is not readable", at: entry.position))
      }
      let actions = ratings.map { filters[$0] }
      if actions.contains(where: { ["block", "warning", "authenticate"].contains($0) }) {
        return [rule]
      }
      // A custom category (140 and above) that the profile does not name is not in force there.
      guard ratings.contains(where: { filters[$0] != nil || (Int($0) ?? 0) < 140 }) else {
        return []
      }
      rule.action = .allow
      return [rule]
    }
  }

  /// Whether names below the host are rated with it is not documented.
  private static func clauses(
    _ url: String, _ entry: FortiEntry, _ draft: PolicyDraft
  ) -> [Clause] {
    let host = url.prefix { $0 != "/" }
    let path = url[host.endIndex...]
    guard let name = HostName(host) else {
      return [
        .destination(EndpointList([draft.oddHost(url, in: "a web rating", at: entry.position)]))
      ]
    }
    let paths: PathPattern = path.isEmpty || path == "/" ? .any : .prefix(String(path))
    return [
      .destination(
        EndpointList([
          .url(.parts(.exact(name), paths)), .host(.subdomains(name), .doubtful),
        ]))
    ]
  }
}
