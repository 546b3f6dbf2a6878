import ComplianceEngine
import EndpointCatalogue
import ImportKit
import Importers
import NetworkSets
import PolicyModel
import TestSupport
import Testing

/// AWS Network Firewall's rules against Suricata, the engine that it runs.
@Suite(.serialized, .enabled(if: Command.exists("suricata"))) struct SuricataTests {
  private static let targets: [SuricataJudge.Target] = [
    .init(host: "go.microsoft.com", port: 443),
    .init(host: "settings-win.data.microsoft.com", port: 443),
    .init(host: "www.example.com", port: 443), .init(host: "crl.microsoft.com", port: 80),
    .init(host: "www.example.com", port: 80),
  ]

  private static let catalogue: Catalogue = {
    let endpoints = targets.compactMap {
      Endpoint(service: "s", text: $0.host, host: $0.host, portsRequired: [$0.port])
    }
    return Catalogue(
      id: "suricata", version: "1", title: "", published: "2026-01-01", effective: "2026-01-01",
      source: CatalogueSource(title: "", url: "", locale: "en", sha256: ""), statements: [:],
      services: [CatalogueService(id: "s", names: ["en": "s"])], endpoints: endpoints)
  }()

  private static func quoted(_ text: String) -> String {
    "\""
      + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing(
        "\n", with: "\\n")
      + "\""
  }

  private static func verdicts(_ rules: String) throws -> [RequirementResult] {
    let text = """
      [{"FirewallPolicyResponse": {"FirewallPolicyName": "p"}, "FirewallPolicy": {
        "StatelessDefaultActions": ["aws:forward_to_sfe"],
        "StatelessFragmentDefaultActions": ["aws:forward_to_sfe"],
        "StatefulRuleGroupReferences": [{"ResourceArn": "arn:aws:network-firewall:eu-west-1:111122223333:stateful-rulegroup/g"}]}},
       {"RuleGroupResponse": {"RuleGroupName": "g", "Type": "STATEFUL"}, "RuleGroup": {
        "RuleVariables": {"IPSets": {"HOME_NET": {"Definition": ["\(SuricataJudge.home)"]}}},
        "RulesSource": {"RulesString": \(quoted(rules))}}}]
      """
    let export = try importerRegistry.read([ExportFile(name: "p.json", bytes: Array(text.utf8))])
      .export
    let policy = try #require(export.policies.first)
    return Evaluation(
      path: NetworkPath(
        hops: [
          Hop(
            device: "d", policy: CompiledPolicy(policy),
            client: Client(networks: AddressSet(parsing: "10.20.30.40")))
        ]), catalogue: catalogue
    ).run().results
  }

  private struct Comparison {
    var compared = 0
    var conditional = 0
    var refused = 0
    var wrong: [String] = []

    mutating func add(_ rules: String, _ judge: SuricataJudge) throws {
      guard let stopped = try judge.stopped(by: rules) else {
        refused += 1
        return
      }
      for result in try SuricataTests.verdicts(rules) {
        compared += 1
        let target = SuricataTests.targets[result.requirement.endpoint]
        let stops = stopped.contains(target)
        switch result.verdict {
        case .allowed where !stops, .blocked where stops: break
        case .conditional, .unknown: conditional += 1
        default:
          wrong.append(
            "\(target.host):\(target.port) Suricata \(stops ? "stops" : "passes"), we say "
              + "\(result.verdict) by \(result.deciding.map { $0.table + "/" + $0.rule }):\n\(rules)"
          )
        }
      }
    }
  }

  /// The shapes that public egress templates use, and the corners of pass and drop.
  @Test func knownShapes() throws {
    let judge = try SuricataJudge(Self.targets)
    defer { judge.remove() }
    var comparison = Comparison()
    for rules in Self.shapes { try comparison.add(rules, judge) }
    #expect(comparison.refused == 0)
    #expect(comparison.wrong.isEmpty, "\(comparison.wrong.joined(separator: "\n\n"))")
  }

  private static let shapes = [
    #"drop tls $EXTERNAL_NET any -> $HOME_NET any (sid:1;)"#,
    #"drop tcp any 443 -> any any (flow:established; sid:1;)"#,
    """
    pass tls $HOME_NET any -> $EXTERNAL_NET any (tls.sni; content:"go.microsoft.com"; startswith; endswith; flow:not_established; sid:1;)
    drop tls $HOME_NET any -> $EXTERNAL_NET any (sid:2;)
    """,
    """
    pass tls $HOME_NET any -> $EXTERNAL_NET any (tls.sni; content:"go.microsoft.com"; startswith; endswith; sid:1;)
    pass tcp $HOME_NET any -> $EXTERNAL_NET any (flow:not_established,to_server; sid:2;)
    drop tcp $HOME_NET any -> $EXTERNAL_NET any (sid:3;)
    """,
    """
    pass tcp $HOME_NET any -> $EXTERNAL_NET any (flow:not_established, to_server; sid:1;)
    pass tcp $EXTERNAL_NET any -> $HOME_NET any (flow:not_established, to_client; sid:2;)
    drop ip $HOME_NET any -> $EXTERNAL_NET ![443] (sid:3;)
    """,
    """
    pass tcp $HOME_NET any -> $EXTERNAL_NET 443 (sid:1;)
    drop tls any any -> $HOME_NET any (sid:2;)
    """,
    """
    pass tcp $HOME_NET any -> $EXTERNAL_NET any (flags:S; sid:1;)
    drop tls $HOME_NET any -> $EXTERNAL_NET any (sid:2;)
    """,
    #"drop tls any any -> any any (tls.sni; pcre:"/(^|\.)microsoft\.com$/i"; sid:1;)"#,
    #"drop http any any -> any any (content:"crl.microsoft.com"; http_host; sid:1;)"#,
    #"drop tls any any -> any any (tls.sni; to_lowercase; content:"go.microsoft.com"; bsize:16; sid:1;)"#,
    "# old: \u{2028}drop ip any any -> any any (sid:9;)\npass tcp any any -> any any (sid:1;)",
  ]

  @Test func generatedRules() throws {
    let judge = try SuricataJudge(Self.targets)
    defer { judge.remove() }
    var maker = SuricataRuleMaker(random: SeededRandom())
    var comparison = Comparison()
    for _ in 0..<rounds(24) { try comparison.add(maker.rules(), judge) }
    #expect(comparison.compared > 0)
    #expect(
      comparison.wrong.isEmpty,
      "seed \(maker.random.seed): \(comparison.wrong.count) of \(comparison.compared)\n\(comparison.wrong.joined(separator: "\n\n"))"
    )
    print(
      "Suricata: \(comparison.compared) compared, \(comparison.conditional) conditional, "
        + "\(comparison.refused) rule sets refused, \(comparison.wrong.count) wrong")
  }
}
