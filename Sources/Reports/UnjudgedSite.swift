/// A known site that a report cannot vouch for, and why: what was not judged is no success.
package struct UnjudgedSite: Hashable, Sendable {
  package enum Kind: String, Sendable {
    /// No export of it was ever stored, or none that is old enough.
    case noExport = "no-export"
    /// The newest export could not be read.
    case failedImport = "failed-import"
    /// Its newest export is older than the report allows.
    case oldExport = "old-export"
    /// Judging it failed.
    case failure
  }

  package var site: String
  package var kind: Kind
  /// A sentence.
  package var reason: String

  package init(site: String, kind: Kind, reason: String) {
    self.site = site
    self.kind = kind
    self.reason = reason
  }
}
