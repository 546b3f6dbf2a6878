import ImportKit

/// The decryption rulebase, as the inspection table.
extension PANOSRules {
  /// The decryption rulebase with the exclusions in front; nil where nothing can be decrypted.
  mutating func decryption(_ layers: [PANOSLayer], exclusions: [XMLElement]) -> Table? {
    var rules: [Rule] = []
    for layer in layers {
      for entry in layer.rules("decryption") { rules.append(decryptionRule(entry, layer: layer)) }
    }
    let decrypts = rules.contains { $0.enabled && $0.action == .inspect }
    guard decrypts else { return nil }
    let excluded = exclusions.flatMap { PANOSElements.entries($0) }
      .filter { $0.childText("exclude") != "no" }.map { exclusionRule($0) }
    notes.append(
      Note(
        .advisory,
        "hosts that Palo Alto Networks itself excludes from decryption come with content "
          + "updates and are not in the export"))
    return Table(
      name: "decryption", kind: .inspection, rules: excluded + rules,
      defaultAction: DefaultAction(.deny, name: "not decrypted"))
  }

  /// A host that is never decrypted.
  ///
  /// "Asterisks behave the same way that carets (^) behave for URL category exceptions - each
  /// asterisk controls one variable subdomain (label) in the hostname." The name is compared with
  /// the SNI or the certificate's common name; the latter is not in a request, so that a host may
  /// be excluded under another name than its own. Source: docs.paloaltonetworks.com, "Decryption
  /// Exclusions".
  private mutating func exclusionRule(_ entry: XMLElement) -> Rule {
    let name = entry.attribute("name") ?? ""
    let term: EndpointTerm
    let carets = String(name.map { $0 == "*" ? "^" : $0 })
    if let pattern = PANOSURLEntry.pattern(carets, openEnd: false), !name.contains("/") {
      term = .url(pattern)
    } else {
      objects.note(
        .unmodelled, "decryption exclusion `\(name)` is not a host name", line: entry.line)
      term = .condition(Condition(.unmodelled, "decryption exclusion `\(name)`"))
    }
    return Rule(
      name: "exclusion \(name)", match: Match([.destination(EndpointList([term]))]),
      action: .bypass, origin: .implied, position: SourcePosition(line: entry.line))
  }

  private mutating func decryptionRule(_ entry: XMLElement, layer: PANOSLayer) -> Rule {
    var clauses = targetClause(entry).map { [$0] } ?? []
    clauses += zoneClauses(entry) + addressClauses(entry)
    if let list = categoryList(entry.child("category")) { clauses.append(.destination(list)) }
    let services = PANOSElements.members(entry.child("service"))
    if !services.isEmpty, !services.contains(where: { $0.text == "any" }) {
      clauses.append(.service(ServiceList(services.map { objects.serviceTerm($0) })))
    }
    clauses += personClauses(entry)
    if let type = entry.child("type"), let kind = type.children.first(where: { _ in true })?.name,
      kind != "ssl-forward-proxy"
    {
      clauses.append(.never("\(kind) does not concern connections to the Internet"))
    }
    let action = entry.childText("action") ?? ""
    return Rule(
      name: entry.attribute("name") ?? "", vendorID: entry.attribute("uuid"),
      enabled: !PANOSElements.isYes(entry.child("disabled")), match: Match(clauses),
      action: action.hasPrefix("decrypt") ? .inspect : .bypass,
      comment: Self.comment(entry, layer), position: SourcePosition(line: entry.line))
  }
}
