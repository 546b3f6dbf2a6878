import ComplianceEngine
import ImportKit
import Importers
import PolicyModel
import Testing

/// What an AWS export leaves open is a condition of what it is about.
@Suite struct AWSDoubtTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let expected: String
    let text: String

    init(_ name: String, _ expected: String, _ text: String) {
      self.name = name
      self.expected = expected
      self.text = text
    }

    var testDescription: String { name }
  }

  // MARK: Security groups

  private static func group(_ rule: String) -> String {
    #"{"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "g", "IpPermissions": [], "IpPermissionsEgress": ["#
      + rule + "]}]}"
  }

  private static func permission(
    _ services: String = #""IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535"#,
    ranges: String = #"[{"CidrIp": "0.0.0.0/0"}]"#, extra: String = ""
  ) -> String {
    "{\(services), \"IpRanges\": \(ranges)\(extra)}"
  }

  @Test(arguments: [
    Row("as it is", "allowed 46", group(permission())),
    Row("every protocol", "allowed 46", group(permission(#""IpProtocol": "-1""#))),
    Row("no rule", "blocked 46", group("")),
    Row(
      "a protocol of no table", "conditional 46",
      group(permission(#""IpProtocol": "quick", "FromPort": 1, "ToPort": 65535"#))),
    Row("no protocol", "conditional 46", group(permission(#""FromPort": 0, "ToPort": 65535"#))),
    Row("no ports", "conditional 46", group(permission(#""IpProtocol": "tcp""#))),
    Row(
      "ports of no form", "conditional 46",
      group(permission(#""IpProtocol": "tcp", "FromPort": "https", "ToPort": "https""#))),
    Row(
      "ports of UDP of no form", "blocked 46",
      group(permission(#""IpProtocol": "udp", "FromPort": "x", "ToPort": "x""#))),
    Row("another protocol", "blocked 46", group(permission(#""IpProtocol": "47""#))),
    Row(
      "an address of no form", "conditional 46",
      group(permission(ranges: #"[{"CidrIp": "anywhere"}]"#))),
    Row(
      "halves", "allowed 46",
      group(permission(ranges: #"[{"CidrIp": "0.0.0.0/1"}, {"CidrIp": "128.0.0.0/1"}]"#))),
    Row(
      "halves in two rules", "allowed 46",
      group(
        permission(ranges: #"[{"CidrIp": "0.0.0.0/1"}]"#) + ","
          + permission(ranges: #"[{"CidrIp": "128.0.0.0/1"}]"#))),
    Row(
      "a member that nobody knows", "conditional 46",
      group(permission(extra: #", "OnlyFor": "frogs""#))),
    Row(
      "a prefix list that is not there", "conditional 46",
      group(permission(ranges: "[]", extra: #", "PrefixListIds": [{"PrefixListId": "pl-1"}]"#))),
    Row(
      "another group", "blocked 46",
      group(permission(ranges: "[]", extra: #", "UserIdGroupPairs": [{"GroupId": "sg-2"}]"#))),
    Row(
      "the list missing", "conditional 46",
      #"{"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "g", "IpPermissions": []}]}"#),
    Row(
      "a further page of rules", "conditional 46",
      #"{"SecurityGroupRules": [{"SecurityGroupRuleId": "r", "GroupId": "sg-1", "IsEgress": true, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": "0.0.0.0/0"}], "NextToken": "x"}"#
    ),
  ])
  func securityGroups(_ row: Row) throws {
    #expect(try CloudJudgement.judge([row.text]).summary == row.expected)
  }

  // MARK: CloudFormation

  private static func stack(_ condition: String, environment: String?) -> String {
    let standard = environment.map { ", \"Default\": \"\($0)\"" } ?? ""
    return """
      {"Parameters": {"Env": {"Type": "String"\(standard)}},
       "Conditions": {"IsLab": {"Fn::Equals": [{"Ref": "Env"}, "lab"]},
         "NotLab": {"Fn::Not": [{"Condition": "IsLab"}]},
         "Never": {"Fn::And": [{"Condition": "IsLab"}, {"Fn::Equals": ["a", "b"]}]}},
       "Mappings": {"Ports": {"lab": {"to": "65535"}, "prod": {"to": "22"}}},
       "Resources": {
        "App": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "x",
          "SecurityGroupEgress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/8"}]}},
        "Lab": {"Type": "AWS::EC2::SecurityGroupEgress", "Condition": "\(condition)", "Properties": {
          "GroupId": {"Fn::GetAtt": ["App", "GroupId"]}, "IpProtocol": "tcp", "FromPort": 1,
          "ToPort": {"Fn::FindInMap": ["Ports", {"Fn::If": ["IsLab", "lab", "lab"]}, "to"]}, "CidrIp": "0.0.0.0/0"}}}}
      """
  }

  /// CloudFormation user guide, "Conditions": "If the condition is false, CloudFormation doesn't
  /// create the resource".
  @Test(
    arguments: [
      ("IsLab", "lab", "allowed 46"), ("IsLab", "prod", "blocked 46"),
      ("NotLab", "prod", "allowed 46"),
      ("IsLab", nil, "conditional 46"), ("Never", nil, "blocked 46"),
      ("Unheard", "lab", "conditional 46"),
    ] as [(String, String?, String)])
  func conditions(_ condition: String, _ environment: String?, _ expected: String) throws {
    let text = Self.stack(condition, environment: environment)
    #expect(try CloudJudgement.judge([text]).summary == expected)
  }

  // MARK: Network ACLs

  private static func list(_ entries: String...) -> String {
    #"{"NetworkAcls": [{"NetworkAclId": "acl-1", "Entries": ["#
      + (entries + [
        #"{"Egress": true, "Protocol": "-1", "RuleAction": "deny", "RuleNumber": 32767, "CidrBlock": "0.0.0.0/0"}"#
      ]).joined(separator: ",") + "]}]}"
  }

  private static let inbound =
    #"{"Egress": false, "Protocol": "6", "PortRange": {"From": 49152, "To": 65535}, "RuleAction": "allow", "RuleNumber": 100, "CidrBlock": "0.0.0.0/0"}"#

  private static func outbound(_ changes: String) -> String {
    #"{"Egress": true, "RuleNumber": 100, "CidrBlock": "0.0.0.0/0", "# + changes + "}"
  }

  private static let all = #""Protocol": "-1", "RuleAction": "allow""#

  @Test(arguments: [
    Row("as it is", "allowed 46", list(outbound(all), inbound)),
    Row("no answers", "blocked 46", list(outbound(all))),
    Row(
      "answers to low ports", "blocked 46",
      list(outbound(all), inbound.replacing("49152", with: "1024").replacing("65535", with: "4999"))
    ),
    Row(
      "answers to some ports", "conditional 46",
      list(outbound(all), inbound.replacing("49152", with: "60000"))),
    Row(
      "an action of no table", "conditional 46",
      list(outbound(#""Protocol": "-1", "RuleAction": "perhaps""#), inbound)),
    Row(
      "a protocol of no table", "conditional 46",
      list(outbound(#""Protocol": "x", "RuleAction": "allow""#), inbound)),
    Row(
      "a direction of no table", "conditional 46",
      list(outbound(all).replacing("true", with: "\"sideways\""), inbound)),
    Row(
      "a number of no form behind a deny", "conditional 46",
      list(
        outbound(all).replacing("100", with: "\"x\""),
        outbound(#""Protocol": "-1", "RuleAction": "deny""#), inbound)),
    Row(
      "a member that nobody knows", "conditional 46",
      list(outbound(all + #", "Weekdays": "MON""#), inbound)),
  ])
  func accessLists(_ row: Row) throws {
    #expect(try CloudJudgement.judge([row.text]).summary == row.expected)
  }

  // MARK: Network Firewall

  private static func firewall(
    _ rules: String, strict: Bool = true, defaults: String = #"["aws:drop_established"]"#
  ) -> String {
    // By scalars: a mark behind a quotation sign must not hide it here either.
    var escaped = ""
    for scalar in rules.unicodeScalars {
      switch scalar {
      case "\n": escaped += "\\n"
      case "\u{0B}": escaped += "\\u000b"
      case "\\", "\"": escaped += "\\" + String(scalar)
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return policy(#"{"RulesString": ""# + escaped + #""}"#, strict: strict, defaults: defaults)
  }

  private static func policy(
    _ source: String, strict: Bool = true, defaults: String = #"["aws:drop_established"]"#
  ) -> String {
    let order = strict ? "STRICT_ORDER" : "DEFAULT_ACTION_ORDER"
    return """
      [{"FirewallPolicyResponse": {"FirewallPolicyName": "p"}, "FirewallPolicy": {
        "StatelessDefaultActions": ["aws:forward_to_sfe"], "StatelessFragmentDefaultActions": ["aws:drop"],
        "StatefulEngineOptions": {"RuleOrder": "\(order)"}, "StatefulDefaultActions": \(defaults),
        "StatefulRuleGroupReferences": [{"Priority": 1, "ResourceArn": "arn:aws:network-firewall:eu-west-1:111122223333:stateful-rulegroup/g"}]}},
       {"RuleGroupResponse": {"RuleGroupName": "g", "Type": "STATEFUL"}, "RuleGroup": {
        "RuleVariables": {"IPSets": {"HOME_NET": {"Definition": ["10.20.0.0/16"]}}},
        "RulesSource": \(source), "StatefulRuleOptions": {"RuleOrder": "\(order)"}}}]
      """
  }

  /// 39 rows of the list are on port 443, of which one is `go.microsoft.com`, and 7 on port 80.
  @Test(arguments: [
    // Suricata reads bytes: marks that join a sign on the screen change nothing.
    Row(
      "a joining mark behind a quote", "blocked 46",
      firewall(
        "pass tls $HOME_NET any -> $EXTERNAL_NET any (msg:\"x\"\u{0300}; tls.sni; content:\"only.example\"; endswith; sid:1;)"
      )),
    Row(
      "a line separator in a comment", "blocked 46",
      firewall("# old \u{2028}pass ip any any -> any any (sid:1;)")),
    Row(
      "a vertical tab in a comment", "blocked 46",
      firewall("# old \u{0B}pass ip any any -> any any (sid:1;)")),
    Row(
      "TLS from outside", "allowed 7, blocked 39",
      firewall(
        "drop tls $EXTERNAL_NET any -> $HOME_NET any (sid:1;)", strict: false, defaults: "[]")),
    Row(
      "data from the server", "allowed 7, blocked 39",
      firewall(
        "drop tcp any 443 -> any any (flow:established; sid:1;)", strict: false, defaults: "[]")),
    Row(
      "a name before the flow is established", "allowed 7, blocked 39",
      firewall(
        "pass tls any any -> any any (tls.sni; content:\"go.microsoft.com\"; startswith; endswith; flow:not_established; sid:1;)\ndrop tls any any -> any any (sid:2;)",
        strict: false, defaults: "[]")),
    Row(
      "a handshake, then a drop of data", "allowed 1, blocked 45",
      firewall(
        "pass tls $HOME_NET any -> $EXTERNAL_NET any (tls.sni; content:\"go.microsoft.com\"; startswith; endswith; sid:1;)\npass tcp $HOME_NET any -> $EXTERNAL_NET any (flow:not_established,to_server; sid:2;)\ndrop tcp $HOME_NET any -> $EXTERNAL_NET any (sid:3;)",
        defaults: "[]")),
    Row(
      "ports but 443 behind a handshake", "allowed 39, blocked 7",
      firewall(
        "pass tcp $HOME_NET any -> $EXTERNAL_NET any (flow:not_established, to_server; sid:1;)\npass tcp $EXTERNAL_NET any -> $HOME_NET any (flow:not_established, to_client; sid:2;)\ndrop ip $HOME_NET any -> $EXTERNAL_NET ![443] (sid:3;)",
        strict: false, defaults: "[]")),
    Row(
      "the domain and all below", "allowed 1, blocked 45",
      firewall(
        "pass tls any any -> any any (tls.sni; pcre:\"/(^|\\.)go\\.microsoft\\.com$/i\"; sid:1;)")),
    Row(
      "an unknown keyword", "conditional 46",
      firewall("pass tcp any any -> any any (frogs:3; sid:1;)")),
    Row(
      "an unknown protocol", "conditional 46", firewall("pass frogs any any -> any any (sid:1;)")),
    Row("a line that is no rule", "conditional 46", firewall("permit everything")),
    Row(
      "a default of no table", "conditional 46",
      firewall("alert tcp any any -> any any (sid:1;)", defaults: #"["aws:perhaps"]"#)),
    Row(
      "pass by state and direction", "conditional 39, blocked 7",
      firewall("pass tcp $HOME_NET any -> $EXTERNAL_NET 443 (flow:established,to_server; sid:1;)")),
    Row(
      "a side effect", "allowed 46",
      firewall("pass tcp any any -> any any (flowbits:set,ok; sid:1;)")),
    Row(
      "a bit that is asked for", "conditional 46",
      firewall("pass tcp any any -> any any (flowbits:isset,ok; sid:1;)")),
    Row(
      "keyword and value in one text", "allowed 46",
      policy(
        #"{"StatefulRules": [{"Action": "PASS", "Header": {"Protocol": "TCP", "Source": "ANY", "SourcePort": "ANY", "Direction": "FORWARD", "Destination": "ANY", "DestinationPort": "ANY"}, "RuleOptions": [{"Keyword": "sid:1"}, {"Keyword": "rev:1"}]}]}"#
      )),
    Row(
      "a form without a direction", "conditional 46",
      policy(
        #"{"StatefulRules": [{"Action": "PASS", "Header": {"Protocol": "TCP", "Source": "ANY", "SourcePort": "ANY", "Destination": "ANY", "DestinationPort": "ANY"}, "RuleOptions": [{"Keyword": "sid", "Settings": ["1"]}]}]}"#
      )),
  ])
  func firewalls(_ row: Row) throws {
    let verdicts = try CloudJudgement.judge([row.text], client: "10.20.30.0/24")
    #expect(verdicts.summary == Self.ordered(row.expected))
  }

  /// The summary counts in a fixed order.
  private static func ordered(_ text: String) -> String {
    let words = ["allowed", "blocked", "partial", "conditional", "unknown"]
    let parts = text.split(separator: ", ").map(String.init)
    return words.compactMap { word in parts.first { $0.hasPrefix(word) } }.joined(separator: ", ")
  }

  private static func stateless(_ attributes: String, action: String = "aws:drop") -> String {
    """
    {"Parameters": {"P": {"Type": "Number"}}, "Resources": {
      "Policy": {"Type": "AWS::NetworkFirewall::FirewallPolicy", "Properties": {"FirewallPolicyName": "p",
        "FirewallPolicy": {"StatelessDefaultActions": ["aws:pass"], "StatelessFragmentDefaultActions": ["aws:pass"],
        "StatelessRuleGroupReferences": [{"Priority": 1, "ResourceArn": {"Ref": "G"}}]}}},
      "G": {"Type": "AWS::NetworkFirewall::RuleGroup", "Properties": {"RuleGroupName": "g", "Type": "STATELESS",
        "RuleGroup": {"RulesSource": {"StatelessRulesAndCustomActions": {"StatelessRules": [
          {"Priority": 1, "RuleDefinition": {"Actions": ["\(action)"], "MatchAttributes": {\(attributes)}}}]}}}}}}}
    """
  }

  @Test(arguments: [
    Row("a drop of all", "blocked 46", stateless(#""Protocols": [6]"#)),
    Row(
      "a port of a parameter", "conditional 46",
      stateless(
        #""DestinationPorts": [{"FromPort": {"Ref": "P"}, "ToPort": {"Ref": "P"}}], "Protocols": [6]"#
      )),
    Row("a protocol of a parameter", "conditional 46", stateless(#""Protocols": [{"Ref": "P"}]"#)),
    Row("another protocol", "allowed 46", stateless(#""Protocols": [17]"#)),
    Row(
      "an action of no table", "conditional 46",
      stateless(#""Protocols": [6]"#, action: "aws:perhaps")),
    Row(
      "flags of no table", "conditional 46",
      stateless(#""TCPFlags": [{"Flags": ["FROG"], "Masks": ["SYN"]}]"#)),
    Row(
      "flags of data", "blocked 46",
      stateless(#""TCPFlags": [{"Flags": ["ACK"], "Masks": ["SYN", "ACK"]}]"#)),
    Row(
      "flags of no connection", "allowed 46",
      stateless(#""TCPFlags": [{"Flags": ["SYN", "FIN"], "Masks": ["SYN", "FIN"]}]"#)),
    Row(
      "a member that nobody knows", "conditional 46",
      stateless(#""Protocols": [6], "Weekdays": ["MON"]"#)),
  ])
  func statelessRules(_ row: Row) throws {
    #expect(try CloudJudgement.judge([row.text]).summary == row.expected)
  }

  // MARK: DNS firewall

  private static func names(_ rules: String, _ associations: String = "[]") -> [String] {
    [
      #"{"FirewallRules": ["# + rules + "]}",
      #"{"FirewallRuleGroupAssociations": "# + associations + "}",
      #"{"Id": "ok", "Name": "ok", "Domains": ["*.microsoft.com.", "microsoft.com."]}"#,
      #"{"Id": "all", "Name": "all", "Domains": ["*."]}"#,
    ]
  }

  private static func name(
    _ list: String, _ action: String, priority: Int, group: String = "g1", extra: String = ""
  ) -> String {
    "{\"FirewallRuleGroupId\": \"\(group)\", \"FirewallDomainListId\": \"\(list)\", \"Name\": \"\(list)\", \"Priority\": \(priority), \"Action\": \"\(action)\"\(extra)}"
  }

  /// Route 53 API reference, FirewallDomainRedirectionAction: the default inspects all names of the
  /// redirection chain, for queries of a type as well.
  @Test(arguments: ["", #", "Qtype": "A""#, #", "Qtype": "1""#])
  func redirections(_ type: String) throws {
    let verdicts = try CloudJudgement.judge(
      Self.names(
        Self.name("ok", "ALLOW", priority: 1) + ","
          + Self.name("all", "BLOCK", priority: 2, extra: #", "BlockResponse": "NODATA""# + type)))
    #expect(verdicts.byTarget["go.microsoft.com:443"] == .conditional)
    #expect(verdicts.kinds == [.resolvedName])
    #expect(verdicts.byTarget["*.windowsupdate.com:443"] == .blocked)
  }

  @Test(arguments: [
    ("MX", "allowed 46"), ("TYPE65", "allowed 46"), ("FROG", "conditional 46"),
    ("AAAA", "allowed 46"),
  ])
  func queryTypes(_ type: String, _ expected: String) throws {
    let texts = Self.names(
      Self.name("all", "BLOCK", priority: 2, extra: ", \"Qtype\": \"\(type)\""))
    #expect(try CloudJudgement.judge(texts).summary == expected)
  }

  @Test func onePolicyForEachNetwork() throws {
    let rules =
      Self.name("all", "BLOCK", priority: 1) + ","
      + Self.name("ok", "ALERT", priority: 1, group: "g2")
    let associations =
      #"[{"FirewallRuleGroupId": "g1", "VpcId": "vpc-prod", "Priority": 101}, {"FirewallRuleGroupId": "g2", "VpcId": "vpc-lab", "Priority": 102}]"#
    let policies = try CloudJudgement.read(Self.names(rules, associations))
    #expect(policies.map(\.scope) == ["DNS firewall vpc-prod", "DNS firewall vpc-lab"])
    #expect(try CloudJudgement.judge(policies[0]).summary == "blocked 46")
    #expect(try CloudJudgement.judge(policies[1]).summary == "allowed 46")
  }

  /// `list-firewall-domains` answers without an id; files called by it tell which is which.
  @Test func listsByTheirFiles() throws {
    let rules =
      #"{"FirewallRules": ["# + Self.name("rslvr-fdl-1", "ALLOW", priority: 1) + ","
      + Self.name("rslvr-fdl-2", "BLOCK", priority: 2) + "]}"
    let texts = [rules, #"{"Domains": ["*."]}"#, #"{"Domains": ["*.microsoft.com."]}"#]
    let named = try CloudJudgement.judge(
      texts, names: ["rules.json", "x/rslvr-fdl-2.json", "x/rslvr-fdl-1.json"])
    #expect(named.byTarget["go.microsoft.com:443"] == .conditional)
    #expect(named.byTarget["*.windowsupdate.com:443"] == .blocked)
    let unnamed = try CloudJudgement.judge(texts)
    #expect(unnamed.summary == "conditional 46")
    #expect(unnamed.notes.contains { $0.contains("saved as rslvr-fdl-1.json") })
  }

  @Test func furtherPages() throws {
    var texts = Self.names(Self.name("ok", "ALLOW", priority: 1))
    texts[0] = texts[0].replacing("]}", with: #"], "NextToken": "x"}"#)
    #expect(try CloudJudgement.judge(texts).summary == "conditional 46")
  }
}
