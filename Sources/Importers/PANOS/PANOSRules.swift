import ImportKit
import NetworkSets
import PolicyModel
import XMLTree

/// Translates the rulebases of one virtual system.
struct PANOSRules {
  var objects: PANOSObjects
  var notes: [Note] = []
  /// URL filtering profiles that rules use, as gates.
  private(set) var gateTables: [Table] = []
  private var gateNames: Set<String> = []

  init(objects: PANOSObjects) { self.objects = objects }

  // MARK: Security

  /// The security rules, and the default rules as the last ones.
  ///
  /// "Security policy rules are evaluated left to right and from top to bottom"; the defaults allow
  /// intrazone and deny interzone traffic and can be overridden. Source: docs.paloaltonetworks.com,
  /// PAN-OS 10.0 Administrator's Guide, Security Policy.
  mutating func security(_ container: XMLElement?, defaults: XMLElement?) -> Table {
    var rules: [Rule] = []
    for entry in PANOSElements.entries(container) {
      rules.append(securityRule(entry))
    }
    let intrazone = defaults?.children("entry").first { $0.attribute("name") == "intrazone-default" }
    let interzone = defaults?.children("entry").first { $0.attribute("name") == "interzone-default" }
    if let rule = defaultRule(intrazone, name: "intrazone-default", allows: true, pair: .intrazone) {
      rules.append(rule)
    }
    var last = DefaultAction(.deny, name: "interzone-default")
    if let interzone {
      last.position = SourcePosition(line: interzone.line)
      if let rule = defaultRule(
        interzone, name: "interzone-default", allows: false, pair: .interzone)
      {
        rules.append(rule)
      }
    }
    return Table(name: "security", rules: rules, defaultAction: last)
  }

  /// A default rule. The intrazone one always takes part; the interzone one is written as a rule
  /// only where the export overrides it, else it is the default of the table.
  private mutating func defaultRule(
    _ entry: XMLElement?, name: String, allows: Bool, pair: ZonePairing
  ) -> Rule? {
    let action: Action
    switch entry?.childText("action") {
    case nil, "": action = allows ? .allow : .deny(.drop)
    case "allow": action = .allow(gates: entry.map { gates($0) } ?? [])
    case let word?: action = .deny(Self.denial(word))
    }
    return Rule(
      name: name, match: Match([.zonePair(pair)]), action: action, origin: .implied,
      position: SourcePosition(line: entry?.line ?? 0))
  }

  private mutating func securityRule(_ entry: XMLElement) -> Rule {
    var clauses: [Clause] = []
    clauses += zoneClauses(entry)
    clauses += addressClauses(entry)
    clauses += serviceClauses(entry)
    if let list = categoryList(entry.child("category")) { clauses.append(.destination(list)) }
    clauses += personClauses(entry)
    if let schedule = entry.childText("schedule"), !schedule.isEmpty {
      clauses.append(.requires(Condition(.schedule, "schedule `\(schedule)`")))
    }
    if let target = entry.child("target"), !target.isEmpty {
      let serials = target.child("devices")?.children("entry").compactMap { $0.attribute("name") } ?? []
      if !serials.isEmpty {
        let negated = PANOSElements.isYes(target.child("negate"))
        clauses.append(
          .requires(
            Condition(
              .interfaceBinding,
              "installed \(negated ? "on every firewall but" : "only on") "
                + serials.joined(separator: ", "))))
      }
    }
    let action: Action
    let word = entry.childText("action") ?? ""
    switch word {
    case "allow": action = .allow(gates: gates(entry))
    case "deny", "drop", "reset-client", "reset-server", "reset-both":
      action = .deny(Self.denial(word))
    default:
      // An action that is missing or unknown must not decide anything.
      action = .continue
      notes.append(
        Note(
          .unmodelled, "rule `\(entry.attribute("name") ?? "")` has the action `\(word)`",
          at: SourcePosition(line: entry.line)))
    }
    return Rule(
      name: entry.attribute("name") ?? "", vendorID: entry.attribute("uuid"),
      enabled: !PANOSElements.isYes(entry.child("disabled")), match: Match(clauses), action: action,
      comment: entry.childText("description") ?? "", position: SourcePosition(line: entry.line))
  }

  private static func denial(_ word: String) -> Action.Denial {
    word == "drop" || word == "deny" ? .drop : .reject
  }

  /// Zones and how they must relate. An intrazone rule has source zones only; an interzone rule
  /// never matches inside one zone; a universal rule (the default) matches both.
  private func zoneClauses(_ entry: XMLElement) -> [Clause] {
    var clauses: [Clause] = []
    let type = entry.childText("rule-type") ?? "universal"
    if let from = Self.zones(entry.child("from")) { clauses.append(.from(from)) }
    if type != "intrazone", let to = Self.zones(entry.child("to")) { clauses.append(.to(to)) }
    if type == "intrazone" { clauses.append(.zonePair(.intrazone)) }
    if type == "interzone" { clauses.append(.zonePair(.interzone)) }
    return clauses
  }

  private static func zones(_ element: XMLElement?) -> ZoneList? {
    let names = PANOSElements.members(element).map(\.text)
    return names.isEmpty || names.contains("any") ? nil : ZoneList(names)
  }

  private mutating func addressClauses(_ entry: XMLElement) -> [Clause] {
    var clauses: [Clause] = []
    let source = addressList(
      entry.child("source"), negated: PANOSElements.isYes(entry.child("negate-source")))
    if let source { clauses.append(.source(source)) }
    let destination = addressList(
      entry.child("destination"), negated: PANOSElements.isYes(entry.child("negate-destination")))
    if let destination { clauses.append(.destination(destination)) }
    return clauses
  }

  private mutating func addressList(_ element: XMLElement?, negated: Bool) -> EndpointList? {
    let members = PANOSElements.members(element)
    guard !members.isEmpty else { return nil }
    let terms = members.map { objects.addressTerm($0) }
    if terms.contains(.any), !negated { return nil }
    return EndpointList(terms, negated: negated)
  }

  private mutating func serviceClauses(_ entry: XMLElement) -> [Clause] {
    let allows = entry.childText("action") == "allow"
    var clauses: [Clause] = []
    let applications = objects.applications(PANOSElements.members(entry.child("application")))
    let services = PANOSElements.members(entry.child("service"))
    if services.contains(where: { $0.text == "application-default" }) {
      // "application-default: the selected applications are allowed or denied only on their default
      // ports defined by Palo Alto Networks": which App-ID the traffic gets, and hence which ports
      // are its own, is not in the export.
      let names: String
      switch applications {
      case .names(let list):
        names = list.prefix(4).joined(separator: ", ") + (list.count > 4 ? ", …" : "")
      default: names = "any application"
      }
      clauses.append(
        .requires(
          Condition(
            .application,
            "application-default for \(names): holds where the App-ID that the firewall recognises "
              + "has the port among its default ports")))
    } else if !services.isEmpty {
      let terms = services.map { objects.serviceTerm($0) }
      if !terms.contains(.any) { clauses.append(.service(ServiceList(terms))) }
    }
    switch applications {
    case .any: break
    case .open(let condition): clauses.append(.requires(condition))
    case .names(let names):
      let shown = names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
      if names.allSatisfy(PANOSApplications.isNeverWeb) {
        clauses.append(.never("only for \(shown), which is neither HTTP nor TLS"))
      } else if allows, names.allSatisfy({ !objects.mayBeDefender($0) }) {
        // An allow for another product's application is never credited; a deny for one stays a
        // condition, because firewalls do take one application for another.
        clauses.append(.never("only for \(shown), the application of another product"))
      } else {
        clauses.append(.application(names))
      }
    }
    return clauses
  }

  private mutating func categoryList(_ element: XMLElement?) -> EndpointList? {
    let members = PANOSElements.members(element)
    guard !members.isEmpty, !members.contains(where: { $0.text == "any" }) else { return nil }
    return EndpointList(members.map { objects.categoryTerm($0.text, line: $0.line) })
  }

  /// Conditions on who uses the computer and in what state it is.
  private func personClauses(_ entry: XMLElement) -> [Clause] {
    var clauses: [Clause] = []
    let users = PANOSElements.members(entry.child("source-user")).map(\.text)
    if !users.isEmpty, !users.contains("any") {
      let shown = users.prefix(3).joined(separator: ", ") + (users.count > 3 ? ", …" : "")
      clauses.append(.requires(Condition(.user, "source user \(shown)")))
    }
    for name in ["hip-profiles", "source-hip", "destination-hip"] {
      let profiles = PANOSElements.members(entry.child(name)).map(\.text)
      if !profiles.isEmpty, !profiles.contains("any") {
        let shown = profiles.prefix(3).joined(separator: ", ")
        clauses.append(.requires(Condition(.user, "device posture (\(name)) \(shown)")))
      }
    }
    return clauses
  }

  // MARK: Profiles

  /// The gates of an allow rule: the URL filtering profile that it names, or that its profile
  /// group names.
  private mutating func gates(_ entry: XMLElement) -> [String] {
    guard let setting = entry.child("profile-setting") else { return [] }
    var names = PANOSElements.members(setting.descend("profiles", "url-filtering"))
    for group in PANOSElements.members(setting.child("group")) {
      if let (definition, _) = objects.find("profile-group", group.text) {
        names += PANOSElements.members(definition.child("url-filtering"))
      } else {
        objects.note(
          .unresolved, "profile group `\(group.text)` is not in the export", line: group.line)
      }
    }
    return names.compactMap { gate($0) }
  }

  private mutating func gate(_ member: XMLElement) -> String? {
    let name = member.text
    let table = "url-filtering \(name)"
    if gateNames.contains(table) { return table }
    guard let (profile, _) = objects.find("url-filtering", name) else {
      // `default` is built in and its contents come with the software.
      gateNames.insert(table)
      gateTables.append(
        Table(
          name: table,
          rules: [
            Rule(
              name: name,
              match: Match([
                .requires(
                  Condition(
                    .category, "URL filtering profile `\(name)` is predefined or missing: which "
                      + "categories it blocks is not in the export"))
              ]), action: .deny(.reject), origin: .implied,
              position: SourcePosition(line: member.line))
          ], defaultAction: DefaultAction(.allow, name: "not blocked by the profile")))
      return table
    }
    var builder = PANOSURLProfile(profile: profile, name: name)
    gateTables.append(builder.table(named: table, with: &objects))
    gateNames.insert(table)
    return table
  }

  // MARK: Decryption

  /// The decryption rulebase with the exclusions in front; nil where nothing can be decrypted.
  mutating func decryption(_ container: XMLElement?, exclusions: [XMLElement]) -> Table? {
    var rules: [Rule] = []
    for entry in PANOSElements.entries(container) {
      rules.append(decryptionRule(entry))
    }
    let decrypts = rules.contains { $0.enabled && $0.action == .inspect }
    guard decrypts else { return nil }
    var excluded: [Rule] = []
    for exclusion in exclusions {
      for entry in exclusion.children("entry") {
        guard let name = entry.attribute("name"), entry.childText("exclude") != "no",
          let pattern = PANOSURLEntry.pattern(name, openEnd: false)
        else { continue }
        excluded.append(
          Rule(
            name: "exclusion \(name)",
            match: Match([
              .destination(EndpointList([.url(pattern)]))
            ]), action: .bypass, origin: .implied, position: SourcePosition(line: entry.line)))
      }
    }
    notes.append(
      Note(
        .advisory, "hosts that Palo Alto Networks itself excludes from decryption come with content "
          + "updates and are not in the export"))
    return Table(
      name: "decryption", kind: .inspection, rules: excluded + rules,
      defaultAction: DefaultAction(.deny, name: "not decrypted"))
  }

  private mutating func decryptionRule(_ entry: XMLElement) -> Rule {
    var clauses = zoneClauses(entry) + addressClauses(entry)
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
      comment: entry.childText("description") ?? "", position: SourcePosition(line: entry.line))
  }
}
