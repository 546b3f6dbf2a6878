import PolicyModel

/// Reads one kind of export into the neutral model.
///
/// An importer is a value without state. It never throws for something it does not understand
/// inside a recognised export: that becomes a condition in the rule and a note in the policy.
package protocol ExportImporter: Sendable {
  var format: ImportFormat { get }
  /// Names of the root elements of XML exports; empty for other formats.
  var xmlRoots: Set<String> { get }
  /// XML elements whose contents are never needed: bulk data and places of secrets.
  var prunedXMLNames: Set<String> { get }
  /// Whether the name of a file says what is in it, so that the same bytes under two names are two
  /// things.
  var fileNamesMatter: Bool { get }
  /// Looks at the shape of a parsed document, never at its name.
  func recognise(_ document: ExportDocument) -> Recognition
  /// Reads the documents of one device.
  func read(_ documents: [ExportDocument]) throws(ImportError) -> ImportedExport
}

extension ExportImporter {
  package var xmlRoots: Set<String> { [] }
  package var prunedXMLNames: Set<String> { [] }
  package var fileNamesMatter: Bool { false }
}

/// What an importer says about a document.
package enum Recognition: Equatable, Sendable {
  /// Not its format, and nothing like it.
  case no
  /// Its format.
  case yes
  /// The product is right and the file is not, or it resembles the format; with the reason that
  /// a person would give, and what to do.
  case almost(reason: String, advice: String)
}

/// What an export says.
package struct ImportedExport: Sendable {
  /// The device's own name, where the export has it.
  package var deviceName: String?
  /// When the export was made, as ISO-8601 UTC, where it says so itself.
  package var takenAt: String?
  /// One policy a scope, in the order of the export.
  package var policies: [Policy]

  package init(deviceName: String? = nil, takenAt: String? = nil, policies: [Policy]) {
    self.deviceName = deviceName
    self.takenAt = takenAt
    self.policies = policies
  }
}
