import ImportKit

/// Puts the policies together: one for each package that the export has layers of.
struct CheckPointPolicyBuilder {
  typealias Item = CheckPointDocuments.Item

  let documents: CheckPointDocuments
  private let layers: [CheckPointLayer]
  private let httpsLayers: [CheckPointLayer]
  /// Table names by the uid of the layer, unique.
  private let tableNames: [String: String]

  init(documents: CheckPointDocuments) {
    self.documents = documents
    layers = CheckPointLayer.layers(documents.accessPages, index: documents.indexedLayers)
    httpsLayers = CheckPointLayer.layers(documents.httpsPages, index: [])
    var names: [String: String] = [:]
    var used: Set<String> = []
    for layer in layers {
      var name = "layer \(layer.name)"
      var count = 2
      while !used.insert(name).inserted {
        name = "layer \(layer.name) (\(count))"
        count += 1
      }
      names[layer.uid ?? "name/\(layer.name)"] = name
    }
    tableNames = names
  }

  private func table(of layer: CheckPointLayer) -> String {
    tableNames[layer.uid ?? "name/\(layer.name)"] ?? "layer \(layer.name)"
  }

  /// One ordered layer of a package: its rules, or what is known of it where they are missing.
  private enum Ordered {
    case present(CheckPointLayer)
    case missing(name: String, uid: String)
  }

  func build() -> [Policy] {
    var policies: [Policy] = []
    for package in documents.packages {
      guard let list = package.value["access-layers"], list.isArray else { continue }
      let ordered = list.elements.map { layer -> Ordered in
        let uid = layer["uid"]?.string ?? layer.string ?? ""
        let name = layer["name"]?.string ?? documents.layers[uid]?.name ?? uid
        return find(uid: uid, name: name).map { .present($0) } ?? .missing(name: name, uid: uid)
      }
      let hasRules = ordered.contains {
        if case .present = $0 { true } else { false }
      }
      // Lists of packages name many of which the export has no rules.
      if hasRules { policies.append(policy(package.name ?? "package", ordered, package: package)) }
    }
    if policies.isEmpty { policies = indexedPolicies() }
    if policies.isEmpty {
      // Without a package nobody knows which layers belong together: each stands for itself, and
      // other layers may have to accept as well.
      let inline = Set(layers.flatMap(\.inlineLayers))
      let roots = layers.filter { $0.uid.map { !inline.contains($0) } ?? true }
      policies = (roots.isEmpty ? layers : roots).map {
        policy($0.name, [.present($0)], package: nil, isWhole: false)
      }
    }
    return policies
  }

  private func find(uid: String, name: String) -> CheckPointLayer? {
    layers.first { $0.uid == uid } ?? layers.first { $0.uid == nil && $0.name == name }
  }

  /// Packages as the index of ShowPolicyPackage lists them.
  private func indexedPolicies() -> [Policy] {
    var order: [String] = []
    for entry in documents.indexedLayers where !order.contains(entry.package) {
      order.append(entry.package)
    }
    return order.compactMap { package in
      let ordered = documents.indexedLayers.filter { $0.package == package }
        .map { entry -> Ordered in
          find(uid: entry.uid, name: entry.name).map { .present($0) }
            ?? .missing(name: entry.name, uid: entry.uid)
        }
      let hasRules = ordered.contains {
        if case .present = $0 { true } else { false }
      }
      return hasRules ? policy(package, ordered, package: nil) : nil
    }
  }

  // MARK: One package

  private func policy(
    _ name: String, _ ordered: [Ordered], package: Item?, isWhole: Bool = true
  ) -> Policy {
    let doubts = Doubts()
    doubts.add(documents.doubts.notes)
    let draft = PolicyDraft(Policy(scope: name, format: "checkpoint"), doubts: doubts)
    var rules = CheckPointRules(
      objects: CheckPointObjects(documents: documents, draft: draft), tableNames: tableNames)
    var stages: [Stage] = []
    var waiting: [CheckPointLayer] = []
    for layer in ordered {
      switch layer {
      case .present(let layer):
        stages.append(Stage(table: table(of: layer)))
        waiting.append(layer)
      case .missing(let name, _):
        let title = "layer \(name) (not in the export)"
        stages.append(Stage(table: title))
        draft.policy.tables.append(
          Self.missingTable(title, name, at: package?.position, draft))
      }
    }
    if !isWhole {
      let title = "other layers (not in the export)"
      stages.append(Stage(table: title, isAuxiliary: true))
      draft.policy.tables.append(Self.otherLayers(title, draft))
    }
    // Inline layers follow the layers that lead to them.
    var done: Set<String> = []
    let inline = Set(layers.flatMap(\.inlineLayers))
    while !waiting.isEmpty {
      let layer = waiting.removeFirst()
      guard done.insert(table(of: layer)).inserted else { continue }
      let isInline = layer.uid.map { inline.contains($0) } ?? false
      draft.policy.tables.append(accessTable(layer, isInline: isInline, &rules))
      waiting += layer.inlineLayers.compactMap { find(uid: $0, name: "") }
    }
    for (title, layer) in rules.missingLayers.sorted(by: { $0.key < $1.key })
    where !draft.policy.tables.contains(where: { $0.name == title }) {
      draft.policy.tables.append(
        Self.missingTable(title, layer.name, at: layer.position, draft))
    }
    let inspection = inspectionTables(package, &rules)
    draft.policy.tables += inspection
    draft.policy.pipelines = [
      Pipeline(
        traffic: .forwarded, mode: .allOf, stages: stages, inspection: inspection.first?.name)
    ]
    noteWhatIsMissing(package, draft)
    rules.objects.finish()
    var policy = draft.finish()
    addClients(&policy, rules)
    return policy
  }

  /// "If no rule matches, the implicit cleanup rule of the layer is applied": an inline layer never
  /// returns to the layer above. Source: sc1.checkpoint.com, R81 SecurityManagement guide, "Ordered
  /// Layers and Inline Layers". The table of an inline layer ends in it as a rule, since what enters a
  /// table by a jump does not take its default.
  private func accessTable(
    _ layer: CheckPointLayer, isInline: Bool, _ rules: inout CheckPointRules
  ) -> Table {
    var list = rules.rules(of: layer)
    let object = layer.uid.flatMap { documents.layers[$0] }
    let word = object?.value["implicit-cleanup-action"]?.string
    let position = object?.position ?? layer.position
    let cleanup = Rule(
      name: "implicit cleanup", match: Match(), action: word == "accept" ? .allow : .deny(.drop),
      origin: .implied, position: position)
    switch word {
    case "accept", "drop": if isInline { list.append(cleanup) }
    default:
      list += rules.draft.eitherWay(
        cleanup,
        because: rules.draft.doubt(
          .unresolved,
          "the implicit cleanup action of layer `\(layer.name)` is not in the export; give show "
            + "access-layers"))
    }
    return Table(
      name: table(of: layer), rules: list,
      defaultAction: DefaultAction(
        word == "accept" ? .allow : .deny, name: "implicit cleanup", position: object?.position))
  }

  private static func missingTable(
    _ title: String, _ name: String, at position: SourcePosition?, _ draft: PolicyDraft
  ) -> Table {
    Table(
      name: title,
      rules: draft.gap(
        "layer `\(name)` is not in the export; give mgmt_cli show access-rulebase name \"\(name)\" "
          + "details-level full", at: position ?? SourcePosition(line: 0)),
      defaultAction: DefaultAction(.deny, name: "not in the export"))
  }

  /// Every layer of a package must accept, and no package says which there are.
  private static func otherLayers(_ title: String, _ draft: PolicyDraft) -> Table {
    let doubt = draft.doubt(
      .missingPart,
      "the package is not in the export: other ordered layers may have to accept too; give show "
        + "package")
    return Table(
      name: title,
      rules: [
        Rule(
          name: "(not in the export)", match: Match([.requires(doubt)]), action: .deny(.drop),
          origin: .implied, position: SourcePosition(line: 0))
      ], defaultAction: DefaultAction(.allow, name: "no other layer"))
  }

  // MARK: HTTPS inspection

  /// The inspection tables, first the one that the pipeline names; none where nothing is inspected.
  private func inspectionTables(
    _ package: Item?, _ rules: inout CheckPointRules
  ) -> [Table] {
    let draft = rules.draft
    if package?.value["https-inspection-policy"]?.bool == false { return [] }
    let named = Self.inspectionLayers(of: package)
    let chosen =
      named.isEmpty
      ? httpsLayers : httpsLayers.filter { layer in named.contains { $0.uid == layer.uid } }
    guard !chosen.isEmpty || !named.isEmpty else {
      draft.note(
        .completeness,
        "whether HTTPS is inspected is not in the export; give show package and show "
          + "https-rulebase")
      return []
    }
    // That a package has such a layer does not mean that a gateway inspects.
    var conditions = [
      "HTTPS inspection must be switched on at the gateway, which the export does not show"
    ]
    var tables: [Table] = []
    for layer in chosen {
      tables.append(
        Table(
          name: "HTTPS layer \(layer.name)", kind: .inspection,
          rules: rules.inspectionRules(of: layer),
          defaultAction: DefaultAction(.deny, name: "no rule matches", position: layer.position)))
    }
    let missing = named.filter { layer in !chosen.contains { $0.uid == layer.uid } }
    if chosen.isEmpty, let layer = missing.first {
      conditions = [
        "the HTTPS inspection layer `\(layer.name)` is not in the export; give show https-rulebase"
      ]
    }
    let position = package?.position ?? chosen.first?.position ?? SourcePosition(line: 0)
    let top = conditions.flatMap { text -> [Rule] in
      let doubt = draft.doubt(.missingPart, text, at: package?.position)
      let match = Match([.requires(doubt)])
      guard !tables.isEmpty else {
        return [
          Rule(
            name: "HTTPS inspection", match: match, action: .inspect, origin: .implied,
            position: position)
        ]
      }
      return tables.map { table in
        Rule(
          name: table.name, match: match, action: .goto(table.name), origin: .implied,
          position: position)
      }
    }
    return [
      Table(
        name: "HTTPS inspection", kind: .inspection, rules: top,
        defaultAction: DefaultAction(.deny, name: "not inspected"))
    ] + tables
  }

  private static func inspectionLayers(of package: Item?) -> [(uid: String, name: String)] {
    guard let package else { return [] }
    let layers = package.value["https-inspection-layers"]
    let values = [
      package.value["https-inspection-layer"], layers?["outbound-https-layer"], layers?["outbound"],
    ].compactMap { $0 }
    return values.compactMap { value in
      let uid = value.string ?? value["uid"]?.string
      return uid.map { ($0, value["name"]?.string ?? $0) }
    }
  }

  // MARK: Clients and notes

  private func addClients(_ policy: inout Policy, _ rules: CheckPointRules) {
    policy.zones = rules.objects.zones.map { zone in
      Zone(
        name: zone.name, leadsToInternet: zone.name == "ExternalZone", position: zone.position)
    }
    var proposals = SourceProposals.make(rules.allSources())
    // The predefined zones say by their names where they lie.
    for index in proposals.indices {
      if policy.zones.contains(where: { $0.name == "InternalZone" }) {
        proposals[index].client.fromZone = "InternalZone"
        proposals[index].reason += "; in `InternalZone`"
      }
      if policy.zones.contains(where: \.leadsToInternet) {
        proposals[index].client.toZone = "ExternalZone"
        proposals[index].reason += "; `ExternalZone` leads to the Internet"
      }
    }
    policy.proposals = proposals
  }

  private func noteWhatIsMissing(_ package: Item?, _ draft: PolicyDraft) {
    draft.note(
      .completeness,
      "implied rules (Global Properties) are not exported; they come first or last and concern "
        + "management and VPN connections mostly")
    if package?.value["threat-prevention"]?.bool == true {
      draft.note(.advisory, "threat prevention can stop traffic for what it contains")
    }
    if documents.holdsTranslation {
      draft.note(.reading, "address translation changes addresses, not whether traffic may pass")
    }
  }
}
