/// Why the inventory refused, in the words that a user needs.
package struct InventoryError: Error, CustomStringConvertible, Sendable {
  package enum Code: String, Sendable {
    /// The file is not there and was not to be made.
    case notFound
    /// The file is not one of ours, or of a newer program.
    case notOurs
    /// It cannot be written: permissions, medium, space.
    case cannotWrite
    /// Another process is writing.
    case busy
    /// What the user named does not exist, or cannot be done.
    case unknownName
    case damaged
    case inputOutput
  }

  package let code: Code
  package let reason: String
  package let advice: String

  package init(_ code: Code, _ reason: String, advice: String = "") {
    self.code = code
    self.reason = reason
    self.advice = advice
  }

  package var description: String { reason + (advice.isEmpty ? "" : "; \(advice)") }
}
