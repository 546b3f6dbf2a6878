import ImportKit

/// Builds the one policy of an OPNsense configuration.
struct OPNsenseReader {
  let root: XMLElement

  func read() -> Policy {
    let product = PFProduct(root, dialect: .opnSense)
    let draft = PolicyDraft(
      Policy(scope: "pf", format: "opnsense", productVersion: root.word("version") ?? ""))
    let interfaces = PFInterfaces(root, product: product, draft: draft)
    let aliases = PFAliases(
      PFAliases.model(root, product, draft) + PFAliases.legacy(root, draft), product: product,
      draft: draft)
    var plugins = OPNsensePlugins(
      root: root, product: product, addOns: PFAddOns(draft: draft, interfaces: interfaces))
    plugins.read()
    return PFPolicyBuilder(
      root: root, interfaces: interfaces, aliases: aliases,
      rules: rules(interfaces, product, draft), addOns: plugins.addOns
    ).policy()
  }

  private struct Place: Comparable {
    var priority: Int?
    /// 0 for the newer store, 1 for the legacy one.
    let store: Int
    var sequence: Int
    let number: Int

    static func < (left: Place, right: Place) -> Bool {
      (left.priority ?? 0, left.store, left.sequence, left.number)
        < (right.priority ?? 0, right.store, right.sequence, right.number)
    }
  }

  /// The rules of both stores in the order in which they are loaded: floating (200000), interface
  /// groups (300000 and the group's own number), interfaces (400000); in each of these the newer
  /// rules by their sequence, then the legacy ones as they stand. Source: opnsense/core,
  /// FieldTypes/FilterRuleField.php, `getPriority` ("prefixed with 0 as these precede legacy rules"),
  /// and inc/filter.inc.
  private func rules(
    _ interfaces: PFInterfaces, _ product: PFProduct, _ draft: PolicyDraft
  ) -> [PFRule] {
    var placed: [(Place, PFRule)] = []
    func place(_ rule: PFRule, store: Int, sequence: String?) {
      var rule = rule
      var place = Place(
        priority: priority(rule, interfaces), store: store,
        sequence: sequence.map { Int($0) ?? -1 } ?? 1, number: placed.count)
      if place.priority == nil || place.sequence < 0 {
        rule.conditions.append(
          draft.doubt(
            .unmodelled, "\(PFRule.words(rule.name)): its place among the rules is not known",
            at: rule.position))
        // Where it counts most: whether it stands there or later, and then others may come before it,
        // is the doubt.
        let isLate = rule.isQuick == .off
        place.priority = place.priority ?? (isLate ? 400_000 : 300_000)
        if place.sequence < 0 { place.sequence = isLate ? .max : 0 }
      }
      placed.append((place, rule))
    }
    for element in root.all("OPNsense", "Firewall", "Filter", "rules", "rule") {
      place(
        PFRule(opnsense: ExportRecord(element), product: product, draft: draft), store: 0,
        sequence: element.value("sequence"))
    }
    for element in root.all("filter", "rule") {
      place(
        PFRule(legacy: ExportRecord(element), product: product, draft: draft), store: 1,
        sequence: nil)
    }
    return placed.sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// Nil where the export does not tell.
  private func priority(_ rule: PFRule, _ interfaces: PFInterfaces) -> Int? {
    if rule.isFloating { return 200_000 }
    let name = rule.interfaces.first ?? ""
    if let group = interfaces.groups[name] {
      return group.sequence.map { 300_000 + min(max($0, 0), 99_999) }
    }
    // An interface that is not in the export may be a group.
    guard interfaces.isKnown(name) else { return nil }
    return interfaces.isGroup(name) ? 300_000 : 400_000
  }
}

extension PFRule {
  /// Reads an element of `OPNsense/Firewall/Filter/rules`. Missing elements have the defaults of
  /// the model (models/OPNsense/Firewall/Filter.xml).
  init(opnsense record: ExportRecord, product: PFProduct, draft: PolicyDraft) {
    func side(_ name: String) -> Side {
      let names = PFText.words(record.word("\(name)_net") ?? "")
      return Side(
        items: names.isEmpty ? [.any] : names.map { .name($0) },
        isNegated: product.read(record.child("\(name)_not")),
        port: record.word("\(name)_port") ?? "", line: record.position.line)
    }
    let name = record.word("description") ?? ""
    self.name = name
    id = record.attribute("uuid")
    line = record.position.line
    var reader = Reader(name: name, record: record, draft: draft)
    switch product.read(record.child("enabled"), default: true) {
    case .on: isEnabled = true
    case .off: isEnabled = false
    case .unknown(let word):
      isEnabled = true
      reader.doubt("whether the rule is on: `enabled` is `\(word)`", .notInForce)
    }
    type = record.filled("action") ?? "pass"
    isQuick = product.read(record.child("quick"), default: true)
    direction = reader.direction(record.word("direction") ?? "", standard: .in)
    interfaces = PFText.words(record.word("interface") ?? "")
    interfacesAreNegated = product.read(record.child("interfacenot"))
    // A rule with none, several or an inverted interface is floating.
    isFloating = interfaces.count != 1 || interfacesAreNegated == .on
    switch record.filled("ipprotocol") ?? "inet" {
    case "inet": family = .ipv4
    case "inet6": family = .ipv6
    case "inet46": family = nil
    case let word: family = reader.family(word)
    }
    self.protocol = (record.filled("protocol") ?? "any").lowercased()
    source = side("source")
    destination = side("destination")
    schedule = record.filled("schedule") ?? record.filled("sched")
    gateway = record.filled("gateway")
    reader.tag()
    reader.special(protocol: self.protocol, product)
    tracking = reader.tracking()
    limit = reader.limit()
    flags = reader.flags(protocol: self.protocol, product)
    conditions = reader.finish(ignoring: Self.irrelevant)
  }
}
