import JSONTree

/// Parses JSON for tests.
enum JSONTreeBox {
  static func root(_ bytes: [UInt8]) throws -> JSONValue { try JSONTree(bytes).root }
}
