/// A JSON value that knows the file in which it stands.
package struct JSONItem: Sendable {
  package let value: JSONValue
  /// Index of the file, as ``SourcePosition/file`` counts.
  package let file: Int

  package init(_ value: JSONValue, file: Int) {
    self.value = value
    self.file = file
  }

  package var position: SourcePosition {
    SourcePosition(file: file, line: value.line, pointer: value.pointer)
  }

  /// Another value of the same file.
  package func at(_ value: JSONValue) -> JSONItem { JSONItem(value, file: file) }

  /// The values of a list that stands in the item; empty where there is none.
  package func list(_ name: String) -> [JSONItem] {
    value.member(name)?.elements.map { JSONItem($0, file: file) } ?? []
  }

  /// The item read member by member.
  package var record: ExportRecord { ExportRecord(value, file: file) }
}
