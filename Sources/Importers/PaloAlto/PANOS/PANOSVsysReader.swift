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
    let draft = PolicyDraft(Policy(scope: name, format: "panos", productVersion: version))
    let release = PANOSVersion(version)
    var places = [PANOSNamespace(name: name, elements: [vsys])]
    if let pushed { places.append(PANOSNamespace(name: "pushed \(name)", elements: [pushed])) }
    let objects = PANOSObjects(
      draft: draft, places: places + sharedPlaces, memberLookup: .ownPlace,
      urlEntriesAreOpen: release.leavesURLsOpen)
    let topology = PANOSTopology([.init(device: device, virtualSystems: [vsys])])
    let rules = PANOSRules(
      objects: objects, wiring: PANOSWiring([topology]), version: release)
    let layers = layers()
    let defaults = [
      vsys.child("rulebase"), vsys.child("post-rulebase"), pushed?.child("post-rulebase"),
    ]
    .compactMap { $0?.descend("default-security-rules", "rules") }
    let exclusions = [vsys, config.child("shared")]
      .compactMap { $0?.descend("ssl-decrypt", "ssl-exclude-cert") }
    rules.write(
      layers, defaults: defaults, gaps: gaps(layers), exclusions: exclusions,
      topologies: [topology])
    if layers.allSatisfy({ $0.rules("security").isEmpty }), managerOf(device) == nil {
      draft.note(
        .completeness,
        "the security rulebase is empty: only the default rules decide. On a firewall managed by "
          + "Panorama the pushed rules are missing: export the merged configuration",
        at: vsys.child("rulebase").map { SourcePosition(line: $0.line) })
    }
    return draft.finish()
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

  /// Where rules that a Panorama pushes would stand, if the export does not hold them.
  private func gaps(_ layers: [PANOSLayer]) -> [PANOSGap] {
    guard pushed == nil, vsys.child("pre-rulebase") == nil, vsys.child("post-rulebase") == nil,
      let manager = managerOf(device)
    else { return [] }
    let text =
      "a Panorama manages this firewall: rules that it pushes before and after the local ones are "
      + "not in this export; export the merged configuration (`show config merged`)"
    let position = SourcePosition(line: manager.line)
    return [0, layers.count].map { PANOSGap(index: $0, text: text, position: position) }
  }

  /// Where the configuration names a Panorama. Until 9.0 the server stood in `system` itself.
  private func managerOf(_ device: XMLElement) -> XMLElement? {
    let system = device.descend("deviceconfig", "system")
    let found = system?.child("panorama") ?? system?.child("panorama-server")
    return found.flatMap { $0.isEmpty ? nil : $0 }
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
  var leavesURLsOpen: Truth {
    major == 0 ? .perhaps : Truth(major < 10 || major == 10 && minor < 2)
  }

  /// Whether encrypted forms of applications may have a default port of their own: from 9.0 on, and
  /// where the release is not told.
  var mayHaveSecurePorts: Bool { major == 0 || major >= 9 }

  /// Device groups have parents from 7.0 on; a release that is not told may be one of these.
  var hasDeviceGroupParents: Bool { major == 0 || major >= 7 }
}
