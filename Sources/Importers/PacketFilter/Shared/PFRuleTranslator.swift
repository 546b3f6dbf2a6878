import ImportKit

/// Translates rules into the tables of what enters and what leaves.
struct PFRuleTranslator {
  let root: XMLElement
  let interfaces: PFInterfaces
  let aliases: PFAliases
  let translation: Translation
  private let schedules: [String: XMLElement]

  var draft: PolicyDraft { aliases.draft }
  var product: PFProduct { aliases.product }
  var dialect: PFDialect { product.dialect }

  init(root: XMLElement, interfaces: PFInterfaces, aliases: PFAliases) {
    self.root = root
    self.interfaces = interfaces
    self.aliases = aliases
    translation = Self.translation(root, aliases.product)
    var schedules: [String: XMLElement] = [:]
    for element in root.all("schedules", "schedule") {
      guard let name = element.word("name"), schedules[name] == nil else { continue }
      schedules[name] = element
    }
    self.schedules = schedules
  }

  /// A translated rule with the one that it comes from.
  struct Entry {
    var rule: Rule
    let written: PFRule
  }

  struct Filter {
    var tables: [Table]
    var stages: [Stage]
  }

  /// The tables for packets that enter and that leave, from rules in the order of the product, and
  /// those for later packets where some rule makes no state.
  ///
  /// What enters and meets no rule is denied; what leaves is let out by an automatic rule that is
  /// not quick, so any user rule for the outgoing direction comes before it.
  mutating func filter(_ ordered: [PFRule]) -> Filter {
    var inward: [[Entry]] = []
    var outgoing: [[Entry]] = []
    var routed: [Rule] = []
    for rule in ordered {
      let translated = translate(rule)
      if rule.direction != .out {
        inward.append(translated.map { Entry(rule: $0, written: rule) })
        routed += translated.flatMap { doubtAboutWayOut(rule, $0) }
      }
      if rule.direction != .in {
        let turned = translated.flatMap { turnedOutward($0, family: rule.family) }
        outgoing.append(turned.map { Entry(rule: $0, written: rule) })
      }
    }
    let entering = firstMatch(inward)
    let leaving = firstMatch(outgoing)
    let outward = leaving.map(\.rule)
    // Which interface a flow leaves by matters only where rules tell the interfaces apart.
    let isTold = outward.contains { rule in
      rule.enabled && rule.match.clauses.contains { if case .to = $0 { true } else { false } }
    }
    var filter = Filter(
      tables: [
        Table(
          name: "in", rules: automaticBlocks() + entering.map(\.rule),
          defaultAction: DefaultAction(.deny, name: "default deny rule")),
        Table(
          name: "out", rules: (isTold ? routed : []) + outward,
          defaultAction: DefaultAction(
            .allow, name: "let out anything from firewall host itself")),
      ], stages: [Stage(table: "in"), Stage(table: "out", isAuxiliary: true)])
    addLaterPackets(&filter, ordered, entering, leaving)
    return filter
  }

  /// The first-match list that equals pf's "last match wins, unless quick" (pf.conf(5)).
  ///
  /// A rule of which it is not certain whether it is quick stands in both places, in the first under
  /// the condition that it is.
  ///
  /// - Parameter groups: what each rule became, which stays together in its order.
  func firstMatch(_ groups: [[Entry]]) -> [Entry] {
    var quick: [Entry] = []
    var late: [[Entry]] = []
    for group in groups {
      guard let written = group.first?.written else { continue }
      switch written.isQuick {
      case .on: quick += group
      case .off: late.append(group)
      case .unknown(let word):
        late.append(group)
        let doubt = draft.doubt(
          .unmodelled, "\(PFRule.words(written.name)): whether it is quick: `\(word)`",
          at: written.position)
        quick += group.map { entry in
          var early = entry
          early.rule.match.clauses.append(.requires(doubt))
          return early
        }
      }
    }
    return quick + late.reversed().flatMap { $0 }
  }

  // MARK: Automatic rules

  /// Quick rules that the products add in front: no IPv6 unless it is allowed, no private and no
  /// bogon sources where an interface asks for that.
  private func automaticBlocks() -> [Rule] {
    var rules: [Rule] = []
    if let element = blockerOfIPv6 {
      rules.append(
        Rule(
          name: "block all IPv6", match: Match([.family(.ipv6)]), action: .deny(.drop),
          origin: .implied, position: SourcePosition(line: element.line)))
    }
    for interface in interfaces.all where interface.enabled {
      rules += block(
        "private networks", by: "blockpriv", interface,
        EndpointList([.addresses(privateSources)]))
      rules += block(
        "bogon networks", by: "blockbogons", interface,
        EndpointList(
          [.condition(draft.doubt(.externalList, "bogon networks, updated from the Internet"))],
          except: [.addresses(SpecialPurposeAddresses.privateUse)]))
    }
    return rules
  }

  private func block(
    _ what: String, by name: String, _ interface: PFInterfaces.Interface, _ sources: EndpointList
  ) -> [Rule] {
    guard let element = interface.element.child(name) else { return [] }
    let position = SourcePosition(line: element.line)
    var clauses: [Clause] = [.from(ZoneList([interface.key])), .source(sources)]
    switch product.read(element) {
    case .off: return []
    case .on: break
    case .unknown(let word):
      clauses.append(
        .requires(
          draft.doubt(
            .notInForce, "whether `\(interface.key)` blocks \(what): `\(name)` is `\(word)`",
            at: position)))
    }
    return [
      Rule(
        name: "block \(what) on \(interface.key)", match: Match(clauses), action: .deny(.drop),
        origin: .implied, position: position)
    ]
  }

  /// What switches IPv6 off, if it is. "The setting is negated on purpose so it always defaults to
  /// enabled" (OPNsense inc/util.inc, `is_ipv6_allowed`, from 26.1 on); before, and in pfSense, it must
  /// be allowed.
  private var blockerOfIPv6: XMLElement? {
    if let settings = root.descend("OPNsense", "Interfaces", "settings") {
      let element = settings.child("disableipv6")
      return product.read(element).mayBeOn ? element : nil
    }
    guard let system = root.child("system"), system.child("ipv6allow") == nil else { return nil }
    return system
  }

  /// Sources: pfSense filter.inc, "block private networks"; OPNsense filter.lib.inc, `$privtmpl`.
  private var privateSources: AddressSet {
    let shared = ["10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]
    return (shared + (dialect == .opnSense ? ["100.64.0.0/10"] : []))
      .compactMap { AddressSet(parsing: $0) }.reduce(AddressSet()) { $0.union($1) }
  }

  // MARK: Rules

  /// The rules of the model for one rule: one, or two where it may allow as well as deny, for each way
  /// in which its interfaces can be read.
  private func translate(_ rule: PFRule) -> [Rule] {
    var clauses: [Clause] = []
    if let family = rule.family { clauses.append(.family(family)) }
    switch addressing(rule) {
    case .clauses(let more): clauses += more
    case .notLoaded(let why): clauses.append(.never(why))
    }
    if let clause = scheduleClause(rule) { clauses.append(clause) }
    if case .other(let shown) = rule.flags {
      clauses.append(.never("wants the TCP flags \(shown), which a first packet does not have"))
    }
    clauses += rule.conditions.map { .requires($0) }
    noteGateway(rule)
    return interfaceClauses(rule).flatMap { bound in
      decided(
        Rule(
          name: rule.name, vendorID: rule.id, enabled: rule.isEnabled,
          match: Match(bound + clauses), action: .allow, position: rule.position), rule)
    }
  }

  /// A rule with its action.
  func decided(_ rule: Rule, _ written: PFRule) -> [Rule] {
    var rule = rule
    switch written.type {
    case "block": rule.action = .deny(.drop)
    case "reject": rule.action = .deny(.reject)
    case "match": rule.action = .continue
    // A missing type is pass (filter.inc; FilterRule.php, parseType).
    case "pass", "":
      guard let limit = written.limit else { break }
      return draft.eitherWay(rule, because: limit)
    default:
      // pfSense takes any other word for pass, too; a word that nobody writes there is more likely a
      // value that something else was to fill in.
      let text = "\(PFRule.words(rule.name)) has the type `\(written.type)`, which is not known"
      return draft.eitherWay(
        rule, because: draft.doubt(.unmodelled, text, at: written.position))
    }
    return [rule]
  }

  /// Ways in which the interfaces of a rule can be read, each a list of clauses; the rule holds in any
  /// of them.
  func interfaceClauses(_ rule: PFRule) -> [[Clause]] {
    let names = rule.interfaces
    guard !names.isEmpty else {
      if rule.isFloating || dialect == .opnSense { return [[]] }
      return [[.never("the rule names no interface")]]
    }
    func doubt(_ text: String) -> [Clause] {
      [
        .requires(
          draft.doubt(.unresolved, "\(PFRule.words(rule.name)): \(text)", at: rule.position))
      ]
    }
    let unknown = names.filter { !interfaces.isKnown($0) }
    var ways: [[Clause]] = []
    if !unknown.isEmpty {
      ways.append(
        doubt("interface \(unknown.joined(separator: ", ")) is not, or not wholly, in the export"))
    }
    let bound = names.map { interfaces.members($0) }.filter { !$0.isEmpty }
    switch rule.interfacesAreNegated {
    case .unknown(let word):
      return [doubt("whether it is for its interfaces or for all others: `\(word)`")]
    case .on where !bound.isEmpty:
      // Each interface becomes a rule of its own, "on ! one" and "on ! other": together they hold
      // everywhere but on what is common to all of them. Source: opnsense/core, Rule.php, `reader`.
      let common = bound.dropFirst().reduce(Set(bound[0])) { $0.intersection($1) }
      ways.append(common.isEmpty ? [] : [.from(ZoneList(common.sorted(), negated: true))])
    case .on, .off:
      let all = bound.flatMap { $0 }
      let certain = all.filter { interfaces.interface($0)?.doubt == nil }
      if !certain.isEmpty { ways.append([.from(ZoneList(certain))]) }
      for key in all {
        guard let doubt = interfaces.interface(key)?.doubt else { continue }
        ways.append([.from(ZoneList([key])), .requires(doubt)])
      }
      // Nobody else can be meant than clients of the interface itself.
      for key in names where interfaces.isMissing(key) {
        ways.append(
          [.from(ZoneList([key]))] + doubt("interface `\(key)` is not in the export"))
      }
    }
    if !ways.isEmpty { return ways }
    let list = names.joined(separator: ", ")
    // "This rule specifies interface(s), but none of those were found in the enabled list, so just
    // ignore the rule" (filter.inc, since 2.6); before, it was loaded for every interface
    // (redmine.pfsense.org, 11688).
    if rule.isFloating, dialect == .pfSense, (product.version ?? 0) < 22 {
      return [
        [
          .requires(
            draft.doubt(
              .interfaceBinding,
              "floating rule for \(list), which is missing or not enabled: "
                + "pfSense may load it for every interface", at: rule.position))
        ]
      ]
    }
    return [[.never("interface \(list) is missing or not enabled")]]
  }

  /// "Outside the schedule the rule does not exist" (docs.netgate.com, Time Based Rules). A schedule
  /// that is not defined has no effect (filter.inc of both products), if it is not only missing from
  /// the export.
  func scheduleClause(_ rule: PFRule) -> Clause? {
    guard let name = rule.schedule else { return nil }
    guard let schedule = schedules[name] else {
      return .requires(
        draft.doubt(.unresolved, "schedule `\(name)` is not in the export", at: rule.position))
    }
    let hours = schedule.children("timerange").compactMap { $0.value("hour") }
    let shown = hours.isEmpty ? "" : " (\(hours.prefix(3).joined(separator: ", ")))"
    return .requires(
      draft.doubt(.schedule, "schedule `\(name)`\(shown)", at: rule.position))
  }
}
