import NetworkSets
import PolicyModel

/// One concrete connection, as the reference evaluator sees it.
struct ReferenceFlow: Hashable {
  var host: String
  var path: String
  var port: UInt16
  var client: IPAddress
  var family: AddressFamily
  /// Where the resolved-name table says that the host is; nil where it does not know the host.
  var address: IPAddress?
  /// For each device the zones of entry and exit.
  var zones: [Zones]

  struct Zones: Hashable {
    var from: String?
    var to: String?
  }
}

/// What may become of a flow. `left` means that a table did not decide.
enum ReferenceOutcome: Hashable, Comparable {
  case allow
  case deny
  case left
  /// A rule decides that refers to something that does not exist.
  case broken
}

/// Everything that can be true of a question that an export may leave open.
typealias Possible = Set<Bool>

extension Possible {
  static let yes: Possible = [true]
  static let no: Possible = [false]
  static let open: Possible = [true, false]

  init(_ value: Bool) { self = [value] }

  /// Every answer that an operation can have, all combinations being possible.
  func combined(with other: Possible, _ operation: (Bool, Bool) -> Bool) -> Possible {
    var result = Possible()
    for left in self { for right in other { result.insert(operation(left, right)) } }
    return result
  }

  func or(_ other: Possible) -> Possible { combined(with: other) { $0 || $1 } }

  func and(_ other: Possible) -> Possible { combined(with: other) { $0 && $1 } }

  var inverted: Possible { Possible(map { !$0 }) }
}
