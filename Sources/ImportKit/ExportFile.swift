/// One file as the user gave it.
package struct ExportFile: Sendable {
  /// The name to print: a path, or `-` for standard input; for a file of an archive its name there
  /// behind that of the archive.
  package var name: String
  package var bytes: [UInt8]
  /// When the file was last written, in seconds since 1970; nil where nobody knows.
  package var modified: Int?

  package init(name: String, bytes: [UInt8], modified: Int? = nil) {
    self.name = name
    self.bytes = bytes
    self.modified = modified
  }
}
