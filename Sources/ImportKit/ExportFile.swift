/// One file as the user gave it.
package struct ExportFile: Sendable {
  /// The name to print: a path, or `-` for standard input.
  package var name: String
  package var bytes: [UInt8]

  package init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }
}
