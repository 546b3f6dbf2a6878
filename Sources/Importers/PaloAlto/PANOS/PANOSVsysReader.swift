import ImportKit

/// Reads one virtual system into one policy.
///
/// A merged configuration also holds what a Panorama has pushed, under `config/panorama/vsys`:
/// its pre rules come before the local rules and its post rules after them. Source:
/// docs.paloaltonetworks.com, PAN-OS XML API (`/config/panorama/vsys/entry/pre-rulebase`), and
/// Panorama Administrator's Guide, "Device Group Policies".
struct PANOSVsysReader {
  let config: XMLElement
  let device: XMLElement
  let vsys: XMLElement
  let version: String
  /// `shared`, and what a Panorama has pushed into it; the same for every virtual system.
  let sharedPlaces: [PANOSNamespace]

  private var name: String { vsys.attribute("name") ?? "vsys" }

  private var pushed: XMLElement? {
    PANOSElements.entries(config.descend("panorama", "vsys")).first {
      $0.attribute("name") == vsys.attribute("name")
    }
  }

  static func sharedPlaces(_ config: XMLElement) -> [PANOSNamespace] {
    var places: [PANOSNamespace] = []
    if let shared = config.child("shared") {
      places.append(PANOSNamespace(name: "shared", elements: [shared]))
    }
    if let panorama = config.child("panorama") {
      let elements = [panorama.child("shared"), panorama].compactMap { $0 }
      places.append(PANOSNamespace(name: "pushed shared", elements: elements))
    }
    return places
  }

  func read() -> Policy {
    var policy = Policy(scope: name, format: "panos", productVersion: version)
    var places = [PANOSNamespace(name: name, elements: [vsys])]
    if let pushed { places.append(PANOSNamespace(name: "pushed \(name)", elements: [pushed])) }
    let objects = PANOSObjects(
      places: places + sharedPlaces, memberLookup: .ownPlace,
      urlEntriesAreOpen: PANOSVersion(version).leavesURLsOpen)
    var rules = PANOSRules(objects: objects)
    let layers = layers()
    let defaults = [
      vsys.child("rulebase"), vsys.child("post-rulebase"), pushed?.child("post-rulebase"),
    ]
    .compactMap { $0?.descend("default-security-rules", "rules") }
    let security = rules.security(layers, defaults: defaults)
    var tables = [security]
    var inspection: String?
    let exclusions = [vsys, config.child("shared")]
      .compactMap { $0?.descend("ssl-decrypt", "ssl-exclude-cert") }
    if let table = rules.decryption(layers, exclusions: exclusions) {
      inspection = table.name
      tables.append(table)
    }
    tables += rules.gateTables
    policy.tables = tables
    policy.pipelines = [
      Pipeline(
        traffic: .forwarded, mode: .allOf, stages: [Stage(table: security.name)],
        inspection: inspection)
    ]
    policy.endpointObjects = rules.objects.table.endpoints
    policy.serviceObjects = rules.objects.table.services
    let topology = PANOSTopology([.init(device: device, virtualSystems: [vsys])])
    let zones = PANOSZones(
      [topology], rules: security.rules, nat: layers.flatMap { $0.rules("nat") })
    policy.zones = zones.zones
    policy.proposals = zones.proposals
    policy.notes =
      rules.objects.notes + rules.notes + zones.notes + completenessNotes(layers)
      + PANOSPassedOver.notes(layers)
    return policy
  }

  private func layers() -> [PANOSLayer] {
    var layers: [PANOSLayer] = []
    func add(_ label: String?, _ element: XMLElement?) {
      if let element { layers.append(PANOSLayer(label: label, rulebase: element)) }
    }
    add("pushed pre", pushed?.child("pre-rulebase"))
    add("pushed pre", vsys.child("pre-rulebase"))
    add(nil, vsys.child("rulebase"))
    add("pushed post", vsys.child("post-rulebase"))
    add("pushed post", pushed?.child("post-rulebase"))
    return layers
  }

  private func completenessNotes(_ layers: [PANOSLayer]) -> [Note] {
    [PANOSPassedOver.runTimeNote] + (pushed == nil ? pushedNotes(layers) : [])
  }

  /// What a Panorama may push and the export does not show.
  private func pushedNotes(_ layers: [PANOSLayer]) -> [Note] {
    let rulebase = vsys.child("rulebase")
    if layers.allSatisfy({ $0.rules("security").isEmpty }) {
      return [
        Note(
          .completeness,
          "the security rulebase is empty: only the default rules decide. On a firewall managed by "
            + "Panorama the pushed rules are missing: export the merged configuration",
          at: rulebase.map { SourcePosition(line: $0.line) })
      ]
    }
    // Until 9.0 the server stood in `system` itself.
    let system = device.descend("deviceconfig", "system")
    guard let panorama = system?.child("panorama") ?? system?.child("panorama-server"),
      !panorama.isEmpty
    else { return [] }
    return [
      Note(
        .completeness,
        "a Panorama manages this firewall: rules that it pushes before and after the local ones "
          + "are not in this export; export the merged configuration",
        at: SourcePosition(line: panorama.line))
    ]
  }
}

/// Rulebases that can touch a flow and are not judged.
enum PANOSPassedOver {
  private static let kinds = [
    ("pbf", "policy-based forwarding"), ("application-override", "application override"),
    ("authentication", "authentication policy"), ("captive-portal", "captive portal"),
  ]

  /// What no configuration of these products holds.
  static let runTimeNote = Note(
    .completeness,
    "the export does not contain what the firewall loads at run time: contents of external lists, "
      + "addresses of FQDN objects, registered tags, URL categories of hosts; see `request system "
      + "external-list show`, `show dns-proxy fqdn all`, `show object registered-ip all`")

  static func notes(_ layers: [PANOSLayer]) -> [Note] {
    kinds.compactMap { kind, meaning in
      let rules = layers.flatMap { $0.rules(kind) }
      guard let first = rules.first(where: { !PANOSElements.isYes($0.child("disabled")) }) else {
        return nil
      }
      return Note(
        .advisory,
        "\(meaning) rules are present and not judged: they can redirect or hold up "
          + "a flow that the security policy allows", at: SourcePosition(line: first.line))
    }
  }
}

/// What depends on the release of PAN-OS.
struct PANOSVersion {
  private let major: Int
  private let minor: Int

  init(_ text: String) {
    let parts = text.split(separator: ".")
    major = parts.first.flatMap { Int($0) } ?? 0
    minor = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
  }

  /// Whether URL entries without a trailing slash match longer host names too: the firewall appends
  /// a slash to domain entries from 10.2 on. Source: docs.paloaltonetworks.com, Advanced URL
  /// Filtering, "Guidelines for URL Category Exceptions". Earlier releases can be switched by a
  /// command that the export does not show.
  var leavesURLsOpen: Bool { major > 0 && (major < 10 || major == 10 && minor < 2) }

  /// Device groups have parents from 7.0 on.
  var hasDeviceGroupParents: Bool { major >= 7 }
}
