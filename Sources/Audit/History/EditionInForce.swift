import EndpointCatalogue

/// Which edition of a list holds for a site at a moment.
struct EditionInForce {
  /// Editions in the order in which they come into force.
  let editions: [Catalogue]

  /// - Parameter reference: what the site's settings name: a list, or one edition for all time.
  init(_ reference: String?, in library: CatalogueLibrary) throws(CatalogueLibrary.Failure) {
    let named = try library.find(reference)
    if let reference, reference != named.id {
      editions = [named]
    } else {
      editions = library.catalogues.filter { $0.id == named.id }
        .sorted { ($0.effective, $0.version) < ($1.effective, $1.version) }
    }
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
