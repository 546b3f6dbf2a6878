/// The SQL of the inventory, embedded in the program.
package enum Schema {
  /// Migrations in order, by the name under which the database remembers them.
  ///
  /// The list is kept by hand because an embedding cannot be listed; a test holds it against the
  /// folder.
  package static let migrations: [(name: String, sql: String)] = [
    ("v0001_inventory", text(PackageResources.v0001_inventory_sql)),
    ("v0002_views", text(PackageResources.v0002_views_sql)),
  ]

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
