import ImportKit

/// Reads the stateful rules of a rule group, in whichever of the three forms it has them.
struct AWSStatefulGroups {
  let documents: AWSDocuments
  let policy: AWSItem?
  var objects = ObjectTable()
  var notes: [Note] = []

  init(documents: AWSDocuments, policy: AWSItem?) {
    self.documents = documents
    self.policy = policy
  }

  mutating func rules(of group: AWSItem, named name: String) -> [AWSStatefulRule] {
    guard let body = group.object("RuleGroup"), let source = body.object("RulesSource") else {
      notes.append(
        Note(.unresolved, "the rules of group `\(name)` are not in the export", at: group.position))
      return [Self.unknown("the rules of group `\(name)` are not in the export", group.position)]
    }
    let variables = AWSVariables(
      documents: documents, group: group, body: body, policy: policy, scope: name)
    var result: [AWSStatefulRule] = []
    if source.value["RulesString"] != nil {
      result += text(source.member("RulesString"), of: source, variables, name: name)
    }
    for item in source.items("StatefulRules") {
      result += standard(item, variables, name: name)
    }
    if let list = source.object("RulesSourceList") {
      result += domains(list, variables, name: name)
    }
    return result
  }

  /// Rules that are not known may let pass as well as drop, at any point.
  static func unknown(
    _ text: String, _ position: SourcePosition, _ kind: Condition.Kind = .unresolved
  )
    -> AWSStatefulRule
  {
    let clause = Clause.requires(Condition(kind, text))
    let parts = AWSStatefulRule.Phase.allCases.filter { $0 != .answer }.flatMap { phase in
      [Action.allow, .deny(.drop)].map { action in
        (
          phase,
          Rule(
            name: "(not in the export)", match: Match([clause]), action: action, origin: .implied,
            position: position)
        )
      }
    }
    return AWSStatefulRule(verdict: .pass, priority: 1, parts: parts)
  }

  // MARK: Rules text

  private mutating func text(
    _ value: AWSValue, of source: AWSItem, _ variables: AWSVariables, name: String
  ) -> [AWSStatefulRule] {
    let place = source.position(of: source.value["RulesString"] ?? source.value)
    guard case .text(let text) = value else {
      let what = "the rules text of group `\(name)` is not in the template"
      notes.append(Note(.unresolved, what, at: place))
      return [Self.unknown(what, place)]
    }
    var result: [AWSStatefulRule] = []
    for (number, line) in SuricataRule.lines(of: text) {
      // The line inside the text, behind the pointer of the text.
      var position = place
      position.pointer = (place.pointer ?? "") + "#line-\(number)"
      let rule: SuricataRule
      var enabled = true
      switch SuricataRule.read(line) {
      case .blank: continue
      case .unreadable:
        let what = "line \(number) of the rules text of `\(name)` is not readable"
        notes.append(Note(.unmodelled, what, at: position))
        result.append(Self.unknown(what, position, .unmodelled))
        continue
      case .disabled(let read):
        rule = read
        enabled = false
      case .rule(let read): rule = read
      }
      result.append(
        translate(rule, variables, at: position, enabled: enabled, name: "line \(number)"))
    }
    return result
  }

  private mutating func translate(
    _ rule: SuricataRule, _ variables: AWSVariables, at position: SourcePosition, enabled: Bool,
    name: String
  ) -> AWSStatefulRule {
    var translator = SuricataTranslator(
      variables: variables, position: position, objects: objects, notes: notes)
    let result = translator.translate(rule, enabled: enabled, fallbackName: name)
    objects = translator.objects
    notes = translator.notes
    return result
  }

  // MARK: Standard rules

  /// A rule as a form: the service turns it into Suricata's language itself.
  private mutating func standard(
    _ item: AWSItem, _ variables: AWSVariables, name: String
  ) -> [AWSStatefulRule] {
    guard let header = item.object("Header"), let action = item.text("Action")?.lowercased(),
      ["pass", "drop", "reject", "alert"].contains(action)
    else {
      let what = "a standard rule of `\(name)` is not readable"
      notes.append(Note(.unmodelled, what, at: item.position))
      return [Self.unknown(what, item.position, .unmodelled)]
    }
    func field(_ key: String) -> String {
      let text = header.text(key) ?? "any"
      return text.lowercased() == "any" ? "any" : text
    }
    var options: [SuricataRule.Option] = []
    for option in item.items("RuleOptions") {
      let settings = option.texts("Settings")
      options.append(
        SuricataRule.Option(
          keyword: (option.text("Keyword") ?? "").lowercased(),
          value: settings.isEmpty ? nil : settings.joined(separator: ",")))
    }
    let rule = SuricataRule(
      action: action, protocol: (header.text("Protocol") ?? "ip").lowercased(),
      source: field("Source"), sourcePort: field("SourcePort"),
      isBothWays: header.text("Direction")?.uppercased() == "ANY",
      destination: field("Destination"), destinationPort: field("DestinationPort"),
      options: options)
    return [
      translate(rule, variables, at: item.position, enabled: true, name: "\(name) standard rule")
    ]
  }

  // MARK: Domain lists

  /// The rules that the service generates from a domain list.
  ///
  /// Source: developer guide, "Stateful domain list rule groups" and "Examples of stateful rules":
  /// from $HOME_NET to $EXTERNAL_NET, SNI for TLS and the Host header for HTTP; an allow list also
  /// drops "traffic of the specified protocol type that does not match".
  private mutating func domains(
    _ list: AWSItem, _ variables: AWSVariables, name: String
  ) -> [AWSStatefulRule] {
    let type = list.text("GeneratedRulesType")?.uppercased() ?? ""
    let (action, verdict): (Action, AWSStatefulRule.Verdict)
    switch type {
    case "ALLOWLIST": (action, verdict) = (.allow, .pass)
    case "DENYLIST": (action, verdict) = (.deny(.drop), .drop)
    case "REJECTLIST": (action, verdict) = (.deny(.reject), .reject)
    case "ALERTLIST": (action, verdict) = (.continue, .alert)
    default:
      let what = "domain list `\(name)` has the type `\(type)`, which is not known"
      notes.append(Note(.unmodelled, what, at: list.position))
      return [Self.unknown(what, list.position, .unmodelled)]
    }
    let targets = self.targets(list, name: name)
    var base: [Clause] = []
    for (text, isSource) in [("$HOME_NET", true), ("$EXTERNAL_NET", false)] {
      let addresses = variables.addresses(
        text, isSource: isSource, objects: &objects, notes: &notes)
      if let endpoints = addresses.endpoints {
        base.append(isSource ? .source(endpoints) : .destination(endpoints))
      }
    }
    let types = list.texts("TargetTypes").map { $0.uppercased() }
    var result: [AWSStatefulRule] = []
    func add(
      _ label: String, _ clauses: [Clause], _ action: Action, _ verdict: AWSStatefulRule.Verdict,
      _ origin: Rule.Origin
    ) {
      let rule = Rule(
        name: "\(name): \(label)", match: Match(base + clauses), action: action, origin: origin,
        position: list.position)
      result.append(AWSStatefulRule(verdict: verdict, priority: 1, parts: [(.data, rule)]))
    }
    let ports: [(String, String, PortSet)] = [
      ("TLS_SNI", "TLS", PortSet(80).complement()), ("HTTP_HOST", "HTTP", PortSet(80)),
    ]
    for (key, label, set) in ports where types.contains(key) {
      let service = Clause.service(ServiceList([.service(.tcp(set))]))
      add(
        "\(label) domains", [.destination(EndpointList([.object(targets)])), service], action,
        verdict, .written)
      if verdict == .pass { add("other \(label)", [service], .deny(.drop), .drop, .implied) }
    }
    for key in types where key != "TLS_SNI" && key != "HTTP_HOST" {
      // Names by which the resolver found the address; how the kinds combine is not published.
      let what = "target type `\(key)` of domain list `\(name)` is not evaluated"
      notes.append(Note(.unmodelled, what, at: list.position))
      result.append(Self.unknown(what, list.position, .unmodelled))
    }
    return result
  }

  private mutating func targets(_ list: AWSItem, name: String) -> Int {
    let id = "\(name)/targets"
    if let known = objects.endpoint(id) { return known }
    let number = objects.addEndpoint(
      id: id, name: "targets of \(name)", kind: "domain list", position: list.position)
    var terms: [EndpointTerm] = []
    for entry in list.entries("Targets") {
      switch entry {
      case .text(let text):
        if let pattern = AWSNames.target(text) {
          terms.append(.host(pattern, .observed))
        } else {
          let what = "target `\(text)` is outside the grammar of domain lists"
          notes.append(Note(.unresolved, what, at: list.position))
          terms.append(.host(.glob(text.lowercased()), .doubtful))
        }
      case .unknown(let what):
        notes.append(Note(.unresolved, what, at: list.position))
        terms.append(.condition(Condition(.unresolved, what)))
      default:
        terms.append(.condition(Condition(.unresolved, "a target that is not a text")))
      }
    }
    objects.setEndpoint(number, EndpointList(terms))
    return number
  }
}
