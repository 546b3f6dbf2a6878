/// Members of an export's objects that say nothing about which packets a rule matches or what
/// happens to them, each with the reason.
///
/// A format lists them by name, so that what nobody has looked at is never passed over.
package struct IrrelevantMembers: ExpressibleByDictionaryLiteral, Sendable {
  private var reasons: [String: String]

  package init(dictionaryLiteral elements: (String, String)...) {
    reasons = [:]
    for (name, reason) in elements { reasons[name] = reason }
  }

  /// Several names with one reason.
  package init(_ groups: [(reason: String, names: [String])]) {
    reasons = [:]
    for group in groups {
      for name in group.names { reasons[name] = group.reason }
    }
  }

  /// None at all.
  package static let none: IrrelevantMembers = [:]

  package func contains(_ name: String) -> Bool { reasons[name] != nil }

  /// Why a member plays no part; nil where it is not listed.
  package func reason(_ name: String) -> String? { reasons[name] }

  package func union(_ other: IrrelevantMembers) -> IrrelevantMembers {
    var result = self
    result.reasons.merge(other.reasons) { own, _ in own }
    return result
  }
}
