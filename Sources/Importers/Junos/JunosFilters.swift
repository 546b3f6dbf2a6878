import ImportKit

/// Stateless filters, which each packet of a connection passes before and after the policies: those
/// on interfaces, and those of the forwarding table.
///
/// "A firewall filter evaluates terms in order; a packet that matches none is discarded". Source:
/// juniper.net, "Understanding How Firewall Filters Test Packets". Filters of the loopback interface
/// protect the device itself and see nothing that goes through it.
struct JunosFilters {
  private let draft: PolicyDraft
  private let zones: JunosZones
  private var filters: [String: JunosNode] = [:]
  private var prefixLists: [String: JunosNode] = [:]
  private(set) var tables: [Table] = []
  private(set) var stages: [Stage] = []
  /// Tables that let what a filter forwards packet by packet pass without the policies.
  private(set) var bypasses: [Table] = []

  /// A filter in use.
  private struct Binding {
    let names: [String]
    let family: String
    let isInput: Bool
    /// Nil where the filter is for every interface.
    let interface: String?
    /// Nil where the filter is for every zone, or for one that is not known.
    var zone: String?
    let position: SourcePosition
    /// Why it is open whether the flow meets it.
    var doubt: Condition?
  }

  init(
    firewall: [JunosNode], policyOptions: [JunosNode], interfaces: [JunosNode],
    forwarding: [JunosNode], zones: JunosZones, draft: PolicyDraft
  ) {
    self.draft = draft
    self.zones = zones
    for section in firewall {
      for family in ["inet", "inet6"] {
        for node in section.descend("family", family)?.children("filter") ?? [] {
          if let name = node.childText("name") { filters["\(family)/\(name)"] = node }
        }
      }
      for node in section.children("filter") {
        if let name = node.childText("name") { filters["inet/\(name)"] = node }
      }
    }
    for section in policyOptions {
      for node in section.children("prefix-list") {
        if let name = node.childText("name") { prefixLists[name] = node }
      }
    }
    for family in ["inet", "inet6"] {
      let onInterfaces = interfaceBindings(interfaces, family)
      let ofTable = tableBindings(forwarding, family)
      for isInput in [true, false] {
        // A packet passes the filter of its interface and that of the forwarding table.
        add(
          onInterfaces.filter { $0.isInput == isInput }, to: "filters", family: family,
          isInput: isInput)
        add(
          ofTable.filter { $0.isInput == isInput }, to: "forwarding table filters", family: family,
          isInput: isInput)
      }
      addBypass(onInterfaces, family: family)
    }
  }

  // MARK: Where filters are used

  /// Filters of the forwarding table, which every packet meets that goes through the device.
  private func tableBindings(_ forwarding: [JunosNode], _ family: String) -> [Binding] {
    forwarding.flatMap { section -> [Binding] in
      guard let bound = section.descend("family", family, "filter") else { return [] }
      return ["input", "output"].compactMap { direction in
        let names = bound.texts(direction).filter { !$0.isEmpty }
        guard !names.isEmpty else { return nil }
        return Binding(
          names: names, family: family, isInput: direction == "input", interface: nil, zone: nil,
          position: bound.position)
      }
    }
  }

  private func interfaceBindings(_ sections: [JunosNode], _ family: String) -> [Binding] {
    var result: [Binding] = []
    for interface in sections.flatMap({ $0.children("interface") }) {
      let device = interface.childText("name") ?? ""
      if device.hasPrefix("lo") { continue }
      for unit in interface.children("unit") {
        let name = "\(device).\(unit.childText("name") ?? "")"
        guard let bound = unit.descend("family", family, "filter") else { continue }
        for direction in ["input", "output"] {
          let used =
            bound.children(direction).map { $0.childText("filter-name") ?? $0.text }
            + bound.texts("\(direction)-list")
          guard !used.isEmpty else { continue }
          result += binding(
            Binding(
              names: used, family: family, isInput: direction == "input", interface: name,
              zone: zones.byInterface[name], position: bound.position))
        }
      }
    }
    return result
  }

  /// A filter on an interface of no zone touches no traffic through the device, unless a zone names an
  /// interface that is not in the export, which may be this one.
  private func binding(_ binding: Binding) -> [Binding] {
    var result = binding
    let interface = binding.interface ?? ""
    guard let zone = binding.zone else {
      guard !zones.unresolved.isEmpty else { return [] }
      result.doubt = draft.doubt(
        .interfaceBinding,
        "the filter on \(interface) counts if one of \(zones.unresolved.sorted().joined(separator: ", ")) "
          + "is that interface", at: binding.position)
      return [result]
    }
    guard JunosPolicies.isName(zone) else {
      result.zone = nil
      result.doubt = draft.doubt(
        .unresolved, "the zone of \(interface) has no readable name", at: binding.position)
      return [result]
    }
    if zones.byInterface.values.count(where: { $0 == zone }) > 1 {
      result.doubt = draft.doubt(
        .interfaceBinding,
        "zone `\(zone)` has several interfaces, and the filter is on \(interface)")
    }
    return [result]
  }

  // MARK: Stages

  private static func family(_ word: String) -> AddressFamily { word == "inet" ? .ipv4 : .ipv6 }

  /// One stage for each kind of packet that the filters of one direction judge otherwise than the
  /// first packet.
  private mutating func add(
    _ bindings: [Binding], to stage: String, family: String, isInput: Bool
  ) {
    guard !bindings.isEmpty else { return }
    let direction = isInput ? "input" : "output"
    var known: [Phase: [Rule]] = [:]
    for (phase, earlier, label) in [
      (Phase.firstPacket, nil, ""), (.dataToServer, Phase.firstPacket, ", later packets"),
      (.answer, nil, ", answers"), (.dataFromServer, .answer, ", data from servers"),
    ] as [(Phase, Phase?, String)] {
      let packet = JunosFilterPacket(phase: phase, isInput: isInput)
      let rules = bindings.flatMap { self.rules($0, packet) }
      known[phase] = rules
      guard !rules.isEmpty, earlier.map({ known[$0] != rules }) ?? true else { continue }
      let name = "\(stage) \(family) \(direction)\(label)"
      tables.append(
        Table(name: name, rules: rules, defaultAction: DefaultAction(.allow, name: "no filter")))
      stages.append(
        Stage(
          table: name, families: [Self.family(family)], isAuxiliary: true, phase: phase))
    }
  }

  private func clauses(_ binding: Binding, _ packet: JunosFilterPacket) -> [Clause] {
    (binding.zone.map { [packet.binding($0)] } ?? [])
      + (binding.doubt.map { [.requires($0)] } ?? [])
  }

  private func rules(_ binding: Binding, _ packet: JunosFilterPacket) -> [Rule] {
    let nodes = binding.names.map { filters["\(binding.family)/\($0)"] }
    if nodes.allSatisfy({ $0.map(Self.passesEverything) ?? false }) { return [] }
    return terms(binding, packet).flatMap(\.rules)
  }

  private func terms(
    _ binding: Binding, _ packet: JunosFilterPacket
  ) -> [JunosFilterTerms.Term] {
    let reader = JunosFilterTerms(
      draft: draft, prefixLists: prefixLists,
      translated: binding.zone.flatMap { zones.translated(towards: $0) }, packet: packet)
    let clauses = clauses(binding, packet)
    let text =
      "filter `\(binding.names.joined(separator: ", "))`"
      + (binding.interface.map { " on \($0)" } ?? " of the forwarding table")
    var result: [JunosFilterTerms.Term] = []
    for name in binding.names {
      // Filters of a list come one after the other; the last one ends in a discard.
      guard let filter = filters["\(binding.family)/\(name)"] else {
        let doubt = draft.doubt(
          .unresolved, "filter `\(name)` is not defined", at: binding.position)
        result.append(
          .init(
            rules: reader.open(doubt, text, clauses, at: binding.position),
            isPacketMode: usesPacketMode))
        continue
      }
      result += reader.terms(filter, binding: clauses)
    }
    let last = binding.names.last ?? ""
    result.append(
      .init(
        rules: [
          Rule(
            name: "\(last): end of filter", match: Match(clauses), action: .deny(.drop),
            origin: .implied, position: binding.position)
        ]))
    return result
  }

  /// Whether a filter only counts or classifies: nothing that it does before its first term without a
  /// match is anything but accepting.
  private static func passesEverything(_ filter: JunosNode) -> Bool {
    let harmless: (JunosNode) -> Bool = {
      ["accept", "next"].contains($0.name) || JunosMembers.then.contains($0.name)
    }
    guard
      filter.children.allSatisfy({
        $0.name == "name" || $0.name == "term" || JunosMembers.filter.contains($0.name)
      })
    else { return false }
    for term in filter.children("term") {
      guard
        term.children.allSatisfy({ ["name", "from", "then"].contains($0.name) }),
        let then = term.child("then"), then.children.allSatisfy(harmless),
        then.text.isEmpty || then.children.isEmpty
      else { return false }
      if let next = then.child("next"), next.text != "term" { return false }
      if !term.has("from"), then.has("accept") { return true }
    }
    return false
  }

  // MARK: Packet mode

  /// Whether some filter marks packets that skip the policies.
  private var usesPacketMode: Bool {
    filters.values.contains { filter in
      filter.children("term").contains { $0.descend("then", "packet-mode") != nil }
    }
  }

  /// "Selective stateless packet-based services": packets that a filter on the way in marks with
  /// `packet-mode` skip the flow module, and so the policies. Source: juniper.net, "Understanding
  /// Selective Stateless Packet-Based Services".
  private mutating func addBypass(_ bindings: [Binding], family: String) {
    let packet = JunosFilterPacket(phase: .firstPacket, isInput: true)
    var rules: [Rule] = []
    for binding in bindings where binding.isInput {
      let terms = terms(binding, packet)
      guard terms.contains(where: \.isPacketMode) else { continue }
      rules += terms.flatMap { term in
        term.rules.map { rule in
          var rule = rule
          if rule.action != .continue { rule.action = term.isPacketMode ? .allow : .return }
          return rule
        }
      }
    }
    guard !rules.isEmpty else { return }
    bypasses.append(
      Table(
        name: "packet mode \(family)", rules: rules,
        defaultAction: DefaultAction(.none, name: "not in packet mode")))
  }
}
