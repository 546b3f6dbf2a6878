/// Why a document could not be read, and where.
package struct XMLReadError: Error, Equatable, Sendable {
  package enum Code: String, Sendable {
    case notWellFormed
    case encoding
    case tooDeep
    case tooLarge
    case empty
  }

  package let code: Code
  package let reason: String
  /// Line counted from 1; 0 where none is known.
  package let line: Int
  /// Column counted from 1; 0 where none is known.
  package let column: Int

  package init(_ code: Code, _ reason: String, line: Int = 0, column: Int = 0) {
    self.code = code
    self.reason = reason
    self.line = line
    self.column = column
  }
}
