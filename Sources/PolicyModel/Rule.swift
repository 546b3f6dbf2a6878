/// What a table does with a flow that a rule matches.
package enum Action: Hashable, Sendable {
  /// Let pass, provided that every gate table lets it pass too (a URL-filtering profile, say).
  case allow(gates: [String])
  case deny(Denial)
  /// Walk another table; where it does not decide, go on after this rule.
  case jump(String)
  /// Walk another table; where it does not decide, go on where the current table's caller would.
  case goto(String)
  /// Leave the current table: back to its caller, or its default where it has none.
  case `return`
  /// Only log, count or mark; the walk goes on.
  case `continue`
  /// In an inspection table: decrypt.
  case inspect
  /// In an inspection table: do not decrypt.
  case bypass

  package enum Denial: String, Hashable, Sendable {
    case drop
    case reject
  }

  package static let allow = Action.allow(gates: [])

  /// The word used in reports.
  package var word: String {
    switch self {
    case .allow: "allow"
    case .deny(.drop): "drop"
    case .deny(.reject): "reject"
    case .jump: "jump"
    case .goto: "goto"
    case .return: "return"
    case .continue: "continue"
    case .inspect: "inspect"
    case .bypass: "bypass"
    }
  }
}

/// One rule of a table.
package struct Rule: Hashable, Sendable {
  /// The name that an administrator sees; may be empty and need not be unique.
  package var name: String
  /// What the export uses to tell rules apart (uuid, tracker, handle), if it has such a thing.
  package var vendorID: String?
  package var enabled: Bool
  package var match: Match
  package var action: Action
  /// Whether the rule itself decrypts what it allows (Azure `terminateTLS`).
  package var decrypts: Bool
  package var comment: String
  package var origin: Origin
  package var position: SourcePosition

  /// Who wrote the rule.
  package enum Origin: String, Hashable, Sendable, CaseIterable {
    /// An administrator: it stands in the export as a rule.
    case written
    /// The product: a default, an automatic rule, or a setting that acts like a rule.
    case implied
  }

  package init(
    name: String, vendorID: String? = nil, enabled: Bool = true, match: Match, action: Action,
    decrypts: Bool = false, comment: String = "", origin: Origin = .written,
    position: SourcePosition
  ) {
    self.name = name
    self.vendorID = vendorID
    self.enabled = enabled
    self.match = match
    self.action = action
    self.decrypts = decrypts
    self.comment = comment
    self.origin = origin
    self.position = position
  }
}

/// An ordered list of rules in which the first match wins, and what happens where none matches.
package struct Table: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Decides whether a flow passes.
    case filter
    /// Decides whether a TLS flow is decrypted.
    case inspection
  }

  package var name: String
  package var kind: Kind
  package var rules: [Rule]
  package var defaultAction: DefaultAction

  package init(name: String, kind: Kind = .filter, rules: [Rule], defaultAction: DefaultAction) {
    self.name = name
    self.kind = kind
    self.rules = rules
    self.defaultAction = defaultAction
  }
}

/// What a table does where no rule decides.
package struct DefaultAction: Hashable, Sendable {
  package enum Outcome: String, Hashable, Sendable, CaseIterable {
    case allow
    case deny
    /// The table leaves the flow to its caller or to the next stage.
    case none
  }

  package var outcome: Outcome
  /// How the product calls it: `interzone-default`, `policy drop`, `implicit deny`.
  package var name: String
  /// Set where the export writes it down; an implicit default has none.
  package var position: SourcePosition?

  package init(_ outcome: Outcome, name: String, position: SourcePosition? = nil) {
    self.outcome = outcome
    self.name = name
    self.position = position
  }
}
