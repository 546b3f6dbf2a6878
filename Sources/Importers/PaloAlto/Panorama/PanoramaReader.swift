import ImportKit

/// Builds one policy for each device group that firewalls can use, or for each firewall where the
/// targets of rules tell them apart.
struct PanoramaReader {
  private let config: XMLElement
  private let versionText: String
  private let version: PANOSVersion
  private let tree: PanoramaTree
  private let templates: PanoramaTemplates
  private let sharedPlace: PANOSNamespace?
  private let places: [PANOSNamespace]
  private let prefersAncestors: Truth
  /// The serial numbers of all firewalls that take a policy from here.
  private let serials: Set<String>
  /// The most rules that are written out for single firewalls of one device group.
  private static let deviceBudget = 500_000
  /// The most rules that are written out altogether; shared rules count once for each scope.
  private static let budget = 4_000_000

  init(config: XMLElement) {
    self.config = config
    versionText = config.attribute("detail-version") ?? config.attribute("version") ?? ""
    version = PANOSVersion(versionText)
    tree = PanoramaTree(config, version: version)
    let device = config.descend("devices", "entry")
    templates = PanoramaTemplates(device)
    serials = tree.serials
    sharedPlace = config.child("shared").map { PANOSNamespace(name: "shared", elements: [$0]) }
    places = tree.groups.map { PANOSNamespace(name: $0.name, elements: $0.elements) }
    // "Objects defined in ancestors will take higher precedence", off by default. Source:
    // docs.paloaltonetworks.com, Panorama Administrator's Guide, "Manage Precedence of Inherited
    // Objects".
    prefersAncestors =
      PANOSElements.says(
        device?.descend("deviceconfig", "setting", "management", "ancestor-objects-take-precedence")
      )
  }

  /// The policies; nil where they would hold more rules than can be kept.
  func policies() -> [Policy]? {
    guard !tree.groups.isEmpty else {
      return [
        policy(
          scope: "shared", group: nil, target: .unknown, devices: [],
          notes: [
            Note(
              .completeness,
              "the configuration has no device group, so no firewall takes these "
                + "rules")
          ])
      ]
    }
    var result: [Policy] = []
    var written = 0
    for number in tree.enforceable {
      written += layers(number).reduce(1) { $0 + $1.rules("security").count }
      guard written <= Self.budget else { return nil }
      result += policies(of: number)
    }
    return result
  }

  private func policies(of number: Int) -> [Policy] {
    let group = tree.groups[number]
    let targets = layers(number).flatMap { layer in
      Self.kindsWithTargets.flatMap { layer.rules($0) }.compactMap {
        $0.child("target").map { PANOSTargetList(ExportRecord($0), known: serials) }
      }
    }
    let signatures = group.devices.map { device in
      targets.map { $0.includes(Self.target(device)) }
    }
    if group.devices.isEmpty {
      return [policy(scope: group.name, group: number, target: .unknown, devices: [], notes: [])]
    }
    if Set(signatures).count == 1 {
      // The targets say the same about every firewall of the group.
      return [
        policy(
          scope: group.name, group: number, target: Self.target(group.devices[0]),
          devices: group.devices, notes: [])
      ]
    }
    let rules = layers(number).reduce(0) { $0 + $1.rules("security").count }
    guard group.devices.count * max(rules, 1) <= Self.deviceBudget else {
      return [
        policy(
          scope: group.name, group: number, target: .unknown, devices: group.devices,
          notes: [
            Note(
              .completeness,
              "\(group.devices.count) firewalls with rules of their own by target "
                + "are too many to write out: which rules a firewall takes is left open")
          ])
      ]
    }
    return group.devices.map { device in
      policy(
        scope: "\(group.name)/\(device.text)", group: number, target: Self.target(device),
        devices: [device], notes: [])
    }
  }

  private static let kindsWithTargets = [
    "security", "decryption", "pbf", "dos", "nat", "authentication", "captive-portal",
    "application-override",
  ]

  private static func target(_ device: PanoramaTree.Device) -> PANOSTarget {
    .device(serial: device.serial, vsys: device.vsys)
  }

  /// The rules for a device group in the order in which a firewall goes through them; those of the
  /// firewall itself would stand between the pre and the post rules.
  private func layers(_ number: Int?) -> [PANOSLayer] {
    let shared = config.child("shared").map { [$0] } ?? []
    let chain = number.map { [$0] + tree.ancestors($0) } ?? []
    var layers = Self.layers(shared, "pre-rulebase", "shared pre")
    for group in chain.reversed() {
      layers += Self.layers(
        tree.groups[group].elements, "pre-rulebase", "\(tree.groups[group].name) pre")
    }
    for group in chain {
      layers += Self.layers(
        tree.groups[group].elements, "post-rulebase", "\(tree.groups[group].name) post")
    }
    return layers + Self.layers(shared, "post-rulebase", "shared post")
  }

  private static func layers(
    _ elements: [XMLElement], _ name: String, _ label: String
  ) -> [PANOSLayer] {
    elements.flatMap { $0.children(name) }.map { PANOSLayer(label: label, rulebase: $0) }
  }

  /// Overridden default rules, those of the nearest device group first.
  private func defaults(_ number: Int?) -> [XMLElement] {
    let chain = number.map { [$0] + tree.ancestors($0) } ?? []
    let elements =
      chain.flatMap { tree.groups[$0].elements } + (config.child("shared").map { [$0] } ?? [])
    return elements.flatMap { $0.children("post-rulebase") }
      .compactMap { $0.descend("default-security-rules", "rules") }
  }

  private func policy(
    scope: String, group number: Int?, target: PANOSTarget, devices: [PanoramaTree.Device],
    notes: [Note]
  ) -> Policy {
    let draft = PolicyDraft(Policy(scope: scope, format: "panorama", productVersion: versionText))
    let chain = number.map { [$0] + tree.ancestors($0) } ?? []
    let visible = chain.map { places[$0] } + (sharedPlace.map { [$0] } ?? [])
    let stacks = stacks(number, devices)
    let objects = PANOSObjects(
      draft: draft, places: prefersAncestors == .yes ? visible.reversed() : visible,
      memberLookup: memberLookup,
      urlEntriesAreOpen: version.leavesURLsOpen,
      variable: { PanoramaTemplates.value(of: $0, on: stacks) })
    let topologies = stacks.map { PanoramaTemplates.topology($0.stack, device: $0.device) }
    let rules = PANOSRules(
      objects: objects, target: target, knownSerials: serials, wiring: PANOSWiring(topologies),
      version: version)
    let layers = layers(number)
    // What is judged is the policy that the Panorama pushes, which the export holds whole.
    draft.note(
      .completeness,
      "the rules of the firewalls themselves are not in a Panorama export: they "
        + "stand between the pre and the post rules, and may override the default rules, so what "
        + "post rules and default rules decide holds only where no local rule does; export the "
        + "merged configuration of each firewall")
    for note in notes { draft.note(note.kind, note.text, at: note.position) }
    draft.doubts.add(tree.notes)
    if devices.isEmpty && !tree.groups.isEmpty {
      draft.note(.completeness, "no firewall belongs to this device group")
    }
    rules.write(
      layers, defaults: defaults(number), gaps: gaps(number, layers),
      exclusions: exclusions(stacks.map(\.stack)), topologies: topologies)
    if objects.hasEntriesWithoutSlash {
      draft.note(
        .reading,
        "URL entries without a trailing slash are read as release \(versionText) of "
          + "Panorama would; a firewall before 10.2 also lets them match longer host names")
    }
    return draft.finish()
  }

  private var memberLookup: PANOSObjects.MemberLookup {
    switch prefersAncestors {
    case .yes: .furthest
    case .no: .nearest
    case .perhaps: .unknown
    }
  }

  /// Where the rules of device groups that are not known would stand: behind those of shared that
  /// come first, and in front of those that come last.
  private func gaps(_ number: Int?, _ layers: [PANOSLayer]) -> [PANOSGap] {
    guard let number, let missing = tree.missing(above: number) else { return [] }
    let first = layers.firstIndex { $0.label != "shared pre" } ?? layers.count
    let last = layers.firstIndex { $0.label == "shared post" } ?? layers.count
    return [first, last].map {
      PANOSGap(index: $0, text: missing.text, position: SourcePosition(line: missing.line))
    }
  }

  private func exclusions(_ stacks: [PanoramaTemplates.Stack]) -> [XMLElement] {
    let vsys = stacks.flatMap(\.sources).flatMap { PANOSElements.entries($0.child("vsys")) }
    let shared = stacks.flatMap(\.shared) + (config.child("shared").map { [$0] } ?? [])
    return (vsys + shared).compactMap { $0.descend("ssl-decrypt", "ssl-exclude-cert") }
  }

  /// The stacks that the firewalls of a policy are built from; without firewalls those that the
  /// device group refers to, else the only one that there is.
  private func stacks(
    _ number: Int?, _ devices: [PanoramaTree.Device]
  ) -> [(stack: PanoramaTemplates.Stack, device: PanoramaTree.Device?)] {
    var result: [(PanoramaTemplates.Stack, PanoramaTree.Device?)] = []
    var seen: Set<String> = []
    for device in devices {
      guard let stack = templates.stack(of: device.serial) else { continue }
      // Firewalls that set nothing for themselves look alike.
      let own = stack.devices[device.serial]?.child("variable") == nil ? "" : device.serial
      guard seen.insert("\(stack.name)\n\(device.vsys ?? "")\n\(own)").inserted else { continue }
      result.append((stack, device))
    }
    if result.isEmpty, let number {
      let names = tree.groups[number].elements
        .flatMap { PANOSElements.members($0.child("reference-templates")) }.map(\.text)
      result = names.compactMap { templates.stack(named: $0) }.map { ($0, nil) }
    }
    if result.isEmpty, templates.stacks.count == 1 { result = [(templates.stacks[0], nil)] }
    return result
  }
}
