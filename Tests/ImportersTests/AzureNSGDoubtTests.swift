import ComplianceEngine
import ImportKit
import Importers
import PolicyModel
import Testing

/// Security groups: what is open, what is not in force, and what stands ahead.
@Suite struct AzureNSGDoubtTests {
  private static let schema =
    #""$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0""#

  private static func template(_ resources: String...) -> String {
    "{\(schema), \"parameters\": {\"x\": {\"type\": \"string\"}}, \"resources\": [\(resources.joined(separator: ","))]}"
  }

  private static let members: [(String, String)] = [
    ("priority", "100"), ("access", "\"Deny\""), ("direction", "\"Outbound\""),
    ("protocol", "\"*\""), ("sourceAddressPrefix", "\"*\""), ("sourcePortRange", "\"*\""),
    ("destinationAddressPrefix", "\"*\""), ("destinationPortRange", "\"*\""),
  ]

  /// A rule that denies everything, with members changed, added, or left out (an empty text).
  private static func properties(_ changes: [(String, String)] = []) -> String {
    var all = members
    for (name, value) in changes {
      if let index = all.firstIndex(where: { $0.0 == name }) {
        all[index].1 = value
      } else {
        all.append((name, value))
      }
    }
    return "{"
      + all.filter { !$0.1.isEmpty }.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
  }

  private static func group(_ rules: String = "[]", extra: String = "") -> String {
    """
    {"type": "Microsoft.Network/networkSecurityGroups", "name": "nsg", \(extra)
     "properties": {"securityRules": \(rules)}}
    """
  }

  private static func rule(_ changes: [(String, String)] = []) -> String {
    "[{\"name\": \"r\", \"properties\": \(properties(changes))}]"
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let expected: String
    let changes: [(String, String)]

    init(_ name: String, _ expected: String, _ changes: (String, String)...) {
      self.name = name
      self.expected = expected
      self.changes = changes
    }

    var testDescription: String { name }
  }

  /// The defaults let everything out to the Internet; the rule denies everything.
  @Test(arguments: [
    Row("as it is", "blocked 46"),
    Row("inbound", "allowed 46", ("direction", "\"Inbound\"")),
    Row("direction missing", "conditional 46", ("direction", "")),
    Row("direction of no table", "conditional 46", ("direction", "\"Sideways\"")),
    Row("direction of a parameter", "conditional 46", ("direction", "\"[parameters('x')]\"")),
    Row("access of no table", "conditional 46", ("access", "\"Audit\"")),
    Row("access missing", "conditional 46", ("access", "")),
    Row("protocol of no table", "conditional 46", ("protocol", "\"Quicker\"")),
    Row("protocol missing", "conditional 46", ("protocol", "")),
    Row("another protocol", "allowed 46", ("protocol", "\"Udp\"")),
    Row("port of no form", "conditional 46", ("destinationPortRange", "\"https\"")),
    Row("port missing", "conditional 46", ("destinationPortRange", "")),
    Row("source port of no form", "conditional 46", ("sourcePortRange", "\"high\"")),
    Row("destination missing", "conditional 46", ("destinationAddressPrefix", "")),
    Row("a member that nobody knows", "conditional 46", ("onlyOnFridays", "true")),
    Row("priority missing", "blocked 46", ("priority", "")),
    Row("an update that failed", "conditional 46", ("provisioningState", "\"Failed\"")),
    Row("an update that succeeded", "blocked 46", ("provisioningState", "\"Succeeded\"")),
    Row(
      "halves in one rule", "blocked 46", ("destinationAddressPrefix", ""),
      ("destinationAddressPrefixes", #"["0.0.0.0/1", "128.0.0.0/1"]"#)),
  ])
  func values(_ row: Row) throws {
    let text = Self.template(Self.group(Self.rule(row.changes)))
    #expect(try CloudJudgement.judge([text]).summary == row.expected)
  }

  /// An allow whose priority is open may stand before the deny, or behind it.
  @Test func openPriority() throws {
    let allow = Self.rule([("access", "\"Allow\""), ("priority", "\"[parameters('x')]\"")])
      .dropLast()
    let deny = Self.rule().dropFirst()
    let text = Self.template(Self.group(allow + "," + deny))
    #expect(try CloudJudgement.judge([text]).summary == "conditional 46")
    let alone = Self.template(Self.group(allow + "]"))
    #expect(try CloudJudgement.judge([alone]).summary == "allowed 46")
  }

  /// "When the value is false, the resource isn't created"; without a group everything passes.
  @Test(arguments: [
    ("true", "blocked 46"), ("false", "allowed 46"), ("\"[parameters('x')]\"", "conditional 46"),
  ])
  func conditionsOfLooseRules(_ condition: String, _ expected: String) throws {
    let loose = """
      {"type": "Microsoft.Network/networkSecurityGroups/securityRules", "name": "nsg/deny",
       "condition": \(condition), "properties": \(Self.properties())}
      """
    #expect(try CloudJudgement.judge([Self.template(Self.group(), loose)]).summary == expected)
  }

  @Test func groupPerhapsNotThere() throws {
    let condition = #""condition": "[parameters('x')]","#
    let denying = Self.template(Self.group(Self.rule(), extra: condition))
    #expect(try CloudJudgement.judge([denying]).summary == "conditional 46")
    let open = Self.template(Self.group(extra: condition))
    #expect(try CloudJudgement.judge([open]).summary == "allowed 46")
  }

  /// An answer of the service has its list of rules; a template need not.
  @Test func missingLists() throws {
    let answer =
      #"{"type": "Microsoft.Network/networkSecurityGroups", "name": "nsg", "id": "/x/networkSecurityGroups/nsg", "defaultSecurityRules": []}"#
    #expect(try CloudJudgement.judge([answer]).summary == "conditional 46")
    let template = Self.template(
      #"{"type": "Microsoft.Network/networkSecurityGroups", "name": "nsg", "properties": {}}"#)
    #expect(try CloudJudgement.judge([template]).summary == "allowed 46")
    let page =
      #"{"value": [{"id": "/x/networkSecurityGroups/nsg/securityRules/r", "type": "Microsoft.Network/networkSecurityGroups/securityRules", "name": "r", "properties": "#
      + Self.properties([("access", "\"Allow\"")]) + #"}], "nextLink": "https://example.com/2"}"#
    #expect(try CloudJudgement.judge([page]).summary == "conditional 46")
  }

  /// learn.microsoft.com, "Security admin rules in Azure Virtual Network Manager": evaluated before
  /// security groups; where a configuration is deployed is not in the rule.
  @Test(arguments: [
    ("Deny", "Outbound", "conditional 46"), ("Deny", "Inbound", "allowed 46"),
    ("Allow", "Outbound", "allowed 46"), ("AlwaysAllow", "Outbound", "allowed 46"),
  ])
  func rulesOfANetworkManager(_ access: String, _ direction: String, _ expected: String) throws {
    let admin = """
      {"type": "Microsoft.Network/networkManagers/securityAdminConfigurations/ruleCollections/rules",
       "name": "m/c/r/no-internet", "properties": {"access": "\(access)", "direction": "\(direction)",
       "priority": 1, "protocol": "Any", "sources": [], "destinations": [{"addressPrefix": "*"}],
       "sourcePortRanges": ["0-65535"], "destinationPortRanges": ["0-65535"]}}
      """
    #expect(try CloudJudgement.judge([Self.template(Self.group(), admin)]).summary == expected)
  }

  /// Two interfaces in one export are two scopes.
  @Test func interfacesApart() throws {
    func answer(_ interface: String, _ access: String) -> String {
      """
      {"value": [{"association": {"networkInterface": {"id": "/x/networkInterfaces/\(interface)"}},
        "networkSecurityGroup": {"id": "/x/networkSecurityGroups/nsg"},
        "effectiveSecurityRules": [{"name": "r", "protocol": "All", "direction": "Outbound",
          "access": "\(access)", "priority": 100, "sourceAddressPrefix": "0.0.0.0/0",
          "destinationAddressPrefix": "*", "sourcePortRange": "0-65535",
          "destinationPortRange": "0-65535"}]}]}
      """
    }
    let policies = try CloudJudgement.read([answer("one", "Allow"), answer("two", "Deny")])
    #expect(policies.map(\.scope) == ["effective rules one", "effective rules two"])
    #expect(try CloudJudgement.judge(policies[0]).summary == "allowed 46")
    #expect(try CloudJudgement.judge(policies[1]).summary == "blocked 46")
  }
}
