import ImportKit

/// DNS filters, which stop queries and not connections.
extension FortiGates {
  /// A DNS filter stops the query, not the connection, and acts only where the client's queries
  /// pass the same policy; so all that it blocks is in doubt, and what it lets through is not
  /// looked at.
  mutating func dnsFilter(
    _ profile: String, at policy: FortiEntry, objects: inout FortiObjects
  ) -> String? {
    let name = "DNS filter \(profile)"
    guard !names.contains(name) else { return name }
    guard let entry = objects.find(profile, in: "dnsfilter profile") else {
      return missing(name, "DNS filter `\(profile)`", kind: .unresolved, at: policy)
    }
    let doubt = Clause.requires(
      draft.doubt(
        .unmodelled,
        "DNS filter `\(profile)` stops the client's queries where they pass this policy"))
    var rules: [Rule] = []
    if let number = entry.object("domain-filter")?.word("domain-filter-table"), number != "0" {
      let list = objects.tables.table("dnsfilter domain-filter", in: objects.scope)
        .first { $0.key == number || $0.word("id") == number }
      for item in list?.list("entries") ?? []
      where !["allow", "monitor"].contains(item.word("action") ?? "block") {
        let text = item.word("domain") ?? ""
        // Proxy mode reads a simple entry with its sub-domains, which errs on the side of doubt.
        let parsed = FortiNames.urlEntry(
          text, type: item.word("type") ?? "simple", mode: .proxy, includesSubdomains: true)
        var clauses = [doubt]
        if let parsed {
          clauses.insert(
            .destination(EndpointList(Self.terms(parsed, entry: item, &objects))), at: 0)
        }
        rules.append(
          Rule(
            name: "domain \(text)", vendorID: item.key, enabled: !item.isOff("status"),
            match: Match(clauses), action: .deny(.reject), origin: .implied,
            position: item.position))
      }
      if list == nil {
        rules.append(
          Rule(
            name: "domain filter \(number)",
            match: Match([
              .requires(
                draft.doubt(
                  .missingPart, "domain filter \(number) is not in the export",
                  at: entry.position))
            ]), action: .deny(.reject), origin: .implied, position: entry.position))
      }
    }
    let blocked =
      entry.object("ftgd-dns")?.list("filters").filter {
        !["monitor", "allow"].contains($0.word("action") ?? "monitor")
      } ?? []
    if let first = blocked.first {
      let terms = blocked.flatMap { FortiCategories.terms($0.word("category") ?? "0") }
      rules.append(
        Rule(
          name: "categories blocked",
          match: Match([.destination(EndpointList(terms)), doubt]), action: .deny(.reject),
          origin: .implied, position: first.position))
    }
    for settings in [entry.object("domain-filter"), entry.object("ftgd-dns"), entry] {
      guard let settings,
        let left = settings.leftOver(
          "DNS filter `\(profile)`", draft, ignoring: Self.irrelevantInDNS)
      else { continue }
      rules.append(stop(by: left, at: entry))
    }
    guard !rules.isEmpty else { return nil }
    names.insert(name)
    tables.append(
      Table(
        name: name, rules: rules,
        defaultAction: DefaultAction(.allow, name: "not stopped by the DNS filter")))
    return name
  }

  static let irrelevantInDNS = FortiIrrelevant.common.union(
    IrrelevantMembers([
      ("what blocked clients are told", ["block-action", "redirect-portal", "redirect-portal6"]),
      (
        "logging",
        ["log-all-domain", "sdns-domain-log", "sdns-ftgd-err-log", "options"]
      ),
      ("hosts that Fortinet lists as malicious", ["block-botnet"]),
      (
        "searches and other answers, not which hosts may be reached",
        [
          "safe-search", "youtube-restrict", "strip-ech", "dns-translation",
          "transparent-dns-database",
        ]
      ),
    ]))
}
