/// Why an export cannot be read at all, in the words that a user needs.
///
/// Equality looks at the code only. What was understood but not modelled is not an error: it is a
/// ``PolicyModel/Note`` and the import goes on.
package struct ImportError: Error, Sendable {
  package enum Code: String, Sendable {
    /// No importer knows this file.
    case notRecognised
    /// A known product, but not an export that holds a policy.
    case wrongKind
    /// The syntax is broken.
    case malformed
    /// Files that cannot be one device were given together.
    case mixed
    /// The file lacks what every export of its format has.
    case incomplete
    /// Over a bound that protects against hostile input.
    case tooLarge
  }

  package var code: Code
  package var file: String
  /// Line, `line:column` or JSON pointer; empty where the whole file is meant.
  package var position: String
  /// What was found and what was expected.
  package var reason: String
  /// What to do about it; empty where nothing can be advised.
  package var advice: String

  package init(
    _ code: Code, file: String, position: String = "", reason: String, advice: String = ""
  ) {
    self.code = code
    self.file = file
    self.position = position
    self.reason = reason
    self.advice = advice
  }
}

extension ImportError: Equatable {
  package static func == (left: ImportError, right: ImportError) -> Bool { left.code == right.code }
}

extension ImportError: CustomStringConvertible {
  package var description: String {
    let place = position.isEmpty ? file : "\(file):\(position)"
    return "\(place): \(reason)" + (advice.isEmpty ? "" : "; \(advice)")
  }
}
