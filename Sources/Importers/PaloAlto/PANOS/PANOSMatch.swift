import ImportKit

/// Readings that every rulebase shares.
extension PANOSRules {
  /// Zones and how they must relate. An intrazone rule has source zones only; an interzone rule
  /// never matches inside one zone; a universal rule (the default) matches both.
  func addZones(_ record: ExportRecord, of what: String, to match: inout MatchChoices) {
    let type = record.text("rule-type") ?? ""
    match.require(anyOf: zoneChoices(record, "from", of: what) { .from($0) })
    switch type {
    case "", "universal", "interzone":
      match.require(anyOf: zoneChoices(record, "to", of: what) { .to($0) })
      if type == "interzone" { match.require(.zonePair(.interzone)) }
    case "intrazone":
      // The product keeps no destination zone here, and writes it as the source zone if at all.
      _ = record.list("to")
      match.require(.zonePair(.intrazone))
    default:
      _ = record.list("to")
      match.require(
        .requires(
          draft.doubt(.unmodelled, "\(what) is of the type `\(type)`", at: record.position)))
    }
  }

  /// A list of zones as clauses, and a doubt for what is no name of a zone. A name that the export does
  /// not define is another zone than those that it does.
  func zoneChoices(
    _ record: ExportRecord, _ name: String, of what: String, _ clause: (ZoneList) -> Clause
  ) -> [[Clause]] {
    guard record.has(name) else {
      return [[.requires(missing(name, of: what, record))]]
    }
    return zoneChoices(record.list(name), of: what, clause)
  }

  func zoneChoices(
    _ list: PANOSList, of what: String, _ clause: (ZoneList) -> Clause
  ) -> [[Clause]] {
    if list.isAny { return [[]] }
    let known = list.members.filter { PANOSElements.isName($0.text) }
    let unknown = list.members.filter { !PANOSElements.isName($0.text) }
    var choices: [[Clause]] = []
    if !known.isEmpty || list.isEmpty {
      choices.append(list.isEmpty ? [] : [clause(ZoneList(known.map(\.text)))])
    }
    if let first = unknown.first {
      choices.append([.requires(objects.undefined("zone", first))])
    }
    if let odd = list.odd { choices.append([.requires(objects.odd(odd, in: what))]) }
    return choices
  }

  /// A member that every rule has and this one lacks: its part of the match is not in the export.
  func missing(_ name: String, of what: String, _ record: ExportRecord) -> Condition {
    draft.doubt(.missingPart, "\(what) has no `\(name)`", at: record.position)
  }

  /// Zones or interfaces, as rulebases ahead of the security policy name them:
  /// `<from><zone><member>` or `<from><interface><member>`.
  func addPlace(
    _ record: ExportRecord, _ name: String, of what: String, to match: inout MatchChoices,
    _ clause: @escaping (ZoneList) -> Clause
  ) {
    guard let place = record.record(name) else {
      match.require(.requires(missing(name, of: what, record)))
      return
    }
    if place.has("zone") {
      match.require(anyOf: zoneChoices(place.list("zone"), of: what, clause))
    } else if place.has("interface") {
      addInterfaces(place.list("interface"), of: what, to: &match, clause)
    } else if place.has("member") {
      match.require(anyOf: zoneChoices(record.list(name), of: what, clause))
      _ = place.children("member")
    } else {
      match.require(.requires(missing(name, of: what, record)))
    }
  }

  func addInterfaces(
    _ list: PANOSList, of what: String, to match: inout MatchChoices, _ clause: (ZoneList) -> Clause
  ) {
    guard !list.isAny, !list.isEmpty else { return }
    let names = list.texts
    let shown = names.joined(separator: ", ")
    let open = draft.doubt(.interfaceBinding, "\(what) is for the interface \(shown)")
    let zones = names.map { wiring.zone(of: $0) }
    guard list.odd == nil, !zones.contains(nil) else {
      match.require(.requires(open))
      return
    }
    let known = zones.compactMap { $0 }
    match.require(clause(ZoneList(known)))
    if known.contains(where: { wiring.hasOthers($0, than: names) }) {
      match.require(.requires(open))
    }
  }

  func addAddresses(_ record: ExportRecord, of what: String, to match: inout MatchChoices) {
    for (name, isSource) in [("source", true), ("destination", false)] {
      guard record.has(name) else {
        match.require(.requires(missing(name, of: what, record)))
        continue
      }
      let list = record.list(name)
      let negated = record.says("negate-\(name)")
      if negated == .perhaps {
        match.require(
          .requires(
            draft.doubt(
              .unmodelled, "`negate-\(name)` of \(what) is neither yes nor no",
              at: record.position)))
        continue
      }
      guard let endpoints = addressList(list, of: what, negated: negated == .yes) else { continue }
      match.require(isSource ? .source(endpoints) : .destination(endpoints))
    }
  }

  private func addressList(_ list: PANOSList, of what: String, negated: Bool) -> EndpointList? {
    guard !list.isEmpty else { return nil }
    if list.isAny, !negated { return nil }
    return EndpointList(objects.addressTerms(list, in: what), negated: negated)
  }

  /// Services of a rule that has no applications.
  func addServices(
    _ record: ExportRecord, of what: String, isRequired: Bool = true, to match: inout MatchChoices
  ) {
    guard record.has("service") else {
      if isRequired { match.require(.requires(missing("service", of: what, record))) }
      return
    }
    match.require(serviceClause(record.list("service"), of: what))
  }

  func serviceClause(_ list: PANOSList, of what: String) -> Clause? {
    guard !list.isAny, !list.isEmpty else { return nil }
    return .service(ServiceList(objects.serviceTerms(list, in: what)))
  }

  func addCategories(_ record: ExportRecord, of what: String, to match: inout MatchChoices) {
    let list = record.list("category")
    guard !list.isAny, !list.isEmpty else { return }
    match.require(.destination(EndpointList(objects.categoryTerms(list, in: what))))
  }

  /// Conditions on who uses the computer and in what state it is.
  func addPersons(_ record: ExportRecord, of what: String, to match: inout MatchChoices) {
    for (name, text) in Self.persons {
      let list = record.list(name)
      if let odd = list.odd {
        match.require(.requires(objects.odd(odd, in: what)))
        continue
      }
      guard !list.isAny, !list.isEmpty else { continue }
      let shown =
        list.texts.prefix(3).joined(separator: ", ") + (list.members.count > 3 ? ", …" : "")
      match.require(.requires(draft.doubt(.user, "\(text) \(shown)")))
    }
  }

  /// Lists that name people, devices and subscribers; `any` where they set no limit. Sources:
  /// docs.paloaltonetworks.com, "Building Blocks in a Security Policy Rule"; the subscriber lists
  /// came with 10.0 and 10.1.
  private static let persons = [
    ("source-user", "source user"), ("hip-profiles", "device posture (hip-profiles)"),
    ("source-hip", "device posture (source-hip)"),
    ("destination-hip", "device posture (destination-hip)"),
    ("source-imsi", "subscriber (source-imsi)"), ("source-imei", "equipment (source-imei)"),
    ("source-nw-slice", "network slice"), ("saas-user-list", "users of software services"),
    ("saas-tenant-list", "tenants of software services"),
  ]

  /// What the targets of a rule say about the firewall that is read.
  func addTarget(_ record: ExportRecord, of what: String, to match: inout MatchChoices) {
    guard let element = record.record("target") else { return }
    let targets = PANOSTargetList(element, known: knownSerials)
    switch targets.includes(target) {
    case .yes: break
    case .no: match.require(.never("\(targets.text), which does not include this firewall"))
    case .perhaps: match.require(.requires(draft.doubt(.interfaceBinding, targets.text)))
    }
  }

  /// Whether the rule is in force, and a doubt where that is not certain.
  func isEnabled(_ record: ExportRecord, of what: String, to match: inout MatchChoices) -> Bool {
    switch record.says("disabled") {
    case .yes: return false
    case .no: return true
    case .perhaps:
      match.require(
        .requires(
          draft.doubt(
            .notInForce, "`disabled` of \(what) is neither yes nor no", at: record.position)))
      return true
    }
  }

  /// Closes a rule: what was not read is a doubt.
  func close(
    _ record: ExportRecord, of what: String, ignoring irrelevant: IrrelevantMembers,
    to match: inout MatchChoices
  ) {
    match.require(draft.unreadClauses(record, of: what, ignoring: irrelevant))
  }

  /// The description, behind the name of the layer where there are several.
  static func comment(_ entry: XMLElement, _ layer: PANOSLayer) -> String {
    let description = entry.childText("description") ?? ""
    guard let label = layer.label else { return description }
    return description.isEmpty ? "[\(label)]" : "[\(label)] \(description)"
  }
}
