/// What a user must know about one kind of export.
package struct ImportFormat: Hashable, Sendable {
  /// Short stable identifier, used in JSON, the database and folder names.
  package var id: String
  /// The product as its vendor calls it.
  package var product: String
  /// Product or schema versions that were tried with real exports.
  package var versions: String
  /// How to get the export out of the product, a step a line.
  package var howToExport: [String]
  /// Which files of one device can be read together.
  package var pieces: String
  /// Raised whenever the importer reads the same bytes into another policy, so that history can
  /// tell a change of the device from a change of Sallyport.
  package var importerVersion: Int
  /// What no export of this kind contains although it plays a part, and how to get it; a note of
  /// every policy. Nil where the importer itself says it, depending on the export.
  package var notInExport: String?

  package init(
    id: String, product: String, versions: String, howToExport: [String], pieces: String,
    importerVersion: Int, notInExport: String? = nil
  ) {
    self.id = id
    self.product = product
    self.versions = versions
    self.howToExport = howToExport
    self.pieces = pieces
    self.importerVersion = importerVersion
    self.notInExport = notInExport
  }
}
