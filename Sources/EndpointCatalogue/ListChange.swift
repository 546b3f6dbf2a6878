/// One change of a list from an edition to the next, with what it asks of a firewall; modelled on
/// the changes of the Microsoft 365 endpoints service.
package struct ListChange: Hashable, Sendable {
  package enum Disposition: String, Hashable, Sendable {
    case add
    case change
    case remove
  }

  /// What somebody has to do who keeps firewall rules.
  package enum Impact: String, Hashable, Sendable {
    /// Rules must allow more than before.
    case open = "open"
    /// Rules may allow less than before.
    case mayClose = "may-close"
    /// Rules must allow other ports, and may close some.
    case openAndMayClose = "open-and-may-close"
    /// Another judgement of rules that are there, such as of an exemption from inspection.
    case review = "review"
    /// Nothing: spelling, order, a note.
    case none = "none"
  }

  package let disposition: Disposition
  package let impact: Impact
  /// The row as printed; the key of the statement for a change of one.
  package let text: String
  /// Nil for a statement.
  package let service: String?
  package let fields: [String]
  /// Required ports, or the value of the statement; nil where there was none.
  package let previous: String?
  package let current: String?

  /// The changes between two editions, by the one comparison of ``CatalogueDiff``.
  package static func all(in diff: CatalogueDiff) -> [ListChange] {
    let before = Places(diff.from)
    let after = Places(diff.to)
    var result: [ListChange] = diff.changes.map { change in
      switch change {
      case .added(let endpoint):
        return ListChange(
          disposition: .add, impact: before.impact(ofAdding: endpoint), text: endpoint.text,
          service: endpoint.service, fields: [], previous: nil, current: ports(endpoint))
      case .removed(let endpoint):
        return ListChange(
          disposition: .remove, impact: after.impact(ofRemoving: endpoint), text: endpoint.text,
          service: endpoint.service, fields: [], previous: ports(endpoint), current: nil)
      case .changed(let old, let new, let fields):
        return ListChange(
          disposition: .change, impact: impact(old, new, fields), text: new.text,
          service: new.service, fields: fields, previous: ports(old), current: ports(new))
      }
    }
    result += diff.statements.map { statement in
      let matters = ["blob_no_inspection_exclusion", "allow_rule_excludes_blob", "scope"]
      return ListChange(
        disposition: statement.from == nil ? .add : statement.to == nil ? .remove : .change,
        impact: matters.contains(statement.key) ? .review : .none, text: statement.key,
        service: nil, fields: ["statement"], previous: statement.from?.text,
        current: statement.to?.text)
    }
    return result
  }

  private static func ports(_ endpoint: Endpoint) -> String {
    let required = endpoint.portsRequired.map { "\($0)" }.joined(separator: ", ")
    let advised = endpoint.portsAdvised.map { "\($0)" }.joined(separator: ", ")
    return "\(endpoint.transport) \(required.isEmpty ? "none" : required)"
      + (advised.isEmpty ? "" : ", advised \(advised)")
      + (endpoint.level == .required ? "" : " (\(endpoint.level.rawValue))")
  }

  private static func impact(_ old: Endpoint, _ new: Endpoint, _ fields: [String]) -> Impact {
    let before = old.level == .required ? Set(old.portsRequired) : []
    let after = new.level == .required ? Set(new.portsRequired) : []
    let opens = !after.subtracting(before).isEmpty
    let closes = !before.subtracting(after.union(new.portsAdvised)).isEmpty
    if opens { return closes ? .openAndMayClose : .open }
    if closes { return .mayClose }
    if fields.contains("inspection") { return .review }
    return .none
  }

  /// Required ports of an edition by host and path: what another row asks for already costs
  /// nothing, and what another row still asks for cannot be closed.
  private struct Places {
    private var exact: [String: Set<UInt16>] = [:]
    private let rows: [Endpoint]

    init(_ edition: Catalogue) {
      rows = edition.endpoints.filter { $0.level == .required }
      for row in rows { exact[row.identity.place, default: []].formUnion(row.portsRequired) }
    }

    /// Ports that the edition asks for at every host of the row.
    private func covered(_ endpoint: Endpoint) -> Set<UInt16> {
      var ports = exact[endpoint.identity.place] ?? []
      for row in rows where row.path == nil {
        if row.hostPattern.relation(to: endpoint.hostPattern) == .covering {
          ports.formUnion(row.portsRequired)
        }
      }
      return ports
    }

    func impact(ofAdding endpoint: Endpoint) -> Impact {
      guard endpoint.level == .required else { return .none }
      return Set(endpoint.portsRequired).isSubset(of: covered(endpoint)) ? .none : .open
    }

    func impact(ofRemoving endpoint: Endpoint) -> Impact {
      guard endpoint.level == .required else { return .none }
      return Set(endpoint.portsRequired).isSubset(of: covered(endpoint)) ? .none : .mayClose
    }
  }
}
