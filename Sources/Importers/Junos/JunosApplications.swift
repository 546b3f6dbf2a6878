import ImportKit

/// The applications and application sets that a policy may name.
final class JunosApplications {
  private let draft: PolicyDraft
  /// Objects that have a number and wait for their members to be read.
  private var waiting = ObjectQueue<(node: JunosNode, name: String, isSet: Bool)>()
  private var applications: [String: JunosNode] = [:]
  private var sets: [String: JunosNode] = [:]

  /// - Parameter containers: `applications` sections, the nearest one first.
  init(_ containers: [JunosNode], draft: PolicyDraft) {
    self.draft = draft
    for container in containers {
      for node in container.children("application") {
        if let name = node.childText("name"), applications[name] == nil {
          applications[name] = node
        }
      }
      for node in container.children("application-set") {
        if let name = node.childText("name"), sets[name] == nil { sets[name] = node }
      }
    }
  }

  /// What a unified policy means that leaves the ports to the application.
  var defaults: Condition {
    draft.doubt(
      .application, "`junos-defaults`: the ports of the dynamic application that is recognised")
  }

  /// One member of the application list of a policy.
  func term(_ node: JunosNode) -> ServiceTerm {
    let name = node.text
    if name == "any" { return .any }
    // A name that the configuration defines comes before the built-in one.
    if let application = applications[name] {
      return .object(object(name, application, isSet: false))
    }
    if let set = sets[name] { return .object(object(name, set, isSet: true)) }
    if name == "junos-defaults" { return .condition(defaults) }
    if let services = JunosPredefined.services(name) { return predefined(name, services) }
    let isBuiltIn = name.hasPrefix("junos-")
    return .condition(
      draft.doubt(
        .unresolved,
        isBuiltIn
          ? "built-in application `\(name)`, whose ports are not in the export"
          : "application `\(name)` is not defined", at: node.position))
  }

  private func predefined(_ name: String, _ services: [Service]) -> ServiceTerm {
    let id = "junos-defaults/\(name)"
    if let known = draft.objects.service(id) { return .object(known) }
    let number = draft.objects.addService(
      id: id, name: name, kind: "predefined application", position: nil)
    draft.objects.setService(number, ServiceList(services.map { .service($0) }))
    return .object(number)
  }

  /// The number of an application or set, which is read later.
  private func object(_ name: String, _ node: JunosNode, isSet: Bool) -> Int {
    let kind = isSet ? "application-set" : "application"
    let id = "\(kind)/\(name)"
    if let known = draft.objects.service(id) { return known }
    let number = draft.objects.addService(
      id: id, name: name, kind: kind, position: node.position)
    waiting.add(number, (node, name, isSet))
    return number
  }

  /// Reads the objects that wait, and those that they name, one after the other.
  func fill() {
    while let entry = waiting.next() {
      let (node, name, isSet) = entry.definition
      let record = JunosRecord(node)
      _ = record.child("name")
      var terms: [ServiceTerm] = []
      if isSet {
        terms = (record.children("application") + record.children("application-set")).map {
          term($0)
        }
      } else {
        let parts = record.children("term")
        terms =
          parts.isEmpty
          ? [value(record, name: name)]
          : parts.map { part in
            let inner = JunosRecord(part)
            _ = inner.child("name")
            let value = value(inner, name: name)
            return close(inner, name).map { .condition($0) } ?? value
          }
      }
      if terms.isEmpty {
        terms = [
          .condition(
            draft.doubt(
              .unresolved, "application set `\(name)` has no members", at: node.position))
        ]
      }
      if let left = close(record, name) {
        terms = terms.filter { if case .condition = $0 { true } else { false } }
        terms.append(.condition(left))
      }
      draft.objects.setService(entry.number, ServiceList(terms))
    }
  }

  private func close(_ record: JunosRecord, _ name: String) -> Condition? {
    draft.unread(record, of: "application `\(name)`", ignoring: JunosMembers.application)
  }

  /// The protocol and ports of an application or of one of its terms; ports that are not given are
  /// all of them.
  private func value(_ record: JunosRecord, name: String) -> ServiceTerm {
    func open(_ text: String) -> ServiceTerm {
      .condition(draft.doubt(.unresolved, text, at: record.position))
    }
    if record.has("rpc-program-number") || record.has("uuid") {
      _ = record.child("protocol")
      return .condition(
        draft.doubt(
          .unmodelled, "application `\(name)` follows remote-procedure calls to their ports",
          at: record.position))
    }
    let what = "application `\(name)`"
    let number: UInt8?
    if let node = record.child("protocol") {
      guard let known = IPProtocol.number(of: node.text) else {
        return open("protocol `\(node.text)` of \(what) is not known")
      }
      number = known
    } else {
      number = nil
    }
    for name in ["icmp-type", "icmp-code", "icmp6-type", "icmp6-code"] { _ = record.child(name) }
    let ports = Self.ports(record.child("destination-port"))
    let sources = Self.ports(record.child("source-port"))
    guard let number else { return open("\(what) names no protocol") }
    guard let ports, let sources else {
      // A doubtful port of another protocol says nothing about TCP.
      return number == Service.tcpNumber
        ? open("ports of \(what) are not readable") : .service(Service(protocol: number))
    }
    return .service(Service(protocol: number, destinationPorts: ports, sourcePorts: sources))
  }

  /// Nil where the text is no port, range or known name.
  static func ports(_ node: JunosNode?) -> PortSet? {
    guard let node else { return .full }
    let text = node.text
    if let set = PortSet(parsing: text) { return set }
    return JunosPredefined.port(text).map { PortSet($0) }
  }
}
