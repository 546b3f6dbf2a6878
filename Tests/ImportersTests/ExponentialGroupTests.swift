import ComplianceEngine
import ImportKit
import Importers
import PolicyModel
import Testing

/// Groups of groups of groups: fourteen levels of eight groups, each with all eight of the next
/// level, which are more than four million million ways to the bottom. Reading and judging look at
/// every reference once.
@Suite struct ExponentialGroupTests {
  private static let levels = 14
  private static let width = 8

  /// One text a group, by its name and the names of its members; the last level has no groups below.
  private static func groups(
    _ group: (_ name: String, _ members: [String]) -> String, leaf: (_ name: String) -> String
  ) -> String {
    var text = ""
    for level in 0..<levels {
      for number in 0..<width {
        text += group("g\(level)x\(number)", (0..<width).map { "g\(level + 1)x\($0)" })
      }
    }
    for number in 0..<width { text += leaf("g\(levels)x\(number)") }
    return text
  }

  private static func elements(_ name: String, _ texts: [String]) -> String {
    texts.map { "<\(name)>\($0)</\(name)>" }.joined()
  }

  private static let panos = """
    <config version="10.1.0"><devices><entry name="localhost.localdomain"><vsys><entry name="vsys1">
    <address>\((0..<8).map { "<entry name='g14x\($0)'><ip-netmask>10.0.\($0).0/24</ip-netmask></entry>" }.joined())</address>
    <address-group>\(groups({ "<entry name='\($0)'><static>\(elements("member", $1))</static></entry>" }, leaf: { _ in "" }))</address-group>
    <service>\((0..<8).map { "<entry name='g14x\($0)'><protocol><tcp><port>\(8000 + $0)</port></tcp></protocol></entry>" }.joined())</service>
    <service-group>\(groups({ "<entry name='\($0)'><members>\(elements("member", $1))</members></entry>" }, leaf: { _ in "" }))</service-group>
    <zone><entry name="in"/><entry name="out"/></zone>
    <rulebase><security><rules><entry name="r"><from><member>in</member></from><to><member>out</member></to>
    <source><member>any</member></source><destination><member>g0x0</member></destination>
    <application><member>any</member></application><service><member>g0x0</member></service><action>allow</action></entry>
    </rules></security></rulebase></entry></vsys></entry></devices></config>
    """

  private static func packetFilter(_ root: String) -> String {
    """
    <\(root)><version>21.0</version><interfaces><wan><enable>1</enable><ipaddr>dhcp</ipaddr></wan><lan><enable>1</enable>\
    <ipaddr>10.0.0.1</ipaddr><subnet>24</subnet></lan></interfaces>
    <aliases>\(groups({ "<alias><name>\($0)</name><type>network</type><address>\($1.joined(separator: " "))</address></alias>" }, leaf: { "<alias><name>\($0)</name><type>network</type><address>10.0.0.0/8</address></alias>" }))\
    \(groups({ "<alias><name>p\($0)</name><type>port</type><address>\($1.map { "p" + $0 }.joined(separator: " "))</address></alias>" }, leaf: { "<alias><name>p\($0)</name><type>port</type><address>8080</address></alias>" }))</aliases>
    <filter><rule><type>pass</type><interface>lan</interface><ipprotocol>inet</ipprotocol><protocol>tcp</protocol>
    <source><any>1</any><port>pg0x0</port></source><destination><address>g0x0</address><port>pg0x0</port></destination></rule>
    <rule><type>block</type><interface>wan</interface><direction>out</direction><floating>yes</floating><ipprotocol>inet</ipprotocol>
    <source><address>g0x0</address></source><destination><any>1</any></destination></rule></filter></\(root)>
    """
  }

  private static let junos = """
    <configuration><version>21.2R3</version><system/><security><address-book><name>global</name>
    \(groups({ name, members in "<address-set><name>\(name)</name>\(members.map { $0.hasPrefix("g14") ? "<address><name>\($0)</name></address>" : "<address-set><name>\($0)</name></address-set>" }.joined())</address-set>" }, leaf: { "<address><name>\($0)</name><ip-prefix>10.0.0.0/8</ip-prefix></address>" }))
    </address-book><policies><policy><from-zone-name>a</from-zone-name><to-zone-name>b</to-zone-name><policy><name>p</name>
    <match><source-address>any</source-address><destination-address>g0x0</destination-address><application>g0x0</application></match>
    <then><permit/></then></policy></policy></policies></security><applications>
    \(groups({ name, members in "<application-set><name>\(name)</name>\(members.map { $0.hasPrefix("g14") ? "<application><name>\($0)</name></application>" : "<application-set><name>\($0)</name></application-set>" }.joined())</application-set>" }, leaf: { "<application><name>\($0)</name><protocol>tcp</protocol><destination-port>8080</destination-port></application>" }))
    </applications></configuration>
    """

  private static let chains = """
    *filter
    :FORWARD DROP [0:0]
    \(groups({ name, _ in ":\(name) - [0:0]\n" }, leaf: { ":\($0) - [0:0]\n" }))-A FORWARD -j g0x0
    \(groups({ name, members in members.map { "-A \(name) -p tcp -j \($0)\n" }.joined() }, leaf: { "-A \($0) -p tcp --dport 8080 -j ACCEPT\n" }))COMMIT

    """

  private static let fortigate = """
    #config-version=FGT60F-7.2.5-FW-build1517:opmode=0:vdom=0
    config firewall address
    \((0..<8).map { "edit \"g14x\($0)\"\nset subnet 10.0.\($0).0 255.255.255.0\nnext\n" }.joined())end
    config firewall addrgrp
    \(groups({ "edit \"\($0)\"\nset member \($1.map { "\"\($0)\"" }.joined(separator: " "))\nnext\n" }, leaf: { _ in "" }))end
    config firewall service custom
    \((0..<8).map { "edit \"g14x\($0)\"\nset tcp-portrange 808\($0)\nnext\n" }.joined())end
    config firewall service group
    \(groups({ "edit \"\($0)\"\nset member \($1.map { "\"\($0)\"" }.joined(separator: " "))\nnext\n" }, leaf: { _ in "" }))end
    config firewall policy
    edit 1
    set srcintf "in"
    set dstintf "out"
    set srcaddr "all"
    set dstaddr "g0x0"
    set service "g0x0"
    set action accept
    next
    end

    """

  private static let texts = [
    "panos": panos, "pfsense": packetFilter("pfsense"), "opnsense": packetFilter("opnsense"),
    "junos-srx": junos, "iptables": chains, "fortigate": fortigate,
  ]

  @Test(.timeLimit(.minutes(5)), arguments: texts.keys.sorted())
  func everyReferenceIsFollowedOnce(_ format: String) throws {
    let text = try #require(Self.texts[format])
    let outcome = try importerRegistry.read([ExportFile(name: "groups", bytes: Array(text.utf8))])
    #expect(outcome.format.id == format)
    let policy = try #require(outcome.export.policies.first)
    // Nothing in the groups is an Internet host or a port that is asked for.
    let answer = try WorkedAnswer(policy, from: policy.proposals.first?.client.fromZone)
    for result in answer.all { #expect(result.verdict == .blocked, "\(result.conditions)") }
  }
}
