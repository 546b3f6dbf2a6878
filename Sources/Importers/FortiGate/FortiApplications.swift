import ImportKit

/// Application control: the entries of a list, and what happens to other applications.
extension FortiGates {
  /// Entries in order, then what happens to other applications and to unknown ones.
  mutating func applicationList(
    _ profile: String, at policy: FortiEntry, objects: inout FortiObjects
  ) -> String? {
    let name = "application control \(profile)"
    guard !names.contains(name) else { return name }
    guard let entry = objects.find(profile, in: "application list") else {
      return missing(
        name, "application list `\(profile)`", kind: .application, at: policy)
    }
    var rules = entry.list("entries").map { applicationRule($0) }
    let others = entry.word("other-application-action") ?? "pass"
    let unknown = entry.word("unknown-application-action") ?? "pass"
    let isReadable = [others, unknown].allSatisfy { $0 == "pass" || $0 == "block" }
    if let left = entry.leftOver(
      "application list `\(profile)`", draft, ignoring: Self.irrelevantInApplications)
    {
      rules.insert(stop(by: left, at: entry), at: 0)
    }
    if !isReadable {
      rules.append(
        stop(
          by: draft.doubt(
            .application, "what application list `\(profile)` does with others is not readable",
            at: entry.position), at: entry))
    } else if others != unknown {
      rules.append(
        Rule(
          name: "other applications",
          match: Match([
            .requires(draft.doubt(.application, "only applications that are not listed"))
          ]), action: others == "block" ? .deny(.reject) : .allow, origin: .implied,
          position: entry.position))
    }
    let stops = rules.contains { $0.action != .allow } || unknown == "block"
    names.insert(name)
    tables.append(
      Table(
        name: name, rules: stops ? rules : [],
        defaultAction: DefaultAction(
          unknown == "block" ? .deny : .allow,
          name: unknown == "block" ? "other applications are blocked" : "not stopped",
          position: entry.position)))
    return name
  }

  static let irrelevantInApplications = FortiIrrelevant.common.union(
    IrrelevantMembers([
      (
        "logging and messages",
        [
          "extended-log", "other-application-log", "unknown-application-log", "app-replacemsg",
          "replacemsg-group", "log", "log-packet",
        ]
      ),
      (
        "how applications are recognised",
        ["deep-app-inspection", "force-inclusion-ssl-di-sigs", "options"]
      ),
      ("peer to peer", ["p2p-black-list", "p2p-block-list"]),
      (
        "which services may use other ports than their own",
        [
          "control-default-network-services", "default-network-services",
          "enforce-default-app-port",
        ]
      ),
      (
        "shaping, quarantine and rates",
        [
          "per-ip-shaper", "shaper", "shaper-reverse", "quarantine", "quarantine-expiry",
          "quarantine-log", "session-ttl", "rate-count", "rate-duration", "rate-mode", "rate-track",
        ]
      ),
    ]))

  /// An entry without criteria is for every application. Numbers of applications and categories are
  /// not names that a log shows, so which of them this traffic is stays open.
  func applicationRule(_ item: FortiEntry) -> Rule {
    var action: Action = .deny(.reject)
    var clauses: [Clause] = []
    switch item.word("action") ?? "block" {
    case "pass": action = .allow
    case "block", "reset": break
    default:
      clauses.append(
        .requires(
          draft.doubt(
            .application, "the action of application entry \(item.key) is not readable",
            at: item.position)))
    }
    let criteria = Self.criteria(item)
    if !criteria.isEmpty {
      let shown = criteria.prefix(4).joined(separator: ", ") + (criteria.count > 4 ? ", …" : "")
      clauses.append(
        .requires(
          draft.doubt(
            .application, "only traffic that the firewall recognises as \(shown)")))
    }
    if let left = item.leftOver(
      "application entry \(item.key)", draft, ignoring: Self.irrelevantInApplications)
    {
      clauses.append(.requires(left))
    }
    return Rule(
      name: "entry \(item.key)", vendorID: item.key, match: Match(clauses), action: action,
      origin: .implied, position: item.position)
  }

  static func criteria(_ item: FortiEntry) -> [String] {
    [
      ("application", "application"), ("category", "category"), ("technology", "technology"),
      ("behavior", "behaviour"), ("vendor", "vendor"), ("popularity", "popularity"),
      ("risk", "risk"), ("sub-category", "sub-category"), ("protocols", "protocol"),
      ("exclusion", "not application"), ("parameters", "parameter"),
    ].flatMap { name, word -> [String] in
      let values = item.values(name).filter { $0 != "all" && $0 != "0" }
      // All five grades of popularity are every application.
      if name == "popularity", Set(values).isSuperset(of: ["1", "2", "3", "4", "5"]) { return [] }
      return values.map { "\(word) \($0)" }
    }
  }
}
