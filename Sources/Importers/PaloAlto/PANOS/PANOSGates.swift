import ImportKit

/// The security profiles of an allow rule, as gates that a flow must pass besides.
extension PANOSRules {
  /// Profiles that look for attacks in the content and cannot decide a verdict: they stop what they
  /// take for an exploit, malware or a theft of data, which the service's own traffic is not.
  /// Source: docs.paloaltonetworks.com, "Security Profiles".
  private static let threatProfiles = [
    "virus", "spyware", "vulnerability", "wildfire-analysis", "data-filtering",
    "ai-security",
  ]

  /// Profiles for protocols that are neither HTTP nor TLS.
  private static let otherProfiles = ["gtp", "sctp", "mobile-network-protection"]

  /// The names of the gate tables of a rule.
  func gates(_ rule: ExportRecord, of what: String) -> [String] {
    guard let setting = rule.record("profile-setting") else { return [] }
    var gates: [String] = []
    if let profiles = setting.record("profiles") { gates += self.gates(profiles) }
    let groups = setting.list("group")
    for group in groups.members {
      let entry: XMLElement
      switch objects.look(["profile-group"], group, group: nil) {
      case .found(let found): entry = found.entry
      case .missing, .ambiguous:
        gates.append(
          openGate(
            "profile group \(group.text)", objects.undefined("profile group", group),
            at: SourcePosition(line: group.line)))
        continue
      }
      let record = ExportRecord(entry)
      gates += self.gates(record)
      if let left = draft.unread(
        record, of: "profile group `\(group.text)`", ignoring: PANOSMembers.objects)
      {
        gates.append(openGate("profile group \(group.text)", left, at: record.position))
      }
    }
    if let odd = groups.odd {
      gates.append(
        openGate(
          "profiles of \(what)", objects.odd(odd, in: what), at: SourcePosition(line: odd.line)))
    }
    return gates
  }

  /// - Parameter profiles: a `profiles` element or a profile group.
  private func gates(_ profiles: ExportRecord) -> [String] {
    var gates: [String] = []
    let filters = profiles.list("url-filtering")
    gates += filters.members.map { urlGate($0) }
    let files = profiles.list("file-blocking")
    for profile in files.members {
      // It ends a transfer when it sees a file of a blocked type, in HTTP and in decrypted TLS; the
      // connection itself is let through ("Security Profiles", File Blocking).
      draft.note(
        .advisory,
        "file blocking profile `\(profile.text)` may stop single downloads and uploads where the "
          + "firewall sees the content: check that it lets programs and cabinets of updates pass",
        at: SourcePosition(line: profile.line))
    }
    for odd in [filters.odd, files.odd].compactMap({ $0 }) {
      gates.append(
        openGate(
          "profile \(odd.name)", objects.odd(odd, in: "a list of profiles"),
          at: SourcePosition(line: odd.line)))
    }
    for name in Self.threatProfiles where !profiles.list(name).isEmpty {
      draft.note(
        .advisory,
        "`\(name)` profiles are on for allowed traffic and may stop what they take for an attack",
        at: profiles.position)
    }
    for name in Self.otherProfiles { _ = profiles.list(name) }
    return gates
  }

  /// A gate that may deny, for the reason given.
  func openGate(_ name: String, _ condition: Condition, at position: SourcePosition) -> String {
    guard gateNames.insert(name).inserted else { return name }
    let rule = Rule(
      name: name, match: Match([.requires(condition)]), action: .deny(.reject), origin: .implied,
      position: position)
    gateTables.append(
      Table(
        name: name, rules: [rule],
        defaultAction: DefaultAction(.allow, name: "not blocked by the profile")))
    return name
  }

  private func urlGate(_ member: XMLElement) -> String {
    let name = member.text
    let table = "url-filtering \(name)"
    if gateNames.contains(table) { return table }
    guard case .found(let found) = objects.look(["url-filtering"], member, group: nil) else {
      // `default` is built in and its contents come with the software.
      return openGate(
        table,
        objects.doubt(
          .category,
          "URL filtering profile `\(name)` is predefined or missing: which categories it blocks "
            + "is not in the export", line: member.line), at: SourcePosition(line: member.line))
    }
    gateNames.insert(table)
    gateTables.append(
      PANOSURLProfile(found.entry, name: name, objects: objects).table(named: table))
    return table
  }
}
