import EndpointCatalogue

/// The editions that come with the program.
package enum BuiltInCatalogues {
  /// All editions, oldest first. Throws only where the program was built with a broken file.
  package static func all() throws(CatalogueError) -> [Catalogue] {
    var result: [Catalogue] = []
    for file in EmbeddedFile.all(under: "Catalogues/") {
      result.append(try CatalogueJSON.read(file.bytes, file: file.name))
    }
    return result.sorted { ($0.id, $0.version) < ($1.id, $1.version) }
  }
}
