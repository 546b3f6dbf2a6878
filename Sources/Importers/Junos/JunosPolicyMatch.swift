import ImportKit

/// What a security policy asks of a flow.
extension JunosPolicies {
  func addMatch(
    _ record: JunosRecord, of what: String, from: [String], to: [String],
    to match: inout MatchChoices
  ) {
    _ = record.children("from-zone")
    _ = record.children("to-zone")
    addAddresses(record, "source-address", zones: from, of: what, to: &match)
    addAddresses(record, "destination-address", zones: to, of: what, to: &match)
    let services = record.children("application")
    let dynamic = record.texts("dynamic-application")
    if services.isEmpty {
      // A policy with dynamic applications may leave the ports to them.
      match.require(
        .requires(
          dynamic.isEmpty
            ? draft.doubt(
              .missingPart, "\(what) names no active `application`", at: record.position)
            : applications.defaults))
    } else {
      let terms = services.map { applications.term($0) }
      if !terms.contains(.any) { match.require(.service(ServiceList(terms))) }
    }
    match.require(anyOf: dynamicApplications.choices(dynamic, at: record.position))
    addCategories(record, to: &match)
    addPersons(record, to: &match)
  }

  private func addAddresses(
    _ record: JunosRecord, _ name: String, zones: [String], of what: String,
    to match: inout MatchChoices
  ) {
    let nodes = record.children(name)
    // "Excluded" turns the whole list round; it is a statement without a value.
    let mark = record.child("\(name)-excluded")
    guard !nodes.isEmpty else {
      // The device refuses a policy without these; here they may be inactive or cut off.
      match.require(
        .requires(
          draft.doubt(.missingPart, "\(what) names no active `\(name)`", at: record.position)))
      return
    }
    let terms = nodes.map { addresses.term($0, zones: zones) }
    if terms.contains(.any), mark == nil { return }
    let list = EndpointList(terms, negated: mark != nil)
    match.require(name == "source-address" ? .source(list) : .destination(list))
  }

  private func addCategories(_ record: JunosRecord, to match: inout MatchChoices) {
    let nodes = record.children("url-category")
    let names = nodes.map(\.text)
    guard !nodes.isEmpty, !names.contains("any"), !names.contains("none") else { return }
    match.require(.destination(EndpointList(nodes.map { webFilter.categoryTerm($0) })))
  }

  private func addPersons(_ record: JunosRecord, to match: inout MatchChoices) {
    let identities = record.texts("source-identity")
    if !identities.isEmpty, !identities.contains("any") {
      let shown = identities.prefix(3).joined(separator: ", ") + (identities.count > 3 ? ", …" : "")
      match.require(.requires(draft.doubt(.user, "source identity \(shown)")))
    }
    if let profile = record.child("source-end-user-profile") {
      let name = profile.descend("source-end-user-profile-name")?.text ?? profile.text
      match.require(.requires(draft.doubt(.user, "device profile `\(name)`")))
    }
  }

  // MARK: Schedulers

  /// When a policy is in force. Days and hours that come again are a condition; a start and a stop
  /// date alone are settled by the moment of the audit. Source: juniper.net, statement `scheduler`
  /// ("start-date start-date stop-date stop-date", as `2026-01-31.08:00`).
  func schedule(
    _ name: String, of what: String, at position: SourcePosition
  ) -> [[Clause]] {
    guard let node = schedulers[name] else {
      return [
        [
          .requires(
            draft.doubt(
              .unresolved, "scheduler `\(name)` of \(what) is not in the export", at: position))
        ]
      ]
    }
    let record = JunosRecord(node)
    _ = record.child("name")
    let dates = record.children("start-date")
    let periods = dates.map { Self.period($0, name: name) }
    guard !dates.isEmpty, !periods.contains(nil),
      record.unread(ignoring: JunosMembers.common).isEmpty
    else { return [[.requires(draft.doubt(.schedule, "scheduler `\(name)`"))]] }
    return periods.compactMap { $0 }.map { [.period($0)] }
  }

  private static func period(_ node: JunosNode, name: String) -> Period? {
    guard let from = localTime(node.text), let stop = node.childText("stop-date"),
      let until = localTime(stop)
    else { return nil }
    return Period(from: from, until: until, name: "scheduler `\(name)`")
  }

  /// `2026-01-31.08:00` in the form of ``Period/from``; a date without a year is nil.
  private static func localTime(_ text: String) -> String? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].utf8.count == 10 else { return nil }
    let time = "\(parts[0])T\(parts[1]):00"
    return Period.isLocalTime(time) ? time : nil
  }
}
