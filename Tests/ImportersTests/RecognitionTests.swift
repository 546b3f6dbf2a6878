import ImportKit
import Importers
import Testing

/// What a person hears who gives a file that is not the right one: what it is, and what to give.
@Suite struct RecognitionTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let code: ImportError.Code
    /// Parts of the message.
    let says: [String]

    init(_ name: String, _ text: String, _ code: ImportError.Code, _ says: String...) {
      self.init(name, Array(text.utf8), code, says)
    }

    init(_ name: String, bytes: [UInt8], _ code: ImportError.Code, _ says: String...) {
      self.init(name, bytes, code, says)
    }

    private init(_ name: String, _ bytes: [UInt8], _ code: ImportError.Code, _ says: [String]) {
      testDescription = name
      self.bytes = bytes
      self.code = code
      self.says = says
    }
  }

  private static func check(_ row: Row) throws {
    let error = try #require(throws: ImportError.self) {
      try importerRegistry.read([ExportFile(name: "file", bytes: row.bytes)])
    }
    #expect(error.code == row.code, "\(error)")
    for part in row.says {
      #expect(error.description.contains(part), "\(error)")
    }
    #expect(!error.reason.isEmpty)
  }

  /// The product is right, the file is not.
  @Test(arguments: [
    Row(
      "PAN-OS: answer with an error",
      "<response status='error' code='403'><result><msg>Invalid credentials.</msg></result></response>",
      .wrongKind, "PAN-OS", "error"),
    Row(
      "PAN-OS: system information",
      "<response status='success'><result><system><hostname>fw</hostname></system></result></response>",
      .wrongKind, "PAN-OS", "`system`", "export the whole configuration"),
    Row(
      "PAN-OS: a rulebase alone",
      "<rulebase><security><rules><entry name='a'/></rules></security></rulebase>",
      .wrongKind, "PAN-OS", "running"),
    Row(
      "PAN-OS: the rules alone",
      """
      <response status="success"><result><rules><entry name="a"><from><member>any</member></from>
      <source-user><member>any</member></source-user><log-end>yes</log-end></entry></rules></result></response>
      """, .wrongKind, "PAN-OS", "`rules`", "export the whole configuration"),
    Row(
      "PAN-OS: no virtual system",
      "<config version='10.1.0'><mgt-config/><shared/></config>", .wrongKind, "PAN-OS", "vsys"),
    Row(
      "Panorama: templates alone",
      "<config version='10.1.0'><devices><entry name='localhost.localdomain'><template/></entry></devices></config>",
      .wrongKind, "Panorama", "device-group"),
    Row(
      "pfSense: one area", "<filter><rule><type>pass</type></rule></filter>", .wrongKind,
      "one area", "ALL"),
    Row(
      "pfSense: aliases alone", "<aliases><alias><name>a</name></alias></aliases>", .wrongKind,
      "one area"),
    Row(
      "pfSense: a backup without rules and interfaces",
      "<pfsense><version>21.7</version><system/></pfsense>", .incomplete, "`filter`", "ALL"),
    Row(
      "pfSense or OPNsense: encrypted backup",
      "---- BEGIN config.xml ----\nVersion: 1\nCipher: aes-256-cbc\nQUJD\n---- END config.xml ----\n",
      .wrongKind, "encrypted", "without"),
    Row(
      "OPNsense: a backup without rules and interfaces", "<opnsense><system/></opnsense>",
      .incomplete, "`filter`"),
    Row(
      "Junos: another answer",
      "<rpc-reply><software-information><host-name>r</host-name></software-information></rpc-reply>",
      .wrongKind, "`software-information`", "show configuration"),
    Row(
      "Junos: an error",
      "<rpc-reply><rpc-error><error-message>permission denied</error-message></rpc-error></rpc-reply>",
      .wrongKind, "error message"),
    Row(
      "Junos: a router",
      "<configuration><version>21.4R3</version><system/><protocols/></configuration>", .wrongKind,
      "no `security` section"),
    Row(
      "Junos: text in braces",
      "## Last commit: 2024-05-01\nversion 21.4R3;\nsecurity {\n    policies {\n        from-zone a to-zone b {\n        }\n    }\n}\n",
      .notRecognised, "Junos configuration in braces", "display xml"),
    Row(
      "Junos: set commands",
      "set version 21.4R3\nset system host-name a\nset security policies from-zone a to-zone b policy c then permit\n",
      .notRecognised, "Junos configuration as set commands"),
    Row(
      "PAN-OS: set commands",
      "set deviceconfig system hostname fw\nset rulebase security rules a from any\n",
      .notRecognised, "PAN-OS configuration as set commands", "running-config.xml"),
    Row(
      "iptables: listing",
      "Chain INPUT (policy ACCEPT)\ntarget     prot opt source   destination\n",
      .wrongKind, "iptables -L", "iptables-save"),
    Row(
      "iptables: commands", "-P INPUT ACCEPT\n-P FORWARD DROP\n-A FORWARD -j ACCEPT\n", .wrongKind,
      "iptables -S"),
    Row(
      "iptables: rules without their table",
      ":INPUT ACCEPT\n-A INPUT -j ACCEPT\n-A FORWARD -j DROP\n",
      .notRecognised, "without their table"),
    Row(
      "iptables: bridges", "# Generated by ebtables-save v1.8\n*filter\n:INPUT ACCEPT\n",
      .wrongKind,
      "bridges"),
    Row("iptables: XML without tables", "<iptables-rules version='1.0'/>", .wrongKind, "no table"),
    Row(
      "nftables: text",
      "table inet filter {\n  chain forward {\n    type filter hook forward priority 0;\n  }\n}\n",
      .notRecognised, "nftables ruleset as text", "nft -j list ruleset"),
    Row(
      "firewalld: what the command lists",
      "public (active)\n  target: default\n  icmp-block-inversion: no\n  services: ssh\n  masquerade: no\n  rich rules: \n",
      .notRecognised, "firewall-cmd", "/etc/firewalld"),
    Row(
      "Windows: a report without firewall",
      "<GPO><Identifier/><Name>x</Name><Computer><Enabled>true</Enabled></Computer></GPO>",
      .wrongKind, "no settings of Windows Firewall"),
    Row("Windows: a hive", bytes: Array("regf".utf8) + [0, 1, 2, 3], .wrongKind, "hive"),
    Row(
      "Windows: netsh",
      "Rule Name:                            Core Networking\n-----\nEnabled:    Yes\nDirection:  Out\nProfiles:   Domain\nLocalIP:    Any\n",
      .notRecognised, "netsh", "Export-WindowsFirewall.ps1"),
    Row(
      "Windows: other registry keys",
      "Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Example]\n\"a\"=\"b\"\n",
      .notRecognised, "registry export of other keys"),
    Row(
      "pf rules",
      "scrub on em0 all\nblock drop in log all\npass in quick on em1 all\npass out all\n",
      .notRecognised, "pf rules as text", "config.xml"),
    Row(
      "FortiGate: encrypted", "#FGBK|4|FGT60F|7|0|1234|abcdef", .wrongKind, "encrypted"),
    Row(
      "FortiGate: JSON of the monitor",
      #"{"http_method": "GET", "vdom": "root", "policyid": 3, "bytes": 12}"#, .wrongKind,
      "FortiGate"),
    Row(
      "Check Point: an error",
      #"{"code": "generic_err_object_not_found", "message": "Requested object [x] not found"}"#,
      .wrongKind, "generic_err_object_not_found"),
    Row(
      "nftables: JSON without tables", #"{"nftables": [{"counter": {}}]}"#, .wrongKind,
      "neither tables nor chains"),
  ])
  func wrongFileOfAProduct(_ row: Row) throws { try Self.check(row) }

  /// Nothing that can be read, and named for what it is.
  @Test(arguments: [
    Row("empty", "", .malformed, "empty"), Row("blank", "\n \n", .malformed, "empty"),
    Row("gzip", bytes: [0x1F, 0x8B, 8, 0, 0, 0], .wrongKind, "gzip archive", "unpack"),
    Row("zip", bytes: [0x50, 0x4B, 3, 4, 20, 0], .wrongKind, "zip archive", "unpack"),
    Row("OpenSSL", "Salted__abcdefgh", .wrongKind, "OpenSSL", "without encryption"),
    Row("database", "SQLite format 3\0....", .wrongKind, "SQLite", "--db"),
    Row("PDF", "%PDF-1.7\n", .notRecognised, "PDF"),
    Row("program", bytes: [0x7F, 0x45, 0x4C, 0x46, 2, 1], .notRecognised, "a program"),
    Row("packet capture", bytes: [0xD4, 0xC3, 0xB2, 0xA1, 2, 0], .notRecognised, "packet capture"),
    Row(
      "web page",
      "<!DOCTYPE html>\n<html><head><title>Log in</title></head><body><br></body></html>",
      .notRecognised, "web page"),
    Row(
      "web page as XML", "<?xml version='1.0'?><html><body/></html>", .notRecognised, "web page",
      "`html`"),
    Row(
      "WatchGuard",
      "<profile><for-version>12.9</for-version><abs-policy-list><abs-policy/></abs-policy-list></profile>",
      .notRecognised, "`profile`", "closest is", "WatchGuard", "`for-version`"),
    Row(
      "Sophos",
      "<Configuration APIVersion='2000.1'><FirewallRule><Name>a</Name><NetworkPolicy/></FirewallRule></Configuration>",
      .notRecognised, "Sophos", "`FirewallRule`"),
    Row(
      "Firewall Builder",
      "<FWObjectDatabase version='24'><Library><PolicyRule/></Library></FWObjectDatabase>",
      .notRecognised, "Firewall Builder"),
    Row(
      "a part of PAN-OS under another root",
      "<export><vsys><entry name='vsys1'/></vsys><rulebase/></export>", .notRecognised,
      "closest is",
      "PAN-OS", "because it has `vsys` and `rulebase`"),
    Row(
      "a part of Panorama under another root",
      "<export><device-group/><pre-rulebase/></export>", .notRecognised, "closest is", "Panorama"),
    Row(
      "a part of Junos under another root",
      "<policies><policy><from-zone-name>a</from-zone-name><to-zone-name>b</to-zone-name></policy></policies>",
      .notRecognised, "closest is", "Junos"),
    Row(
      "unknown XML", "<inventory><item>1</item></inventory>", .notRecognised, "`inventory`",
      "sallyport formats"),
    Row(
      "unknown JSON", #"{"hello": 1, "world": []}"#, .notRecognised, "`hello`", "sallyport formats"),
    Row(
      "OpenStack",
      #"{"security_groups": [{"security_group_rules": [{"ethertype": "IPv4", "port_range_min": 1}]}]}"#,
      .notRecognised, "OpenStack"),
    Row(
      "Zscaler",
      #"[{"nwServices": [], "nwApplications": [], "destCountries": ["X"], "action": "ALLOW"}]"#,
      .notRecognised, "Zscaler"),
    Row(
      "Cisco ASA",
      "ASA Version 9.16(2)\nhostname fw\ninterface GigabitEthernet0/0\n nameif outside\n security-level 0\naccess-list a extended permit ip any any\n",
      .notRecognised, "Cisco ASA"),
    Row(
      "Terraform", "terraform {\n}\nresource \"aws_security_group\" \"a\" {\n}\n", .notRecognised,
      "Terraform"),
    Row("plain text", "hello, world\nthis is a note\n", .notRecognised, "text starting `hello"),
    Row("binary", bytes: [1, 2, 3, 4, 200, 201, 0, 9], .notRecognised, "binary data"),
  ])
  func foreignFile(_ row: Row) throws { try Self.check(row) }

  /// `formats` lists every format with how to export it.
  @Test(arguments: importerRegistry.importers.map(\.format))
  func everyFormatSaysHowToExportIt(_ format: ImportFormat) {
    #expect(!format.product.isEmpty && !format.versions.isEmpty && !format.pieces.isEmpty)
    #expect(!format.howToExport.isEmpty && format.howToExport.allSatisfy { !$0.isEmpty })
  }
}
