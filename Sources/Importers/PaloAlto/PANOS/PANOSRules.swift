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

/// Translates the rulebases that one virtual system goes through.
struct PANOSRules {
  var objects: PANOSObjects
  /// The firewall for which rules with targets are decided.
  let target: PANOSTarget
  var notes: [Note] = []
  /// URL filtering profiles that rules use, as gates.
  private(set) var gateTables: [Table] = []
  private var gateNames: Set<String> = []

  init(objects: PANOSObjects, target: PANOSTarget = .unknown) {
    self.objects = objects
    self.target = target
  }

  // MARK: Security

  /// The security rules in the order of the layers, and the default rules as the last ones.
  ///
  /// "Security policy rules are evaluated left to right and from top to bottom"; the defaults allow
  /// intrazone and deny interzone traffic and can be overridden. Source: docs.paloaltonetworks.com,
  /// PAN-OS 10.0 Administrator's Guide, Security Policy.
  ///
  /// - Parameter defaults: elements with overridden default rules, the one that counts first.
  mutating func security(_ layers: [PANOSLayer], defaults: [XMLElement]) -> Table {
    var rules: [Rule] = []
    for layer in layers {
      for entry in layer.rules("security") { rules += securityRules(entry, layer: layer) }
    }
    func override(_ name: String) -> XMLElement? {
      for element in defaults {
        let found = element.children("entry").first { $0.attribute("name") == name }
        if let found { return found }
      }
      return nil
    }
    let intrazone = override("intrazone-default")
    let interzone = override("interzone-default")
    rules.append(defaultRule(intrazone, name: "intrazone-default", allows: true, pair: .intrazone))
    var last = DefaultAction(.deny, name: "interzone-default")
    if let interzone {
      last.position = SourcePosition(line: interzone.line)
      rules.append(
        defaultRule(interzone, name: "interzone-default", allows: false, pair: .interzone))
    }
    return Table(name: "security", rules: rules, defaultAction: last)
  }

  /// A default rule. The intrazone one always takes part; the interzone one is written as a rule
  /// only where the export overrides it, else it is the default of the table.
  private mutating func defaultRule(
    _ entry: XMLElement?, name: String, allows: Bool, pair: ZonePairing
  ) -> Rule {
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

  /// One rule, or two where the action is not known and hence either way is possible.
  private mutating func securityRules(_ entry: XMLElement, layer: PANOSLayer) -> [Rule] {
    var clauses: [Clause] = []
    if let clause = targetClause(entry) { clauses.append(clause) }
    clauses += zoneClauses(entry)
    clauses += addressClauses(entry)
    clauses += serviceClauses(entry)
    if let list = categoryList(entry.child("category")) { clauses.append(.destination(list)) }
    clauses += personClauses(entry)
    if let schedule = entry.childText("schedule"), !schedule.isEmpty {
      clauses.append(.requires(Condition(.schedule, "schedule `\(schedule)`")))
    }
    let actions: [Action]
    let word = entry.childText("action") ?? ""
    switch word {
    case "allow": actions = [.allow(gates: gates(entry))]
    case "deny", "drop", "reset-client", "reset-server", "reset-both":
      actions = [.deny(Self.denial(word))]
    default:
      let text = "rule `\(entry.attribute("name") ?? "")` has the action `\(word)`"
      objects.note(.unmodelled, text, line: entry.line)
      clauses.append(.requires(Condition(.unmodelled, "\(text), which is not known")))
      actions = [.deny(.drop), .allow(gates: gates(entry))]
    }
    return actions.map { action in
      Rule(
        name: entry.attribute("name") ?? "", vendorID: entry.attribute("uuid"),
        enabled: !PANOSElements.isYes(entry.child("disabled")), match: Match(clauses),
        action: action, comment: Self.comment(entry, layer),
        position: SourcePosition(line: entry.line))
    }
  }

  /// The description, behind the name of the layer where there are several.
  static func comment(_ entry: XMLElement, _ layer: PANOSLayer) -> String {
    let description = entry.childText("description") ?? ""
    guard let label = layer.label else { return description }
    return description.isEmpty ? "[\(label)]" : "[\(label)] \(description)"
  }

  /// What the targets of a rule say about the firewall that is read; nil where it takes part.
  func targetClause(_ entry: XMLElement) -> Clause? {
    guard let element = entry.child("target"), let targets = PANOSTargetList(element) else {
      return nil
    }
    switch targets.includes(target) {
    case .yes: return nil
    case .no: return .never("\(targets.text), which does not include this firewall")
    case .perhaps: return .requires(Condition(.interfaceBinding, targets.text))
    }
  }

  private static func denial(_ word: String) -> Action.Denial {
    word == "drop" || word == "deny" ? .drop : .reject
  }

  /// Zones and how they must relate. An intrazone rule has source zones only; an interzone rule
  /// never matches inside one zone; a universal rule (the default) matches both.
  func zoneClauses(_ entry: XMLElement) -> [Clause] {
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

  mutating func addressClauses(_ entry: XMLElement) -> [Clause] {
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

  mutating func categoryList(_ element: XMLElement?) -> EndpointList? {
    let members = PANOSElements.members(element)
    guard !members.isEmpty, !members.contains(where: { $0.text == "any" }) else { return nil }
    return EndpointList(members.map { objects.categoryTerm($0.text) })
  }

  /// Conditions on who uses the computer and in what state it is.
  func personClauses(_ entry: XMLElement) -> [Clause] {
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
      if let definition = objects.find("profile-group", group.text) {
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
    guard let profile = objects.find("url-filtering", name) else {
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
                    .category,
                    "URL filtering profile `\(name)` is predefined or missing: which "
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
}
