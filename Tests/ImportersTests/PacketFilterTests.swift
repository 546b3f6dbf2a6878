import ImportKit
import Importers
import NetworkSets
import PolicyModel
import TestSupport
import Testing

/// What the order of rules and the grammar of aliases come to, beyond what verdicts show.
@Suite struct PacketFilterTests {
  private func policy(_ format: String, _ name: String) throws -> Policy {
    let sample = SampleCase(format: format, name: name)
    let outcome = try importerRegistry.read(try sample.inputs())
    return try #require(outcome.export.policies.first)
  }

  @Test func bothStoresAreLoadedInOneOrder() throws {
    let rules = try #require(try policy("opnsense", "both-stores").table(named: "in")).rules
    let numbers = rules.filter { $0.origin == .written }.compactMap { $0.name.first }
    #expect(String(numbers) == "123456789")
  }

  @Test func exceptionsGoByTheLongestPrefix() throws {
    let objects = try policy("opnsense", "aliases-new").endpointObjects
    let half = try #require(objects.first { $0.name == "half" })
    #expect(
      half.list
        == EndpointList([
          .addresses(
            try #require(AddressSet(parsing: "10.30.0.0/25")).union(
              try #require(AddressSet(parsing: "10.30.0.200"))))
        ]))
  }

  /// Who names the line that a rule is routed to gets the answer of that line's outgoing rules.
  @Test func namedWayOutSettlesPolicyRouting() throws {
    let routed = try policy("pfsense", "policy-routing")
    let second = try WorkedAnswer(routed, from: "lan", to: "opt3")
    #expect(second.definitions.verdict == .blocked)
    #expect(second.definitions.rules == ["second line blocks TLS"])
    let usual = try WorkedAnswer(routed, from: "lan", to: "wan")
    #expect(usual.definitions.verdict == .conditional)
    #expect(usual.definitions.hasCondition(.interfaceBinding, "SECOND"))
  }

  /// IPv6 is not translated, so an outgoing rule sees the clients' own addresses.
  @Test func translationIsForIPv4() throws {
    let floating = try policy("pfsense", "floating-translated")
    let six = try WorkedAnswer(floating, from: "lan", to: "wan", family: .ipv6)
    #expect(six.definitions.verdict != .allowed)
  }
}
