import EndpointCatalogue

/// Which edition of a list holds for a site at a moment.
struct EditionInForce {
  /// Editions in the order in which they come into force.
  let editions: [Catalogue]

  /// Which rows are about the site, and what a report must say about the choice of the list.
  let profile: ListProfile
  let remark: String?
  /// The editions with all their rows, by version.
  private let whole: [String: Catalogue]

  /// - Parameter setting: what the site's settings name: a list, or one edition for all time, with
  ///   the profile of the site (``ListProfile``).
  init(_ setting: String?, in library: CatalogueLibrary) throws(CatalogueLibrary.Failure) {
    profile = ListProfile(setting)
    remark = profile.remark(in: library)
    let reference = profile.list(in: library)
    let named = try library.find(reference)
    let all: [Catalogue]
    if let reference, reference != named.id {
      all = [named]
    } else {
      all = LocalAdditions.applied(
        library.catalogues.filter { $0.id == named.id + LocalAdditions.suffix },
        to: library.catalogues.filter { $0.id == named.id }
          .sorted { ($0.effective, $0.version) < ($1.effective, $1.version) })
    }
    whole = Dictionary(all.map { ($0.version, $0) }) { first, _ in first }
    editions = all.map(profile.applied)
  }

  /// The rows that the site's profile leaves out of an edition, with the reason.
  func leftOut(of edition: Catalogue) -> [String] {
    whole[edition.version].map { profile.leftOut(of: $0) } ?? []
  }

  /// The newest edition in force; before the first one came out, the first.
  func edition(at moment: String) -> Catalogue {
    editions.last { $0.effective <= moment } ?? editions[0]
  }

  /// What a report must say where the moment is before the first known edition; nil elsewhere.
  func warning(at moment: String) -> String? {
    let first = editions[0]
    guard first.effective > moment else { return nil }
    return
      "no edition of `\(first.id)` is known that was in force on \(moment.prefix(10)): judged by "
      + "the earliest, \(first.reference), in force since \(first.effective)"
  }

  /// Moments after `first` at which another edition comes into force.
  func moments(after first: String, until last: String) -> [String] {
    editions.dropFirst().map { Self.moment($0) }.filter { $0 > first && $0 <= last }
  }

  /// Catalogues give dates, histories moments.
  static func moment(_ edition: Catalogue) -> String {
    edition.effective.contains("T") ? edition.effective : edition.effective + "T00:00:00Z"
  }
}
