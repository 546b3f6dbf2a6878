/// What changed from one edition to another.
package struct CatalogueDiff: Hashable, Sendable {
  /// One row that is not the same in both editions.
  package enum Change: Hashable, Sendable {
    case added(Endpoint)
    case removed(Endpoint)
    /// The same service, host and path with other attributes.
    case changed(from: Endpoint, to: Endpoint, fields: [String])
  }

  /// A statement that is not the same in both; nil where an edition does not make it.
  package struct StatementChange: Hashable, Sendable {
    package let key: String
    package let from: Statement?
    package let to: Statement?
  }

  package let from: Catalogue
  package let to: Catalogue
  /// In the order of the newer list; removed rows last.
  package let changes: [Change]
  package let statements: [StatementChange]

  package init(from: Catalogue, to: Catalogue) {
    self.from = from
    self.to = to
    let old = Dictionary(from.endpoints.map { ($0.identity, $0) }) { first, _ in first }
    let new = Set(to.endpoints.map(\.identity))
    var changes: [Change] = []
    for endpoint in to.endpoints {
      guard let previous = old[endpoint.identity] else {
        changes.append(.added(endpoint))
        continue
      }
      let fields = Self.changedFields(previous, endpoint)
      if !fields.isEmpty {
        changes.append(.changed(from: previous, to: endpoint, fields: fields))
      }
    }
    changes += from.endpoints.filter { !new.contains($0.identity) }.map { .removed($0) }
    self.changes = changes
    statements = Set(from.statements.keys).union(to.statements.keys).sorted()
      .filter { from.statements[$0] != to.statements[$0] }
      .map { StatementChange(key: $0, from: from.statements[$0], to: to.statements[$0]) }
  }

  package var isEmpty: Bool { changes.isEmpty && statements.isEmpty }

  private static func changedFields(_ old: Endpoint, _ new: Endpoint) -> [String] {
    var fields: [String] = []
    if old.scheme != new.scheme { fields.append("scheme") }
    if old.level != new.level { fields.append("level") }
    if old.portsRequired != new.portsRequired { fields.append("ports_required") }
    if old.portsAdvised != new.portsAdvised { fields.append("ports_advised") }
    if old.pathMatch != new.pathMatch { fields.append("path_match") }
    if old.transport != new.transport { fields.append("protocol") }
    if old.inspection != new.inspection { fields.append("inspection") }
    if old.note != new.note { fields.append("note") }
    return fields
  }
}
