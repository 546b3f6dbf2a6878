/// Where in an export something stands, so that a reader can put a finger on it.
package struct SourcePosition: Hashable, Sendable, Comparable {
  /// Index into ``Policy/files``; 0 for an export of one file.
  package var file: Int
  /// Line in that file, counted from 1; 0 where the format has no useful lines.
  package var line: Int
  /// JSON pointer (RFC 6901) for JSON exports.
  package var pointer: String?

  package init(file: Int = 0, line: Int, pointer: String? = nil) {
    self.file = file
    self.line = line
    self.pointer = pointer
  }

  package static func < (left: SourcePosition, right: SourcePosition) -> Bool {
    (left.file, left.line) < (right.file, right.line)
  }
}
