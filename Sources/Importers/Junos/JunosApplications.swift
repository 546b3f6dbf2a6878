import ImportKit

/// The applications and application sets that a policy may name.
struct JunosApplications {
  private var applications: [String: JunosNode] = [:]
  private var sets: [String: JunosNode] = [:]

  /// - Parameter containers: `applications` sections, the nearest one first.
  init(_ containers: [JunosNode]) {
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
  static let defaults = Condition(
    .application, "`junos-defaults`: the ports of the dynamic application that is recognised")

  /// One member of the application list of a policy.
  func term(_ node: JunosNode, into context: inout JunosContext) -> ServiceTerm {
    let name = node.text
    if name == "any" { return .any }
    // A name that the configuration defines comes before the built-in one.
    if let application = applications[name] {
      return object(name, application, kind: "application", into: &context)
    }
    if let set = sets[name] {
      return object(name, set, kind: "application-set", into: &context)
    }
    if name == "junos-defaults" { return .condition(Self.defaults) }
    if let services = JunosPredefined.services(name) {
      return predefined(name, services, into: &context)
    }
    let isBuiltIn = name.hasPrefix("junos-")
    let text =
      isBuiltIn
      ? "built-in application `\(name)`, whose ports are not in the export"
      : "application `\(name)` is not defined"
    context.note(.unresolved, text, at: node.position)
    return .condition(Condition(.unresolved, text))
  }

  private func predefined(
    _ name: String, _ services: [Service], into context: inout JunosContext
  ) -> ServiceTerm {
    let id = "junos-defaults/\(name)"
    if let known = context.objects.service(id) { return .object(known) }
    let number = context.objects.addService(
      id: id, name: name, kind: "predefined application", position: nil)
    context.objects.setService(number, ServiceList(services.map { .service($0) }))
    return .object(number)
  }

  private func object(
    _ name: String, _ node: JunosNode, kind: String, into context: inout JunosContext
  ) -> ServiceTerm {
    let id = "\(kind)/\(name)"
    if let known = context.objects.service(id) { return .object(known) }
    let number = context.objects.addService(id: id, name: name, kind: kind, position: node.position)
    var terms: [ServiceTerm] = []
    if kind == "application-set" {
      for member in node.children("application") + node.children("application-set") {
        guard context.objects.enter() else {
          terms.append(.condition(ObjectTable.tooDeep(member.text)))
          continue
        }
        defer { context.objects.leave() }
        terms.append(term(member, into: &context))
      }
    } else {
      let parts = node.children("term")
      for part in parts.isEmpty ? [node] : parts {
        terms.append(value(part, name: name, into: &context))
      }
    }
    context.objects.setService(number, ServiceList(terms))
    return .object(number)
  }

  /// The protocol and ports of an application or of one of its terms; ports that are not given are
  /// all of them.
  private func value(
    _ node: JunosNode, name: String, into context: inout JunosContext
  ) -> ServiceTerm {
    func open(_ text: String) -> ServiceTerm {
      context.note(.unresolved, text, at: node.position)
      return .condition(Condition(.unresolved, text))
    }
    if node.has("rpc-program-number") || node.has("uuid") {
      return .condition(
        Condition(
          .unmodelled, "application `\(name)` follows remote-procedure calls to their ports"))
    }
    let number: UInt8?
    if let text = node.childText("protocol"), !text.isEmpty {
      guard let known = JunosPredefined.protocolNumber(text) else {
        return open("protocol `\(text)` of application `\(name)` is not known")
      }
      number = known
    } else {
      number = nil
    }
    guard let ports = Self.ports(node.child("destination-port")),
      let sources = Self.ports(node.child("source-port"))
    else { return open("ports of application `\(name)` are not readable") }
    guard let number else { return open("application `\(name)` names no protocol") }
    return .service(
      Service(protocol: number, destinationPorts: ports, sourcePorts: sources))
  }

  /// Nil where the text is no port, range or known name.
  static func ports(_ node: JunosNode?) -> PortSet? {
    guard let text = node?.text, !text.isEmpty else { return .full }
    if let set = PortSet(parsing: text) { return set }
    return JunosPredefined.port(text).map { PortSet($0) }
  }
}
