import ImportKit
import NetworkSets
import PolicyModel
import XMLTree

/// Reads one virtual system into one policy.
struct PANOSVsysReader {
  let config: XMLElement
  let device: XMLElement?
  let vsys: XMLElement
  let version: String
  var objects: PANOSObjects
  var notes: [Note] = []

  init(config: XMLElement, device: XMLElement?, vsys: XMLElement, version: String) {
    self.config = config
    self.device = device
    self.vsys = vsys
    self.version = version
    var scopes = [PANOSObjects.Scope(name: vsys.attribute("name") ?? "vsys", element: vsys)]
    if let shared = config.child("shared") {
      scopes.append(PANOSObjects.Scope(name: "shared", element: shared))
    }
    objects = PANOSObjects(scopes: scopes, urlEntriesAreOpen: PANOSVersion(version).leavesURLsOpen)
  }

  mutating func read() -> Policy {
    var policy = Policy(
      scope: vsys.attribute("name") ?? "vsys", format: "panos", productVersion: version)
    var rules = PANOSRules(objects: objects)
    let rulebase = vsys.child("rulebase")
    let security = rules.security(
      rulebase?.descend("security", "rules"),
      defaults: rulebase?.descend("default-security-rules", "rules"))
    var tables = [security]
    var inspection: String?
    let excluded = config.descend("shared", "ssl-decrypt", "ssl-exclude-cert")
    let vsysExcluded = vsys.descend("ssl-decrypt", "ssl-exclude-cert")
    if let table = rules.decryption(
      rulebase?.descend("decryption", "rules"), exclusions: [vsysExcluded, excluded].compactMap { $0 })
    {
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
    let zones = PANOSZones(
      device: device, vsys: vsys, rules: security.rules, nat: rulebase?.descend("nat", "rules"))
    policy.zones = zones.zones
    policy.proposals = zones.proposals
    policy.notes = rules.objects.notes + rules.notes + zones.notes + completenessNotes(rulebase)
    return policy
  }

  private func completenessNotes(_ rulebase: XMLElement?) -> [Note] {
    var result: [Note] = []
    if rulebase?.descend("security", "rules", "entry") == nil {
      result.append(
        Note(
          .completeness,
          "the security rulebase is empty: only the default rules decide. On a firewall managed by "
            + "Panorama the pushed rules are missing: export the merged configuration",
          at: rulebase.map { SourcePosition(line: $0.line) }))
    } else if let panorama = device?.descend("deviceconfig", "system", "panorama"),
      !panorama.isEmpty
    {
      result.append(
        Note(
          .completeness,
          "a Panorama manages this firewall: rules that it pushes before and after the local ones "
            + "are not in this export; export the merged configuration",
          at: SourcePosition(line: panorama.line)))
    }
    let passedOver = [
      ("pbf", "policy-based forwarding"), ("application-override", "application override"),
      ("authentication", "authentication policy"), ("captive-portal", "captive portal"),
    ]
    for (name, meaning) in passedOver {
      if let rules = rulebase?.descend(name, "rules"), let first = rules.child("entry") {
        let enabled = rules.children("entry").contains {
          !PANOSElements.isYes($0.child("disabled"))
        }
        guard enabled else { continue }
        result.append(
          Note(
            .advisory, "\(meaning) rules are present and not judged: they can redirect or hold up "
              + "a flow that the security policy allows", at: SourcePosition(line: first.line)))
      }
    }
    return result
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
}
