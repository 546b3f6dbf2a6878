import ImportKit
import NetworkSets
import PolicyModel
import Testing

import Importers
@testable import AWSImporter
@testable import AzureImporter
@testable import CheckPointImporter
@testable import CiscoFMCImporter
@testable import FortiGateImporter
@testable import MerakiImporter

/// Section 0.1 of the notes for Azure, nftables and Windows: a row for each cell. Those for AWS are in
/// ``AWSGrammarTests``.
@Suite struct CloudWildcardCellTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let entry: String
    let url: (String, String)
    let expected: Bool

    init(_ entry: String, _ host: String, _ expected: Bool, path: String = "/") {
      self.entry = entry
      url = (host, path)
      self.expected = expected
    }

    var testDescription: String { "\(entry) \(url.0)\(url.1)" }
  }

  /// learn.microsoft.com, Azure Firewall FAQ, "How do wildcards work in target URLs and target FQDNs
  /// in application rules?" (azure-docs articles/firewall/firewall-faq.yml at 004d777ae820).
  @Test(arguments: [
    Row("*.contoso.com", "contoso.com", false), Row("*.contoso.com", "any.contoso.com", true),
    Row("*.contoso.com", "a.b.contoso.com", true),
    Row("*contoso.com", "example.anycontoso.com", true),
    Row("*contoso.com", "contoso.com", true), Row("contoso.com", "any.contoso.com", false),
    Row("*", "anything.example", true),
  ])
  func azureTargetNames(_ row: Row) throws {
    let pattern = try #require(AzureNames.hosts(row.entry))
    #expect(pattern.matches(try #require(HostName(row.url.0))) == row.expected)
  }

  /// The same page: no star in the middle or at the end of a name, no port.
  @Test(arguments: ["www.*.contoso.com", "contoso.*", "contoso.com:8443", "*.contoso.com/path"])
  func outsideOfAzureTargetNames(_ text: String) { #expect(AzureNames.hosts(text) == nil) }

  /// The same page, target URLs.
  @Test(arguments: [
    Row("www.contoso.com", "www.contoso.com", true),
    Row("www.contoso.com", "www.contoso.com", false, path: "/test"),
    Row("www.contoso.com/test", "www.contoso.com", true, path: "/test"),
    Row("www.contoso.com/test", "www.contoso.com", false, path: "/test/"),
    Row("www.contoso.com/test/*", "www.contoso.com", true, path: "/test/anything"),
    Row("www.contoso.com/test/*", "www.contoso.com", false, path: "/test"),
    Row("*.contoso.com/test/*", "any.contoso.com", true, path: "/test/anything"),
    Row("*.contoso.com/test/*", "contoso.com", false, path: "/test/anything"),
  ])
  func azureTargetURLs(_ row: Row) throws {
    let pattern = try #require(AzureNames.url(row.entry))
    #expect(
      pattern.matches(host: try #require(HostName(row.url.0)), path: row.url.1) == row.expected)
  }

  /// learn.microsoft.com, "Use FQDN filtering in network rules": "wildcards aren't supported"; names
  /// are resolved, and only a firewall that is the clients' DNS server sees their addresses.
  @Test func azureNetworkRulesHoldNoWildcard() throws {
    let text = """
      [{"ruleCollectionType": "FirewallPolicyFilterRuleCollection", "name": "c", "priority": 100,
        "action": {"type": "Allow"}, "rules": [{"ruleType": "NetworkRule", "name": "r",
          "ipProtocols": ["TCP"], "sourceAddresses": ["*"], "destinationPorts": ["443"],
          "destinationFqdns": ["*.contoso.com", "www.contoso.com"]}]}]
      """
    let policy = try #require(
      try importerRegistry.read([ExportFile(name: "c", bytes: Array(text.utf8))]).export.policies
        .first)
    let rule = try #require(policy.table(named: "network rules")?.rules.first { $0.name == "c/r" })
    let name = try #require(HostName("www.contoso.com"))
    let destination = rule.match.clauses.compactMap { clause -> [EndpointTerm]? in
      if case .destination(let list) = clause { list.terms } else { nil }
    }.flatMap { $0 }
    #expect(destination.count == 2)
    #expect(destination.contains(.host(.exact(name), .resolved)))
    // Should it be resolved after all, then to addresses of names below it.
    let apex = try #require(HostName("contoso.com"))
    #expect(destination.contains(.host(.subdomains(apex), .resolved)))
  }

  /// nft(8): names are resolved when a ruleset is loaded and never kept; a name in a dump is no
  /// address and becomes a condition.
  @Test func nftablesHoldsNoNames() throws {
    let text = """
      {"nftables": [{"metainfo": {"json_schema_version": 1}},
        {"table": {"family": "inet", "name": "f", "handle": 1}},
        {"chain": {"family": "inet", "table": "f", "name": "forward", "handle": 1, "type": "filter",
          "hook": "forward", "prio": 0, "policy": "drop"}},
        {"rule": {"family": "inet", "table": "f", "chain": "forward", "handle": 2, "expr": [
          {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "daddr"}},
            "right": "*.contoso.com"}}, {"accept": null}]}}]}
      """
    let policy = try #require(
      try importerRegistry.read([ExportFile(name: "n", bytes: Array(text.utf8))]).export.policies
        .first)
    let rule = try #require(policy.table(named: "inet f forward")?.rules.first)
    #expect(
      rule.match.clauses.contains { clause in
        guard case .destination(let list) = clause,
          case .condition(let condition)? = list.terms.first
        else { return false }
        return condition.kind == .unresolved
      })
  }

  /// learn.microsoft.com, "Windows Firewall dynamic keywords": names that AutoResolve looks up, with
  /// a star for hosts; whether the star holds its own domain is not stated, hence never for certain.
  @Test(arguments: [("*.contoso.com", "www.contoso.com"), ("contoso.com", "contoso.com")])
  func windowsDynamicKeywords(_ row: (String, String)) throws {
    let id = "{12345678-1111-2222-3333-444444444444}"
    let text = """
      {"schema": "sallyport.windows-firewall/1", "store": "ActiveStore",
       "profiles": [{"Name": "Domain", "Enabled": "True", "DefaultOutboundAction": "Block"}],
       "rules": [{"InstanceID": "r", "DisplayName": "r", "Enabled": "True", "Direction": "Outbound",
         "Action": "Allow", "Profile": "Any", "RemoteDynamicKeywordAddresses": ["\(id)"]}],
       "dynamicKeywordAddresses": [{"Id": "\(id)", "Keyword": "\(row.0)", "AutoResolve": true}]}
      """
    let policy = try #require(
      try importerRegistry.read([ExportFile(name: "w", bytes: Array(text.utf8))]).export.policies
        .first)
    let answer =
      policy.endpointObjects.flatMap(\.list.terms)
      + (policy.table(named: "outbound")?.rules.flatMap { rule in
        rule.match.clauses.flatMap { clause -> [EndpointTerm] in
          if case .destination(let list) = clause { list.terms } else { [] }
        }
      } ?? [])
    let host = try #require(HostName(row.1))
    #expect(
      answer.contains { term in
        if case .host(let pattern, .resolved) = term { pattern.matches(host) } else { false }
      }, "\(answer)")
  }
}
