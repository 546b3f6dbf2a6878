/// An invented PAN-OS firewall that tests and benchmarks edit and write as an export.
///
/// Some rules carry the Defender traffic, each for one URL category, from a group of clients that
/// nests four levels deep; all others (the filler) concern other traffic, so that editing them
/// changes no verdict. Equal seeds give equal firewalls.
package struct GeneratedFirewall: Hashable, Sendable {
  package struct Rule: Hashable, Sendable {
    package var name: String
    package var uuid: String
    package var from: String
    package var to: String
    package var source: [String]
    package var destination: [String]
    package var categories: [String]
    package var services: [String]
    package var action: String
    package var isDisabled = false
    package var comment: String
  }

  /// A named object with its members: addresses of a group, patterns of a category, ports.
  package struct Object: Hashable, Sendable {
    package var name: String
    package var members: [String]

    package init(name: String, members: [String]) {
      self.name = name
      self.members = members
    }
  }

  package var hostname: String
  package var addresses: [Object] = []
  package var groups: [Object] = []
  package var categories: [Object] = []
  package var services: [Object] = []
  package var rules: [Rule] = []
  /// What differs in every export without the policy being another one.
  package var savedAt = "2026/01/01 00:00:00"
  package var secret = "$1$abcdefgh$seed"
  /// Number of the next thing that is made, so that names stay unique.
  private var counter = 0

  /// Name of the group with all clients; its members nest three levels below it.
  package static let clients = "clients"
  /// Lowest groups, each with one network; leaving one out takes a part of the clients away.
  package static let floors = ["floor-1", "floor-2", "floor-3", "floor-4"]
  /// The rules that carry the Defender traffic, in their order.
  package static let carriers = ["defender cloud", "defender updates", "defender storage"]
  package static let lastRule = "deny the rest"

  /// The hosts of each carrier's category.
  package static let hosts: [[String]] = [
    [
      "*.wdcp.microsoft.com/", "*.wdcpalt.microsoft.com/", "*.wd.microsoft.com/",
      "vortex-win.data.microsoft.com/", "settings-win.data.microsoft.com/",
    ],
    [
      "*.update.microsoft.com/", "*.delivery.mp.microsoft.com/", "*.windowsupdate.com/",
      "*.download.microsoft.com/", "*.download.windowsupdate.com/", "go.microsoft.com/",
      "www.microsoft.com/", "definitionupdates.microsoft.com/", "crl.microsoft.com/",
      "msdl.microsoft.com/",
    ],
    ["*.blob.core.windows.net/"],
  ]

  /// - Parameter filler: number of rules beside those of the Defender traffic.
  package init(hostname: String, filler: Int, random: inout SeededRandom) {
    self.hostname = hostname
    for (index, floor) in Self.floors.enumerated() {
      addresses.append(Object(name: "net-\(index + 1)", members: ["10.1.\(index * 64).0/18"]))
      groups.append(Object(name: floor, members: ["net-\(index + 1)"]))
    }
    groups.append(Object(name: "building-a", members: [Self.floors[0], Self.floors[1]]))
    groups.append(Object(name: "building-b", members: [Self.floors[2], Self.floors[3]]))
    groups.append(Object(name: Self.clients, members: ["building-a", "building-b"]))
    services.append(Object(name: "web-ports", members: ["80,443"]))
    for index in 0..<max(filler / 2, 4) {
      addresses.append(Object(name: "host-\(index)", members: [Self.address(index)]))
    }
    for index in 0..<max(filler / 10, 2) {
      let members = (0..<4).map { _ in "host-\(random.below(max(filler / 2, 4)))" }
      groups.append(Object(name: "servers-\(index)", members: Self.distinct(members)))
      services.append(Object(name: "app-\(index)", members: ["\(8000 + index % 20000)"]))
    }
    for (name, hosts) in zip(Self.carriers, Self.hosts) {
      categories.append(Object(name: Self.category(name), members: hosts))
    }
    categories.append(Object(name: "file-sharing", members: ["*.files.example.com/"]))
    let above = filler / 3
    for _ in 0..<above { rules.append(fillerRule(&random)) }
    for name in Self.carriers {
      rules.append(
        Rule(
          name: name, uuid: uuid(&random), from: "trust", to: "untrust", source: [Self.clients],
          destination: ["any"], categories: [Self.category(name)], services: ["web-ports"],
          action: "allow", comment: "endpoint protection"))
    }
    rules.append(
      Rule(
        name: "no file sharing", uuid: uuid(&random), from: "trust", to: "untrust",
        source: ["any"], destination: ["any"], categories: ["file-sharing"], services: ["any"],
        action: "deny", comment: ""))
    for _ in above..<filler { rules.append(fillerRule(&random)) }
    rules.append(
      Rule(
        name: Self.lastRule, uuid: uuid(&random), from: "any", to: "any", source: ["any"],
        destination: ["any"], categories: ["any"], services: ["any"], action: "deny", comment: ""))
  }

  package static func category(_ carrier: String) -> String {
    "hosts-\(carrier.split(separator: " ").last ?? "")"
  }

  /// Indices of the rules that carry nothing of the Defender traffic and may be edited freely.
  package var filler: [Int] { rules.indices.filter { rules[$0].name.hasPrefix("app ") } }

  package func index(of rule: String) -> Int? { rules.firstIndex { $0.name == rule } }

  // MARK: Making parts

  private static func address(_ index: Int) -> String {
    "10.\(100 + index / 62500 % 100).\(index / 250 % 250).\(index % 250 + 1)/32"
  }

  private static func distinct(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }

  private func uuid(_ random: inout SeededRandom) -> String {
    func hex(_ digits: Int) -> String {
      let text = String(random.next(), radix: 16)
      return String((String(repeating: "0", count: 16) + text).suffix(digits))
    }
    return "\(hex(8))-\(hex(4))-\(hex(4))-\(hex(4))-\(hex(12))"
  }

  /// A rule between clients and servers, or of servers to partners.
  package mutating func fillerRule(_ random: inout SeededRandom) -> Rule {
    counter += 1
    let hosts = addresses.filter { $0.name.hasPrefix("host-") }
    let servers = groups.filter { $0.name.hasPrefix("servers-") }
    let apps = services.filter { $0.name.hasPrefix("app-") }
    let isInward = !random.chance(4)
    return Rule(
      name: "app \(counter)", uuid: uuid(&random), from: isInward ? "trust" : "dmz",
      to: isInward ? "dmz" : "untrust",
      source: [isInward ? random.pick(Self.floors) : random.pick(hosts).name],
      destination: [random.chance(2) ? random.pick(servers).name : random.pick(hosts).name],
      categories: ["any"], services: [random.pick(apps).name],
      action: random.chance(10) ? "deny" : "allow",
      comment: "CHG-\(1000 + random.below(9000)) application \(counter)")
  }

  /// A change that makes the export and the policy different, and no verdict.
  package mutating func editHarmlessly(_ random: inout SeededRandom) {
    let own = filler
    guard let first = own.first else { return }
    switch random.below(8) {
    case 0: rules.insert(fillerRule(&random), at: random.pick(own))
    case 1 where own.count > 8: rules.remove(at: random.pick(own))
    case 2:
      let rule = rules.remove(at: random.pick(own))
      rules.insert(rule, at: random.pick(filler + [first]))
    case 3: rules[random.pick(own)].comment = "CHG-\(random.below(100_000))"
    case 4: rules[random.pick(own)].isDisabled.toggle()
    case 5:
      let index = random.pick(addresses.indices.filter { addresses[$0].name.hasPrefix("host-") })
      addresses[index].members = [Self.address(random.below(50_000))]
    case 6:
      let index = random.pick(groups.indices.filter { groups[$0].name.hasPrefix("servers-") })
      let hosts = addresses.map(\.name).filter { $0.hasPrefix("host-") }
      groups[index].members = Self.distinct((0..<4).map { _ in random.pick(hosts) })
    default: rules[random.pick(own)].services = [random.pick(services).name]
    }
  }

  /// What another export of the same policy has different: times, counters and encrypted secrets.
  package mutating func saveAgain(_ random: inout SeededRandom) {
    savedAt = "2026/\(1 + random.below(12))/\(1 + random.below(28)) 04:30:\(10 + random.below(50))"
    secret = "$1$\(String(random.next(), radix: 36))$\(String(random.next(), radix: 36))"
  }

  // MARK: Writing

  /// The export, one element a line for what changes have positions in.
  package func xml() -> String {
    var text = """
      <?xml version="1.0"?>
      <!-- saved \(savedAt) -->
      <config version="11.1.0" urldb="paloaltonetworks" detail-version="11.1.4">
      <mgt-config><users><entry name="admin"><phash>\(secret)</phash></entry></users></mgt-config>
      <shared/>
      <devices>
      <entry name="localhost.localdomain">
      <network>
      <interface><ethernet>
      <entry name="ethernet1/1"><layer3><ip><entry name="198.51.100.10/29"/></ip></layer3></entry>
      <entry name="ethernet1/2"><layer3><ip><entry name="10.1.0.1/16"/></ip></layer3></entry>
      <entry name="ethernet1/3"><layer3><ip><entry name="10.2.0.1/16"/></ip></layer3></entry>
      </ethernet></interface>
      <virtual-router><entry name="default"><routing-table><ip><static-route>
      <entry name="internet"><nexthop><ip-address>198.51.100.9</ip-address></nexthop>\
      <interface>ethernet1/1</interface><destination>0.0.0.0/0</destination></entry>
      </static-route></ip></routing-table></entry></virtual-router>
      </network>
      <deviceconfig><system><hostname>\(hostname)</hostname></system></deviceconfig>
      <vsys>
      <entry name="vsys1">
      <zone>
      <entry name="trust"><network><layer3><member>ethernet1/2</member></layer3></network></entry>
      <entry name="dmz"><network><layer3><member>ethernet1/3</member></layer3></network></entry>
      <entry name="untrust"><network><layer3><member>ethernet1/1</member></layer3></network></entry>
      </zone>

      """
    text += "<address>\n"
    for object in addresses {
      text +=
        "<entry name=\"\(object.name)\"><ip-netmask>\(object.members.first ?? "")"
        + "</ip-netmask></entry>\n"
    }
    text += "</address>\n<address-group>\n"
    for object in groups {
      text +=
        "<entry name=\"\(object.name)\"><static>\(Self.members(object.members))"
        + "</static></entry>\n"
    }
    text += "</address-group>\n<service>\n"
    for object in services {
      text +=
        "<entry name=\"\(object.name)\"><protocol><tcp><port>"
        + "\(object.members.joined(separator: ","))</port></tcp></protocol></entry>\n"
    }
    text += "</service>\n<profiles><custom-url-category>\n"
    for object in categories {
      text +=
        "<entry name=\"\(object.name)\"><list>\(Self.members(object.members))</list>"
        + "<type>URL List</type></entry>\n"
    }
    text += "</custom-url-category></profiles>\n<rulebase><security><rules>\n"
    for rule in rules { text += Self.xml(rule) }
    text += """
      </rules></security></rulebase>
      </entry>
      </vsys>
      </entry>
      </devices>
      </config>

      """
    return text
  }

  private static func members(_ names: [String]) -> String {
    names.map { "<member>\($0)</member>" }.joined()
  }

  private static func xml(_ rule: Rule) -> String {
    """
    <entry name="\(rule.name)" uuid="\(rule.uuid)">
      <from><member>\(rule.from)</member></from>
      <to><member>\(rule.to)</member></to>
      <source>\(members(rule.source))</source>
      <destination>\(members(rule.destination))</destination>
      <source-user><member>any</member></source-user>
      <category>\(members(rule.categories))</category>
      <application><member>any</member></application>
      <service>\(members(rule.services))</service>
      <hip-profiles><member>any</member></hip-profiles>
      <action>\(rule.action)</action>
      <description>\(rule.comment)</description>
      <log-start>no</log-start>
      <log-end>yes</log-end>
      <log-setting>to-collector</log-setting>
      <disabled>\(rule.isDisabled ? "yes" : "no")</disabled>
    </entry>

    """
  }
}
