import ComplianceEngine
import ImportKit
import NetworkSets
import PolicyModel
import TestSupport
import Testing

/// Real pfSense and OPNsense configurations, with the answers that an auditor worked out by hand.
@Suite(.enabled(if: Repository.fieldSamples != nil)) struct PacketFilterFieldTests {
  @Test(arguments: [
    ("pfsense/pfsense-2.4-56rules-floating-sched-aliases.xml", 56),
    ("pfsense/pfsense-2.4-39rules-aliases.xml", 39),
    ("pfsense/pfsense-2.4-squid-squidguard-snort-haproxy.xml", 14),
    ("pfsense/pfsense-default-config-2.9.xml", 1),
    ("pfsense/pfsense-2.3.4-default-allow.xml", 2),
    ("pfsense/pfsense-2.6-small.xml", 2),
    ("pfsense/pfsense-2.7-small.xml", 1),
    ("pfsense/pfsense-aliases-no-interfaces.xml", 1),
    ("opnsense/opnsense-26.x-factory-mvc-rules.xml", 2),
    ("opnsense/opnsense-carp-master-legacy.xml", 4),
    ("opnsense/opnsense-22.4-hardware-default.xml", 2),
    ("opnsense/opnsense-51rules-openvpn-multi-if.xml", 51),
    ("opnsense/opnsense-mvc-aliases.xml", 2),
    ("opnsense/opnsense-azure-nva.xml", 6),
    ("opnsense/opnsense-iso8859-1.xml", 1),
  ])
  func everyConfigurationIsReadWithItsRules(_ path: String, _ rules: Int) throws {
    let outcome = try FieldSample.read(path)
    #expect(path.hasPrefix(outcome.format.id + "/"))
    #expect(outcome.export.policies.map(\.ruleCount) == [rules])
  }

  // EXPECTED-xml.md, section 5.
  @Test func floatingScheduledAliases() throws {
    let policy = try FieldSample.policy("pfsense/pfsense-2.4-56rules-floating-sched-aliases.xml")
    let lan = try WorkedAnswer(policy, from: "lan", to: "wan")
    for result in [lan.definitions, lan.cloud] {
      #expect(result.verdict == .allowed)
      #expect(result.rules == ["antilock_out_3"])
    }
    #expect(lan.revocation.verdict == .allowed)
    #expect(lan.revocation.rules == ["antilock_out_2"])
    let third = try WorkedAnswer(policy, from: "opt3", to: "wan")
    for result in third.all { #expect(result.verdict == .allowed) }
    let down = try WorkedAnswer(policy, from: "opt2", to: "wan")
    for result in down.all { #expect(result.verdict == .blocked) }
  }

  // EXPECTED-xml.md, section 6.
  @Test func packages() throws {
    let policy = try FieldSample.policy(
      "pfsense/pfsense-2.4-squid-squidguard-snort-haproxy.xml")
    let lan = try WorkedAnswer(policy, from: "lan", to: "wan")
    for result in lan.all {
      #expect(result.verdict == .conditional)
      #expect(result.hasCondition(.externalList, "pfB_Asia_v4"))
      #expect(result.hasCondition(.externalList, "pfB_DNSBLIP_v4"))
      #expect(result.hasCondition(.externalList, "DNS block lists"))
      #expect(result.hasCondition(.unmodelled, "squid"))
    }
    #expect(lan.definitions.hasCondition(.unmodelled, "without decryption"))
    #expect(policy.pipelines.allSatisfy { $0.inspection == nil }, "spliced, not decrypted")
  }

  // EXPECTED-xml.md, section 7.
  @Test func factoryRulesInTheNewerStore() throws {
    let policy = try FieldSample.policy("opnsense/opnsense-26.x-factory-mvc-rules.xml")
    let answer = try WorkedAnswer(policy, from: "lan", to: "wan", networks: "192.168.1.0/24")
    for result in answer.all {
      #expect(result.verdict == .allowed)
      #expect(result.rules == ["Default allow LAN to any rule"])
    }
    // The address of the interface comes from the provider's prefix, which is not in the file.
    let six = try WorkedAnswer(policy, from: "lan", to: "wan", family: .ipv6)
    for result in six.all { #expect(result.rules.contains("Default allow LAN IPv6 to any rule")) }
  }

  // EXPECTED-xml.md, section 8: certain for clients in the network of the interface, and that
  // network is not in the file, because the address comes by DHCP.
  @Test func azureAppliance() throws {
    let policy = try FieldSample.policy("opnsense/opnsense-azure-nva.xml")
    let answer = try WorkedAnswer(policy, from: "lan", to: "wan")
    for result in answer.all {
      #expect(result.verdict == .conditional)
      #expect(result.rules.contains("Default allow LAN to any rule"))
      #expect(result.hasCondition(.unresolved, "network of interface `lan`"))
    }
  }
}
