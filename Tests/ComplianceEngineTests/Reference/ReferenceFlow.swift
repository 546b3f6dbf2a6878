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

/// Every answer that a question may have, of which an export may leave both open.
struct Possible: OptionSet, Hashable {
  let rawValue: UInt8

  static let no = Possible(rawValue: 1)
  static let yes = Possible(rawValue: 2)
  static let open: Possible = [.no, .yes]

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(_ value: Bool) { self = value ? .yes : .no }

  init(_ values: some Sequence<Bool>) {
    self = []
    for value in values { insert(Possible(value)) }
  }

  /// Every answer that an operation can have, all combinations being possible.
  private func combined(with other: Possible, _ operation: (Bool, Bool) -> Bool) -> Possible {
    var result: Possible = []
    for left in [false, true] where contains(Possible(left)) {
      for right in [false, true] where other.contains(Possible(right)) {
        result.insert(Possible(operation(left, right)))
      }
    }
    return result
  }

  func or(_ other: Possible) -> Possible { combined(with: other) { $0 || $1 } }

  func and(_ other: Possible) -> Possible { combined(with: other) { $0 && $1 } }

  var inverted: Possible {
    var result: Possible = []
    if contains(.yes) { result.insert(.no) }
    if contains(.no) { result.insert(.yes) }
    return result
  }
}
