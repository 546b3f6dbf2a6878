import ImportKit
import NetworkSets
import PolicyModel
import XMLTree

/// The aliases of a pfSense configuration, translated when a rule first uses them.
struct PfSenseAliases {
  var table = ObjectTable()
  var notes: [Note] = []
  private var elements: [String: XMLElement] = [:]
  private var noted: Set<String> = []

  init(_ container: XMLElement?) {
    for element in container?.children("alias").map({ $0 }) ?? [] {
      guard let name = element.childText("name"), !name.isEmpty else { continue }
      if elements[name] != nil {
        notes.append(
          Note(
            .reading, "alias `\(name)` is defined twice; the first is used",
            at: SourcePosition(line: element.line)))
        continue
      }
      elements[name] = element
    }
  }

  func contains(_ name: String) -> Bool { elements[name] != nil }

  mutating func note(_ kind: Note.Kind, _ text: String, line: Int) {
    guard noted.insert(text).inserted else { return }
    notes.append(Note(kind, text, at: SourcePosition(line: line)))
  }

  private static let portTypes: Set<String> = ["port", "url_ports", "urltable_ports"]

  /// The object of an address alias; nil where there is no such alias.
  mutating func addressObject(_ name: String) -> Int? {
    guard let element = elements[name] else { return nil }
    if let known = table.endpoint(name) { return known }
    let type = element.childText("type") ?? "host"
    guard !Self.portTypes.contains(type) else { return nil }
    let number = table.addEndpoint(
      id: name, name: name, kind: "alias (\(type))", position: SourcePosition(line: element.line))
    var terms: [EndpointTerm] = []
    switch type {
    case "urltable":
      terms = [.condition(Condition(.externalList, "URL table alias `\(name)`"))]
    case "url":
      // The list was loaded once when the alias was saved; `address` then holds what was found.
      terms = members(element).map { addressTerm($0, alias: name, line: element.line) }
      if terms.isEmpty { terms = [.condition(Condition(.externalList, "URL alias `\(name)`"))] }
    default:
      terms = members(element).map { addressTerm($0, alias: name, line: element.line) }
    }
    table.setEndpoint(number, EndpointList(terms))
    return number
  }

  private func members(_ element: XMLElement) -> [String] {
    (element.childText("address") ?? "").split { $0 == " " || $0.isNewline }.map(String.init)
  }

  private mutating func addressTerm(_ text: String, alias: String, line: Int) -> EndpointTerm {
    if let set = AddressSet(parsing: text) { return .addresses(set) }
    if contains(text), let inner = addressObject(text) { return .object(inner) }
    // Names are resolved by the firewall, every 300 seconds by default; no wildcards. Source:
    // docs.netgate.com, "Using Hostnames in Aliases". A name of digits only is not one.
    if let host = HostName(text), host.labelCount > 1, !text.allSatisfy({ $0.isNumber || $0 == "." }) {
      return .host(.exact(host), .resolved)
    }
    let why = TemplateMarker.isPresent(in: text) ? "is an unfilled template marker" : "is not an address, name or alias"
    note(.unresolved, "member `\(text)` of alias `\(alias)` \(why)", line: line)
    return .condition(Condition(.unresolved, "member `\(text)` of alias `\(alias)`"))
  }

  /// The ports that a rule's port field means.
  enum Ports {
    case set(PortSet)
    case object(Int)
    /// Neither a number nor a known alias: pfSense leaves such a rule out.
    case unresolvable
  }

  mutating func ports(_ text: String) -> Ports {
    if text.isEmpty || text == "any" { return .set(.full) }
    if let set = PortSet(parsing: text) { return .set(set) }
    guard let number = portObject(text) else { return .unresolvable }
    return .object(number)
  }

  private mutating func portObject(_ name: String) -> Int? {
    guard let element = elements[name] else { return nil }
    if let known = table.service(name) { return known }
    let type = element.childText("type") ?? ""
    guard Self.portTypes.contains(type) else { return nil }
    let number = table.addService(
      id: name, name: name, kind: "alias (\(type))", position: SourcePosition(line: element.line))
    var terms: [ServiceTerm] = []
    if type == "port" {
      for member in members(element) {
        if let set = PortSet(parsing: member) {
          terms.append(.service(Service(protocol: nil, destinationPorts: set)))
        } else if let inner = portObject(member) {
          terms.append(.object(inner))
        } else {
          note(
            .unresolved, "member `\(member)` of port alias `\(name)` is neither a port nor an alias",
            line: element.line)
          terms.append(
            .condition(Condition(.unresolved, "member `\(member)` of port alias `\(name)`")))
        }
      }
    } else {
      terms = [.condition(Condition(.externalList, "port table alias `\(name)`"))]
    }
    table.setService(number, ServiceList(terms))
    return number
  }
}
