import Digests

/// The digest by which an export is known, in lower-case hex.
package enum ExportDigest {
  /// Of one file its bytes; of several their sorted digests, so that the same files give the same
  /// digest however they are named and listed.
  package static func of(_ files: [ExportFile]) -> String {
    if files.count == 1 { return SHA256.hex(files[0].bytes) }
    let lines = files.map { SHA256.hex($0.bytes) }.sorted()
    return SHA256.hex(Array(lines.joined(separator: "\n").utf8))
  }
}
