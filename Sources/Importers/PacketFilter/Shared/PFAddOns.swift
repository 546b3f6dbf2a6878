import ImportKit

/// What packages and plugins do to the clients' traffic besides the rules: they are programs with
/// lists of their own, so each becomes a condition on the traffic that it can touch.
struct PFAddOns {
  private(set) var notes: [Note] = []
  private var rules: [Rule] = []
  private var inspection: [Rule] = []

  /// Something that may stop a flow.
  mutating func addDoubt(
    _ name: String, _ clauses: [Clause] = [], _ condition: Condition, at element: XMLElement
  ) {
    rules.append(
      Rule(
        name: name, match: Match(clauses + [.requires(condition)]), action: .deny(.reject),
        origin: .implied, position: SourcePosition(line: element.line)))
  }

  /// Something that decrypts TLS, or exempts from that.
  mutating func addInspection(
    _ name: String, _ clauses: [Clause], _ action: Action, at element: XMLElement
  ) {
    inspection.append(
      Rule(
        name: name, match: Match(clauses), action: action, origin: .implied,
        position: SourcePosition(line: element.line)))
  }

  mutating func addNote(_ text: String, at element: XMLElement? = nil) {
    notes.append(Note(.advisory, text, at: element.map { SourcePosition(line: $0.line) }))
  }

  var table: Table {
    Table(
      name: "packages", rules: rules,
      defaultAction: DefaultAction(.allow, name: "no package objects"))
  }

  /// Nil where nothing can decrypt.
  var inspectionTable: Table? {
    guard inspection.contains(where: { $0.action == .inspect }) else { return nil }
    return Table(
      name: "squid TLS", kind: .inspection, rules: inspection,
      defaultAction: DefaultAction(.deny, name: "not decrypted"))
  }

  /// TCP flows to ports, entering by one of the interfaces; every interface where none is given.
  static func flows(to ports: [UInt16], from interfaces: [String]) -> [Clause] {
    let set = PortSet(ports.map { .init(lower: $0, upper: $0) })
    let service = Clause.service(ServiceList([.service(.tcp(set))]))
    return (interfaces.isEmpty ? [] : [.from(ZoneList(interfaces))]) + [service]
  }

  /// Entries of squid lists of domains: a leading dot takes in everything below the name.
  /// Source: squid configuration reference, `acl … ssl::server_name` and `dstdomain`.
  static func squidDomain(_ text: String) -> HostPattern? {
    if text.hasPrefix(".") { return HostName(text.dropFirst()).map { .apexAndSubdomains($0) } }
    return HostName(text).map { .exact($0) }
  }
}
