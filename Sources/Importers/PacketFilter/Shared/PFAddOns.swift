import ImportKit

/// What packages and plugins do to the clients' traffic besides the rules: they are programs with
/// lists of their own, so each becomes a condition on the traffic that it can touch.
struct PFAddOns {
  let draft: PolicyDraft
  let interfaces: PFInterfaces
  private var rules: [Rule] = []
  private var inspection: [Rule] = []

  init(draft: PolicyDraft, interfaces: PFInterfaces) {
    self.draft = draft
    self.interfaces = interfaces
  }

  /// Something that may stop a flow.
  mutating func addDoubt(
    _ name: String, _ clauses: [Clause] = [], _ kind: Condition.Kind, _ detail: String,
    at element: XMLElement
  ) {
    let position = SourcePosition(line: element.line)
    let condition = draft.doubt(kind, detail, at: position)
    rules.append(
      Rule(
        name: name, match: Match(clauses + [.requires(condition)]), action: .deny(.reject),
        origin: .implied, position: position))
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

  func addNote(_ text: String, at element: XMLElement? = nil) {
    draft.note(.advisory, text, at: element.map { SourcePosition(line: $0.line) })
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

  /// Entering by one of the interfaces of a comma list; by any where the list is empty or names one
  /// that the configuration does not know. Nil where it names only interfaces that are off.
  func entering(_ list: String?) -> [Clause]? {
    let names = PFText.words(list ?? "")
    guard !names.isEmpty, names.allSatisfy(interfaces.isKnown) else { return [] }
    let bound = names.flatMap { interfaces.members($0) }
    return bound.isEmpty ? nil : [.from(ZoneList(bound))]
  }

  /// TCP flows to ports.
  static func flows(to ports: [UInt16]) -> Clause {
    let set = PortSet(ports.map { .init(lower: $0, upper: $0) })
    return .service(ServiceList([.service(.tcp(set))]))
  }

  /// Entries of squid lists of domains: a leading dot takes in everything below the name.
  /// Source: squid configuration reference, `acl … ssl::server_name` and `dstdomain`.
  static func squidDomain(_ text: String) -> HostPattern? {
    if text.hasPrefix(".") { return HostName(text.dropFirst()).map { .apexAndSubdomains($0) } }
    return HostName(text).map { .exact($0) }
  }
}
