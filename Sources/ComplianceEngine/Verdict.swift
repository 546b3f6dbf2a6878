/// What a policy does with a requirement.
package enum Verdict: String, Hashable, Sendable, CaseIterable {
  /// Every client, host and path is definitely allowed.
  case allowed
  /// Every one is definitely denied.
  case blocked
  /// Some are definitely denied, and others allowed, or allowed under conditions.
  case partial
  /// Nothing is definitely denied, but the outcome hangs on conditions.
  case conditional
  /// The export holds nothing that could decide.
  case unknown
}

/// Why a verdict is what it is.
package enum Reason: String, Hashable, Sendable, CaseIterable {
  /// A rule that names the endpoint allows it.
  case explicitAllow = "explicit-allow"
  /// A rule for any destination allows it.
  case broadAllow = "broad-allow"
  /// No rule matches and the default allows.
  case defaultAllow = "default-allow"
  case explicitDeny = "explicit-deny"
  case defaultDeny = "default-deny"
  /// An allow rule exists, but an earlier rule denies.
  case shadowedAllow = "shadowed-allow"
  /// An allow rule exists, but is disabled.
  case disabledAllow = "disabled-allow"
  /// An allow rule exists, but for other ports.
  case wrongPort = "wrong-port"
  /// An allow rule covers only some of the hosts, paths or clients.
  case tooNarrow = "too-narrow"
  /// The first packet passes, and a later one that the connection needs does not.
  case noAnswer = "no-answer"
  case condition
}

/// What one flow may meet: a set of outcomes, of which exactly one is real.
struct Outcomes: OptionSet, Hashable, Sendable {
  let rawValue: UInt8

  static let allow = Outcomes(rawValue: 1)
  static let deny = Outcomes(rawValue: 2)
  /// Nothing in the export decides.
  static let none = Outcomes(rawValue: 4)
  /// A rule decides that refers to something which does not exist: nobody knows how.
  static let broken = Outcomes(rawValue: 8)

  var isDefinite: Bool { self == .allow || self == .deny }

  /// Each outcome by itself.
  var members: [Outcomes] { [.allow, .deny, .none, .broken].filter(contains) }

  /// The word for one outcome.
  var word: String { self == .allow ? "allow" : self == .deny ? "deny" : "undecided" }
}
