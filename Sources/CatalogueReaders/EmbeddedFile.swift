import Imports

/// One of the files that the program carries inside itself.
package struct EmbeddedFile: Sendable {
  /// Path below `Imports/`.
  package let name: String
  package let bytes: [UInt8]

  /// Files whose path starts with a prefix, in the order of the list.
  package static func all(under prefix: String) -> [EmbeddedFile] {
    (0..<sallyport_embedded_file_count()).compactMap { index in
      guard let file = sallyport_embedded_file_at(index)?.pointee else { return nil }
      let name = String(cString: file.name)
      guard name.hasPrefix(prefix) else { return nil }
      return EmbeddedFile(
        name: name, bytes: Array(UnsafeBufferPointer(start: file.bytes, count: file.length)))
    }
  }
}
