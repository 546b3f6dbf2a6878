import ComplianceEngine
import ImportKit
import NetworkSets
import PolicyModel
import TestSupport
import Testing

/// Real PAN-OS and Panorama configurations, with the answers that an auditor worked out by hand.
@Suite(.enabled(if: Repository.fieldSamples != nil)) struct PANOSFieldTests {
  @Test(arguments: [
    ("panos-8.0-pa200-58rules-fqdn-negate-appid.xml", ["vsys1": 58]),
    ("panos-11.0-ironskillet-no-rules-default-rules-edl.xml", ["vsys1": 0]),
    ("panos-8.0-ironskillet-3rules-urlcat.xml", ["vsys1": 3]),
    ("panos-8.1-gcp-autoscale-disabled-rule.xml", ["vsys1": 3]),
    ("panos-9.0-slr-tap-1rule.xml", ["vsys1": 1]),
    ("panos-5.0-legacy-decryption-nat.xml", ["vsys1": 4]),
    ("panos-8.1-generated-partial-config.xml", ["vsys1": 7]),
    ("panos-10.2-unrendered-template-placeholders.xml", ["vsys1": 1]),
  ])
  func everyFirewallIsReadWithItsRules(_ name: String, _ rules: [String: Int]) throws {
    let outcome = try FieldSample.read("paloalto-panos/" + name)
    #expect(outcome.format.id == "panos")
    let counts = outcome.export.policies.map { ($0.scope, $0.ruleCount) }
    #expect(Dictionary(uniqueKeysWithValues: counts) == rules)
  }

  @Test(arguments: [
    (
      "panorama-10.0-nested-dg-merger.xml",
      ["FR Datacenter": 3, "DE-Berlin Office": 8, "testDG": 4]
    ),
    (
      "panorama-6.0-3dg-pre-post.xml",
      ["Perimeter-FWs": 4, "Datacenter-Firewalls": 2, "ResolvZoneTest": 4]
    ),
    ("panorama-11.0-ironskillet-default-rules.xml", ["sample_devicegroup": 0]),
    ("panorama-8.0-ironskillet.xml", ["sample_devicegroup": 3]),
  ])
  func everyPanoramaIsReadWithItsScopes(_ name: String, _ rules: [String: Int]) throws {
    let outcome = try FieldSample.read("paloalto-panorama/" + name)
    #expect(outcome.format.id == "panorama")
    let counts = outcome.export.policies.map { ($0.scope, $0.ruleCount) }
    #expect(Dictionary(uniqueKeysWithValues: counts) == rules)
    for policy in outcome.export.policies {
      #expect(
        policy.notes.contains { $0.kind == .completeness && $0.text.contains("between the pre") })
    }
  }

  // EXPECTED-xml.md, section 1.
  @Test func pa200() throws {
    let policy = try FieldSample.policy(
      "paloalto-panos/panos-8.0-pa200-58rules-fqdn-negate-appid.xml")
    let answer = try WorkedAnswer(policy, from: "trust", to: "untrust")
    for result in answer.all {
      #expect(result.verdict == .conditional)
      #expect(result.rules.contains("free-internet") || result.hasCondition(.category))
      #expect(result.conditions.allSatisfy { $0.condition.kind == .category })
    }
    let management = try WorkedAnswer(policy, from: "mgmt", to: "untrust")
    for result in management.all {
      #expect(result.rules.contains("mgmt.untrust.cleanup"))
    }
    let routing = try WorkedAnswer(policy, from: "bgp", to: "untrust")
    for result in routing.all {
      #expect(result.verdict == .blocked)
      #expect(result.rules == ["cleanup"])
    }
    let disabled = policy.tables.flatMap(\.rules).filter { $0.origin == .written && !$0.enabled }
    #expect(disabled.count == 12)
  }

  // EXPECTED-xml.md, section 2.
  @Test func legacy() throws {
    let policy = try FieldSample.policy("paloalto-panos/panos-5.0-legacy-decryption-nat.xml")
    let answer = try WorkedAnswer(policy, from: "internal", to: "external")
    for result in [answer.definitions, answer.cloud] {
      #expect(result.verdict == .blocked)
      #expect(result.rules == ["secrule4"])
    }
    #expect(answer.revocation.verdict == .partial)
    #expect(Set(answer.revocation.rules) == ["secrule1", "secrule4"])
    let inside = try WorkedAnswer(
      policy, from: "internal", to: "external", networks: "10.0.0.0-10.255.255.255")
    #expect(inside.revocation.verdict == .allowed)
    #expect(inside.revocation.rules == ["secrule1"])
  }

  // EXPECTED-xml.md, section 3: "allowed by `shared pre rule 1`, certain for the order, uncertain for
  // the port": the doubt is whether the application has the port among its default ports.
  @Test(arguments: ["FR Datacenter", "DE-Berlin Office"])
  func nestedDeviceGroups(_ scope: String) throws {
    let policy = try FieldSample.policy(
      "paloalto-panorama/panorama-10.0-nested-dg-merger.xml", scope: scope)
    let security = try #require(policy.table(named: "security"))
    #expect(security.rules.first?.name == "shared pre rule 1")
    let answer = try WorkedAnswer(policy, from: "internal", to: "external")
    for result in answer.all {
      #expect(result.verdict == .conditional)
      #expect(result.rules.first == "shared pre rule 1")
      #expect(result.hasCondition(.application, "application-default for any application"))
    }
    #expect(policy.pipelines.allSatisfy { $0.inspection == nil }, "only no-decrypt rules")
    if scope == "DE-Berlin Office" {
      let names = security.rules.map(\.name)
      let parent = try #require(names.firstIndex(of: "perimeter - allow users outside"))
      let own = try #require(names.firstIndex(of: "berlin-office  prerule  intra-2"))
      #expect(parent < own, "pre rules of the parent come first")
    }
  }

  // EXPECTED-xml.md, section 4.
  @Test func ironSkilletPanorama() throws {
    let policy = try FieldSample.policy(
      "paloalto-panorama/panorama-11.0-ironskillet-default-rules.xml", scope: "sample_devicegroup")
    let answer = try WorkedAnswer(policy, from: "one", to: "another")
    for result in answer.all {
      #expect(result.verdict == .blocked)
      #expect(result.rules == ["interzone-default"])
      #expect(result.deciding.first?.position?.line == 2645)
    }
    // Inside one zone `intrazone-default` allows, with the profile group Inbound.
    let within = try WorkedAnswer(policy, from: "one", to: "one")
    for result in within.all {
      #expect(result.verdict != .blocked)
      #expect(result.conditions.allSatisfy { $0.condition.kind == .category })
    }
    #expect(policy.notes.contains { $0.text.contains("written in two places") })
  }
}
