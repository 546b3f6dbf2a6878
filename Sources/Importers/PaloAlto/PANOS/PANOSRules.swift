import ImportKit

/// Rules that stand together: a rulebase of the firewall, or what one level of a Panorama adds.
struct PANOSLayer {
  /// Whose rules they are and where they take part, such as `shared pre`; nil for the firewall's
  /// own.
  let label: String?
  /// The `rulebase`, `pre-rulebase` or `post-rulebase` element.
  let rulebase: XMLElement

  func rules(_ kind: String) -> [XMLElement] {
    rulebase.children(kind).flatMap { $0.children("rules").flatMap { $0.children("entry") } }
  }
}

/// A place in the order of the rules where some are missing from the export.
struct PANOSGap {
  /// In front of which layer the rules would stand; the number of layers for behind the last.
  let index: Int
  let text: String
  let position: SourcePosition
}

/// Translates the rulebases that one virtual system goes through.
final class PANOSRules {
  let objects: PANOSObjects
  /// The firewall for which rules with targets are decided.
  let target: PANOSTarget
  /// The serial numbers of all firewalls of the export.
  let knownSerials: Set<String>
  let wiring: PANOSWiring
  let version: PANOSVersion
  /// Profiles that rules use, as gates.
  var gateTables: [Table] = []
  var gateNames: Set<String> = []
  /// Application override rules: the names that they give, and what they match; see
  /// ``readOverrides(_:)``.
  var overrides: [(names: Set<String>, match: [[Clause]])] = []

  var draft: PolicyDraft { objects.draft }

  init(
    objects: PANOSObjects, target: PANOSTarget = .unknown, knownSerials: Set<String> = [],
    wiring: PANOSWiring, version: PANOSVersion
  ) {
    self.objects = objects
    self.target = target
    self.knownSerials = knownSerials
    self.wiring = wiring
    self.version = version
  }

  /// Fills the policy of the draft: tables, pipeline, zones, proposals and notes.
  ///
  /// - Parameters:
  ///   - defaults: elements with overridden default rules, the one that counts first.
  ///   - gaps: where security rules are missing from the export.
  ///   - exclusions: elements with hosts that are never decrypted.
  ///   - topologies: one a firewall.
  func write(
    _ layers: [PANOSLayer], defaults: [XMLElement], gaps: [PANOSGap], exclusions: [XMLElement],
    topologies: [PANOSTopology]
  ) {
    readOverrides(layers)
    let security = security(layers, defaults: defaults, gaps: gaps)
    let ahead = stagesAhead(layers)
    let inspection = decryption(layers, exclusions: exclusions)
    objects.fill()
    draft.policy.tables = ahead + [security] + (inspection.map { [$0] } ?? []) + gateTables
    let zones = PANOSZones(
      topologies, rules: security.rules, nat: layers.flatMap { $0.rules("nat") })
    draft.policy.zones = zones.zones
    draft.policy.proposals = zones.proposals
    draft.doubts.add(zones.notes)
    draft.note(.completeness, Self.runTimeNote)
    if zones.areTaps {
      draft.note(
        .completeness,
        "every zone is a tap: the firewall sees a copy of the traffic and stops nothing, so its "
          + "rules decide nothing")
      return
    }
    draft.policy.pipelines = [
      Pipeline(
        traffic: .forwarded, mode: .allOf,
        stages: ahead.map { Stage(table: $0.name, isAuxiliary: true) }
          + [Stage(table: security.name)], inspection: inspection?.name)
    ]
  }

  /// What no configuration of these products holds.
  private static let runTimeNote =
    "the export does not contain what the firewall loads at run time: contents of external lists, "
    + "addresses of FQDN objects, registered tags, URL categories of hosts; see `request system "
    + "external-list show`, `show dns-proxy fqdn all`, `show object registered-ip all`"

  // MARK: Security

  /// The security rules in the order of the layers, and the default rules as the last ones.
  ///
  /// "Security policy rules are evaluated left to right and from top to bottom"; the defaults allow
  /// intrazone and deny interzone traffic and can be overridden. Source: docs.paloaltonetworks.com,
  /// PAN-OS 10.0 Administrator's Guide, Security Policy.
  ///
  /// - Parameters:
  ///   - defaults: elements with overridden default rules, the one that counts first.
  ///   - gaps: where rules are missing from the export.
  func security(
    _ layers: [PANOSLayer], defaults: [XMLElement], gaps: [PANOSGap] = []
  ) -> Table {
    var rules: [Rule] = []
    for (number, layer) in layers.enumerated() {
      rules += missingRules(gaps, number)
      for entry in layer.rules("security") { rules += securityRules(entry, layer: layer) }
    }
    rules += missingRules(gaps, layers.count)
    func override(_ name: String) -> XMLElement? {
      for element in defaults {
        let found = element.children("entry").first { $0.attribute("name") == name }
        if let found { return found }
      }
      return nil
    }
    for entry in defaults.flatMap({ $0.children("entry") })
    where entry.attribute("name").map({ !Self.defaultNames.contains($0) }) ?? true {
      rules += unknownDefaultRules(entry)
    }
    let intrazone = override("intrazone-default")
    let interzone = override("interzone-default")
    rules += defaultRules(intrazone, name: "intrazone-default", allows: true, pair: .intrazone)
    var last = DefaultAction(.deny, name: "interzone-default")
    if let interzone {
      last.position = SourcePosition(line: interzone.line)
      rules += defaultRules(interzone, name: "interzone-default", allows: false, pair: .interzone)
    }
    return Table(name: "security", rules: rules, defaultAction: last)
  }

  private func missingRules(_ gaps: [PANOSGap], _ index: Int) -> [Rule] {
    gaps.filter { $0.index == index }.flatMap {
      draft.gap($0.text, name: "(rules that are not in the export)", at: $0.position)
    }
  }

  private static let defaultNames = ["intrazone-default", "interzone-default"]

  /// An override of a default rule that the product does not have by this name: it may be of either.
  private func unknownDefaultRules(_ entry: XMLElement) -> [Rule] {
    let name = entry.attribute("name") ?? ""
    let doubt = draft.doubt(
      .unmodelled, "default rule `\(name)` is none of the product's",
      at: SourcePosition(line: entry.line))
    return [Action.deny(.drop), .allow].map { action in
      Rule(
        name: name, match: Match([.requires(doubt)]), action: action, origin: .implied,
        position: SourcePosition(line: entry.line))
    }
  }

  /// A default rule. The intrazone one always takes part; the interzone one is written as a rule
  /// only where the export overrides it, else it is the default of the table.
  private func defaultRules(
    _ entry: XMLElement?, name: String, allows: Bool, pair: ZonePairing
  ) -> [Rule] {
    let rule = Rule(
      name: name, match: Match([.zonePair(pair)]), action: allows ? .allow : .deny(.drop),
      origin: .implied, position: SourcePosition(line: entry?.line ?? 0))
    guard let entry else { return [rule] }
    let what = "default rule `\(name)`"
    let record = ExportRecord(entry)
    var match = MatchChoices()
    match.require(.zonePair(pair))
    // An override may change the profiles alone; the action is then the product's.
    var word = record.text("action") ?? ""
    if word.isEmpty, !record.has("action") { word = allows ? "allow" : "drop" }
    let gates = gates(record, of: what)
    close(record, of: what, ignoring: PANOSMembers.securityRule, to: &match)
    return finish(rule, match, word: word, gates: gates, of: what)
  }

  /// One rule of the export: several where parts of it are in doubt or the action is not known.
  private func securityRules(_ entry: XMLElement, layer: PANOSLayer) -> [Rule] {
    let record = ExportRecord(entry)
    let name = record.attribute("name") ?? ""
    let what = "rule `\(name)`"
    var match = MatchChoices()
    addTarget(record, of: what, to: &match)
    addZones(record, of: what, to: &match)
    addAddresses(record, of: what, to: &match)
    let word = record.text("action") ?? ""
    match.require(anyOf: applicationChoices(record, of: what, allows: word == "allow"))
    addCategories(record, of: what, to: &match)
    addPersons(record, of: what, to: &match)
    addSchedule(record, of: what, to: &match)
    let gates = gates(record, of: what)
    let isEnabled = isEnabled(record, of: what, to: &match)
    if let options = record.record("option") {
      _ = options.says("disable-server-response-inspection")
    }
    close(record, of: what, ignoring: PANOSMembers.securityRule, to: &match)
    let rule = Rule(
      name: name, vendorID: entry.attribute("uuid"), enabled: isEnabled, match: Match(),
      action: .allow, comment: Self.comment(entry, layer), position: record.position)
    return finish(rule, match, word: word, gates: gates, of: what)
  }

  /// The rules for a match and the word of its action.
  private func finish(
    _ rule: Rule, _ match: MatchChoices, word: String, gates: [String], of what: String
  ) -> [Rule] {
    var rule = rule
    switch word {
    case "allow":
      rule.action = .allow(gates: gates)
      return match.rules(rule)
    case "deny", "drop": rule.action = .deny(.drop)
    case "reset-client", "reset-server", "reset-both": rule.action = .deny(.reject)
    default:
      let doubt = draft.doubt(
        .unmodelled, "\(what) has the action `\(word)`, which is not known", at: rule.position)
      rule.action = .allow(gates: gates)
      return match.rules(rule).flatMap { draft.eitherWay($0, because: doubt) }
    }
    return match.rules(rule)
  }
}
