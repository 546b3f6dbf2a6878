import ImportKit

/// Reads the stateful rules of a rule group, in whichever of the three forms it has them.
struct AWSStatefulGroups {
  let documents: AWSDocuments
  let policy: AWSItem?
  let draft: PolicyDraft

  func rules(of group: AWSItem, named name: String) -> [AWSStatefulRule] {
    guard let body = group.object("RuleGroup"), let source = body.object("RulesSource") else {
      return [unknown("the rules of group `\(name)` are not in the export", group.position)]
    }
    let variables = AWSVariables(
      documents: documents, draft: draft, group: group, body: body, policy: policy, scope: name)
    var result: [AWSStatefulRule] = []
    if source.has("RulesString") {
      result += text(source.member("RulesString"), of: source, variables, name: name)
    }
    let standards = source.list("StatefulRules")
    for item in standards.items { result.append(standard(item, variables, name: name)) }
    if standards.isOpen {
      result.append(
        unknown("standard rules of `\(name)` are not all in the export", source.position))
    }
    if let list = source.object("RulesSourceList") {
      result += domains(list, variables, name: name)
    }
    let known = IrrelevantMembers([
      (reason: "read above", names: ["RulesString", "StatefulRules", "RulesSourceList"])
    ])
    if let left = source.unread(of: "the source of `\(name)`", ignoring: known, in: draft) {
      result.append(unknown(left.detail, source.position, left.kind))
    } else if result.isEmpty, standards.items.isEmpty, !source.has("RulesString"),
      !source.has("RulesSourceList"),
      !source.value.members.contains(where: { $0.key == "StatefulRules" })
    {
      result.append(unknown("the rules of group `\(name)` are not in the export", source.position))
    }
    if let presence = group.presence {
      let doubt = draft.doubt(.notInForce, presence, at: group.position)
      result = result.map { $0.requiring(doubt) }
    }
    return result
  }

  /// Rules that are not known may let pass as well as drop, at any point.
  func unknown(
    _ text: String, _ position: SourcePosition, _ kind: Condition.Kind = .missingPart
  ) -> AWSStatefulRule {
    let gap = draft.gap(text, kind: kind, at: position)
    return AWSStatefulRule(
      verdict: .pass, priority: 1, reach: .flow,
      parts: [Phase.firstPacket, .dataToServer].flatMap { phase in gap.map { (phase, $0) } })
  }

  // MARK: Rules text

  private func text(
    _ value: AWSValue, of source: AWSItem, _ variables: AWSVariables, name: String
  ) -> [AWSStatefulRule] {
    let place = source.position(of: source.value["RulesString"] ?? source.value)
    guard case .text(let text) = value else {
      return [unknown("the rules text of group `\(name)` is not in the template", place)]
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
        result.append(
          unknown(
            "line \(number) of the rules text of `\(name)` is not readable", position, .unmodelled))
        continue
      case .disabled(let read):
        rule = read
        enabled = false
      case .rule(let read): rule = read
      }
      let translator = SuricataTranslator(variables: variables, draft: draft, position: position)
      result.append(
        translator.translate(rule, enabled: enabled, fallbackName: "line \(number)"))
    }
    return result
  }

  // MARK: Standard rules

  /// A rule as a form: the service turns it into Suricata's language itself.
  private func standard(
    _ item: AWSItem, _ variables: AWSVariables, name: String
  ) -> AWSStatefulRule {
    guard let header = item.object("Header"), let action = item.text("Action")?.lowercased(),
      ["pass", "drop", "reject", "alert"].contains(action)
    else {
      return unknown("a standard rule of `\(name)` is not readable", item.position, .unmodelled)
    }
    var missing: [String] = []
    func field(_ key: String) -> String {
      guard let text = header.text(key) else {
        missing.append(key)
        return "any"
      }
      return text.lowercased() == "any" ? "any" : text
    }
    let direction = header.text("Direction")?.uppercased() ?? ""
    if direction != "ANY" && direction != "FORWARD" { missing.append("Direction") }
    var options: [SuricataRule.Option] = []
    for option in item.items("RuleOptions") {
      guard let keyword = option.text("Keyword") else {
        missing.append("Keyword")
        continue
      }
      if option.entries("Settings").count != option.texts("Settings").count {
        missing.append("Settings")
      }
      options += SuricataRule.option(keyword, option.texts("Settings"))
    }
    let rule = SuricataRule(
      action: action, protocol: field("Protocol").lowercased(),
      source: field("Source"), sourcePort: field("SourcePort"),
      isBothWays: direction != "FORWARD",
      destination: field("Destination"), destinationPort: field("DestinationPort"),
      options: options)
    let translator = SuricataTranslator(variables: variables, draft: draft, position: item.position)
    var result = translator.translate(
      rule, enabled: true, fallbackName: "\(name) standard rule")
    let what = "a standard rule of `\(name)`"
    for left in [
      header.unread(of: what, ignoring: AWSIrrelevant.none, in: draft),
      item.unread(of: what, ignoring: AWSIrrelevant.none, in: draft),
    ] {
      if let left { result = result.requiring(left) }
    }
    for key in missing {
      result = result.requiring(
        draft.doubt(.unresolved, "`\(key)` of \(what) is not known", at: item.position))
    }
    return result
  }

  // MARK: Domain lists

  /// The rules that the service generates from a domain list.
  ///
  /// Source: developer guide, "Stateful domain list rule groups" and "Examples of stateful rules":
  /// from $HOME_NET to $EXTERNAL_NET, SNI for TLS and the Host header for HTTP; an allow list also
  /// drops "traffic of the specified protocol type that does not match".
  private func domains(
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
      return [
        unknown(
          "domain list `\(name)` has the type `\(type)`, which is not known", list.position,
          .unmodelled)
      ]
    }
    let targets = self.targets(list, name: name)
    var base: [Clause] = []
    for (text, isSource) in [("$HOME_NET", true), ("$EXTERNAL_NET", false)] {
      if let endpoints = variables.addresses(text, isSource: isSource).endpoints {
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
      result.append(
        AWSStatefulRule(
          verdict: verdict, priority: 1, reach: .flow, parts: [(.dataToServer, rule)]))
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
      result.append(
        unknown(
          "target type `\(key)` of domain list `\(name)` is not evaluated", list.position,
          .unmodelled))
    }
    if types.isEmpty || list.entries("TargetTypes").count != types.count {
      result.append(
        unknown("the target types of domain list `\(name)` are not known", list.position))
    }
    if let left = list.unread(of: "domain list `\(name)`", ignoring: AWSIrrelevant.none, in: draft)
    {
      result = result.map { $0.requiring(left) }
    }
    return result
  }

  private func targets(_ list: AWSItem, name: String) -> Int {
    let id = "\(name)/targets"
    if let known = draft.objects.endpoint(id) { return known }
    let number = draft.objects.addEndpoint(
      id: id, name: "targets of \(name)", kind: "domain list", position: list.position)
    let entries = list.entries("Targets")
    var terms = entries.map { entry -> EndpointTerm in
      guard case .text(let text) = entry else {
        return .condition(draft.doubt(.unresolved, entry.missing, at: list.position))
      }
      return AWSNames.target(text).map { .host($0, .observed) }
        ?? draft.oddHost(text, in: "domain list `\(name)`", at: list.position)
    }
    if entries.isEmpty {
      terms.append(
        .condition(
          draft.doubt(
            .unresolved, "the targets of domain list `\(name)` are not in the export",
            at: list.position)))
    }
    draft.objects.setEndpoint(number, EndpointList(terms))
    return number
  }
}
