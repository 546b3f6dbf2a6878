import CatalogueReaders
import EndpointCatalogue

/// The catalogues at hand, and how a user names one.
package struct CatalogueLibrary: Sendable {
  package let catalogues: [Catalogue]

  package init(_ catalogues: [Catalogue]) {
    self.catalogues = catalogues.sorted { ($0.id, $0.version) < ($1.id, $1.version) }
  }

  /// The editions that come with the program.
  package static func builtIn() throws(CatalogueError) -> CatalogueLibrary {
    CatalogueLibrary(try BuiltInCatalogues.all())
  }

  /// Identifier of the list that is used where the user names none.
  package static let defaultID = "defender-antivirus"

  /// Why a reference names no catalogue.
  package struct Failure: Error, Equatable, Sendable {
    package let reason: String
    package let advice: String
  }

  /// The edition that `id@version`, `id` or `version` names; the newest where only the list is
  /// named, the newest of the default list for nil.
  package func find(_ reference: String?) throws(Failure) -> Catalogue {
    guard let reference else { return try newest(Self.defaultID) }
    let parts = reference.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2 {
      let id = String(parts[0])
      if let found = catalogues.first(where: { $0.id == id && $0.version == parts[1] }) {
        return found
      }
      let versions = catalogues.filter { $0.id == id }.map(\.version)
      throw Failure(
        reason: "no catalogue `\(reference)`",
        advice: versions.isEmpty
          ? "`sallyport catalogue list` shows what there is"
          : "editions of `\(id)`: \(versions.joined(separator: ", "))")
    }
    if catalogues.contains(where: { $0.id == reference }) { return try newest(reference) }
    let editions = catalogues.filter { $0.version == reference }
    if editions.count == 1 { return editions[0] }
    throw Failure(
      reason: editions.isEmpty
        ? "no catalogue `\(reference)`" : "several lists have an edition `\(reference)`",
      advice: "write id@version; `sallyport catalogue list` shows what there is")
  }

  private func newest(_ id: String) throws(Failure) -> Catalogue {
    guard let found = catalogues.last(where: { $0.id == id }) else {
      throw Failure(
        reason: "no catalogue `\(id)`", advice: "`sallyport catalogue list` shows what there is")
    }
    return found
  }
}
