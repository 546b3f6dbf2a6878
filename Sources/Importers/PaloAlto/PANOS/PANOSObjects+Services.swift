import ImportKit

extension PANOSObjects {
  /// Service names that every firewall knows without defining them.
  private static let predefinedServices: [String: Service] = [
    "service-http": .tcp(
      IntervalSet([.init(lower: 80, upper: 80), .init(lower: 8080, upper: 8080)])),
    "service-https": .tcp(IntervalSet(443)),
  ]

  func serviceTerm(_ member: XMLElement, group: Int? = nil) -> ServiceTerm {
    let name = member.text
    if name == "any" { return .any }
    switch look(["service", "service-group"], member, group: group) {
    case .found(let found): return .object(service(found))
    case .ambiguous(let condition): return .condition(condition)
    case .missing: break
    }
    if let known = Self.predefinedServices[name] { return .service(known) }
    return .condition(undefined("service", member))
  }

  func serviceTerms(_ list: PANOSList, in what: String, group: Int? = nil) -> [ServiceTerm] {
    list.members.map { serviceTerm($0, group: group) }
      + (list.odd.map { [.condition(odd($0, in: what))] } ?? [])
  }

  /// What a named service or service group holds.
  func serviceTerms(_ found: Found) -> [ServiceTerm] {
    let record = ExportRecord(found.entry)
    var terms: [ServiceTerm] = []
    let what = "\(found.kind) `\(found.name)`"
    if found.kind == "service-group" {
      if record.has("members") {
        terms = serviceTerms(record.list("members"), in: what, group: found.place)
      } else {
        terms = record.children("member").map {
          $0.hasChildren || $0.text.isEmpty
            ? .condition(odd($0, in: what)) : serviceTerm($0, group: found.place)
        }
      }
    } else if let value = record.record("protocol") {
      terms = protocolTerms(value, what: what)
    }
    if terms.isEmpty {
      terms = [
        .condition(doubt(.unresolved, "\(what) has no known ports", line: found.entry.line))
      ]
    }
    return closing(terms, record, found, ignoring: PANOSMembers.service)
  }

  private func protocolTerms(_ value: ExportRecord, what: String) -> [ServiceTerm] {
    ["tcp", "udp", "sctp"].compactMap { word -> ServiceTerm? in
      guard let body = value.record(word) else { return nil }
      // The product asks for the port; where it is cut off, it may be any.
      guard let ports = body.text("port"), !ports.isEmpty else {
        return word == "tcp"
          ? .condition(draft.doubt(.unresolved, "\(what) names no port", at: body.position))
          : .service(Service(protocol: IPProtocol.number(of: word)))
      }
      let sources = body.text("source-port").flatMap { $0.isEmpty ? nil : $0 }
      return draft.service(
        protocol: word, destinationPorts: filledPorts(ports),
        sourcePorts: sources.map(filledPorts), in: what, at: body.position)
    }
  }

  private func filledPorts(_ text: String) -> String {
    text.hasPrefix("$") ? variable(text) ?? text : text
  }
}
