import ComplianceEngine
import ImportKit
import Importers
import PolicyModel
import Testing

@testable import AzureImporter

/// What an export leaves open is a condition of what it is about, and what is not in force is left out.
@Suite struct AzureDoubtTests {
  // MARK: Exports in pieces

  private static let schema =
    #""$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0""#

  private static func template(
    _ resources: String, parameters: String = "{}", variables: String = "{}"
  ) -> String {
    "{\(schema), \"parameters\": \(parameters), \"variables\": \(variables), \"resources\": [\(resources)]}"
  }

  private static let policy =
    #"{"type": "Microsoft.Network/firewallPolicies", "name": "p", "properties": {"sku": {"tier": "Standard"}}}"#

  /// A group of the policy `p` with one collection of one rule.
  private static func group(
    _ name: String = "g", priority: String = "100", action: String = "Allow",
    rule: String = anyRule, extra: String = "", type: String = "ruleCollectionGroups",
    own: String = "100"
  ) -> String {
    """
    {"type": "Microsoft.Network/firewallPolicies/\(type)", "name": "p/\(name)", \(extra)
     "properties": {"priority": \(priority), "ruleCollections": [
       {"ruleCollectionType": "FirewallPolicyFilterRuleCollection", "name": "c", "priority": \(own),
        "action": {"type": "\(action)"}, "rules": [\(rule)]}]}}
    """
  }

  private static let anyRule = network()

  private static func network(
    protocols: String = #"["TCP"]"#, destinations: String = #"["*"]"#, ports: String = #"["*"]"#,
    extra: String = ""
  ) -> String {
    """
    {"ruleType": "NetworkRule", "name": "n", "ipProtocols": \(protocols), "sourceAddresses": ["*"],
     "destinationAddresses": \(destinations), "destinationPorts": \(ports)\(extra)}
    """
  }

  private static func application(
    _ targets: String, protocols: String = #"[{"protocolType": "Https", "port": 443}]"#
  ) -> String {
    """
    {"ruleType": "ApplicationRule", "name": "a", "sourceAddresses": ["*"], "protocols": \(protocols),
     \(targets)}
    """
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let expected: String
    let texts: [String]

    init(_ name: String, _ expected: String, _ texts: String...) {
      self.name = name
      self.expected = expected
      self.texts = texts
    }

    var testDescription: String { name }
  }

  // MARK: In force or not

  /// learn.microsoft.com, "Conditional deployment in ARM templates": "When the value is false, the
  /// resource isn't created"; "Deploy drafts": "changes do not affect the live policy".
  @Test(arguments: [
    Row(
      "condition true", "allowed 46", template(policy + "," + group(extra: "\"condition\": true,"))),
    Row(
      "condition false", "blocked 46",
      template(policy + "," + group(extra: "\"condition\": false,"))),
    Row(
      "condition of a parameter", "blocked 46",
      template(
        policy + "," + group(extra: "\"condition\": \"[parameters('open')]\","),
        parameters: #"{"open": {"type": "bool", "defaultValue": false}}"#)),
    Row(
      "condition of a comparison", "blocked 46",
      template(policy + "," + group(extra: "\"condition\": \"[equals('no', 'yes')]\","))),
    Row(
      "condition not known", "conditional 46",
      template(
        policy + "," + group(extra: "\"condition\": \"[parameters('open')]\","),
        parameters: #"{"open": {"type": "bool"}}"#)),
    Row(
      "condition decided by its other half", "blocked 46",
      template(
        policy + "," + group(extra: "\"condition\": \"[and(parameters('open'), false())]\","),
        parameters: #"{"open": {"type": "bool"}}"#)),
    Row(
      "the draft of a group", "blocked 46",
      template(
        [
          policy, group(action: "Deny"),
          group(type: "ruleCollectionGroups/ruleCollectionGroupDrafts"),
        ]
        .joined(separator: ","))),
    Row(
      "the draft of a policy", "blocked 46",
      template(
        [
          policy, group(action: "Deny"),
          #"{"type": "Microsoft.Network/firewallPolicies/firewallPolicyDrafts", "name": "p/default", "properties": {"basePolicy": {"id": "/x/firewallPolicies/q"}}}"#,
        ].joined(separator: ","))),
    Row(
      "an update that failed", "conditional 46",
      template(
        policy + ","
          + group().replacing(
            "\"priority\": 100, \"rule",
            with: "\"provisioningState\": \"Failed\", \"priority\": 100, \"rule"))),
    Row(
      "an update that succeeded", "allowed 46",
      template(
        policy + ","
          + group().replacing(
            "\"priority\": 100, \"rule",
            with: "\"provisioningState\": \"Succeeded\", \"priority\": 100, \"rule"))),
  ])
  func inForce(_ row: Row) throws {
    #expect(try CloudJudgement.judge(row.texts, scope: "p").summary == row.expected)
  }

  /// The condition of a deployment covers all in it; that of a resource not its children.
  @Test func conditionsOfDeployments() throws {
    func nested(_ condition: String) -> String {
      Self.template(
        """
        {"type": "Microsoft.Resources/deployments", "name": "fw", "condition": \(condition), "properties": {
          "template": {\(Self.schema), "resources": [\(Self.policy), \(Self.group())]}}}
        """)
    }
    #expect(try CloudJudgement.judge([nested("true")]).summary == "allowed 46")
    #expect(throws: ImportError.self) { try CloudJudgement.read([nested("false")]) }
    #expect(
      try CloudJudgement.judge([nested("\"[parameters('x')]\"")]).summary == "conditional 46")
    let child = """
      {"type": "Microsoft.Network/firewallPolicies", "name": "p", "condition": false, "resources": [
        \(Self.group())]}
      """
    #expect(throws: ImportError.self) { try CloudJudgement.read([Self.template(child)]) }
  }

  /// A reference to a policy that exists already is no second policy.
  @Test func existingResources() throws {
    let existing =
      #"{"type": "Microsoft.Network/firewallPolicies", "name": "p", "existing": true}"#
    let policies = try CloudJudgement.read([
      Self.template([existing, Self.policy, Self.group()].joined(separator: ","))
    ])
    #expect(policies.map(\.scope) == ["p"])
    #expect(try CloudJudgement.judge(policies[0]).summary == "allowed 46")
  }

  // MARK: What is missing

  @Test(arguments: [
    Row("no group at all", "conditional 46", template(policy)),
    Row("groups without their policy", "conditional 46", template(group())),
    Row(
      "a listed group that is not there", "conditional 46",
      listed(["g", "other"]),
      "[\(group(extra: #""id": "/s/firewallPolicies/p/ruleCollectionGroups/g","#))]"),
    Row(
      "all listed groups", "allowed 46",
      listed(["g"]), "[\(group(extra: #""id": "/s/firewallPolicies/p/ruleCollectionGroups/g","#))]"),
    Row("a policy that lists none", "blocked 46", listed([])),
    Row(
      "a first page", "conditional 46", policy,
      #"{"value": ["# + group() + #"], "nextLink": "https://example.com/next"}"#),
    Row(
      "a last page", "allowed 46", policy,
      #"{"value": ["# + group() + #"], "nextLink": null}"#),
    Row(
      "a page, and the policy that lists its groups", "allowed 46", listed(["g"]),
      #"{"value": ["# + group() + #"], "nextLink": "https://example.com/next"}"#),
    Row(
      "a parent that is not there", "conditional 46",
      template(
        policy.replacing("\"sku\"", with: #""basePolicy": {"id": "/x/firewallPolicies/q"}, "sku""#)
          + "," + group())),
    Row(
      "a parent whose name is not known", "conditional 46",
      template(
        policy.replacing("\"sku\"", with: #""basePolicy": {"id": "[parameters('x')]"}, "sku""#)
          + "," + group())),
    Row(
      "rules by a link", "conditional 46",
      template(
        #"{"type": "Microsoft.Resources/deployments", "name": "firewall-rules", "properties": {"templateLink": {"uri": "https://example.com/x.json"}}}"#
          + "," + policy + "," + group())),
    Row(
      "machines by a link", "allowed 46",
      template(
        #"{"type": "Microsoft.Resources/deployments", "name": "machines", "properties": {"templateLink": {"uri": "https://example.com/x.json"}}}"#
          + "," + policy + "," + group())),
  ])
  func missingParts(_ row: Row) throws {
    let verdicts = try CloudJudgement.judge(row.texts, scope: "p")
    #expect(verdicts.summary == row.expected)
  }

  private static func listed(_ names: [String]) -> String {
    let ids = names.map { "{\"id\": \"/s/firewallPolicies/p/ruleCollectionGroups/\($0)\"}" }
    return """
      {"id": "/s/firewallPolicies/p", "name": "p", "type": "Microsoft.Network/FirewallPolicies",
       "threatIntelMode": "Alert", "sku": {}, "ruleCollectionGroups": [\(ids.joined(separator: ","))]}
      """
  }

  /// The first command of an Azure user: says which ones are to follow.
  @Test func firewallWithoutItsPolicy() throws {
    let error = try #require(throws: ImportError.self) {
      try CloudJudgement.read([
        #"{"name": "fw", "type": "Microsoft.Network/azureFirewalls", "firewallPolicy": {"id": "/x/firewallPolicies/hub-policy"}, "networkRuleCollections": [], "applicationRuleCollections": [], "natRuleCollections": []}"#
      ])
    }
    #expect(error.code == .incomplete)
    #expect(error.description.contains("rule-collection-group list --policy-name hub-policy"))
  }

  // MARK: Values

  /// An allow of everything behind a deny with one odd value.
  private static func denyFirst(_ rule: String, own: String = "100") -> String {
    template(
      [
        policy, group("deny", action: "Deny", rule: rule, own: own),
        group("allow", priority: "200"),
      ]
      .joined(separator: ","), parameters: #"{"x": {"type": "string"}}"#)
  }

  @Test(arguments: [
    Row(
      "protocol of a parameter", "conditional 46",
      denyFirst(network(protocols: #"["UDP", "[parameters('x')]"]"#))),
    Row("protocol of no table", "conditional 46", denyFirst(network(protocols: #"["QUICK"]"#))),
    Row("another protocol by number", "allowed 46", denyFirst(network(protocols: #"["47"]"#))),
    Row("no protocol", "conditional 46", denyFirst(network(protocols: "[]"))),
    Row(
      "port of a parameter", "conditional 46", denyFirst(network(ports: #"["[parameters('x')]"]"#))),
    Row(
      "port of a parameter, for UDP", "allowed 46",
      denyFirst(network(protocols: #"["UDP"]"#, ports: #"["[parameters('x')]"]"#))),
    Row("no port", "conditional 46", denyFirst(network(ports: "[]"))),
    // Seven rows of the catalogue use port 80.
    Row(
      "a protocol not known on one port", "allowed 39, conditional 7",
      denyFirst(network(protocols: #"["[parameters('x')]"]"#, ports: #"["80"]"#))),
    Row("no destination", "conditional 46", denyFirst(network(destinations: "[]"))),
    Row(
      "a member that nobody knows", "conditional 46",
      denyFirst(network(extra: #", "onlyForFrogs": true"#))),
    Row("an empty member", "blocked 46", denyFirst(network(extra: #", "onlyForFrogs": []"#))),
    Row(
      "priority of a parameter", "conditional 46",
      denyFirst(anyRule, own: "\"[parameters('x')]\"")),
    Row(
      "a kind of rule that is not known", "conditional 46",
      denyFirst(network().replacing("NetworkRule", with: "LaterRule"))),
    Row(
      "an action that is not known", "conditional 46",
      template([policy, group(action: "Perhaps")].joined(separator: ","))),
    Row(
      "an action that is not known, for other traffic", "allowed 46",
      template(
        [
          policy, group("odd", action: "Perhaps", rule: network(protocols: #"["UDP"]"#)),
          group("allow", priority: "200"),
        ].joined(separator: ","))),
    Row(
      "rules by an expression, of a collection that allows", "blocked 46",
      template(
        [
          policy, group("deny", priority: "50", action: "Deny"),
          group("odd").replacing("[\(anyRule)]", with: "\"[parameters('x')]\""),
        ].joined(separator: ","))),
    Row(
      "a wildcard where a name is resolved", "allowed 45, conditional 1",
      template(
        [
          policy,
          group(
            "deny", action: "Deny",
            rule: network(
              destinations: "[]", extra: #", "destinationFqdns": ["*.wdcp.microsoft.com"]"#)),
          group("allow", priority: "200"),
        ].joined(separator: ","))),
  ])
  func values(_ row: Row) throws {
    #expect(try CloudJudgement.judge(row.texts, scope: "p").summary == row.expected)
  }

  /// learn.microsoft.com, New-AzFirewallApplicationRule, parameter set "FqdnTag": no protocols.
  @Test(arguments: [
    "[]", #"[{"protocolType": "Https", "port": 443}, {"protocolType": "Http", "port": 80}]"#,
  ])
  func tags(_ protocols: String) throws {
    let rule = Self.application(#""fqdnTags": ["WindowsUpdate"]"#, protocols: protocols)
    let verdicts = try CloudJudgement.judge([
      Self.template(Self.policy + "," + Self.group(rule: rule))
    ])
    #expect(verdicts.summary == "conditional 46")
    #expect(verdicts.kinds == [.vendorTag])
  }

  @Test func intrusionPrevention() throws {
    func judged(_ mode: String) throws -> String {
      let policy = Self.policy.replacing(
        "\"sku\"", with: #""intrusionDetection": {"mode": "\#(mode)"}, "sku""#)
      return try CloudJudgement.judge([Self.template(policy + "," + Self.group())]).summary
    }
    #expect(try judged("Deny") == "conditional 46")
    #expect(try judged("Alert") == "allowed 46")
    #expect(try judged("Off") == "allowed 46")
  }

  // MARK: Scopes

  /// Groups of another policy of the same template are not mixed in, nor are those of one that is not
  /// in the export.
  @Test func groupsOfOtherPolicies() throws {
    let other = Self.group().replacing("\"p/g\"", with: "\"q/g\"")
    let policies = try CloudJudgement.read([
      Self.template([Self.policy, Self.group(action: "Deny"), other].joined(separator: ","))
    ])
    #expect(policies.map(\.scope) == ["p", "q"])
    #expect(try CloudJudgement.judge(policies[0]).summary == "blocked 46")
    #expect(try CloudJudgement.judge(policies[1]).summary == "conditional 46")
  }
}
