import ImportKit

/// The decryption rulebase, as the inspection table.
extension PANOSRules {
  /// The decryption rulebase with the exclusions in front; nil where nothing can be decrypted.
  func decryption(_ layers: [PANOSLayer], exclusions: [XMLElement]) -> Table? {
    var rules: [Rule] = []
    for layer in layers {
      for entry in layer.rules("decryption") { rules += decryptionRules(entry, layer: layer) }
    }
    let decrypts = rules.contains { $0.enabled && $0.action == .inspect }
    guard decrypts else { return nil }
    let excluded = exclusions.flatMap { PANOSElements.entries($0) }.flatMap { exclusionRules($0) }
    draft.note(
      .advisory,
      "hosts that Palo Alto Networks itself excludes from decryption come with content "
        + "updates and are not in the export")
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
  private func exclusionRules(_ entry: XMLElement) -> [Rule] {
    let record = ExportRecord(entry)
    let name = record.attribute("name") ?? ""
    // An entry may be kept and switched off; without a word it is in force.
    let isInForce: Truth = record.text("exclude").map { PANOSElements.says($0) } ?? .yes
    guard isInForce != .no else { return [] }
    let term: EndpointTerm
    let carets = String(
      decoding: name.utf8.map { $0 == UInt8(ascii: "*") ? UInt8(ascii: "^") : $0 }, as: UTF8.self)
    if let pattern = PANOSURLEntry.pattern(carets, openEnd: false), !name.contains("/") {
      term = .url(pattern)
    } else {
      term = draft.oddHost(name, in: "a decryption exclusion", at: record.position)
    }
    var match = MatchChoices()
    match.require(.destination(EndpointList([term])))
    if isInForce == .perhaps {
      match.require(
        .requires(
          draft.doubt(
            .notInForce, "`exclude` of decryption exclusion `\(name)` is neither yes nor no",
            at: record.position)))
    }
    close(record, of: "decryption exclusion `\(name)`", ignoring: PANOSMembers.objects, to: &match)
    return match.rules(
      Rule(
        name: "exclusion \(name)", match: Match(), action: .bypass, origin: .implied,
        position: record.position))
  }

  private func decryptionRules(_ entry: XMLElement, layer: PANOSLayer) -> [Rule] {
    let record = ExportRecord(entry)
    let name = record.attribute("name") ?? ""
    let what = "decryption rule `\(name)`"
    var match = MatchChoices()
    addTarget(record, of: what, to: &match)
    addZones(record, of: what, to: &match)
    addAddresses(record, of: what, to: &match)
    addCategories(record, of: what, to: &match)
    addServices(record, of: what, isRequired: false, to: &match)
    addPersons(record, of: what, to: &match)
    if let type = record.record("type"), case .xml(let element) = type.body {
      let kind = element.children.first { _ in true }?.name ?? element.text
      _ = type.child(kind)
      switch kind {
      case "ssl-forward-proxy", "": break
      case "ssl-inbound-inspection", "ssh-proxy":
        match.require(.never("\(kind) does not concern connections to the Internet"))
      default:
        match.require(
          .requires(draft.doubt(.unmodelled, "\(what) is of the type `\(kind)`", at: type.position))
        )
      }
    }
    let isEnabled = isEnabled(record, of: what, to: &match)
    let word = record.text("action") ?? ""
    close(record, of: what, ignoring: PANOSMembers.decryptionRule, to: &match)
    var rule = Rule(
      name: name, vendorID: entry.attribute("uuid"), enabled: isEnabled, match: Match(),
      action: .bypass, comment: Self.comment(entry, layer), position: record.position)
    switch word {
    case "no-decrypt": return match.rules(rule)
    case "decrypt", "decrypt-and-forward":
      rule.action = .inspect
      return match.rules(rule)
    default:
      let doubt = draft.doubt(
        .unmodelled, "\(what) has the action `\(word)`, which is not known", at: record.position)
      var inspects = match
      inspects.require(.requires(doubt))
      rule.action = .inspect
      let first = inspects.rules(rule)
      rule.action = .bypass
      rule.origin = .implied
      return first + match.rules(rule)
    }
  }
}
