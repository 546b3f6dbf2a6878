import ImportKit
import Importers
import TestSupport
import Testing

/// Cells of section 0.1 of the notes that concern objects of FortiGate, Check Point, Cisco and Meraki,
/// from the export to the neutral model: one row a cell, with its source. What the entries of URL lists
/// mean is in the grammar tests of each format.
@Suite struct WildcardCellTests {
  struct Cell: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let source: String
    let export: String
    /// What the neutral policy must say.
    let terms: [String]
    var absent: [String] = []
  }

  private static func fortigate(_ objects: String) -> String {
    """
    #config-version=FGT60F-7.2.5-FW-build1517-230606:opmode=0:vdom=0:user=admin
    \(objects)
    config firewall policy
        edit 1
            set srcintf "lan"
            set dstintf "wan1"
            set action accept
            set srcaddr "all"
            set dstaddr "entry"
            set schedule "always"
            set service "ALL"
        next
    end
    """
  }

  private static func address(_ settings: String) -> String {
    fortigate("config firewall address\n    edit \"entry\"\n        \(settings)\n    next\nend")
  }

  private static func checkPoint(_ members: String) -> String {
    """
    {"uid": "l1", "name": "Network", "from": 1, "to": 1, "total": 1,
     "rulebase": [{"uid": "r1", "type": "access-rule", "rule-number": 1, "name": "r", "enabled": true,
       "source": ["any"], "destination": ["d1"], "service": ["any"], "action": "acc"}],
     "objects-dictionary": [
       {"uid": "any", "name": "Any", "type": "CpmiAnyObject"},
       {"uid": "acc", "name": "Accept", "type": "RulebaseAction"},
       {"uid": "d1", "name": ".x.com", \(members)}]}
    """
  }

  private static func firepower(_ cell: String) -> String {
    """
    {"links": {"self": "https://fmc.example.com/api/fmc_config/v1/domain/D/policy/accesspolicies/P1/accessrules"},
     "paging": {"offset": 0, "limit": 25, "count": 1},
     "items": [{"type": "AccessRule", "id": "R1", "name": "r", "action": "ALLOW", "enabled": true,
       \(cell)}]}
    {"items": [
      {"type": "FQDN", "id": "F1", "name": "plain", "value": "x.com", "dnsResolution": "IPV4_AND_IPV6"},
      {"type": "FQDN", "id": "F2", "name": "star", "value": "*.x.com"},
      {"type": "Url", "id": "U1", "name": "site", "url": "x.com"}]}
    {"items": [{"serverVersion": "7.2.5 (build 208)"}]}
    """
  }

  private static func meraki(_ destination: String) -> String {
    """
    {"rules": [{"comment": "r", "policy": "allow", "protocol": "tcp", "srcPort": "Any",
      "srcCidr": "Any", "destPort": "443", "destCidr": "\(destination)"}]}
    """
  }

  static let cells = [
    Cell(
      testDescription:
        "FortiGate address of type fqdn with a star: below, not the apex; learnt from DNS",
      source: "docs.fortinet.com 7.0.1, Using wildcard FQDN addresses in firewall policies",
      export: address("set type fqdn\n        set fqdn \"*.x.com\""),
      terms: [#"{"subdomains_of":"x.com""#], absent: [#"{"domain":"x.com""#]),
    Cell(
      testDescription:
        "FortiGate address of type fqdn without a star: one name, resolved by the unit",
      source: "docs.fortinet.com 7.0.2, FQDN addresses",
      export: address("set type fqdn\n        set fqdn \"x.com\""),
      terms: [#"{"host":"x.com","binding":"resolved"}"#]),
    Cell(
      testDescription: "FortiGate internet service: what it holds is Fortinet's",
      source: "community.fortinet.com ta-p/284854",
      export: fortigate("").replacing(
        #"set dstaddr "entry""#,
        with: "set internet-service enable\n        set internet-service-name \"Microsoft-Web\""),
      terms: ["Microsoft-Web"], absent: [#""destination":{"terms":["any"]}"#]),
    Cell(
      testDescription: "Check Point dns-domain in FQDN mode: exactly the name",
      source: "sc1.checkpoint.com R81 Security Management guide, Domains",
      export: checkPoint(#""type": "dns-domain", "is-sub-domain": false"#),
      terms: [#"{"host":"x.com","binding":"resolved"}"#], absent: [#""domain":"x.com""#]),
    Cell(
      testDescription: "Check Point dns-domain with sub-domains: by reverse lookup, so in doubt",
      source: "sc1.checkpoint.com R81 Security Management guide, Domains",
      export: checkPoint(#""type": "dns-domain", "is-sub-domain": true"#),
      terms: ["reverse lookup"], absent: [#"{"domain":"x.com"}"#]),
    Cell(
      testDescription: "Check Point updatable object: contents not in the export",
      source: "json.md 0.2; sc1.checkpoint.com, Updatable Objects",
      export: checkPoint(#""type": "updatable-object""#),
      terms: [#"{"tag":".x.com"}"#]),
    Cell(
      testDescription: "FMC FQDN object: one name, resolved by the device",
      source: "docs.defenseorchestrator.com, FQDN network objects",
      export: firepower(
        #""destinationNetworks": {"objects": [{"type": "FQDN", "id": "F1", "name": "plain"}]}"#),
      terms: [#"{"host":"x.com","binding":"resolved"}"#]),
    Cell(
      testDescription: "FMC FQDN object with a star: not in the grammar, at most what is below",
      source: "docs.defenseorchestrator.com, FQDN network objects",
      export: firepower(
        #""destinationNetworks": {"objects": [{"type": "FQDN", "id": "F2", "name": "star"}]}"#),
      terms: [#"{"subdomains_of":"x.com","binding":"doubtful"}"#], absent: [#""domain":"#]),
    Cell(
      testDescription: "FMC URL object: a name and what is below; over TLS by the certificate",
      source: "docs.defenseorchestrator.com, URL Objects",
      export: firepower(
        #""urls": {"objects": [{"type": "Url", "id": "U1", "name": "site"}]}"#),
      terms: [#"{"url":{"domain":"x.com"}}"#, "may be that of the certificate"]),
    Cell(
      testDescription: "Meraki layer 3 name: as the client's DNS answers say",
      source: "documentation.meraki.com, Using Layer 3 Firewall Rules",
      export: meraki("x.com"), terms: [#"{"host":"x.com"}"#, "has seen in DNS answers"]),
    Cell(
      testDescription: "Meraki layer 3 name with a star: below, in doubt",
      source: "not documented",
      export: meraki("*.x.com"),
      terms: [#"{"subdomains_of":"x.com","binding":"doubtful"}"#, "has seen in DNS answers"]),
  ]

  @Test(arguments: cells)
  func cell(_ row: Cell) throws {
    let file = ExportFile(name: "input", bytes: Array(row.export.utf8))
    let text = try importerRegistry.read([file]).neutral(pretty: false)
    for term in row.terms { #expect(text.contains(term), "\(term) is not in \(text)") }
    for term in row.absent { #expect(!text.contains(term), "\(term) is in \(text)") }
    #expect(!row.source.isEmpty)
  }
}
